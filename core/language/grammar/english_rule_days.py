"""A recurrence while it is put together, and what days do to it."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass, field

from core.language.grammar.days import DAY_CODES, WORKING_DAYS, Day, resolved, resolved_end
from core.language.grammar.english_once import Scene
from core.language.grammar.english_pieces import Trouble
from core.language.grammar.holidays import FIXED, LUNAR, NTH_WEEKDAY
from core.language.values import Frequency

UNDER_A_DAY = ("MINUTELY", "HOURLY")


class Unplaced(Exception):
    """The words ask for a repetition that no rule says. Never leaves this module."""

    def __init__(self, trouble: Trouble = "unclear_recurrence") -> None:
        super().__init__(trouble)
        self.trouble: Trouble = trouble


@dataclass(slots=True)
class Rule:
    """A recurrence while it is being put together."""

    frequency: Frequency
    interval: int = 1
    by_day: list[str] = field(default_factory=list)
    by_month_day: list[int] = field(default_factory=list)
    by_month: list[int] = field(default_factory=list)
    set_pos: list[int] = field(default_factory=list)
    times: list[dt.time] = field(default_factory=list)
    window: tuple[dt.time, dt.time] | None = None
    start: dt.date | None = None
    until: dt.date | None = None
    count: int | None = None
    excluded: list[dt.date] = field(default_factory=list)
    excluded_days: list[str] = field(default_factory=list)
    lunar: tuple[int, int] | None = None
    ambiguous: bool = False
    per: int = 0
    dates: list[tuple[int, int]] = field(default_factory=list)
    """Month and day of each date said whole."""


def _codes(days: tuple[Day, ...], through: bool) -> list[str]:
    numbers = [day.weekday for day in days if day.weekday is not None]
    if through and len(numbers) == 2:
        length = (numbers[1] - numbers[0]) % 7
        numbers = [(numbers[0] + step) % 7 for step in range(length + 1)]
    return [DAY_CODES[number] for number in numbers]


def add_days(rule: Rule, days: tuple[Day, ...], through: bool, scene: Scene, own: bool) -> None:
    if days and all(says_only(day, "weekday") for day in days):
        _add_weekdays(rule, _codes(days, through))
    elif through:
        _bounded_by(rule, days[0], days[-1], scene)
    else:
        for day in days:
            _add_day(rule, day, scene, own)


def says_only(day: Day, *names: str) -> bool:
    said = {name for name in Day.__slots__ if getattr(day, name) is not None}
    return bool(said) and said <= set(names)


def _add_weekdays(rule: Rule, codes: list[str]) -> None:
    if rule.frequency == "MONTHLY" and not rule.by_day and not rule.by_month_day:
        rule.by_day, rule.ambiguous = [f"1{code}" for code in codes], True
        return
    if rule.frequency in ("MONTHLY", "YEARLY") or (rule.frequency == "DAILY" and rule.interval != 1):
        raise Unplaced
    if rule.frequency == "DAILY":
        rule.frequency = "WEEKLY"
    rule.by_day.extend(code for code in codes if code not in rule.by_day)


def _add_day(rule: Rule, day: Day, scene: Scene, own: bool) -> None:
    if day.holiday is not None:
        _add_holiday(rule, day.holiday)
    elif day.edge is not None:
        _add_edge(rule, day, scene)
    elif day.nth is not None:
        _add_nth(rule, day)
    elif day.day is not None:
        _add_day_of_month(rule, day, scene, own)
    elif day.month is not None and day.weekday is None and (own or rule.frequency == "YEARLY"):
        rule.by_month.append(day.month)
    elif day.days is not None or day.fixed is not None or (day.weekday is not None and day.week is not None):
        start_at(rule, day, scene)
        if rule.frequency in UNDER_A_DAY:
            rule.until = rule.start
    elif says_only(day, "weekend"):
        _add_weekdays(rule, ["SA", "SU"])
    else:
        _bounded_by(rule, day, day, scene)


def _add_holiday(rule: Rule, name: str) -> None:
    if rule.frequency not in ("YEARLY", "MONTHLY") or (rule.interval != 1 and rule.frequency == "MONTHLY"):
        raise Unplaced
    rule.frequency = "YEARLY"
    if name in FIXED:
        month, day = FIXED[name]
        rule.by_month.append(month)
        rule.by_month_day.append(day)
    elif name in NTH_WEEKDAY:
        month, weekday, nth = NTH_WEEKDAY[name]
        rule.by_month.append(month)
        rule.by_day.append(f"{nth}{DAY_CODES[weekday]}")
    elif name in LUNAR:
        month, day = LUNAR[name]
        rule.lunar = month, day
    else:
        raise Unplaced


def _add_edge(rule: Rule, day: Day, scene: Scene) -> None:
    month_day = {"start": 1, "middle": 15, "end": -1}[day.edge or "end"]
    if rule.frequency == "MONTHLY" and (day.months == 0 or not day.month):
        rule.by_month_day.append(month_day)
    elif rule.frequency == "WEEKLY" and day.week is not None:
        rule.by_day.append({"start": "MO", "middle": "WE", "end": "FR"}[day.edge or "end"])
    elif rule.frequency == "YEARLY" and (day.month or day.years is not None):
        rule.by_month.append(day.month or (1 if day.edge == "start" else 12))
        rule.by_month_day.append(month_day)
    else:
        start_at(rule, day, scene)


def _add_nth(rule: Rule, day: Day) -> None:
    if rule.frequency not in ("MONTHLY", "YEARLY"):
        raise Unplaced
    if day.month is not None:
        rule.frequency = "YEARLY"
        rule.by_month.append(day.month)
    nth = day.nth or 1
    if day.working:
        rule.by_day.extend(code for code in WORKING_DAYS if code not in rule.by_day)
        rule.set_pos.append(nth)
    elif day.weekend:
        rule.by_day.append(f"{nth}SA")
    elif day.weekday is not None:
        rule.by_day.append(f"{nth}{DAY_CODES[day.weekday]}")


def _add_day_of_month(rule: Rule, day: Day, scene: Scene, own: bool) -> None:
    number = day.day or 1
    if rule.frequency == "MONTHLY" and rule.interval == 1 and day.month is not None and own:
        rule.frequency = "YEARLY"
    if rule.frequency == "YEARLY" and (day.month is not None or rule.by_month or number == -1):
        rule.by_month_day.append(number)
        if day.month is not None:
            rule.dates.append((day.month, number))
            rule.by_month.append(day.month)
        if number > 0 and any(number > calendar.monthrange(2000, month)[1] for month in rule.by_month):
            raise Unplaced("never")
    elif rule.frequency == "MONTHLY" and day.month is None and day.year is None:
        rule.by_month_day.append(number)
        if day.weekday is not None:  # "Friday the 13th"
            rule.by_day.append(DAY_CODES[day.weekday])
    elif rule.by_day and day.months is not None:  # "every Monday and the first of the month"
        raise Unplaced
    else:
        start_at(rule, day, scene)


def start_at(rule: Rule, day: Day, scene: Scene) -> None:
    dated = resolved(day, scene.now.date())
    if dated is None:
        raise Unplaced("impossible")
    rule.start = max(dated.date, scene.now.date()) if dated.end else dated.date
    if rule.start < scene.now.date() and day.year is None:
        raise Unplaced


def _bounded_by(rule: Rule, first: Day, last: Day, scene: Scene) -> None:
    """ "every day next week", "daily from the 3rd to the 10th"."""
    start = resolved(first, scene.now.date())
    end = resolved_end(last, scene.now.date(), start.date) if start else None
    if start is None or end is None:
        raise Unplaced("impossible")
    rule.start = max(start.date, scene.now.date())
    rule.until = end.end - dt.timedelta(days=1) if end.end else end.date
