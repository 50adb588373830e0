"""Answers from the bot's documents: the passage quoted, with where it stands. `/ask`, and questions that nobody else wants.

What a document says is only ever shown, never done: it is quoted as it is written, markup and mentions included.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from functools import partial

from core.intents.words import chinese
from core.knowledge.answers import ALSO, ASKED, NEAR, OFFERED, STATED, Ranked, asks, ranked, says
from core.knowledge.library import Found, Library
from core.language.phrases import Language, phrases, say
from core.messages import Reply
from core.render import literal, shortened
from core.skills.base import Command, Outcome, Skill, Turn
from core.skills.catalog import within

_LONGEST, _MOST = 500, 5
"""Of a question, in characters: nobody looks a longer text up; and of questions in one message."""
_FOLLOWS = re.compile(r"(?:ok |so |but )?(?:and|what about|how about|to|from|for|in|with|without)\b.{0,40}|(?:那|还有|从|到|寄到)?.{0,10}呢[?？]?", re.IGNORECASE)  # fmt: skip
_PIECE = re.compile(r"[^?？]+[?？]*")


async def _answer(turn: Turn, found: Command) -> Outcome:
    """An intent may say behind the command what is to be asked, a line for each language: then what the person wrote is
    tried first."""
    lines = [line.strip()[:_LONGEST] for line in found.rest.splitlines() if line.strip()]
    if turn.library is None or not len(turn.library) or not lines:
        key = "knowledge_how" if turn.library is not None and len(turn.library) else "knowledge_empty_shelf"
        return Outcome(Reply(say(turn.language, key), quiet=True), intent="knowledge")
    own = [line for line in lines if chinese(line) == (turn.language == "zh")]
    if turn.text.startswith("/") or turn.text in lines:
        asked = [" ".join(lines)[:_LONGEST]]
    else:
        asked = own or lines
    said = [] if turn.text.startswith("/") else _said(turn.text, _before(turn))
    if (outcome := await _each(turn, turn.library, turn.text if said else asked[0])) is not None:
        return outcome
    judged, answers = await _looked_up(turn, turn.library, said, asked)
    return _quoted(turn, [judged]) if answers else _not_there(turn, judged)


async def _looked_up(
    turn: Turn, library: Library, said: Iterable[str], asked: Iterable[str] = ()
) -> tuple[Ranked, bool]:
    """The first of what the person said, and then of what is asked for them, that the documents answer: more surely where an
    intent may be meant, too. What was found, and whether it answers."""
    judged: Ranked = []
    offered = ALSO if turn.trace.zone == "ask" and not asked else OFFERED
    for question, least in [
        *((one, offered if asks(one) else STATED) for one in said),
        *((one, ASKED) for one in asked),
    ]:
        judged = ranked(question, await asyncio.to_thread(library.find, question, partial(within, turn)))
        if judged and judged[0][0] >= least:
            return judged, True
    return judged, False


def _before(turn: Turn) -> str:
    """What a follow-up follows."""
    return next((past.said for past in reversed(turn.history) if not _FOLLOWS.fullmatch(past.said)), "")


def _said(text: str, before: str) -> list[str]:
    """What may be looked up of a text: a follow-up ("and to Norway?") behind what it follows, and then by itself; nothing
    where it says nothing."""
    follows = _FOLLOWS.fullmatch(text) and before and not before.startswith("/")
    said = [f"{before} {text}"[:_LONGEST]] if follows else []
    return [one for one in (*said, text[:_LONGEST]) if says(one) >= 1]


async def _offer(turn: Turn) -> Outcome | None:
    """A question that the documents answer, or several; and where they alone may answer, any question."""
    library, text = turn.library, turn.text
    if library is None or not len(library) or len(text) > _LONGEST or turn.message.kind not in ("text", "edit"):
        return None
    if (outcome := await _each(turn, library, text)) is not None:
        return outcome
    judged, answers = await _looked_up(turn, library, _said(text, _before(turn)))
    if answers:
        return _quoted(turn, [judged])
    return _not_there(turn, judged) if asks(text) and library.strict else None


async def _each(turn: Turn, library: Library, text: str) -> Outcome | None:
    """Several questions in one message are answered one by one, and which are not is said. None where fewer than two have an
    answer: then somebody else may know better."""
    pieces = [piece.strip() for piece in _PIECE.findall(text) if asks(piece)] if len(text) <= _LONGEST else []
    if not 2 <= len(pieces) <= _MOST:
        return None
    found: dict[str, Ranked] = {}
    answered, missing, before = 0, [], _before(turn)
    for question in pieces:
        known, ways = False, _said(question, before)
        for way in ways:
            judged, answers = await _looked_up(turn, library, [way])
            known = known or answers
            if answers and found.setdefault(_key(judged), judged) is judged:
                break  # else it is the passage of another question, which the follow-up may only have been read into
        answered += known
        if ways and not known:
            missing.append(question)
        before = before if _FOLLOWS.fullmatch(question) else question
    return _quoted(turn, [*found.values()], missing) if answered > 1 else None


def _key(judged: Ranked) -> str:
    return ":".join(map(str, judged[0][1].hit.id))


def _quoted(turn: Turn, answers: Sequence[Ranked], missing: Sequence[str] = ()) -> Outcome:
    """The best passage for each question, and what else says something about it where there is one; of what is missing, that
    it is to be asked again."""
    parts, told = [], ""
    for judged in answers:
        best = judged[0][1]
        text, where = best.passage.text, place_of(best, turn.language)
        mark = "" if best.passage.questions else "> "
        parts.append("\n".join(f"{mark}{literal(line)}" for line in text.splitlines() if line.strip()))
        parts.append(say(turn.language, "knowledge_source", where=where))
        also = [
            place_of(one, turn.language)
            for likely, one in judged[1:]
            if likely >= ALSO and chinese(one.passage.text) == chinese(text)
        ]
        if len(answers) == 1 and also and also[0] != where:
            parts.append(say(turn.language, "knowledge_also", where=also[0]))
        told = say(turn.language, "knowledge_phrase", where=where, text=text) if mark and len(answers) == 1 else ""
    turn.trace.given(passages=map(_key, answers))
    parts += [say(turn.language, "knowledge_alone", question=literal(one)) for one in missing]
    return Outcome(Reply("\n\n".join(parts), rated=True), intent="knowledge", pending=turn.session.pending, phrase=told)


def _not_there(turn: Turn, judged: Ranked) -> Outcome:
    """In the bot's own words, where it has some."""
    own = f"{turn.settings.bot}.not_there"
    if own in phrases(turn.language):
        text = say(turn.language, own)
    elif judged and judged[0][0] >= NEAR:
        text = say(turn.language, "knowledge_nearest", near=place_of(judged[0][1], turn.language))
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
