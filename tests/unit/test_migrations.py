"""The migrations and the tables agree, on SQLite and on PostgreSQL; whoever migrates, and however often."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.store import Store, inbox, migrate
from core.store.tables import metadata
from tests.unit.rows import NOW, message


@pytest.fixture
async def empty(empty_database_url: str) -> Any:
    store = Store(empty_database_url)
    yield store
    await store.aclose()


async def test_from_nothing_to_this_version(empty: Store) -> None:
    assert await migrate.revision(empty) is None
    await migrate.upgrade(empty)
    assert await migrate.revision(empty) == migrate.newest()
    assert await migrate.differences(empty) == []
    async with empty.write() as tx:
        assert await inbox.add(tx, message("hi"), NOW) is not None


async def test_upgrading_again_changes_nothing(store: Store) -> None:
    before = await schema(store)
    await migrate.upgrade(store)
    assert await schema(store) == before


async def test_migrated_and_created_at_once_are_the_same_schema(empty: Store, new_database: Callable[..., str]) -> None:
    created = Store(new_database(empty=True))
    await created.run_sync(metadata.create_all)
    await migrate.upgrade(empty)
    expected, found = await schema(created), await schema(empty)
    await created.aclose()
    assert set(expected) == set(found) - {"alembic_version"}
    for table, parts in expected.items():
        for part, value in parts.items():
            assert found[table][part] == value, f"{part} of {table}"


async def test_down_and_up_again_is_the_same_schema(empty: Store) -> None:
    await migrate.upgrade(empty)
    before = await schema(empty)
    await alembic(empty, "downgrade", "base")
    assert set(await schema(empty)) == {"alembic_version"}
    await migrate.upgrade(empty)
    assert await schema(empty) == before


async def test_many_at_once_in_one_process(empty: Store, empty_database_url: str) -> None:
    stores = [empty, *(Store(empty_database_url) for _ in range(3))]
    await asyncio.gather(*(migrate.upgrade(store) for store in stores))
    assert await migrate.differences(empty) == []
    for store in stores[1:]:
        await store.aclose()


async def test_two_processes_at_once(empty: Store, empty_database_url: str) -> None:
    """Both succeed: one works, the other waits and finds it done."""
    code = (
        "import asyncio, sys\nfrom core.store import Store, migrate\n"
        "async def go():\n    s = Store(sys.argv[1])\n    await migrate.upgrade(s)\n    await s.aclose()\n"
        "print('ready', flush=True)\nsys.stdin.readline()\nasyncio.run(go())\n"
    )
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, empty_database_url, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, cwd=Path(__file__).parents[2],
        )
        for _ in range(2)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
    outcomes = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [process.returncode for process in processes] == [0, 0], [errors.decode()[-1500:] for _, errors in outcomes]
    assert await migrate.differences(empty) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP INDEX ix_inbox_new", "ix_inbox_new"),
        ("DROP INDEX ix_inbox_new; CREATE INDEX ix_inbox_new ON inbox (id)", "ix_inbox_new"),
        ("DROP INDEX ix_inbox_new; CREATE INDEX ix_inbox_new ON inbox (id) WHERE state = 'parked'", "ix_inbox_new"),
        ("ALTER TABLE inbox DROP COLUMN note", "note"),
        ("ALTER TABLE inbox ADD COLUMN extra TEXT", "extra"),
        ("DROP TABLE note", "note"),
    ],
    ids=["index", "condition", "other condition", "column", "extra column", "table"],
)
async def test_a_schema_that_differs_is_noticed(store: Store, change: str, told: str) -> None:
    async with store.write() as tx:
        for statement in change.split("; "):
            await tx.run(sa.text(statement))
    differences = await migrate.differences(store)
    assert any(told in line for line in differences), differences


async def test_a_check_that_differs_is_noticed(store: Store) -> None:
    if store.is_sqlite:
        pytest.skip("SQLite cannot change a CHECK without a new table")
    async with store.write() as tx:
        await tx.run(sa.text("ALTER TABLE inbox DROP CONSTRAINT ck_inbox_state"))
    assert any("ck_inbox_state" in line for line in await migrate.differences(store))


def test_there_is_one_newest_revision() -> None:
    from alembic.script import ScriptDirectory

    script = ScriptDirectory.from_config(migrate._config())
    assert script.get_heads() == [migrate.newest()]
    for revision in script.walk_revisions():
        assert revision.doc, "a revision says what it does"


async def alembic(store: Store, verb: str, revision: str) -> None:
    from alembic import command

    def work(connection: sa.Connection) -> None:
        getattr(command, verb)(migrate._config(connection), revision)

    await store.run_sync(work)


async def schema(store: Store) -> dict[str, dict[str, Any]]:
    """Everything about every table that the database itself can tell, in a form that two databases can be compared by."""

    def work(connection: sa.Connection) -> dict[str, dict[str, Any]]:
        inspector = sa.inspect(connection)
        return {name: _table(inspector, name, connection.dialect.name) for name in inspector.get_table_names()}

    found: dict[str, dict[str, Any]] = await store.run_sync(work)
    return found


def _table(inspector: sa.Inspector, name: str, dialect: str) -> dict[str, Any]:
    return {
        "columns": {
            column["name"]: (str(column["type"]), column["nullable"], _plain(column["default"]).replace("false", "0"))
            for column in inspector.get_columns(name)
        },
        "primary key": inspector.get_pk_constraint(name),
        "foreign keys": sorted(map(str, inspector.get_foreign_keys(name))),
        "uniques": sorted(
            (str(one["name"]), tuple(one["column_names"])) for one in inspector.get_unique_constraints(name)
        ),
        "checks": sorted((str(one["name"]), _plain(one["sqltext"])) for one in inspector.get_check_constraints(name)),
        "indexes": sorted(
            (
                str(index["name"]),
                tuple(map(str, index["column_names"])),
                bool(index["unique"]),
                _plain(index.get("dialect_options", {}).get(f"{dialect}_where")),
            )
            for index in inspector.get_indexes(name)
        ),
    }


def _plain(sql: object) -> str:
    return re.sub(r"[\s()]+", " ", str(sql)).strip()
