"""A Chinese phrase that happens once: an instant, a window or a length of time from now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from core.language.grammar.chinese_clock import Context, Reading, bounds, readings
from core.language.grammar.chinese_days import LAST_YEAR, Placed, add, place
from core.language.grammar.chinese_phrase import Phrase, Point
from core.language.grammar.chinese_words import Date, Festival, Length, PartName, Relative, Stretch, Weekdays
from core.language.grammar.days import monday_of
from core.language.values import Delta, Instant, When, Window

_DAY = dt.timedelta(days=1)
_MINUTE = dt.timedelta(minutes=1)
_MIDNIGHT = dt.time()


@dataclass(frozen=True, slots=True)
class Once:
    """`when` None: the words name a day that does not exist. `past`: it is over."""

    when: When | None
    past: bool = False


def once(phrase: Phrase, context: Context, asked: bool = False) -> Once:
    """The one time that a phrase names. `asked`: of a reminder, where 三天内 is a deadline and no stretch of time."""
    if phrase.now:
        return Once(Instant(context.now, "second"))
    length = phrase.length
    if length is not None and length.way == "within" and asked:
        end = _later(context.now, length)
        return Once(Instant(end.replace(second=0, microsecond=0)) if length.seconds else _whole_day(end.date()))
    if length is not None and length.way != "within":
        return _moved(phrase, length, context)
    if length is None and phrase.bare is not None and not phrase.points:
        return _moved(phrase, replace(phrase.bare, way="after"), context)
    stretch = length or (phrase.span if not phrase.points else None)
    if stretch is not None:
        return Once(Window(context.now, _later(context.now, stretch), "minute" if stretch.seconds else "day"))
    point = merged(phrase.points)
    if phrase.range_end is not None:
        return _range(point, phrase.range_end, context)
    instant = at(point, context)
    if instant is None:
        return Once(None)
    if isinstance(point.day, Weekdays) and point.day.run and not point.has_hour:
        end = instant.local + len(point.day.days) * _DAY
        return Once(Window(instant.local, end, "day"), end <= context.now)
    return _finish(phrase, instant, context)


def _finish(phrase: Phrase, instant: Instant, context: Context) -> Once:
    """The instant with what the words around it add: 前三天, 提前, 期间, 之前, 以后."""
    if phrase.offset is not None:
        instant = _offset(instant, phrase.offset, 1 if phrase.offset.way == "offset_on" else -1)
    if phrase.lead is not None:
        instant = _offset(instant, phrase.lead, -1)
    if phrase.side == "between":
        end = end_of(instant)
        return Once(Window(max(instant.local, context.now), end, instant.grain), end <= context.now)
    if phrase.side == "or_before":
        return Once(Window(None, end_of(instant) if instant.grain == "day" else instant.local, instant.grain))
    if phrase.side in ("after", "or_after"):
        return Once(Window(instant.local, None, instant.grain))
    return Once(instant, is_past(instant, context.now))


def is_past(instant: Instant, now: dt.datetime) -> bool:
    """A day is over when it ends, a moment when its minute ends."""
    return end_of(instant) <= now.replace(second=0, microsecond=0)


def end_of(instant: Instant) -> dt.datetime:
    if instant.window is not None:
        return instant.window[1]
    return instant.local + (_DAY if instant.grain == "day" else _MINUTE)


def merged(points: list[Point]) -> Point:
    """Points that complete one another as one: the day of one, the clock time of another."""
    whole = Point()
    for point in points:
        if not whole.has_day:
            whole.scopes, whole.day = point.scopes, point.day
        whole.parts = whole.parts or point.parts
        whole.clock = whole.clock or point.clock
    return whole


def at(point: Point, context: Context) -> Instant | None:
    """The instant of one point; None where its day or its clock time does not exist."""
    if point.clock is not None and not point.clock.exists:
        return None
    if not point.has_day:
        return _on_no_day(point, context)
    placed = place(point, context.today)
    if placed is None:
        return None
    if point.clock is not None:
        eve = isinstance(point.day, Festival) and point.day.name.endswith("夜") and not point.parts  # 平安夜8点
        options = readings(point.clock, "evening") if eve else point.readings
        return _first_coming(placed, options, context, _is_open(point, options, context))
    if point.parts:
        days = [_part_on(day, point.parts[0].name, context) for day in placed.dates]
        return next((one for one in days if end_of(one) > context.now), days[-1])
    return _whole(placed, context)


def _is_open(point: Point, options: tuple[Reading, ...], context: Context) -> bool:
    return len(options) > 1 and context.hint is None and point.clock is not None and point.clock.hour != 12


def _whole_day(day: dt.date) -> Instant:
    return Instant(dt.datetime.combine(day, _MIDNIGHT), "day")


def _whole(placed: Placed, context: Context) -> Instant:
    first = _whole_day(placed.dates[0])
    if placed.grain == "day":
        return first
    start, end = first.local, dt.datetime.combine(placed.end, _MIDNIGHT)
    shown = _whole_day(context.today).local if start < context.now < end else start
    return Instant(shown, placed.grain, (start, end))


def _first_coming(placed: Placed, options: tuple[Reading, ...], context: Context, left_open: bool) -> Instant:
    """The chosen reading on the first of the dates where it is still to come."""
    for day in placed.dates:
        coming = tuple(option for option in options if option.on(day) > context.now)
        if coming:
            chosen = context.preferred(coming) if len(coming) == len(options) else coming[0]
            return Instant(chosen.on(day), ambiguous=left_open)
    return Instant(context.preferred(options).on(placed.dates[-1]), ambiguous=left_open)


def _on_no_day(point: Point, context: Context) -> Instant:
    if point.clock is None:
        today, tomorrow = (_part_on(context.today + n * _DAY, point.parts[0].name, context) for n in (0, 1))
        return today if end_of(today) > context.now else tomorrow
    options = point.readings
    left_open = _is_open(point, options, context)
    if context.hint is not None and len(options) > 1:
        options = (context.preferred(options),)
    moments = sorted((option.on(context.today + n * _DAY), option) for n in range(-1, 3) for option in options)
    coming = [(moment, option) for moment, option in moments if moment > context.now]
    awake = [moment for moment, option in coming[: len(options)] if len(options) == 1 or context.waking(option)]
    return Instant(awake[0] if awake else coming[0][0], ambiguous=left_open)


def _part_on(day: dt.date, part: PartName, context: Context) -> Instant:
    start, end = bounds(day, part)
    if start < context.now < end:
        start = min(context.now.replace(second=0, microsecond=0), end - 2 * _MINUTE) + _MINUTE
    return Instant(start, "part", (start, end))


def _later(moment: dt.datetime, length: Length, sign: int = 1) -> dt.datetime:
    day = add(moment.date(), length, sign)
    return dt.datetime.combine(day, moment.time()) + sign * dt.timedelta(seconds=length.seconds)


def _moved(phrase: Phrase, length: Length, context: Context) -> Once:
    """三天后, 两周后的周三下午三点, 三小时后, 三天前."""
    back = length.way == "before"
    if not (back or length.months or length.days or length.workdays):
        return Once(Delta(max(0, length.seconds)))
    moment = _later(context.now, length, -1 if back else 1)
    if moment.year > LAST_YEAR:
        return Once(None)
    point = merged(phrase.points)
    if length.seconds:
        return Once(Instant(moment.replace(second=0, microsecond=0)), back)
    if point.has_day:
        return _in_stretch_of(point, moment.date(), context)
    if point.has_hour:
        point.day = Relative((moment.date() - context.today).days)
        return Once(at(point, context), back)
    return Once(_whole_day(moment.date()), back)


def _in_stretch_of(point: Point, day: dt.date, context: Context) -> Once:
    """两周后的周三 is a day of that week, 三个月后的5号 of that month, 一年后的今天 that day."""
    match point.day:
        case Weekdays(days, None):
            point.day = Weekdays(days, (monday_of(day) - monday_of(context.today)).days // 7)
        case Date(days, None):
            point.day = Date(days, day.month, day.year)
        case Relative(ahead):
            point.day = Relative((day - context.today).days + ahead)
        case _:
            return Once(None)
    found = at(point, context)
    return Once(found, found is not None and is_past(found, context.now))


def _offset(instant: Instant, length: Length, sign: int) -> Instant:
    local = instant.local
    if instant.grain == "part" and local.hour == 12 and length.seconds:
        return Instant(_later(local, length, sign))  # 中午前一小时
    if instant.grain != "minute" and length.seconds and not length.days:
        return instant  # ten minutes before a day says nothing
    moved = _later(local, length, sign)
    window = (moved, moved + (instant.window[1] - instant.window[0])) if instant.window else None
    return replace(instant, local=moved, window=window)


def _range(first: Point, last: Point, context: Context) -> Once:
    """下午三点到五点, 周一到周三, 3月5日到8日: the end takes from the start what it leaves out."""
    start = at(first, context)
    end = None if start is None else _end_of_range(_completed(first, last), start, context)
    if start is None or end is None:
        return Once(None)
    return Once(Window(start.local, end, start.grain), end <= context.now)


def _completed(first: Point, last: Point) -> Point:
    whole = Point(scopes=last.scopes, day=last.day, parts=last.parts, clock=last.clock)
    match first.day, last.day:
        case _, None if not last.scopes:
            whole.scopes, whole.day = first.scopes, first.day
        case _, None if first.scopes and first.scopes[0].year and last.scopes[0].unit == "month":
            whole.scopes = [Stretch("year", year=first.scopes[0].year), *last.scopes]
        case _, Date(days, None) if not last.scopes:
            whole.scopes = first.scopes
            if isinstance(first.day, Date):
                whole.day = Date(days, first.day.month, first.day.year)
        case Date(_, _, year), Date(days, month, None):
            whole.day = Date(days, month, year)
        case Weekdays(_, week), Weekdays(_, None) as weekdays:
            whole.day = replace(weekdays, week=week)
    return whole


def _end_of_range(last: Point, start: Instant, context: Context) -> dt.datetime | None:
    if last.clock is not None:
        day = start.local.date()
        if last.has_day:
            placed = place(last, context.today)
            if placed is None:
                return None
            day = next((d for d in placed.dates if d >= day), placed.dates[-1])
        ends = [option.on(day) for option in last.readings]
        return next((end for end in ends if end > start.local), ends[-1] + _DAY)
    end = at(last, context)
    if end is not None and end.local < start.local:
        end = at(last, replace(context, now=start.local, hint=None)) or end
    return None if end is None else end.local + _DAY if end.grain == "day" else end_of(end)
