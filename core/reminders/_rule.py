"""One repetition as data: RFC 5545's parts and ours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any, TypeVar

from core.reminders._text import Freq, RuleError, Short, read_fields, read_weekday, write

if TYPE_CHECKING:
    from core.language.values import Recurrence

Item = TypeVar("Item", bound=Any)

UNITS: dict[str, int] = {"SECONDLY": 1, "MINUTELY": 60, "HOURLY": 3600}
"""The frequencies under a day, with the seconds of their unit."""

MAX_COUNT = 100_000
MAX_INTERVAL = 1_000_000
MAX_TIMES = 288


@dataclass(frozen=True, slots=True)
class Rule:
    """A repetition on the wall clock; without its start, which gives what the rule leaves open (hour, day, month).

    Lists are sorted and without doubles, whatever order they came in. Weekdays count from Monday = 0; in `by_day` each
    follows its ordinal, 0 for "every". `until` is the last moment allowed: naive on the wall clock, or aware.
    Making one raises RuleError("unreadable" or "too_long") where a value or a combination means nothing.
    """

    freq: Freq
    interval: int = 1
    count: int | None = None
    until: dt.datetime | None = None
    by_month: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0
    times: tuple[dt.time, ...] = ()
    """Clock times of a day, for what hours by minutes cannot say."""
    window: tuple[dt.time, dt.time] | None = None
    """For a rule under a day: each day it begins anew at the first time and ends at the second, which is included.
    A second time before the first lies after midnight, and what fires there still belongs to the day before."""
    short: Short = "SKIP"
    """A day of the month in a month that lacks it: skipped, on the last day, or on the first of the next month."""
    excluded: tuple[dt.date, ...] = ()
    """Dates on which it does not fire; they use up `count` all the same, as EXDATE does."""
    excluded_days: tuple[int, ...] = ()
    """Weekdays that the rule leaves out; they do not use up `count`."""
    lunar: tuple[int, int] | None = None
    """Month and day of the Chinese calendar, for a yearly rule; the 30th of a short month is its 29th."""
    _hash: int = field(init=False, repr=False, compare=False, default=0)
    """Kept because a schedule is looked up by its rule each time it is asked."""

    def __post_init__(self) -> None:
        for name in _LISTS:
            if values := getattr(self, name):
                object.__setattr__(self, name, ordered(values))
        _check_ranges(self)
        _check_combination(self)
        object.__setattr__(
            self, "_hash", hash(tuple(getattr(self, part.name) for part in fields(self) if part.compare))
        )

    def __hash__(self) -> int:
        return self._hash

    @property
    def counts_elapsed(self) -> bool:
        """True where the rule steps in elapsed time ("every 2 hours"), false where it follows the wall clock.

        A rule under a day follows the clock once it names clock times that its own steps have to meet.
        """
        if self.freq not in UNITS or self.by_hour or self.window is not None:
            return False
        meets = (self.freq != "HOURLY" and self.by_minute) or (self.freq == "SECONDLY" and self.by_second)
        return not meets or (self.interval == 1 and not self.by_set_pos)

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read "FREQ=...;...", with or without "RRULE:" before it.

        Raises RuleError("unreadable"), which names the part, or RuleError("too_long").
        """
        return read(text)

    def text(self) -> str:
        """The rule in one line; `Rule.parse` gives it back equal."""
        return write(self)

    @classmethod
    def from_recurrence(cls, value: Recurrence) -> Rule:
        """The rule that a sentence means, without its start date: the caller chooses the start, on a whole minute.

        Raises RuleError where fields contradict each other.
        """
        hours, minutes, times = _grid(value.times)
        return cls(
            freq=value.frequency,
            interval=value.interval,
            count=value.count,
            until=None if value.until is None else dt.datetime.combine(value.until, dt.time(23, 59, 59)),
            by_month=value.by_month,
            by_month_day=value.by_month_day,
            by_day=tuple(read_weekday(day) for day in value.by_day),
            by_hour=hours,
            by_minute=minutes,
            by_set_pos=value.set_pos,
            times=times,
            window=value.window,
            short="LAST" if value.last_day_if_short else "SKIP",
            excluded=value.excluded,
            excluded_days=tuple(read_weekday(day)[1] for day in value.excluded_days),
            lunar=value.lunar,
        )


@lru_cache(maxsize=8192)
def read(text: str) -> Rule:
    return Rule(**read_fields(text))


_LISTS = (
    "by_month",
    "by_week_no",
    "by_year_day",
    "by_month_day",
    "by_day",
    "by_hour",
    "by_minute",
    "by_second",
    "by_set_pos",
    "times",
    "excluded",
    "excluded_days",
)
_RANGES: dict[str, tuple[int, int, bool]] = {
    "by_month": (1, 12, False),
    "by_week_no": (1, 53, True),
    "by_year_day": (1, 366, True),
    "by_month_day": (1, 31, True),
    "by_hour": (0, 23, False),
    "by_minute": (0, 59, False),
    "by_second": (0, 60, False),
    "by_set_pos": (1, 366, True),
    "excluded_days": (0, 6, False),
}
"""Field: lowest, highest, and whether it counts from the end when negative."""


def ordered(values: Iterable[Item]) -> tuple[Item, ...]:
    return tuple(sorted(set(values)))


def _check_ranges(rule: Rule) -> None:
    for name, (low, high, from_end) in _RANGES.items():
        for value in getattr(rule, name):
            if not low <= (abs(value) if from_end else value) <= high:
                raise RuleError("unreadable", f"{name}: {value}")
    if rule.interval < 1 or (rule.count is not None and rule.count < 1):
        raise RuleError("unreadable", "interval and count start at 1")
    if rule.interval > MAX_INTERVAL or (rule.count or 0) > MAX_COUNT or len(rule.times) > MAX_TIMES:
        raise RuleError("too_long", "interval, count or the list of times is too long")
    if any(not 0 <= day <= 6 or abs(ordinal) > 53 for ordinal, day in rule.by_day):
        raise RuleError("unreadable", "no such weekday")
    if rule.lunar is not None and not (1 <= rule.lunar[0] <= 12 and 1 <= rule.lunar[1] <= 30):
        raise RuleError("unreadable", "no such day of the Chinese calendar")


def _check_combination(rule: Rule) -> None:
    clock = rule.by_hour or rule.by_minute
    if rule.times and (rule.freq in UNITS or clock or rule.by_second):
        raise RuleError("unreadable", "clock times need a rule of whole days, and stand for hours, minutes and seconds")
    if rule.window is not None and (rule.freq not in UNITS or clock or rule.by_second or rule.by_set_pos):
        raise RuleError("unreadable", "a window needs a rule under a day without its own hours and minutes")
    days = rule.by_month or rule.by_week_no or rule.by_year_day or rule.by_month_day or rule.by_day
    if rule.lunar is not None and (rule.freq != "YEARLY" or days):
        raise RuleError("unreadable", "a day of the Chinese calendar needs a yearly rule without other days")


def _grid(
    times: tuple[dt.time, ...],
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[dt.time, ...]]:
    """Clock times as hours by minutes where that says the same, else as a list."""
    hours, minutes = ordered(t.hour for t in times), ordered(t.minute for t in times)
    if set(product(hours, minutes)) == {(t.hour, t.minute) for t in times} and not any(t.second for t in times):
        return hours, minutes, ()
    return (), (), times
