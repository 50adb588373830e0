"""What a sentence can mean in time. Values only: no parsing, no zone data, no clock.

All of them speak wall-clock time in the zone of the person who wrote the sentence; `core/language/times.py` says
which moment that is. Dates and times here are therefore naive on purpose.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias

Grain: TypeAlias = Literal["second", "minute", "hour", "part", "day", "week", "month", "quarter", "year"]
Frequency: TypeAlias = Literal["MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]


@dataclass(frozen=True, slots=True)
class Instant:
    """One point in time, as the wall clock of the person's zone shows it.

    `grain` is how exactly the sentence said it. For "day" and coarser the time of day is midnight and means nothing
    (the product adds the person's default hour); for "part" ("tomorrow morning") it is the start of `window`.
    """

    local: dt.datetime
    grain: Grain = "minute"
    window: tuple[dt.datetime, dt.datetime] | None = None
    ambiguous: bool = False
    """The sentence left morning or evening open ("at 5"): the next one was taken and must be shown."""
    date_ambiguous: bool = False
    """It left open which number is the month ("3/4"): the order usual in the person's zone was taken and must be shown."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, end excluded; an open side is None ("after Monday", "by Friday" starts now)."""

    start: dt.datetime | None
    end: dt.datetime | None
    grain: Grain = "minute"


@dataclass(frozen=True, slots=True)
class Delta:
    """Elapsed time from now: "in 24 hours" is 86,400 s also across a clock change."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A rule that repeats, field by field as RFC 5545 means them, on the wall clock.

    `by_day` holds "MO" or with an ordinal "1MO", "-1FR"; `by_month_day` counts from the end when negative. `set_pos`
    picks from the days that the other fields give ("last working day": MO..FR with -1). `times` lists the clock times
    of a day (empty: not said); `window` limits a rule under a day ("every 3 hours between 9 and 17"), both ends
    included. `last_day_if_short` is how "the 31st" acts in a short month: moved to the last day, or skipped.
    """

    frequency: Frequency
    interval: int = 1
    by_day: tuple[str, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    set_pos: tuple[int, ...] = ()
    times: tuple[dt.time, ...] = ()
    window: tuple[dt.time, dt.time] | None = None
    start: dt.date | None = None
    until: dt.date | None = None
    count: int | None = None
    excluded: tuple[dt.date, ...] = ()
    excluded_days: tuple[str, ...] = ()
    last_day_if_short: bool = False
    lunar: tuple[int, int] | None = None
    """Month and day of the Chinese calendar for a yearly rule ("every Mid-Autumn Festival"); else None."""
    ambiguous: bool = False


When: TypeAlias = Instant | Window | Delta | Recurrence


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person means by words that name no clock time. Hours of the day on their own wall clock."""

    default_hour: int = 9
    waking_hour: int = 7
    sleeping_hour: int = 23
    day_first: bool = False
    """ "3/4" is the third of April, as nearly everywhere outside America."""


@dataclass(frozen=True, slots=True)
class Problem:
    """The sentence names a time that cannot be kept; `kind` chooses the phrase that says so and proposes a mend."""

    kind: Literal["past", "impossible", "too_fine", "never", "unclear_recurrence"]
    shown: str
    """The words of the sentence that the problem is about."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What a sentence says about time, and what is left of it.

    `when` is None where the sentence names no time. `recurring` is True as soon as the sentence asks for a repetition,
    also where the rule could not be placed (then `when` is None and `problem` says so): a recurring request never
    becomes a one-off.
    """

    when: When | None
    task: str
    """What to remind of, as the person would say it: without time words and framing, its pronouns kept."""
    recipient: str | None = None
    """None: the person who wrote; else "@ann", "channel", "us" as written."""
    asks_reminder: bool = False
    """The sentence asks to be reminded ("remind me", "提醒我", "set an alarm")."""
    recurring: bool = False
    deadline: bool = False
    """Said as "by Friday": remind before it, not at its end."""
    also: tuple[When, ...] = ()
    """Further times of the same task ("at 4 and 7", "weekdays at 8 and weekends at 10"): each is a reminder of its own."""
    problem: Problem | None = None
