"""A plan in a zone: which moments its wall-clock times are, and where it ends."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from core.reminders._periods import LAST_DAY
from core.reminders._plan import DAY, StepPlan, plan_of, to_second
from core.reminders._rule import Rule

Note: TypeAlias = Literal["normal", "gap", "fold"]
_STEPS_TRIED = 20_000
_DAWN = dt.datetime.combine(dt.date.min, dt.time())
_LAST = (LAST_DAY - 3) * DAY
_EARLIEST = 3 * DAY
"""Moments keep a few days from both ends of the calendar, so that every zone can show them."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One firing of a rule.

    `nominal` is the wall-clock time that the rule names, naive. `note` says what a clock change did to it: "gap", that
    time does not exist on that day and `utc` is as much later as the clock jumped; "fold", it exists twice and `utc`
    is the first. Rules that count elapsed time meet neither: there the second pass of a repeated time has `fold` 1.
    Without a zone `utc` is the wall-clock time taken as UTC.
    """

    nominal: dt.datetime
    utc: dt.datetime
    note: Note = "normal"

    @property
    def key(self) -> str:
        """What tells this occurrence from all others of its reminder, also from the other pass of a repeated time."""
        return self.nominal.isoformat() + ("/2" if self.nominal.fold else "")


class Schedule(Protocol):
    def after(self, moment: int, wall: int | None = None, /) -> Occurrence | None:
        """The first occurrence after a moment, in UTC seconds on the scale of `to_second`.

        With `wall` also one at that very moment that has a later wall-clock time: a gap can bring two together.
        """


@lru_cache(maxsize=8192)
def schedule_of(rule: Rule, start: dt.datetime, zone: ZoneInfo | None) -> Schedule:
    if zone is None:
        return FloatingSchedule(rule, start)
    return ElapsedSchedule(rule, start, zone) if rule.counts_elapsed else WallSchedule(rule, start, zone)


def at(second: int) -> dt.datetime:
    second = min(max(second, _EARLIEST), _LAST)
    return _DAWN + dt.timedelta(second // DAY - 1, second % DAY)


@lru_cache(maxsize=4096)
def lowest_offset(day: int, zone: ZoneInfo) -> int:
    """The least that the zone's clock is ahead of UTC around a day in UTC and in the day before it, in seconds."""
    moments = (at(edge * DAY).replace(tzinfo=dt.UTC).astimezone(zone) for edge in (day - 1, day, day + 1))
    return min(_seconds(moment.utcoffset()) for moment in moments)


def _seconds(offset: dt.timedelta | None) -> int:
    return offset.days * DAY + offset.seconds if offset is not None else 0


def place(wall: int, zone: ZoneInfo) -> tuple[Occurrence, int]:
    """The moment of a wall-clock time, and by how many seconds a gap moved it."""
    nominal = at(wall)
    first = zone.utcoffset(nominal)
    second = zone.utcoffset(nominal.replace(fold=1))
    utc = nominal.replace(tzinfo=dt.UTC) - (first or dt.timedelta())
    if first == second or first is None or second is None:
        return Occurrence(nominal, utc), 0
    if first < second:
        return Occurrence(nominal, utc, "gap"), _seconds(second - first)
    return Occurrence(nominal, utc, "fold"), 0


class _Limits:
    """Where a rule ends and which of its dates are left out."""

    def __init__(self, rule: Rule, zone: ZoneInfo | None) -> None:
        self.wall: int | None = None
        self.utc: dt.datetime | None = None
        self._excluded = frozenset(date.toordinal() for date in rule.excluded)
        # In a window past midnight a day lasts from one beginning of the window to the next.
        night = rule.window is not None and rule.window[1] < rule.window[0]
        self._day_begins = rule.window[0].hour * 3600 + rule.window[0].minute * 60 if night and rule.window else 0
        if rule.until is not None and rule.until.tzinfo is None:
            self.wall = to_second(rule.until)
        elif rule.until is not None:
            self.utc = rule.until.astimezone(dt.UTC)
            if zone is None:
                self.wall, self.utc = to_second(self.utc), None

    def end_at(self, wall: int | None) -> None:
        if wall is not None:
            self.wall = wall if self.wall is None else min(self.wall, wall)

    def passes(self, wall: int) -> int:
        """The time itself where its date is not left out, else where the next date begins."""
        day = (wall - self._day_begins) // DAY
        return (day + 1) * DAY + self._day_begins if day in self._excluded else wall


class _OnTheWall:
    """What rules on the wall clock share: the next of their times that is not excluded, up to their end."""

    def __init__(self, rule: Rule, start: dt.datetime, zone: ZoneInfo | None) -> None:
        self._plan = plan_of(rule, to_second(start))
        self._limits = _Limits(rule, zone)
        if rule.count is not None:
            self._limits.end_at(self._plan.nth(rule.count))

    def _first(self, wall: int) -> int | None:
        found = self._plan.first(wall) if wall <= _LAST else None
        while found is not None and (allowed := self._limits.passes(found)) > found:
            found = self._plan.first(allowed)
        if found is None or found > _LAST or (self._limits.wall is not None and found > self._limits.wall):
            return None
        return found


class FloatingSchedule(_OnTheWall):
    """A rule without a zone."""

    def __init__(self, rule: Rule, start: dt.datetime) -> None:
        super().__init__(rule, start, None)

    def after(self, moment: int, _wall: int | None = None, /) -> Occurrence | None:
        found = self._first(moment + 1)
        if found is None:
            return None
        nominal = at(found)
        return Occurrence(nominal, nominal.replace(tzinfo=dt.UTC))


class WallSchedule(_OnTheWall):
    """A rule on the wall clock of a zone: a gap moves it forward, of a repeated time it takes the first."""

    def __init__(self, rule: Rule, start: dt.datetime, zone: ZoneInfo) -> None:
        super().__init__(rule, start, zone)
        self._zone = zone

    def after(self, moment: int, wall: int | None = None, /) -> Occurrence | None:
        now = at(moment).replace(tzinfo=dt.UTC)
        # After a gap the times in it still lie ahead, although the wall clock is past them: begin before it.
        second = self._first(moment + lowest_offset(moment // DAY, self._zone) + (wall is None))
        moved: Occurrence | None = None
        moved_to = 0
        while second is not None and (moved is None or second <= moved_to):
            found, moved_by = place(second, self._zone)
            if found.utc > now or (found.utc == now and wall is not None and second > wall):
                if not moved_by and (moved is None or found.utc < moved.utc):
                    # Times after the gap may come before one that the gap moved.
                    return self._within(found)
                if moved is None:
                    moved, moved_to = found, second + moved_by
            second = self._first(second + 1)
        return self._within(moved)

    def _within(self, found: Occurrence | None) -> Occurrence | None:
        until = self._limits.utc
        return None if found is None or (until is not None and found.utc > until) else found


class ElapsedSchedule:
    """A rule under a day that steps in elapsed time; its limits still look at the wall clock."""

    def __init__(self, rule: Rule, start: dt.datetime, zone: ZoneInfo) -> None:
        wall = to_second(start)
        self._zone = zone
        if rule.freq == "MINUTELY" and rule.by_minute:
            rule = replace(rule, freq="HOURLY")
        self._steps = StepPlan(rule, wall, interval=1)
        self._unit = self._steps.unit
        self._start = to_second(place(wall, zone)[0].utc)
        self._base = self._start - wall % self._unit
        self._stride = self._unit * rule.interval
        self._by_the_clock = bool(rule.by_minute or rule.by_second)
        self._limits = _Limits(rule, zone)
        self._end = None if rule.count is None else self._nth(rule.count)

    def after(self, moment: int, _wall: int | None = None, /) -> Occurrence | None:
        found = self._first(max(moment + 1, self._start))
        while found is not None and (allowed := self._limits.passes(to_second(found.nominal))) > to_second(
            found.nominal
        ):
            found = self._first(max(to_second(found.utc) + 1, to_second(place(allowed, self._zone)[0].utc)))
        if found is None or (self._end is not None and found.utc > self._end):
            return None
        wall, utc = self._limits.wall, self._limits.utc
        late = (wall is not None and to_second(found.nominal) > wall) or (utc is not None and found.utc > utc)
        return None if late else found

    def _first(self, moment: int) -> Occurrence | None:
        step = (moment - self._base) // self._stride
        for _ in range(_STEPS_TRIED):
            utc = self._base + step * self._stride
            if utc > _LAST or not self._steps.offsets:
                return None
            wall = self._wall(utc)
            if self._steps.limited:
                unit = to_second(wall) // self._unit
                allowed = self._steps.next_step(unit)
                if allowed is None:
                    return None
                if allowed > unit:
                    step = max(step + 1, -((self._base - self._earliest(allowed * self._unit)) // self._stride))
                    continue
            for offset in self._steps.offsets:
                found = self._occurrence(utc, wall, offset)
                if to_second(found.utc) >= moment:
                    return found
            step += 1
        return None

    def _nth(self, number: int) -> dt.datetime | None:
        """The moment of the nth occurrence: by division where every step counts, else a day at a time."""
        offsets = self._steps.offsets
        early = sum(offset < self._start - self._base for offset in offsets)
        if not self._steps.limited and offsets:
            return self._moment(*divmod(early + number - 1, len(offsets)))
        if self._steps.days is not None and self._steps.units is None and offsets:
            return self._nth_by_days(number, early)
        found = self._first(self._start)
        for _ in range(number - 1):
            if found is None:
                return None
            found = self._first(to_second(found.utc) + 1)
        return None if found is None else found.utc

    def _nth_by_days(self, number: int, early: int) -> dt.datetime | None:
        days, each = self._steps.days, len(self._steps.offsets)
        day = days.next_day(self._steps.start // DAY) if days is not None else None
        if day == self._steps.start // DAY:
            number += early
        while days is not None and day is not None and day < _LAST // DAY:
            first, after = (self._step_at(place(midnight * DAY, self._zone)[0]) for midnight in (day, day + 1))
            here = (after - first) * each
            if number <= here:
                more, rest = divmod(number - 1, each)
                return self._moment(first + more, rest)
            number -= here
            day = days.next_day(day + 1)
        return None

    def _step_at(self, moment: Occurrence) -> int:
        """The number of the first step at or after a moment."""
        return max(0, -((self._base - to_second(moment.utc)) // self._stride))

    def _moment(self, step: int, place: int) -> dt.datetime | None:
        utc = self._base + step * self._stride + self._steps.offsets[place]
        return at(utc).replace(tzinfo=dt.UTC) if utc < _LAST else None

    def _wall(self, utc: int) -> dt.datetime:
        return at(utc).replace(tzinfo=dt.UTC).astimezone(self._zone).replace(tzinfo=None)

    def _earliest(self, wall: int) -> int:
        """A moment at which the wall clock does not yet show more than `wall`, close to when it does."""
        nominal = at(wall)
        offsets = self._zone.utcoffset(nominal), self._zone.utcoffset(nominal.replace(fold=1))
        return wall - max(map(_seconds, offsets))

    def _occurrence(self, utc: int, wall: dt.datetime, offset: int) -> Occurrence:
        stray = to_second(wall) % self._unit if self._by_the_clock else 0
        if not stray:
            moment = at(utc + offset).replace(tzinfo=dt.UTC)
            return Occurrence(moment.astimezone(self._zone).replace(tzinfo=None), moment)
        # The clock changed by a part of the unit (Lord Howe): BYMINUTE still means the minute that the clock shows.
        nominal = wall + dt.timedelta(seconds=offset - stray)
        return Occurrence(nominal, nominal.replace(tzinfo=self._zone).astimezone(dt.UTC))
