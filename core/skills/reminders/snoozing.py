"""What one does with a reminder that rang: done, later again, silence. A snooze never shifts a rule."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.language.phrases import say
from core.language.requests import ReminderRequest
from core.language.times import understand_time
from core.language.values import Instant, Recurrence
from core.messages import Reply
from core.reminders import creating, wording
from core.reminders.quiet import held_for, zone_here
from core.skills.base import Outcome, Turn
from core.skills.reminders.changing import GONE, changeable, choose, remembered, seen, shown, shown_before
from core.skills.reminders.setting import NAME, PREFERENCES
from core.store import Tx, outbox, reminder_changes, reminders
from core.store.outbox import Planned
from core.store.reminders import Reminder

_USUAL = dt.timedelta(minutes=10)
_LONG_AGO = dt.timedelta(days=30)


def requested(turn: Turn, request: ReminderRequest) -> Outcome:
    """Snooze, done or silence in words: of the one that rang last, or the one that is named."""
    pending = shown_before(turn)
    if request.verb == "snooze" and not request.when and not turn.text.lower().startswith("snooze"):
        pending = {"skill": NAME, "step": "snooze"}

    async def write(tx: Tx) -> Reply:
        reminder = await _meant(tx, turn, request)
        if isinstance(reminder, Reply):
            return reminder
        match request.verb:
            case "done":
                return await done(tx, turn, reminder)
            case "silence":
                return await silence(tx, turn, reminder)
        if pending.get("step") == "snooze":
            pending["reminder"] = reminder.id
            return Reply(say(turn.language, "snooze_until_when"))
        due, exact = until(turn, request.when, reminder) if request.when else (turn.now + _USUAL, False)
        return await snooze(tx, turn, reminder, due, exact=exact)

    return Outcome(write=write, intent=f"reminder_{request.verb}", pending=pending)


async def _meant(tx: Tx, turn: Turn, request: ReminderRequest) -> Reminder | Reply:
    if not request.which and turn.touched is not None:
        touched = await changeable(tx, turn, turn.touched.id)
        if touched is not None:
            return touched
    if not request.which:
        return Reply(say(turn.language, "nothing_rang"))
    return choose(turn, await seen(tx, turn), request)


async def done(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """Ends a single reminder, and the nagging and snoozing of a repeating one; its next occurrence stays."""
    if reminder.state == "done":
        return Reply(say(turn.language, "reminder_done_already"))
    if reminder.rule is None:
        await remembered(tx, turn, reminder, "done")
        await outbox.cancel_planned(tx, reminder.id, turn.now)
        await reminders.set_state(tx, reminder.id, "done", turn.now)
        return Reply(say(turn.language, "reminder_done", task=wording.task(turn.language, reminder.text)))
    await outbox.cancel_extra(tx, reminder.id, turn.now)
    if reminder.rings is None:
        return Reply(say(turn.language, "reminder_done", task=wording.task(turn.language, reminder.text)))
    again = await reminders.get_any(tx, reminder.id) or reminder
    return Reply(say(turn.language, "reminder_done_next", **shown(turn, again)))


async def silence(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """No more of this time's nagging; it is not done by that, and a repeating one comes again at its time."""
    if await outbox.cancel_extra(tx, reminder.id, turn.now):
        if reminder.rule is None and reminder.next_due is None and reminder.state == "active":
            await reminders.set_state(tx, reminder.id, "fired", turn.now)
        return Reply(say(turn.language, "reminder_silenced", task=wording.task(turn.language, reminder.text)))
    return Reply(say(turn.language, "nothing_to_silence"))


def until(turn: Turn, words: str, reminder: Reminder) -> tuple[dt.datetime, bool]:
    """The moment that the words name, or that much from now, and whether they say exactly that time of day; raises
    `Refused` where they name none to come."""
    zone = turn.zone or zone_here(reminder.zone)
    understood = understand_time(words, turn.now, zone, None, PREFERENCES)
    if understood.problem is not None:
        raise Refused(creating.problem_said(understood.problem, turn.language))
    if understood.when is None or isinstance(understood.when, Recurrence):
        raise Refused(say(turn.language, "snooze_until_when"))
    due = creating.first_ring(understood.when, turn.now, zone, PREFERENCES, turn.language).due
    clock = isinstance(understood.when, Instant) and understood.when.grain in ("minute", "hour")
    later = understand_time(words, turn.now + dt.timedelta(minutes=1), zone, None, PREFERENCES)
    return due, clock and later.when == understood.when  # "in an hour" moves with the moment at which it is said


async def snooze(tx: Tx, turn: Turn, reminder: Reminder, due: dt.datetime, *, exact: bool = False) -> Reply:
    """Rings once more at that moment; where quiet hours are then, at their end, unless `exact`ly that time was asked
    for."""
    if reminder.state == "done":
        return Reply(say(turn.language, "reminder_done_already"))
    rang = reminder.last_due or turn.now
    if reminder.rings is None and turn.now - rang > _LONG_AGO:
        return Reply(say(turn.language, "reminder_long_ago", **shown(turn, reminder)))
    zone = zone_here(reminder.zone)
    held = None if exact else held_for(turn.person, due, reminder.zone)
    await reminder_changes.remember(tx, reminder.id, "snooze", turn.now, turn.person.id)
    await outbox.cancel_extra(tx, reminder.id, turn.now)
    again = Planned(
        cause=f"reminder:{reminder.id}:snooze:{turn.id}",
        address=reminder.address,
        reply=wording.ringing(reminder),
        due_at=held or due,
        person_id=reminder.person_id,
        reminder_id=reminder.id,
    )
    await outbox.add(tx, again, turn.now)
    if reminder.state == "fired":
        await reminders.set_state(tx, reminder.id, "active", turn.now)
    when = wording.moment(turn.language, due, zone, turn.now)
    distance = wording.distance(turn.language, due, turn.now)
    told = say(turn.language, "reminder_snoozed", when=when, distance=distance)
    if held:
        told += say(turn.language, "reminder_held", time=held.astimezone(zone).strftime("%H:%M"))
    return Reply(told)


def asked_until(turn: Turn, number: int) -> Outcome | None:
    """The answer to "until when?"; None if it names no time."""
    understood = understand_time(turn.text, turn.now, turn.zone or ZoneInfo("UTC"), turn.language, PREFERENCES)
    if understood.asks_reminder or (understood.when is None and understood.problem is None):
        return None

    async def write(tx: Tx) -> Reply:
        reminder = await changeable(tx, turn, number)
        if reminder is None or reminder.state in GONE:
            return Reply(say(turn.language, "reminder_gone"))
        due, exact = until(turn, turn.text, reminder)
        return await snooze(tx, turn, reminder, due, exact=exact)

    pending = {"skill": NAME, "step": "snooze", "reminder": number}
    return Outcome(write=write, intent="reminder_snooze", pending=pending)
