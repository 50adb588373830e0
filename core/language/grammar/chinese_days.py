"""Which dates Chinese day words mean, seen from today: the next ones, unless the words say another."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

from core.language.grammar.chinese_calendar import Moon, Named, Term, moon_day, moon_of, named_day
from core.language.grammar.chinese_phrase import Point
from core.language.grammar.chinese_words import (
    Date,
    Festival,
    Length,
    MoonDate,
    Ordinal,
    Relative,
    Stretch,
    Weekdays,
    Workdays,
)
from core.language.values import Grain

_DAY = dt.timedelta(days=1)
FIRST, LAST = dt.date(1900, 1, 1), dt.date(2200, 1, 1)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a day lies: the first of `dates` that is not over counts; `end` (excluded) for more than a day."""

    dates: tuple[dt.date, ...]
    grain: Grain = "day"
    days: int = 1

    @property
    def end(self) -> dt.date:
        return self.dates[0] + dt.timedelta(days=self.days)


def place(point: Point, today: dt.date) -> Placed | None:
    """The dates of a point that names a day; None where there is no such date (2月30日)."""
    scope = _Scope.of(point.scopes, today)
    match point.day:
        case None:
            return _stretch(point.scopes[-1], scope, today)
        case Relative(days) if scope.year is not None:
            return _one(_safe(scope.year, scope.month or today.month, (today + days * _DAY).day))  # 明年的今天
        case Relative(days):
            return Placed((today + days * _DAY,))
        case Weekdays() as weekdays:
            return _weekdays(weekdays, scope, today)
        case Date() as date:
            return _date(date, scope, today)
        case Ordinal(places, "week"):
            monday = _ordinal(places[0], 0, scope, today)  # the n-th week begins with the n-th Monday
            return None if monday is None else Placed((monday,), "week", 7)
        case Ordinal(places, what):
            return _one(_ordinal(places[0], what, scope, today))
        case Festival(_, named):
            return _festival(named, scope, today)
        case MoonDate(month, day):
            return _festival(Moon(month, day), scope, today) if month else _next_moon_day(day, today)
        case Workdays(step):
            return _one(add_workdays(today, step or 1))
        case Stretch():
            return None


@dataclass(frozen=True, slots=True)
class _Scope:
    """The year, month or week that the words before a day name."""

    year: int | None = None
    month: int | None = None
    week: int | None = None
    first: dt.date | None = None
    last: dt.date | None = None
    """First and last day of the narrowest stretch said, for ordinals."""
    open_year: bool = False

    @classmethod
    def of(cls, scopes: list[Stretch], today: dt.date) -> _Scope:
        scope = cls()
        for stretch in scopes:
            scope = scope._with(stretch, today)
        return scope

    def _with(self, stretch: Stretch, today: dt.date) -> _Scope:
        match stretch.unit:
            case "week":
                week = stretch.shift or 0
                first = today - today.weekday() * _DAY + 7 * week * _DAY
                return _Scope(week=week, first=first, last=first + 6 * _DAY)
            case "month":
                return self._month(stretch, today)
            case "quarter":
                index = (today.month - 1) // 3 + (stretch.shift or 0)
                first = month_start(self.year or today.year, 1 + 3 * index)
                return _Scope(year=first.year, first=first, last=month_start(first.year, first.month + 3) - _DAY)
            case "year":
                year = stretch.year or today.year + (stretch.shift or 0)
                return _Scope(year=year, first=dt.date(year, 1, 1), last=dt.date(year, 12, 31))

    def _month(self, stretch: Stretch, today: dt.date) -> _Scope:
        if stretch.month is None:
            year = self.year or today.year
            first = month_start(year, today.month + (stretch.shift or 0))
        else:
            year = self.year or today.year + (stretch.month < today.month)
            first = dt.date(year, stretch.month, 1)
        last = month_start(first.year, first.month + 1) - _DAY
        return _Scope(first.year, first.month, None, first, last, stretch.month is not None and self.year is None)


def month_start(year: int, month: int) -> dt.date:
    """The first of a month; months beyond December or before January count on into other years."""
    years, index = divmod(month - 1, 12)
    return dt.date(year + years, index + 1, 1)


def add_months(day: dt.date, months: int) -> dt.date:
    """So many months later; the last day of a month that is too short."""
    first = month_start(day.year, day.month + months)
    return first.replace(day=min(day.day, calendar.monthrange(first.year, first.month)[1]))


def add_workdays(day: dt.date, count: int) -> dt.date:
    """The count-th working day (Monday to Friday) after a day; before it when negative."""
    step = _DAY if count > 0 else -_DAY
    for _ in range(min(abs(count), 1000)):
        day += step
        while day.weekday() > 4:
            day += step
    return day


def add(day: dt.date, length: Length, sign: int = 1) -> dt.date:
    """The day so much later, months first."""
    moved = add_months(day, sign * length.months) + sign * length.days * _DAY
    return add_workdays(moved, sign * length.workdays) if length.workdays else moved


def _one(day: dt.date | None) -> Placed | None:
    return None if day is None else Placed((day,))


def _weekdays(weekdays: Weekdays, scope: _Scope, today: dt.date) -> Placed | None:
    if scope.month and scope.first is not None:
        return _one(_ordinal(1, weekdays.days[0], scope, today))
    week = weekdays.week if weekdays.week is not None else scope.week
    monday = today - today.weekday() * _DAY
    first = weekdays.days[0]
    if weekdays.weekend:
        return Placed((monday + (7 * (week or 0) + 5) * _DAY,), "part", 2)
    if week is not None:
        return Placed((monday + (7 * week + first) * _DAY,))
    ahead = (first - today.weekday()) % 7 or 7
    return Placed((today + ahead * _DAY,))


def _date(date: Date, scope: _Scope, today: dt.date) -> Placed | None:
    day = date.days[0]
    if date.year is not None and date.month is not None:
        return _one(_safe(date.year, date.month, day))
    if date.month is not None:
        if scope.year is not None:
            return _one(_safe(scope.year, date.month, day))
        years = range(today.year, today.year + 9)
        days = [found for year in years if (found := _safe(year, date.month, day)) is not None and found >= today]
        return Placed(tuple(days[:2])) if days else None
    if scope.month is not None and scope.year is not None:
        return _one(_safe(scope.year, scope.month, day))
    months = (month_start(today.year, today.month + ahead) for ahead in range(14))
    coming = [
        found for first in months if (found := _safe(first.year, first.month, day)) is not None and found >= today
    ]
    return Placed(tuple(coming[:2])) if coming else None


def _safe(year: int, month: int, day: int) -> dt.date | None:
    if not 1 <= month <= 12 or not 1900 <= year <= 2199:
        return None
    length = calendar.monthrange(year, month)[1]
    day = length + 1 + day if day < 0 else day
    return dt.date(year, month, day) if 1 <= day <= length else None


def _ordinal(n: int, what: str | int, scope: _Scope, today: dt.date) -> dt.date | None:
    first, last = scope.first, scope.last
    if first is None or last is None:
        first, last = month_start(today.year, today.month), month_start(today.year, today.month + 1) - _DAY
    if what == "day":
        found = first + (n - 1) * _DAY if n > 0 else last + (n + 1) * _DAY
    elif what == "workday":
        found = add_workdays(first - _DAY, n) if n > 0 else add_workdays(last + _DAY, n)
    elif n > 0:
        found = first + ((int(what) - first.weekday()) % 7 + 7 * (n - 1)) * _DAY
    else:
        found = last - ((last.weekday() - int(what)) % 7 + 7 * (-n - 1)) * _DAY
    return found if first <= found <= last else None


def _festival(named: Named, scope: _Scope, today: dt.date) -> Placed | None:
    if scope.year is not None:
        return _one(named_day(named, scope.year))
    years = range(today.year - 1, today.year + 3)
    coming = [day for year in years if (day := named_day(named, year)) is not None and day >= today]
    return Placed(tuple(coming[:2])) if coming else None


def _next_moon_day(day: int, today: dt.date) -> Placed | None:
    """初一, 十五 of the month that runs or the next one."""
    if not dt.date(1905, 1, 1) < today < dt.date(2095, 1, 1):
        return None
    year = moon_of(today)
    coming = sorted(
        found
        for y in (year, year + 1)
        for month in range(1, 13)
        if (found := moon_day(y, month, day)) and found >= today
    )
    return Placed(tuple(coming[:2])) if coming else None


def _stretch(stretch: Stretch, scope: _Scope, today: dt.date) -> Placed | None:
    first, last = scope.first, scope.last
    if first is None or last is None:
        return None
    if stretch.edge is None:
        return Placed((first,), stretch.unit, (last - first).days + 1)
    placed = _edge(stretch, first, last)
    said = stretch.shift is not None or stretch.year is not None
    if not said and scope.first is not None and placed.end <= today:  # 月初 said on the 20th is next month's
        months = {"month": 1, "quarter": 3, "year": 12, "week": 0}[stretch.unit]
        if stretch.month is not None:
            months = 12
        first = add_months(first, months)
        placed = _edge(
            stretch, first, add_months(first, {"month": 1, "quarter": 3, "year": 12, "week": 0}[stretch.unit]) - _DAY
        )
    return placed


def _edge(stretch: Stretch, first: dt.date, last: dt.date) -> Placed:
    month = stretch.unit == "month"
    match stretch.edge:
        case "start":
            return Placed((first,))
        case "end":
            return Placed((last,))
        case "middle":
            return Placed((first + 14 * _DAY,)) if month else Placed((add_months(first, 6),), "month", 30)
        case "first_third":
            return Placed((first,), "part", 10)
        case "second_third":
            return Placed((first + 10 * _DAY,), "part", 10)
        case _:
            return Placed((first + 20 * _DAY,), "part", (last - first).days - 19)


def is_term(named: Named) -> bool:
    """Solar terms move between days of the year: no yearly rule holds them."""
    return isinstance(named, Term)
