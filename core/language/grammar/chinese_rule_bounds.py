"""The clock times of a Chinese rule, and where it starts, ends and is left out."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Literal

from core.language.grammar.chinese_clock import preferred, readings, usual
from core.language.grammar.chinese_days import add, place
from core.language.grammar.chinese_fields import UNDER_A_DAY, Fields, Unplaced
from core.language.grammar.chinese_once import Context, at, time_window
from core.language.grammar.chinese_phrase import Phrase, Point
from core.language.grammar.chinese_words import (
    PARTS,
    Length,
    PartName,
    Weekdays,
    Workdays,
)

_DAY = dt.timedelta(days=1)


def add_times(phrase: Phrase, fields: Fields, context: Context) -> None:
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
        if not point.clock.exists:
            raise Unplaced("impossible")
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
    if fields.frequency in UNDER_A_DAY and fields.times:
        if len(waiting) == 1 and not any(point.clock for point in phrase.points):
            raise Unplaced("unclear_recurrence")
        fields.window, fields.times = (min(fields.times), dt.time(23, 59)), set()


def _window(first: Point, last: Point, fields: Fields, context: Context) -> None:
    if fields.frequency in UNDER_A_DAY:
        fields.window = time_window(first, last)
        if fields.window is None and (first.clock or first.parts) and (last.clock or last.parts):
            fields.window = _edge(first, "start", context), _edge(last, "end", context)


def _edge(point: Point, side: Literal["start", "end"], context: Context) -> dt.time:
    """凌晨到早上6点: a part of day begins and ends with its hours."""
    if point.clock is not None:
        part = point.parts[-1].name if point.parts else None
        return preferred(readings(point.clock, part), context.hint, context.preferences).time
    hours = PARTS[point.parts[0].name]
    return dt.time(hours.first) if side == "start" else dt.time(hours.end) if hours.end < 24 else dt.time(23, 59)


def add_bounds(phrase: Phrase, fields: Fields, context: Context) -> None:
    first, last = phrase.start, phrase.until
    if first and last and not first.has_day and not last.has_day and fields.frequency in UNDER_A_DAY:
        fields.window = time_window(first, last)
        first = last = None
    if first is not None:
        _start(first, fields, context)
    if last is not None:
        _until(last, fields, phrase, context)
    if phrase.times is not None and phrase.times.total:
        fields.count = phrase.times.n
    if phrase.length is not None and phrase.length.way == "after":
        fields.start = add(context.today, phrase.length)
    if phrase.span is not None:
        _span(phrase.span, fields, context)


def _start(point: Point, fields: Fields, context: Context) -> None:
    if point.has_day:
        placed = place(point, context.today)
        if placed is None:
            raise Unplaced("impossible")
        fields.start = placed.dates[0]
    if point.clock is not None:
        part = point.parts[-1].name if point.parts else None
        time = preferred(readings(point.clock, part), context.hint, context.preferences).time
        if fields.frequency in UNDER_A_DAY:
            fields.window = (time, fields.window[1] if fields.window else dt.time(23, 59))
        elif not fields.times:
            fields.times.add(time)
    elif point.parts and not fields.times and fields.frequency not in UNDER_A_DAY:
        fields.times.add(usual(point.parts[0].name, context.preferences))


def _until(point: Point, fields: Fields, phrase: Phrase, context: Context) -> None:
    if not point.has_day:
        if point.clock is None or fields.frequency not in UNDER_A_DAY:
            raise Unplaced("unclear_recurrence")
        part = point.parts[-1].name if point.parts else None
        end = preferred(readings(point.clock, part), context.hint, context.preferences).time
        if fields.window is None and not any(every.frequency == "DAILY" for every in phrase.everies):
            _count_until(point, fields, context)
            return
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


def _count_until(point: Point, fields: Fields, context: Context) -> None:
    """每十分钟，直到8点: from now on, as many as there is time for."""
    end = at(point, context)
    step = fields.interval * (3600 if fields.frequency == "HOURLY" else 60)
    if end is None or step <= 0:
        raise Unplaced("impossible")
    fields.start = context.today
    fields.count = max(1, int((end.local - context.now).total_seconds()) // step)


def _span(span: Length, fields: Fields, context: Context) -> None:
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


def leave_out(phrase: Phrase, fields: Fields, context: Context) -> None:
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


def _leave_out(days: set[int], fields: Fields) -> None:
    if fields.by_day or fields.by_month_day or fields.lunar or (fields.interval > 1 and fields.frequency == "DAILY"):
        raise Unplaced("unclear_recurrence")
    kept = (fields.weekdays or set(range(7))) - days
    if not kept or fields.frequency not in ("DAILY", "WEEKLY", *UNDER_A_DAY):
        raise Unplaced("unclear_recurrence")
    fields.weekdays = kept


def move_earlier(lead: Length, fields: Fields) -> None:
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
