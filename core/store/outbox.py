"""The queue of messages on their way out, and the record of what became of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.messages import Address, Delivery, Receipt, Reply
from core.store.codec import address_from_json, address_to_json, receipt_to_json, reply_from_json, reply_to_json
from core.store.database import Tx
from core.store.tables import Moment, outbox, reminder


@dataclass(frozen=True, slots=True)
class Planned:
    """A message to be sent: now, or at `due_at`."""

    cause: str
    address: Address
    reply: Reply
    due_at: dt.datetime
    reply_to: str = ""
    person_id: int | None = None
    reminder_id: int | None = None


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    delivery: Delivery
    fence: int
    due_at: dt.datetime
    person_id: int | None
    reminder_id: int | None


async def add(tx: Tx, planned: Planned, now: dt.datetime) -> int | None:
    """Queues a message; None if one with the same cause is there already."""
    return await tx.insert_once(outbox, _values(planned, now), ("cause",))


_WAITS = sa.select(
    sa.exists()
    .where(
        outbox.c.address_key == sa.bindparam("where"),
        outbox.c.state.in_(("planned", "attempting")),
        outbox.c.due_at <= sa.bindparam("now", type_=Moment()),
    )
    .label("waits")
)


async def add_claimed(tx: Tx, planned: Planned, worker: str, now: dt.datetime) -> ClaimedDelivery | None:
    """Queues a message that is due now and claims it in the same stroke, unless an older one at its address still
    waits or is on its way; then, or if it is there already, None: it is claimed in its turn."""
    row = await tx.row(_WAITS, {"where": planned.address.key(), "now": now})
    if row is None or row.waits:
        await add(tx, planned, now)
        return None
    claim_of = {"state": "attempting", "claimed_by": worker, "fence": 1, "attempts": 1}
    made = await tx.insert_once(outbox, _values(planned, now) | claim_of, ("cause",))
    if made is None:
        return None
    delivery = Delivery(made, planned.cause, planned.address, planned.reply, planned.reply_to)
    return ClaimedDelivery(delivery, 1, planned.due_at, planned.person_id, planned.reminder_id)


def _values(planned: Planned, now: dt.datetime) -> dict[str, Any]:
    return {
        "cause": planned.cause,
        "platform": planned.address.platform,
        "address_key": planned.address.key(),
        "address": address_to_json(planned.address),
        "reply": reply_to_json(planned.reply),
        "reply_to": planned.reply_to,
        "person_id": planned.person_id,
        "reminder_id": planned.reminder_id,
        "due_at": planned.due_at,
        "next_try_at": planned.due_at,
        "created_at": now,
    }


def _is_served(served: Collection[str]) -> sa.ColumnElement[bool]:
    names = list(served)
    return sa.or_(outbox.c.platform.in_(names), outbox.c.address_key.in_(names))


_earlier = outbox.alias("earlier")
_READY = (
    sa.select(outbox.c.id)
    .where(
        outbox.c.state == "planned",
        sa.or_(
            outbox.c.platform.in_(sa.bindparam("served", expanding=True)),
            outbox.c.address_key.in_(sa.bindparam("served", expanding=True)),
        ),
        outbox.c.next_try_at <= sa.bindparam("now", type_=Moment()),
        ~sa.exists().where(
            _earlier.c.address_key == outbox.c.address_key,
            _earlier.c.id < outbox.c.id,
            _earlier.c.state.in_(("planned", "attempting")),
            _earlier.c.due_at <= sa.bindparam("now", type_=Moment()),
        ),
    )
    .order_by(outbox.c.next_try_at, outbox.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
_READY_LOCKED = _READY.with_for_update(skip_locked=True, of=outbox)
_CLAIM = (
    sa.update(outbox)
    .where(outbox.c.id.in_(sa.bindparam("ids", expanding=True)), outbox.c.state == "planned")
    .values(
        state="attempting",
        claimed_by=sa.bindparam("worker"),
        fence=outbox.c.fence + 1,
        attempts=outbox.c.attempts + 1,
    )
    .returning(outbox)
)


async def claim(tx: Tx, worker: str, served: Collection[str], now: dt.datetime, limit: int) -> list[ClaimedDelivery]:
    """Marks up to `limit` due messages as being attempted: the write-ahead mark, committed before anything is sent.

    At an address the older due message goes first, also while it waits for its next try.
    """
    if not served:
        return []
    ready = _READY_LOCKED if tx.skip_locked else _READY
    ids = [row.id for row in await tx.rows(ready, {"served": list(served), "now": now, "most": limit})]
    if not ids:
        return []
    taken = await tx.rows(_CLAIM, {"ids": ids, "worker": worker})
    return sorted((_claimed(row) for row in taken), key=lambda one: (one.due_at, one.delivery.id))


def _claimed(row: sa.Row[Any]) -> ClaimedDelivery:
    delivery = Delivery(
        id=row.id,
        cause=row.cause,
        address=address_from_json(row.address),
        reply=reply_from_json(row.reply),
        reply_to=row.reply_to,
        attempt=row.attempts,
        doubtful=row.doubtful,
    )
    return ClaimedDelivery(delivery, row.fence, row.due_at, row.person_id, row.reminder_id)


def _mine(claimed: ClaimedDelivery) -> sa.ColumnElement[bool]:
    return sa.and_(outbox.c.id == claimed.delivery.id, outbox.c.fence == claimed.fence, outbox.c.state == "attempting")


_RECORD = (
    sa.update(outbox)
    .where(
        outbox.c.id == sa.bindparam("the_id"),
        outbox.c.fence == sa.bindparam("the_fence"),
        outbox.c.state == "attempting",
    )
    .values(state="sent", receipt=sa.bindparam("told"), claimed_by=None, finished_at=sa.bindparam("now"))
)


async def record(tx: Tx, done: Sequence[tuple[ClaimedDelivery, Receipt]], now: dt.datetime) -> None:
    """Writes down that deliveries arrived. One whose claim was taken over meanwhile is left to its new owner."""
    for claimed, receipt in done:
        values = {
            "the_id": claimed.delivery.id,
            "the_fence": claimed.fence,
            "told": receipt_to_json(receipt),
            "now": now,
        }
        await tx.run(_RECORD, values)
        if claimed.reminder_id is not None:
            await _fired(tx, claimed.reminder_id, claimed.due_at)


async def _fired(tx: Tx, reminder_id: int, due_at: dt.datetime) -> None:
    last = sa.and_(reminder.c.id == reminder_id, reminder.c.state == "active", reminder.c.next_due.is_(None))
    await tx.run(sa.update(reminder).where(reminder.c.id == reminder_id).values(last_due=due_at))
    await tx.run(sa.update(reminder).where(last).values(state="fired"))


async def put_back(
    tx: Tx, claimed: ClaimedDelivery, next_try_at: dt.datetime, reason: str, *, tried: bool, doubtful: bool = False
) -> None:
    """Plans another attempt. `tried`: this one counts; `doubtful`: it may have arrived."""
    values = {
        "state": "planned", "claimed_by": None, "next_try_at": next_try_at, "reason": reason,
        "doubtful": claimed.delivery.doubtful or doubtful, "attempts": claimed.delivery.attempt - (not tried),
    }  # fmt: skip
    await tx.run(sa.update(outbox).where(_mine(claimed)).values(**values))


async def park(tx: Tx, claimed: ClaimedDelivery, now: dt.datetime, reason: str) -> None:
    """Gives up on a message, with the reason; it is kept and can be seen, and no longer blocks its address."""
    values = {"state": "parked", "claimed_by": None, "finished_at": now, "reason": reason}
    await tx.run(sa.update(outbox).where(_mine(claimed)).values(**values))


async def cancel_planned(tx: Tx, reminder_id: int, now: dt.datetime) -> int:
    """Takes back what is planned for a reminder and not yet being sent; returns how many."""
    mine = sa.and_(outbox.c.reminder_id == reminder_id, outbox.c.state == "planned")
    return await tx.run(sa.update(outbox).where(mine).values(state="cancelled", finished_at=now, reason="cancelled"))


async def cancel_extra(tx: Tx, reminder_id: int, now: dt.datetime) -> int:
    """Takes back snoozes and nags that are planned for a reminder, and leaves its own occurrences; returns how many."""
    extra = sa.or_(outbox.c.cause.like("reminder:%:snooze:%"), outbox.c.cause.like("reminder:%:nag:%"))
    mine = sa.and_(outbox.c.reminder_id == reminder_id, outbox.c.state == "planned", extra)
    return await tx.run(sa.update(outbox).where(mine).values(state="cancelled", finished_at=now, reason="replaced"))


@dataclass(frozen=True, slots=True)
class Orphan:
    """An attempt whose worker died: nobody knows yet whether it arrived."""

    id: int
    cause: str
    platform: str
    attempt: int
    claimed_by: str


async def orphans(tx: Tx, live: list[str]) -> list[Orphan]:
    """The attempts of workers that are not in `live`."""
    lost = sa.and_(outbox.c.state == "attempting", outbox.c.claimed_by.not_in(live))
    columns = (outbox.c.id, outbox.c.cause, outbox.c.platform, outbox.c.attempts, outbox.c.claimed_by)
    statement = sa.select(*columns).where(lost)
    if tx.skip_locked:
        statement = statement.with_for_update(skip_locked=True)
    return [Orphan(row.id, row.cause, row.platform, row.attempts, row.claimed_by) for row in await tx.rows(statement)]


async def adopt(
    tx: Tx, orphan: Orphan, now: dt.datetime, *, arrived: bool, next_try_at: dt.datetime, doubtful: bool, reason: str
) -> None:
    """Settles an orphan: as sent, or to be tried again at `next_try_at`."""
    same = sa.and_(outbox.c.id == orphan.id, outbox.c.state == "attempting", outbox.c.claimed_by == orphan.claimed_by)
    if not arrived:
        values = {
            "state": "planned", "claimed_by": None, "next_try_at": next_try_at, "doubtful": doubtful, "reason": reason,
        }  # fmt: skip
        await tx.run(sa.update(outbox).where(same).values(**values))
        return
    settled = sa.update(outbox).where(same).values(state="sent", claimed_by=None, finished_at=now, reason=reason)
    for row in await tx.rows(settled.returning(outbox.c.reminder_id, outbox.c.due_at)):
        if row.reminder_id is not None:
            await _fired(tx, row.reminder_id, row.due_at)


async def next_try(tx: Tx, served: Collection[str]) -> dt.datetime | None:
    """When the next planned message wants to be sent; None if none is planned."""
    statement = sa.select(sa.func.min(outbox.c.next_try_at)).where(outbox.c.state == "planned", _is_served(served))
    row = await tx.row(statement)
    return row[0] if row else None


async def count_open(tx: Tx, served: Collection[str], now: dt.datetime) -> int:
    """Messages to what is served that should be out by now and are not."""
    late = sa.and_(_is_served(served), outbox.c.state.in_(("planned", "attempting")), outbox.c.due_at <= now)
    row = await tx.row(sa.select(sa.func.count()).select_from(outbox).where(late))
    return int(row[0]) if row else 0
