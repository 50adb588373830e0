"""A Chinese phrase that happens once: an instant, a window or a length of time from now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from core.language.grammar.chinese_clock import Hint, Reading, bounds, preferred, readings, waking
from core.language.grammar.chinese_days import LAST_YEAR, Placed, add, place
from core.language.grammar.chinese_phrase import Phrase, Point
from core.language.grammar.chinese_words import Date, Festival, Length, PartName, Relative, Stretch, Weekdays
from core.language.values import Delta, Grain, Instant, Preferences, When, Window

_DAY = dt.timedelta(days=1)
_MIDNIGHT = dt.time()


@dataclass(frozen=True, slots=True)
class Context:
    """What a phrase is read against. `now` is naive, on the person's wall clock."""

    now: dt.datetime
    preferences: Preferences
    hint: Hint | None = None

    @property
    def today(self) -> dt.date:
        return self.now.date()


@dataclass(frozen=True, slots=True)
class Once:
    """`when` None: the words name a day that does not exist. `past`: it is over."""

    when: When | None
    past: bool = False


def once(phrase: Phrase, context: Context, asked: bool = False) -> Once:
    """The one time that a phrase names. `asked`: of a reminder, where 三天内 is a deadline and no stretch of time."""
    if phrase.now:
        return Once(Instant(context.now, "second"))
    if phrase.length is not None and phrase.length.way == "within" and asked:
        end = _later(context.now, phrase.length)
        if phrase.length.seconds:
            return Once(Instant(end.replace(second=0, microsecond=0)))
        return Once(Instant(dt.datetime.combine(end.date(), _MIDNIGHT), "day"))
    if phrase.length is not None and phrase.length.way == "within":
        return Once(Window(context.now, _later(context.now, phrase.length), _grain(phrase.length)))
    if phrase.length is not None:
        return _moved(phrase, phrase.length, context)
    if phrase.bare is not None and not phrase.points:
        return _moved(phrase, replace(phrase.bare, way="after"), context)
    if phrase.span is not None and not phrase.points:
        return Once(Window(context.now, _later(context.now, phrase.span), _grain(phrase.span)))
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
    if phrase.offset is not None:
        instant = _offset(instant, phrase.offset, 1 if phrase.offset.way == "offset_on" else -1)
    if phrase.lead is not None:
        instant = _offset(instant, phrase.lead, -1)
    if phrase.inside:
        end = end_of(instant)
        return Once(Window(max(instant.local, context.now), end, instant.grain), end <= context.now)
    if phrase.or_before:
        return Once(Window(None, end_of(instant) if instant.grain == "day" else instant.local, instant.grain))
    if phrase.after:
        return Once(Window(instant.local, None, instant.grain))
    return Once(instant, is_past(instant, context.now))


def is_past(instant: Instant, now: dt.datetime) -> bool:
    """A day is over when it ends, a moment when its minute ends."""
    if instant.grain in ("minute", "hour", "second"):
        return instant.local < now.replace(second=0, microsecond=0)
    return end_of(instant) <= now


def end_of(instant: Instant) -> dt.datetime:
    if instant.window is not None:
        return instant.window[1]
    return instant.local + (_DAY if instant.grain == "day" else dt.timedelta(minutes=1))


def merged(points: list[Point]) -> Point:
    """Points that complete one another as one: the day of one, the clock time of another."""
    whole = Point()
    for point in points:
        if not whole.has_day and point.has_day:
            whole.scopes, whole.day = point.scopes, point.day
        if not whole.parts:
            whole.parts = point.parts
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
        part = point.parts[-1].name if point.parts else _part_of_day_named(point)
        return _first_coming(placed, readings(point.clock, part), context, point)
    if point.parts:
        days = [_part_on(day, point.parts[0].name, context) for day in placed.dates]
        return next((one for one in days if one.window and one.window[1] > context.now), days[-1])
    return _whole(placed, context)


def _part_of_day_named(point: Point) -> PartName | None:
    """平安夜8点 is in the evening."""
    return "evening" if isinstance(point.day, Festival) and point.day.name.endswith("夜") else None


def _whole(placed: Placed, context: Context) -> Instant:
    start = dt.datetime.combine(placed.dates[0], _MIDNIGHT)
    if placed.grain == "day":
        return Instant(start, "day")
    end = dt.datetime.combine(placed.end, _MIDNIGHT)
    running = start < context.now < end
    return Instant(dt.datetime.combine(context.today, _MIDNIGHT) if running else start, placed.grain, (start, end))


def _first_coming(placed: Placed, options: tuple[Reading, ...], context: Context, point: Point) -> Instant:
    """The chosen reading on the first of the dates where it is still to come."""
    ambiguous = len(options) > 1 and context.hint is None and point.clock is not None and point.clock.hour != 12
    for day in placed.dates:
        coming = tuple(option for option in options if option.on(day) > context.now)
        if coming:
            chosen = preferred(coming, context.hint, context.preferences) if len(coming) == len(options) else coming[0]
            return Instant(chosen.on(day), "minute", None, ambiguous)
    return Instant(
        preferred(options, context.hint, context.preferences).on(placed.dates[-1]), "minute", None, ambiguous
    )


def _on_no_day(point: Point, context: Context) -> Instant:
    if point.clock is None:
        part = point.parts[0].name
        today = _part_on(context.today, part, context)
        return (
            today if today.window and today.window[1] > context.now else _part_on(context.today + _DAY, part, context)
        )
    options = readings(point.clock, point.parts[-1].name if point.parts else None)
    if context.hint is not None and len(options) > 1:
        options = (options[0],) if context.hint == "am" else (options[1],)
    days = (context.today - _DAY, context.today, context.today + _DAY, context.today + 2 * _DAY)
    moments = sorted((option.on(day), waking(option, context.preferences)) for day in days for option in options)
    coming = [(moment, awake) for moment, awake in moments if moment > context.now]
    chosen = next((moment for moment, awake in coming[:2] if awake), coming[0][0]) if len(options) > 1 else coming[0][0]
    return Instant(chosen, "minute", None, len(options) > 1 and point.clock.hour != 12)


def _part_on(day: dt.date, part: PartName, context: Context) -> Instant:
    start, end = bounds(day, part)
    if start < context.now < end:
        start = context.now.replace(second=0, microsecond=0) + dt.timedelta(minutes=1)
        start = min(start, end - dt.timedelta(minutes=1))
    return Instant(start, "part", (start, end))


def _grain(length: Length) -> Grain:
    return "minute" if length.seconds else "day"


def _later(moment: dt.datetime, length: Length, sign: int = 1) -> dt.datetime:
    day = add(moment.date(), length, sign)
    return dt.datetime.combine(day, moment.time()) + sign * dt.timedelta(seconds=length.seconds)


def _moved(phrase: Phrase, length: Length, context: Context) -> Once:
    """三天后, 两周后的周三下午三点, 三小时后, 三天前."""
    back = length.way == "before"
    only_seconds = not (length.months or length.days or length.workdays)
    if only_seconds and not back:
        return Once(Delta(max(0, length.seconds)))
    if length.months > 2400 or length.days > 80_000:
        return Once(None)
    moment = _later(context.now, length, -1 if back else 1)
    if moment.year > LAST_YEAR:
        return Once(None)
    point = merged(phrase.points)
    if length.seconds:
        return Once(Instant(moment.replace(second=0, microsecond=0), "minute"), back)
    if point.has_day:
        return _in_stretch_of(point, moment, context)
    if point.has_hour:
        point.day = Relative((moment.date() - context.today).days)
        found = at(point, context)
        return Once(found, back)
    return Once(Instant(dt.datetime.combine(moment.date(), _MIDNIGHT), "day"), back)


def _in_stretch_of(point: Point, moment: dt.datetime, context: Context) -> Once:
    """两周后的周三 is a day of that week, 三个月后的5号 of that month."""
    match point.day:
        case Weekdays(days, None):
            weeks = (
                (moment.date() - _DAY * moment.weekday()) - (context.today - _DAY * context.today.weekday())
            ).days // 7
            point.day = Weekdays(days, weeks)
        case Date(days, None):
            point.day = Date(days, moment.month, moment.year)
        case Relative(days):
            point.day = Relative((moment.date() - context.today).days + days)  # 一年后的今天
        case _:
            return Once(None)
    found = at(point, context)
    return Once(found, found is not None and is_past(found, context.now))


def _offset(instant: Instant, length: Length, sign: int) -> Instant:
    local = instant.local
    if instant.grain == "part" and local.hour == 12 and length.seconds:
        return Instant(_later(local, length, sign))  # 中午前一小时
    if instant.grain not in ("minute", "hour", "second") and length.seconds and not length.days:
        return instant  # ten minutes before a day says nothing
    moved = _later(local, length, sign)
    window = (moved, moved + (instant.window[1] - instant.window[0])) if instant.window else None
    return replace(instant, local=moved, window=window)


def _range(first: Point, last: Point, context: Context) -> Once:
    """下午三点到五点, 周一到周三, 3月5日到8日: the end takes from the start what it leaves out."""
    start = at(first, context)
    if start is None:
        return Once(None)
    last = _completed(first, last)
    end = _end_of_range(last, start, context)
    if end is None:
        return Once(None)
    return Once(Window(start.local, end, start.grain), end <= context.now)


def _completed(first: Point, last: Point) -> Point:
    whole = Point(scopes=last.scopes, day=last.day, parts=last.parts, clock=last.clock)
    if not last.has_day:
        whole.scopes, whole.day = first.scopes, first.day
    elif isinstance(last.day, Date) and last.day.month is None and not last.scopes:
        if isinstance(first.day, Date):
            whole.day = replace(last.day, month=first.day.month, year=first.day.year)
        whole.scopes = first.scopes
    elif isinstance(last.day, Weekdays) and last.day.week is None and isinstance(first.day, Weekdays):
        whole.day = replace(last.day, week=first.day.week)
    elif (
        isinstance(last.day, Date)
        and last.day.year is None
        and isinstance(first.day, Date)
        and first.day.year is not None
    ):
        whole.day = replace(last.day, year=first.day.year)
    elif last.scopes and not last.day and first.scopes and first.scopes[0].year and last.scopes[0].unit == "month":
        whole.scopes = [Stretch("year", year=first.scopes[0].year), *last.scopes]
    return whole


def _end_of_range(last: Point, start: Instant, context: Context) -> dt.datetime | None:
    if last.clock is not None:
        day = start.local.date()
        if last.has_day:
            placed = place(last, context.today)
            if placed is None:
                return None
            day = next((d for d in placed.dates if d >= day), placed.dates[-1])
        options = readings(last.clock, last.parts[-1].name if last.parts else None)
        ends = [option.on(day) for option in options]
        return next((end for end in ends if end > start.local), ends[-1] + _DAY)
    end = at(last, context)
    if end is None:
        return None
    if end.local < start.local:
        end = at(last, Context(start.local, context.preferences)) or end
    whole_day = end.grain == "day"
    return end.local + _DAY if whole_day else end_of(end)


def time_window(first: Point, last: Point) -> tuple[dt.time, dt.time] | None:
    """The clock times of 9点到17点 for a rule under a day, read so that the end lies after the start."""
    if first.clock is None or last.clock is None:
        return None
    starts = readings(first.clock, first.parts[-1].name if first.parts else None)
    ends = readings(last.clock, last.parts[-1].name if last.parts else None)
    pairs = [(start, end) for start in starts for end in ends if end.minutes > start.minutes]
    waking_pairs = [pair for pair in pairs if pair[0].minutes >= 5 * 60] or pairs
    start, end = min(waking_pairs, key=lambda pair: pair[0].minutes) if pairs else (starts[0], ends[0])
    return start.time, end.time
