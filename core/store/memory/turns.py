"""What a person said and was told before, to be found again: in private all of it, in a chat what was said there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.store.database import Tx
from core.store.people import MESSAGES, forget_words
from core.store.tables import inbox, session, turn
from core.store.tables.memory import memory_pause

MOST = 3_000
"""Turns of one person, the newest."""
_WHERE = sa.bindparam("where", type_=sa.Text())
_HERE = sa.func.substr(session.c.address_key, 1, sa.func.length(_WHERE)) == _WHERE
"""At any address of a chat; everywhere where none is named."""
_HIDDEN = sa.exists().where(
    memory_pause.c.person_id == turn.c.person_id,
    memory_pause.c.address_key != "",
    sa.func.substr(session.c.address_key, 1, sa.func.length(memory_pause.c.address_key)) == memory_pause.c.address_key,
    memory_pause.c.since <= turn.c.started_at,
)
_IDS = (
    sa.select(turn.c.id)
    .join(session, session.c.id == turn.c.session_id)
    .where(turn.c.person_id == sa.bindparam("whose"), _HERE, ~_HIDDEN)
    .order_by(turn.c.id.desc())
    .limit(MOST)
)


@dataclass(frozen=True, slots=True)
class Past:
    id: int
    said: str
    replied: str
    intent: str
    started_at: dt.datetime
    session_id: int


async def ids(tx: Tx, person_id: int, where: str) -> list[int]:
    """Turns of a person in a chat (the beginning of the keys of its addresses), "": everywhere; without what was said
    incognito. The oldest first."""
    return [row.id for row in reversed(await tx.rows(_IDS, {"whose": person_id, "where": where}))]


async def read(tx: Tx, person_id: int, some: Collection[int]) -> list[Past]:
    """Those of these turns that are the person's."""
    rows: list[sa.Row[Any]] = []
    for start in range(0, len(ordered := sorted(some)), 500):
        mine = sa.and_(turn.c.person_id == person_id, turn.c.id.in_(ordered[start : start + 500]))
        rows += await tx.rows(sa.select(turn).where(mine).order_by(turn.c.id))
    return [Past(row.id, row.said, row.replied, row.intent, row.started_at, row.session_id) for row in rows]


async def last(tx: Tx, person_id: int, address_key: str) -> int:
    """The message of the inbox that a person's newest turn at an address answered; 0: there is none."""
    there = sa.and_(turn.c.person_id == person_id, session.c.address_key == address_key)
    newest = sa.select(turn.c.inbox_id).join(session, session.c.id == turn.c.session_id).where(there)
    row = await tx.row(newest.order_by(turn.c.id.desc()).limit(1))
    return int(row.inbox_id) if row else 0


async def forget_since(tx: Tx, person_id: int, where: str, since: dt.datetime) -> int:
    """Deletes the conversations of a person that began in a chat at a moment or later, with the copies in both queues;
    returns how many turns."""
    there = sa.func.substr(session.c.address_key, 1, len(where)) == where
    begun = sa.select(session.c.id).where(session.c.person_id == person_id, session.c.started_at >= since, there)
    told = sa.select(turn.c.inbox_id).where(turn.c.session_id.in_(begun))
    rows = await tx.rows(MESSAGES.where(inbox.c.id.in_(told)))
    await forget_words(tx, rows)
    await tx.run(sa.delete(session).where(session.c.id.in_([row.id for row in await tx.rows(begun)])))
    return len(rows)
