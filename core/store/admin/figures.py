"""How much there is of what, for the first page and the system's: by indexes and the newest rows, never a walk through all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables import inbox, outbox, person, reminder, turn, worker
from core.store.tables.access import access
from core.store.tables.intents import intent_inbox

MOST = 10_000
"""Counting stops above it: "10,000+"."""
_TIMED, _HEARD = 500, 2_000
"""So many of the newest turns are timed, and of the newest messages looked through for when each platform was heard."""


@dataclass(frozen=True, slots=True)
class Figures:
    """As of now; nothing counts further than just above `MOST`. `seconds`: how long the newest turns took from the
    message's coming in to the answer, sorted."""

    messages: int
    to_label: int
    active: int
    failed: int
    waiting: int
    seconds: Sequence[float]
    heard: dict[str, dt.datetime]
    """By platform, when somebody wrote there last, as far as that is lately."""


@dataclass(frozen=True, slots=True)
class Spent:
    """The tokens that models read and wrote for the messages that were answered from `start` until `end`, as far as they are
    counted."""

    start: dt.datetime
    end: dt.datetime
    messages: int
    read: int
    written: int

    @property
    def tokens(self) -> int:
        return self.read + self.written


@dataclass(frozen=True, slots=True)
class Answered:
    """A message that was answered, without what was said."""

    id: int
    person_id: int
    name: str
    platform: str
    intent: str
    model: str
    at: dt.datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Process:
    """A worker, with the machine it runs on."""

    name: str
    host: str
    pid: int
    serves: tuple[str, ...]
    started_at: dt.datetime
    seen_at: dt.datetime
    stopped: bool


def _word(state: str) -> sa.ColumnElement[str]:
    """A state as the partial indexes name it: a database that is told it as a parameter does not use them."""
    return sa.literal_column(f"'{state}'", sa.Text())


async def _bounded(tx: Tx, rows: sa.Select[tuple[int]]) -> int:
    found = await tx.row(sa.select(sa.func.count()).select_from(rows.limit(MOST + 1).subquery()))
    return int(found[0]) if found else 0


async def figures(tx: Tx, bot: str, since: dt.datetime, now: dt.datetime) -> Figures:
    """`messages` are those answered since that moment."""
    open_ = sa.and_(intent_inbox.c.bot == bot, intent_inbox.c.label.is_(None))
    rings = sa.and_(reminder.c.state == _word("active"), reminder.c.next_due.is_not(None))
    failed = outbox.c.state == _word("parked")
    due = sa.and_(outbox.c.state == _word("planned"), outbox.c.next_try_at <= now)
    return Figures(
        await _bounded(tx, sa.select(turn.c.id).where(turn.c.started_at >= since)),
        await _bounded(tx, sa.select(intent_inbox.c.id).where(open_)),
        await _bounded(tx, sa.select(reminder.c.id).where(rings)),
        await _bounded(tx, sa.select(outbox.c.id).where(failed)),
        await _bounded(tx, sa.select(outbox.c.id).where(due)),
        sorted(one.seconds for one in await answered(tx, _TIMED)),
        await _heard(tx),
    )


async def spent(tx: Tx, times: Sequence[tuple[dt.datetime, dt.datetime]]) -> list[Spent]:
    """Of each time, in one statement."""

    def within(number: int, start: dt.datetime, end: dt.datetime) -> sa.Select[int, int, int, int]:
        all_ = sa.select(turn.c.trace).where(turn.c.started_at >= start, turn.c.started_at < end)
        some = all_.order_by(turn.c.started_at.desc()).limit(MOST + 1).subquery()
        read, written = (
            sa.func.coalesce(sa.func.sum(_noted(tx, some.c.trace, name)), 0) for name in ("prompt_tokens", "generated")
        )
        return sa.select(sa.literal(number), sa.func.count(), read, written).select_from(some)

    rows = await tx.rows(sa.union_all(*(within(number, *time) for number, time in enumerate(times))))
    return [Spent(times[n][0], times[n][1], said, read, written) for n, said, read, written in sorted(map(tuple, rows))]


def _noted(tx: Tx, trace: sa.ColumnElement[str], name: str) -> sa.ColumnElement[int]:
    """A number of a trace, NULL where it has none."""
    there = sa.func.nullif(trace, sa.literal(""))
    if tx.skip_locked:
        return sa.cast(sa.func.json_extract_path_text(sa.cast(there, sa.JSON), name), sa.Integer)
    return sa.func.json_extract(there, f"$.{name}", type_=sa.Integer)


async def _heard(tx: Tx) -> dict[str, dt.datetime]:
    newest = sa.select(inbox.c.platform, inbox.c.received_at).order_by(inbox.c.id.desc()).limit(_HEARD).subquery()
    last = sa.func.max(newest.c.received_at, type_=inbox.c.received_at.type).label("at")
    rows = await tx.rows(sa.select(newest.c.platform, last).group_by(newest.c.platform))
    return {row.platform: row.at for row in rows}


async def answered(tx: Tx, most: int) -> list[Answered]:
    """The newest first."""
    of_turn = [turn.c[name] for name in ("id", "person_id", "intent", "model", "finished_at")]
    rows = await tx.rows(
        sa.select(*of_turn, person.c.name, inbox.c.platform, inbox.c.received_at)
        .join(inbox, inbox.c.id == turn.c.inbox_id).join(person, person.c.id == turn.c.person_id)
        .order_by(turn.c.id.desc()).limit(most)
    )  # fmt: skip
    return [
        Answered(
            row.id, row.person_id, row.name, row.platform, row.intent, row.model, row.received_at,
            max(0.0, (row.finished_at - row.received_at).total_seconds()),
        )
        for row in rows
    ]  # fmt: skip


async def processes(tx: Tx) -> list[Process]:
    """Every worker that is known, the one seen last first."""
    rows = await tx.rows(sa.select(worker).order_by(worker.c.seen_at.desc()).limit(50))
    return [
        Process(
            row.name, row.host, row.pid, tuple(filter(None, row.serves.split("\n"))), row.started_at, row.seen_at,
            row.stopped,
        )
        for row in rows
    ]  # fmt: skip


async def anybody_in(tx: Tx) -> bool:
    """Whether somebody was let in on a closed platform."""
    return await tx.row(sa.select(access.c.id).where(access.c.role != "removed").limit(1)) is not None


async def size(tx: Tx, *, sqlite: bool) -> tuple[int, str]:
    """Bytes of the database, and the version of what keeps it."""
    asked = (
        "SELECT page_count * page_size AS bytes, sqlite_version() AS version FROM pragma_page_count(), pragma_page_size()"
        if sqlite
        else "SELECT pg_database_size(current_database()) AS bytes, current_setting('server_version') AS version"
    )
    row = await tx.row(sa.text(asked))
    assert row is not None, "both answer with one row"
    return int(row.bytes), str(row.version)
