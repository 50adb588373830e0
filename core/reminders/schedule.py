"""A person's schedule: what rings between two moments, each occurrence of a repeating reminder included. Private."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from core.language.phrases import Language, language_of, say
from core.language.times import understand_time
from core.language.values import Instant, Window
from core.messages import Choice, Reply
from core.reminders import wording
from core.reminders.creating import on_wall
from core.reminders.quiet import zone_here
from core.reminders.recurrence import Rule, occurrences
from core.store import Tx, reminders
from core.store.reminders import Reminder

_MOST_OF_ONE = 24
"""Occurrences of one reminder that are listed; a rule under an hour has more."""
_MOST = 40
_MOST_REMINDERS = 2_000
_LONGEST = 14
"""Days of a schedule."""
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Entry:
    rings: dt.datetime
    reminder: Reminder


async def between(tx: Tx, person_id: int, start: dt.datetime, end: dt.datetime) -> list[Entry]:
    """What rings from `start` up to `end`, the end excluded, in order; what is paused does not."""
    found: list[Entry] = []
    for reminder in await reminders.open_of(tx, person_id, _MOST_REMINDERS):
        if reminder.state == "active" and reminder.kind != "digest":
            found += [Entry(rings, reminder) for rings in rings_between(reminder, start, end)]
    return sorted(found, key=lambda entry: (entry.rings, entry.reminder.id))


def rings_between(
    reminder: Reminder, start: dt.datetime, end: dt.datetime, most: int = _MOST_OF_ONE
) -> list[dt.datetime]:
    """When a reminder rings from `start` up to `end`, in order; of a rule about the first `most` times."""
    own = {reminder.rings} if reminder.rings is not None and start <= reminder.rings < end else set()
    if reminder.rule is None or reminder.next_due is None:
        return sorted(own)
    begin = dt.datetime.fromisoformat(reminder.starts_local)
    ahead = occurrences(Rule.parse(reminder.rule), begin, zone_here(reminder.zone), max(start, reminder.next_due))
    coming = takewhile(lambda moment: moment < end, (found.utc for found in ahead))
    return sorted(own | set(islice(coming, most)))


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days on the wall clock, the last included."""

    first: dt.date
    last: dt.date


def days_meant(words: str, now: dt.datetime, zone: ZoneInfo) -> Days | None:
    """The days that a few words name: "friday", "next week", "" for today; None if they name none."""
    today = now.astimezone(zone).date()
    if not words:
        return Days(today, today)
    understood = understand_time(words, now, zone)
    when = understood.when
    if understood.recurring or understood.task:
        return None
    if isinstance(when, Instant) and when.grain == "week" and when.window:
        return _bounded(when.window[0].date(), (when.window[1] - _DAY).date())
    if isinstance(when, Instant) and when.window and when.window[1] - when.window[0] > _DAY:
        return _bounded(when.window[0].date(), (when.window[1] - _DAY).date())
    if isinstance(when, Instant):
        return Days(when.local.date(), when.local.date())
    if isinstance(when, Window) and when.start is not None and when.end is not None:
        return _bounded(when.start.date(), max(when.start.date(), (when.end - dt.timedelta(seconds=1)).date()))
    return None


def _bounded(first: dt.date, last: dt.date) -> Days:
    return Days(first, min(last, first + dt.timedelta(days=_LONGEST - 1)))


async def shown(
    tx: Tx, person_id: int, days: Days, zone: ZoneInfo, now: dt.datetime, language: Language, *, empty: str
) -> str:
    """The schedule of some days from now on, in words; `empty` is the phrase that says there is nothing."""
    start = max(on_wall(dt.datetime.combine(days.first, dt.time()), zone), now)
    end = on_wall(dt.datetime.combine(days.last + _DAY, dt.time()), zone)
    entries = await between(tx, person_id, start, end)
    if not entries:
        return say(language, empty, day=_span(days, language, zone, now))
    several = days.last > days.first
    lines = [say(language, "schedule_head", day=_span(days, language, zone, now)), ""]
    before: dt.date | None = None
    for entry in entries[:_MOST]:
        local = entry.rings.astimezone(zone)
        if several and local.date() != before:
            lines.append(f"**{day_said(local.date(), language, now.astimezone(zone).date())}**")
            before = local.date()
        time = local.strftime("%H:%M")
        lines.append(say(language, "schedule_line", time=time, task=wording.task(language, entry.reminder.text)))
    if len(entries) > _MOST:
        lines += ["", say(language, "reminder_more", count=len(entries) - _MOST)]
    return "\n".join(lines)


def _span(days: Days, language: Language, zone: ZoneInfo, now: dt.datetime) -> str:
    today = now.astimezone(zone).date()
    first = day_said(days.first, language, today)
    return first if days.last == days.first else f"{first} – {day_said(days.last, language, today)}"


def day_said(day: dt.date, language: Language, today: dt.date) -> str:
    """ "Fri 27 Nov", with the year when it is not this one."""
    key = "day" if day.year == today.year else "day_year"
    return say(
        language, key, weekday=say(language, "weekdays").split()[day.weekday()], day=day.day,
        month=say(language, "months").split()[day.month - 1], year=day.year,
    )  # fmt: skip


async def morning(tx: Tx, reminder: Reminder, due_at: dt.datetime) -> Reply:
    """The message of a morning's schedule: what rings on its day from then on, as it is known when it is planned."""
    language = language_of(reminder.language)
    zone = zone_here(reminder.zone)
    today = due_at.astimezone(zone).date()
    text = await shown(
        tx, reminder.person_id, Days(today, today), zone, due_at, language, empty="schedule_morning_free"
    )
    off = Choice(say(language, "button_digest_off"), f"reminders:cancel:{reminder.id}")
    return Reply(text, (off,))
