"""Putting what is about to ring into the outbox: its words, its moment, and the reminder moved on, in one transaction."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from core.reminders.recurrence import Occurrence, Rule, last_at, next_after
from core.reminders.wording import ringing
from core.store import Tx, outbox, reminders
from core.store.outbox import Planned
from core.store.reminders import Reminder

HORIZON = dt.timedelta(seconds=60)
BATCH = 500


async def plan_due(tx: Tx, now: dt.datetime) -> int:
    """Plans everything that rings within the horizon, at most `BATCH` at once; returns how many were planned.

    After a downtime a repeating reminder rings once for all the occurrences it missed: the latest of them.
    """
    due = await reminders.due_before(tx, now + HORIZON, BATCH)
    for reminder in due:
        this, following = _this_and_following(reminder, now)
        planned = Planned(
            cause=f"reminder:{reminder.id}:{this.key}",
            address=reminder.address,
            reply=ringing(reminder),
            due_at=this.utc,
            person_id=reminder.person_id,
            reminder_id=reminder.id,
        )
        await outbox.add(tx, planned, now)
        await reminders.advance(
            tx, reminder.id, following.utc if following else None, following.key if following else None
        )
    return len(due)


def _this_and_following(reminder: Reminder, now: dt.datetime) -> tuple[Occurrence, Occurrence | None]:
    assert reminder.next_due is not None, "only reminders with a next moment are due"
    this = Occurrence(_nominal(reminder.next_local or ""), reminder.next_due)
    if reminder.rule is None:
        return this, None
    rule, zone = Rule.parse(reminder.rule), ZoneInfo(reminder.zone)
    start = dt.datetime.fromisoformat(reminder.starts_local)
    following = next_after(rule, start, zone, this.utc)
    if following is not None and following.utc <= now:
        this = last_at(rule, start, zone, now) or this
        following = next_after(rule, start, zone, this.utc)
    return this, following


def _nominal(key: str) -> dt.datetime:
    """The wall-clock time that `Occurrence.key` was made of."""
    local, _, second_pass = key.partition("/")
    return dt.datetime.fromisoformat(local).replace(fold=1 if second_pass else 0)
