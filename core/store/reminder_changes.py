"""What a reminder was before a person changed it, so that the last change can be taken back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.store import reminders
from core.store.database import Tx
from core.store.tables import reminder, reminder_change

_KEPT = (
    "text", "state", "zone", "rule", "starts_local", "next_local", "absolute", "nag_minutes", "nag_most", "late_policy",
    "late_minutes", "shared",
)  # fmt: skip
_MOMENTS = ("next_due", "last_due", "paused_until")


@dataclass(frozen=True, slots=True)
class Change:
    id: int
    reminder_id: int
    verb: str


async def remember(tx: Tx, reminder_id: int, verb: str, now: dt.datetime, by: int | None = None) -> None:
    """Keeps the row as it stands before a change, for who made it (None: its person). What is planned of it has to be
    taken back before."""
    row = await tx.row(sa.select(reminder).where(reminder.c.id == reminder_id))
    assert row is not None, "only an existing reminder is changed"
    before: dict[str, Any] = {name: getattr(row, name) for name in _KEPT}
    before |= {name: _text(getattr(row, name)) for name in _MOMENTS}
    whose = row.person_id if by is None else by
    values = {"person_id": whose, "reminder_id": reminder_id, "verb": verb, "before": before, "changed_at": now}
    await tx.insert(reminder_change, values)


async def newest(tx: Tx, person_id: int) -> int:
    """The id of a person's newest change; 0 where there is none."""
    mine = reminder_change.c.person_id == person_id
    row = await tx.row(sa.select(sa.func.max(reminder_change.c.id)).where(mine))
    return int(row[0] or 0) if row else 0


async def paused_at(tx: Tx, reminder_id: int) -> dt.datetime | None:
    """When it was paused last."""
    paused = sa.and_(reminder_change.c.reminder_id == reminder_id, reminder_change.c.verb == "pause")
    row = await tx.row(sa.select(sa.func.max(reminder_change.c.changed_at)).where(paused))
    return row[0] if row else None


async def last(tx: Tx, person_id: int, since: dt.datetime) -> list[Change]:
    """A person's newest change that has not been taken back, as one row for each reminder that it was about."""
    mine = sa.and_(
        reminder_change.c.person_id == person_id,
        reminder_change.c.undone.is_(False),
        reminder_change.c.changed_at >= since,
    )
    newest = await tx.row(sa.select(reminder_change).where(mine).order_by(reminder_change.c.id.desc()).limit(1))
    if newest is None:
        return []
    together = sa.and_(mine, reminder_change.c.changed_at == newest.changed_at)
    rows = await tx.rows(sa.select(reminder_change).where(together).order_by(reminder_change.c.id.desc()))
    return [Change(row.id, row.reminder_id, row.verb) for row in rows]


async def take_back(tx: Tx, change: Change, now: dt.datetime) -> None:
    """Puts the reminder back as it was, with its snoozes that are to come; a change is taken back once."""
    row = await tx.row(sa.select(reminder_change).where(reminder_change.c.id == change.id))
    assert row is not None, "the change was read in this transaction"
    before = {name: row.before[name] for name in _KEPT if name in row.before}
    if change.verb == "set":
        before["state"] = "cancelled"
    moments = {name: _moment(row.before.get(name)) for name in _MOMENTS}
    await tx.run(
        sa.update(reminder).where(reminder.c.id == change.reminder_id).values(**before, **moments, updated_at=now)
    )
    await tx.run(sa.update(reminder_change).where(reminder_change.c.id == change.id).values(undone=True))
    if change.verb != "set":
        await reminders.revive(tx, change.reminder_id, row.changed_at, now)


def _text(moment: dt.datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> dt.datetime | None:
    return None if text is None else dt.datetime.fromisoformat(text)
