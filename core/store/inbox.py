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
from core.store.tables import Moment, inbox
from core.store.workers import is_gone


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


def _is_served(served: Collection[str]) -> sa.ColumnElement[bool]:
    names = list(served)
    return sa.or_(inbox.c.platform.in_(names), inbox.c.address_key.in_(names))


_OPEN: tuple[sa.ColumnElement[str], ...] = (sa.literal_column("'new'"), sa.literal_column("'claimed'"))
"""States that still need work, as literals: SQLite uses a partial index only where it sees its very condition."""
_earlier = inbox.alias("earlier")
_BLOCKED = sa.exists().where(
    _earlier.c.address_key == inbox.c.address_key,
    _earlier.c.id < inbox.c.id,
    _earlier.c.state.in_(_OPEN),
)
_READY = (
    sa.select(inbox.c.id)
    .where(
        sa.or_(
            inbox.c.platform.in_(sa.bindparam("served", expanding=True)),
            inbox.c.address_key.in_(sa.bindparam("served", expanding=True)),
        ),
        inbox.c.state == "new",
        sa.or_(inbox.c.not_before.is_(None), inbox.c.not_before <= sa.bindparam("now", type_=Moment())),
        ~_BLOCKED,
    )
    .order_by(inbox.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
_READY_LOCKED = _READY.with_for_update(skip_locked=True, of=inbox)
_CLAIM = (
    sa.update(inbox)
    .where(inbox.c.id.in_(sa.bindparam("ids", expanding=True)), inbox.c.state == "new")
    .values(
        state="claimed",
        claimed_by=sa.bindparam("worker"),
        fence=inbox.c.fence + 1,
        attempts=inbox.c.attempts + 1,
    )
    .returning(inbox.c.id, inbox.c.fence, inbox.c.attempts, inbox.c.message, inbox.c.received_at)
)


async def claim(tx: Tx, worker: str, served: Collection[str], now: dt.datetime, limit: int) -> list[ClaimedMessage]:
    """Takes the oldest open message of up to `limit` conversations in which nothing is being answered."""
    ready = _READY_LOCKED if tx.skip_locked else _READY
    ids = [row.id for row in await tx.rows(ready, {"served": list(served), "now": now, "most": limit})]
    if not ids:
        return []
    claimed: list[ClaimedMessage] = []
    for row in sorted(await tx.rows(_CLAIM, {"ids": ids, "worker": worker}), key=lambda row: row.id):
        try:
            message = message_from_json(row.message)
        except (KeyError, TypeError, ValueError):  # written by a version that we do not know, or damaged
            await tx.run(sa.update(inbox).where(inbox.c.id == row.id).values(state="parked", note="unreadable"))
            continue
        claimed.append(ClaimedMessage(row.id, row.fence, row.attempts, message, row.received_at))
    return claimed


_LEAVE = (
    sa.update(inbox)
    .where(
        inbox.c.id == sa.bindparam("claimed_id"),
        inbox.c.fence == sa.bindparam("claimed_fence"),
        inbox.c.state == "claimed",
    )
    .values(
        state=sa.bindparam("to_state"),
        claimed_by=None,
        finished_at=sa.bindparam("finished"),
        not_before=sa.bindparam("again"),
        note=sa.bindparam("noted"),
    )
)


async def _leave(
    tx: Tx,
    claimed: ClaimedMessage,
    state: str,
    *,
    finished: dt.datetime | None = None,
    again: dt.datetime | None = None,
    note: str = "",
) -> None:
    values = {
        "claimed_id": claimed.id, "claimed_fence": claimed.fence, "to_state": state, "finished": finished,
        "again": again, "noted": note,
    }  # fmt: skip
    if await tx.run(_LEAVE, values) != 1:
        raise LeaseLost


async def finish(tx: Tx, claimed: ClaimedMessage, now: dt.datetime, note: str = "") -> None:
    """Closes the row; raises `LeaseLost` if another worker has claimed it since."""
    await _leave(tx, claimed, "done", finished=now, note=note)


async def park(tx: Tx, claimed: ClaimedMessage, now: dt.datetime, note: str) -> None:
    """Sets aside a message that failed too often, so that it no longer blocks its conversation."""
    await _leave(tx, claimed, "parked", finished=now, note=note)


async def release(tx: Tx, claimed: ClaimedMessage, not_before: dt.datetime | None = None) -> None:
    """Gives a claim back unfinished: at a stop, or to be tried again at `not_before`."""
    await _leave(tx, claimed, "new", again=not_before)


async def release_lost(tx: Tx, live: list[str]) -> int:
    """Frees the claims of every worker that is gone and not in `live`; returns how many."""
    lost = sa.and_(inbox.c.state == "claimed", inbox.c.claimed_by.not_in(live), is_gone(inbox.c.claimed_by))
    return await tx.run(sa.update(inbox).where(lost).values(state="new", claimed_by=None))


async def count_open(tx: Tx, served: Collection[str]) -> int:
    """Messages of what is served that wait for an answer or are being answered."""
    waiting = sa.and_(_is_served(served), inbox.c.state.in_(("new", "claimed")))
    return await tx.count(inbox, waiting)
