"""What is going to ring, of whomever: a calendar of some days, and what a time without Remora would do to it.

Both are worked out from rows in a thread, write nothing, and are bounded: they say so where there is more.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from core.admin.reminders.desk import ReminderDesk
from core.admin.reminders.telling import noted
from core.admin.roles import Denied
from core.language.phrases import Language, say
from core.reminders import lateness, schedule
from core.reminders.creating import on_wall
from core.reminders.ical import calendar as as_ical
from core.reminders.moving import following_after
from core.reminders.planning import UNREADABLE, planned
from core.reminders.quiet import held_until
from core.store.admin import reminders as looking
from core.store.admin.reminders import Filter, Listed
from core.store.outbox import PUNCTUAL
from core.store.planning import Due, Late

MOST_IN_CALENDAR = 500
MOST_ENTRIES = 3_000
MOST_SIMULATED = 5_000
MOST_EXPORTED = 5_000
PATIENCE = 4.0
"""Seconds of work that a simulation may take."""
MOST_AT_ONCE = 2
"""Simulations: more would keep others from the threads."""
LONGEST = dt.timedelta(days=7)
SHOWN = 200
"""Lines of a simulation that are shown; all of them are counted."""
_A_DAY = 24
"""Occurrences of one reminder that a day of the calendar holds, at most."""


@dataclass(frozen=True, slots=True)
class Entry:
    at: dt.datetime
    listed: Listed


@dataclass(frozen=True, slots=True)
class Day:
    """`more`: how many ring that day besides those in `entries`."""

    date: dt.date
    entries: Sequence[Entry]
    more: int


@dataclass(frozen=True, slots=True)
class Calendar:
    days: Sequence[Day]
    cut: int
    """How many reminders were looked at, where there are more; else 0."""


async def calendar(
    desk: ReminderDesk, asked: Filter, first: dt.date, days: int, zone: ZoneInfo, per_day: int
) -> Calendar:  # fmt: skip
    """What rings on some days of a zone, at most `per_day` of each day in full."""
    start, end = (
        on_wall(dt.datetime.combine(one, dt.time()), zone) for one in (first, first + dt.timedelta(days=days))
    )
    async with desk.store.read() as tx:
        found = await looking.ahead(tx, asked, end, MOST_IN_CALENDAR)
    begin = max(start, desk.clock.now() - PUNCTUAL)
    by_day, looked_at = await asyncio.to_thread(_by_day, found[:MOST_IN_CALENDAR], begin, end, zone, days)
    dates = [first + dt.timedelta(days=number) for number in range(days)]
    shown = [(one, sorted(by_day.get(one, []), key=lambda entry: entry.at)) for one in dates]
    whole = [Day(one, entries[:per_day], max(0, len(entries) - per_day)) for one, entries in shown]
    return Calendar(whole, looked_at if looked_at < len(found) else 0)


def _by_day(
    found: Sequence[Listed], start: dt.datetime, end: dt.datetime, zone: ZoneInfo, days: int
) -> tuple[dict[dt.date, list[Entry]], int]:
    """The entries of each day, and of how many reminders they are."""
    by_day: dict[dt.date, list[Entry]] = defaultdict(list)
    left = MOST_ENTRIES
    for number, one in enumerate(found):
        if left <= 0:
            return by_day, number
        try:
            rings = schedule.rings_between(one.reminder, start, end, _A_DAY * days)
        except UNREADABLE:
            continue
        left -= len(rings)
        for at in rings:
            by_day[at.astimezone(zone).date()].append(Entry(at, one))
    return by_day, len(found)


async def exported(desk: ReminderDesk, asked: Filter, language: Language) -> str:
    """The reminders that ring within a year as an iCalendar file; where they are too many those that ring first, and its
    title says so."""
    desk.actor.need("reminders.edit")
    now = desk.clock.now()
    async with desk.store.write() as tx:
        found = await looking.ahead(tx, asked, now + dt.timedelta(days=366), MOST_EXPORTED)
        shown = [one.reminder for one in found[:MOST_EXPORTED] if one.reminder.kind != "digest"]
        detail = {"count": len(shown), "people": list(asked.people or ())[:20]}
        await noted(tx, desk.actor, now, "reminder.export", "reminders", detail)
    key = "calendar_title" if len(found) <= MOST_EXPORTED else "admin_export_cut"
    return await asyncio.to_thread(as_ical, shown, now, say(language, key, most=MOST_EXPORTED))


# --- the simulator

Fate: TypeAlias = Literal["late", "gathered", "skipped", "told", "missed"]
"""Sent late; in one message with others; left out; left out, and its person is told; left out since a later one of the
same rule rings for it."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What becomes of one occurrence: `sent` when, None: never."""

    listed: Listed
    due_at: dt.datetime
    fate: Fate
    sent: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Simulation:
    counts: Counter[Fate]
    shown: Sequence[Consequence]
    people: int
    messages: int
    """How many messages go out when Remora is back."""
    cut: int | None
    """How many reminders were tried, where there are more."""


async def simulated(desk: ReminderDesk, asked: Filter, begin: dt.datetime, end: dt.datetime) -> Simulation:
    """What a downtime from one moment to another does, by the rules that decide when it happens. Raises `Denied` where
    `MOST_AT_ONCE` are being worked out already."""
    if len(_at_work) >= MOST_AT_ONCE:
        raise Denied("admin_simulator_busy")
    _at_work.add(mine := object())
    try:
        async with desk.store.read() as tx:
            found = await looking.ahead(tx, asked, end, MOST_SIMULATED)
        return await asyncio.to_thread(_simulated, found, begin, end)
    finally:
        _at_work.discard(mine)


_at_work: set[object] = set()


def _simulated(found: Sequence[Listed], begin: dt.datetime, end: dt.datetime) -> Simulation:
    began = time.monotonic()
    cut: int | None = None
    late: dict[int, list[tuple[Late, Listed]]] = defaultdict(list)
    told: list[Consequence] = []
    for number, one in enumerate(found):
        if number >= MOST_SIMULATED or time.monotonic() - began > PATIENCE:
            cut = number
            break
        try:
            for missed, row in _occasions(one, begin, end):
                if missed:
                    told.append(Consequence(one, row.due_at, "missed", None))
                elif row.expires_at is not None and row.expires_at <= end:
                    fate: Fate = "told" if row.late_policy == "skip" else "skipped"
                    told.append(Consequence(one, row.due_at, fate, None))
                else:
                    late[one.reminder.person_id].append((row, one))
        except UNREADABLE:
            continue
    messages = sum(one.fate == "told" for one in told)
    for theirs in late.values():
        whose = {row.id: one for row, one in theirs}
        groups = lateness.together([row for row, _ in theirs])
        messages += len(groups)
        for group in groups:
            fate = "gathered" if len(group) > 1 else "late"
            for row in group:
                sent = held_until(end, group[0].quiet, group[0].zone) or end
                told.append(Consequence(whose[row.id], row.due_at, fate, sent))
    told.sort(key=lambda one: (one.due_at, one.listed.reminder.id))
    touched = {one.listed.reminder.person_id for one in told if one.fate != "missed"}
    return Simulation(Counter(one.fate for one in told), told[:SHOWN], len(touched), messages, cut)


def _occasions(one: Listed, begin: dt.datetime, end: dt.datetime) -> Iterator[tuple[bool, Late]]:
    """What of a reminder is late at the end, planned then as it will be, from its first occurrence in the downtime on;
    and whether a later occurrence rings for it. A snooze is late, too."""
    reminder, rings = one.reminder, one.reminder.rings
    if rings is not None and rings != reminder.next_due and begin <= rings < end - PUNCTUAL:
        yield False, _late(one, rings, None)
    if reminder.next_due is not None and reminder.next_due < begin:
        following = following_after(reminder, begin - dt.timedelta(microseconds=1))
        due, local = (following.utc, following.key) if following else (None, None)
        reminder = replace(reminder, next_due=due, next_local=local)
    if reminder.next_due is None or reminder.next_due >= end:
        return
    occasions, _ = planned(Due(reminder, reminder.late_policy, reminder.late_minutes, one.quiet), end)
    for occasion in occasions:
        if occasion.state == "skipped" or end - occasion.due_at > PUNCTUAL:
            yield occasion.state == "skipped", _late(one, occasion.due_at, occasion.expires_at)


def _late(one: Listed, due_at: dt.datetime, expires_at: dt.datetime | None) -> Late:
    reminder = one.reminder
    return Late(
        reminder.id, reminder.cause, reminder.address, due_at, expires_at, reminder.id, reminder.person_id,
        reminder.text, reminder.language, reminder.zone, reminder.late_policy, one.quiet, "",
    )  # fmt: skip
