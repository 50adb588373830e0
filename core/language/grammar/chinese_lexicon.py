"""What the Chinese grammar knows by heart: its word lists, one script for all that people type, and numerals.

Traditional characters and common typing errors of the closed vocabulary are read as what they stand for; every such
change keeps the length, so offsets stay valid in the source, and the task is cut from the source in its own script.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

LEXICON: dict[str, Any] = tomllib.loads(Path(__file__).with_name("chinese.toml").read_text("utf-8"))


def listed(table: dict[str, Any]) -> dict[str, Any]:
    """Each word of a table of lists, with the key that it is listed under."""
    return {word: key for key, words in table.items() for word in words.split()}


def counted(table: dict[str, Any]) -> dict[str, int]:
    """Each word of a table of lists, with the number that it is listed under."""
    return {word: int(key) for word, key in listed(table).items()}


def one_of(words: dict[str, Any]) -> str:
    """A pattern for any of these words, the longest first."""
    return "|".join(sorted(words, key=len, reverse=True))


def either(words: str) -> str:
    """A pattern for any of the words of a list, in its order."""
    return f"(?:{'|'.join(words.split())})"


AROUND = {name: either(words) for name, words in LEXICON["around"].items()}
"""Patterns of the words around a time."""
TRADITIONAL: dict[int, str] = {ord(pair[0]): pair[1] for pair in LEXICON["script"]["pairs"].split()}
"""Traditional (and formal) character to the simplified one the lexicon is written in."""
_BOTH: dict[int, str] = {}
for _old, _new in TRADITIONAL.items():
    _BOTH[ord(_new)] = f"[{_BOTH.get(ord(_new), _new).strip('[]')}{chr(_old)}]"
_SLIPS = listed(LEXICON["slips"])
_SLIP = re.compile(one_of(_SLIPS))
_GUARDED = [
    (re.compile(where), str.maketrans(dict.fromkeys(signs, meant)))
    for where, (signs, meant) in LEXICON["guarded_slips"].items()
]


def simplified(text: str) -> str:
    """The text as the Chinese grammar reads it, of the same length."""
    plain = _SLIP.sub(lambda slip: _SLIPS[slip[0]], text.translate(TRADITIONAL))
    for where, mend in _GUARDED:
        plain = where.sub(lambda slip, mend=mend: slip[0].translate(mend), plain)  # type: ignore[misc]
    return plain


def both(pattern: str) -> str:
    """A pattern written in simplified characters that also matches the traditional ones (none in character classes)."""
    return pattern.translate(_BOTH)


NUMBER = r"(?:\d{1,4}|[零〇一二两俩仨三四五六七八九十百廿卅]{1,6})"
"""A number that can count units, days or hours; at most six signs, so that matching stays bounded."""
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "仨": 3}
_TENS = {"廿": 20, "卅": 30}
_SCALES = {"十": 10, "百": 100, "千": 1000}


def number(text: str) -> int | None:
    """The value of a numeral (十五, 二零二六, 廿三, 两百, 一万二千, 15), None where its signs make no number."""
    if text.isdecimal():
        return int(text)
    if text and all(sign in _DIGITS for sign in text):
        return int("".join(str(_DIGITS[sign]) for sign in text))
    if "万" in text:
        most, least = (number(part) if part else 0 for part in text.split("万", 1))
        return most * 10_000 + least if most and least is not None and least < 10_000 else None
    total, digit, last = 0, None, 10_000
    for sign in text:
        if sign in _DIGITS and not digit:
            digit = _DIGITS[sign]
        elif sign in _TENS and last > 10:
            total, digit, last = total + _TENS[sign], None, 10
        elif sign in _SCALES and _SCALES[sign] < last:
            last = _SCALES[sign]
            total, digit = total + (1 if digit is None else digit) * last, None
        else:
            return None
    return total + (digit or 0)


def year(text: str, now_year: int) -> int | None:
    """A year as written: four signs as they are, two signs in the century around `now_year`."""
    value = number(text)
    if value is None or len(text) == 1:
        return None
    if value >= 100:
        return value if 1900 <= value <= 2199 else None
    first = now_year - 50
    return first + (value - first) % 100
