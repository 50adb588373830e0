"""Cuts an English message into typed tokens: numbers, ordinals, clock and date spellings, time words, other words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.language.grammar.english_lexicon import CARDINALS, ORDINALS, WORDS, Category, corrected
from core.language.grammar.tokens import MAX_TOKENS

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
        | (?<!\d)\d{3}[-.]\d{3,4}(?:[-.]\d{4})?(?![\d-]) | (?<!\d)\d{3}-\d{2}-\d{4}(?!\d) | \d{1,3}(?:\.\d{1,3}){3,} | \d{5,} | v\d+(?:\.\d+)* )
    | (?P<iso>(?<![\d/.-])\d{4}[-/]\d{1,2}[-/]\d{1,2}(?![\d/-]))
    | (?P<slash>(?<![\d/.-])\d{1,2}([/.-])\d{1,2}\4(?:\d{4}|\d{2})(?![\d/-]) | (?<![\d/.-])\d{1,2}/(?:\d{1,2}|\d{4})(?![\d/-])
        | (?<![\d/.])\d{1,2}\.\d{1,2}\.(?!\d) )
    | (?P<clock>(?<![\d:.])\d{1,2}:\d{2}(?::\d{2})?(?![\d:]) | (?<![\d:.])\d{1,2}h\d{2}(?!\d) )
    | (?P<ordinal>(?<![\d.])\d{1,3}(?:st|nd|rd|th)(?![a-z\d]))
    | (?P<decimal>(?<![\d.])\d{1,4}\.\d{1,2}(?![\d.]))
    | (?P<habit>2(?:m[or]{1,5}w?|nite|night|day)(?![a-z]) | b4(?![a-z\d]))
    | (?P<number>\d{1,4})
    | (?P<meridiem>(?<![a-z])[ap]\.\s?m(?:\.|(?![a-z])))
    | (?P<mention>@[a-z_][\w.-]{0,63})
    | (?P<joined>(?:bi|semi|half)-(?:weekly|monthly|annual(?:ly)?|hourly) | week-ends? | o'\s?clock | o\sclock)
    | (?P<word>[a-zà-öø-ÿ]+(?:'[a-z]{1,3})?)
    | (?P<punct>\S)
    """,
    re.VERBOSE,
)
_GLUED_MERIDIEM = {"am": "am", "pm": "pm", "a": "am", "p": "pm"}
_TAIL = 160


def tokens(text: str) -> list[Token]:
    """The tokens of a message in lower case, at most MAX_TOKENS: of a longer one the beginning and the end."""
    found: list[Token] = []
    last_end = 0
    for match in _LEXEMES.finditer(text, 0, 6000):
        token = _token(match, glued=match.start() == last_end)
        last_end = match.end()
        found.append(token)
        if len(found) > 2 * MAX_TOKENS:
            break
    if len(found) > MAX_TOKENS:
        found = found[: MAX_TOKENS - _TAIL] + found[-_TAIL:]
    return _joined_numbers(found)


def _token(match: re.Match[str], glued: bool) -> Token:
    kind, text = match.lastgroup or "punct", match.group()
    start, end = match.span()
    match kind:
        case "number":
            return Token("number", text, start, end, number=int(text), glued=glued)
        case "decimal":
            return Token("decimal", text, start, end, number=float(text), parts=_digits(text), glued=glued)
        case "ordinal":
            return Token("ordinal", text, start, end, number=int(text[:-2]), glued=glued)
        case "clock":
            return Token("clock", text, start, end, parts=_digits(text), glued=glued)
        case "iso" | "slash":
            return Token("date", text, start, end, name=kind, parts=_digits(text), glued=glued)
        case "meridiem":
            return Token("meridiem", text[0] + "m", start, end, glued=glued)
        case "other" | "mention":
            return Token("other", text, start, end, glued=glued)
        case "punct":
            return Token("punct", text, start, end, glued=glued)
    return _word(text, start, end, glued)


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
        return Token("word", "b4" if text == "b4" else bare if "-" in text or "clock" in bare else text, start, end, glued=glued, owner=owner)
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
    value, end, kind = first.number, at + 1, first.kind
    at = end
    if 20 <= value <= 90 and value % 10 == 0:
        ahead = at + 1 if at < len(found) and found[at].text == "-" else at
        if ahead < len(found) and found[ahead].name == "word" and 1 <= found[ahead].number <= 9:
            if found[ahead].kind in ("number", "ordinal"):
                value, kind, end = value + found[ahead].number, found[ahead].kind, ahead + 1
        elif ahead < len(found) and found[ahead].text == "second" and found[ahead].category == "unit":
            value, kind, end = value + 2, "ordinal", ahead + 1
    at = end
    if kind == "number" and at < len(found) and found[at].text in ("hundred", "thousand"):
        value *= 100 if found[at].text == "hundred" else 1000
        end = at = at + 1
        ahead = at + 1 if at < len(found) and found[at].text == "and" else at
        if ahead < len(found) and found[ahead].name == "word" and found[ahead].kind == "number":
            rest, after = _number_from(found, ahead)
            if rest.number < value:
                value, end = value + rest.number, after
    last = found[end - 1]
    return Token(kind, first.text if end == at and last is first else "#", first.start, last.end, number=value, name="word", glued=first.glued), end
