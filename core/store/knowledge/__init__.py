"""A bot's documents in the database, as passages. Whatever changes one raises the bot's version in the same transaction."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables.knowledge import knowledge_document, knowledge_version

Origin: TypeAlias = Literal["folder", "added"]
_ABOUT = [column for column in knowledge_document.c if column.name != "passages"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A document without its passages. `pieces`: how many it has."""

    name: str
    kind: str
    title: str
    origin: Origin
    digest: str
    limits: dict[str, Any]
    pieces: int
    changed_at: dt.datetime
    changed_by: str
    removed: bool = False

    @property
    def limited(self) -> bool:
        """It is not for everybody."""
        return any(self.limits.values())


async def version(tx: Tx, bot: str) -> int:
    """0: there never was a document."""
    row = await tx.row(sa.select(knowledge_version.c.number).where(knowledge_version.c.bot == bot))
    return int(row.number) if row else 0


async def kept(tx: Tx, bot: str) -> list[Kept]:
    """By name, with those of the folder that were removed."""
    wanted = sa.select(*_ABOUT).where(knowledge_document.c.bot == bot).order_by(knowledge_document.c.name)
    return [
        Kept(
            row.name, row.kind, row.title, row.origin, row.digest, json.loads(row.limits), row.pieces, row.changed_at,
            row.changed_by, row.removed_at is not None,
        )
        for row in await tx.rows(wanted)
    ]  # fmt: skip


async def limited(tx: Tx) -> frozenset[str]:
    """The names of documents, of whatever bot, that are not for everybody."""
    c = knowledge_document.c
    return frozenset(
        row.name for row in await tx.rows(sa.select(c.name, c.limits)) if any(json.loads(row.limits).values())
    )


async def passages(tx: Tx, bot: str, name: str) -> list[dict[str, Any]]:
    """Of one document, in its order; none where it is gone."""
    c = knowledge_document.c
    row = await tx.row(sa.select(c.passages).where(c.bot == bot, c.name == name))
    return list(json.loads(row.passages)) if row else []


async def put(tx: Tx, bot: str, document: Kept, pieces: Sequence[dict[str, Any]]) -> None:
    """Keeps a document, in place of the one of that name."""
    c = knowledge_document.c
    values = {
        "kind": document.kind, "title": document.title, "origin": document.origin, "digest": document.digest,
        "limits": _json(document.limits), "passages": _json(pieces), "pieces": len(pieces),
        "changed_at": document.changed_at, "changed_by": document.changed_by, "removed_at": None,
    }  # fmt: skip
    if await tx.run(sa.update(knowledge_document).where(c.bot == bot, c.name == document.name).values(values)) == 0:
        made = {"bot": bot, "name": document.name, **values}
        await tx.insert_once(knowledge_document, made, ("bot", "name"))
    await _raise(tx, bot)


async def remove(tx: Tx, bot: str, name: str, now: dt.datetime, *, by_folder: bool = False) -> bool:
    """Removes a document; False where there is none. One that its folder still holds stays as a row without text."""
    c = knowledge_document.c
    same = sa.and_(c.bot == bot, c.name == name, sa.true() if by_folder else c.removed_at.is_(None))
    emptied = {"passages": "[]", "pieces": 0, "removed_at": now}
    gone = (
        0
        if by_folder
        else await tx.run(sa.update(knowledge_document).where(same, c.origin == "folder").values(emptied))
    )
    gone = gone or await tx.run(sa.delete(knowledge_document).where(same))
    if gone:
        await _raise(tx, bot)
    return bool(gone)


async def _raise(tx: Tx, bot: str) -> None:
    c, first = knowledge_version.c, {"bot": bot, "number": 1}
    higher = sa.update(knowledge_version).where(c.bot == bot).values(number=c.number + 1)
    if await tx.run(higher) == 0 and await tx.insert_once(knowledge_version, first, ("bot",)) is None:
        await tx.run(higher)  # another worker was first meanwhile


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
