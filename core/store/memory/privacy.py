"""Everything that is kept of one person: to be given to them, and to be erased. Found by the schema itself, so that a new
table with a person in it is never left out."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from core.store import people
from core.store.admin import audit
from core.store.admin.audit import Entry
from core.store.database import Tx
from core.store.tables import inbox, metadata, outbox, person, turn
from core.store.tables.admin import admin

_SECRET = ("feed_key", "password", "totp", "identity", "digest", "previous", "client")
"""Columns that open something, or are nobody's but the admins'."""
_NOT_THEIRS = (admin.name, "session")


def _tables() -> list[tuple[sa.Table, str]]:
    """Every table in which rows are a person's, with the column that says whose."""
    return [
        (table, "id" if table is person else "person_id")
        for table in metadata.sorted_tables
        if table is person or "person_id" in table.c
    ]


async def export(tx: Tx, person_id: int) -> dict[str, Any]:
    """All rows of a person by table, moments in ISO 8601 and UTC; of a message's delivery, what was said."""
    found: dict[str, Any] = {}
    for table, whose in _tables():
        if table.name in _NOT_THEIRS:
            continue
        columns = [column for column in table.c if column.name not in _SECRET]
        rows = await tx.rows(sa.select(*columns).where(table.c[whose] == person_id).order_by(table.c.id))
        found[table.name] = [{name: _plain(value) for name, value in row._mapping.items()} for row in rows]
    return found


def _plain(value: object) -> object:
    return value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else value


async def counts(tx: Tx, person_id: int) -> dict[str, int]:
    """How many rows of a person each table holds; those without any are left out."""
    numbers = {table.name: await tx.count(table, table.c[whose] == person_id) for table, whose in _tables()}
    return {name: number for name, number in numbers.items() if number}


async def erase(tx: Tx, person_id: int) -> dict[str, int]:
    """Deletes a person: accounts, words, facts, reminders, deliveries, and their messages in the inbox. Returns the receipt:
    how many rows of each table went. What admins did about them stays in the audit log, without them."""
    receipt = await counts(tx, person_id)
    told = await tx.rows(sa.select(turn.c.inbox_id).where(turn.c.person_id == person_id))
    await people.forget_conversation(tx, person_id)
    ids = [row.inbox_id for row in told]
    await tx.run(sa.delete(outbox).where(outbox.c.person_id == person_id))
    for start in range(0, len(ids), 500):
        await tx.run(sa.delete(inbox).where(inbox.c.id.in_(ids[start : start + 500])))
    await tx.run(sa.delete(person).where(person.c.id == person_id))
    kept = await counts(tx, person_id)
    return {name: number - kept.get(name, 0) for name, number in receipt.items()} | ({"inbox": len(ids)} if ids else {})


async def looked(tx: Tx, person_id: int, limit: int = 50) -> list[Entry]:
    """What admins did with this person's data, the newest first."""
    return await audit.entries(tx, person_id=person_id, limit=limit)
