"""A rule with its start, made ready to be asked: the first wall-clock second at or after another.

Seconds count on the wall clock, without zone: `date.toordinal` times 86,400 and the time of day. Each plan answers by
arithmetic; none walks from the start.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from functools import lru_cache
from itertools import product
from math import gcd
from typing import Protocol

from core.reminders._days import HORIZON_YEARS, Days, month_of, month_span
from core.reminders._periods import LAST_DAY, RuleDays, anchor_year, stripes
from core.reminders._rule import UNITS, Rule

DAY = 86_400
_DAYS_TRIED = 40_000
"""A bound for rules under a day whose steps and limits never meet although nothing shows it at once."""
_PERIODS = {"WEEKLY": 53 * HORIZON_YEARS, "MONTHLY": 12 * HORIZON_YEARS, "YEARLY": HORIZON_YEARS}


class Plan(Protocol):
    """When a rule fires on the wall clock, its end and its excluded dates left aside."""

    def first(self, second: int) -> int | None:
        """The first time at or after both `second` and the start; None where the search ends without one."""

    def nth(self, number: int) -> int | None:
        """The time of the nth occurrence, the first is 1; None where there are not so many."""


def plan_of(rule: Rule, start: int) -> Plan:
    if rule.freq in UNITS and rule.window is None:
        return StepPlan(rule, start)
    times = _times(rule, start)
    if rule.by_set_pos and rule.freq != "DAILY":
        return PositionPlan(rule, start, times)
    return DayPlan(rule, start, _picked(times, rule.by_set_pos))


def to_second(moment: dt.datetime) -> int:
    return moment.toordinal() * DAY + moment.hour * 3600 + moment.minute * 60 + moment.second


def _last_second(rule: Rule) -> int:
    """Where a search may stop: the last second of the calendar, or UNTIL with room for any zone."""
    if rule.until is None:
        return LAST_DAY * DAY
    until = rule.until if rule.until.tzinfo is None else rule.until.astimezone(dt.UTC)
    return to_second(until) + 2 * DAY


class DayPlan:
    """A rule whose days do not depend on each other: each of them fires at the same times."""

    def __init__(self, rule: Rule, start: int, times: tuple[int, ...]) -> None:
        self._start = start
        self._times = times
        day = start // DAY
        days, last = Days(rule, day), _last_second(rule) // DAY
        if rule.window is not None:
            self._days = RuleDays(days, "DAILY", 1, day, rule.week_start, last)
        else:
            self._days = RuleDays(days, rule.freq, rule.interval, day, rule.week_start, last)

    def first(self, second: int) -> int | None:
        found = self._locate(max(second, self._start))
        return None if found is None else found[0] * DAY + self._times[found[1]]

    def nth(self, number: int) -> int | None:
        found = self._locate(self._start)
        if found is None:
            return None
        more, place = divmod(found[1] + number - 1, len(self._times))
        day = self._days.skip(found[0], more)
        return None if day is None else day * DAY + self._times[place]

    def _locate(self, second: int) -> tuple[int, int] | None:
        """The day and the place among its times of the first time at or after `second`."""
        if not self._times:
            return None
        day = self._days.next_day(max(1, -((self._times[-1] - second) // DAY)))
        while day is not None:
            place = bisect_left(self._times, second - day * DAY)
            if place < len(self._times):
                return day, place
            day = self._days.next_day(day + 1)
        return None


class PositionPlan:
    """A rule with BYSETPOS over days: of a whole week, month or year it picks some times by their number."""

    def __init__(self, rule: Rule, start: int, times: tuple[int, ...]) -> None:
        self._start = start
        self._times = times
        self._days = Days(rule, start // DAY)
        self._freq = rule.freq
        self._interval = rule.interval
        self._week_start = rule.week_start
        self._positions = rule.by_set_pos
        self._counts: dict[int, int] = {}
        self._last = _last_second(rule) // DAY
        self._any = RuleDays(self._days, "DAILY", 1, start // DAY, 0, self._last)
        most = {"WEEKLY": 7, "MONTHLY": 31, "YEARLY": 371}[rule.freq] * len(times)
        self._never = all(abs(position) > most for position in rule.by_set_pos)
        yearly = rule.freq == "YEARLY"
        self._anchor = anchor_year(self._days, start // DAY) if yearly else self._index(start // DAY)

    def first(self, second: int) -> int | None:
        second = max(second, self._start)
        index = self._index(second // DAY)
        index += (self._anchor - index) % self._interval
        for _ in range(0 if self._never else _PERIODS[self._freq]):
            days = self._days_of(index)
            if days is None:
                return None
            if self._count(days.bit_count() * len(self._times)):
                times = self._picked(index, days)
                if times[-1] >= second:
                    return times[bisect_left(times, second)]
            index += self._interval
            if not days:
                day = self._any.next_day(max(1, self._span(index)[0]))
                if day is None:
                    return None
                index = max(index, self._index(day))
                index += (self._anchor - index) % self._interval
        self._never = second == self._start
        return None

    def nth(self, number: int) -> int | None:
        index, quiet = self._anchor, 0
        number += bisect_left(self._picked(index, self._days_of(index) or 0), self._start)
        while quiet < _PERIODS[self._freq]:
            days = self._days_of(index)
            if days is None:
                return None
            here = self._count(days.bit_count() * len(self._times))
            if number <= here:
                return self._picked(index, days)[number - 1]
            number -= here
            quiet = 0 if here else quiet + 1
            index += self._interval
        return None

    def _count(self, total: int) -> int:
        if total not in self._counts:
            self._counts[total] = len(_places(self._positions, total))
        return self._counts[total]

    def _index(self, day: int) -> int:
        """The number of the period that a day lies in."""
        match self._freq:
            case "WEEKLY":
                return (day + 6 - self._week_start) // 7
            case "MONTHLY":
                return month_of(day)
        return self._days.owner_of(day)

    def _span(self, index: int) -> tuple[int, int]:
        """First day and length of a period."""
        match self._freq:
            case "WEEKLY":
                return index * 7 - 6 + self._week_start, 7
            case "MONTHLY":
                return month_span(index)
        first, after = self._days.owned_by(index)
        return first, after - first

    def _days_of(self, index: int) -> int | None:
        """The allowed days of a period, bit 0 its first; None past the end of the calendar."""
        first, length = self._span(index)
        if first + length > LAST_DAY or first > self._last:
            return None
        return self._days.between(first, length) if first > 0 else 0

    def _picked(self, index: int, bits: int) -> list[int]:
        """The times that BYSETPOS picks from the allowed days of a period, in order."""
        first = self._span(index)[0]
        days = []
        while bits:
            low = bits & -bits
            days.append(first + low.bit_length() - 1)
            bits ^= low
        each = len(self._times)
        return [days[p // each] * DAY + self._times[p % each] for p in _places(self._positions, len(days) * each)]


class StepPlan:
    """A rule under a day: every nth hour, minute or second of the wall clock that its limits let through."""

    def __init__(self, rule: Rule, start: int, interval: int | None = None) -> None:
        self.start = start
        self.unit = UNITS[rule.freq]
        self._per_day = DAY // self.unit
        self._interval = interval or rule.interval
        self._anchor = start // self.unit
        self.offsets = _picked(_offsets(rule, start), rule.by_set_pos)
        days = Days(rule, start // DAY)
        self._last = _last_second(rule) // DAY
        self.days = None if days.everyday else RuleDays(days, "DAILY", 1, start // DAY, 0, self._last)
        self.units = _allowed_units(rule)
        self.limited = self.days is not None or self.units is not None
        self._never = not self.offsets or not self._reachable()

    def first(self, second: int) -> int | None:
        second = max(second, self.start)
        step = self.next_step(second // self.unit)
        while step is not None:
            place = bisect_left(self.offsets, second - step * self.unit)
            if place < len(self.offsets):
                return step * self.unit + self.offsets[place]
            step = self.next_step(step + 1)
        return None

    def nth(self, number: int) -> int | None:
        begin = self.first(self.start)
        if begin is None:
            return None
        step, offset = divmod(begin, self.unit)
        more, place = divmod(self.offsets.index(offset) + number - 1, len(self.offsets))
        last = self._skip(step, more)
        return None if last is None else last * self.unit + self.offsets[place]

    def next_step(self, step: int) -> int | None:
        """The first step at or after `step`, counted in units, that the limits let through."""
        if self._never:
            return None
        for _ in range(_DAYS_TRIED):
            step += (self._anchor - step) % self._interval
            day, unit = divmod(step, self._per_day)
            if self.days is not None:
                allowed = self.days.next_day(day)
                if allowed is None:
                    return None
                if allowed > day:
                    step = allowed * self._per_day
                    continue
            elif day > self._last:
                return None
            if self.units is None:
                return step
            if bits := self._of_day(day) >> unit:
                return step + (bits & -bits).bit_length() - 1
            step = (day + 1) * self._per_day
        return None

    def _skip(self, step: int, more: int) -> int | None:
        """The step that comes `more` after `step`, which is one."""
        if not self.limited:
            step += more * self._interval
            return step if step // self._per_day <= LAST_DAY else None
        while True:
            day, unit = divmod(step, self._per_day)
            bits = self._of_day(day) >> unit
            if more < (here := bits.bit_count()):
                break
            more -= here
            following = self.next_step((day + 1) * self._per_day)
            if following is None:
                return None
            step = following
        for _ in range(more):
            bits &= bits - 1
        return step + (bits & -bits).bit_length() - 1

    def _of_day(self, day: int) -> int:
        """The steps of a day, bit 0 its first unit; whether the day is allowed is not looked at."""
        offset = (self._anchor - day * self._per_day) % self._interval
        if offset >= self._per_day:
            return 0
        bits = self.units if self.units is not None else (1 << self._per_day) - 1
        if self._interval == 1:
            return bits
        if self._interval >= self._per_day:
            return bits & (1 << offset)
        return bits & (stripes(1, self._interval, self._per_day) << offset)

    def _reachable(self) -> bool:
        """False where no step can ever fall on an allowed unit of a day ("every 2 hours" from 8, at 9)."""
        if self.units is None:
            return True
        common = gcd(self._interval, self._per_day)
        return bool(self.units & (stripes(1, common, self._per_day) << self._anchor % common))


def _times(rule: Rule, start: int) -> tuple[int, ...]:
    """The times of a day in seconds from midnight, in order; those of a window may lie past the next midnight."""
    if rule.window is not None:
        begin, end = (t.hour * 3600 + t.minute * 60 + t.second for t in rule.window)
        return tuple(range(begin, (end if end >= begin else end + DAY) + 1, rule.interval * UNITS[rule.freq]))
    if rule.times:
        return tuple(t.hour * 3600 + t.minute * 60 + t.second for t in rule.times)
    hours = rule.by_hour or (start % DAY // 3600,)
    minutes = rule.by_minute or (start % 3600 // 60,)
    return tuple(h * 3600 + m * 60 + s for h, m, s in product(hours, minutes, _seconds(rule, start)))


def _offsets(rule: Rule, start: int) -> tuple[int, ...]:
    """Where in its unit a rule under a day fires, in seconds, in order."""
    match rule.freq:
        case "HOURLY":
            minutes = rule.by_minute or (start % 3600 // 60,)
            return tuple(m * 60 + s for m, s in product(minutes, _seconds(rule, start)))
        case "MINUTELY":
            return _seconds(rule, start)
    return (0,)


def _seconds(rule: Rule, start: int) -> tuple[int, ...]:
    """A leap second is the 59th: wall clocks here have none."""
    return tuple(sorted({min(second, 59) for second in rule.by_second})) or (start % 60,)


def _allowed_units(rule: Rule) -> int | None:
    """The hours, minutes or seconds of a day that the limits let through, bit 0 the first; None where all."""
    if rule.freq == "HOURLY":
        return sum(1 << hour for hour in rule.by_hour) if rule.by_hour else None
    minutes = rule.by_minute
    seconds = _seconds(rule, 0) if rule.freq == "SECONDLY" and rule.by_second else ()
    if not (rule.by_hour or minutes or seconds):
        return None
    return _units_of_day(rule.by_hour, minutes, seconds, 60 if rule.freq == "SECONDLY" else 1)


@lru_cache(maxsize=256)
def _units_of_day(hours: tuple[int, ...], minutes: tuple[int, ...], seconds: tuple[int, ...], per_minute: int) -> int:
    minute = (
        sum(1 << second for second in {min(second, 59) for second in seconds}) if seconds else (1 << per_minute) - 1
    )
    hour = sum(minute << (number * per_minute) for number in (minutes or range(60)))
    return sum(hour << (number * 60 * per_minute) for number in (hours or range(24)))


def _picked(values: tuple[int, ...], positions: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(values[place] for place in _places(positions, len(values))) if positions else values


def _places(positions: tuple[int, ...], length: int) -> list[int]:
    """Positions from 1 or from the end as indexes, in order, those that exist."""
    return sorted({p - 1 if p > 0 else length + p for p in positions if abs(p) <= length})
