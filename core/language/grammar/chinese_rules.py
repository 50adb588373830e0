"""A Chinese phrase that repeats: its rule field by field, or the reason why it cannot be placed."""

from __future__ import annotations

import datetime as dt

from core.language.grammar.chinese_fields import COARSENESS, UNDER_A_DAY, Fields, Unplaced
from core.language.grammar.chinese_once import Context
from core.language.grammar.chinese_phrase import Phrase
from core.language.grammar.chinese_rule_bounds import add_bounds, add_times, leave_out, move_earlier
from core.language.grammar.chinese_rule_days import add_day
from core.language.grammar.chinese_words import (
    Date,
    Festival,
    Length,
    MoonDate,
    Ordinal,
)
from core.language.values import Recurrence

_WEEKLY_SPREAD = {
    1: (0,),
    2: (0, 3),
    3: (0, 2, 4),
    4: (0, 1, 3, 4),
    5: tuple(range(5)),
    6: tuple(range(6)),
    7: tuple(range(7)),
}


def rule(phrase: Phrase, context: Context) -> Recurrence:
    """The rule of a phrase. Raises Unplaced where it has none."""
    fields = Fields()
    _base(phrase, fields)
    for point in phrase.points:
        add_day(point, fields, phrase, context)
    add_times(phrase, fields, context)
    add_bounds(phrase, fields, context)
    leave_out(phrase, fields, context)
    if phrase.lead is not None:
        move_earlier(phrase.lead, fields)
    if fields.frequency is None:
        raise Unplaced("unclear_recurrence")
    if fields.interval < 1:
        raise Unplaced("too_fine")
    return fields.finished()


def _base(phrase: Phrase, fields: Fields) -> None:
    """Frequency and interval from the words of repetition; of two the finer one, the other names its days."""
    placed = [one for one in phrase.everies if one.problem is None]
    for every in phrase.everies:
        if every.problem == "too_fine" or (every.problem is not None and not placed):
            raise Unplaced(every.problem)
    if not phrase.everies:
        if phrase.span is not None and phrase.span.way == "running":
            _base_of_run(phrase.span, fields)
        return
    finest = min(placed, key=lambda one: COARSENESS[one.frequency] if one.frequency else 9)
    fields.frequency, fields.interval, fields.ambiguous = finest.frequency, finest.interval, finest.open
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


def _base_of_run(span: Length, fields: Fields) -> None:
    """连续三天 alone repeats daily, 连续三周 weekly."""
    if span.months:
        fields.frequency = "MONTHLY"
    elif span.days and span.days % 7 == 0:
        fields.frequency = "WEEKLY"
    elif span.days:
        fields.frequency = "DAILY"


def _several(n: int, fields: Fields, phrase: Phrase) -> None:
    """每天三次, 每周两次: spread evenly, which is shown to the person."""
    if n > 48:
        raise Unplaced("too_fine")
    if fields.interval != 1 and fields.frequency not in UNDER_A_DAY:
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
    fields.ambiguous = fields.frequency not in UNDER_A_DAY


def _spread(n: int) -> list[dt.time]:
    """n times between 8 and 20 o'clock, on full half hours."""
    if n == 1:
        return [dt.time(9)]
    if n > 24:
        raise Unplaced("unclear_recurrence")
    minutes = [480 + round(720 * k / (n - 1) / 30) * 30 for k in range(n)]
    return [dt.time(minute // 60, minute % 60) for minute in minutes]
