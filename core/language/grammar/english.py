"""The English grammar: `parse` and `FRAME` as the package's contract asks for them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from core.language.grammar.english_bounds import lasts_days
from core.language.grammar.english_dates import either_way
from core.language.grammar.english_frame import FRAME as FRAME
from core.language.grammar.english_frame import turned as turned
from core.language.grammar.english_lexicon import WORDS
from core.language.grammar.english_once import Scene, once
from core.language.grammar.english_pieces import Clocks, Days, Every, Piece, Reader, Shift
from core.language.grammar.english_rules import recurrence
from core.language.grammar.english_scan import pieces
from core.language.grammar.english_tokens import request_tokens, tokens
from core.language.grammar.normalise import Normalised
from core.language.grammar.tokens import NOTHING, Parsed, Span, merged, word_set
from core.language.values import Instant, Preferences, Problem, Recurrence

_ASKING = word_set("remind ping nudge alert notify wake tell message poke buzz prompt call text rmd")
_NAMES_READ = 1_000
_LINKS = word_set("before after at in on of for next and or with about to please i")
_UNDATED = re.compile(
    r"\b(?:every|each) (?:single )?year on (?:my|our|his|her|their|[a-z]{2,20}'s) (?:[a-z]{2,20} )?(?:birthday|anniversary)\b(?! (?:on|,))"
)
"""A day of each year that nobody has told us."""
_ASKED = word_set("me us alarm alarms reminder reminders timer everyone channel alert notification")


def parse(text: Normalised, now: dt.datetime, preferences: Preferences) -> Parsed:
    """What the sentence says about time; see the package's docstring."""
    return parse_counted(text, now, preferences)[0]


_NAMED = re.compile(
    r"(?<=\bthe )(?<!\bon the )(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?P<behind>(?: [A-Z][\w'’]+)+)"
    r"|(?P<verb>\bto [a-z]{2,12} )(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?P<more>(?: [A-Z][\w'’]+)+)"
    r"|\b\d{1,5} (?:[A-Z][\w'’.]* ){1,3}(?:Street|St|Avenue|Ave|Road|Rd|Lane|Drive|Boulevard|Blvd|Square|Court|Terrace)\b"
)


def _without_names(text: Normalised) -> Normalised:
    """Names that begin like a time are none: the Sunday Times, to watch Friday Night Lights, 5 Main Street."""

    def hidden(match: re.Match[str]) -> str:
        verb, behind = match["verb"] or "", match["behind"] or match["more"]
        words = (behind or "").lower().split()
        timely = words and (any(word in _LINKS for word in words) or all(word in WORDS for word in words))
        return match[0] if timely else verb + "x" * (len(match[0]) - len(verb))

    shown = _NAMED.sub(hidden, text.source[:_NAMES_READ])
    if shown == text.source[:_NAMES_READ]:
        return text
    kept = "".join(low if one == same else one for one, same, low in zip(shown, text.source, text.text, strict=False))
    return Normalised(text.source, kept + text.text[len(kept) :])


def parse_counted(text: Normalised, now: dt.datetime, preferences: Preferences) -> tuple[Parsed, int]:
    """The parse and how many times it looked at a token, which a test holds to a bound."""
    text = _without_names(text)
    request = Reader(request_tokens(text.text), preferences.day_first)
    parsed = _parse(request, text, now, preferences) if request.length else NOTHING
    if parsed is not NOTHING:
        return parsed, request.looks
    reader = Reader(tokens(text.text), preferences.day_first)
    return _parse(reader, text, now, preferences), request.looks + reader.looks


def _parse(reader: Reader, text: Normalised, now: dt.datetime, preferences: Preferences) -> Parsed:
    if reader.text(0) == "how" and reader.text(1) in ("many", "much", "long", "old", "far"):
        return NOTHING
    found = pieces(reader)
    if (wrong := _no_clock(reader)) is not None:
        span = Span(reader.tokens[wrong - 1].start, reader.tokens[wrong].end)
        return Parsed(None, (span,), problem=Problem("impossible", text.source[span.start : span.end]))
    if not found:
        return NOTHING
    if reader.repeats and _UNDATED.search(text.text[:_NAMES_READ]):
        return Parsed(None, recurring=True, problem=Problem("unclear_recurrence", text.source[:_NAMES_READ]))
    scene = Scene(now, preferences, _says(reader, "wake"), _says(reader, "alarm"))
    if (implied := _implied(reader, found)) is not None:
        reader.repeats = True
        found = [*pieces(reader), Piece(implied, 0, 0, 3)]
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
    when = meaning.when
    if isinstance(when, Instant) and any(_either_way(reader, piece) for piece in meaning.used):
        when = replace(when, date_ambiguous=True)
    return Parsed(when, spans, repeats, meaning.deadline, problem, meaning.also)


def _no_clock(reader: Reader) -> int | None:
    """The index of a time that no clock shows: "at 25:00"."""
    for index, token in enumerate(reader.tokens[1:], 1):
        if token.kind == "clock" and reader.tokens[index - 1].text in ("at", "@") and len(token.parts) == 2:
            hour, minute = token.parts
            if hour > 24 or minute > 59 or (hour == 24 and minute):
                return index
    return None


def _either_way(reader: Reader, piece: Piece) -> bool:
    return isinstance(piece.value, Days) and any(map(either_way, reader.tokens[piece.start : piece.end]))


def _span(reader: Reader, piece: Piece) -> Span:
    return Span(reader.tokens[piece.start].start, reader.tokens[min(piece.end, reader.length) - 1].end)


def _implied(reader: Reader, found: list[Piece]) -> Every | None:
    """A repetition though nobody said "every": "at 9 until Friday", "at 9 for the next 5 days", "my daily walk at 5",
    "on the 1st and 15th of the month"."""
    if reader.repeats:
        return None
    clocks = [piece for piece in found if isinstance(piece.value, Clocks)]
    days = [piece for piece in found if isinstance(piece.value, Days)]
    said = [piece.value for piece in days if isinstance(piece.value, Days)]
    if any(len(each.days) > 1 and not each.through and all(day.months == 0 for day in each.days) for each in said):
        return Every(None)
    dated = days or any(isinstance(piece.value, Shift) for piece in found)
    if clocks and not dated and any(token.category == "often" and token.name == "day" for token in reader.tokens):
        return Every("DAILY")
    until = ("until", "till", "til")
    ends = [(piece.start, piece.end) for piece, each in zip(days, said, strict=True) if each.preposition in until]
    ends += [(at, lasts_days(reader, at)) for at in range(min(reader.length, 200)) if reader.text(at) == "for"]
    near = any(start == 0 or clock.near(start, end) for clock in clocks for start, end in ends if end)
    return Every("DAILY") if near else None


def _says(reader: Reader, word: str) -> bool:
    return any(token.text == word for token in reader.tokens[:40])


def _asked_at(reader: Reader) -> int:
    """The index behind "remind me", "alarm for" and the like, where the time of the reminder most likely stands."""
    for index in range(min(reader.length, 200)):
        if reader.tokens[index].text in _ASKED and (
            index == 0 or reader.tokens[index - 1].text in _ASKING | {"set", "an", "a", "new", "add"}
        ):
            up = index + 1 < reader.length and reader.tokens[index + 1].text == "up"
            return index + 1 + up
    return -1
