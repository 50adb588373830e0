"""The buttons of reminders. Their data may be forged or years old: the row decides, and only its owner's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

from core.language.phrases import say
from core.messages import Reply
from core.reminders import wording
from core.skills.base import Outcome, Turn
from core.skills.reminders.changing import cancelled
from core.skills.reminders.setting import NAME
from core.store import Tx, outbox, reminder_changes, reminders
from core.store.outbox import Planned
from core.store.reminders import Reminder

_LONGEST_ID = 15


async def press(turn: Turn, data: str) -> Outcome | None:
    """A pressed button; None if it is none of ours."""
    verb, _, rest = data.partition(":")
    number, _, argument = rest.partition(":")
    if not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST_ID) or verb not in _PRESSED:
        return None

    async def write(tx: Tx) -> Reply:
        reminder = await reminders.get(tx, int(number), turn.person.id)
        if reminder is None:
            return Reply(say(turn.language, "not_yours"))
        if reminder.state in ("cancelled", "declined"):
            return Reply(say(turn.language, "reminder_gone"))
        return await _PRESSED[verb](tx, turn, reminder, argument)

    pending = {"skill": NAME, "step": "move", "reminder": int(number)} if verb == "edit" else None
    return Outcome(write=write, intent=f"reminder_{verb}", pending=pending)


async def _done(tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    """Ends a single reminder, and the nagging and snoozing of a repeating one; its next occurrence stays."""
    if reminder.state == "done":
        return Reply(say(turn.language, "reminder_done_already"))
    if reminder.rule is None:
        await reminder_changes.remember(tx, reminder.id, "done", turn.now, reminder.rings)
        await outbox.cancel_planned(tx, reminder.id, turn.now)
        await reminders.set_state(tx, reminder.id, "done", turn.now)
    else:
        await outbox.cancel_extra(tx, reminder.id, turn.now)
    return Reply(say(turn.language, "reminder_done", task=wording.task(turn.language, reminder.text)))


async def _snooze(tx: Tx, turn: Turn, reminder: Reminder, length: str) -> Reply:
    """Rings once more, later; a rule is never shifted by it."""
    if reminder.state == "done":
        return Reply(say(turn.language, "reminder_done_already"))
    zone = ZoneInfo(reminder.zone)
    due = snoozed_until(length, turn.now, zone)
    await outbox.cancel_extra(tx, reminder.id, turn.now)
    again = Planned(
        cause=f"reminder:{reminder.id}:snooze:{turn.id}",
        address=reminder.address,
        reply=wording.ringing(reminder),
        due_at=due,
        person_id=reminder.person_id,
        reminder_id=reminder.id,
    )
    await outbox.add(tx, again, turn.now)
    if reminder.state == "fired":
        await reminders.set_state(tx, reminder.id, "active", turn.now)
    when = wording.moment(turn.language, due, zone, turn.now)
    distance = wording.distance(turn.language, due, turn.now)
    return Reply(say(turn.language, "reminder_snoozed", when=when, distance=distance))


def snoozed_until(length: str, now: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """ "tomorrow" is nine o'clock on the person's clock; else minutes, ten where the data is not understood."""
    if length == "tomorrow":
        tomorrow = now.astimezone(zone).date() + dt.timedelta(days=1)
        return dt.datetime.combine(tomorrow, dt.time(9), zone).astimezone(dt.UTC)
    return now + dt.timedelta(minutes=60 if length == "60" else 10)


async def _edit(_tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    when = wording.moment(turn.language, reminder.rings, ZoneInfo(reminder.zone), turn.now) if reminder.rings else "–"
    return Reply(say(turn.language, "edit_how", when=when))


async def _cancel(tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    return await cancelled(tx, turn, reminder)


_PRESSED: dict[str, Callable[[Tx, Turn, Reminder, str], Awaitable[Reply]]] = {
    "done": _done,
    "snooze": _snooze,
    "edit": _edit,
    "cancel": _cancel,
    "stop": _cancel,
}
