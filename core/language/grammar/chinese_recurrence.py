"""What repeats in Chinese, with or without a word of repetition (每天, 工作日早上, 周一三五, 两小时一次): its times and bounds."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from core.language.grammar import chinese_words as zh
from core.language.grammar.chinese_clock import Context, readings
from core.language.grammar.chinese_days import add, place
from core.language.grammar.chinese_once import at
from core.language.grammar.chinese_phrase import Phrase, Point
from core.language.grammar.chinese_rules import UNDER_A_DAY, Fields, Unplaced, add_day, base, placed
from core.language.grammar.days import DAY_CODES
from core.language.values import Recurrence

_DAY = dt.timedelta(days=1)
_LAST_MINUTE = dt.time(23, 59)
REQUEST = re.compile(r"提醒|叫我|喊我|告诉我|通知|闹钟|闹铃|记得|别忘|remind")


def recurrence(phrase: Phrase, context: Context, text: str) -> Recurrence | None:
    """The rule where the phrase repeats, with or without a word of repetition; None where it happens once."""
    if phrase.bare is not None and phrase.times is not None and not phrase.everies:  # 两小时提醒我一次
        phrase.everies.append(phrase.bare.repeats or zh.Every(None, problem="unclear_recurrence"))
        phrase.bare = None
    if not phrase.everies and _is_daily(phrase, text):
        phrase.everies.append(zh.Every("DAILY"))
    if phrase.everies:
        return rule(phrase, context)
    workdays = any(isinstance(point.day, zh.Workdays) for point in phrase.points)
    return _implied(phrase, context) if workdays or phrase.range_end is None else None


def _is_daily(phrase: Phrase, text: str) -> bool:
    """接下来五天早上八点, 从明天开始早上八点: every day without saying so."""
    day_said = any(point.has_day for point in phrase.points)
    if phrase.span is not None and not day_said and (phrase.span.way == "running" or phrase.has_clock):
        return True
    if phrase.times is not None and phrase.times.n > 1 and (phrase.points or phrase.length):
        raise Unplaced("unclear_recurrence")
    if phrase.start is None or not phrase.start.has_day:
        return False
    if phrase.loose_start or phrase.points:
        return phrase.has_clock and phrase.range_end is None
    asked = REQUEST.search(text) is not None
    if asked and not phrase.start.has_hour:
        raise Unplaced("unclear_recurrence")
    return asked


def _implied(phrase: Phrase, context: Context) -> Recurrence | None:
    """工作日早上, 周一三五, 周一到周五七点: several days without 每."""
    months = [scope.month for point in phrase.points for scope in point.scopes if scope.unit == "month" and scope.month]
    if len(months) > 1:
        phrase.everies.append(zh.Every("YEARLY"))  # 1月、4月和7月的1号
        return rule(phrase, context)
    days = [point.day for point in phrase.points if point.day is not None]
    if any(isinstance(day, zh.Workdays) and day.step is None for day in days):
        if not all(isinstance(day, zh.Workdays | zh.Weekdays) for day in days):
            raise Unplaced("unclear_recurrence")  # 工作日12月25日 says two things
        return rule(phrase, context)
    weekdays = [day for day in days if isinstance(day, zh.Weekdays) and not day.weekend]
    if len(weekdays) == len(days) and sum(len(day.days) for day in weekdays) > 1:
        if any(day.run for day in weekdays) and not phrase.has_clock:
            return None
        if all(day.week is None for day in weekdays) or any(len(day.days) > 1 for day in weekdays):
            return rule(phrase, context)
        return _few(phrase, context)
    count = sum(len(day.days) for day in days if isinstance(day, zh.Date))
    if count > 1 and all(isinstance(day, zh.Date) for day in days):
        return replace(rule(phrase, context), count=count)
    if len(days) > 1 or sum(point.clock is not None for point in phrase.points) > 1:
        return _few(phrase, context)
    return None


def _few(phrase: Phrase, context: Context) -> Recurrence | None:
    """A list without 每 (明天和后天早上8点, 明天早上8点和晚上8点) as a rule that ends after what is still to come of it;
    None where no rule of days or weeks holds exactly these moments."""
    named = [found for point in phrase.points if point.has_day and (found := place(point, context.today)) is not None]
    days = {found.dates[0] for found in named if found.days == 1}
    fields = Fields(frequency="DAILY")
    add_times(phrase, fields, context)
    times = fields.times or {dt.time(context.preferences.default_hour)}
    if not days:
        coming = [time > context.now.time() for time in times]
        if any(coming) and not all(coming):
            raise Unplaced("unclear_recurrence")  # 早上8点和晚上8点 said in between
        days = {context.today if all(coming) else context.today + _DAY}
    days = {day for day in days for time in times if dt.datetime.combine(day, time) > context.now}
    moments = [(day, time) for day in days for time in times if dt.datetime.combine(day, time) > context.now]
    first, last = min(days, default=context.today), max(days, default=context.today)
    if len(moments) < 2 or len(days) * len(times) != len(moments) or (last - first).days > 6:
        return None
    clock = tuple(sorted(times)) if phrase.has_clock else ()
    if (last - first).days == len(days) - 1:
        return Recurrence("DAILY", times=clock, start=first, count=len(moments))
    codes = tuple(DAY_CODES[day] for day in sorted(day.weekday() for day in days))
    return Recurrence("WEEKLY", by_day=codes, times=clock, start=first, count=len(moments))


def rule(phrase: Phrase, context: Context) -> Recurrence:
    """The rule of a phrase. Raises Unplaced where it has none."""
    fields = base(phrase)
    for point in phrase.points:
        add_day(point, fields, context)
    add_times(phrase, fields, context)
    _add_bounds(phrase, fields, context)
    _leave_out(phrase, fields, context)
    if phrase.lead is not None:
        _move_earlier(phrase.lead, fields)
    return fields.finished()


def add_times(phrase: Phrase, fields: Fields, context: Context) -> None:
    """The times of a day. A part alone takes its usual hour, or the clock time of the part after it (早晚八点)."""
    under_a_day = fields.frequency in UNDER_A_DAY
    if under_a_day and phrase.range_end is not None and phrase.points:
        fields.window = _window(phrase.points[-1], phrase.range_end, context)
        if fields.window is not None:
            return
    clocks = [point.clock for point in phrase.points if point.clock is not None]
    if not all(clock.exists for clock in clocks):
        raise Unplaced("impossible")
    by_24 = any(clock.hour > 12 for clock in clocks)  # 9:00, 14:00 and 21:00 count to 24
    waiting: list[zh.PartName] = []
    inherited: zh.PartName | None = None
    for point in phrase.points:
        parts: list[zh.PartName] = [*waiting, *(part.name for part in point.parts)]
        if point.clock is None:
            waiting = parts
            continue
        each: list[zh.PartName | None] = [*parts] or [inherited if point.clock.open else None]
        for part in each:
            options = readings(point.clock, part)[: 1 if by_24 else 2]
            fields.times.add(context.preferred(options).time)
            left_open = len(options) > 1 and context.hint is None and point.clock.hour != 12
            fields.ambiguous = fields.ambiguous or left_open
        waiting, inherited = [], point.part or inherited
    if waiting and not clocks:
        fields.times = {context.usual(part) for part in waiting}
        if under_a_day:
            raise Unplaced("unclear_recurrence")
    if under_a_day and fields.times:
        fields.window, fields.times = (min(fields.times), _LAST_MINUTE), set()


def _window(first: Point, last: Point, context: Context) -> tuple[dt.time, dt.time] | None:
    """9点到17点 for a rule under a day, read so that the end lies after the start; 凌晨到早上6点: parts have hours too."""
    if not first.has_hour or not last.has_hour:
        return None
    if first.clock is None or last.clock is None:
        start = dt.time(zh.PARTS[first.parts[0].name].first) if first.clock is None else _time_of(first, context)
        hour = zh.PARTS[last.parts[0].name].end if last.clock is None else 0
        end = _time_of(last, context) if last.clock is not None else dt.time(hour) if hour < 24 else _LAST_MINUTE
        return start, end
    pairs = [(start, end) for start in first.readings for end in last.readings if end.minutes > start.minutes]
    pairs = [pair for pair in pairs if pair[0].minutes >= 5 * 60] or pairs or [(first.readings[0], last.readings[0])]
    start_at, end_at = min(pairs, key=lambda pair: pair[0].minutes)
    return start_at.time, end_at.time


def _time_of(point: Point, context: Context) -> dt.time:
    return context.preferred(point.readings).time


def _add_bounds(phrase: Phrase, fields: Fields, context: Context) -> None:
    first, last = phrase.start, phrase.until
    if first and last and not first.has_day and not last.has_day and fields.frequency in UNDER_A_DAY:
        fields.window = _window(first, last, context)
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
        fields.start = placed(point, context.today).dates[0]
    if point.clock is not None and fields.frequency in UNDER_A_DAY:
        fields.window = (_time_of(point, context), fields.window[1] if fields.window else _LAST_MINUTE)
    elif point.has_hour and not fields.times and fields.frequency not in UNDER_A_DAY:
        time = _time_of(point, context) if point.clock else context.usual(point.parts[0].name)
        fields.times.add(time)


def _until(point: Point, fields: Fields, phrase: Phrase, context: Context) -> None:
    if not point.has_day:
        if point.clock is None or fields.frequency not in UNDER_A_DAY:
            raise Unplaced("unclear_recurrence")
        if fields.window is None and not any(every.frequency == "DAILY" for every in phrase.everies):
            _count_until(point, fields, context)
        else:
            fields.window = (fields.window[0] if fields.window else dt.time(), _time_of(point, context))
        return
    bare = Point(scopes=point.scopes, day=point.day)
    last = placed(bare, context.today)
    if fields.start is not None and last.dates[0] < fields.start:
        last = placed(bare, fields.start)
    fields.until = last.end - _DAY
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


def _span(span: zh.Length, fields: Fields, context: Context) -> None:
    """接下来五天每天: five times; another length ends the rule after it."""
    under_a_day = {"MINUTELY": 60, "HOURLY": 3600}.get(fields.frequency or "", 0) * fields.interval
    if under_a_day and span.seconds and not span.days and not span.months:
        fields.count = max(1, span.seconds // under_a_day)
        return
    steps, rest = 0, 0
    match fields.frequency:
        case "DAILY" if not fields.weekdays:
            steps, rest = span.days, span.months
        case "WEEKLY" if len(fields.weekdays) <= 1:
            steps, rest = span.days // 7, span.days % 7 + span.months
        case "MONTHLY":
            steps, rest = span.months, span.days
    if steps and not rest and not span.seconds and fields.interval == 1 and len(fields.times) <= 1:
        fields.count = steps
        return
    first = fields.start or context.today
    fields.until = add(first, replace(span, seconds=0)) - _DAY if span.days or span.months else first


def _leave_out(phrase: Phrase, fields: Fields, context: Context) -> None:
    """Weekdays left out become the days that stay; a single day becomes an exception."""
    for point in phrase.excluded:
        match point.day:
            case zh.Weekdays(days, None):
                _keep_other(set(days), fields)
            case zh.Workdays(None):
                _keep_other(set(range(5)), fields)
            case _ if point.has_day:
                out = placed(point, context.today)
                fields.excluded += [out.dates[0] + n * _DAY for n in range(min(out.days, 60))]
            case _:
                raise Unplaced("unclear_recurrence")


def _keep_other(days: set[int], fields: Fields) -> None:
    kept = (fields.weekdays or set(range(7))) - days
    counted = fields.by_day or fields.by_month_day or (fields.interval > 1 and fields.frequency == "DAILY")
    if counted or not kept or fields.frequency not in ("DAILY", "WEEKLY", *UNDER_A_DAY):
        raise Unplaced("unclear_recurrence")
    fields.weekdays = kept


def _move_earlier(lead: zh.Length, fields: Fields) -> None:
    """提前十分钟 moves the times of a rule, 提前一天 its days; what crosses midnight or a month cannot be told simply."""
    minutes = [60 * time.hour + time.minute - lead.seconds // 60 for time in fields.times]
    if lead.seconds and not lead.days and not lead.months and minutes and min(minutes) >= 0:
        fields.times = {dt.time(minute // 60, minute % 60) for minute in minutes}
    elif lead.months or lead.seconds:
        raise Unplaced("unclear_recurrence")
    elif fields.weekdays and not fields.set_pos:
        fields.weekdays = {(day - lead.days) % 7 for day in fields.weekdays}
    elif fields.by_month_day and min(fields.by_month_day) > lead.days:
        fields.by_month_day = [day - lead.days for day in fields.by_month_day]
    else:
        raise Unplaced("unclear_recurrence")
