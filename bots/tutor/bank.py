"""What is asked: sums with the way to their result, made by rule, and the questions of `questions.json`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from operator import add, mul, sub, truediv
from pathlib import Path
from random import Random
from typing import Any, Final

from core.language.grammar.chinese_lexicon import number as chinese_number
from core.language.phrases import Language
from core.language.sums import in_figures, result

ROUND: Final = 3
"""Questions of a quiz."""
_SUM = re.compile(r"(?<![\d.])(\d{1,6})\s*([-+*/])\s*(\d{1,6})(?![\d.])")
_FRACTIONS = re.compile(r"(?<![\d/])(\d{1,3})/(\d{1,3})\s*([-+*/])\s*(\d{1,3})/(\d{1,3})(?![\d/])")
_PARTS = (
    re.compile(r"(?P<n>\d{1,4})/(?P<d>\d{1,4})\s*of\s*(?P<whole>\d{1,6})", re.IGNORECASE),
    re.compile(r"(?P<whole>\d{1,6})\s*的\s*(?P<n>\d{1,4})/(?P<d>\d{1,4})"),
    re.compile(r"(?P<n>\d{1,4})\s*(?P<percent>%|percent|per cent)\s*of\s*(?P<whole>\d{1,6})", re.IGNORECASE),
    re.compile(r"(?P<whole>\d{1,6})\s*的\s*(?P<n>\d{1,4})\s*(?P<percent>[%％])"),
)
_WORDS = tuple(
    (re.compile(rf"(?<=\d)\s*(?:{words})\s*(?=\d)", re.IGNORECASE), sign)
    for words, sign in (("multiplied by|times|乘以?|[×x]", "*"), ("divided by|除以|÷", "/"), ("plus|加上?", "+"), ("minus|减去?|−", "-"))
)  # fmt: skip
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)*(?:/\d+)?")


@dataclass(frozen=True, slots=True)
class Step:
    """A small sum on the way to a larger one."""

    sum: str
    value: Decimal
    fraction: str = ""

    @property
    def shown(self) -> str:
        return self.fraction or shown(self.value)


@dataclass(frozen=True, slots=True)
class Question:
    text: str
    answers: tuple[str, ...]
    hint: str
    why: str


def worked(text: str) -> tuple[str, tuple[Step, ...]] | None:
    """The sum that a message holds and the steps to its result, the last of which gives it; None where it holds none.

    Raises what `core.language.sums.result` raises."""
    text = in_figures(text)
    both = _FRACTIONS.search(text)
    if both and not re.search(r"\d", text.replace(both[0], "", 1)) and (asked := result(f"calc {both[0]}")):
        left, other = Fraction(int(both[1]), int(both[2])), Fraction(int(both[4]), int(both[5]))
        value = {"+": add, "-": sub, "*": mul, "/": truediv}[both[3]](left, other)
        return both[0], (Step(both[0], _decimal(asked[1]), str(value)),)
    for pattern in _PARTS:
        if part := pattern.search(text):
            under = 100 if part.groupdict().get("percent") else int(part["d"])
            one = _step(part["whole"], "/", under)
            return part[0], (one, _step(one.value, "*", part["n"]))
    plain = text
    for words, sign in _WORDS:
        plain = words.sub(sign, plain)
    found = _SUM.search(plain)
    if found is None or re.search(r"\d", plain.replace(found[0], "", 1)):
        asked = result(text)
        return (_pretty(asked[0]), (Step(_pretty(asked[0]), _decimal(asked[1])),)) if asked else None
    return _pretty(found[0]), _way(int(found[1]), found[2], int(found[3]))


def _way(a: int, sign: str, b: int) -> tuple[Step, ...]:
    """Tens and ones apart, as one does it in the head."""
    if sign == "*" and a > b:
        a, b = b, a
    tens, ones = b - b % 10, b % 10
    if sign in "+-" and tens and ones:
        first = _step(a, sign, tens)
        return first, _step(first.value, sign, ones)
    if sign == "*" and a > 1 and tens and ones:
        return _step(a, "*", tens), _step(a, "*", ones), _step(a * tens, "+", a * ones)
    if sign == "/" and b and a % b == 0 and a // b > 10 and (a // b) % 10:
        most = a // b - (a // b) % 10
        return (
            _step(b, "*", most),
            _step(a, "-", b * most),
            _step(a - b * most, "/", b),
            _step(most, "+", a // b - most),
        )
    return (_step(a, sign, b),)


def _step(a: object, sign: str, b: object) -> Step:
    asked = result(f"calc {a} {sign} {b}")
    assert asked is not None, "two numbers with a sign between them are a sum"
    return Step(_pretty(f"{a} {sign} {b}"), _decimal(asked[1]))


def _pretty(said: str) -> str:
    """As it is printed in a school book; a bare `*` would be Markdown."""
    spaced = re.sub(r"\s*([-+*/×÷])\s*", r" \1 ", said.replace("x", "*").replace("X", "*")).strip()
    return spaced.replace("*", "×").replace(" - ", " − ").replace(" / ", " ÷ ")


def _decimal(shown: str) -> Decimal:
    return Decimal(shown.replace(",", ""))


def shown(value: Decimal) -> str:
    return f"{value.normalize():,f}" if value else "0"


def number_in(text: str) -> Decimal | None:
    """The number that an answer gives, in figures, as a fraction, in Chinese or as a sum; None where it gives none, or several."""
    figures = _NUMBER.findall(text.replace("−", "-"))
    said = figures[0] if len(figures) == 1 else text.strip(" 。.!！?？")
    if "/" in said and (asked := _result(f"calc {said}")):
        return _decimal(asked)
    try:
        return Decimal(said.replace(",", ""))
    except InvalidOperation:
        chinese = chinese_number(said.removeprefix("是"))
        asked = _result(f"calc {said}") if figures else None
        return Decimal(chinese) if chinese is not None else _decimal(asked) if asked else None


def _result(text: str) -> str | None:
    try:
        found = result(text)
    except (ZeroDivisionError, OverflowError):
        return None
    return found[1] if found else None


# --- the quiz


@cache
def _file() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((Path(__file__).parent / "questions.json").read_text(encoding="utf-8"))
    return read


def topics() -> tuple[str, ...]:
    return tuple(_file()["topics"])


def named(topic: str, language: Language) -> str:
    return str(_file()["topics"][topic][language][0])


def topic_in(text: str) -> str | None:
    """The topic that a text names, by the longest of its names."""
    folded = text.lower()
    names = [(len(name), topic) for topic, of in _file()["topics"].items() for name in (*of["en"], *of["zh"]) if _names(name, folded)]  # fmt: skip
    return max(names)[1] if names else None


def _names(name: str, folded: str) -> bool:
    found = re.escape(name.lower())
    return bool(re.search(rf"\b{found}\b" if name.isascii() else found, folded))


def question(topic: str, seed: int, place: int, language: Language) -> Question:
    """The question at a place of a quiz: the same for the same seed."""
    own = [one for one in _file()["questions"] if one["topic"] == topic]
    if own:
        Random(f"{topic} {seed // 2}").shuffle(own)  # two quizzes in a row share no question
        one = own[(seed % 2 * ROUND + place) % len(own)]
        return Question(one[language], tuple(one["answers"]), one["hint"][language], one["why"][language])
    text = _sum(topic, Random(f"{topic} {seed} {place}"), language)
    found = worked(text)
    assert found is not None, "what is made here is a sum"
    way = [f"{step.sum} = {shown(step.value)}" for step in found[1]]
    answers, hint = (shown(found[1][-1].value),), found[1][0].sum
    return Question(found[0], answers, hint, "; ".join(way))


def _sum(topic: str, chance: Random, language: Language) -> str:
    """Such that it takes more than one step: no number of it ends in a nought."""
    by, long = chance.randint(3, 9), 10 * chance.randint(1, 2) + chance.randint(1, 9)
    a, b = (10 * chance.randint(1, 8) + chance.randint(1, 9) for _ in "ab")
    match topic:
        case "addition":
            return f"{a} + {b}"
        case "subtraction":
            return f"{max(a, b) + 10} - {min(a, b)}"
        case "times":
            return f"{by} * {long}"
        case "division":
            return f"{by * long} / {by}"
        case "percent":
            share, whole = f"{chance.choice((5, 10, 15, 20, 25, 30, 40))}%", chance.randint(2, 18) * 20
        case _:
            share, whole = f"{chance.randint(2, by - 1)}/{by}", by * chance.randint(2, 12)
    return f"{share} of {whole}" if language == "en" else f"{whole} 的 {share}"


def right(asked: Question, text: str) -> bool:
    """Numbers are compared as numbers, words without case, article and signs."""
    given = number_in(text)
    if given is not None and any(given == number_in(one) for one in asked.answers):
        return True
    said = re.sub(r"^(?:(?:it is|it's|its|i think|maybe|the|an?)\s+|是|我觉得|应该是)+", "", text.strip().lower())
    return said.strip(" .!?。！？“”\"'") in [one.lower() for one in asked.answers]
