"""The audit log: entries that are only ever added, chained by their digests."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables import person
from core.store.tables.admin import audit

_FIRST = "0" * 64
_PAGE = 1_000
_ALONE = sa.select(sa.func.pg_advisory_xact_lock(0x617564))
"""Whoever adds to the chain on PostgreSQL does so alone, and as the last of a transaction: so everybody takes the chain's
lock after all others, and nobody waits for it in a circle."""
_NEWEST = sa.select(audit.c.digest).order_by(audit.c.id.desc()).limit(1)
_PERSON = sa.select(person.c.id).where(person.c.id == sa.bindparam("whose"))
_PERSON_STAYS = _PERSON.with_for_update(read=True, key_share=True)
"""An entry refers to its person, and that locks them: before the chain."""
_TEXTS = ("who", "verb", "subject", "detail", "reason", "client")


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that an admin did. `detail` is what changed, as it was noted."""

    id: int
    at: dt.datetime
    who: str
    verb: str
    subject: str
    detail: Mapping[str, Any]
    reason: str
    client: str
    digest: str


def as_json(entry: Entry) -> str:
    """One line of the export."""
    return json.dumps({**asdict(entry), "at": entry.at.isoformat()}, ensure_ascii=False)


def _digest(previous: str, at: dt.datetime, texts: Sequence[str]) -> str:
    said = json.dumps([previous, at.astimezone(dt.UTC).isoformat(), *texts], ensure_ascii=True)
    return hashlib.sha256(said.encode()).hexdigest()


async def add(
    tx: Tx,
    now: dt.datetime,
    who: str,
    verb: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
    *,
    reason: str = "",
    client: str = "",
    person_id: int | None = None,
) -> None:
    """Notes it in the transaction that does it, as its last. `verb` as "intent.publish", `subject` as "intent:greeting"; never a
    person's words or a secret in `detail`."""
    kept = json.dumps(detail, ensure_ascii=False, sort_keys=True) if detail else ""
    texts = (who, verb, subject, kept, reason, client)
    if person_id is not None:
        await tx.row(_PERSON_STAYS, {"whose": person_id})
    tx.at_end(partial(_chained, tx, now, texts, person_id))


async def _chained(tx: Tx, now: dt.datetime, texts: Sequence[str], person_id: int | None) -> None:
    if tx.skip_locked:
        await tx.row(_ALONE)
    gone = person_id is None or await tx.row(_PERSON, {"whose": person_id}) is None
    while True:  # a process of an older version adds without the lock: of two at the same moment one is second
        row = await tx.row(_NEWEST)
        previous = row.digest if row else _FIRST
        values: dict[str, Any] = {"at": now, "person_id": None if gone else person_id, "previous": previous}
        values |= zip(_TEXTS, texts, strict=True)
        values["digest"] = _digest(previous, now, texts)
        if await tx.insert_once(audit, values, ("previous",)) is not None:
            return


async def entries(
    tx: Tx, *, before: int | None = None, who: str = "", verb: str = "", subject: str = "", person_id: int | None = None,
    limit: int = 50,
) -> list[Entry]:  # fmt: skip
    """The newest first. `verb` and `subject` are beginnings: "intent." finds whatever was done to intents."""
    wanted = sa.select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(audit.c.id < before)
    if who:
        wanted = wanted.where(audit.c.who == who)
    if person_id is not None:
        wanted = wanted.where(audit.c.person_id == person_id)
    for column, start in ((audit.c.verb, verb), (audit.c.subject, subject)):
        if start:
            wanted = wanted.where(column.startswith(start, autoescape=True))
    return [_entry(row) for row in await tx.rows(wanted)]


def _entry(row: sa.Row[Any]) -> Entry:
    detail = json.loads(row.detail) if row.detail else {}
    return Entry(row.id, row.at, row.who, row.verb, row.subject, detail, row.reason, row.client, row.digest)


async def names(tx: Tx) -> list[str]:
    """Who has done anything lately, by name."""
    lately = sa.select(audit.c.who).order_by(audit.c.id.desc()).limit(_PAGE).subquery()
    return [row.who for row in await tx.rows(sa.select(lately.c.who).distinct().order_by(lately.c.who))]


async def first_broken(tx: Tx) -> tuple[int, int]:
    """How many entries there are, and the id of the first that does not fit to the one before it; 0: the chain is whole."""
    previous, last, count = _FIRST, 0, 0
    while True:
        rows = await tx.rows(sa.select(audit).where(audit.c.id > last).order_by(audit.c.id).limit(_PAGE))
        for row in rows:
            texts = (row.who, row.verb, row.subject, row.detail, row.reason, row.client)
            count += 1
            if row.previous != previous or row.digest != _digest(previous, row.at, texts):
                return count, row.id
            previous, last = row.digest, row.id
        if len(rows) < _PAGE:
            return count, 0
