"""Sums in figures and words, English and Chinese: read by our own small grammar, exact, and bounded in size.

expression := term (("+" | "-") term)*      term := factor (("*" | "/" | "mod") factor)*
factor := "-" factor | atom ["^" factor]    atom := number ["%"] | "sqrt" atom | "(" expression ")"
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, DecimalException, localcontext
from functools import partial

from core.language.grammar.chinese_lexicon import number as chinese_number
from core.language.grammar.english_lexicon import CARDINALS

LONGEST = 200
_DIGITS = 28
_LARGEST_POWER = 1_000
_ASKED = re.compile(
    r"(?:please\s+)?(?:what(?:'?s| is| are)|calculate|compute|work out|how much (?:is|are)|solve|calc)\s+|(?:请|帮我|麻烦)?(?:计算|算)(?:一下|下|算)?[:：\s]*",
    re.IGNORECASE,
)
_ENDED = re.compile(r"\s*(?:=|等于|\bis|\bequals)?\s*(?:是?多少|几|what)?\s*[?？=。.!]*\s*$", re.IGNORECASE)
_WORDS = (
    (r"divided by|over|除以|÷", "/"), (r"multiplied by|times|乘以?|×|(?<=\d)\s*x\s*(?=[\d(])", "*"), (r"plus|加上?|＋", "+"), (r"minus|减去?|－|−", "-"),
    (r"to the power of|的(?=[\d一二三四五六七八九十]+次方)|\*\*", "^"), (r"次方", ""), (r"squared|的?平方(?!根)", "^2"), (r"cubed|的?立方(?!根)", "^3"),
    (r"(?:the )?square root of|根号|√", " sqrt "), (r"percent(?: of)?|per cent(?: of)?|%\s*of", "% *"), (r"modulo|mod|取余", " mod "),
    (r"（", "("), (r"）", ")"), (r"％", "%"),
)  # fmt: skip
_WORDS_READ = tuple((re.compile(pattern, re.IGNORECASE), sign) for pattern, sign in _WORDS)
_SHARES = {"half": 2, "halves": 2, "quarter": 4} | {
    word: n for n, word in enumerate(["third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], 3)
}
_FIGURE = r"(\d+(?:\.\d+)?)"
_SHARED = (
    (re.compile(rf"\b(?:(?:an?|(\d+)) )?({'|'.join(_SHARES)})s? of\b"), lambda m: f"{m[1] or 1} / {_SHARES[m[2]]} *"),
    (re.compile(r"\b(double|twice|triple) (?=\d)"), lambda m: "3 * " if m[1] == "triple" else "2 * "),
    (re.compile(rf"{_FIGURE}\s*(?:%|per ?cent) off(?: of)? {_FIGURE}"), lambda m: f"{m[2]} - {m[2]} * {m[1]} %"),
    (re.compile(rf"{_FIGURE}的{_FIGURE}分之{_FIGURE}"), lambda m: f"{m[1]} * {m[3]} / {m[2]}"),
    (re.compile(rf"{_FIGURE}的1半"), lambda m: f"{m[1]} / 2"),
    (re.compile(rf"{_FIGURE}的{_FIGURE}倍"), lambda m: f"{m[1]} * {m[2]}"),
)  # fmt: skip
"""Parts of a number and several times one, in words, as they are in signs."""
_TENS = "|".join(word for word, value in CARDINALS.items() if value > 19)
_ONES = "|".join(word for word, value in CARDINALS.items() if value < 10)
_NUMERAL = re.compile(rf"\b(?:({_TENS})[- ]({_ONES})|({'|'.join(CARDINALS)}))\b", re.IGNORECASE)
_SCALES = tuple(
    (re.compile(rf"\b(?:an?|(\d+)) {word}\b(?: and)?(?: (\d+))?", re.IGNORECASE), scale)
    for word, scale in (("hundred", 100), ("thousand", 1000))
)
_ROOT_OF = re.compile(r"([\d.]+)的(?:算术)?平方根")
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+")
_TOKEN = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+|sqrt|mod|[-+*/^()%])")
_GROUPED = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")


class _Wrong(Exception):
    """This is no sum. Never leaves this module."""


def result(text: str) -> tuple[str, str] | None:
    """The sum that a message asks for and its result, both to be shown; None where it asks for none.

    Raises `ZeroDivisionError`, and `OverflowError` for what is too large or has no real result.
    """
    if len(text) > LONGEST:
        return None
    asked = _ASKED.match(text)
    said = _ENDED.sub("", text[asked.end() :] if asked else text)
    wanted = asked or re.search(r"多少|几|=|等于", text[-6:]) or "sqrt" in _signs(said)
    plain = _signs(said)
    tokens = _tokens(plain)
    if tokens is None or not any(sign in "+-*/^%" or sign in ("sqrt", "mod") for sign in tokens[1:] + tokens[:1]):
        return None
    figures = sum(token[0].isdigit() or token[0] == "." for token in tokens)
    if not wanted and (figures < 2 or re.fullmatch(r"[\d\s/.-]+", said)):  # "24/7", "2026-11-25", "555-1234"
        return None
    try:
        with localcontext(Context(prec=_DIGITS)):
            reading = _Reading(tokens)
            value = reading.expression()
            if reading.place != len(tokens):
                return None
            return said.strip(), _shown(value)
    except _Wrong:
        return None
    except ZeroDivisionError:
        raise
    except DecimalException as error:
        raise OverflowError from error


def _signs(said: str) -> str:
    said = _ROOT_OF.sub(r" sqrt \1", in_figures(_GROUPED.sub("", said.lower())))
    said = re.sub(rf"{_FIGURE}的{_FIGURE}[%％]", r"\1 * \2 %", said)
    for part, signs in _SHARED:
        said = part.sub(signs, said)
    for pattern, sign in _WORDS_READ:
        said = pattern.sub(sign, said)
    return re.sub(r"%\s*\*\s*$", "%", said)


def in_figures(text: str) -> str:
    """The text with its numbers in figures: "twenty-five times a hundred", "三十五乘二"."""
    return _CHINESE.sub(
        lambda m: m[0] if (value := chinese_number(m[0])) is None else str(value), english_figures(text)
    )


def english_figures(text: str) -> str:
    text = _NUMERAL.sub(lambda m: str(sum(CARDINALS[word.lower()] for word in m.groups() if word)), text)
    for scaled, scale in _SCALES:
        text = scaled.sub(partial(_times, scale), text)
    return text


def _times(scale: int, found: re.Match[str]) -> str:
    return str(int(found[1] or 1) * scale + int(found[2] or 0))


def _tokens(plain: str) -> list[str] | None:
    found: list[str] = []
    place = 0
    plain = plain.strip()
    while place < len(plain):
        match = _TOKEN.match(plain, place)
        if match is None:
            return None
        found.append(match[1])
        place = match.end()
    return found or None


class _Reading:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.place = tokens, 0

    def next(self, *wanted: str) -> str:
        """Takes the next token if it is one of these."""
        if self.place < len(self.tokens) and self.tokens[self.place] in wanted:
            self.place += 1
            return self.tokens[self.place - 1]
        return ""

    def expression(self) -> Decimal:
        value = self.term()
        while sign := self.next("+", "-"):
            other = self.term()
            value = value + other if sign == "+" else value - other
        return value

    def term(self) -> Decimal:
        value = self.factor()
        while sign := self.next("*", "/", "mod"):
            other = self.factor()
            if sign != "*" and other == 0:
                raise ZeroDivisionError
            value = value * other if sign == "*" else value / other if sign == "/" else value % other
        return value

    def factor(self) -> Decimal:
        if self.next("-"):
            return -self.factor()
        value = self.atom()
        if self.next("^"):
            power = self.factor()
            if abs(power) > _LARGEST_POWER:
                raise OverflowError
            value = value**power
        return value

    def atom(self) -> Decimal:
        if self.next("sqrt"):
            return self.atom().sqrt()
        if self.next("("):
            value = self.expression()
            if not self.next(")"):
                raise _Wrong
        elif self.place < len(self.tokens) and self.tokens[self.place][0] in ".0123456789":
            value = Decimal(self.tokens[self.place])
            self.place += 1
        else:
            raise _Wrong
        return value / 100 if self.next("%") else value


def _shown(value: Decimal) -> str:
    """With grouped thousands and at most ten decimals, without zeros behind."""
    if not value.is_finite() or abs(value) >= Decimal(10) ** 24:
        raise OverflowError
    rounded = value.quantize(Decimal("1e-10")) if abs(value) < Decimal(10) ** 15 else value
    text = f"{rounded.normalize():,f}" if rounded else "0"
    return text.rstrip("0").rstrip(".") if "." in text else text
