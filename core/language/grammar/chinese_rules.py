"""A Chinese phrase that repeats: its rule, built field by field, or the reason why it cannot be placed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal, get_args

from core.language.grammar import chinese_words as zh
from core.language.grammar.chinese_clock import Context
from core.language.grammar.chinese_days import Placed, place
from core.language.grammar.chinese_phrase import Phrase, Point
from core.language.grammar.days import DAY_CODES, monday_of, shifted
from core.language.values import Frequency, Recurrence

_DAY = dt.timedelta(days=1)
Refusal = Literal["too_fine", "unclear_recurrence", "impossible", "past"]
UNDER_A_DAY = ("MINUTELY", "HOURLY")
_COARSENESS: dict[Frequency | None, int] = {name: place for place, name in enumerate((*get_args(Frequency), None))}
_LONGEST = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_DAY_AT = {"start": 1, "middle": 15, "end": -1, "first_third": 1, "second_third": 11, "last_third": 21}
_SPREAD_OVER_WEEK = {2: {0, 3}, 3: {0, 2, 4}, 4: {0, 1, 3, 4}, 5: set(range(5)), 6: set(range(6)), 7: set(range(7))}


class Unplaced(Exception):
    """The repetition cannot be kept as it was said."""

    def __init__(self, kind: Refusal) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(slots=True)
class Fields:
    """The rule while its words are added one by one."""

    frequency: Frequency | None = None
    interval: int = 1
    weekdays: set[int] = field(default_factory=set)
    by_day: list[str] = field(default_factory=list)
    by_month_day: list[int] = field(default_factory=list)
    by_month: list[int] = field(default_factory=list)
    set_pos: list[int] = field(default_factory=list)
    times: set[dt.time] = field(default_factory=set)
    window: tuple[dt.time, dt.time] | None = None
    start: dt.date | None = None
    until: dt.date | None = None
    count: int | None = None
    lunar: tuple[int, int] | None = None
    excluded: list[dt.date] = field(default_factory=list)
    ambiguous: bool = False

    def at_least(self, frequency: Frequency) -> None:
        """The day named makes the rule at least that coarse: 每天…周三 is weekly, 每两小时 stays."""
        if self.frequency not in UNDER_A_DAY and _COARSENESS[frequency] > _COARSENESS[self.frequency or "MINUTELY"]:
            self.frequency = frequency

    def finished(self) -> Recurrence:
        """The rule as it is now. Raises Unplaced where how often was not said."""
        if self.frequency is None:
            raise Unplaced("unclear_recurrence")
        if self.interval < 1:
            raise Unplaced("too_fine")
        daily = self.frequency == "DAILY" and self.weekdays and self.interval == 1
        return Recurrence(
            frequency="WEEKLY" if daily else self.frequency,
            interval=self.interval,
            by_day=(*self.by_day, *(DAY_CODES[day] for day in sorted(self.weekdays))),
            by_month_day=tuple(sorted(set(self.by_month_day))),
            by_month=tuple(sorted(set(self.by_month))),
            set_pos=tuple(self.set_pos),
            times=tuple(sorted(self.times)),
            window=self.window,
            start=self.start,
            until=self.until,
            count=self.count,
            excluded=tuple(self.excluded),
            last_day_if_short=self.lunar is not None and self.lunar[1] == 30,
            lunar=self.lunar,
            ambiguous=self.ambiguous,
        )


def placed(point: Point, today: dt.date) -> Placed:
    """Where a day of a rule lies. Raises Unplaced where there is no such day."""
    found = place(point, today)
    if found is None:
        raise Unplaced("impossible")
    return found


def base(phrase: Phrase) -> Fields:
    """Frequency and interval from the words of repetition; of two the finer one, the other names its days."""
    fields = Fields()
    placeable = [one for one in phrase.everies if one.problem is None]
    for every in phrase.everies:
        if every.problem == "too_fine" or (every.problem is not None and (not placeable or not every.interval)):
            raise Unplaced(every.problem)
    if not placeable:
        if phrase.span is not None and phrase.span.way == "running":  # 连续三天 alone repeats daily, 连续三周 weekly
            span = phrase.span
            fields.frequency = "MONTHLY" if span.months else "DAILY" if span.days % 7 else "WEEKLY"
        return fields
    finest = min(placeable, key=lambda one: _COARSENESS[one.frequency])
    fields.frequency, fields.interval, fields.ambiguous = finest.frequency, finest.interval, finest.open
    for other in placeable:
        if other is not finest and other.frequency not in (None, "DAILY"):
            _coarser(other, finest, fields, phrase)
    if phrase.times is not None and not phrase.times.total and phrase.times.n > 1:
        _several(phrase.times.n, fields, phrase)
    return fields


def _coarser(other: zh.Every, finest: zh.Every, fields: Fields, phrase: Phrase) -> None:
    named = any(isinstance(point.day, zh.Date | zh.Ordinal | zh.Festival | zh.MoonDate) for point in phrase.points)
    if finest.frequency == "DAILY" and finest.interval == 1 and (other.interval != 1 or named):
        fields.frequency, fields.interval = other.frequency, other.interval
    elif other.interval != 1:
        raise Unplaced("unclear_recurrence")


def _several(n: int, fields: Fields, phrase: Phrase) -> None:
    """每天三次, 每周两次: spread evenly, which is shown to the person."""
    if n > 48:
        raise Unplaced("too_fine")
    if fields.interval != 1 and fields.frequency not in UNDER_A_DAY:
        raise Unplaced("unclear_recurrence")
    said_day = any(point.has_day for point in phrase.points)
    match fields.frequency:
        case "DAILY" if any(point.clock for point in phrase.points):
            pass
        case "DAILY" if n <= 24:  # between 8 and 20 o'clock, on full half hours
            minutes = [480 + round(720 * k / (n - 1) / 30) * 30 for k in range(n)]
            fields.times.update(dt.time(minute // 60, minute % 60) for minute in minutes)
        case "WEEKLY" if n in _SPREAD_OVER_WEEK and not said_day:
            fields.weekdays |= _SPREAD_OVER_WEEK[n]
        case "MONTHLY" if n == 2 and not said_day:
            fields.by_month_day += [1, 15]
        case "HOURLY" if 60 * fields.interval % n == 0:
            fields.frequency, fields.interval = "MINUTELY", 60 * fields.interval // n
        case _:
            raise Unplaced("unclear_recurrence")
    fields.ambiguous = fields.frequency not in UNDER_A_DAY


def add_day(point: Point, fields: Fields, context: Context) -> None:
    """What the day of a point adds to the rule: 周二和周五, 1号和15号, 最后一个工作日, 中秋节."""
    if not point.has_day:
        return
    month = next((scope.month for scope in point.scopes if scope.month is not None), None)
    match point.day:
        case zh.Weekdays(days, week) if fields.frequency != "YEARLY":
            fields.at_least("WEEKLY")
            fields.weekdays.update(days)
            if week is not None:  # 下周一到周五每天: that week only
                monday = monday_of(context.today, week)
                fields.start = max(context.today, monday + days[0] * _DAY)
                fields.until = monday + days[-1] * _DAY
        case zh.Workdays(None):
            fields.at_least("WEEKLY")
            fields.weekdays.update(range(5))
            if point.scopes:  # 下周工作日
                _on_stretch(point.scopes[-1], month, fields, context, Point(scopes=point.scopes))
        case zh.Date(days, own_month, None):
            _on_date(days, own_month or month, fields)
        case zh.Ordinal() as ordinal:
            _on_ordinal(ordinal, month, fields, context)
        case zh.Festival(_, named) | (zh.MoonDate() as named) if not fields.by_month:
            _on_named(named, fields)
        case zh.Relative():
            fields.start = placed(point, context.today).dates[0]
        case None:
            _on_stretch(point.scopes[-1], month, fields, context, point)
        case _:
            raise Unplaced("unclear_recurrence")


def _on_named(named: zh.Named, fields: Fields) -> None:
    """A day with a name once a year; solar terms and what hangs on Easter move, so no rule holds them."""
    if fields.frequency not in (None, "YEARLY") or fields.lunar:
        raise Unplaced("unclear_recurrence")
    fields.frequency = "YEARLY"
    match named:
        case zh.Date(days, int(month)):
            fields.by_month.append(month)
            fields.by_month_day += days
        case zh.NthDay(month, weekday, nth, 0):
            fields.by_month.append(month)
            fields.by_day.append(f"{nth}{DAY_CODES[weekday]}")
        case zh.MoonDate(int(month), day):
            fields.lunar = (month, day)
        case _:
            raise Unplaced("unclear_recurrence")


def _on_date(days: tuple[int, ...], month: int | None, fields: Fields) -> None:
    if month is not None and not 1 <= month <= 12:
        raise Unplaced("impossible")
    if any(day > _LONGEST.get(month or 1, 31) or day == 0 for day in days):
        raise Unplaced("impossible")
    if fields.frequency in ("WEEKLY", *UNDER_A_DAY):
        raise Unplaced("unclear_recurrence")
    if month is not None:
        fields.at_least("YEARLY")
        if fields.by_month and month not in fields.by_month and sorted(days) != sorted(set(fields.by_month_day)):
            raise Unplaced("unclear_recurrence")  # 每年3月8号和5月20号 would ring on the 20th of March, too
        fields.by_month.append(month)
    elif fields.frequency == "YEARLY" and not fields.by_month:
        raise Unplaced("unclear_recurrence")
    fields.at_least("MONTHLY")
    fields.by_month_day += days


def _on_ordinal(ordinal: zh.Ordinal, month: int | None, fields: Fields, context: Context) -> None:
    """第一个周一, 最后一个工作日 of a month, a quarter or a year; 每周第一个工作日."""
    what, places, first = ordinal.what, ordinal.places, ordinal.places[0] > 0
    if what == "week":
        raise Unplaced("unclear_recurrence")
    if fields.frequency == "WEEKLY":
        _in_week(ordinal, fields)
        return
    if month is not None:
        fields.by_month.append(month)
        fields.at_least("YEARLY")
    elif fields.frequency in (None, "DAILY"):
        fields.frequency = "MONTHLY"
    if fields.frequency == "YEARLY" and month is None and what == "day" and places in ((1,), (-1,)):
        fields.by_month.append(1 if first else 12)
    elif fields.frequency not in ("MONTHLY", "YEARLY") or (fields.frequency == "YEARLY" and month is None):
        raise Unplaced("unclear_recurrence")
    if fields.frequency == "MONTHLY" and fields.interval == 3:
        _anchor_quarter(first, fields, context)
    if what == "day":
        fields.by_month_day += places
    elif what == "workday":
        fields.weekdays.update(range(5))
        fields.set_pos += places
    else:
        fields.by_day += [f"{place}{DAY_CODES[what]}" for place in places]


def _in_week(ordinal: zh.Ordinal, fields: Fields) -> None:
    """每周第一个工作日, 每周最后一天."""
    length = {"workday": 5, "day": 7}.get(str(ordinal.what), 0)
    days = {place - 1 if place > 0 else length + place for place in ordinal.places}
    if not days <= set(range(length)):
        raise Unplaced("impossible" if length else "unclear_recurrence")
    fields.weekdays |= days


def _anchor_quarter(at_start: bool, fields: Fields, context: Context) -> None:
    """每季度第一天 is counted from a first month of a quarter, 每季度最后一天 from a last one."""
    today = context.today
    first = today.replace(month=3 * ((today.month - 1) // 3) + (1 if at_start else 3), day=1)
    fields.start = shifted(first, 3) if at_start and first < today else max(today, first)


def _on_stretch(stretch: zh.Stretch, month: int | None, fields: Fields, context: Context, point: Point) -> None:
    """下个月每天: when it begins, and ends; 每年六月, 每月底, 每季度初: its months and days."""
    if stretch.shift is not None or stretch.year is not None:
        when = placed(point, context.today)
        fields.start, fields.until = max(when.dates[0], context.today), when.end - _DAY
        return
    if stretch.edge is None:
        if month is None or fields.frequency not in ("YEARLY", "DAILY", "WEEKLY"):
            raise Unplaced("unclear_recurrence")
        fields.by_month.append(month)
        return
    if stretch.unit == "year":
        month = {"start": 1, "end": 12}.get(stretch.edge, 6)
    if stretch.unit == "quarter":
        _anchor_quarter(stretch.edge == "start", fields, context)
        fields.frequency, fields.interval = "MONTHLY", 3
    elif month is not None:
        fields.at_least("YEARLY")
        fields.by_month.append(month)
    fields.at_least("MONTHLY")
    fields.by_month_day.append(1 if stretch.unit == "year" and stretch.edge == "middle" else _DAY_AT[stretch.edge])
