"""Answers from the bot's documents: the passage quoted, with where it stands. `/ask`, and questions that nobody else wants.

What a document says is only ever shown, never done: it is quoted as it is written, markup and mentions included.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TypeAlias

from core.intents.words import chinese
from core.knowledge.answers import asks, quotation, sure
from core.knowledge.library import Found, Library
from core.language.phrases import Language, phrases, say
from core.messages import Reply
from core.render import literal, shortened
from core.skills.base import Command, Outcome, Skill, Turn
from core.skills.catalog import within

ASKED, OFFERED, STATED, ALSO = 0.25, 0.3, 0.9, 0.5
"""From what sureness on it answers to `/ask`, to a question in conversation, to what is no question; and names a second
passage."""
_NEAR = 0.1
_OWN_LANGUAGE = 0.15
_LONGEST = 500
"""Of a question, in characters: nobody looks a longer text up."""
Ranked: TypeAlias = list[tuple[float, Found]]


async def _answer(turn: Turn, found: Command) -> Outcome:
    """An intent may say behind the command what is to be asked, a line for each language: then what the person wrote is
    tried first."""
    lines = [line.strip()[:_LONGEST] for line in found.rest.splitlines() if line.strip()]
    if turn.library is None or not len(turn.library) or not lines:
        key = "knowledge_how" if turn.library is not None and len(turn.library) else "knowledge_empty_shelf"
        return Outcome(Reply(say(turn.language, key), quiet=True), intent="knowledge")
    if turn.text.startswith("/") or turn.text in lines:
        ranked = await _found(turn, turn.library, " ".join(lines)[:_LONGEST])
        return _answered(turn, ranked, ASKED) or _not_there(turn, ranked)
    own = [line for line in lines if chinese(line) == (turn.language == "zh")]
    for question, least in [(turn.text[:_LONGEST], OFFERED), *((line, ASKED) for line in own or lines)]:
        ranked = await _found(turn, turn.library, question)
        if (outcome := _answered(turn, ranked, least)) is not None:
            return outcome
    return _not_there(turn, ranked)


async def _offer(turn: Turn) -> Outcome | None:
    """A question that the documents answer; and where they alone may answer, any question."""
    library, text = turn.library, turn.text
    if library is None or not len(library) or len(text) > _LONGEST or turn.message.kind not in ("text", "edit"):
        return None
    ranked, question = await _found(turn, library, text), asks(text)
    outcome = _answered(turn, ranked, OFFERED if question else STATED)
    return outcome or (_not_there(turn, ranked) if question and library.strict else None)


async def _found(turn: Turn, library: Library, question: str) -> Ranked:
    """With how sure each is; of those that say the same in both languages, the one in the language of the question first."""
    found = await asyncio.to_thread(library.find, question, partial(within, turn))
    judged = [(sure(question, one), one) for one in found]
    own = chinese(question)
    return sorted(
        judged, key=lambda pair: pair[0] + _OWN_LANGUAGE * (chinese(pair[1].passage.text) == own), reverse=True
    )


def _answered(turn: Turn, ranked: Ranked, least: float) -> Outcome | None:
    if not ranked or ranked[0][0] < least:
        return None
    best = ranked[0][1]
    text, where = quotation(best), place_of(best, turn.language)
    mark = "" if best.passage.questions else "> "
    lines = [f"{mark}{literal(line)}" for line in text.splitlines() if line.strip()]
    parts = ["\n".join(lines), say(turn.language, "knowledge_source", where=where)]
    also = [
        place_of(one, turn.language)
        for likely, one in ranked[1:]
        if likely >= ALSO and chinese(one.passage.text) == chinese(best.passage.text)
    ]
    if also and also[0] != where:
        parts.append(say(turn.language, "knowledge_also", where=also[0]))
    told = say(turn.language, "knowledge_phrase", where=where, text=text) if mark else ""
    return Outcome(Reply("\n\n".join(parts), rated=True), intent="knowledge", pending=turn.session.pending, phrase=told)


def _not_there(turn: Turn, ranked: Ranked) -> Outcome:
    """In the bot's own words, where it has some."""
    own = f"{turn.settings.bot}.not_there"
    if own in phrases(turn.language):
        text = say(turn.language, own)
    elif ranked and ranked[0][0] >= _NEAR:
        text = say(turn.language, "knowledge_nearest", near=place_of(ranked[0][1], turn.language))
    else:
        text = say(turn.language, "knowledge_not_there")
    return Outcome(Reply(text), intent="knowledge_unknown", pending=turn.session.pending)


def place_of(found: Found, language: Language) -> str:
    """The document, the headings above the passage and the page, for our Markdown."""
    about, passage = found.source.about, found.passage
    path = " › ".join(literal(shortened(name, 80)) for name in dict.fromkeys([about.title, *passage.headings]))
    page = f", {say(language, 'knowledge_page', page=passage.page)}" if passage.page else ""
    return f"{path}{page} ({literal(about.name)})"


SKILL = Skill(name="knowledge", answer=_answer, commands={"/ask": "help_ask"}, offer=_offer, order=85)
