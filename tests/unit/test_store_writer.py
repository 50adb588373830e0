"""SQLite's writer: those who wait for it share a transaction, and yet each gets or loses its own."""

from __future__ import annotations

import asyncio
import datetime as dt
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import StoreUnavailable
from core.store import Store, Tx, notes
from core.store._writer import Writer
from core.store.tables import person
from core.store.tables.notes import note

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)

SAME = sa.select(person.c.name, person.c.created_at, sa.literal(True).label("here")).where(
    person.c.id == sa.bindparam("who")
)


@pytest.fixture
async def store(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Store]:
    file = tmp_path / "remora.db"
    file.write_bytes(migrated_sqlite.read_bytes())
    store = Store(f"sqlite:///{file}")
    yield store
    await store.aclose()


class Crowd:
    """People who all wait for the writer while the first has it; what each finds when it is told that it is done."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.first_may_go = asyncio.Event()
        self.found: dict[str, set[str]] = {}

    async def write(self, name: str, error: Exception | None = None, wait: asyncio.Event | None = None) -> None:
        async with self.store.write(quick=True) as tx:
            await tx.insert(person, {"name": name, "created_at": NOW})
            if wait is not None:
                await wait.wait()
            if error is not None:
                raise error
        self.found[name] = await names(self.store)

    async def start(self, *others: str, **errors: Exception) -> dict[str, asyncio.Task[None]]:
        began = {"first": asyncio.create_task(self.write("first", errors.get("first"), self.first_may_go))}
        began |= {name: asyncio.create_task(self.write(name, errors.get(name))) for name in others}
        writer = self.store._writer
        assert writer is not None
        while writer._waiting < len(others):
            await asyncio.sleep(0)
        return began


async def names(store: Store) -> set[str]:
    async with store.read() as tx:
        return {row.name for row in await tx.rows(sa.select(person.c.name))}


async def test_those_who_wait_are_committed_together_and_not_told_before(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd, commits, commit = Crowd(store), [], Writer._commit

    async def counted(writer: Writer) -> None:
        commits.append(writer)
        await commit(writer)

    monkeypatch.setattr(Writer, "_commit", counted)
    tasks = await crowd.start("a", "b", "c")
    crowd.first_may_go.set()
    await asyncio.gather(*tasks.values())
    everybody = {"first", "a", "b", "c"}
    assert crowd.found == dict.fromkeys(everybody, everybody)
    assert len(commits) == 1


async def test_one_that_fails_takes_no_other_along(store: Store) -> None:
    crowd = Crowd(store)
    tasks = await crowd.start("a", "bad", "c", bad=ValueError("on purpose"))
    crowd.first_may_go.set()
    results = await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert [type(result) for result in results] == [type(None), type(None), ValueError, type(None)]
    assert await names(store) == {"first", "a", "c"}


async def test_a_row_that_the_database_refuses_takes_no_other_along(store: Store) -> None:
    crowd = Crowd(store)
    tasks = await crowd.start("a")
    refused = asyncio.create_task(_refused(store))
    await asyncio.sleep(0)
    crowd.first_may_go.set()
    with pytest.raises(sa.exc.IntegrityError):
        await refused
    await asyncio.gather(*tasks.values())
    assert await names(store) == {"first", "a"}


async def _refused(store: Store) -> None:
    async with store.write(quick=True) as tx:
        await tx.insert(person, {"name": "lost", "created_at": NOW})
        await tx.insert(person, {"name": "nobody", "created_at": None})


async def test_if_the_first_fails_the_others_are_kept(store: Store) -> None:
    crowd = Crowd(store)
    tasks = await crowd.start("a", "b", first=ValueError("on purpose"))
    crowd.first_may_go.set()
    results = await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert isinstance(results[0], ValueError)
    assert await names(store) == {"a", "b"}


@pytest.mark.parametrize("who", ["first", "a", "b", "c"])
async def test_who_is_cancelled_takes_no_other_along(store: Store, who: str) -> None:
    crowd = Crowd(store)
    tasks = await crowd.start("a", "b", "c")
    tasks[who].cancel()
    crowd.first_may_go.set()
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert tasks[who].cancelled()
    assert await names(store) == {"first", "a", "b", "c"} - {who}


async def test_if_all_who_waited_are_cancelled_the_first_is_committed_all_the_same(store: Store) -> None:
    crowd = Crowd(store)
    tasks = await crowd.start("a", "b")
    crowd.first_may_go.set()
    tasks["a"].cancel()
    tasks["b"].cancel()
    async with asyncio.timeout(60):
        await tasks["first"]
    assert await names(store) == {"first"}


async def test_a_transaction_that_is_lost_keeps_nothing_of_those_who_were_told(store: Store) -> None:
    crowd, writer = Crowd(store), store._writer
    assert writer is not None
    tasks = await crowd.start("a")
    commit = writer._commit

    async def lost() -> None:
        writer._driver._conn.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    writer._commit = lost  # type: ignore[method-assign]
    crowd.first_may_go.set()
    results = await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert {type(result) for result in results} == {StoreUnavailable}
    writer._commit = commit  # type: ignore[method-assign]
    assert await names(store) == set()
    await crowd.write("later")
    assert await names(store) == {"later"}


async def test_a_transaction_on_both_ways_is_one(store: Store) -> None:
    """Statements that are run directly, and those that SQLAlchemy runs."""
    with pytest.raises(ValueError, match="on purpose"):
        async with store.write() as tx:
            await tx.insert(person, {"name": "ann", "created_at": NOW})
            await notes.put(tx, "key", "value", NOW)
            raise ValueError("on purpose")
    assert await names(store) == set()
    async with store.write() as tx:
        made = await tx.insert(person, {"name": "ann", "created_at": NOW})
        await tx.run(sa.insert(note).values(key="key", value="value", noted_at=NOW))
        assert await _row(tx, made) == ("ann", NOW, True)
    async with store.read() as tx:
        assert await _row(tx, made) == ("ann", NOW, True), "both ways give the same values"


async def _row(tx: Tx, made: int) -> tuple[object, ...]:
    row = await tx.row(SAME, {"who": made})
    assert row is not None
    assert row.name == "ann"
    return tuple(row)
