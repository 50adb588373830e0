"""From wall-clock values to one moment: the person's zone, their default hour, and what happens when clocks change."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from core.language.values import Delta, Instant, Preferences, When, Window

Note: TypeAlias = Literal["", "gap moved forward", "fold: first"]
_COARSE = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, aware and in UTC. `note` says what a clock change did to the wall-clock time that was meant."""

    at: dt.datetime
    note: Note = ""


def on_wall_clock(local: dt.datetime, zone: ZoneInfo) -> Moment:
    """The moment of a wall-clock time. One that a clock change leaves out moves forward by the gap; of one that
    happens twice the first is taken."""
    first = local.replace(tzinfo=zone, fold=0)
    second = local.replace(tzinfo=zone, fold=1)
    at = first.astimezone(dt.UTC)
    if first.utcoffset() == second.utcoffset():
        return Moment(at)
    exists = at.astimezone(zone).replace(tzinfo=None) == local
    return Moment(at, "fold: first" if exists else "gap moved forward")


def resolve(when: When, now: dt.datetime, zone: ZoneInfo, preferences: Preferences | None = None) -> Moment | None:
    """The moment to remind at, of a window its start (its end where only that was said); None for a recurrence, which
    the recurrence engine walks.

    `now` is aware. A day without a clock time gets the person's default hour, or where that is over, an hour of it
    still ahead.
    """
    preferences = preferences or Preferences()
    local_now = now.astimezone(zone).replace(tzinfo=None)
    match when:
        case Delta(seconds=seconds):
            return Moment(now.astimezone(dt.UTC) + dt.timedelta(seconds=seconds))
        case Instant():
            return on_wall_clock(_instant(when, local_now, preferences), zone)
        case Window(start=start, end=end, grain=grain) if (edge := start or end) is not None:
            return on_wall_clock(_instant(Instant(edge, grain), local_now, preferences), zone)
    return None


def _instant(when: Instant, now: dt.datetime, preferences: Preferences) -> dt.datetime:
    if when.grain == "part" and when.window is not None:
        return _in_window(when.window, now, preferences)
    if when.grain not in _COARSE:
        return when.local
    local = dt.datetime.combine(when.local.date(), dt.time(preferences.default_hour))
    if local > now or local.date() < now.date():
        return local
    if when.window is not None and when.window[1] - now > dt.timedelta(days=1):
        return local + dt.timedelta(days=1)
    evening = dt.datetime.combine(local.date(), dt.time(preferences.sleeping_hour - 1))
    return min(max(_next_hour(now), local), evening) if now < evening else _next_hour(now)


def _next_hour(now: dt.datetime) -> dt.datetime:
    return now.replace(minute=0, second=0, microsecond=0) + dt.timedelta(hours=1)


def _in_window(window: tuple[dt.datetime, dt.datetime], now: dt.datetime, preferences: Preferences) -> dt.datetime:
    """A usual hour inside the part of the day: the default hour if it lies in it, else a third of the way in."""
    start, end = window
    usual = dt.datetime.combine(start.date(), dt.time(preferences.default_hour))
    if not start <= usual < end:
        usual = start + dt.timedelta(hours=(end - start) // dt.timedelta(hours=3))
    if usual > now or end <= now:
        return usual
    return min(_next_hour(now), end - dt.timedelta(minutes=1)) if _next_hour(now) < end else now + (end - now) / 2
