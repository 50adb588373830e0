"""The buttons of reminders. Their data may be forged or years old: the row decides, and only for whom it is."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from core.language.phrases import say
from core.messages import Reply
from core.reminders.creating import LATEST_YEAR
from core.skills.base import Outcome, Turn
from core.skills.reminders import edited, recipients, sharing, snoozing
from core.skills.reminders.changing import cancelled, may_change, not_yours, shown
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
            return _nothing(pending, not_yours(turn, reminder))
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
    return replace(turn, language="zh" if reminder.language == "zh" else "en")


def _nothing(pending: dict[str, Any] | None, why: str) -> Reply:
    """Changes nothing, and leaves no question open about a reminder that is not there."""
    if pending is not None:
        pending.clear()
    return Reply(why, quiet=True)


async def _done(tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    return await snoozing.done(tx, turn, reminder)


async def _silence(tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    return await snoozing.silence(tx, turn, reminder)


async def _snooze(tx: Tx, turn: Turn, reminder: Reminder, length: str) -> Reply:
    if length == "pick" and reminder.state != "done":
        return Reply(say(turn.language, "snooze_until_when"))
    due = snoozed_until(length, turn.now, ZoneInfo(reminder.zone))
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


async def _edit(_tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    return Reply(say(turn.language, "edit_how", when=shown(turn, reminder)["when"]))


async def _cancel(tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    return await cancelled(tx, turn, reminder)


async def _accept(tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    return await recipients.accept(tx, turn, reminder)


async def _decline(tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    return await recipients.decline(tx, turn, reminder)


async def _mute(tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    return await recipients.mute_sender(tx, turn, reminder)


async def _me_too(tx: Tx, turn: Turn, reminder: Reminder, _argument: str) -> Reply:
    return await recipients.me_too(tx, turn, reminder)


_PRESSED: dict[str, Callable[[Tx, Turn, Reminder, str], Awaitable[Reply]]] = {
    "done": _done,
    "silence": _silence,
    "snooze": _snooze,
    "edit": _edit,
    "cancel": _cancel,
    "stop": _cancel,
    "accept": _accept,
    "decline": _decline,
    "mute": _mute,
    "metoo": _me_too,
    "replace": edited.replaced,
    "keep": edited.kept,
    "share": sharing.shared,
}
