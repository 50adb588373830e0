"""What a signed-in browser may read of people's words, and until when."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables.talks import reveal


async def open_until(tx: Tx, session_id: int, subject: str, now: dt.datetime) -> dt.datetime | None:
    """Until when it may be read; None: it may not."""
    same = sa.and_(reveal.c.session_id == session_id, reveal.c.subject == subject, reveal.c.until > now)
    row = await tx.row(sa.select(reveal.c.until).where(same))
    return row.until if row else None


async def put(tx: Tx, session_id: int, subject: str, now: dt.datetime, until: dt.datetime) -> None:
    """Opens it, in place of an earlier one. What is over is cleared away."""
    same = sa.and_(reveal.c.session_id == session_id, reveal.c.subject == subject)
    await tx.run(sa.delete(reveal).where(sa.or_(same, reveal.c.until <= now)))
    await tx.insert(reveal, {"session_id": session_id, "subject": subject, "until": until})


async def close(tx: Tx, session_id: int, subject: str) -> None:
    await tx.run(sa.delete(reveal).where(reveal.c.session_id == session_id, reveal.c.subject == subject))
