"""The conversation itself: starting a new one, forgetting all of it."""

from __future__ import annotations

from core.language.phrases import say
from core.messages import Reply
from core.skills.base import Command, Outcome, Skill, Turn
from core.store import Tx, people


async def _answer(turn: Turn, found: Command) -> Outcome:
    if found.name == "/new":
        return Outcome(Reply(say(turn.language, "new_session")), intent="new_session", fresh_session=True)

    async def forget(tx: Tx) -> Reply:
        turns = await people.forget_conversation(tx, turn.person.id)
        return Reply(say(turn.language, "forgotten", turns=turns))

    return Outcome(write=forget, intent="forget", fresh_session=True)


SKILL = Skill(
    name="conversation",
    answer=_answer,
    commands={"/new": "help_new", "/forget": "help_forget"},
    personal=frozenset({"/forget"}),
    order=80,
)
