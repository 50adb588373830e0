"""Reminders: set, list, cancel, move; Done and Snooze on those that rang. Understood and kept without any model."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.language.phrases import say
from core.language.requests import ReminderRequest, reminder_request
from core.language.times import turned, understand, understand_time
from core.language.values import Delta, Preferences, Understood
from core.language.zones import find_zone
from core.messages import Reply
from core.reminders import creating, wording
from core.reminders.recurrence import Rule
from core.reminders.rules_said import rule_said
from core.skills.base import Command, Outcome, Skill, Turn
from core.store import Tx, outbox, people, reminders
from core.store.outbox import Planned
from core.store.reminders import NewReminder, Reminder

_PREFERENCES = Preferences()
_LIST_LENGTH = 20
_NAME = "reminders"


@dataclass(frozen=True, slots=True)
class _Wish:
    """A reminder asked for, as far as it is known."""

    understood: Understood
    text: str
    now: dt.datetime


def _recognize(turn: Turn) -> _Wish | ReminderRequest | None:
    if request := reminder_request(turn.text):
        return request
    understood = understand(turn.text, turn.now, turn.zone or ZoneInfo("UTC"), turn.language, _PREFERENCES)
    return _Wish(understood, turn.text, turn.now) if understood.asks_reminder else None


async def _answer(turn: Turn, found: _Wish | ReminderRequest | Command) -> Outcome:
    match found:
        case Command("/reminders") | ReminderRequest("list"):
            return Outcome(write=_listing(turn), intent="reminder_list")
        case Command("/cancel", rest):
            return _cancelling(turn, rest)
        case ReminderRequest("cancel", which):
            return _cancelling(turn, which)
        case Command(_, rest):
            return _wished(turn, rest, turn.now)
        case _Wish():
            return _set(turn, found)
    raise AssertionError("every finding of `recognize` is handled")


def _wished(turn: Turn, text: str, now: dt.datetime) -> Outcome:
    """As if the text had been said after "remind me"."""
    if not text:
        return _ask(turn, "ask_what", {"step": "what"})
    zone = turn.zone or ZoneInfo("UTC")
    return _set(turn, _Wish(understand(text, now, zone, turn.language, _PREFERENCES), text, now))


def _ask(turn: Turn, key: str, pending: dict[str, Any], **fields: object) -> Outcome:
    asked = Reply(say(turn.language, key, **fields))
    return Outcome(asked, intent="reminder_set", pending={"skill": _NAME, **pending})


def _set(turn: Turn, wish: _Wish) -> Outcome:
    understood, language = wish.understood, turn.language
    if understood.recipient:
        who = wording.task(language, understood.recipient)
        return Outcome(Reply(say(language, "reminder_not_for_others", who=who)), intent="reminder_set")
    if len(understood.task) > creating.MAX_TEXT:
        said = say(language, "reminder_too_long", limit=creating.MAX_TEXT, length=len(understood.task))
        return Outcome(Reply(said), intent="reminder_set")
    if understood.problem:
        said = creating.problem_said(understood.problem, language)
        return Outcome(Reply(said), intent="reminder_set", pending=_pending("when", understood.task))
    if understood.when is None:
        what = wording.to_task(language, "ask_when_what", turned(understood.task, language))
        return _ask(turn, "ask_when", _pending("when", understood.task), what=what)
    if turn.zone is None and not isinstance(understood.when, Delta):
        return _ask(turn, "ask_zone", {"step": "zone", "text": wish.text, "now": wish.now.isoformat()})
    return _setting(turn, wish, turn.zone)


def _pending(step: str, task: str) -> dict[str, Any]:
    return {"skill": _NAME, "step": step, "task": task}


def _setting(turn: Turn, wish: _Wish, zone: ZoneInfo | None, *, new_zone: bool = False) -> Outcome:
    """The outcome that keeps a reminder. Without a known zone (only for "in 20 minutes") it is asked for afterwards."""
    language, understood = turn.language, wish.understood
    assert understood.when is not None, "asked for before"
    known = zone or ZoneInfo("UTC")
    try:
        ring = creating.first_ring(understood.when, wish.now, known, _PREFERENCES, language)
    except Refused as refused:
        return Outcome(Reply(refused.what), intent="reminder_set", pending=_pending("when", understood.task))

    async def write(tx: Tx) -> Reply:
        if new_zone:
            await people.set_zone(tx, turn.person.id, known.key)
        count = await reminders.count_open(tx, turn.person.id)
        if count >= turn.settings.max_reminders:
            raise Refused(say(language, "reminder_limit", count=count))
        new = NewReminder(
            person_id=turn.person.id,
            cause=f"turn:{turn.id}",
            address=turn.message.address,
            text=turned(understood.task, language),
            language=language,
            zone=known.key,
            starts_local=ring.starts_local.isoformat(),
            next_due=ring.due,
            next_local=ring.local.isoformat(),
            rule=ring.rule.text() if ring.rule else None,
            absolute=isinstance(understood.when, Delta),
        )
        kept = await reminders.add(tx, new, turn.now)
        return _confirmation(turn, kept, ring, ask_zone=zone is None)

    pending = {"skill": "profile"} if zone is None else None
    return Outcome(write=write, intent="reminder_set", pending=pending)


def _confirmation(turn: Turn, kept: Reminder, ring: creating.FirstRing, *, ask_zone: bool) -> Reply:
    """The promise, said from the row that keeps it."""
    language = turn.language
    assert kept.rings is not None, "a new reminder is going to ring"
    zone = ZoneInfo(kept.zone)
    text = say(
        language,
        "reminder_set",
        what=wording.to_task(language, "reminder_set_what", kept.text),
        when=wording.moment(language, kept.rings, zone, turn.now),
        distance=wording.distance(language, kept.rings, turn.now),
    )
    if kept.rule:
        text += say(language, "reminder_repeats", rule=rule_said(Rule.parse(kept.rule), language))
    if ring.ambiguous:
        other = (ring.local + dt.timedelta(hours=12)).strftime("%H:%M")
        text += say(language, "reminder_assumed", time=ring.local.strftime("%H:%M"), other=other)
    if ring.note == "gap":
        text += say(language, "reminder_gap", time=kept.rings.astimezone(zone).strftime("%H:%M"))
    if ring.note == "fold":
        text += say(language, "reminder_fold")
    if ask_zone:
        text += "\n\n" + say(language, "ask_zone")
    return Reply(text, wording.confirmation_buttons(language, kept.id))


def _listing(turn: Turn) -> Any:
    async def write(tx: Tx) -> Reply:
        mine = await reminders.open_of(tx, turn.person.id, 1000)
        return Reply(_listed(turn, mine) if mine else say(turn.language, "reminder_none"))

    return write


def _listed(turn: Turn, mine: list[Reminder]) -> str:
    lines = [say(turn.language, "reminder_list"), ""]
    for number, reminder in enumerate(mine[:_LIST_LENGTH], 1):
        rule = rule_said(Rule.parse(reminder.rule), turn.language) if reminder.rule else ""
        lines.append(wording.line(turn.language, number, reminder, turn.now, rule))
    if len(mine) > _LIST_LENGTH:
        lines += ["", say(turn.language, "reminder_more", count=len(mine) - _LIST_LENGTH)]
    return "\n".join(lines)


def _cancelling(turn: Turn, which: str) -> Outcome:
    async def write(tx: Tx) -> Reply:
        mine = await reminders.open_of(tx, turn.person.id, 1000)
        if not mine:
            return Reply(say(turn.language, "reminder_none"))
        chosen = _chosen(mine, which)
        if chosen is None and which.isdecimal():
            return Reply(say(turn.language, "reminder_no_such", number=which))
        if chosen is None:
            return Reply(say(turn.language, "reminder_cancel_which", list=_listed(turn, mine)))
        return await _cancelled(tx, turn, chosen)

    return Outcome(write=write, intent="reminder_cancel")


def _chosen(mine: list[Reminder], which: str) -> Reminder | None:
    if which.isdecimal():
        return mine[int(which) - 1] if 1 <= int(which) <= len(mine) else None
    words = which.casefold()
    matching = [reminder for reminder in mine if words and words in reminder.text.casefold()]
    if len(matching) == 1:
        return matching[0]
    return mine[0] if not words and len(mine) == 1 else None


async def _cancelled(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    await reminders.set_state(tx, reminder.id, "cancelled", turn.now)
    await outbox.cancel_planned(tx, reminder.id, turn.now)
    when = wording.moment(turn.language, reminder.rings, ZoneInfo(reminder.zone), turn.now) if reminder.rings else "–"
    task = wording.task(turn.language, reminder.text)
    return Reply(say(turn.language, "reminder_cancelled", task=task, when=when))


async def _press(turn: Turn, data: str) -> Outcome | None:
    """A button: its data may be forged or years old, so the row decides, and only its owner's."""
    verb, _, rest = data.partition(":")
    number, _, argument = rest.partition(":")
    if not number.isascii() or not number.isdecimal() or len(number) > 15 or verb not in _PRESSED:
        return None

    async def write(tx: Tx) -> Reply:
        reminder = await reminders.get(tx, int(number), turn.person.id)
        if reminder is None:
            return Reply(say(turn.language, "not_yours"))
        if reminder.state == "cancelled":
            return Reply(say(turn.language, "reminder_gone"))
        return await _PRESSED[verb](tx, turn, reminder, argument)

    pending = {"skill": _NAME, "step": "move", "reminder": int(number)} if verb == "edit" else None
    return Outcome(write=write, intent=f"reminder_{verb}", pending=pending)


async def _done(tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    if reminder.state == "done":
        return Reply(say(turn.language, "reminder_done_already"))
    if reminder.rule is None:
        await reminders.set_state(tx, reminder.id, "done", turn.now)
        await outbox.cancel_planned(tx, reminder.id, turn.now)
    return Reply(say(turn.language, "reminder_done", task=wording.task(turn.language, reminder.text)))


async def _snooze(tx: Tx, turn: Turn, reminder: Reminder, length: str) -> Reply:
    zone = ZoneInfo(reminder.zone)
    if length == "tomorrow":
        tomorrow = turn.now.astimezone(zone).date() + dt.timedelta(days=1)
        due = dt.datetime.combine(tomorrow, dt.time(9), zone).astimezone(dt.UTC)
    else:
        due = turn.now + dt.timedelta(minutes=60 if length == "60" else 10)
    again = Planned(
        cause=f"reminder:{reminder.id}:snooze:{turn.id}",
        address=reminder.address,
        reply=wording.ringing(reminder),
        due_at=due,
        person_id=reminder.person_id,
        reminder_id=reminder.id,
    )
    await outbox.add(tx, again, turn.now)
    await reminders.set_state(tx, reminder.id, "active", turn.now)
    when = wording.moment(turn.language, due, zone, turn.now)
    return Reply(
        say(turn.language, "reminder_snoozed", when=when, distance=wording.distance(turn.language, due, turn.now))
    )


async def _edit(_tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    when = wording.moment(turn.language, reminder.rings, ZoneInfo(reminder.zone), turn.now) if reminder.rings else "–"
    return Reply(say(turn.language, "edit_how", when=when))


async def _cancel(tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    return await _cancelled(tx, turn, reminder)


_PRESSED = {"done": _done, "snooze": _snooze, "edit": _edit, "cancel": _cancel}


async def _resume(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    match pending.get("step"):
        case "zone":
            return _zone_told(turn, pending)
        case "what":
            return _wished(turn, turn.text, turn.now)
        case "when":
            return _when_told(turn, str(pending["task"]))
        case "move":
            return _moving(turn, int(pending["reminder"]))
    return None


def _zone_told(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    name = find_zone(turn.text)
    if name is None:
        if _recognize(turn) is not None or len(turn.text) > 60:
            return None
        return _ask(turn, "ask_zone_again", {key: pending[key] for key in ("step", "text", "now")})
    zone, now = ZoneInfo(name), dt.datetime.fromisoformat(pending["now"])
    understood = understand(str(pending["text"]), now, zone, None, _PREFERENCES)
    return _setting(turn, _Wish(understood, str(pending["text"]), now), zone, new_zone=True)


def _when_told(turn: Turn, task: str) -> Outcome | None:
    understood = understand_time(turn.text, turn.now, turn.zone or ZoneInfo("UTC"), turn.language, _PREFERENCES)
    if understood.asks_reminder or (understood.when is None and understood.problem is None):
        return None
    whole = Understood(understood.when, task, recurring=understood.recurring, problem=understood.problem)
    return _set(turn, _Wish(whole, f"{turn.text} {task}", turn.now))


def _moving(turn: Turn, number: int) -> Outcome | None:
    zone = turn.zone or ZoneInfo("UTC")
    understood = understand_time(turn.text, turn.now, zone, turn.language, _PREFERENCES)
    if understood.when is None or understood.asks_reminder:
        return None
    try:
        ring = creating.first_ring(understood.when, turn.now, zone, _PREFERENCES, turn.language)
    except Refused as refused:
        return Outcome(Reply(refused.what), intent="reminder_edit")

    async def write(tx: Tx) -> Reply:
        reminder = await reminders.get(tx, number, turn.person.id)
        if reminder is None or reminder.state == "cancelled":
            return Reply(say(turn.language, "reminder_gone"))
        await outbox.cancel_planned(tx, number, turn.now)
        rule = ring.rule.text() if ring.rule else None
        await reminders.reschedule(tx, number, ring.due, ring.local, ring.starts_local, rule, zone.key, turn.now)
        return Reply(
            say(
                turn.language,
                "reminder_moved",
                what=wording.to_task(turn.language, "reminder_set_what", reminder.text),
                when=wording.moment(turn.language, ring.due, zone, turn.now),
                distance=wording.distance(turn.language, ring.due, turn.now),
            ),
            wording.confirmation_buttons(turn.language, number),
        )

    return Outcome(write=write, intent="reminder_edit")


SKILL = Skill(
    name=_NAME,
    answer=_answer,
    recognize=_recognize,
    commands={"/remind": "help_remind", "/reminders": "help_reminders", "/cancel": "help_cancel"},
    press=_press,
    resume=_resume,
    order=20,
)
