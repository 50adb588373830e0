"""The dates of the days that have names in English: fixed, nth weekdays, from Easter, and of the lunar calendar."""

from __future__ import annotations

import datetime as dt

from dateutil.easter import easter
from lunardate import LunarDate

from core.language.grammar.tokens import toml_tables

_TABLES = toml_tables("holidays")

FIXED: dict[str, list[int]] = _TABLES["fixed"]
"""Month and day."""
NTH_WEEKDAY: dict[str, list[int]] = _TABLES["nth_weekday"]
"""Month, weekday from Monday = 0, and which of them."""
LUNAR: dict[str, list[int]] = _TABLES["lunar"]
"""Month and day of the Chinese calendar."""
_FROM_EASTER: dict[str, int] = _TABLES["from_easter"]
_FROM_THANKSGIVING: dict[str, int] = _TABLES["from_thanksgiving"]

SPELLINGS: dict[str, str] = {
    name: name for table in (FIXED, NTH_WEEKDAY, _FROM_EASTER, LUNAR, _FROM_THANKSGIVING) for name in table
} | {spelling: name for name, spellings in _TABLES["spellings"].items() for spelling in spellings}
"""What people type -> the name in the tables above."""


def holiday_date(name: str, year: int) -> dt.date | None:
    """The day of that year, or None for an unknown name or a year outside the tables (lunar: 1900 to 2099)."""
    if name in FIXED:
        return dt.date(year, *FIXED[name])
    if name in NTH_WEEKDAY:
        return _in_year(year, *NTH_WEEKDAY[name])
    if name in _FROM_EASTER and 1 < year < 9000:
        sunday: dt.date = easter(year)
        return sunday + dt.timedelta(days=_FROM_EASTER[name])
    if name in LUNAR:
        return _lunar(year, *LUNAR[name])
    if name in _FROM_THANKSGIVING:
        return _in_year(year, *NTH_WEEKDAY["thanksgiving"]) + dt.timedelta(days=_FROM_THANKSGIVING[name])
    return None


def _in_year(year: int, month: int, weekday: int, nth: int) -> dt.date:
    return nth_weekday(dt.date(year, month, 1), dt.date(year, month + 1, 1), weekday, nth)


def nth_weekday(first: dt.date, end: dt.date, weekday: int, nth: int) -> dt.date:
    """The nth such weekday from the first day on, or where `nth` is negative back from the end (excluded)."""
    if nth > 0:
        return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    last = end - dt.timedelta(days=1)
    return last - dt.timedelta(days=(last.weekday() - weekday) % 7 + 7 * (-nth - 1))


def _lunar(year: int, month: int, day: int) -> dt.date | None:
    if not 1901 <= year <= 2098:
        return None
    date: dt.date = LunarDate(year, month, day).toSolarDate()
    return date
