"""Cuts an English message into typed tokens: numbers, ordinals, clock and date spellings, time words, other words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from core.language.grammar.english_lexicon import CARDINALS, ORDINALS, WORDS, Category, corrected, corrected_unit
from core.language.grammar.tokens import Span, merged

Kind: TypeAlias = Literal["word", "number", "decimal", "ordinal", "clock", "date", "meridiem", "punct", "other", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """`number` is the value of a number or ordinal; `parts` the digit groups of a clock or date as written.

    `glued` means no space before it; `owner` that it ended in "'s" ("tomorrow's").
    """

    kind: Kind
    text: str
    start: int
    end: int
    category: Category = ""
    name: str = ""
    number: float = 0
    parts: tuple[int, ...] = ()
    glued: bool = False
    owner: bool = False

    @property
    def number_as_int(self) -> int:
        """The number of a word or of digits, for days and months."""
        return int(self.number)


END = Token("end", "", 0, 0)

_LEXEMES = re.compile(
    r"""
      (?P<other>https?://\S{1,2000} | [\w.+-]{1,64}@[\w-]{1,64}\.\w{2,10} | <[^<>\s]{1,80}> | [\#$£€]\d[\d.,]* | \d+(?:\.\d+)?%
        | (?<!\d)\d{3}[-.]\d{3,4}(?:[-.]\d{4})?(?![\d-]) | (?<!\d)\d{3}-\d{2}-\d{4}(?!\d) | \d{1,3}(?:\.\d{1,3}){3,} | \d{5,} | v\d+(?:\.\d+)* | (?<![\w.])[a-z][\w-]{0,40}\.(?:com|org|net|io)(?!\w) | @[a-z_][\w.-]{0,63} )
    | (?P<date>(?<![\d/.-])\d{4}(?P<y_mark>[-/.])\d{1,2}(?P=y_mark)\d{1,2}(?![\d/-])(?:t(?=\d{2}:\d{2}))?
        | (?<![\d/.-])\d{1,2}(?P<d_mark>[/.-])\d{1,2}(?P=d_mark)(?:\d{4}|\d{2})(?![\d/-]) | (?<![\d/.-])\d{1,2}/(?:\d{1,2}|\d{4})(?![\d/-])
        | (?<![\d/.])\d{1,2}\.\d{1,2}\.(?!\d) )
    | (?P<clock>(?<![\d:.])\d{1,2}:\d{2}(?::\d{2})?(?!\d|:\d) | (?<![\d:.])\d{1,2}h\d{2}(?!\d) )
    | (?P<ordinal>(?<![\d.])\d{1,3}(?:st|nd|rd|th)(?![a-z\d]))
    | (?P<decimal>(?<![\d.])\d{1,4}\.\d{1,2}(?![\d.]))
    | (?P<habit>2(?:m[or]{1,5}w?|nite|night|day)(?![a-z]) | b4(?![a-z\d]))
    | (?P<number>\d{1,4})
    | (?P<meridiem>(?<![a-z])[ap](?:\.\s?|\s)m(?:\.(?!\w)|(?![\w'])))
    | (?P<joined>(?:bi|semi|half)-(?:weekly|monthly|annual(?:ly)?|hourly|yearly) | week-ends? | week[\s-]days? | o'\s?clock | o\sclock)
    | (?P<fused>every(?=(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|weekday|weekend|morning|evening|night|afternoon|week|month|year|hour|minute)))
    | (?P<word>[a-zà-öø-ÿ]+(?:'[a-z]{1,3})?)
    | (?P<punct>\S)
    """,
    re.VERBOSE,
)
_WHOLE = 900
_ASKS = re.compile(r"\b(?:remind|rmd|ping me|nudge|alarm|timer|wake me|don'?t forget|note to self|alert me)")
_SENTENCE_ENDS = (". ", "! ", "? ", "\n")
_BEFORE, _AFTER, _HEAD, _LAST = 200, 400, 160, 240
_MOST = 220
"""Tokens read of one message: far more than any request has."""


def tokens(text: str) -> list[Token]:
    """The tokens of a message in lower case. Of a long one only what stands around the request, at the beginning and
    at the end is read: the times are there, and the work stays bounded."""
    return _cut(text, _stretches(text))


def _cut(text: str, stretches: Iterable[Span]) -> list[Token]:
    found: list[Token] = []
    for start, end in stretches:
        if found:
            found.append(Token("punct", "\n", start, start))
        last_end = start
        for match in _LEXEMES.finditer(text, start, end):
            found.append(_token(match, glued=match.start() == last_end))
            last_end = match.end()
            if len(found) > _MOST:
                break
    return _units_meant(_joined_numbers(_without_quotes(found[:_MOST])))


def request_tokens(text: str) -> list[Token]:
    """Of a long message, the tokens of the sentence that asks to be reminded; none in a short one or without a request."""
    asks = _ASKS.search(text) if len(text) > _WHOLE else None
    if asks is None:
        return []
    before, after = max(0, asks.start() - _BEFORE), asks.start() + _AFTER
    start = max(text.rfind(mark, before, asks.start()) for mark in _SENTENCE_ENDS) + 1
    ends = [end for mark in _SENTENCE_ENDS if (end := text.find(mark, asks.start(), after)) >= 0]
    return _cut(text, [Span(start or before, min([*ends, after, len(text)]))])


def _stretches(text: str) -> tuple[Span, ...]:
    length = len(text)
    if length <= _WHOLE:
        return (Span(0, length),)
    asks = _ASKS.search(text)
    places = [asks.start() if asks else 0, max(0, text.rfind("remind me"))]
    around = [Span(_word_start(text, place - _BEFORE), min(place + _AFTER, length)) for place in places if place]
    return merged([Span(0, _HEAD), *around, Span(_word_start(text, length - _LAST), length)])


def _word_start(text: str, place: int) -> int:
    return text.rfind(" ", 0, max(0, place)) + 1


def _without_quotes(found: list[Token]) -> list[Token]:
    """Words in double quotes are somebody's words, not times, unless the whole message is quoted."""
    marks = [at for at, token in enumerate(found) if token.text == '"']
    for opening, closing in zip(marks[::2], marks[1::2], strict=False):
        if opening == 0 and closing >= len(found) - 2:
            continue
        for at in range(opening + 1, closing):
            token = found[at]
            found[at] = Token("other", token.text, token.start, token.end, glued=token.glued)
    return found


_BEFORE_UNIT = frozenset({"every", "each", "other", "next"})
_BEFORE_NUMBER = frozenset({"in", "every", "for", "each", "after", "within"})


def _units_meant(found: list[Token]) -> list[Token]:
    """Reads a mistyped unit where only a unit can stand: "every moth", "in 3 dyas"."""
    for at, token in enumerate(found):
        if at == 0 or token.kind != "word" or token.category or len(token.text) > 12:
            continue
        before = found[at - 1]
        opener = found[at - 2] if at > 1 and before.kind == "number" else END
        counted = opener.text in _BEFORE_NUMBER or opener.category == "every"
        entry = None
        if counted or before.category == "every" or before.text in _BEFORE_UNIT:
            entry = corrected_unit(token.text)
        if entry is not None:
            found[at] = replace(token, category=entry.category, name=entry.name, number=entry.number)
    return found


_KINDS: dict[str, Kind] = {kind: kind for kind in get_args(Kind) if kind != "word"}


def _token(match: re.Match[str], glued: bool) -> Token:
    text, (start, end) = match.group(), match.span()
    kind = _KINDS.get(match.lastgroup or "punct")
    match kind:
        case None:
            return _word(text, start, end, glued)
        case "number" | "ordinal":
            return Token(kind, text, start, end, number=int(text.rstrip("stndrh")), glued=glued)
        case "decimal":
            return Token(kind, text, start, end, number=float(text), parts=_digits(text), glued=glued)
        case "clock" | "date":
            return Token(kind, text, start, end, parts=_digits(text), glued=glued)
        case "meridiem":
            text = text[0] + "m"
    return Token(kind, text, start, end, glued=glued)


def _digits(text: str) -> tuple[int, ...]:
    return tuple(int(group) for group in re.findall(r"\d+", text))


def _word(text: str, start: int, end: int, glued: bool) -> Token:
    owner = text.endswith("'s")
    bare = text[:-2] if owner else text
    if bare in ("am", "pm"):
        return Token("meridiem", bare, start, end, glued=glued)
    if (number := CARDINALS.get(bare)) is not None:
        return Token("number", bare, start, end, number=number, name="word", glued=glued)
    if bare != "second" and (number := ORDINALS.get(bare)) is not None:
        return Token("ordinal", bare, start, end, number=number, name="word", glued=glued)
    bare = bare.replace("-", "").replace("'", "").replace(" ", "") if bare not in WORDS else bare
    entry = WORDS.get(bare) or corrected(bare)
    if entry is None:
        shown = bare if "-" in text or "clock" in bare else text
        return Token("word", shown, start, end, glued=glued, owner=owner)
    return Token("word", bare, start, end, entry.category, entry.name, entry.number, glued=glued, owner=owner)


def _joined_numbers(found: list[Token]) -> list[Token]:
    """Number words that belong together become one number: "twenty-five", "two thousand and seventeen", "thirty first"."""
    out: list[Token] = []
    at = 0
    while at < len(found):
        token = found[at]
        if token.name == "word" and token.kind == "number" and token.number >= 1:
            joined, at = _number_from(found, at)
            out.append(joined)
        else:
            out.append(_meridiem_letter(out, token))
            at += 1
    return out


def _meridiem_letter(before: list[Token], token: Token) -> Token:
    """ "8p" and "8a" mean pm and am, but only written against the number."""
    if token.glued and token.text in ("a", "p") and before and before[-1].kind in ("number", "clock"):
        return Token("meridiem", token.text + "m", token.start, token.end, glued=True)
    return token


def _number_from(found: list[Token], at: int) -> tuple[Token, int]:
    first = found[at]
    value, kind, end = _below_hundred(found, at)
    if kind == "number" and end < len(found) and found[end].text in ("hundred", "thousand"):
        value *= 100 if found[end].text == "hundred" else 1000
        end += 1
        ahead = end + 1 if end < len(found) and found[end].text == "and" else end
        if ahead < len(found) and found[ahead].name == "word" and found[ahead].kind == "number":
            rest, _, after = _below_hundred(found, ahead)
            value, end = value + rest, after
    last = found[end - 1]
    text = first.text if last is first else "#"
    return Token(kind, text, first.start, last.end, number=value, name="word", glued=first.glued), end


def _below_hundred(found: list[Token], at: int) -> tuple[float, Kind, int]:
    """ "twenty-five", "thirty first", "seven": the value, whether it counts or orders, and the index behind."""
    first = found[at]
    value, kind = first.number, first.kind
    if not (20 <= value <= 90 and value % 10 == 0):
        return value, kind, at + 1
    ahead = at + 2 if at + 1 < len(found) and found[at + 1].text == "-" else at + 1
    if ahead >= len(found):
        return value, kind, at + 1
    unit = found[ahead]
    if unit.name == "word" and 1 <= unit.number <= 9 and unit.kind in ("number", "ordinal"):
        return value + unit.number, unit.kind, ahead + 1
    if unit.text == "second" and unit.category == "unit":
        return value + 2, "ordinal", ahead + 1
    return value, kind, at + 1
