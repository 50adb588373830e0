"""When a person's zone changes: wall-clock reminders move with them, reminders said as a distance keep their moment."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from core.language.zones import known_zone
from core.reminders.creating import on_wall
from core.reminders.recurrence import Occurrence, Rule, moved, next_after, rebased
from core.store import Tx, people, reminders
from core.store.reminders import Reminder


async def set_zone(tx: Tx, person_id: int, zone: ZoneInfo, now: dt.datetime) -> tuple[int, int]:
    """Keeps the zone and moves the person's reminders; returns how many moved and how many kept their moment."""
    await people.set_zone(tx, person_id, zone.key)
    shifted = kept = 0
    for reminder in await reminders.open_of(tx, person_id, 10_000):
        if reminder.zone == zone.key or known_zone(reminder.zone) is None:
            continue
        if reminder.rings is None or reminder.absolute or _counts_elapsed(reminder) or _has_rung(reminder):
            await _keep_moment(tx, reminder, zone)
            kept += 1
        else:
            shifted += await _move(tx, reminder, zone, now)
    return shifted, kept


def _counts_elapsed(reminder: Reminder) -> bool:
    return reminder.rule is not None and Rule.parse(reminder.rule).counts_elapsed


def _has_rung(reminder: Reminder) -> bool:
    """A single one that rang: what is left of it, a snooze or a nag, was said as a distance."""
    return reminder.rule is None and reminder.next_due is None and reminder.last_due is not None


async def _keep_moment(tx: Tx, reminder: Reminder, zone: ZoneInfo) -> None:
    """Shown in the new zone from now on, and rings when it would have."""
    start, before = dt.datetime.fromisoformat(reminder.starts_local), ZoneInfo(reminder.zone)
    if reminder.rule is not None:
        start = rebased(Rule.parse(reminder.rule), start, before, zone)
    else:
        start = start.replace(tzinfo=before).astimezone(zone).replace(tzinfo=None)
    await reminders.set_wall(tx, reminder.id, zone.key, start.isoformat())


async def _move(tx: Tx, reminder: Reminder, zone: ZoneInfo, now: dt.datetime) -> int:
    """Rings when the clock of the new zone shows what the old one would have; not a second time for a day that rang, and
    not before its pause ends."""
    start, before = dt.datetime.fromisoformat(reminder.starts_local), ZoneInfo(reminder.zone)
    reminder = await unplanned(tx, reminder, now)
    if reminder.rule is None and reminder.next_due is None:  # it is being sent just now
        await _keep_moment(tx, reminder, zone)
        return 0
    if reminder.rule is not None:
        rested = max(now, reminder.paused_until or now)
        occurrence = moved(Rule.parse(reminder.rule), start, before, zone, rested)
        due, local = (occurrence.utc, occurrence.key) if occurrence else (None, None)
    else:
        assert reminder.next_due is not None, "looked at above"
        wall = reminder.next_due.astimezone(before).replace(tzinfo=None)
        due, local = max(on_wall(wall, zone), now), wall.isoformat()
    await reminders.set_wall(tx, reminder.id, zone.key, start.isoformat())
    await reminders.advance(tx, reminder.id, due, local)
    return 1


def following_after(reminder: Reminder, moment: dt.datetime) -> Occurrence | None:
    """What is to come of a repeating reminder by its rule; None for a single one, and when the rule is over."""
    if reminder.rule is None:
        return None
    start = dt.datetime.fromisoformat(reminder.starts_local)
    return next_after(Rule.parse(reminder.rule), start, ZoneInfo(reminder.zone), moment)


async def unplanned(tx: Tx, reminder: Reminder, now: dt.datetime) -> Reminder:
    """Takes a reminder's own occurrence that is planned back to where it was planned from, under its own name; snoozes
    and nags stay. Returns the reminder as it stands then."""
    if taken := await reminders.take_back_planned(tx, reminder.id, now):
        await reminders.advance(tx, reminder.id, *taken)
    return await reminders.get_any(tx, reminder.id) or reminder
