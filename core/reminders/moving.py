"""When a person's zone changes: wall-clock reminders move with them, reminders said as a distance keep their moment."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from core.reminders.creating import on_wall
from core.reminders.recurrence import Rule, moved, rebased
from core.store import Tx, outbox, people, reminders
from core.store.reminders import Reminder


async def set_zone(tx: Tx, person_id: int, zone: ZoneInfo, now: dt.datetime) -> tuple[int, int]:
    """Keeps the zone and moves the person's reminders; returns how many moved and how many kept their moment."""
    await people.set_zone(tx, person_id, zone.key)
    shifted = kept = 0
    for reminder in await reminders.open_of(tx, person_id, 10_000):
        if reminder.zone == zone.key:
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
    start = dt.datetime.fromisoformat(reminder.starts_local)
    if reminder.rule is not None:
        start = rebased(Rule.parse(reminder.rule), start, ZoneInfo(reminder.zone), zone)
    await reminders.set_wall(tx, reminder.id, zone.key, start.isoformat())


async def _move(tx: Tx, reminder: Reminder, zone: ZoneInfo, now: dt.datetime) -> int:
    """Rings when the clock of the new zone shows what the old one would have; not a second time for a day that rang."""
    start, before = dt.datetime.fromisoformat(reminder.starts_local), ZoneInfo(reminder.zone)
    await outbox.cancel_own(tx, reminder.id, now)
    if reminder.rule is not None:
        occurrence = moved(Rule.parse(reminder.rule), start, before, zone, now)
        due, local = (occurrence.utc, occurrence.key) if occurrence else (None, None)
    else:
        assert reminder.rings is not None, "checked by the caller"
        wall = reminder.rings.astimezone(before).replace(tzinfo=None)
        due, local = max(on_wall(wall, zone), now), wall.isoformat()
    await reminders.set_wall(tx, reminder.id, zone.key, start.isoformat())
    await reminders.advance(tx, reminder.id, due, local)
    return 1
