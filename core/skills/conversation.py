"""The conversation itself: starting a new one."""

from __future__ import annotations

from core.language.phrases import say
from core.messages import Reply
from core.skills.base import Command, Outcome, Skill, Turn


async def _answer(turn: Turn, _found: Command) -> Outcome:
    return Outcome(Reply(say(turn.language, "new_session")), intent="new_session", fresh_session=True)


SKILL = Skill(name="conversation", answer=_answer, commands={"/new": "help_new"}, order=80)
