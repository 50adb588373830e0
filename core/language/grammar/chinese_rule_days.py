"""What the day words of a Chinese phrase add to its rule: 周二和周五, 1号和15号, 最后一个工作日, 中秋节."""

from __future__ import annotations

import datetime as dt

from core.language.grammar.chinese_days import place
from core.language.grammar.chinese_fields import CODES, UNDER_A_DAY, Fields, Unplaced
from core.language.grammar.chinese_once import Context
from core.language.grammar.chinese_phrase import Phrase, Point
from core.language.grammar.chinese_words import (
    Date,
    Festival,
    MoonDate,
    Named,
    NthDay,
    Ordinal,
    Relative,
    Stretch,
    Weekdays,
    Workdays,
)
from core.language.grammar.days import shifted

_DAY = dt.timedelta(days=1)


def add_day(point: Point, fields: Fields, phrase: Phrase, context: Context) -> None:
    """What the day of a point adds to the rule."""
    if not point.has_day:
        return
    month = next((scope.month for scope in point.scopes if scope.month is not None), None)
    match point.day:
        case Weekdays(days, week):
            _on_weekdays(days, week, fields, context)
        case Workdays(None):
            fields.at_least("WEEKLY")
            fields.weekdays.update(range(5))
            if point.scopes:  # 下周工作日
                _on_stretch(point.scopes[-1], month, fields, context, Point(scopes=point.scopes))
        case Date(days, own_month, None):
            _on_date(days, own_month or month, fields)
        case Ordinal() as ordinal:
            _on_ordinal(ordinal, month, fields, phrase, context)
        case Festival(_, named):
            _on_festival(named, fields)
        case MoonDate(moon_month, day):
            if moon_month is None or fields.frequency not in (None, "YEARLY"):
                raise Unplaced("unclear_recurrence")
            fields.frequency, fields.lunar = "YEARLY", (moon_month, day)
        case Relative():
            placed = place(point, context.today)
            fields.start = placed.dates[0] if placed else None
        case None:
            _on_stretch(point.scopes[-1], month, fields, context, point)
        case _:
            raise Unplaced("unclear_recurrence")


def _on_weekdays(days: tuple[int, ...], week: int | None, fields: Fields, context: Context) -> None:
    if fields.frequency == "YEARLY":
        raise Unplaced("unclear_recurrence")
    fields.at_least("WEEKLY")
    fields.weekdays.update(days)
    if week is not None:  # 下周一到周五每天: that week only
        monday = context.today + (7 * week - context.today.weekday()) * _DAY
        fields.start, fields.until = max(context.today, monday + days[0] * _DAY), monday + days[-1] * _DAY


def _on_date(days: tuple[int, ...], month: int | None, fields: Fields) -> None:
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
    if month is not None and not 1 <= month <= 12:
        raise Unplaced("impossible")
    if any(day > (longest.get(month, 31) if month else 31) or day == 0 for day in days):
        raise Unplaced("impossible")
    if fields.frequency in ("WEEKLY", *UNDER_A_DAY):
        raise Unplaced("unclear_recurrence")
    if month is not None:
        fields.at_least("YEARLY")
        fields.by_month.append(month)
    else:
        if fields.frequency == "YEARLY" and not fields.by_month:
            raise Unplaced("unclear_recurrence")
        fields.at_least("MONTHLY")
    fields.by_month_day += days


def _on_ordinal(ordinal: Ordinal, month: int | None, fields: Fields, phrase: Phrase, context: Context) -> None:
    if ordinal.what == "week":
        raise Unplaced("unclear_recurrence")
    if fields.frequency == "WEEKLY":
        _in_week(ordinal, fields)
        return
    if month is not None:
        fields.by_month.append(month)
        fields.at_least("YEARLY")
    elif fields.frequency in (None, "DAILY"):
        fields.frequency = "MONTHLY"
    first = ordinal.places[0] > 0
    if fields.frequency == "YEARLY" and month is None and ordinal.what == "day" and ordinal.places in ((1,), (-1,)):
        fields.by_month.append(1 if first else 12)
    elif fields.frequency not in ("MONTHLY", "YEARLY") or (fields.frequency == "YEARLY" and month is None):
        raise Unplaced("unclear_recurrence")
    if fields.frequency == "MONTHLY" and fields.interval == 3 and any(one.interval == 3 for one in phrase.everies):
        _anchor_quarter(first, fields, context)
    if ordinal.what == "day":
        fields.by_month_day += ordinal.places
    elif ordinal.what == "workday":
        fields.weekdays.update(range(5))
        fields.set_pos += ordinal.places
    else:
        fields.by_day += [f"{place}{CODES[int(ordinal.what)]}" for place in ordinal.places]


def _in_week(ordinal: Ordinal, fields: Fields) -> None:
    """每周第一个工作日, 每周最后一天."""
    if isinstance(ordinal.what, int):
        raise Unplaced("unclear_recurrence")
    length = 5 if ordinal.what == "workday" else 7
    days = {place - 1 if place > 0 else length + place for place in ordinal.places}
    if not days <= set(range(length)):
        raise Unplaced("impossible")
    fields.weekdays |= days


def _anchor_quarter(at_start: bool, fields: Fields, context: Context) -> None:
    """每季度第一天 is counted from a first month of a quarter, 每季度最后一天 from a last one."""
    first = context.today.replace(month=3 * ((context.today.month - 1) // 3) + (1 if at_start else 3), day=1)
    fields.start = max(context.today, first)
    if at_start and fields.start != first:
        fields.start = shifted(first, 3)


def _on_festival(named: Named, fields: Fields) -> None:
    if fields.frequency not in (None, "YEARLY") or fields.lunar or fields.by_month:
        raise Unplaced("unclear_recurrence")
    fields.frequency = "YEARLY"
    match named:
        case Date(days, int(month)):
            fields.by_month.append(month)
            fields.by_month_day += days
        case NthDay(month, weekday, n, 0):
            fields.by_month.append(month)
            fields.by_day.append(f"{n}{CODES[weekday]}")
        case MoonDate(int(month), day):
            fields.lunar, fields.short = (month, day), day == 30
        case _:
            raise Unplaced("unclear_recurrence")


def _on_stretch(stretch: Stretch, month: int | None, fields: Fields, context: Context, point: Point) -> None:
    if stretch.shift is not None or stretch.year is not None:
        placed = place(point, context.today)  # 下个月每天: when it begins, and ends
        if placed is None:
            raise Unplaced("impossible")
        fields.start, fields.until = max(placed.dates[0], context.today), placed.end - _DAY
        return
    if stretch.edge is None:
        if month is None or fields.frequency not in ("YEARLY", "DAILY", "WEEKLY"):
            raise Unplaced("unclear_recurrence")
        fields.by_month.append(month)
        return
    days = {"start": 1, "middle": 15, "end": -1, "first_third": 1, "second_third": 11, "last_third": 21}
    if stretch.unit == "year":
        fields.at_least("YEARLY")
        fields.by_month.append({"start": 1, "end": 12}.get(stretch.edge, 6))
        fields.by_month_day.append(-1 if stretch.edge == "end" else 1)
        return
    if stretch.unit == "quarter":
        _anchor_quarter(stretch.edge == "start", fields, context)
        fields.frequency, fields.interval = "MONTHLY", 3
    elif month is not None:
        fields.at_least("YEARLY")
        fields.by_month.append(month)
    fields.at_least("MONTHLY")
    fields.by_month_day.append(days[stretch.edge])
