"""A reminder's new time, said in relation to the old one: an hour later, at 10 instead, on Friday instead.

What is not said stays: "move it to 10" keeps the day, "move it to Friday" the clock time, and a repeating reminder its
rule.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.language.phrases import Language, say
from core.language.times import resolve, understand_time
from core.language.values import Delta, Instant, Preferences, Recurrence, Understood
from core.reminders import creating
from core.reminders.creating import FirstRing
from core.reminders.recurrence import Rule, RuleError, next_after
from core.reminders.rules_said import rule_said
from core.store.reminders import Reminder

_HALF_DAY = 12
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Retimed:
    """When it rings now; `absolute`: said as a distance from now."""

    ring: FirstRing
    absolute: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """Who says a new time, where and when."""

    now: dt.datetime
    zone: ZoneInfo
    preferences: Preferences
    language: Language


def is_time(words: str, now: dt.datetime, zone: ZoneInfo) -> bool:
    """Whether the words are a time and nothing else."""
    understood = understand_time(words, now, zone)
    return (understood.when is not None or understood.problem is not None) and not understood.task


def is_length(words: str, now: dt.datetime, zone: ZoneInfo) -> bool:
    """Whether the words are a length of time ("half an hour")."""
    return _length_from(words, now, zone) is not None


def _length_from(words: str, moment: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
    """The moment that much after another: elapsed time for hours and less, the clock's time for days and more."""
    when = understand_time(words, moment, zone).when
    if isinstance(when, Instant | Delta):
        later = resolve(when, moment, zone, Preferences())
        return later.at if later is not None and later.at > moment else None
    return None


def shifted(reminder: Reminder, length: str, *, earlier: bool, asking: Asking) -> Retimed:
    """That much later or earlier than its own time; what has rung already counts from now."""
    zone = ZoneInfo(reminder.zone)
    base = reminder.rings or asking.now
    exact = base.replace(second=0, microsecond=0)
    later = _length_from(length, exact, zone)
    if later is None:
        raise Refused(say(asking.language, "reminder_unclear_length"))
    if reminder.rule is not None:
        return _rule_shifted(reminder, later - exact, earlier, asking)
    if earlier:
        walls = [moment.astimezone(zone).replace(tzinfo=None) for moment in (exact, later)]
        whole_days = (later.astimezone(zone).time() == exact.astimezone(zone).time()) and later - exact >= _DAY / 2
        due = creating.on_wall(walls[0] - (walls[1] - walls[0]), zone) if whole_days else base - (later - exact)
    else:
        due = later + (base - exact)
    if due <= asking.now:
        raise Refused(_past(asking, due.astimezone(zone)))
    local = due.astimezone(zone).replace(tzinfo=None)
    return Retimed(FirstRing(due, local, local, None, "normal", ambiguous=False), reminder.absolute)


def _rule_shifted(reminder: Reminder, length: dt.timedelta, earlier: bool, asking: Asking) -> Retimed:
    moved = []
    for clock in _clock_times(reminder, asking):
        whole = dt.datetime.combine(dt.date(2000, 1, 2), clock) + (-length if earlier else length)
        if whole.date() != dt.date(2000, 1, 2):
            raise Refused(_say_rule(reminder, asking))
        moved.append(whole.time())
    return _with_times(reminder, moved, asking)


def said(reminder: Reminder, words: str, asking: Asking) -> Retimed | None:
    """The time that is said, completed from the reminder's own; None if the words name none."""
    understood = understand_time(words, asking.now, asking.zone, None, asking.preferences)
    clock = _only_clock(words, reminder, asking)
    if clock is not None:
        return _at_clock(reminder, clock, asking)
    if understood.problem is not None:
        raise Refused(creating.problem_said(understood.problem, asking.language))
    if understood.when is None:
        return None
    if reminder.rule is not None and not isinstance(understood.when, Recurrence):
        raise Refused(_say_rule(reminder, asking))
    return _elsewhen(reminder, understood, asking)


def _elsewhen(reminder: Reminder, understood: Understood, asking: Asking) -> Retimed:
    """Another day, with the clock time it had if none is said; or another rule."""
    when, own = understood.when, _own_time(reminder)
    assert when is not None, "checked by the caller"
    if isinstance(when, Recurrence):
        under_a_day = when.frequency in ("HOURLY", "MINUTELY")
        if not when.times and not under_a_day and own is not None:
            when = replace(when, times=(own,))
    elif isinstance(when, Instant) and when.grain in ("day", "week", "month", "quarter", "year") and own is not None:
        when = Instant(dt.datetime.combine(when.local.date(), own), "minute")
    ring = creating.first_ring(when, asking.now, asking.zone, asking.preferences, asking.language)
    return Retimed(ring, isinstance(when, Delta))


def _own_time(reminder: Reminder) -> dt.time | None:
    """The clock time of a reminder that stands on the wall clock."""
    moment = reminder.rings or reminder.last_due
    if moment is None or (reminder.rule is not None and Rule.parse(reminder.rule).counts_elapsed):
        return None
    return moment.astimezone(ZoneInfo(reminder.zone)).time().replace(second=0, microsecond=0)


def _only_clock(words: str, reminder: Reminder, asking: Asking) -> Instant | None:
    """The clock time, if the words name nothing else: what they mean then moves with the day on which they are said."""
    base = (reminder.rings or asking.now).astimezone(ZoneInfo(reminder.zone))
    midnight = base.replace(hour=0, minute=0, second=0, microsecond=0)
    first = understand_time(words, midnight + dt.timedelta(minutes=1), asking.zone, None, asking.preferences).when
    last = understand_time(words, midnight.replace(hour=23, minute=59), asking.zone, None, asking.preferences).when
    if not (isinstance(first, Instant) and isinstance(last, Instant)) or first.grain not in ("minute", "hour"):
        return None
    half_days = round((last.local - first.local) / dt.timedelta(hours=_HALF_DAY))
    moves = first.local.date() == midnight.date() and last.local.date() > midnight.date()
    exact = (last.local - first.local) == half_days * dt.timedelta(hours=_HALF_DAY)
    return first if moves and exact and half_days <= (3 if first.ambiguous else 2) else None


def _at_clock(reminder: Reminder, clock: Instant, asking: Asking) -> Retimed:
    zone = ZoneInfo(reminder.zone)
    base = (reminder.rings or asking.now).astimezone(zone)
    if reminder.rule is not None:
        if len(_clock_times(reminder, asking)) != 1:
            raise Refused(_say_rule(reminder, asking))
        return _with_times(reminder, [_nearest(clock, base.time())], asking, ambiguous=clock.ambiguous)
    walls = [dt.datetime.combine(base.date(), one) for one in _readings(clock)]
    coming = [wall for wall in walls if creating.on_wall(wall, zone) > asking.now]
    if not coming and base.date() <= asking.now.astimezone(zone).date():
        coming = [wall + _DAY for wall in walls]
    if not coming:
        raise Refused(_past(asking, walls[0]))
    own = dt.datetime.combine(base.date(), base.time())
    wall = min(coming, key=lambda one: (_asleep(one.time(), asking.preferences), abs(one - own)))
    ring = creating.first_ring(Instant(wall), asking.now, zone, asking.preferences, asking.language)
    return Retimed(replace(ring, ambiguous=clock.ambiguous and len(coming) > 1))


def _readings(clock: Instant) -> list[dt.time]:
    first = clock.local.time()
    if not clock.ambiguous:
        return [first]
    return [first, first.replace(hour=(first.hour + _HALF_DAY) % 24)]


def _nearest(clock: Instant, own: dt.time) -> dt.time:
    def away(one: dt.time) -> int:
        return abs((one.hour - own.hour) * 60 + one.minute - own.minute)

    return min(_readings(clock), key=away)


def _asleep(clock: dt.time, preferences: Preferences) -> bool:
    return not preferences.waking_hour <= clock.hour < preferences.sleeping_hour


def _clock_times(reminder: Reminder, asking: Asking) -> list[dt.time]:
    """The clock times of a rule's day; refuses one that has none to move."""
    rule = Rule.parse(reminder.rule or "")
    if rule.counts_elapsed or rule.freq in ("HOURLY", "MINUTELY", "SECONDLY"):
        raise Refused(_say_rule(reminder, asking))
    own = dt.datetime.fromisoformat(reminder.starts_local)
    grid = [dt.time(hour, minute) for hour in rule.by_hour or (own.hour,) for minute in rule.by_minute or (own.minute,)]
    return list(rule.times) or grid


def _with_times(reminder: Reminder, times: list[dt.time], asking: Asking, *, ambiguous: bool = False) -> Retimed:
    """The same rule at other clock times; its days, its count and its interval stay."""
    rule, zone = Rule.parse(reminder.rule or ""), ZoneInfo(reminder.zone)
    times = sorted(times)
    one = len(times) == 1
    rule = replace(
        rule,
        by_hour=(times[0].hour,) if one else (),
        by_minute=(times[0].minute,) if one else (),
        times=() if one else tuple(times),
    )
    start = dt.datetime.combine(dt.datetime.fromisoformat(reminder.starts_local).date(), times[0])
    try:
        occurrence = next_after(rule, start, zone, asking.now)
    except RuleError as error:
        raise Refused(_say_rule(reminder, asking)) from error
    if occurrence is None:
        raise Refused(say(asking.language, "reminder_never"))
    return Retimed(FirstRing(occurrence.utc, occurrence.nominal, start, rule, occurrence.note, ambiguous))


def _say_rule(reminder: Reminder, asking: Asking) -> str:
    rule = rule_said(Rule.parse(reminder.rule or ""), asking.language)
    return say(asking.language, "reminder_say_rule", rule=rule)


def _past(asking: Asking, wall: dt.datetime) -> str:
    return creating.past(asking.language, wall.strftime("%Y-%m-%d %H:%M"), wall.time())
