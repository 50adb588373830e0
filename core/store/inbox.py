"""The queue of messages that a platform was told we have. Whoever claims a row must finish it with the same fence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from core.errors import LeaseLost
from core.messages import Message
from core.store.codec import message_from_json, message_to_json
from core.store.database import Tx
from core.store.tables import inbox


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    id: int
    fence: int
    attempts: int
    message: Message
    received_at: dt.datetime


async def add(tx: Tx, message: Message, now: dt.datetime) -> int | None:
    """Keeps a message; None if the same event is here already."""
    values = {
        "platform": message.address.platform,
        "event_id": message.event_id,
        "address_key": message.address.key(),
        "message": message_to_json(message),
        "received_at": now,
    }
    return await tx.insert_once(inbox, values, ("platform", "event_id"))


async def claim(tx: Tx, worker: str, platforms: Collection[str], now: dt.datetime, limit: int) -> list[ClaimedMessage]:
    """Takes the oldest open message of up to `limit` conversations in which nothing is being answered."""
    earlier = inbox.alias("earlier")
    blocked = sa.exists().where(
        earlier.c.address_key == inbox.c.address_key,
        earlier.c.id < inbox.c.id,
        earlier.c.state.in_(("new", "claimed")),
    )
    wanted = (
        sa.select(inbox.c.id)
        .where(
            inbox.c.platform.in_(list(platforms)),
            inbox.c.state == "new",
            sa.or_(inbox.c.not_before.is_(None), inbox.c.not_before <= now),
            ~blocked,
        )
        .order_by(inbox.c.id)
        .limit(limit)
    )
    if tx.skip_locked:
        wanted = wanted.with_for_update(skip_locked=True, of=inbox)
    ids = [row.id for row in await tx.rows(wanted)]
    if not ids:
        return []
    taken = await tx.rows(
        sa.update(inbox)
        .where(inbox.c.id.in_(ids), inbox.c.state == "new")
        .values(state="claimed", claimed_by=worker, fence=inbox.c.fence + 1, attempts=inbox.c.attempts + 1)
        .returning(inbox.c.id, inbox.c.fence, inbox.c.attempts, inbox.c.message, inbox.c.received_at)
    )
    claimed = [
        ClaimedMessage(row.id, row.fence, row.attempts, message_from_json(row.message), row.received_at)
        for row in taken
    ]
    return sorted(claimed, key=lambda one: one.id)


async def _leave(tx: Tx, claimed: ClaimedMessage, **values: object) -> None:
    mine = sa.and_(inbox.c.id == claimed.id, inbox.c.fence == claimed.fence, inbox.c.state == "claimed")
    if await tx.run(sa.update(inbox).where(mine).values(claimed_by=None, **values)) != 1:
        raise LeaseLost


async def finish(tx: Tx, claimed: ClaimedMessage, now: dt.datetime, note: str = "") -> None:
    """Closes the row; raises `LeaseLost` if another worker has claimed it since."""
    await _leave(tx, claimed, state="done", finished_at=now, note=note)


async def park(tx: Tx, claimed: ClaimedMessage, now: dt.datetime, note: str) -> None:
    """Sets aside a message that failed too often, so that it no longer blocks its conversation."""
    await _leave(tx, claimed, state="parked", finished_at=now, note=note)


async def release(tx: Tx, claimed: ClaimedMessage, not_before: dt.datetime | None = None) -> None:
    """Gives a claim back unfinished: at a stop, or to be tried again at `not_before`."""
    await _leave(tx, claimed, state="new", not_before=not_before)


async def release_lost(tx: Tx, live: list[str]) -> int:
    """Frees the claims of every worker that is not in `live`; returns how many."""
    lost = sa.and_(inbox.c.state == "claimed", inbox.c.claimed_by.not_in(live))
    return await tx.run(sa.update(inbox).where(lost).values(state="new", claimed_by=None))


async def count_open(tx: Tx, platforms: Collection[str]) -> int:
    """Messages of these platforms that wait for an answer or are being answered."""
    waiting = sa.and_(inbox.c.platform.in_(list(platforms)), inbox.c.state.in_(("new", "claimed")))
    row = await tx.row(sa.select(sa.func.count()).select_from(inbox).where(waiting))
    return int(row[0]) if row else 0
