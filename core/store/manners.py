"""How a bot speaks as admins wish it, everywhere or in one chat."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables.manners import manner as table


@dataclass(frozen=True, slots=True)
class Kept:
    """What is set for a place, and who set it."""

    place: str
    document: Mapping[str, Any]
    revision: int
    changed_by: str
    changed_at: dt.datetime


async def stamps(tx: Tx, bot: str) -> Mapping[str, int]:
    """The revision of each place: cheap to ask again and again."""
    rows = await tx.rows(sa.select(table.c.place, table.c.revision).where(table.c.bot == bot))
    return {row.place: row.revision for row in rows}


async def kept(tx: Tx, bot: str) -> list[Kept]:
    """Everything that is set for a bot, by place."""
    rows = await tx.rows(sa.select(table).where(table.c.bot == bot).order_by(table.c.place))
    return [Kept(row.place, json.loads(row.document), row.revision, row.changed_by, row.changed_at) for row in rows]


async def put(
    tx: Tx, bot: str, place: str, document: Mapping[str, Any], after: int, author: str, now: dt.datetime
) -> bool:
    """Sets it over revision `after` (0: nothing is set yet); False where somebody else was faster."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True)
    values = {"document": text, "revision": after + 1, "changed_by": author, "changed_at": now}
    if after == 0:
        return await tx.insert_once(table, {"bot": bot, "place": place, **values}, ("bot", "place")) is not None
    there = sa.and_(table.c.bot == bot, table.c.place == place, table.c.revision == after)
    return await tx.run(sa.update(table).where(there).values(**values)) > 0
