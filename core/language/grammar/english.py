"""The English grammar: `parse` and `FRAME` as the package's contract asks for them."""

from __future__ import annotations

import datetime as dt

from core.language.grammar.english_bounds import lasts_days
from core.language.grammar.english_frame import FRAME as FRAME
from core.language.grammar.english_frame import turned as turned
from core.language.grammar.english_once import Scene, once
from core.language.grammar.english_pieces import Clocks, Days, Every, Piece, Reader, Shift
from core.language.grammar.english_rules import recurrence
from core.language.grammar.english_scan import pieces
from core.language.grammar.english_tokens import request_tokens, tokens
from core.language.grammar.normalise import Normalised
from core.language.grammar.tokens import NOTHING, Parsed, Span, merged, word_set
from core.language.values import Preferences, Problem, Recurrence

_ASKING = word_set("remind ping nudge alert notify wake tell message poke buzz prompt call text rmd")
_ASKED = word_set("me us alarm alarms reminder reminders timer everyone channel alert notification")


def parse(text: Normalised, now: dt.datetime, preferences: Preferences) -> Parsed:
    """What the sentence says about time; see the package's docstring."""
    return parse_counted(text, now, preferences)[0]


def parse_counted(text: Normalised, now: dt.datetime, preferences: Preferences) -> tuple[Parsed, int]:
    """The parse and how many times it looked at a token, which a test holds to a bound."""
    request = Reader(request_tokens(text.text))
    parsed = _parse(request, text, now, preferences) if request.length else NOTHING
    if parsed is not NOTHING:
        return parsed, request.looks
    reader = Reader(tokens(text.text))
    return _parse(reader, text, now, preferences), request.looks + reader.looks


def _parse(reader: Reader, text: Normalised, now: dt.datetime, preferences: Preferences) -> Parsed:
    if reader.text(0) == "how" and reader.text(1) in ("many", "much", "long", "old", "far"):
        return NOTHING
    found = pieces(reader)
    if not found:
        return NOTHING
    scene = Scene(now, preferences, _says(reader, "wake"), _says(reader, "alarm"))
    if _implies_daily(reader, found):
        reader.repeats = True
        found = [*pieces(reader), Piece(Every("DAILY"), 0, 0, 3)]
    repeats = any(isinstance(piece.value, Every) for piece in found)
    meaning = recurrence(found, scene) if repeats else once(found, scene, _asked_at(reader))
    if not meaning.used:
        return NOTHING
    spans = merged([_span(reader, piece) for piece in meaning.used if piece.end > piece.start])
    if not spans:
        return NOTHING
    shown = text.source[spans[0].start : spans[-1].end]
    problem = Problem(meaning.trouble, shown) if meaning.trouble else None
    repeats = repeats or isinstance(meaning.when, Recurrence)
    return Parsed(meaning.when, spans, repeats, meaning.deadline, problem, meaning.also)


def _span(reader: Reader, piece: Piece) -> Span:
    return Span(reader.tokens[piece.start].start, reader.tokens[min(piece.end, reader.length) - 1].end)


def _implies_daily(reader: Reader, found: list[Piece]) -> bool:
    """ "at 9 until Friday", "at 9 for the next 5 days", "my daily walk at 5": each day, though nobody said "every"."""
    clocks = [piece for piece in found if isinstance(piece.value, Clocks)]
    if reader.repeats or not clocks:
        return False
    dated = any(isinstance(piece.value, Days | Shift) for piece in found)
    if not dated and any(token.category == "often" and token.name == "day" for token in reader.tokens):
        return True
    for piece in found:
        until = isinstance(piece.value, Days) and piece.value.preposition in ("until", "till", "til")
        if until and any(piece.near(clock.start, clock.end) for clock in clocks):
            return True
    for at in range(min(reader.length, 200)):
        end = lasts_days(reader, at) if reader.text(at) == "for" else 0
        if end and any(clock.near(at, end) for clock in clocks):
            return True
    return False


def _says(reader: Reader, word: str) -> bool:
    return any(token.text == word for token in reader.tokens[:40])


def _asked_at(reader: Reader) -> int:
    """The index behind "remind me", "alarm for" and the like, where the time of the reminder most likely stands."""
    for index in range(min(reader.length, 200)):
        if reader.tokens[index].text in _ASKED and (
            index == 0 or reader.tokens[index - 1].text in _ASKING | {"set", "an", "a", "new", "add"}
        ):
            return index + 1
    return -1
