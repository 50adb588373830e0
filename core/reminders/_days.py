"""Which days of a year a rule allows, as one integer: bit 0 is the first of January.

The calendar repeats, so a year's set depends on few facts (its length, the weekday it begins on, its neighbours'
lengths) and is worked out once for each of them. With a set as an integer, "the next allowed day" is a shift and a
lowest bit, whatever the distance, and an impossible rule is known after one cycle of 400 years.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from lunardate import LunarDate

from core.reminders._rule import UNITS, Rule

HORIZON_YEARS = 400
"""How far ahead a search looks: the cycle of the calendar."""
LAST_YEAR = 9999
_LENGTHS = ((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31))
_STARTS = tuple(tuple(sum(lengths[:month]) for month in range(12)) for lengths in _LENGTHS)
_MONTHS = tuple(
    tuple(((1 << length) - 1) << start for start, length in zip(starts, lengths, strict=True))
    for starts, lengths in zip(_STARTS, _LENGTHS, strict=True)
)
"""By leap year and month: the bits of its days."""
_SAME_WEEKDAY = sum(1 << day for day in range(0, 371, 7))
_LUNAR_YEARS = range(1900, 2100)
"""The years that lunardate knows."""


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def year_start(year: int) -> int:
    """The ordinal of the first of January, as `date.toordinal` counts."""
    past = year - 1
    return past * 365 + past // 4 - past // 100 + past // 400 + 1


def year_of(day: int) -> int:
    return dt.date.fromordinal(day).year


def month_span(month: int) -> tuple[int, int]:
    """First day and length of a month that is counted through the years (12 * year + month - 1)."""
    year, index = divmod(month, 12)
    leap = is_leap(year)
    return year_start(year) + _STARTS[leap][index], _LENGTHS[leap][index]


def month_of(day: int) -> int:
    """The month of a day, counted through the years (12 * year + month - 1)."""
    date = dt.date.fromordinal(day)
    return 12 * date.year + date.month - 1


def week_start_of(day: int, week_start: int) -> int:
    return day - (day + 6 - week_start) % 7


def week_one(year: int, week_start: int) -> int:
    """The first day of the year's week 1: the first week with four days or more in the year."""
    first = year_start(year)
    lead = (week_start - first - 6) % 7
    return first + lead - 7 if lead >= 4 else first + lead


def week_year_of(day: int, week_start: int) -> int:
    """The year to whose weeks a day belongs."""
    year = year_of(day)
    if day < week_one(year, week_start):
        return year - 1
    return year + 1 if year < LAST_YEAR and day >= week_one(year + 1, week_start) else year


class Days:
    """The days that the BY parts of a rule allow; the interval is not looked at.

    What neither the rule nor a day part says comes from the start: the weekday of a weekly rule, the day of a monthly
    one, the month and day of a yearly one.
    """

    def __init__(self, rule: Rule, start: int) -> None:
        date = dt.date.fromordinal(start)
        self._week_start = rule.week_start
        self._short = rule.short
        self._lunar = rule.lunar
        self._months = rule.by_month
        self._month_days = rule.by_month_day
        self._year_days = rule.by_year_day
        self._weeks = rule.by_week_no
        self._excluded = rule.excluded_days
        numbered = rule.freq in ("MONTHLY", "YEARLY")
        self._numbered = tuple((n, day) for n, day in rule.by_day if n and numbered)
        self._weekdays = tuple(day for n, day in rule.by_day if not (n and numbered))
        self._in_month = rule.freq == "MONTHLY" or bool(rule.by_month)
        self._take_from_start(rule, date)
        self.everyday = not (
            self._months
            or self._month_days
            or self._year_days
            or self._weeks
            or self._numbered
            or self._weekdays
            or self._excluded
            or self._lunar
        )
        self._known: dict[object, int] = {}

    def _take_from_start(self, rule: Rule, date: dt.date) -> None:
        if rule.by_day or rule.by_year_day or rule.lunar or rule.freq in UNITS or rule.freq == "DAILY":
            return
        if rule.by_month_day:
            if rule.freq == "YEARLY" and not (rule.by_month or rule.by_week_no):
                self._months = (date.month,)
        elif rule.by_week_no:
            # BYWEEKNO outside a yearly rule is no RFC; there it allows whole weeks, as other engines have it.
            if rule.freq == "YEARLY":
                self._weekdays = (date.weekday(),)
        elif rule.freq == "WEEKLY":
            self._weekdays = (date.weekday(),)
        else:
            self._month_days = (date.day,)
            if rule.freq == "YEARLY" and not rule.by_month:
                self._months = (date.month,)

    def owner_of(self, day: int) -> int:
        """The year of the rule that a day lies in: by weeks with BYWEEKNO, of the Chinese calendar, else common."""
        if self._lunar is not None:
            return lunar_year_of(day)
        return week_year_of(day, self._week_start) if self._weeks else year_of(day)

    def owned_by(self, year: int) -> tuple[int, int]:
        """First and last day of a year of the rule, the last excluded."""
        if self._lunar is not None and (first := lunar_day(year, 1, 1)) and (after := lunar_day(year + 1, 1, 1)):
            return first, after
        if self._weeks:
            return week_one(year, self._week_start), week_one(year + 1, self._week_start)
        return year_start(year), year_start(year + 1)

    @property
    def common_years(self) -> bool:
        return not self._weeks and self._lunar is None

    def of_year(self, year: int) -> int:
        """The allowed days of a year, bit 0 the first of January."""
        key: object = year
        if self._lunar is None:
            key = (is_leap(year), year_start(year) % 7, self._weeks and (is_leap(year - 1), is_leap(year + 1)))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._work_out(year)
        return found

    def between(self, first: int, length: int) -> int:
        """The allowed days of a stretch under a year long, bit 0 its first day."""
        year = year_of(first)
        start = year_start(year)
        bits = self.of_year(year) >> (first - start)
        left = start + 365 + is_leap(year) - first
        if left < length and year < LAST_YEAR:
            bits |= self.of_year(year + 1) << left
        return bits & ((1 << length) - 1)

    def _work_out(self, year: int) -> int:
        leap = is_leap(year)
        bits = (1 << (365 + leap)) - 1
        if self._lunar is not None:
            return _lunar_days(year, self._lunar)
        if self._month_days:
            bits &= self._by_month_day(leap)
        elif self._months:
            bits &= sum(_MONTHS[leap][month - 1] for month in self._months)
        if self._year_days:
            bits &= _numbered_days(self._year_days, 0, 365 + leap)
        if self._numbered or self._weekdays:
            bits &= self._by_weekday(year)
        if self._weeks:
            bits &= self._by_week(year)
        for day in self._excluded:
            bits &= ~_on_weekday(year, day)
        return bits

    def _by_month_day(self, leap: bool) -> int:
        bits = 0
        for month in self._months or range(1, 13):
            start, length = _STARTS[leap][month - 1], _LENGTHS[leap][month - 1]
            bits |= _numbered_days(self._month_days, start, length)
            if self._short != "SKIP" and self._month_days[-1] > length:
                bits |= 1 << (start + length - (self._short == "LAST"))
        return bits

    def _by_weekday(self, year: int) -> int:
        bits = 0
        for day in self._weekdays:
            bits |= _on_weekday(year, day)
        leap = is_leap(year)
        for ordinal, day in self._numbered:
            every = _on_weekday(year, day)
            if self._in_month:
                for month in _MONTHS[leap]:
                    bits |= _nth(every & month, ordinal)
            else:
                bits |= _nth(every & ((1 << (365 + leap)) - 1), ordinal)
        return bits

    def _by_week(self, year: int) -> int:
        """Days whose week is listed: also those of January and December that belong to a neighbouring year's weeks."""
        bits = 0
        start = year_start(year)
        for owner in (year - 1, year, year + 1):
            first = week_one(owner, self._week_start)
            weeks = (week_one(owner + 1, self._week_start) - first) // 7
            for number in self._weeks:
                number = number if number > 0 else weeks + 1 + number
                if 1 <= number <= weeks:
                    offset = first + 7 * (number - 1) - start
                    bits |= 0x7F << offset if offset >= 0 else 0x7F >> -offset
        return bits


def _numbered_days(numbers: tuple[int, ...], start: int, length: int) -> int:
    bits = 0
    for number in numbers:
        if abs(number) <= length:
            bits |= 1 << (start + (number - 1 if number > 0 else length + number))
    return bits


def _on_weekday(year: int, day: int) -> int:
    return _SAME_WEEKDAY << (day - year_start(year) - 6) % 7


def _nth(bits: int, ordinal: int) -> int:
    """The nth set bit, from the end when negative, as a set of one or none."""
    for _ in range(abs(ordinal) - 1):
        bits ^= (bits & -bits) if ordinal > 0 else (1 << bits.bit_length() >> 1)
    if not bits:
        return 0
    return bits & -bits if ordinal > 0 else 1 << (bits.bit_length() - 1)


def _lunar_days(year: int, day: tuple[int, int]) -> int:
    start = year_start(year)
    length = 365 + is_leap(year)
    bits = 0
    for lunar_year in (year - 1, year):
        offset = lunar_day(lunar_year, *day) - start
        if 0 <= offset < length:
            bits |= 1 << offset
    return bits


@lru_cache(maxsize=4096)
def lunar_day(year: int, month: int, day: int) -> int:
    """The ordinal of a day of the Chinese calendar; 0 outside the years that are known."""
    if year not in _LUNAR_YEARS:
        return 0
    try:
        date: dt.date = LunarDate(year, month, day).to_solar_date()
    except ValueError:
        return lunar_day(year, month, day - 1) if day == 30 else 0
    return date.toordinal()


def lunar_year_of(day: int) -> int:
    """The year of the Chinese calendar that a day lies in; the common year outside the years that are known."""
    year = year_of(day)
    new_year = lunar_day(year, 1, 1)
    return year if not new_year or day >= new_year else year - 1
