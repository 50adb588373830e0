"""Which moments Chinese clock words mean on a day: 晚上八点, 半夜十二点, 五点 with morning or evening left open."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from core.language.grammar.chinese_words import PARTS, Clock, PartName
from core.language.values import Preferences

Hint = Literal["am", "pm"]
_DAY = dt.timedelta(days=1)
_LATE = {"evening": 4, "night": 5}
"""晚上一点 to 四点 and 半夜五点 lie after midnight."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a clock time: minutes from midnight of the day named (1440 and more is the next day)."""

    minutes: int
    second: int = 0

    def on(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=self.minutes, seconds=self.second)

    @property
    def time(self) -> dt.time:
        hour, minute = divmod(self.minutes % 1440, 60)
        return dt.time(hour, minute, self.second)


def readings(clock: Clock, part: PartName | None) -> tuple[Reading, ...]:
    """The readings of a clock time, the earlier first; one where the words leave nothing open."""
    rest = clock.minute + clock.shift
    if part is not None:
        return (Reading(60 * _hour(clock.hour, part) + rest, clock.second),)
    if not clock.open:
        return (Reading(60 * clock.hour + rest, clock.second),)
    early = clock.hour % 12
    return (Reading(60 * early + rest, clock.second), Reading(60 * (early + 12) + rest, clock.second))


def _hour(hour: int, part: PartName) -> int:
    """The hour of the day that a part gives to an hour of twelve; 24 and more is past midnight."""
    if hour > 12:
        return hour
    match part:
        case "dawn":
            return hour % 12
        case "morning":
            return hour
        case "noon":
            return hour + 12 if hour <= 4 else hour
        case "afternoon" | "dusk":
            return hour % 12 + 12
        case _:
            if hour in (0, 12):
                return 24
            return hour + 24 if hour <= _LATE[part] else hour + 12


def waking(reading: Reading, preferences: Preferences) -> bool:
    return 60 * preferences.waking_hour <= reading.minutes % 1440 < 60 * preferences.sleeping_hour


def preferred(options: tuple[Reading, ...], hint: Hint | None, preferences: Preferences) -> Reading:
    """The reading meant where the day does not decide: what the task says, else the first in waking hours."""
    if len(options) == 1:
        return options[0]
    if hint is not None:
        return options[0] if hint == "am" else options[1]
    return next((option for option in options if waking(option, preferences)), options[1])


def usual(part: PartName, preferences: Preferences) -> dt.time:
    """The time meant by a part of day alone in a rule; in the morning the person's own hour, if it is one."""
    if part == "morning" and 5 <= preferences.default_hour < 12:
        return dt.time(preferences.default_hour)
    return dt.time(PARTS[part].usual)


def bounds(day: dt.date, part: PartName) -> tuple[dt.datetime, dt.datetime]:
    """Start and end of a part of that day."""
    hours = PARTS[part]
    start = dt.datetime.combine(day, hours.start)
    return start, dt.datetime.combine(day, hours.end) if hours.end else dt.datetime.combine(day + _DAY, dt.time())
