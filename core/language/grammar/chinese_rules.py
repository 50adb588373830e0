"""A Chinese phrase that repeats: its rule field by field, or the reason why it cannot be placed."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Literal

from core.language.grammar.chinese_calendar import AfterEaster, Fixed, Moon, NthDay, Term
from core.language.grammar.chinese_clock import preferred, readings, usual
from core.language.grammar.chinese_days import add, month_start, place
from core.language.grammar.chinese_once import Context, time_window
from core.language.grammar.chinese_phrase import Phrase, Point
from core.language.grammar.chinese_words import (
    PARTS,
    Date,
    Festival,
    Length,
    MoonDate,
    Ordinal,
    PartName,
    Relative,
    Stretch,
    Weekdays,
    Workdays,
)
from core.language.values import Frequency, Recurrence

Refusal = Literal["too_fine", "unclear_recurrence", "impossible", "past"]
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY = dt.timedelta(days=1)
_UNDER_A_DAY = ("MINUTELY", "HOURLY")
_COARSENESS: dict[Frequency, int] = {"MINUTELY": 0, "HOURLY": 1, "DAILY": 2, "WEEKLY": 3, "MONTHLY": 4, "YEARLY": 5}
_WEEKLY_SPREAD = {
    1: (0,),
    2: (0, 3),
    3: (0, 2, 4),
    4: (0, 1, 3, 4),
    5: tuple(range(5)),
    6: tuple(range(6)),
    7: tuple(range(7)),
}


class Unplaced(Exception):
    """The repetition cannot be kept as it was said."""

    def __init__(self, kind: Refusal) -> None:
        super().__init__(kind)
        self.kind: Refusal = kind


@dataclass(slots=True)
class _Fields:
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
    short: bool = False
    ambiguous: bool = False

    def at_least(self, frequency: Frequency) -> None:
        """The day named makes the rule at least that coarse: 每天…周三 is weekly, 每两小时 stays."""
        if self.frequency is None or (
            self.frequency not in _UNDER_A_DAY and _COARSENESS[frequency] > _COARSENESS[self.frequency]
        ):
            self.frequency = frequency


def rule(phrase: Phrase, context: Context) -> Recurrence:
    """The rule of a phrase. Raises Unplaced where it has none."""
    fields = _Fields()
    _base(phrase, fields)
    for point in phrase.points:
        _day(point, fields, phrase, context)
    _clock_times(phrase, fields, context)
    _bounds(phrase, fields, context)
    _except(phrase, fields, context)
    if phrase.lead is not None:
        _earlier(phrase.lead, fields)
    if fields.frequency is None:
        raise Unplaced("unclear_recurrence")
    if (fields.frequency == "MINUTELY" and fields.interval < 1) or fields.interval < 1:
        raise Unplaced("too_fine")
    return _finished(fields)


def _finished(fields: _Fields) -> Recurrence:
    assert fields.frequency is not None
    by_day = [*fields.by_day, *(CODES[day] for day in sorted(fields.weekdays))]
    if fields.frequency == "DAILY" and fields.weekdays and fields.interval == 1:
        fields.frequency = "WEEKLY"
    return Recurrence(
        fields.frequency,
        fields.interval,
        tuple(by_day),
        tuple(sorted(set(fields.by_month_day))),
        tuple(sorted(set(fields.by_month))),
        tuple(fields.set_pos),
        tuple(sorted(fields.times)),
        fields.window,
        fields.start,
        fields.until,
        fields.count,
        tuple(fields.excluded),
        (),
        fields.short,
        fields.lunar,
        fields.ambiguous,
    )


def _base(phrase: Phrase, fields: _Fields) -> None:
    """Frequency and interval from the words of repetition; of two the finer one, the other names its days."""
    placed = [one for one in phrase.everies if one.problem is None]
    for every in phrase.everies:
        if every.problem == "too_fine" or (every.problem is not None and not placed):
            raise Unplaced(every.problem)
    if not phrase.everies:
        if phrase.span is not None and phrase.span.way == "running":
            _base_of_run(phrase.span, fields)
        return
    finest = min(placed, key=lambda one: _COARSENESS[one.frequency] if one.frequency else 9)
    fields.frequency, fields.interval = finest.frequency, finest.interval
    for other in placed:
        if other is finest or other.frequency is None or other.frequency == "DAILY":
            continue
        named = any(isinstance(point.day, Date | Ordinal | Festival | MoonDate) for point in phrase.points)
        if finest.frequency == "DAILY" and finest.interval == 1 and (other.interval != 1 or named):
            fields.frequency, fields.interval = other.frequency, other.interval
        elif other.interval != 1:
            raise Unplaced("unclear_recurrence")
    times = phrase.times
    if times is not None and not times.total and times.n > 1:
        _several(times.n, fields, phrase)


def _base_of_run(span: Length, fields: _Fields) -> None:
    """连续三天 alone repeats daily, 连续三周 weekly."""
    if span.months:
        fields.frequency = "MONTHLY"
    elif span.days and span.days % 7 == 0:
        fields.frequency = "WEEKLY"
    elif span.days:
        fields.frequency = "DAILY"


def _several(n: int, fields: _Fields, phrase: Phrase) -> None:
    """每天三次, 每周两次: spread evenly, which is shown to the person."""
    if n > 48:
        raise Unplaced("too_fine")
    if fields.interval != 1 and fields.frequency not in _UNDER_A_DAY:
        raise Unplaced("unclear_recurrence")
    match fields.frequency:
        case "DAILY" if not any(point.clock for point in phrase.points):
            fields.times.update(_spread(n))
        case "DAILY":
            pass
        case "WEEKLY" if n in _WEEKLY_SPREAD and not any(point.has_day for point in phrase.points):
            fields.weekdays.update(_WEEKLY_SPREAD[n])
        case "MONTHLY" if n == 2 and not any(point.has_day for point in phrase.points):
            fields.by_month_day += [1, 15]
        case "HOURLY" if 60 * fields.interval % n == 0:
            fields.frequency, fields.interval = "MINUTELY", 60 * fields.interval // n
        case _:
            raise Unplaced("unclear_recurrence")
    fields.ambiguous = fields.frequency not in _UNDER_A_DAY


def _spread(n: int) -> list[dt.time]:
    """n times between 8 and 20 o'clock, on full half hours."""
    if n == 1:
        return [dt.time(9)]
    if n > 24:
        raise Unplaced("unclear_recurrence")
    minutes = [480 + round(720 * k / (n - 1) / 30) * 30 for k in range(n)]
    return [dt.time(minute // 60, minute % 60) for minute in minutes]


def _day(point: Point, fields: _Fields, phrase: Phrase, context: Context) -> None:
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


def _on_weekdays(days: tuple[int, ...], week: int | None, fields: _Fields, context: Context) -> None:
    if fields.frequency == "YEARLY":
        raise Unplaced("unclear_recurrence")
    fields.at_least("WEEKLY")
    fields.weekdays.update(days)
    if week:
        fields.start = context.today + (7 * week - context.today.weekday() + days[0]) * _DAY


def _on_date(days: tuple[int, ...], month: int | None, fields: _Fields) -> None:
    longest = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
    if month is not None and not 1 <= month <= 12:
        raise Unplaced("impossible")
    if any(day > (longest.get(month, 31) if month else 31) or day == 0 for day in days):
        raise Unplaced("impossible")
    if fields.frequency in ("WEEKLY", *_UNDER_A_DAY):
        raise Unplaced("unclear_recurrence")
    if month is not None:
        fields.at_least("YEARLY")
        fields.by_month.append(month)
    else:
        if fields.frequency == "YEARLY" and not fields.by_month:
            raise Unplaced("unclear_recurrence")
        fields.at_least("MONTHLY")
    fields.by_month_day += days


def _on_ordinal(ordinal: Ordinal, month: int | None, fields: _Fields, phrase: Phrase, context: Context) -> None:
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


def _in_week(ordinal: Ordinal, fields: _Fields) -> None:
    """每周第一个工作日, 每周最后一天."""
    if isinstance(ordinal.what, int):
        raise Unplaced("unclear_recurrence")
    length = 5 if ordinal.what == "workday" else 7
    days = {place - 1 if place > 0 else length + place for place in ordinal.places}
    if not days <= set(range(length)):
        raise Unplaced("impossible")
    fields.weekdays |= days


def _anchor_quarter(at_start: bool, fields: _Fields, context: Context) -> None:
    """每季度第一天 is counted from a first month of a quarter, 每季度最后一天 from a last one."""
    month = 3 * ((context.today.month - 1) // 3) + (1 if at_start else 3)
    fields.start = max(context.today, month_start(context.today.year, month))
    if at_start and fields.start != month_start(context.today.year, month):
        fields.start = month_start(context.today.year, month + 3)


def _on_festival(named: Fixed | NthDay | Moon | Term | AfterEaster, fields: _Fields) -> None:
    if fields.frequency not in (None, "YEARLY") or fields.lunar or fields.by_month:
        raise Unplaced("unclear_recurrence")
    fields.frequency = "YEARLY"
    match named:
        case Fixed(month, day):
            fields.by_month.append(month)
            fields.by_month_day.append(day)
        case NthDay(month, n, weekday, 0):
            fields.by_month.append(month)
            fields.by_day.append(f"{n}{CODES[weekday]}")
        case Moon(month, day):
            fields.lunar, fields.short = (month, day), day == 30
        case _:
            raise Unplaced("unclear_recurrence")


def _on_stretch(stretch: Stretch, month: int | None, fields: _Fields, context: Context, point: Point) -> None:
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


def _clock_times(phrase: Phrase, fields: _Fields, context: Context) -> None:
    """The times of a day. A part alone takes its usual hour, or the clock time of the part after it (早晚八点)."""
    if phrase.range_end is not None and phrase.points:
        _window(phrase.points[-1], phrase.range_end, fields, context)
        if fields.window is not None:
            return
    by_24 = any(point.clock.hour > 12 for point in phrase.points if point.clock)
    waiting: list[Point] = []
    previous: Point | None = None
    for point in phrase.points:
        if point.clock is None:
            waiting += [point] if point.parts else []
            continue
        parts = [part.name for earlier in waiting for part in earlier.parts] + [part.name for part in point.parts]
        inherited = previous.parts[-1].name if previous and previous.parts and not parts else None
        each: list[PartName | None] = [*parts] or [None]
        for part in each:
            options = readings(point.clock, part)
            if inherited is not None and len(options) > 1:
                options = readings(point.clock, inherited)
            if by_24:
                options = options[:1]  # 9:00, 14:00 and 21:00 count to 24
            chosen = preferred(options, context.hint, context.preferences)
            fields.times.add(chosen.time)
            fields.ambiguous = fields.ambiguous or (
                len(options) > 1 and context.hint is None and point.clock.hour != 12
            )
        waiting, previous = [], point if point.parts else previous
    if not fields.times or (waiting and not any(point.clock for point in phrase.points)):
        parts_only = {usual(part.name, context.preferences) for point in waiting for part in point.parts}
        fields.times = parts_only or fields.times
    if fields.frequency in _UNDER_A_DAY and fields.times:
        if len(waiting) == 1 and not any(point.clock for point in phrase.points):
            raise Unplaced("unclear_recurrence")
        fields.window, fields.times = (min(fields.times), dt.time(23, 59)), set()


def _window(first: Point, last: Point, fields: _Fields, context: Context) -> None:
    if fields.frequency in _UNDER_A_DAY:
        fields.window = time_window(first, last)
        if fields.window is None and (first.clock or first.parts) and (last.clock or last.parts):
            fields.window = _edge(first, "start", context), _edge(last, "end", context)


def _edge(point: Point, side: Literal["start", "end"], context: Context) -> dt.time:
    """凌晨到早上6点: a part of day begins and ends with its hours."""
    if point.clock is not None:
        part = point.parts[-1].name if point.parts else None
        return preferred(readings(point.clock, part), context.hint, context.preferences).time
    hours = PARTS[point.parts[0].name]
    return hours.start if side == "start" else hours.end or dt.time(23, 59)


def _bounds(phrase: Phrase, fields: _Fields, context: Context) -> None:
    first, last = phrase.start, phrase.until
    if first and last and not first.has_day and not last.has_day and fields.frequency in _UNDER_A_DAY:
        fields.window = time_window(first, last)
        first = last = None
    if first is not None:
        _start(first, fields, context)
    if last is not None:
        _until(last, fields, context)
    if phrase.times is not None and phrase.times.total:
        fields.count = phrase.times.n
    if phrase.length is not None and phrase.length.way == "after":
        fields.start = add(context.today, phrase.length)
    if phrase.span is not None:
        _span(phrase.span, fields, context)


def _start(point: Point, fields: _Fields, context: Context) -> None:
    if point.has_day:
        placed = place(point, context.today)
        if placed is None:
            raise Unplaced("impossible")
        fields.start = placed.dates[0]
    if point.clock is not None:
        part = point.parts[-1].name if point.parts else None
        time = preferred(readings(point.clock, part), context.hint, context.preferences).time
        if fields.frequency in _UNDER_A_DAY:
            fields.window = (time, fields.window[1] if fields.window else dt.time(23, 59))
        elif not fields.times:
            fields.times.add(time)
    elif point.parts and not fields.times and fields.frequency not in _UNDER_A_DAY:
        fields.times.add(usual(point.parts[0].name, context.preferences))


def _until(point: Point, fields: _Fields, context: Context) -> None:
    if not point.has_day:
        if point.clock is None or fields.frequency not in _UNDER_A_DAY:
            raise Unplaced("unclear_recurrence")
        part = point.parts[-1].name if point.parts else None
        end = preferred(readings(point.clock, part), context.hint, context.preferences).time
        fields.window = (fields.window[0] if fields.window else dt.time(), end)
        return
    bare = Point(scopes=point.scopes, day=point.day)
    placed = place(bare, context.today)
    if placed is not None and fields.start is not None and placed.dates[0] < fields.start:
        placed = place(bare, fields.start)
    if placed is None:
        raise Unplaced("impossible")
    fields.until = placed.dates[0] + (placed.days - 1) * _DAY
    if fields.until < context.today:
        raise Unplaced("past")


def _span(span: Length, fields: _Fields, context: Context) -> None:
    """接下来五天每天: five times; another length ends the rule after it."""
    seconds = {"MINUTELY": 60, "HOURLY": 3600}.get(fields.frequency or "", 0) * fields.interval
    if seconds and span.seconds and not span.days and not span.months:
        fields.count = max(1, span.seconds // seconds)
        return
    per_day = max(1, len(fields.times))
    unit_days = {"DAILY": 1, "WEEKLY": 7}.get(fields.frequency or "", 0)
    if unit_days and not span.months and not span.seconds and span.days % unit_days == 0 and fields.interval == 1:
        plain = per_day == 1 and (fields.frequency == "DAILY" or len(fields.weekdays) <= 1)
        if (plain and not fields.weekdays) or (plain and fields.frequency == "WEEKLY"):
            fields.count = span.days // unit_days
            return
    if fields.frequency == "MONTHLY" and span.months and not span.days and fields.interval == 1 and per_day == 1:
        fields.count = span.months
        return
    first = fields.start or context.today
    fields.until = add(first, replace(span, seconds=0)) - _DAY if span.days or span.months else first


def _except(phrase: Phrase, fields: _Fields, context: Context) -> None:
    """Weekdays left out become the days that stay; a single day becomes an exception."""
    for point in phrase.excluded:
        match point.day:
            case Weekdays(days, None):
                _leave_out(set(days), fields)
            case Workdays(None):
                _leave_out(set(range(5)), fields)
            case _ if point.has_day:
                placed = place(point, context.today)
                if placed is None:
                    raise Unplaced("impossible")
                fields.excluded += [placed.dates[0] + n * _DAY for n in range(min(placed.days, 60))]
            case _:
                raise Unplaced("unclear_recurrence")


def _leave_out(days: set[int], fields: _Fields) -> None:
    if fields.by_day or fields.by_month_day or fields.lunar or (fields.interval > 1 and fields.frequency == "DAILY"):
        raise Unplaced("unclear_recurrence")
    kept = (fields.weekdays or set(range(7))) - days
    if not kept or fields.frequency not in ("DAILY", "WEEKLY", *_UNDER_A_DAY):
        raise Unplaced("unclear_recurrence")
    fields.weekdays = kept


def _earlier(lead: Length, fields: _Fields) -> None:
    """提前十分钟 moves the times of a rule, 提前一天 its days; what crosses midnight or a month cannot be told simply."""
    if lead.seconds and not lead.days and not lead.months:
        moved = {60 * time.hour + time.minute - lead.seconds // 60 for time in fields.times}
        if not moved or min(moved) < 0:
            raise Unplaced("unclear_recurrence")
        fields.times = {dt.time(minute // 60, minute % 60) for minute in moved}
        return
    if fields.weekdays and not lead.months and not lead.seconds and not fields.set_pos:
        fields.weekdays = {(day - lead.days) % 7 for day in fields.weekdays}
        return
    if fields.by_month_day and not lead.months and not lead.seconds and min(fields.by_month_day) > lead.days:
        fields.by_month_day = [day - lead.days for day in fields.by_month_day]
        return
    raise Unplaced("unclear_recurrence")


def several_times(phrase: Phrase, context: Context) -> list[dt.datetime]:
    """The moments of a list without 每 (明天和后天早上8点, 明天早上8点和晚上8点) that are still to come, in order."""
    days: list[dt.date] = []
    for point in phrase.points:
        if point.has_day and (placed := place(point, context.today)) is not None and placed.days == 1:
            days.append(placed.dates[0])
    fields = _Fields(frequency="DAILY")
    _clock_times(phrase, fields, context)
    times = sorted(fields.times) or [dt.time(context.preferences.default_hour)]
    if not days:
        coming = [time > context.now.time() for time in times]
        if any(coming) and not all(coming):
            raise Unplaced("unclear_recurrence")  # 早上8点和晚上8点 said in between
        days.append(context.today if all(coming) else context.today + _DAY)
    moments = {dt.datetime.combine(day, time) for day in days for time in times}
    return sorted(moment for moment in moments if moment > context.now)


def rule_of_several(moments: list[dt.datetime], said_hours: bool) -> Recurrence | None:
    """A few moments as a rule that ends after them; None where no rule of days or weeks holds exactly them."""
    days, times = sorted({moment.date() for moment in moments}), sorted({moment.time() for moment in moments})
    if len(moments) < 2 or len(days) * len(times) != len(moments) or (days[-1] - days[0]).days > 6:
        return None
    clock = tuple(times) if said_hours else ()
    if len(days) == 1 or (days[-1] - days[0]).days == len(days) - 1:
        return Recurrence("DAILY", times=clock, start=days[0], count=len(moments))
    codes = tuple(CODES[day] for day in sorted({day.weekday() for day in days}))
    return Recurrence("WEEKLY", by_day=codes, times=clock, start=days[0], count=len(moments))
