"""When a repeating reminder fires: the next moment of a rule, worked out directly however old the rule is.

A rule recurs on the wall clock of a zone and is then mapped to moments; only rules under a day without hours of their
own ("every 2 hours") count elapsed time. Starts are naive, on the wall clock; moments are aware, or naive where there
is no zone. Every search is bounded, so a rule that never fires gives None, and `check` refuses it at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from core.reminders._plan import to_second
from core.reminders._rule import Rule
from core.reminders._schedule import Occurrence, Schedule, place, schedule_of
from core.reminders._text import MAX_TEXT, Kind, RuleError

__all__ = [
    "Kind",
    "Occurrence",
    "Rule",
    "RuleError",
    "check",
    "last_at",
    "moved",
    "next_after",
    "occurrences",
    "rebased",
]

MAX_COUNT = 10_000


def next_after(rule: Rule, dtstart: dt.datetime, zone: ZoneInfo | None, moment: dt.datetime) -> Occurrence | None:
    """The first occurrence strictly after `moment`; None once the rule has ended."""
    return schedule_of(rule, dtstart, zone).after(_seconds(moment, zone))


def occurrences(
    rule: Rule, dtstart: dt.datetime, zone: ZoneInfo | None, start: dt.datetime | None = None
) -> Iterator[Occurrence]:
    """The occurrences in order, from the first at or after `start` (None: from the rule's own start)."""
    schedule = schedule_of(rule, dtstart, zone)
    begin = _seconds(start if start is not None else dtstart, zone)
    exact = start is None or not start.microsecond
    found = schedule.after(begin - 1 if exact else begin)
    while found is not None:
        yield found
        found = _following(schedule, found)


def last_at(rule: Rule, dtstart: dt.datetime, zone: ZoneInfo | None, moment: dt.datetime) -> Occurrence | None:
    """The last occurrence at or before `moment`; None where there is none yet."""
    schedule = schedule_of(rule, dtstart, zone)
    return _last(schedule, _seconds(dtstart, zone) - 1, _seconds(moment, zone))


def check(rule: Rule, dtstart: dt.datetime, zone: ZoneInfo | None) -> None:
    """Raise RuleError where a reminder may not have this rule: finer than a minute, too long, or never firing."""
    if rule.freq == "SECONDLY" or len(rule.by_second) > 1:
        raise RuleError("too_fine", "a reminder repeats at most once a minute")
    if len({(time.hour, time.minute) for time in rule.times}) < len(rule.times):
        raise RuleError("too_fine", "two clock times lie within one minute")
    if (rule.count or 0) > MAX_COUNT or len(rule.text()) > MAX_TEXT:
        raise RuleError(
            "too_long", f"a reminder fires up to {MAX_COUNT} times, its rule has up to {MAX_TEXT} characters"
        )
    if next(occurrences(rule, dtstart, zone), None) is None:
        raise RuleError("never", "this rule never fires")


def rebased(rule: Rule, dtstart: dt.datetime, before: ZoneInfo, after: ZoneInfo) -> dt.datetime:
    """The start to keep when the person's zone changes.

    Rules on the wall clock keep what their clock shows; those that count elapsed time keep the moment.
    """
    if not rule.counts_elapsed:
        return dtstart
    return place(to_second(dtstart), before)[0].utc.astimezone(after).replace(tzinfo=None)


def moved(
    rule: Rule, dtstart: dt.datetime, before: ZoneInfo, after: ZoneInfo, changed_at: dt.datetime
) -> Occurrence | None:
    """The next occurrence once a person has moved to another zone at a moment.

    A wall-clock rule keeps its wall-clock time, and a time that had fired before the move is not fired again.
    """
    start = rebased(rule, dtstart, before, after)
    if rule.counts_elapsed:
        return next_after(rule, start, after, changed_at)
    fired = last_at(rule, dtstart, before, changed_at)
    ahead = occurrences(rule, start, after, changed_at + dt.timedelta(seconds=1))
    return next((found for found in ahead if fired is None or found.nominal > fired.nominal), None)


def _between(schedule: Schedule, after: int, until: int) -> Iterator[Occurrence]:
    found = schedule.after(after)
    while found is not None and to_second(found.utc) <= until:
        yield found
        found = _following(schedule, found)


def _following(schedule: Schedule, found: Occurrence) -> Occurrence | None:
    return schedule.after(to_second(found.utc), to_second(found.nominal))


def _last(schedule: Schedule, after: int, until: int) -> Occurrence | None:
    """The last occurrence after one moment and up to another, by halving."""
    best: Occurrence | None = None
    low, high = after, until
    while low < high:
        middle = (low + high) // 2
        found = schedule.after(middle)
        if found is not None and (second := to_second(found.utc)) <= until:
            best, low = found, second
        elif middle == low:
            break
        else:
            high = middle
    return best if best is not None else next(_between(schedule, after, until), None)


def _seconds(moment: dt.datetime, zone: ZoneInfo | None) -> int:
    """A moment in UTC seconds; a naive one is taken on the wall clock of the zone."""
    if moment.tzinfo is not None:
        offset = moment.utcoffset() or dt.timedelta()
        return to_second(moment.replace(tzinfo=None)) - offset.days * 86_400 - offset.seconds
    return to_second(moment) if zone is None else to_second(place(to_second(moment), zone)[0].utc)
