"""Reminders set and changed by a form: `Message.kind` "form" with the choice "reminders:add" or "reminders:edit:17".

Fields: "what" to remind of, "when" in words or as "2026-11-27 09:00", "lateness" ("usual", "send", "limit:30", "skip",
"next", or in words). What an edit leaves empty stays as it is.
"""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.language.late_rule import LateRule, named
from core.language.phrases import say
from core.language.times import understand_time
from core.messages import Reply
from core.skills.base import Outcome, Turn
from core.skills.reminders.changing import GONE, changeable, not_yours
from core.skills.reminders.editing import moved_to, renamed
from core.skills.reminders.rules import late_set
from core.skills.reminders.setting import NAME, PREFERENCES, Wish, set_reminder
from core.store import Tx, reminders

_LONGEST_ID = 15


async def filled(turn: Turn, data: str) -> Outcome | None:
    """A form that was sent; None if it is none of ours."""
    verb, _, number = data.partition(":")
    fields = {name: str(value).strip() for name, value in turn.message.fields.items()}
    what, when, words = (fields.get(name, "") for name in ("what", "when", "lateness"))
    late = named(words) if words else None
    if words and late is None:
        return Outcome(Reply(say(turn.language, "form_lateness")), intent="reminder_form")
    if verb == "add" and not number:
        return _added(turn, what, when, late)
    if verb == "edit" and number.isascii() and number.isdecimal() and len(number) <= _LONGEST_ID:
        return _edited(turn, int(number), what, when, late)
    return None


def _added(turn: Turn, what: str, when: str, late: LateRule | None) -> Outcome:
    if not what and not turn.message.quoted:
        return Outcome(Reply(say(turn.language, "form_what")), intent="reminder_form")
    return set_reminder(turn, wish_of(turn, what, when, late))


def wish_of(turn: Turn, what: str, when: str, late: LateRule | None) -> Wish:
    """What the fields of a form ask for."""
    understood = understand_time(when, turn.now, turn.zone or ZoneInfo("UTC"), None, PREFERENCES)
    if understood.task or not when:
        understood = replace(understood, when=None, problem=None)
    whole = replace(understood, task=what or "this", recipient=None, asks_reminder=True)
    return Wish(whole, f"{when} {what}", turn.now, late=late)


def _edited(turn: Turn, number: int, what: str, when: str, late: LateRule | None) -> Outcome:
    async def write(tx: Tx) -> Reply:
        reminder = await changeable(tx, turn, number)
        if reminder is None:
            return Reply(not_yours(turn, await reminders.get_any(tx, number)))
        if reminder.state in GONE:
            return Reply(say(turn.language, "reminder_gone"))
        replies: list[Reply] = []
        if when:
            replies.append(await moved_to(tx, turn, reminder, when, text=what))
        elif what:
            replies.append(await renamed(tx, turn, reminder, what))
        if late is not None:
            changed = await changeable(tx, turn, number) or reminder
            replies.append(await late_set(tx, turn, changed, late))
        if not replies:
            raise Refused(say(turn.language, "form_empty"))
        return replace(replies[0], text="\n".join(one.text for one in replies))

    pending = {"skill": NAME, "step": "set", "reminder": number}
    return Outcome(write=write, intent="reminder_form", pending=pending)
