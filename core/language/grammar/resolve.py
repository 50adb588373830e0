"""From wall-clock values to one moment: the person's zone, their default hour, and what happens when clocks change."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from core.language.grammar.days import DAY_CODES, Day, resolved
from core.language.grammar.holidays import LUNAR, holiday_date
from core.language.values import Delta, Instant, Preferences, Recurrence, When, Window

Note: TypeAlias = Literal["", "gap moved forward", "fold: first"]
_COARSE = ("day", "week", "month", "quarter", "year")
_SEARCH_DAYS = 366 * 5


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
    """The moment to remind at: the first one of a recurrence, the start of a window (its end where only that was said).

    `now` is aware. A day without a clock time gets the person's default hour, or where that is over, an hour of it still ahead. None where a recurrence has no moment left in
    five years or its rule is not one that this function walks (the recurrence engine has the last word on rules).
    """
    preferences = preferences or Preferences()
    local_now = now.astimezone(zone).replace(tzinfo=None)
    match when:
        case Delta(seconds=seconds):
            return Moment(now.astimezone(dt.UTC) + dt.timedelta(seconds=seconds))
        case Instant():
            return on_wall_clock(_instant(when, local_now, preferences), zone)
        case Window(start=start, end=end, grain=grain):
            edge = start or end
            if edge is None:
                return None
            return on_wall_clock(_instant(Instant(edge, grain), local_now, preferences), zone)
        case Recurrence():
            first = first_of(when, local_now, preferences)
            return None if first is None else on_wall_clock(first, zone)


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


def first_of(rule: Recurrence, now: dt.datetime, preferences: Preferences) -> dt.datetime | None:
    """The first wall-clock time of a rule after `now`, for showing it; looks five years ahead at most."""
    start = max(now.date(), rule.start or now.date())
    if rule.frequency in ("MINUTELY", "HOURLY"):
        return _first_under_a_day(rule, now, start)
    times = rule.times or (dt.time(preferences.default_hour),)
    for offset in range(_SEARCH_DAYS):
        day = start + dt.timedelta(days=offset)
        if rule.until is not None and day > rule.until:
            return None
        if not fits_day(rule, day, start) or day in rule.excluded:
            continue
        for time in times:
            if (local := dt.datetime.combine(day, time)) > now:
                return local
    return None


def _first_under_a_day(rule: Recurrence, now: dt.datetime, start: dt.date) -> dt.datetime | None:
    step = dt.timedelta(minutes=rule.interval * (60 if rule.frequency == "HOURLY" else 1))
    if rule.window is None and not rule.by_day and rule.start is None:
        return now.replace(second=0, microsecond=0) + step
    for offset in range(15):
        day = start + dt.timedelta(days=offset)
        if rule.by_day and not fits_day(rule, day, start):
            continue
        first, last = rule.window or (dt.time(), dt.time(23, 59))
        local = dt.datetime.combine(day, first)
        if local <= now:
            local += step * ((now - local) // step + 1)
        if local <= dt.datetime.combine(day, last):
            return local if rule.until is None or day <= rule.until else None
    return None


def fits_day(rule: Recurrence, day: dt.date, anchor: dt.date) -> bool:
    """Whether the rule's fields allow this date (interval counted from `anchor`); not for rules of the lunar calendar."""
    if rule.lunar is not None:
        name = next((name for name, date in LUNAR.items() if date == rule.lunar), "")
        return holiday_date(name, day.year) == day
    code = DAY_CODES[day.weekday()]
    if (rule.by_month and day.month not in rule.by_month) or code in rule.excluded_days:
        return False
    length = (dt.date(day.year + day.month // 12, day.month % 12 + 1, 1) - dt.timedelta(days=1)).day
    wanted = {number if number > 0 else length + 1 + number for number in rule.by_month_day}
    if rule.last_day_if_short:
        wanted = {min(number, length) for number in wanted}
    if rule.by_month_day and day.day not in wanted:
        return False
    if rule.set_pos and rule.by_day:
        nth = resolved(Day(nth=rule.set_pos[0], working=True), day.replace(day=1))
        return nth is not None and nth.date == day
    if rule.by_day and not any(_is_nth(each, day, length) for each in rule.by_day):
        return False
    return _in_step(rule, day, anchor)


def _is_nth(code: str, day: dt.date, length: int) -> bool:
    if code[-2:] != DAY_CODES[day.weekday()]:
        return False
    nth = int(code[:-2] or 0)
    return nth == 0 or (nth > 0 and (day.day - 1) // 7 + 1 == nth) or (nth < 0 and (length - day.day) // 7 + 1 == -nth)


def _in_step(rule: Recurrence, day: dt.date, anchor: dt.date) -> bool:
    match rule.frequency:
        case "DAILY":
            return (day - anchor).days % rule.interval == 0
        case "WEEKLY":
            weeks = (
                (day - dt.timedelta(days=day.weekday())) - (anchor - dt.timedelta(days=anchor.weekday()))
            ).days // 7
            return weeks % rule.interval == 0 and (bool(rule.by_day) or day.weekday() == anchor.weekday())
        case "MONTHLY":
            months = (day.year - anchor.year) * 12 + day.month - anchor.month
            return months % rule.interval == 0 and (bool(rule.by_day or rule.by_month_day) or day.day == anchor.day)
        case "YEARLY":
            return (day.year - anchor.year) % rule.interval == 0 and (
                bool(rule.by_day or rule.by_month_day) or day.day == anchor.day
            )
    return True
