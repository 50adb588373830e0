"""Of intents, what only the admin side asks: their revisions, how often they are meant, what waits to be labelled, and
which release each worker answers by."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.store.database import Tx
from core.store.intents import Waiting
from core.store.tables import account, turn, worker
from core.store.tables.intents import intent_draft, intent_force, intent_inbox, intent_revision

MOST_HITS = 100_000
"""Turns that are counted, the newest ones."""
REVIEW = "?"
"""The label of a sentence that somebody else is to look at."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A draft as it was written once."""

    name: str
    revision: int
    document: dict[str, Any]
    changed_at: dt.datetime
    changed_by: str
    deleted: bool
    batch: str


@dataclass(frozen=True, slots=True)
class InForce:
    """The release by which a worker answers."""

    worker: str
    number: int
    calibrated: bool
    since: dt.datetime


async def revisions(
    tx: Tx, bot: str, name: str, *, before: int | None = None, exactly: int | None = None, most: int = 50
) -> list[Revision]:
    """Of one intent, the newest first; those before a revision, or only that one."""
    c = intent_revision.c
    wanted = sa.select(intent_revision).where(c.bot == bot, c.name == name)
    if before is not None:
        wanted = wanted.where(c.revision < before)
    if exactly is not None:
        wanted = wanted.where(c.revision == exactly)
    return [_revision(row) for row in await tx.rows(wanted.order_by(c.revision.desc()).limit(most))]


async def state(tx: Tx, bot: str) -> list[tuple[str, int, dt.datetime]]:
    """The revision of each draft, by name, and since when: what changes with any of them."""
    c = intent_draft.c
    rows = await tx.rows(sa.select(c.name, c.revision, c.changed_at).where(c.bot == bot).order_by(c.name))
    return [(row.name, row.revision, row.changed_at) for row in rows]


async def batch(tx: Tx, bot: str, name: str) -> list[Revision]:
    """What was written under one name of a batch."""
    c = intent_revision.c
    wanted = sa.select(intent_revision).where(c.batch == name, c.batch != "", c.bot == bot)
    return [_revision(row) for row in await tx.rows(wanted.order_by(c.name))]


def _revision(row: sa.Row[Any]) -> Revision:
    document = json.loads(row.document)
    return Revision(row.name, row.revision, document, row.changed_at, row.changed_by, row.deleted, row.batch)


async def hits(tx: Tx, since: dt.datetime) -> dict[str, int]:
    """How many turns since then each intent had, of the newest `MOST_HITS`; those that a skill answered count for the intent
    by which it was reached."""
    meant = sa.case((turn.c.via != "", turn.c.via), else_=turn.c.intent).label("intent")
    newest = sa.select(meant).where(turn.c.started_at >= since).order_by(turn.c.started_at.desc())
    some = newest.limit(MOST_HITS).subquery()
    rows = await tx.rows(sa.select(some.c.intent, sa.func.count().label("hits")).group_by(some.c.intent))
    return {row.intent: int(row.hits) for row in rows}


async def sentences(
    tx: Tx, bot: str, *, reason: str = "", language: str = "", platform: str = "", label: str | None = None,
    key: str | None = None, most: int = 200,
) -> list[Waiting]:  # fmt: skip
    """Sentences of the inbox with that label (None: that nobody has labelled), the most frequent first. `platform`: of
    people who have an account there."""
    c = intent_inbox.c
    times, last = sa.func.sum(c.times).label("times"), sa.func.max(c.last_at, type_=c.last_at.type).label("last_at")
    shown = (c.key, sa.func.min(c.text).label("text"), sa.func.min(c.language).label("language"))
    wanted = sa.select(*shown, times, sa.func.min(c.reason).label("reason"), last)
    wanted = wanted.where(c.bot == bot, c.label.is_(None) if label is None else c.label == label)
    for column, value in ((c.reason, reason), (c.language, language), (c.key, key)):
        if value:
            wanted = wanted.where(column == value)
    if platform:
        there = sa.exists().where(account.c.person_id == c.person_id, account.c.platform == platform)
        wanted = wanted.where(there)
    rows = await tx.rows(wanted.group_by(c.key).order_by(times.desc(), last.desc()).limit(most))
    return [Waiting(row.key, row.text, row.language, int(row.times), row.reason, row.last_at) for row in rows]


async def sentence(tx: Tx, bot: str, key: str) -> Waiting | None:
    """The sentence of that key, if nobody has labelled it, or left it for somebody else."""
    found = await sentences(tx, bot, key=key) or await sentences(tx, bot, key=key, label=REVIEW)
    return found[0] if found else None


async def waiting_count(tx: Tx, bot: str) -> int:
    """How many different sentences wait to be labelled, counted up to 1,000."""
    c = intent_inbox.c
    some = sa.select(c.key).where(c.bot == bot, c.label.is_(None)).group_by(c.key).limit(1_000).subquery()
    row = await tx.row(sa.select(sa.func.count().label("count_")).select_from(some))
    return row.count_ if row else 0


async def context(tx: Tx, bot: str, key: str, around: int = 3) -> tuple[int, list[tuple[str, str, Any]]] | None:
    """Whose newest sentence of that key it is, and what was said and replied around it and how it came out, in order; None
    where no turn of it is left."""
    c = intent_inbox.c
    mine = sa.select(c.person_id, c.text).where(c.bot == bot, c.key == key).order_by(c.last_at.desc()).limit(1)
    person = await tx.row(mine)
    if person is None:
        return None
    same = sa.select(turn.c.id, turn.c.session_id).where(
        turn.c.person_id == person.person_id, turn.c.said == person.text
    )
    found = await tx.row(same.order_by(turn.c.id.desc()).limit(1))
    if found is None:
        return None
    of = sa.select(turn.c.id, turn.c.said, turn.c.replied, turn.c.trace).where(turn.c.session_id == found.session_id)
    before = await tx.rows(of.where(turn.c.id <= found.id).order_by(turn.c.id.desc()).limit(around + 1))
    after = await tx.rows(of.where(turn.c.id > found.id).order_by(turn.c.id).limit(1))
    return person.person_id, [
        (row.said, row.replied, json.loads(row.trace or "{}")) for row in [*reversed(before), *after]
    ]


async def note_in_force(tx: Tx, name: str, bot: str, number: int, calibrated: bool, now: dt.datetime) -> None:
    """Notes by which release a worker answers from now on; forgets workers that are gone."""
    c = intent_force.c
    values = {"bot": bot, "number": number, "calibrated": calibrated, "since": now}
    if await tx.run(sa.update(intent_force).where(c.worker == name).values(**values)) == 0:
        await tx.insert(intent_force, {"worker": name, **values})
        await tx.run(sa.delete(intent_force).where(c.worker.not_in(sa.select(worker.c.name)), c.worker != name))


async def in_force(tx: Tx, bot: str) -> Sequence[InForce]:
    """Of every worker that has not ended."""
    c = intent_force.c
    wanted = sa.select(c.worker, c.number, c.calibrated, c.since).join(worker, worker.c.name == c.worker)
    rows = await tx.rows(wanted.where(c.bot == bot, ~worker.c.stopped).order_by(c.worker))
    return [InForce(row.worker, row.number, row.calibrated, row.since) for row in rows]
