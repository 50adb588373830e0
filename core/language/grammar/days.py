"""Which day is meant: a description that grows word by word ("Friday" + "next week"), and the date it names."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass, fields, replace
from typing import Literal, TypeAlias

from core.language.grammar.holidays import holiday_date, nth_weekday
from core.language.values import Grain

Edge: TypeAlias = Literal["start", "middle", "end"]
Unit: TypeAlias = Literal["day", "week", "month", "quarter", "year"]

WORKING_DAYS = ("MO", "TU", "WE", "TH", "FR")
DAY_CODES = (*WORKING_DAYS, "SA", "SU")


@dataclass(frozen=True, slots=True)
class Day:
    """What was said of a day; None is "not said". Offsets count from now: 0 this, 1 next, -1 last.

    `nth` picks the nth weekday, working day or weekend of the month or year, from the end when negative; `day` is the
    day of the month, from the end when negative. `weeks_later` counts on from the coming one ("Monday week"). `toward` looks for the weekday after (1) or before (-1) the day that the rest names.
    """

    days: int | None = None
    weekday: int | None = None
    nth: int | None = None
    working: bool | None = None
    weekend: bool | None = None
    week: int | None = None
    weeks_later: int | None = None
    day: int | None = None
    month: int | None = None
    months: int | None = None
    year: int | None = None
    years: int | None = None
    quarter: int | None = None
    quarters: int | None = None
    holiday: str | None = None
    edge: Edge | None = None
    past: bool | None = None
    toward: int | None = None
    fixed: dt.date | None = None


@dataclass(frozen=True, slots=True)
class Dated:
    """The first day meant, how exactly it was said, and the day after the last one meant."""

    date: dt.date
    grain: Grain = "day"
    end: dt.date | None = None


_NAMES = tuple(field.name for field in fields(Day))


def merged_days(one: Day, other: Day) -> Day | None:
    """Both descriptions as one, or None where they say different things of the same day."""
    changes: dict[str, object] = {}
    for name in _NAMES:
        value, new = getattr(one, name), getattr(other, name)
        if new is None:
            continue
        if value is not None and value != new:
            return None
        changes[name] = new
    both = replace(one, **changes)  # type: ignore[arg-type]
    return both if _sensible(both) else None


def _sensible(day: Day) -> bool:
    said = {name for name in _NAMES if getattr(day, name) is not None}
    if said & {"days", "fixed"} and len(said) > 1:
        return said <= {"days", "weekday", "day", "month", "year", "fixed"} and not {"days", "fixed"} <= said
    if "nth" in said and said & {"day", "edge"}:
        return False
    if day.holiday is not None:
        return said <= {"holiday", "year", "years", "weekday", "past", "day", "month"}
    if day.week is not None and said & {"month", "months", "quarter", "quarters", "day", "nth"}:
        return False
    return not (day.month is not None and day.months is not None)


def resolved(day: Day, today: dt.date, *, after: bool = False) -> Dated | None:
    """The date meant, today or later where the words allow ("prefer the future"); `after` excludes today.

    None: no such day exists ("30 February"). A weekday said beside a day of the month ("Tuesday the 19th") is
    looked for in the coming year; beside a whole date it is dropped where it does not fit.
    """
    try:
        return _resolved(day, today, after)
    except (ValueError, OverflowError):
        return None


def resolved_end(day: Day, today: dt.date, start: dt.date) -> Dated | None:
    """The last day of a stretch that starts at `start`: counted from today where it says so ("tomorrow", "next week")."""
    counted = (day.days, day.week, day.months, day.years, day.quarters)
    return resolved(day, today if any(value is not None for value in counted) else start)


def _resolved(day: Day, today: dt.date, after: bool) -> Dated | None:
    if day.toward is not None:
        base = _resolved(replace(day, toward=None, weekday=None), today, after)
        return None if base is None else Dated(_toward(base.date, day.weekday or 0, day.toward))
    if day.fixed is not None:
        return Dated(day.fixed)
    if day.days is not None:
        return Dated(today + dt.timedelta(days=day.days))
    if day.holiday is not None:
        return _holiday(day, today, after)
    if day.edge is not None:
        return _edge(day, today)
    if day.nth is not None:
        return _nth(day, today, after)
    if day.day is not None:
        return _day_of_month(day, today, after)
    if day.weekday is not None or day.weekend:
        return _weekday(day, today)
    return _period(day, today)


def _toward(date: dt.date, weekday: int, direction: int) -> dt.date:
    days = (weekday - date.weekday()) * direction
    return date + dt.timedelta(days=direction * ((days - 1) % 7 + 1))


def shifted(date: dt.date, months: int) -> dt.date:
    """The same day so many months on, the last day of that month where it is shorter."""
    index = date.year * 12 + date.month - 1 + months
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, min(date.day, calendar.monthrange(year, month + 1)[1]))


def monday_of(date: dt.date, weeks: int = 0) -> dt.date:
    """The Monday of the week of this date, so many weeks on."""
    return date + dt.timedelta(days=7 * weeks - date.weekday())


def _weekday(day: Day, today: dt.date) -> Dated:
    if day.weekend:
        saturday = monday_of(today, day.week or 0) + dt.timedelta(days=5)
        return Dated(saturday, "day", saturday + dt.timedelta(days=2))
    weekday = day.weekday or 0
    if day.week is not None:
        return Dated(monday_of(today, day.week) + dt.timedelta(days=weekday))
    if day.month is not None or day.months is not None or day.year is not None:
        start = _months_of(day, today)[0]
        return Dated(start + dt.timedelta(days=(weekday - start.weekday()) % 7))
    if day.past:
        return Dated(today - dt.timedelta(days=(today.weekday() - weekday - 1) % 7 + 1))
    return Dated(today + dt.timedelta(days=(weekday - today.weekday() - 1) % 7 + 1 + 7 * (day.weeks_later or 0)))


def _months_of(day: Day, today: dt.date) -> tuple[dt.date, dt.date]:
    """First day of the month or year spoken of, and the day after its last."""
    year = day.year if day.year is not None else today.year + (day.years or 0)
    if day.month is not None:
        if day.year is None and day.years is None and day.month < today.month:
            year += 1
        first = dt.date(year, day.month, 1)
        return first, shifted(first, 1)
    if day.months is not None:
        first = shifted(today.replace(day=1), day.months)
        return first, shifted(first, 1)
    if day.year is not None or day.years is not None:
        return dt.date(year, 1, 1), dt.date(year + 1, 1, 1)
    first = today.replace(day=1)
    return first, shifted(first, 1)


def _period(day: Day, today: dt.date) -> Dated | None:
    if day.week is not None:
        start = monday_of(today, day.week)
        return Dated(start, "week", start + dt.timedelta(days=7))
    if day.quarter is not None or day.quarters is not None:
        year = day.year if day.year is not None else today.year + (day.years or 0)
        now_quarter = (today.month - 1) // 3 + 1
        index = year * 4 + (day.quarter or now_quarter) - 1 + (day.quarters or 0)
        if day.quarter is not None and day.year is None and day.quarter < now_quarter:
            index += 4
        start = dt.date(index // 4, index % 4 * 3 + 1, 1)
        return Dated(start, "quarter", shifted(start, 3))
    if day.month is None and day.months is None and day.year is None and day.years is None:
        return None
    start, end = _months_of(day, today)
    return Dated(start, "year" if day.month is None and day.months is None else "month", end)


def _edge(day: Day, today: dt.date) -> Dated | None:
    period = _period(replace(day, edge=None, past=None), today)
    if period is None or period.end is None:
        return None
    last = period.end - dt.timedelta(days=1)
    match day.edge, period.grain:
        case "start", _:
            return Dated(period.date)
        case "middle", "week":
            return Dated(period.date + dt.timedelta(days=2))
        case "middle", "month":
            return Dated(period.date.replace(day=15))
        case "middle", _:
            return Dated(period.date + (period.end - period.date) / 2)
        case _, "week":
            return Dated(last if today > last - dt.timedelta(days=2) else last - dt.timedelta(days=2))
    return Dated(last)


def _in_month(day: Day, first: dt.date, end: dt.date) -> dt.date | None:
    """The nth weekday, working day or weekend of the stretch [first, end)."""
    nth = day.nth or 1
    if day.working:
        dates = (first + dt.timedelta(days=n) for n in range((end - first).days))
        working = [date for date in dates if date.weekday() < 5]
        index = nth - 1 if nth > 0 else nth
        return working[index] if -len(working) <= index < len(working) else None
    found = nth_weekday(first, end, 5 if day.weekend else day.weekday or 0, nth)
    return found if first <= found < end else None


def _nth(day: Day, today: dt.date, after: bool) -> Dated | None:
    fixed = day.year is not None or day.years is not None or bool(day.months)
    step = 12 if day.month is not None or day.year is not None or day.years is not None else 1
    first, end = _months_of(day, today)
    for _ in range(30):
        found = _in_month(day, first, end)
        if found is not None and (fixed or found > today or (found == today and not after)):
            return Dated(found, "day", found + dt.timedelta(days=2) if day.weekend else None)
        if fixed:
            return None
        first, end = shifted(first, step), shifted(end, step)
    return None


def _day_of_month(day: Day, today: dt.date, after: bool) -> Dated | None:
    number = day.day or 1
    if not -31 <= number <= 31:
        return None
    fixed = (day.year is not None or day.years is not None) and (day.month is not None or day.months is not None)
    first, _ = _months_of(day, today)
    step = 12 if day.month is not None else 1
    for _ in range(12 if day.month is None else 9):
        length = calendar.monthrange(first.year, first.month)[1]
        if number <= length:
            found = first.replace(day=number if number > 0 else max(1, length + 1 + number))
            future = found > today or (found == today and not after)
            fits = day.weekday is None or day.month is not None or found.weekday() == day.weekday
            if fixed or day.months is not None or (future and fits):
                return Dated(found)
        elif fixed or day.months is not None:
            return None
        first = shifted(first, step)
    return _day_of_month(replace(day, weekday=None), today, after) if day.weekday is not None else None


def _holiday(day: Day, today: dt.date, after: bool) -> Dated | None:
    name = day.holiday or ""
    year = day.year if day.year is not None else today.year + (day.years or 0)
    found = holiday_date(name, year)
    if day.year is None and day.years is None and found is not None:
        if day.past:
            found = found if found < today else holiday_date(name, year - 1)
        elif found < today or (after and found == today):
            found = holiday_date(name, year + 1)
    return None if found is None else Dated(found)
