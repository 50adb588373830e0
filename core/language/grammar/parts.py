"""Parts of the day on the wall clock, and which hour a clock time without am or pm means. Shared by the languages."""

from __future__ import annotations

import datetime as dt

from core.language.values import Preferences

PARTS: dict[str, tuple[int, int]] = {
    "morning": (5, 12),
    "afternoon": (12, 18),
    "evening": (17, 22),
    "night": (17, 24),
    "dawn": (0, 6),
    "lunch": (12, 14),
    "bedtime": (20, 24),
}
"""First hour and the hour after the last."""
_USUAL = {"afternoon": 15, "evening": 19, "night": 21, "dawn": 5, "lunch": 12, "bedtime": 22}
_SMALL_HOURS = 5


def part_window(name: str, date: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The part of that day, end excluded."""
    first, end = PARTS[name]
    midnight = dt.datetime.combine(date, dt.time())
    return midnight + dt.timedelta(hours=first), midnight + dt.timedelta(hours=end)


def usual_time(name: str, preferences: Preferences) -> dt.time:
    """When to remind in that part of the day if no clock time was said."""
    first, end = PARTS[name]
    if name == "morning":
        return dt.time(preferences.default_hour if first <= preferences.default_hour < end else 9)
    return dt.time(_USUAL[name])


def hour_in_part(hour: int, name: str) -> tuple[int, int]:
    """The hour of 24 that "5 in the afternoon" means, and by how many days it lies after the day named ("1 at night": 1)."""
    half = hour % 12
    if name in ("morning", "dawn"):
        return half, 0
    if name == "night" and half < _SMALL_HOURS:
        return half, 1
    if name == "lunch":
        return (half + 12, 0) if half < _SMALL_HOURS else (half, 0)
    return half + 12, 0


def usual_hour(hour: int, preferences: Preferences) -> int:
    """The hour of 24 that "at 5" means on some later day: the reading in waking hours, the morning one if both are."""
    half = hour % 12
    return half if preferences.waking_hour <= half else half + 12


def next_of_both(hour: int, minute: int, now: dt.datetime, preferences: Preferences) -> dt.datetime:
    """ "at 5": the next of both readings in waking hours; if none ever is, the next of both."""
    midnight = dt.datetime.combine(now.date(), dt.time())
    half = hour % 12
    readings = [
        midnight + dt.timedelta(days=day, hours=half + late, minutes=minute) for day in (0, 1) for late in (0, 12)
    ]
    coming = [reading for reading in readings if reading > now]
    waking = [reading for reading in coming if preferences.waking_hour <= reading.hour < preferences.sleeping_hour]
    return (waking or coming)[0]
