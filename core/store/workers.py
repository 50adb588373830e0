"""Which processes are alive: the heartbeat that every claim hangs on; and when none was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables import Moment, downtime, worker

_KEPT = dt.timedelta(days=90)
ALIVE = dt.timedelta(seconds=15)
"""Whoever has not beaten for so long is taken for dead by people who look."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A worker as its last heartbeat left it."""

    name: str
    seen_at: dt.datetime
    stopped: bool
    serves: frozenset[str]


@dataclass(frozen=True, slots=True)
class Downtime:
    """Nobody was running ("down"), or the clock was put forward over this time ("clock")."""

    began_at: dt.datetime
    ended_at: dt.datetime
    kind: Literal["down", "clock"] = "down"


_BEAT = (
    sa.update(worker)
    .where(worker.c.name == sa.bindparam("the_worker"))
    .values(seen_at=sa.bindparam("now", type_=Moment()), serves=sa.bindparam("what"), stopped=sa.false())
)
_BURY = sa.delete(worker).where(
    worker.c.name == sa.bindparam("dead"), worker.c.seen_at == sa.bindparam("last", type_=Moment())
)
_BEATS = sa.select(worker.c.name, worker.c.seen_at, worker.c.stopped, worker.c.serves)


async def beat(tx: Tx, name: str, host: str, pid: int, now: dt.datetime, serves: Collection[str] = ()) -> bool:
    """Says that this worker is alive; returns whether that was known: not at first, nor after it was taken for dead."""
    what = "\n".join(sorted(serves))
    known = bool(await tx.run(_BEAT, {"the_worker": name, "now": now, "what": what}))
    if not known:
        values = {"name": name, "host": host, "pid": pid, "serves": what, "started_at": now, "seen_at": now}
        await tx.run(sa.insert(worker).values(**values))
    return known


async def beats(tx: Tx) -> list[Beat]:
    """Every worker that has not been buried yet. Whether one is alive is for the reader to judge: by its own watch,
    since clocks differ and jump."""
    rows = await tx.rows(_BEATS)
    return [Beat(row.name, row.seen_at, row.stopped, frozenset(row.serves.split("\n")) - {""}) for row in rows]


async def bury(tx: Tx, dead: Sequence[Beat]) -> None:
    """Deletes the rows of dead workers; not of one that has beaten again meanwhile."""
    await tx.many(_BURY, [{"dead": one.name, "last": one.seen_at} for one in dead])


def is_gone(claimed_by: sa.ColumnElement[str | None]) -> sa.ColumnElement[bool]:
    """Whether who claimed something is no worker any more, by the same snapshot that shows the claim: a list read before
    it would not know who has just started."""
    return ~sa.exists().where(worker.c.name == claimed_by)


async def leave(tx: Tx, name: str, now: dt.datetime) -> None:
    """Says that this worker has ended in order. The row stays, so that the next start knows since when."""
    await tx.run(sa.update(worker).where(worker.c.name == name).values(stopped=True, seen_at=now))


async def note_downtime(tx: Tx, gap: Downtime) -> None:
    """Keeps a gap once, and forgets those of long ago."""
    values = {"began_at": gap.began_at, "ended_at": gap.ended_at, "kind": gap.kind}
    await tx.insert_once(downtime, values, ("began_at",))
    await tx.run(sa.delete(downtime).where(downtime.c.ended_at < gap.ended_at - _KEPT))


async def downtimes(tx: Tx, since: dt.datetime) -> list[Downtime]:
    """The gaps that ended after `since`, the oldest first."""
    rows = await tx.rows(sa.select(downtime).where(downtime.c.ended_at > since).order_by(downtime.c.began_at))
    return [Downtime(row.began_at, row.ended_at, row.kind) for row in rows]


async def last_alive(tx: Tx) -> dt.datetime | None:
    """When any worker beat last; None where none ever did."""
    row = await tx.row(sa.select(sa.func.max(worker.c.seen_at)))
    return row[0] if row else None
