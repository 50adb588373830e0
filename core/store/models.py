"""Which version of the language model answers: a row a change, the newest in force; and which of two people prefer."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables.learning import model_comparison as compared
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


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two models compared blind. `pairs`: a question and both replies, as [model, reply], in the order drawn by lot; `chosen`:
    of the first so many of them the better side, 1 or 2, or 0 for neither."""

    id: int
    one: str
    other: str
    author: str
    pairs: list[dict[str, Any]]
    chosen: list[int]
    made_at: dt.datetime

    @property
    def counts(self) -> dict[str, int]:
        """How often each model was preferred."""
        names = [pair["sides"][side - 1][0] for pair, side in zip(self.pairs, self.chosen, strict=False) if side]
        return {name: names.count(name) for name in (self.one, self.other)}


def _comparison(row: sa.Row[Any]) -> Comparison:
    pairs, chosen = json.loads(row.pairs), json.loads(row.chosen)
    return Comparison(row.id, row.one, row.other, row.author, pairs, chosen, row.made_at)


async def comparisons(tx: Tx, number: int | None = None) -> list[Comparison]:
    """The newest first; or that one alone."""
    wanted = sa.select(compared).order_by(compared.c.id.desc()).limit(20)
    return [_comparison(row) for row in await tx.rows(wanted.where(compared.c.id == number) if number else wanted)]


async def compare(tx: Tx, one: str, other: str, author: str, pairs: Sequence[Any], now: dt.datetime) -> int:
    values = {"one": one, "other": other, "author": author, "pairs": json.dumps(pairs), "made_at": now}
    return await tx.insert(compared, values)


async def choose(tx: Tx, of: Comparison, side: int) -> bool:
    """Which side of the next pair is better; False where that was said meanwhile."""
    same = sa.and_(compared.c.id == of.id, compared.c.chosen == json.dumps(of.chosen))
    return await tx.run(sa.update(compared).where(same).values(chosen=json.dumps([*of.chosen, side]))) > 0
