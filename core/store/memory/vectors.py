"""What turns mean to an encoder, kept beside them: made in the background, gone with the turn."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from core.store.database import Tx
from core.store.memory.turns import Past
from core.store.tables import turn
from core.store.tables.memory import turn_vector

_NEWEST = sa.select(sa.func.coalesce(sa.func.max(turn.c.id), 0))
_BARE = (
    sa.select(turn.c.id, turn.c.said, turn.c.replied, turn.c.intent, turn.c.started_at, turn.c.session_id)
    .outerjoin(turn_vector, sa.and_(turn_vector.c.turn_id == turn.c.id, turn_vector.c.encoder == sa.bindparam("name")))
    .where(turn.c.id > sa.bindparam("after"), turn.c.id <= sa.bindparam("until"), turn_vector.c.id.is_(None))
    .order_by(turn.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
)


async def newest(tx: Tx) -> int:
    """The id of the newest turn; 0: there is none."""
    row = await tx.row(_NEWEST, {})
    return int(row[0]) if row else 0


async def bare(tx: Tx, encoder: str, after: int, until: int, most: int) -> list[Past]:
    """Turns of these ids that have no vectors of this encoder, the newest first."""
    rows = await tx.rows(_BARE, {"name": encoder, "after": after, "until": until, "most": most})
    return [Past(*tuple(row)) for row in rows]


async def put(tx: Tx, encoder: str, rows: Mapping[int, bytes]) -> None:
    """Keeps vectors by turn, and drops those of other encoders. Turns that are gone by now are left out."""
    there = {row.id for row in await tx.rows(sa.select(turn.c.id).where(turn.c.id.in_(rows)))} if rows else set()
    old = sa.and_(turn_vector.c.turn_id.in_(there), turn_vector.c.encoder != encoder)
    await tx.run(sa.delete(turn_vector).where(old))
    for number in there:
        kept = {"turn_id": number, "encoder": encoder, "rows": rows[number]}
        await tx.insert_once(turn_vector, kept, ("turn_id", "encoder"))


async def of(tx: Tx, person_id: int, encoder: str, turns: Collection[int]) -> dict[int, bytes]:
    """Those that are kept of these turns of the person."""
    found: dict[int, bytes] = {}
    for start in range(0, len(ordered := sorted(turns)), 500):
        mine = sa.and_(turn.c.person_id == person_id, turn.c.id.in_(ordered[start : start + 500]))
        wanted = sa.select(turn_vector.c.turn_id, turn_vector.c.rows).join(turn, turn.c.id == turn_vector.c.turn_id)
        found |= {row.turn_id: row.rows for row in await tx.rows(wanted.where(mine, turn_vector.c.encoder == encoder))}
    return found
