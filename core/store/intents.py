"""Intents in the database: drafts, releases, the one in force, and the inbox of messages to be labelled."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables import Moment, turn
from core.store.tables.intents import catalog_live, catalog_release, intent_draft, intent_inbox, intent_revision

_KEPT = 200
"""Revisions of a draft."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An intent as it is being edited."""

    name: str
    document: dict[str, Any]
    revision: int
    changed_at: dt.datetime
    changed_by: str
    deleted: bool


@dataclass(frozen=True, slots=True)
class Release:
    """What was published, when and by whom."""

    number: int
    message: str
    author: str
    released_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Unsure:
    """A message that an admin should see; `key` is the same for sentences that differ in nothing that matters."""

    key: str
    text: str
    language: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sentence that waits to be labelled; `times` and the newest moment over everybody who wrote it."""

    key: str
    text: str
    language: str
    times: int
    reason: str
    last_at: dt.datetime


def _stored(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def drafts(tx: Tx, bot: str) -> list[Draft]:
    """All of them by name, deleted ones too: deleting can be undone."""
    wanted = sa.select(intent_draft).where(intent_draft.c.bot == bot).order_by(intent_draft.c.name)
    return [_draft(row) for row in await tx.rows(wanted)]


async def draft(tx: Tx, bot: str, name: str) -> Draft | None:
    row = await tx.row(sa.select(intent_draft).where(intent_draft.c.bot == bot, intent_draft.c.name == name))
    return _draft(row) if row else None


def _draft(row: sa.Row[Any]) -> Draft:
    changed = row.changed_at, row.changed_by, row.deleted_at is not None
    return Draft(row.name, json.loads(row.document), row.revision, *changed)


async def put_draft(
    tx: Tx, bot: str, document: dict[str, Any], author: str, now: dt.datetime, *, deleted: bool = False, after: int,
    batch: str = "",
) -> bool:  # fmt: skip
    """Writes a draft over revision `after` (0: there is none yet), and keeps what it was; False where somebody else was
    faster. `batch` names what wrote it together with others."""
    of = {"bot": bot, "name": str(document["name"])}
    values = {"document": _stored(document), "changed_at": now, "changed_by": author}
    draft = {**values, "deleted_at": now if deleted else None}
    if after == 0:
        written = await tx.insert_once(intent_draft, {**of, "revision": 1, **draft}, ("bot", "name")) is not None
    else:
        c = intent_draft.c
        same = (c.bot == bot, c.name == of["name"], c.revision == after)
        written = await tx.run(sa.update(intent_draft).where(*same).values(revision=after + 1, **draft)) == 1
    if written:
        await tx.insert(intent_revision, {**of, **values, "revision": after + 1, "deleted": deleted, "batch": batch})
        c = intent_revision.c
        await tx.run(sa.delete(intent_revision).where(c.bot == bot, c.name == of["name"], c.revision <= after - _KEPT))
    return written


async def releases(tx: Tx, bot: str, most: int = 100) -> list[Release]:
    """The newest first."""
    c = catalog_release.c
    wanted = sa.select(c.number, c.message, c.author, c.released_at).where(c.bot == bot)
    rows = await tx.rows(wanted.order_by(c.number.desc()).limit(most))
    return [Release(row.number, row.message, row.author, row.released_at) for row in rows]


async def documents(tx: Tx, bot: str, number: int) -> list[dict[str, Any]] | None:
    """The intents of a release; None: there is no such release."""
    c = catalog_release.c
    row = await tx.row(sa.select(c.document).where(c.bot == bot, c.number == number))
    return list(json.loads(row.document)) if row else None


async def live_number(tx: Tx, bot: str) -> int:
    """The release in force; 0: none yet."""
    row = await tx.row(sa.select(catalog_live.c.number).where(catalog_live.c.bot == bot))
    return int(row.number) if row else 0


async def seed(tx: Tx, bot: str) -> list[dict[str, Any]]:
    """The intents of the bot's own file as they were last taken over."""
    row = await tx.row(sa.select(catalog_live.c.seed).where(catalog_live.c.bot == bot))
    return list(json.loads(row.seed)) if row else []


async def set_seed(tx: Tx, bot: str, intents: Sequence[dict[str, Any]]) -> None:
    await tx.run(sa.update(catalog_live).where(catalog_live.c.bot == bot).values(seed=_stored(intents)))


async def release(
    tx: Tx, bot: str, intents: Sequence[dict[str, Any]], *, after: int, message: str, author: str, now: dt.datetime
) -> int | None:
    """Stores a release and puts it in force in place of `after` (0: none yet); its number, or None where another is by now."""
    c = catalog_release.c
    newest = await tx.row(sa.select(sa.func.coalesce(sa.func.max(c.number), 0)).where(c.bot == bot))
    number = (newest[0] if newest else 0) + 1
    made = {
        "bot": bot, "number": number, "message": message, "author": author, "released_at": now,
        "document": _stored(intents),
    }  # fmt: skip
    if await tx.insert_once(catalog_release, made, ("bot", "number")) is None:
        return None
    if after == 0:
        first = {"bot": bot, "number": number, "seed": "[]"}
        return number if await tx.insert_once(catalog_live, first, ("bot",)) is not None else None
    same = (catalog_live.c.bot == bot, catalog_live.c.number == after)
    return number if await tx.run(sa.update(catalog_live).where(*same).values(number=number)) == 1 else None


_AGAIN = (
    sa.update(intent_inbox)
    .where(
        intent_inbox.c.bot == sa.bindparam("of_bot"),
        intent_inbox.c.key == sa.bindparam("said"),
        intent_inbox.c.person_id == sa.bindparam("whose"),
    )
    .values(times=intent_inbox.c.times + 1, last_at=sa.bindparam("now", type_=Moment()))
)


async def note_unsure(tx: Tx, bot: str, person_id: int, said: Unsure, now: dt.datetime) -> None:
    """One more message for the inbox; the same sentence by the same person is counted."""
    row = {
        "bot": bot, "key": said.key, "person_id": person_id, "text": said.text, "language": said.language,
        "times": 1, "reason": said.reason, "last_at": now,
    }  # fmt: skip
    if await tx.insert_once(intent_inbox, row, ("bot", "key", "person_id")) is None:
        await tx.run(_AGAIN, {"of_bot": bot, "said": said.key, "whose": person_id, "now": now})


async def waiting(tx: Tx, bot: str, most: int = 200) -> list[Waiting]:
    """Sentences that nobody has labelled, the most frequent first."""
    c = intent_inbox.c
    times, last = sa.func.sum(c.times).label("times"), sa.func.max(c.last_at, type_=c.last_at.type).label("last_at")
    shown = (c.key, sa.func.min(c.text).label("text"), sa.func.min(c.language).label("language"))
    wanted = sa.select(*shown, times, sa.func.min(c.reason).label("reason"), last)
    wanted = wanted.where(c.bot == bot, c.label.is_(None)).group_by(c.key)
    rows = await tx.rows(wanted.order_by(times.desc(), last.desc()).limit(most))
    return [Waiting(row.key, row.text, row.language, int(row.times), row.reason, row.last_at) for row in rows]


async def said_since(tx: Tx, since: dt.datetime, most: int = 2_000) -> list[tuple[str, int]]:
    """What people wrote since then, commands apart, with how often; the most frequent first."""
    times = sa.func.count().label("times")
    wanted = sa.select(turn.c.said, times).where(
        turn.c.started_at >= since, ~turn.c.said.startswith("/"), turn.c.said != ""
    )
    rows = await tx.rows(wanted.group_by(turn.c.said).order_by(times.desc(), turn.c.said).limit(most))
    return [(row.said, int(row.times)) for row in rows]


async def who_said(tx: Tx, texts: Sequence[str], since: dt.datetime) -> list[tuple[str, int]]:
    """Who wrote these sentences since then: each with each of its people."""
    wanted = sa.select(turn.c.said, turn.c.person_id).where(turn.c.started_at >= since, turn.c.said.in_(texts))
    return [(row.said, row.person_id) for row in await tx.rows(wanted.distinct())]


async def label(tx: Tx, bot: str, key: str, given: str) -> int:
    """Labels a sentence whoever wrote it: an intent, "-" for out of scope, "" to skip it; how many rows that was."""
    c = intent_inbox.c
    return await tx.run(sa.update(intent_inbox).where(c.bot == bot, c.key == key).values(label=given))


async def prune_inbox(tx: Tx, before: dt.datetime) -> int:
    """Deletes what was last written before that moment."""
    return await tx.run(sa.delete(intent_inbox).where(intent_inbox.c.last_at < before))
