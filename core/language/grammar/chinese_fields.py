"""A rule while the words of a Chinese phrase are added to it one by one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from core.language.values import Frequency, Recurrence

Refusal = Literal["too_fine", "unclear_recurrence", "impossible", "past"]
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
UNDER_A_DAY = ("MINUTELY", "HOURLY")
COARSENESS: dict[Frequency, int] = {"MINUTELY": 0, "HOURLY": 1, "DAILY": 2, "WEEKLY": 3, "MONTHLY": 4, "YEARLY": 5}


class Unplaced(Exception):
    """The repetition cannot be kept as it was said."""

    def __init__(self, kind: Refusal) -> None:
        super().__init__(kind)
        self.kind: Refusal = kind


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
    short: bool = False
    ambiguous: bool = False

    def at_least(self, frequency: Frequency) -> None:
        """The day named makes the rule at least that coarse: 每天…周三 is weekly, 每两小时 stays."""
        if self.frequency is None or (
            self.frequency not in UNDER_A_DAY and COARSENESS[frequency] > COARSENESS[self.frequency]
        ):
            self.frequency = frequency

    def finished(self) -> Recurrence:
        """The rule as it is now; its frequency is known."""
        assert self.frequency is not None
        by_day = [*self.by_day, *(CODES[day] for day in sorted(self.weekdays))]
        if self.frequency == "DAILY" and self.weekdays and self.interval == 1:
            self.frequency = "WEEKLY"
        return Recurrence(
            frequency=self.frequency,
            interval=self.interval,
            by_day=tuple(by_day),
            by_month_day=tuple(sorted(set(self.by_month_day))),
            by_month=tuple(sorted(set(self.by_month))),
            set_pos=tuple(self.set_pos),
            times=tuple(sorted(self.times)),
            window=self.window,
            start=self.start,
            until=self.until,
            count=self.count,
            excluded=tuple(self.excluded),
            last_day_if_short=self.short,
            lunar=self.lunar,
            ambiguous=self.ambiguous,
        )
