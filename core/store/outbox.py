"""The queue of messages on their way out, and the record of what became of each.

At an address one message is on its way at a time, in the order in which they are due.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.messages import Address, Delivery, Receipt, Reply
from core.store.codec import address_from_json, address_to_json, receipt_to_json, reply_from_json, reply_to_json
from core.store.database import Tx
from core.store.tables import Moment, outbox, reminder
from core.store.workers import is_gone

log = logging.getLogger(__name__)

OPEN: tuple[sa.ColumnElement[str], ...] = (sa.literal_column("'planned'"), sa.literal_column("'attempting'"))
"""States that still need work, as literals: SQLite uses a partial index only where it sees its very condition."""
CLOSED = "chat closed: "
"""What the reason begins with where a message was parked because its chat is closed to us: it waits for that to open."""
PUNCTUAL = dt.timedelta(seconds=60)
"""A reminder's message that is later than this is late: it waits for its reminder's rule to judge it, and says so."""


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
    expires_at: dt.datetime | None = None
    """When it is no longer worth sending."""
    doubtful: bool = False
    """As `Delivery.doubtful`: something of it may stand there already."""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    delivery: Delivery
    fence: int
    due_at: dt.datetime
    person_id: int | None
    reminder_id: int | None
    send_at: dt.datetime = field(default=dt.datetime.min.replace(tzinfo=dt.UTC))
    """Not before this moment; claims are made a little ahead of it."""
    expires_at: dt.datetime | None = None
    reason: str = ""
    """Why the last attempt did not succeed."""


async def add(tx: Tx, planned: Planned, now: dt.datetime) -> int | None:
    """Queues a message; None if one with the same cause is there already."""
    return await tx.insert_once(outbox, _values(planned, now), ("cause",))


_earlier = outbox.alias("earlier")
_WAITS = sa.exists().where(
    _earlier.c.address_key == sa.bindparam("where"),
    _earlier.c.state.in_(OPEN),
    _earlier.c.due_at <= sa.bindparam("now", type_=Moment()),
)


@cache
def _add_claimed(dialect: str) -> sa.Executable:
    """As what it is queued: claimed, unless an older one waits."""
    mine = {
        "state": ("planned", sa.literal("attempting")), "claimed_by": (None, sa.bindparam("worker")),
        "fence": (0, sa.literal(1)), "attempts": (0, sa.literal(1)),
    }  # fmt: skip
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(outbox)
    values = {name: sa.case((_WAITS, waiting), else_=claimed) for name, (waiting, claimed) in mine.items()}
    return insert.values(values).on_conflict_do_nothing(index_elements=["cause"]).returning(outbox.c.id, outbox.c.state)


async def add_claimed(tx: Tx, planned: Planned, worker: str, now: dt.datetime) -> ClaimedDelivery | None:
    """Queues a message that is due now and claims it in the same stroke, unless an older one at its address still
    waits or is on its way; then, or if it is there already, None: it is claimed in its turn."""
    statement = _add_claimed("postgresql" if tx.skip_locked else "sqlite")
    row = await tx.row(
        statement, {**_values(planned, now), "where": planned.address.key(), "worker": worker, "now": now}
    )
    if row is None or row.state != "attempting":
        return None
    delivery = Delivery(
        row.id, planned.cause, planned.address, planned.reply, planned.reply_to, doubtful=planned.doubtful
    )
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
        "expires_at": planned.expires_at,
        "next_try_at": planned.due_at,
        "doubtful": planned.doubtful,
        "created_at": now,
    }


def _is_served(served: Collection[str]) -> sa.ColumnElement[bool]:
    names = list(served)
    return sa.or_(outbox.c.platform.in_(names), outbox.c.address_key.in_(names))


def _ready(of_lane: sa.ColumnElement[bool], *, locked: bool) -> sa.Executable:
    """What may be sent now of one platform or one address, without the rows that another worker is just claiming."""
    statement = (
        sa.select(outbox.c.id)
        .where(
            outbox.c.state == "planned",
            of_lane,
            outbox.c.next_try_at <= sa.bindparam("until", type_=Moment()),
            sa.or_(outbox.c.expires_at.is_(None), outbox.c.expires_at > sa.bindparam("now", type_=Moment())),
            sa.or_(
                outbox.c.reminder_id.is_(None),
                outbox.c.judged,
                outbox.c.due_at >= sa.bindparam("fresh", type_=Moment()),
            ),
            ~sa.exists().where(
                _earlier.c.address_key == outbox.c.address_key,
                _earlier.c.state.in_(OPEN),
                sa.or_(
                    _earlier.c.due_at < outbox.c.due_at,
                    sa.and_(_earlier.c.due_at == outbox.c.due_at, _earlier.c.id < outbox.c.id),
                ),
            ),
        )
        .order_by(outbox.c.next_try_at, outbox.c.id)
        .limit(sa.bindparam("most", type_=sa.Integer()))
    )
    return statement.with_for_update(skip_locked=True, of=outbox) if locked else statement


_LANES = (outbox.c.platform == sa.bindparam("lane"), outbox.c.address_key == sa.bindparam("lane"))
_READY = {(lane, locked): _ready(_LANES[lane], locked=locked) for lane in (False, True) for locked in (False, True)}
"""By whether the lane is one address, and whether other processes may claim at the same time."""
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


async def claim(
    tx: Tx,
    worker: str,
    served: Collection[str],
    now: dt.datetime,
    limit: int,
    ahead: dt.timedelta = dt.timedelta(),
) -> list[ClaimedDelivery]:
    """Marks up to `limit` messages that are due within `ahead` as being attempted: the write-ahead mark, committed
    before anything is sent.

    At an address what is due first goes first, also while it waits for its next try. A late message of a reminder is
    left until it is judged, and one that has expired for good. A row that cannot be read is set aside.
    """
    if not served or limit <= 0:
        return []
    ids: list[int] = []
    for lane in served:
        moments = {"now": now, "until": now + ahead, "fresh": now - PUNCTUAL}
        statement = _READY["|" in lane, tx.skip_locked]
        ids += [row.id for row in await tx.rows(statement, {**moments, "lane": lane, "most": limit - len(ids)})]
    if not ids:
        return []
    claimed = []
    for row in await tx.rows(_CLAIM, {"ids": ids, "worker": worker}):
        try:
            claimed.append(_claimed(row))
        except (KeyError, TypeError, ValueError, AttributeError):
            await set_aside(tx, row.id, now)
    return sorted(claimed, key=lambda one: (one.send_at, one.delivery.id))


async def set_aside(tx: Tx, outbox_id: int, now: dt.datetime) -> None:
    """A message that cannot be read is neither sent nor judged, and holds up no other."""
    log.error("a row of the outbox cannot be read", extra={"outbox": outbox_id})
    values = {"state": "parked", "claimed_by": None, "finished_at": now, "reason": "the row cannot be read"}
    await tx.run(sa.update(outbox).where(outbox.c.id == outbox_id).values(**values))


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
    return ClaimedDelivery(
        delivery, row.fence, row.due_at, row.person_id, row.reminder_id, row.next_try_at, row.expires_at, row.reason
    )


_FENCES = sa.select(outbox.c.id, outbox.c.fence).where(outbox.c.id.in_(sa.bindparam("ids", expanding=True)))
_STILL = _FENCES.where(
    outbox.c.state == "attempting",
    sa.or_(outbox.c.expires_at.is_(None), outbox.c.expires_at > sa.bindparam("now", type_=Moment())),
)


async def still_claimed(tx: Tx, claimed: Sequence[ClaimedDelivery], now: dt.datetime) -> set[tuple[int, int]]:
    """Id and fence of those of these claims that hold: not taken back meanwhile, not expired, and not taken over. Of a
    row that was cancelled, wanted again and claimed again, both claims may be asked for."""
    asked = {(one.delivery.id, one.fence) for one in claimed}
    rows = await tx.rows(_STILL, {"ids": list({number for number, _ in asked}), "now": now})
    return asked & {(row.id, row.fence) for row in rows}


def _mine(claimed: ClaimedDelivery) -> sa.ColumnElement[bool]:
    return sa.and_(outbox.c.id == claimed.delivery.id, outbox.c.fence == claimed.fence, outbox.c.state == "attempting")


_LAST_DUE = (
    sa.update(reminder)
    .where(reminder.c.id == outbox.c.reminder_id, outbox.c.id.in_(sa.bindparam("ids", expanding=True)))
    .values(
        last_due=outbox.c.due_at,
        state=sa.case(
            (sa.and_(reminder.c.state == "active", reminder.c.next_due.is_(None)), "fired"), else_=reminder.c.state
        ),
    )
)


def _record(dialect: str) -> sa.Executable:
    """One statement for a whole batch, which is one JSON document: with a parameter set a row, a burst of deliveries
    spends more time here than on the sending."""
    document = sa.bindparam("document", type_=sa.JSON())
    if dialect == "postgresql":
        one = sa.func.json_array_elements(document).table_valued(sa.column("value", sa.JSON()))
        whole = [sa.cast(one.c.value[name].as_string(), sa.BigInteger()) for name in ("id", "fence")]
        same, receipt = [outbox.c.id == whole[0], outbox.c.fence == whole[1]], one.c.value["receipt"]
    else:
        one = sa.func.json_each(document).table_valued("value")
        number, fence, told = (sa.func.json_extract(one.c.value, f"$.{name}") for name in ("id", "fence", "receipt"))
        same, receipt = [outbox.c.id == number, outbox.c.fence == fence], told
    done = {"state": "sent", "receipt": receipt, "claimed_by": None, "finished_at": sa.bindparam("now", type_=Moment())}
    return sa.update(outbox).where(*same, outbox.c.state.in_(OPEN)).values(**done).returning(outbox.c.id)


_RECORD = {skips: _record("postgresql" if skips else "sqlite") for skips in (False, True)}


async def record(tx: Tx, done: Sequence[tuple[ClaimedDelivery, Receipt]], now: dt.datetime) -> list[ClaimedDelivery]:
    """Writes down that deliveries arrived, and returns those. One that another worker has claimed meanwhile is left to
    it; one that was only taken back for it is not sent again."""
    document = [
        {"id": one.delivery.id, "fence": one.fence, "receipt": receipt_to_json(receipt)} for one, receipt in done
    ]
    ours = {row.id for row in await tx.rows(_RECORD[tx.skip_locked], {"document": document, "now": now})}
    arrived = [one for one, _ in done if one.delivery.id in ours]
    await _fired(tx, {one.delivery.id for one in arrived if one.reminder_id is not None})
    return arrived


async def _fired(tx: Tx, sent: Collection[int]) -> None:
    """What rang for the last time has fired."""
    if sent:
        await tx.run(_LAST_DUE, {"ids": list(sent)})


@dataclass(frozen=True, slots=True)
class PutBack:
    """A claim given back, to be tried again. `tried`: this attempt counts; `doubtful`: it may have arrived."""

    claimed: ClaimedDelivery
    next_try_at: dt.datetime
    reason: str
    tried: bool
    doubtful: bool = False


_PUT_BACK = (
    sa.update(outbox)
    .where(
        outbox.c.id == sa.bindparam("the_id"),
        outbox.c.fence == sa.bindparam("the_fence"),
        outbox.c.state == "attempting",
    )
    .values(
        state="planned",
        claimed_by=None,
        next_try_at=sa.bindparam("again", type_=Moment()),
        reason=sa.bindparam("why"),
        doubtful=sa.bindparam("doubt", type_=sa.Boolean()),
        attempts=sa.bindparam("so_far"),
    )
)


async def put_back(tx: Tx, returned: Sequence[PutBack]) -> None:
    """Plans another attempt for each; those whose claim was lost are left alone."""
    rows = [
        {
            "the_id": one.claimed.delivery.id,
            "the_fence": one.claimed.fence,
            "again": one.next_try_at,
            "why": one.reason,
            "doubt": one.claimed.delivery.doubtful or one.doubtful,
            "so_far": one.claimed.delivery.attempt - (not one.tried),
        }
        for one in returned
    ]
    await tx.many(_PUT_BACK, rows)


async def follow_clock_back(tx: Tx, now: dt.datetime) -> None:
    """After the clock was put back: answers queued by the old clock are due now. Reminders keep their moments."""
    old = sa.and_(outbox.c.state == "planned", outbox.c.reminder_id.is_(None), outbox.c.created_at > now)
    await tx.run(sa.update(outbox).where(old).values(due_at=now, next_try_at=now, created_at=now))


async def park(tx: Tx, claimed: ClaimedDelivery, now: dt.datetime, reason: str) -> None:
    """Gives up on a message, with the reason; it is kept and can be seen, and no longer blocks its address."""
    values = {"state": "parked", "claimed_by": None, "finished_at": now, "reason": reason}
    parked = await tx.run(sa.update(outbox).where(_mine(claimed)).values(**values))
    if parked and claimed.reminder_id is not None and not reason.startswith(CLOSED):
        left = sa.and_(
            reminder.c.id == claimed.reminder_id, reminder.c.state == "active", reminder.c.next_due.is_(None)
        )
        await tx.run(sa.update(reminder).where(left).values(state="parked", updated_at=now))


def _not_yet_sent(reminder_id: int, now: dt.datetime) -> sa.ColumnElement[bool]:
    """Planned, or claimed ahead of its moment: who holds such a claim looks again before sending."""
    ahead = sa.and_(outbox.c.state == "attempting", outbox.c.next_try_at > now)
    return sa.and_(outbox.c.reminder_id == reminder_id, sa.or_(outbox.c.state == "planned", ahead))


async def cancel_planned(tx: Tx, reminder_id: int, now: dt.datetime) -> int:
    """Takes back what is planned for a reminder and not yet being sent; returns how many. What is being sent just now
    is not tried again, should it fail."""
    leaving = sa.and_(outbox.c.reminder_id == reminder_id, outbox.c.state == "attempting", outbox.c.next_try_at <= now)
    await tx.run(sa.update(outbox).where(leaving).values(expires_at=now))
    values = {"state": "cancelled", "claimed_by": None, "finished_at": now, "reason": "cancelled"}
    return await tx.run(sa.update(outbox).where(_not_yet_sent(reminder_id, now)).values(**values))


_NAG = outbox.c.cause.like("reminder:%:nag:%")
_EXTRA = sa.or_(outbox.c.cause.like("reminder:%:snooze:%"), _NAG)


async def cancel_extra(tx: Tx, reminder_id: int, now: dt.datetime) -> int:
    """Takes back snoozes and nags that are planned for a reminder, and leaves its own occurrences; returns how many."""
    return await _replace(tx, reminder_id, now, _EXTRA)


async def cancel_nags(tx: Tx, reminder_id: int, now: dt.datetime) -> int:
    """Takes back the nags that are planned for a reminder; returns how many."""
    return await _replace(tx, reminder_id, now, _NAG)


async def cancel_own(tx: Tx, reminder_id: int, now: dt.datetime) -> int:
    """Takes back a reminder's own planned occurrences, and leaves its snoozes and nags; returns how many."""
    return await _replace(tx, reminder_id, now, ~_EXTRA)


async def _replace(tx: Tx, reminder_id: int, now: dt.datetime, which: sa.ColumnElement[bool]) -> int:
    values = {"state": "cancelled", "claimed_by": None, "finished_at": now, "reason": "replaced"}
    return await tx.run(sa.update(outbox).where(_not_yet_sent(reminder_id, now), which).values(**values))


@dataclass(frozen=True, slots=True)
class Orphan:
    """An attempt whose worker died: nobody knows yet whether it arrived."""

    id: int
    cause: str
    platform: str
    claimed_by: str
    fence: int
    send_at: dt.datetime
    """Before this moment it was not sent."""
    doubtful: bool


async def orphans(tx: Tx, live: list[str]) -> list[Orphan]:
    """The attempts of workers that are gone and not in `live`."""
    lost = sa.and_(outbox.c.state == "attempting", outbox.c.claimed_by.not_in(live), is_gone(outbox.c.claimed_by))
    columns = (
        outbox.c.id, outbox.c.cause, outbox.c.platform, outbox.c.claimed_by, outbox.c.fence, outbox.c.next_try_at,
        outbox.c.doubtful,
    )  # fmt: skip
    statement = sa.select(*columns).where(lost)
    if tx.skip_locked:
        statement = statement.with_for_update(skip_locked=True)
    return [
        Orphan(row.id, row.cause, row.platform, row.claimed_by, row.fence, row.next_try_at, row.doubtful)
        for row in await tx.rows(statement)
    ]


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of an orphan: it counts as sent, or is tried again at `next_try_at`."""

    orphan: Orphan
    arrived: bool
    next_try_at: dt.datetime
    doubtful: bool
    reason: str


_SETTLED = (
    sa.update(outbox)
    .where(
        outbox.c.id == sa.bindparam("the_id"),
        outbox.c.state == "attempting",
        outbox.c.claimed_by == sa.bindparam("the_dead"),
    )
    .values(
        state=sa.bindparam("becomes"),
        claimed_by=None,
        next_try_at=sa.bindparam("again", type_=Moment()),
        doubtful=sa.bindparam("doubt", type_=sa.Boolean()),
        reason=sa.bindparam("why"),
        finished_at=sa.bindparam("ended", type_=Moment()),
    )
)


async def adopt(tx: Tx, settled: Sequence[Settled], now: dt.datetime) -> None:
    """Settles orphans that were found in this transaction, all in one go."""
    rows = [
        {
            "the_id": one.orphan.id,
            "the_dead": one.orphan.claimed_by,
            "becomes": "sent" if one.arrived else "planned",
            "again": one.next_try_at,
            "doubt": one.doubtful,
            "why": one.reason,
            "ended": now if one.arrived else None,
        }
        for one in settled
    ]
    await tx.many(_SETTLED, rows)
    await _fired(tx, [one.orphan.id for one in settled if one.arrived])


async def count_open(tx: Tx, served: Collection[str], now: dt.datetime) -> int:
    """Messages to what is served that should be out by now and are not."""
    late = sa.and_(_is_served(served), outbox.c.state.in_(OPEN), outbox.c.due_at <= now)
    return await tx.count(outbox, late)
