"""Small things that must survive a restart, by key: what a platform was told, what is wrong with it, what a link is for."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables.notes import note

RECENT = dt.timedelta(minutes=5)
"""How long ago a trouble may have been noted to be one still."""
TROUBLE = "trouble:"
"""With this in front, the key of something that is wrong: what, and in a second line how to mend it."""


async def get(tx: Tx, key: str) -> str:
    """What was noted last; "" if nothing was."""
    row = await tx.row(sa.select(note.c.value).where(note.c.key == key))
    return str(row.value) if row else ""


async def with_prefix(tx: Tx, prefix: str) -> dict[str, str]:
    """Everything that was noted under keys that begin so."""
    rows = await tx.rows(sa.select(note.c.key, note.c.value).where(note.c.key.startswith(prefix, autoescape=True)))
    return {row.key: row.value for row in rows}


async def put(tx: Tx, key: str, value: str, now: dt.datetime) -> None:
    """Notes it instead of what was there before."""
    values = {"key": key, "value": value, "noted_at": now}
    if await tx.insert_once(note, values, ("key",)) is None:
        await tx.run(sa.update(note).where(note.c.key == key).values(value=value, noted_at=now))


async def drop(tx: Tx, key: str) -> None:
    """Forgets it."""
    await tx.run(sa.delete(note).where(note.c.key == key))


async def forget(tx: Tx, prefix: str, before: dt.datetime) -> None:
    """Forgets what was noted before that moment under keys that begin so."""
    await tx.run(sa.delete(note).where(note.c.key.startswith(prefix, autoescape=True), note.c.noted_at < before))


async def older(tx: Tx, prefix: str, before: dt.datetime) -> list[str]:
    """What was noted before that moment under keys that begin so."""
    found = sa.and_(note.c.key.startswith(prefix, autoescape=True), note.c.noted_at < before)
    return [str(row.value) for row in await tx.rows(sa.select(note.c.value).where(found))]


async def troubles(tx: Tx, since: dt.datetime) -> list[str]:
    """What was wrong since then, each with its mend in a second line."""
    recent = sa.and_(note.c.key.startswith(TROUBLE), note.c.noted_at >= since, note.c.value != "")
    return [str(row.value) for row in await tx.rows(sa.select(note.c.value).where(recent).order_by(note.c.key))]
