"""The days of a rule with its interval: every other week, every third month, every fourth year."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from core.reminders._days import (
    HORIZON_YEARS,
    LAST_YEAR,
    Days,
    is_leap,
    month_of,
    month_span,
    week_start_of,
    year_of,
    year_start,
)
from core.reminders._text import Freq

LAST_DAY = dt.date.max.toordinal()
_YEAR = 366


@lru_cache(maxsize=1024)
def stripes(block: int, length: int, span: int) -> int:
    """`block` again and again every `length` bits, over at least `span` bits."""
    repeats = span // length + 1
    return block * (((1 << (length * repeats)) - 1) // ((1 << length) - 1))


def anchor_year(days: Days, start: int) -> int:
    """The year from which a yearly rule counts its interval.

    For rules by week a start that is an occurrence counts in the year that owns its week. Of a start that is none the
    RFC says nothing; its common year then counts, as other engines have it.
    """
    if days.common_years or days.between(start, 1):
        return days.owner_of(start)
    return year_of(start)


class RuleDays:
    """The days on which a rule fires.

    `start` only sets the phase of the interval and `last` only ends searches: days beyond both may come out.
    """

    def __init__(self, days: Days, freq: Freq, interval: int, start: int, week_start: int, last: int) -> None:
        self._days = days
        self._freq = freq
        self._interval = interval
        self._horizon = year_of(start) + HORIZON_YEARS
        self._last_year = year_of(min(last, LAST_DAY))
        self._block, self._length = (0x7F, 7 * interval) if freq == "WEEKLY" else (1, interval)
        match freq:
            case "YEARLY":
                self._anchor = anchor_year(days, start)
            case "MONTHLY":
                self._anchor = month_of(start)
            case "WEEKLY":
                self._anchor = week_start_of(start, week_start)
            case _:
                self._anchor = start

    def next_day(self, day: int) -> int | None:
        """The first day of the rule at or after `day`; None where the search ends without one."""
        if day > LAST_DAY:
            return None
        year = year_of(day)
        start = year_start(year)
        bits = self._of_year(year, start) >> (day - start)
        if bits:
            return day + (bits & -bits).bit_length() - 1
        for later in range(year + 1, min(self._last_year, max(self._horizon, year + HORIZON_YEARS)) + 1):
            start = year_start(later)
            if bits := self._of_year(later, start):
                return start + (bits & -bits).bit_length() - 1
        return None

    def skip(self, day: int, more: int) -> int | None:
        """The day of the rule that comes `more` of its days after `day`, which is one."""
        year = year_of(day)
        start = year_start(year)
        bits = self._of_year(year, start) >> (day - start) << (day - start)
        quiet = 0
        while more >= (here := bits.bit_count()):
            more -= here
            quiet = 0 if here else quiet + 1
            year += 1
            if year > LAST_YEAR or quiet > HORIZON_YEARS:
                return None
            start = year_start(year)
            bits = self._of_year(year, start)
        for _ in range(more):
            bits &= bits - 1
        return start + (bits & -bits).bit_length() - 1

    def _of_year(self, year: int, start: int) -> int:
        bits = self._days.of_year(year)
        if self._interval == 1 or not bits:
            return bits
        match self._freq:
            case "YEARLY":
                return bits & self._years(year, start)
            case "MONTHLY":
                return bits & self._months(year, start)
        phase = (start - self._anchor) % self._length
        if self._length < _YEAR:
            return bits & (stripes(self._block, self._length, 2 * _YEAR) >> phase)
        return bits & ((self._block >> phase) | (self._block << min(self._length - phase, _YEAR)))

    def _months(self, year: int, start: int) -> int:
        first = 12 * year + (self._anchor - 12 * year) % self._interval
        bits = 0
        for month in range(first, 12 * year + 12, self._interval):
            begin, length = month_span(month)
            bits |= ((1 << length) - 1) << (begin - start)
        return bits

    def _years(self, year: int, start: int) -> int:
        """Of the years that own a part of a common year, the parts whose turn it is."""
        if self._days.common_years:
            return -1 if (year - self._anchor) % self._interval == 0 else 0
        bits = 0
        for owner in (year - 1, year, year + 1):
            if (owner - self._anchor) % self._interval == 0:
                first, after = self._days.owned_by(owner)
                low, high = max(first - start, 0), min(after - start, 365 + is_leap(year))
                if high > low:
                    bits |= ((1 << (high - low)) - 1) << low
        return bits
