"""Which dates Chinese day words mean, seen from today: the next ones, unless the words say another."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter
from dateutil.relativedelta import relativedelta
from dateutil.relativedelta import weekday as weekday_at
from lunardate import LunarDate

from core.language.grammar import chinese_words as zh
from core.language.grammar.chinese_lexicon import LEXICON, counted, listed
from core.language.grammar.chinese_phrase import Point
from core.language.grammar.days import monday_of, shifted
from core.language.values import Grain

_DAY = dt.timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 1900, 2199
_MONTHS: dict[zh.Unit, int] = {"month": 1, "quarter": 3, "year": 12}
_LISTS = LEXICON["festivals"]
_EASTER = counted(_LISTS["easter"])
FESTIVALS: dict[str, zh.Named] = (
    {name: zh.Date((int(day[3:]),), int(day[:2])) for name, day in listed(_LISTS["sun"]).items()}
    | {name: zh.MoonDate(int(day[:2]), int(day[3:])) for name, day in listed(_LISTS["moon"]).items()}
    | {name: zh.NthDay(*day) for name, day in _LISTS["nth"].items()}
    | {name: zh.Term(days) for names, days in _LISTS["terms"].items() for name in names.split()}
    | {name: zh.AfterEaster(days, orthodox=False) for name, days in _EASTER.items()}
    | {f"东正教{name}": zh.AfterEaster(days, orthodox=True) for name, days in _EASTER.items()}
)
_THIRDS = {"first_third": 0, "second_third": 10, "last_third": 20}


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a day lies: the first of `dates` that is not over counts; `days` for more than one from there."""

    dates: tuple[dt.date, ...]
    grain: Grain = "day"
    days: int = 1

    @property
    def end(self) -> dt.date:
        """The day after the last."""
        return self.dates[0] + self.days * _DAY


class _Scope(NamedTuple):
    """The week, month, quarter or year that the words before a day name, with its first and last day."""

    unit: zh.Unit
    first: dt.date
    last: dt.date

    @property
    def year(self) -> int | None:
        return None if self.unit == "week" else self.first.year

    @classmethod
    def of(cls, unit: zh.Unit, first: dt.date) -> _Scope:
        return cls(unit, first, (first + 7 * _DAY if unit == "week" else shifted(first, _MONTHS[unit])) - _DAY)


def place(point: Point, today: dt.date) -> Placed | None:
    """The dates of a point that names a day; None where there is no such date (2月30日)."""
    scope = _scope(point.scopes, today)
    year = scope.year if scope else None
    match point.day:
        case None:
            return None if scope is None else _stretch(point.scopes[-1], scope, today)
        case zh.Relative(days):
            day = today + days * _DAY
            if scope is None or year is None:
                return Placed((day,))
            month = scope.first.month if scope.unit == "month" else today.month
            return _one(_safe(year, month, day.day))  # 明年的今天
        case zh.Weekdays() as weekdays:
            return _weekdays(weekdays, scope, today)
        case zh.Date() as date:
            return _date(date, scope, today)
        case zh.Ordinal(places, what):
            found = _ordinal(places[0], 0 if what == "week" else what, scope or _scope([zh.Stretch("month")], today))
            return Placed((found,), "week", 7) if found and what == "week" else _one(found)
        case zh.MoonDate(None, day_of_month):
            return _coming(coming_moon_days(day_of_month, today), today)
        case zh.Festival(_, named) | (zh.MoonDate() as named):
            return _festival(named, year, today)
        case zh.Workdays(step):
            return _one(add_workdays(today, step or 1))
    return None


def _scope(stretches: list[zh.Stretch], today: dt.date) -> _Scope | None:
    scope: _Scope | None = None
    for stretch in stretches:
        scope = _Scope.of(stretch.unit, _first_day(stretch, scope.year if scope else None, today))
    return scope


def _first_day(stretch: zh.Stretch, year: int | None, today: dt.date) -> dt.date:
    shift = stretch.shift or 0
    match stretch.unit:
        case "week":
            return monday_of(today, shift)
        case "month" if stretch.month is not None:
            return dt.date(year or today.year + (stretch.month < today.month), stretch.month, 1)
        case "month":
            return shifted(dt.date(year or today.year, today.month, 1), shift)
        case "quarter":
            return shifted(dt.date(year or today.year, 3 * ((today.month - 1) // 3) + 1, 1), 3 * shift)
        case "year":
            return dt.date(stretch.year or today.year + shift, 1, 1)


def add_workdays(day: dt.date, count: int) -> dt.date:
    """The count-th working day (Monday to Friday) after a day; before it when negative."""
    step = _DAY if count > 0 else -_DAY
    for _ in range(min(abs(count), 1000)):
        day += step
        while day.weekday() > 4:
            day += step
    return day


def add(day: dt.date, length: zh.Length, sign: int = 1) -> dt.date:
    """The day so much later, months first."""
    moved = shifted(day, sign * length.months) + sign * length.days * _DAY
    return add_workdays(moved, sign * length.workdays) if length.workdays else moved


def _one(day: dt.date | None) -> Placed | None:
    return None if day is None else Placed((day,))


def _coming(days: Iterable[dt.date | None], today: dt.date) -> Placed | None:
    """The next two of these days."""
    coming = [day for day in days if day is not None and day >= today][:2]
    return Placed(tuple(coming)) if coming else None


def _weekdays(weekdays: zh.Weekdays, scope: _Scope | None, today: dt.date) -> Placed | None:
    first = weekdays.days[0]
    if scope is not None and scope.unit == "month":
        return _one(_ordinal(1, first, scope))
    monday = scope.first if scope is not None and scope.unit == "week" else None
    if weekdays.week is not None or (weekdays.weekend and monday is None):
        monday = monday_of(today, weekdays.week or 0)
    if weekdays.weekend and monday is not None:
        return Placed((monday + 5 * _DAY,), "part", 2)
    if monday is not None:
        return Placed((monday + first * _DAY,))
    return Placed((today + ((first - today.weekday()) % 7 or 7) * _DAY,))


def _date(date: zh.Date, scope: _Scope | None, today: dt.date) -> Placed | None:
    day = date.days[0]
    year = date.year or (scope.year if scope else None)
    if date.month is not None:
        if year is not None:
            return _one(_safe(year, date.month, day))
        return _coming((_safe(today.year + ahead, date.month, day) for ahead in range(9)), today)
    if scope is not None and scope.unit == "month":
        return _one(_safe(scope.first.year, scope.first.month, day))
    months = (shifted(today.replace(day=1), ahead) for ahead in range(14))
    return _coming((_safe(first.year, first.month, day) for first in months), today)


def _safe(year: int, month: int, day: int) -> dt.date | None:
    if not 1 <= month <= 12 or not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    length = calendar.monthrange(year, month)[1]
    day = length + 1 + day if day < 0 else day
    return dt.date(year, month, day) if 1 <= day <= length else None


def _ordinal(n: int, what: str | int, scope: _Scope | None) -> dt.date | None:
    """The n-th day, working day or weekday (Monday is 0) of a stretch; from its end when negative."""
    if scope is None:
        return None
    _, first, last = scope
    match what:
        case "day":
            found = first + (n - 1) * _DAY if n > 0 else last + (n + 1) * _DAY
        case "workday":
            found = add_workdays(first - _DAY if n > 0 else last + _DAY, n)
        case _ if n > 0:
            found = first + ((int(what) - first.weekday()) % 7 + 7 * (n - 1)) * _DAY
        case _:
            found = last - ((last.weekday() - int(what)) % 7 + 7 * (-n - 1)) * _DAY
    return found if first <= found <= last else None


def _festival(named: zh.Named, year: int | None, today: dt.date) -> Placed | None:
    if year is not None:
        return _one(named_day(named, year))
    return _coming((named_day(named, today.year + ahead) for ahead in range(-1, 3)), today)


def _stretch(stretch: zh.Stretch, scope: _Scope, today: dt.date) -> Placed:
    if stretch.edge is None:
        return Placed((scope.first,), stretch.unit, (scope.last - scope.first).days + 1)
    placed = _edge(stretch, scope)
    if stretch.shift is None and stretch.year is None and placed.end <= today:  # 月初 said on the 20th is next month's
        months = 12 if stretch.month is not None else _MONTHS[stretch.unit]
        placed = _edge(stretch, _Scope.of(stretch.unit, shifted(scope.first, months)))
    return placed


def _edge(stretch: zh.Stretch, scope: _Scope) -> Placed:
    _, first, last = scope
    match stretch.edge:
        case "start":
            return Placed((first,))
        case "end":
            return Placed((last,))
        case "middle" if stretch.unit == "month":
            return Placed((first + 14 * _DAY,))
        case "middle":
            return Placed((shifted(first, _MONTHS[stretch.unit] // 2),), "month", 30)
    start = first + _THIRDS[stretch.edge or "first_third"] * _DAY
    return Placed((start,), "part", (last - start).days + 1 if stretch.edge == "last_third" else 10)


def named_day(named: zh.Named, year: int) -> dt.date | None:
    """The day in that year (of the Chinese calendar, where it is one of its days); None where there is none."""
    match named:
        case zh.Date(days, month):
            return dt.date(year, month or 1, days[0])
        case zh.NthDay(month, weekday, nth, plus):
            found: dt.date = dt.date(year, month, 1) + relativedelta(weekday=weekday_at(weekday, nth))
            return found + dt.timedelta(days=plus)
        case zh.MoonDate(month, day):
            return moon_day(year, month or 1, day)
        case zh.AfterEaster(days_after, orthodox):
            sunday: dt.date = easter(year, EASTER_ORTHODOX if orthodox else EASTER_WESTERN)
            return sunday + dt.timedelta(days=days_after)
        case zh.Term(days_on):
            return dt.date(2000, 1, 1) + dt.timedelta(days=int(days_on + 365.2422 * (year - 2000)))


@lru_cache(maxsize=4096)
def moon_day(year: int, month: int, day: int) -> dt.date | None:
    """A day of the Chinese year that begins in `year`; the 30th of a short month is its 29th. 1901 to 2098."""
    if not (1901 <= year <= 2098 and 1 <= month <= 12 and 1 <= day <= 30):
        return None
    try:
        found: dt.date = LunarDate(year, month, day).to_solar_date()
    except ValueError:
        return moon_day(year, month, 29)
    return found


def coming_moon_days(day: int, today: dt.date) -> list[dt.date]:
    """That day of each month of the Chinese calendar (初一, 十五), from today on, about two years of them."""
    years = (today.year - 1, today.year, today.year + 1)
    found = (moon_day(year, month, day) for year in years for month in range(1, 13))
    return sorted(one for one in found if one is not None and one >= today)
