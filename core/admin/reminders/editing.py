"""One reminder: what would ring, what is changed of it, and a new one proposed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

from core.admin.reminders.desk import ReminderDesk
from core.admin.reminders.telling import called, noted, spoken, tell, turn_of
from core.errors import Refused
from core.language import late_rule
from core.language.late_rule import LateRule
from core.language.phrases import Language, say
from core.language.until_done import LONGEST_MINUTES, MOST
from core.messages import Address, Reply
from core.reminders import creating, late_rules, retiming, wording
from core.reminders.planning import UNREADABLE
from core.reminders.quiet import held_for, zone_here
from core.reminders.recurrence import Occurrence, Rule, occurrences
from core.reminders.rules_said import rule_said
from core.skills.base import Turn
from core.skills.reminders import changing, editing, forms, pausing, rules, setting
from core.store import Tx, outbox, people, reminders
from core.store.admin import reminders as looking
from core.store.outbox import Planned
from core.store.people import Person
from core.store.reminders import Reminder

SHOWN = 5
NOWHERE = Address("web", "", "")
_NONE = dt.timedelta()
_KEPT_STATES = ("paused", "parked")
"""A new time alone does not let these go on."""
_OVER = ("fired", "done", "cancelled", "declined")
MAY = {
    "pause": ("active",),
    "resume": ("active", "paused"),
    "cancel": ("active", "paused", "parked", "proposed"),
    "run": ("active", "paused", "fired", "done"),
}


class NoSuch(Refused):
    """There is no reminder of that number."""


class Stale(Refused):
    """Somebody else changed it since it was shown."""


@dataclass(frozen=True, slots=True)
class Fire:
    """A moment at which a reminder rings. `note`: "gap" or "fold" of its clock; "forward" or "back", the clock changed
    since the one before; `held`: until when quiet hours hold it."""

    at: dt.datetime
    note: str = ""
    held: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """The next fires, or what is wrong with the words and how to mend it. `other`: the reading of an hour, or a date,
    that was not taken."""

    zone: str
    rule: str = ""
    fires: Sequence[Fire] = ()
    problem: str = ""
    taken: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """What a form says. `when` "" leaves the time; `lateness` as `late_rule.named` reads it; `revision`: the `updated_at`
    of what was shown."""

    text: str
    when: str
    lateness: str
    nag_minutes: str
    nag_most: str
    revision: str


def preview(reminder: Reminder | None, person: Person, when: str, language: Language, desk: ReminderDesk) -> Preview:
    """The next fires of a reminder as it stands, or at a time that is being typed; without a reminder, of a new one."""
    now = desk.clock.now()
    zone = zone_for(reminder, person, desk)
    if not when.strip():
        if reminder is None:
            return Preview(zone.key)
        try:
            return _as_it_stands(reminder, person, language)
        except UNREADABLE:
            return Preview(zone.key, problem=say(language, "admin_unreadable"))
    turn = turn_of(person, NOWHERE if reminder is None else reminder.address, "", language, now, desk.settings)
    try:
        ring = asked_ring(turn, reminder, when, zone)
    except Refused as refused:
        return Preview(zone.key, problem=refused.what)
    if ring.rule is None:
        coming: Iterable[Occurrence] = [Occurrence(ring.local, ring.due, ring.note)]
    else:
        zone = ZoneInfo(reminder.zone) if reminder is not None and reminder.rule is not None else zone
        coming = occurrences(ring.rule, ring.starts_local, zone, ring.due)
    said = rule_said(ring.rule, language) if ring.rule else ""
    taken = other = ""
    if ring.ambiguous:
        taken, other = (f"{one:%H:%M}" for one in (ring.local, ring.local + dt.timedelta(hours=12)))
    elif ring.other_day:
        taken, other = ring.local.date().isoformat(), ring.other_day.isoformat()
    return Preview(zone.key, said, _fires(coming, zone, person), taken=taken, other=other)


def _as_it_stands(reminder: Reminder, person: Person, language: Language) -> Preview:
    zone, rule = zone_here(reminder.zone), Rule.parse(reminder.rule) if reminder.rule else None
    coming: list[Occurrence] = []
    if reminder.state in _OVER:
        reminder = replace(reminder, rings=None, next_due=None)
    if reminder.rings is not None and reminder.rings != reminder.next_due:  # a snooze, or on its way
        coming.append(Occurrence(reminder.rings.astimezone(zone).replace(tzinfo=None), reminder.rings))
    if reminder.next_due is not None and rule is not None:
        starts = dt.datetime.fromisoformat(reminder.starts_local)
        coming += islice(occurrences(rule, starts, zone, reminder.next_due), SHOWN)
    elif reminder.next_due is not None:
        coming.append(Occurrence(reminder.next_due.astimezone(zone).replace(tzinfo=None), reminder.next_due))
    return Preview(zone.key, rule_said(rule, language) if rule else "", _fires(coming, zone, person))


def _fires(coming: Iterable[Occurrence], zone: ZoneInfo, person: Person) -> list[Fire]:
    found = list(islice(coming, SHOWN))
    changes = [""][: len(found)]
    for before, after in pairwise(found):
        moved = (after.utc.astimezone(zone).utcoffset() or _NONE) - (before.utc.astimezone(zone).utcoffset() or _NONE)
        changes.append("" if not moved else "forward" if moved > _NONE else "back")
    return [
        Fire(one.utc, changed if one.note == "normal" else one.note, held_for(person, one.utc, zone.key))
        for one, changed in zip(found, changes, strict=True)
    ]


def zone_for(reminder: Reminder | None, person: Person, desk: ReminderDesk) -> ZoneInfo:
    """The clock on which a time for this person is meant."""
    own = reminder.zone if reminder is not None else "UTC"
    return zone_here(person.zone or desk.settings.default_timezone or own)


def asked_ring(turn: Turn, reminder: Reminder | None, when: str, zone: ZoneInfo) -> creating.FirstRing:
    """The ring that words ask for; raises `Refused` where they cannot be had."""
    language = turn.language
    if reminder is not None:
        retimed = retiming.said(reminder, when, retiming.Asking(turn.now, zone, setting.PREFERENCES, language))
        if retimed is None:
            raise Refused(say(language, "reminder_unclear"))
        return retimed.ring
    understood = forms.wish_of(turn, "", when, None).understood
    if understood.problem is not None:
        raise Refused(creating.problem_said(understood.problem, language))
    if understood.when is None:
        raise Refused(say(language, "reminder_unclear"))
    return creating.first_ring(understood.when, turn.now, zone, setting.PREFERENCES, language)


async def readable(tx: Tx, reminder_id: int, language: Language) -> Reminder:
    """The row as it stands, held against others; raises `Refused` where there is none, or it is damaged."""
    await looking.locked(tx, [reminder_id])
    try:
        one = await reminders.get_any(tx, reminder_id)
        _ = one and (ZoneInfo(one.zone), Rule.parse(one.rule) if one.rule else None)
    except UNREADABLE as error:
        raise Refused(say(language, "admin_unreadable")) from error
    if one is None:
        raise NoSuch(say(language, "reminder_no_such", number=reminder_id))
    return one


async def _current(tx: Tx, reminder_id: int, revision: str, language: Language) -> tuple[Reminder, Person]:
    """The row as it stands, if it is as it was shown."""
    one = await readable(tx, reminder_id, language)
    if revision != one.updated_at.isoformat():
        raise Stale(say(language, "admin_stale"))
    return one, await people.get(tx, one.person_id)


async def edit(desk: ReminderDesk, reminder_id: int, given: Edit, language: Language) -> None:
    """Changes what differs from what is kept, all or nothing; raises `Refused` with what is wrong."""
    desk.actor.need("reminders.edit")
    now, text = desk.clock.now(), given.text.strip()
    async with desk.store.write() as tx:
        one, person = await _current(tx, reminder_id, given.revision, language)
        if one.state in changing.GONE:
            raise Refused(say(language, "admin_over"))
        late, nag = _late(given, one, language), _nag(given, one, language)
        turn = turn_of(person, one.address, "", language, now, desk.settings)
        theirs = replace(turn, language=spoken(person, one))
        text = "" if text == one.text else text
        if len(text) > creating.MAX_TEXT:
            raise Refused(say(language, "reminder_too_long", limit=creating.MAX_TEXT, length=len(text)))
        said: list[Reply] = []
        if given.when.strip():
            ring = asked_ring(turn, one, given.when, zone_for(one, person, desk))
            late_rules.check(late, language, once=ring.rule is None)
            said.append(await editing.moved_to(tx, theirs, one, given.when, text=text))
        elif text:
            said.append(await editing.renamed(tx, theirs, one, text))
        if late is not None:
            late_rules.check(late, language, once=(await _again(tx, one)).rule is None)
            said.append(await rules.late_set(tx, theirs, await _again(tx, one), late))
        if nag is not None:
            said.append(await _nagging(tx, theirs, await _again(tx, one), *nag))
        if not said:
            raise Refused(say(language, "admin_nothing"))
        if one.state in _KEPT_STATES:
            await reminders.set_state(tx, one.id, one.state, now)
        fields = [
            name for name, changed in
            (("text", text), ("time", given.when.strip()), ("lateness", late), ("nagging", nag)) if changed is not None and changed != ""
        ]  # fmt: skip
        after = await _again(tx, one)
        rings = after.rings.isoformat() if after.rings else None
        await noted(
            tx,
            desk.actor,
            now,
            "reminder.edit",
            f"reminder:{one.id}",
            {"fields": fields, "rings": rings},
            one.person_id,
        )
        whole = replace(said[0], text="\n".join(part.text for part in said))
        await _told(tx, desk, one, person, whole, f"edit:{one.id}", now, undo=True)


async def _again(tx: Tx, reminder: Reminder) -> Reminder:
    return await reminders.get_any(tx, reminder.id) or reminder


def _late(given: Edit, one: Reminder, language: Language) -> LateRule | None:
    """Another rule for being late; None where it stays."""
    if given.lateness in ("", f"{one.late_policy}:{one.late_minutes}", one.late_policy or "usual"):
        return None
    late = late_rule.named(given.lateness)
    if late is None:
        raise Refused(say(language, "form_lateness"))
    return late


def _nag(given: Edit, one: Reminder, language: Language) -> tuple[int, int] | None:
    """Other nagging; None where it stays."""
    words = [given.nag_minutes.strip() or "0", given.nag_most.strip() or "0"]
    fits = all(word.isascii() and word.isdecimal() and len(word) <= 5 for word in words)
    minutes, most = (int(word) for word in words) if fits else (-1, -1)
    if (minutes, most) == (one.nag_minutes, one.nag_most) or (not minutes and not one.nag_minutes):
        return None
    if minutes == 0:
        return 0, 0
    if not (0 < minutes <= LONGEST_MINUTES and 0 < most <= MOST):
        raise Refused(say(language, "admin_nag_bounds", minutes=LONGEST_MINUTES, most=MOST))
    return minutes, most


async def _nagging(tx: Tx, turn: Turn, one: Reminder, minutes: int, most: int) -> Reply:
    await changing.remembered(tx, turn, one, "nag")
    if not minutes:
        await outbox.cancel_nags(tx, one.id, turn.now)
    await reminders.amend(tx, one.id, turn.now, nag_minutes=minutes, nag_most=most)
    task = wording.task(turn.language, one.text)
    if not minutes:
        return Reply(say(turn.language, "admin_nags_not", task=task))
    every = wording.minutes(turn.language, minutes)
    return Reply(say(turn.language, "admin_nags", minutes=every, most=most, task=task))


async def _told(
    tx: Tx, desk: ReminderDesk, one: Reminder, person: Person, reply: Reply, cause: str, now: dt.datetime, *, undo: bool
) -> None:
    language = spoken(person, one)
    text = f"{reply.text}\n{say(language, 'admin_undo')}" if undo else reply.text
    cause = f"admin:{cause}:{now.isoformat()}"
    await tell(tx, desk.actor, person, replace(reply, text=text), cause, now, at=one.address, language=language)


async def act(
    desk: ReminderDesk, reminder_id: int, verb: str, revision: str, language: Language, until: str = ""
) -> None:
    """Pauses (for good, or `until` a time in words), resumes, cancels, or takes the last change back ("undo"). Raises
    `Refused` where it changes nothing."""
    desk.actor.need("reminders.edit")
    now = desk.clock.now()
    async with desk.store.write() as tx:
        one, person = await _current(tx, reminder_id, revision, language)
        if verb != "undo" and one.state not in MAY.get(verb, ()):
            raise Refused(say(language, "admin_over"))
        turn = turn_of(person, one.address, "", language, now, desk.settings)
        theirs = replace(turn, language=spoken(person, one))
        if verb == "undo":
            changes = await looking.last_change(tx, one.id, now - changing.UNDO_WITHIN)
            if not changes:
                raise Refused(say(language, "undo_nothing"))
            reply = await changing.taken_back(tx, theirs, changes)
        elif verb == "pause" and until.strip():
            reply = await pausing.paused_until(tx, theirs, one, pausing.end_of(turn, until))
        else:
            apply = {"pause": pausing.paused, "resume": pausing.resumed, "cancel": changing.cancelled}[verb]
            reply = await apply(tx, theirs, one)
            if await _again(tx, one) == one:
                raise Refused((await apply(tx, turn, one)).text)
        await noted(tx, desk.actor, now, f"reminder.{verb}", f"reminder:{one.id}", person_id=one.person_id)
        await _told(tx, desk, one, person, reply, f"{verb}:{one.id}", now, undo=verb in ("pause", "cancel"))


async def run(desk: ReminderDesk, reminder_id: int, seen: int, language: Language) -> dt.datetime:
    """Sends a reminder once more, now or after its person's quiet hours; its rule goes on as before. `seen`: the newest
    delivery that was shown, so that of two presses one counts. Returns when it is sent."""
    desk.actor.need("reminders.edit")
    now = desk.clock.now()
    async with desk.store.write() as tx:
        one = await readable(tx, reminder_id, language)
        if one.state not in MAY["run"]:
            raise Refused(say(language, "admin_over"))
        person = await people.get(tx, one.person_id)
        newest = await looking.deliveries_of(tx, one.id, 1)
        if seen != (newest[0].id if newest else 0):
            raise Stale(say(language, "admin_stale"))
        reply = wording.ringing(one)
        text = f"{reply.text}\n{say(spoken(person, one), 'admin_ran', who=called(desk.actor))}"
        due_at = held_for(person, now, one.zone) or now
        planned = Planned(
            f"reminder:{one.id}:snooze:run-{seen}", one.address, replace(reply, text=text), due_at,
            person_id=one.person_id, reminder_id=one.id,
        )  # fmt: skip
        if await outbox.add(tx, planned, now) is None:
            raise Stale(say(language, "admin_stale"))
        await noted(tx, desk.actor, now, "reminder.run", f"reminder:{one.id}", person_id=one.person_id)
    return due_at
