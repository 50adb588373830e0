"""Which version of the language model answers: a row a change, the newest in force."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables.models import model_release as table


@dataclass(frozen=True, slots=True)
class ModelRelease:
    """`active` "" is the model that the settings name; `canary` answers `share` percent of the people."""

    number: int = 0
    active: str = ""
    canary: str = ""
    share: int = 0
    author: str = ""
    message: str = ""
    released_at: dt.datetime | None = None


def _release(row: sa.Row[Any]) -> ModelRelease:
    return ModelRelease(row.number, row.active, row.canary, row.share, row.author, row.message, row.released_at)


async def current(tx: Tx) -> ModelRelease:
    """What is in force; number 0 where nothing was ever promoted."""
    row = await tx.row(sa.select(table).order_by(table.c.number.desc()).limit(1))
    return _release(row) if row else ModelRelease()


async def history(tx: Tx, limit: int = 50) -> list[ModelRelease]:
    """The newest first."""
    return [_release(row) for row in await tx.rows(sa.select(table).order_by(table.c.number.desc()).limit(limit))]


async def put(tx: Tx, wanted: ModelRelease, after: int, now: dt.datetime) -> int | None:
    """Puts a version in force as what follows release `after`; its number, or None where somebody else was faster."""
    values = {
        "number": after + 1, "active": wanted.active, "canary": wanted.canary, "share": wanted.share,
        "author": wanted.author, "message": wanted.message, "released_at": now,
    }  # fmt: skip
    return after + 1 if await tx.insert_once(table, values, ("number",)) is not None else None
