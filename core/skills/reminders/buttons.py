"""The buttons of reminders. Their data may be forged or years old: the row decides, and only for whom it is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from core.language.phrases import language_of, say
from core.messages import Reply
from core.reminders.creating import LATEST_YEAR
from core.reminders.quiet import zone_here
from core.skills.base import Outcome, Turn
from core.skills.reminders import edited, recipients, sharing, snoozing
from core.skills.reminders.changing import Change, cancelled, may_change, not_yours, shown
from core.skills.reminders.setting import NAME, when_pressed
from core.store import Tx, reminders
from core.store.reminders import Reminder

_LONGEST_ID = 15
_ANSWERS = ("accept", "decline", "mute")
_FOR_ALL = ("done", "silence", "snooze", "edit", "cancel", "stop")


async def press(turn: Turn, data: str) -> Outcome | None:
    """A pressed button; None if it is none of ours."""
    verb, _, rest = data.partition(":")
    number, _, argument = rest.partition(":")
    if not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST_ID):
        return None
    if verb == "when":
        return when_pressed(turn, int(number), argument)
    if verb not in _PRESSED:
        return None
    picks = verb == "snooze" and argument == "pick"
    step = {"edit": "move"}.get(verb, "snooze" if picks else "")
    pending: dict[str, Any] | None = {"skill": NAME, "step": step, "reminder": int(number)} if step else None

    async def write(tx: Tx) -> Reply:
        reminder = await reminders.get_any(tx, int(number))
        spoken = _speaking(turn, reminder)
        if reminder is None or not (verb == "metoo" or _is_for(turn, reminder, verb)):
            why = not_yours(turn, reminder) if reminder else say(turn.language, "stale_button")
            return _nothing(pending, why)
        if reminder.state == "cancelled" or (reminder.state == "declined" and verb not in _ANSWERS):
            return replace(_nothing(pending, say(spoken.language, "reminder_gone")), settles=True)
        if reminder.state == "proposed" and verb not in _ANSWERS:
            return _nothing(pending, say(spoken.language, "proposal_first"))
        reply = await _PRESSED[verb](tx, spoken, reminder, argument)
        return replace(reply, settles=not step and verb != "metoo")

    return Outcome(write=write, intent=f"reminder_{verb}", pending=pending)


def _is_for(turn: Turn, reminder: Reminder, verb: str) -> bool:
    """Whether the button is this person's to press: what a channel shares can be ended and moved by everybody there."""
    return reminder.person_id == turn.person.id or (verb in _FOR_ALL and may_change(turn, reminder))


def _speaking(turn: Turn, reminder: Reminder | None) -> Turn:
    """A button has no words: it is answered in the language of its reminder, unless the person has chosen one."""
    if reminder is None or turn.person.language or reminder.person_id != turn.person.id:
        return turn
    return replace(turn, language=language_of(reminder.language))


def _nothing(pending: dict[str, Any] | None, why: str) -> Reply:
    """Changes nothing, and leaves no question open about a reminder that is not there."""
    if pending is not None:
        pending.clear()
    return Reply(why, quiet=True)


async def _snooze(tx: Tx, turn: Turn, reminder: Reminder, length: str) -> Reply:
    if length == "pick" and reminder.state != "done":
        return Reply(say(turn.language, "snooze_until_when"))
    due = snoozed_until(length, turn.now, zone_here(reminder.zone))
    return await snoozing.snooze(tx, turn, reminder, due, exact=length.startswith("at"))


def snoozed_until(length: str, now: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """ "tomorrow" is nine o'clock on the person's clock, "at1795680000" that moment in seconds; else minutes, ten where
    the data is not understood."""
    if re.fullmatch(r"at\d{1,11}", length, re.ASCII):
        picked = dt.datetime.fromtimestamp(int(length[2:]), dt.UTC)
        if picked > now and picked.year <= LATEST_YEAR:
            return picked
    if length == "tomorrow":
        tomorrow = now.astimezone(zone).date() + dt.timedelta(days=1)
        return dt.datetime.combine(tomorrow, dt.time(9), zone).astimezone(dt.UTC)
    return now + dt.timedelta(minutes=60 if length == "60" else 10)


async def _edit(_tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    return Reply(say(turn.language, "edit_how", when=shown(turn, reminder)["when"]))


Pressed: TypeAlias = Callable[[Tx, Turn, Reminder, str], Awaitable[Reply]]


def _plain(change: Change) -> Pressed:
    """A button whose data says no more than which reminder."""
    return lambda tx, turn, reminder, _argument: change(tx, turn, reminder)


_PRESSED: dict[str, Pressed] = {
    "done": _plain(snoozing.done),
    "silence": _plain(snoozing.silence),
    "snooze": _snooze,
    "edit": _plain(_edit),
    "cancel": _plain(cancelled),
    "stop": _plain(cancelled),
    "accept": _plain(recipients.accept),
    "decline": _plain(recipients.decline),
    "mute": _plain(recipients.mute_sender),
    "metoo": _plain(recipients.me_too),
    "replace": _plain(edited.replaced),
    "keep": _plain(edited.kept),
    "share": _plain(sharing.shared),
}
