"""Chinese numerals as people type them: 十五, 二零二六, 廿三, 两百, and digits."""

from __future__ import annotations

NUMBER = r"(?:\d{1,4}|[零〇一二两俩仨三四五六七八九十百廿卅]{1,6})"
"""A number that can count units, days or hours; at most six signs, so that matching stays bounded."""

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "俩": 2, "仨": 3}
_TENS = {"廿": 20, "卅": 30}
_SCALES = {"十": 10, "百": 100}


def number(text: str) -> int | None:
    """The value of a numeral, None where its signs make no number."""
    if text.isascii():
        return int(text) if text.isdigit() else None
    if not any(sign in _SCALES or sign in _TENS for sign in text):
        return _positional(text)
    total, digit, last = 0, None, 1000
    for sign in text:
        if sign in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[sign]
        elif sign in _TENS and last > 10:
            total, digit, last = total + _TENS[sign], None, 10
        elif sign in _SCALES and _SCALES[sign] < last:
            last = _SCALES[sign]
            total, digit = total + (1 if digit is None else digit) * last, None
        else:
            return None
    return total + (digit or 0)


def _positional(text: str) -> int | None:
    value = 0
    for sign in text:
        if sign not in _DIGITS:
            return None
        value = value * 10 + _DIGITS[sign]
    return value


def year(text: str, now_year: int) -> int | None:
    """A year as written: four signs as they are, two signs in the century around `now_year`."""
    value = number(text)
    if value is None or len(text) == 1:
        return None
    if value >= 100:
        return value if 1900 <= value <= 2199 else None
    century = now_year - now_year % 100
    return min((century - 100 + value, century + value, century + 100 + value), key=lambda y: abs(y - now_year))
