"""Quiet hours in words: between two times of the day nothing rings; what would is held until they end."""

from __future__ import annotations

import datetime as dt

from core.language.phrases import say
from core.language.wishes import QuietWish, quiet_wish
from core.messages import Reply
from core.render import literal, shortened
from core.skills.base import Command, Outcome, Skill, Turn
from core.store import Tx, preferences

_LONGEST = 100
"""Characters of a command's words that are said again."""


def _recognize(turn: Turn) -> QuietWish | None:
    return quiet_wish(turn.text)


async def _answer(turn: Turn, found: QuietWish | Command) -> Outcome:
    unclear = ""
    if isinstance(found, Command):
        words = literal(shortened(found.rest, _LONGEST))
        wishes = (quiet_wish(f"{name}{found.rest}") for name in ("quiet hours ", "免打扰"))
        found = next((wish for wish in wishes if wish is not None), QuietWish(ask=True))
        unclear = say(turn.language, "quiet_unclear", words=words) + "\n" if words and found.ask else ""
    if found.ask:
        return Outcome(Reply(unclear + _current(turn)), intent="quiet_hours", quiet=True)
    start, end = found.start, found.end

    async def write(tx: Tx) -> Reply:
        if start is None or end is None:
            await preferences.set_quiet(tx, turn.person.id, None, None)
            return Reply(say(turn.language, "quiet_off"))
        await preferences.set_quiet(tx, turn.person.id, _clock(start), _clock(end))
        told = say(turn.language, "quiet_set", start=_clock(start), end=_clock(end))
        return Reply(told if turn.zone else f"{told}\n\n{say(turn.language, 'ask_zone')}")

    pending = {"skill": "profile"} if start is not None and turn.zone is None else None
    return Outcome(write=write, intent="quiet_hours", pending=pending, quiet=True)


def _current(turn: Turn) -> str:
    person = turn.person
    if not person.quiet_from or not person.quiet_until:
        return say(turn.language, "quiet_none")
    return say(turn.language, "quiet_are", start=person.quiet_from, end=person.quiet_until)


def _clock(time: dt.time) -> str:
    return time.strftime("%H:%M")


SKILL = Skill(
    name="quiet_hours",
    answer=_answer,
    recognize=_recognize,
    commands={"/quiet": "help_quiet"},
    order=15,
)
