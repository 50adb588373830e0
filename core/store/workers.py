"""Which processes are alive: the heartbeat that every claim hangs on."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables import worker


async def beat(tx: Tx, name: str, host: str, pid: int, now: dt.datetime) -> None:
    """Says that this worker is alive; also after it was taken for dead."""
    if not await tx.run(sa.update(worker).where(worker.c.name == name).values(seen_at=now)):
        await tx.run(sa.insert(worker).values(name=name, host=host, pid=pid, started_at=now, seen_at=now))


async def live(tx: Tx, now: dt.datetime, lease: dt.timedelta) -> list[str]:
    """Names of the workers whose heartbeat is fresh; the rows of the others are deleted."""
    await tx.run(sa.delete(worker).where(worker.c.seen_at < now - lease))
    return [row.name for row in await tx.rows(sa.select(worker.c.name))]


async def leave(tx: Tx, name: str) -> None:
    await tx.run(sa.delete(worker).where(worker.c.name == name))
