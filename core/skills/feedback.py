"""What people think of an answer, as a button or a reaction says it: kept for each person and turn, with few words."""

from __future__ import annotations

from core.intents.checks import same_words
from core.intents.definition import LONGEST_EXAMPLE
from core.language.phrases import say
from core.messages import Reply
from core.skills.base import Outcome, Skill, Turn
from core.store import Tx, feedback, intents

_RATINGS = {"good": 1, "bad": -1, "none": 0}
_LONGEST_ID = 15


async def _press(turn: Turn, data: str) -> Outcome | None:
    """ "17:good" of a button names the turn; ":good" of a reaction is about the message it stands at, and is not
    answered: nobody who reacts expects a word."""
    number, _, word = data.partition(":")
    named = number.isascii() and number.isdecimal() and len(number) <= _LONGEST_ID
    if word not in _RATINGS or (number and not named):
        return None

    async def write(tx: Tx) -> Reply:
        message = turn.message
        rated = await feedback.rated_turn(tx, message.address, int(number) if named else 0, message.message_id)
        if rated is not None:
            await feedback.rate(tx, rated, turn.person.id, _RATINGS[word], turn.now)
            await _to_be_labelled(tx, turn, rated if word == "bad" else 0)
        return Reply(say(turn.language, f"feedback_{word}") if named else "", quiet=True)

    return Outcome(write=write, intent="feedback", pending=turn.session.pending)


async def _to_be_labelled(tx: Tx, turn: Turn, rated: int) -> None:
    """What was answered badly is for the admins to see, where there are intents it might have been for."""
    wanted = rated and turn.settings.intent_inbox and turn.memory.mode == "on"
    said = await feedback.said_by(tx, rated, turn.person.id) if wanted else ""
    key = same_words(said)
    if key and len(said) <= LONGEST_EXAMPLE and not said.startswith("/") and turn.catalog.recognizer.names:
        unsure = intents.Unsure(key, said, turn.language, "displeased")
        await intents.note_unsure(tx, turn.settings.bot, turn.person.id, unsure, turn.now)


async def _no_answer(turn: Turn, _found: object) -> Outcome:
    return Outcome(Reply(say(turn.language, "stale_button")))


SKILL = Skill(name="feedback", answer=_no_answer, press=_press)
