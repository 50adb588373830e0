"""From what a sentence means to what is kept: the first moment it rings, the rule it follows, or why it cannot be kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Literal
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.language.phrases import Language, say
from core.language.times import on_wall_clock, resolve
from core.language.values import Instant, Preferences, Problem, Recurrence, When
from core.reminders.recurrence import Occurrence, Rule, RuleError, check, next_after

_NOTES: dict[str, Literal["normal", "gap", "fold"]] = {"": "normal", "gap moved forward": "gap", "fold: first": "fold"}
LATEST_YEAR = 2099
MAX_TEXT = 2_000


@dataclass(frozen=True, slots=True)
class FirstRing:
    """When a new reminder rings first. `local` and `starts_local` are on the wall clock of its zone."""

    due: dt.datetime
    local: dt.datetime
    starts_local: dt.datetime
    rule: Rule | None
    note: Literal["normal", "gap", "fold"]
    ambiguous: bool
    other_day: dt.date | None = None
    """The other reading of a date such as 3/4, where it was one."""

    @property
    def key(self) -> str:
        """What tells this ring from all others of its reminder."""
        return Occurrence(self.local, self.due).key


def first_ring(when: When, now: dt.datetime, zone: ZoneInfo, preferences: Preferences, language: Language) -> FirstRing:
    """Raises `Refused` with the words for the person where the time is over, too far, or never comes."""
    ring = (
        _first_of_rule(when, now, zone, preferences, language)
        if isinstance(when, Recurrence)
        else _once(when, now, zone, preferences, language)
    )
    if ring.local.year > LATEST_YEAR:
        raise Refused(say(language, "reminder_too_far", year=LATEST_YEAR))
    if ring.due <= now:
        raise Refused(past(language, ring.local.strftime("%Y-%m-%d %H:%M"), ring.local.time()))
    return ring


def on_wall(local: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The UTC moment at which the clock of a zone shows `local`; after a gap, the moment that much later."""
    return on_wall_clock(local, zone).at


def past(language: Language, shown: str, clock: dt.time) -> str:
    """That a time is over, with the next day as a proposal."""
    return say(language, "reminder_past", shown=shown, time=clock.strftime("%H:%M"))


def problem_said(problem: Problem, language: Language) -> str:
    """Why a time cannot be kept, and what would help."""
    match problem.kind:
        case "past":
            return past(language, problem.shown, dt.time(9))
        case "impossible":
            return say(language, "reminder_impossible", shown=problem.shown)
        case "too_fine":
            return say(language, "reminder_too_fine")
        case "never":
            return say(language, "reminder_never")
        case "unclear_recurrence":
            return say(language, "reminder_unclear")


def _once(when: When, now: dt.datetime, zone: ZoneInfo, preferences: Preferences, language: Language) -> FirstRing:
    moment = resolve(when, now, zone, preferences)
    if moment is None:
        raise Refused(say(language, "reminder_never"))
    local = moment.at.astimezone(zone).replace(tzinfo=None)
    ambiguous = isinstance(when, Instant) and when.ambiguous
    other = None
    if isinstance(when, Instant) and when.date_ambiguous:
        other = local.date().replace(month=local.day, day=local.month)
    return FirstRing(moment.at, local, local, None, _NOTES[moment.note], ambiguous, other)


def _first_of_rule(
    when: Recurrence, now: dt.datetime, zone: ZoneInfo, preferences: Preferences, language: Language
) -> FirstRing:
    local_now = now.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    under_a_day = when.frequency in ("HOURLY", "MINUTELY") and not when.times
    if not under_a_day and not when.times:
        when = replace(when, times=(dt.time(preferences.default_hour),))
    try:
        rule = Rule.from_recurrence(when)
        start = _start(when, local_now, under_a_day=under_a_day)
        occurrence = _first_at_or_after(rule, start, zone, now)
        check(rule, occurrence.nominal if occurrence else start, zone)
    except RuleError as error:
        key = {"too_fine": "reminder_too_fine", "never": "reminder_never"}.get(error.kind, "reminder_unclear")
        raise Refused(say(language, key)) from error
    if occurrence is None:
        raise Refused(say(language, "reminder_never"))
    anchor = start if under_a_day else occurrence.nominal
    return FirstRing(occurrence.utc, occurrence.nominal, anchor, rule, occurrence.note, when.ambiguous)


def _start(when: Recurrence, local_now: dt.datetime, *, under_a_day: bool) -> dt.datetime:
    day = max(when.start, local_now.date()) if when.start else local_now.date()
    if not under_a_day:
        return dt.datetime.combine(day, min(when.times))
    if when.window:
        return dt.datetime.combine(day, when.window[0])
    return local_now if day == local_now.date() else dt.datetime.combine(day, dt.time())


def _first_at_or_after(rule: Rule, start: dt.datetime, zone: ZoneInfo, now: dt.datetime) -> Occurrence | None:
    """The first occurrence to come. Its interval is counted from itself: "every 2 weeks on Tuesday" begins next Tuesday."""
    every = rule if rule.counts_elapsed else replace(rule, interval=1, count=None)
    return next_after(every, start, zone, now)
