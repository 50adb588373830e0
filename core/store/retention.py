"""Deleting what is over and old, a page of a table at a time, so that no transaction is long."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.store.chats import WAITS_FOR_OWNER
from core.store.database import Tx
from core.store.outbox import CLOSED
from core.store.tables import Moment, inbox, outbox, reminder, reminder_change, session
from core.store.tables.memory import fact
from core.store.tables.talks import turn_prompt

PAGE = 500
_BEFORE = sa.bindparam("before", type_=Moment())


@dataclass(frozen=True, slots=True)
class Kept:
    """A table that grows: when its rows were made, in about the order of their ids, and which of them are over."""

    table: sa.Table
    made_at: sa.Column[dt.datetime]
    over: sa.ColumnElement[bool]


KEPT: Sequence[Kept] = (
    Kept(
        inbox,
        inbox.c.received_at,
        sa.and_(
            inbox.c.state.in_(("done", "parked")), sa.func.coalesce(inbox.c.finished_at, inbox.c.received_at) < _BEFORE
        ),
    ),
    Kept(session, session.c.started_at, session.c.last_at < _BEFORE),
    Kept(
        outbox,
        outbox.c.created_at,
        sa.and_(
            outbox.c.finished_at < _BEFORE,
            sa.or_(
                outbox.c.state.in_(("sent", "cancelled", "skipped")),
                sa.and_(
                    outbox.c.state == "parked",
                    outbox.c.reminder_id.is_(None),
                    outbox.c.reason != WAITS_FOR_OWNER,
                    ~outbox.c.reason.startswith(CLOSED),
                ),
            ),
        ),
    ),
    Kept(reminder_change, reminder_change.c.changed_at, reminder_change.c.changed_at < _BEFORE),
    Kept(fact, fact.c.told_at, fact.c.replaced_at < _BEFORE),
)
"""A message goes with its turn, and a session with all of its own. What waits for a closed chat, or for its person, is not over."""


PROMPTS = Kept(turn_prompt, turn_prompt.c.made_at, turn_prompt.c.made_at < _BEFORE)
"""What models were asked, which is kept for a shorter time."""


_ENDED = (
    reminder.c.state.in_(("fired", "done", "cancelled", "declined")),
    reminder.c.updated_at < _BEFORE,
    sa.func.coalesce(reminder.c.last_due, reminder.c.updated_at) < _BEFORE,
    ~sa.exists().where(outbox.c.reminder_id == reminder.c.id),
)


async def ended(tx: Tx, before: dt.datetime) -> list[int]:
    """Reminders, a page of them, that have not rung and were not changed since, and never ring again."""
    return [row.id for row in await tx.rows(sa.select(reminder.c.id).where(*_ENDED).limit(PAGE), {"before": before})]


async def drop(tx: Tx, ended: Sequence[int], before: dt.datetime) -> None:
    """Deletes those of them for which that still holds."""
    await tx.run(sa.delete(reminder).where(reminder.c.id.in_(ended), *_ENDED), {"before": before})


async def prune(tx: Tx, kept: Kept, before: dt.datetime, after: int) -> int | None:
    """Deletes what of the next page after an id was over before a moment; returns the id to go on after, None at the
    first page on which something is younger."""
    number = kept.table.c.id
    page = await tx.rows(
        sa.select(number, kept.made_at.label("made_at")).where(number > after).order_by(number).limit(PAGE)
    )
    if not page or page[0].made_at >= before:
        return None
    gone = sa.delete(kept.table).where(number.in_([row.id for row in page]), kept.over)
    await tx.run(gone, {"before": before})
    return page[-1].id if page[-1].made_at < before else None
