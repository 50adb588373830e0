"""What repeats in Chinese with or without a word of repetition: 每天, 工作日早上, 周一三五, 两小时一次, 连续三天."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from core.language.grammar.chinese_clock import Context
from core.language.grammar.chinese_days import place
from core.language.grammar.chinese_phrase import Phrase
from core.language.grammar.chinese_rule_bounds import add_times, rule
from core.language.grammar.chinese_rules import Fields, Unplaced
from core.language.grammar.chinese_words import Date, Every, Weekdays, Workdays
from core.language.grammar.days import DAY_CODES
from core.language.values import Recurrence

_DAY = dt.timedelta(days=1)


REQUEST = re.compile(r"提醒|叫我|喊我|告诉我|通知|闹钟|闹铃|记得|别忘|remind")


def lengths_that_repeat(phrase: Phrase) -> None:
    """两小时提醒我一次: a length with a number of times is a rule."""
    bare, times = phrase.bare, phrase.times
    if bare is None or times is None or phrase.everies:
        return
    phrase.everies.append(bare.repeats or Every(None, problem="unclear_recurrence"))
    phrase.bare = None


def recurrence(phrase: Phrase, context: Context, text: str) -> Recurrence | None:
    """The rule where the phrase repeats, with or without a word of repetition; None where it happens once."""
    if not phrase.everies and _is_daily(phrase, text):
        phrase.everies.append(Every("DAILY"))
    if phrase.everies:
        return rule(phrase, context)
    workdays = any(isinstance(point.day, Workdays) for point in phrase.points)
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
        phrase.everies.append(Every("YEARLY"))  # 1月、4月和7月的1号
        return rule(phrase, context)
    days = [point.day for point in phrase.points if point.day is not None]
    if any(isinstance(day, Workdays) and day.step is None for day in days):
        return rule(phrase, context)
    weekdays = [day for day in days if isinstance(day, Weekdays) and not day.weekend]
    if len(weekdays) == len(days) and sum(len(day.days) for day in weekdays) > 1:
        if any(day.run for day in weekdays) and not phrase.has_clock:
            return None
        if all(day.week is None for day in weekdays) or any(len(day.days) > 1 for day in weekdays):
            return rule(phrase, context)
        return rule_of_several(several_times(phrase, context), phrase.has_clock)
    count = sum(len(day.days) for day in days if isinstance(day, Date))
    if count > 1 and all(isinstance(day, Date) for day in days):
        return replace(rule(phrase, context), count=count)
    if len(days) > 1 or sum(point.clock is not None for point in phrase.points) > 1:
        return rule_of_several(several_times(phrase, context), phrase.has_clock)
    return None


def several_times(phrase: Phrase, context: Context) -> list[dt.datetime]:
    """The moments of a list without 每 (明天和后天早上8点, 明天早上8点和晚上8点) that are still to come, in order."""
    days: list[dt.date] = []
    for point in phrase.points:
        if point.has_day and (placed := place(point, context.today)) is not None and placed.days == 1:
            days.append(placed.dates[0])
    fields = Fields(frequency="DAILY")
    add_times(phrase, fields, context)
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
    codes = tuple(DAY_CODES[day] for day in sorted({day.weekday() for day in days}))
    return Recurrence("WEEKLY", by_day=codes, times=clock, start=days[0], count=len(moments))
