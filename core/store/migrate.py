"""Bringing a database to this version, and checking that it is there. Alembic's scripts are in `migrations/`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from core.store.database import Store
from core.store.tables import metadata

_ADVISORY_LOCK = 0x52454D4F


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parents[2] / "migrations"))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The revision that this version needs."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None, "there is at least one migration"
    return head


def knows(revision: str) -> bool:
    """Whether this version can bring tables of that revision to its own."""
    return any(script.revision == revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


async def upgrade(store: Store) -> None:
    """Creates or migrates the tables. Several processes may call it at once: one works, the others wait."""
    if await revision(store) == newest():
        return

    def work(connection: sa.Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        command.upgrade(_config(connection), "head")

    await store.run_sync(work)


async def revision(store: Store) -> str | None:
    """The revision of the database; None where there are no tables yet."""

    def work(connection: sa.Connection) -> str | None:
        return MigrationContext.configure(connection).get_current_revision()

    found: str | None = await store.run_sync(work)
    return found


async def differences(store: Store) -> list[str]:
    """How the database differs from `tables.py`, as Alembic and then as the schema itself sees it."""

    def work(connection: sa.Connection) -> list[str]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = [str(difference) for difference in compare_metadata(context, metadata)]
        return found + _fine_print(connection)

    seen: list[str] = await store.run_sync(work)
    return seen


def _fine_print(connection: sa.Connection) -> list[str]:
    """Conditions of partial indexes and CHECKs, which Alembic does not compare."""
    inspector, dialect = sa.inspect(connection), connection.dialect.name
    present = set(inspector.get_table_names())
    found: list[str] = []
    for table in metadata.sorted_tables:
        if table.name not in present:
            found.append(f"table {table.name} is missing")
            continue
        indexes: dict[Any, Any] = {index["name"]: index for index in inspector.get_indexes(table.name)}
        for index in table.indexes:
            there = indexes.get(index.name, {}).get("dialect_options", {}).get(f"{dialect}_where")
            wanted = index.dialect_options[dialect].get("where")
            if index.name not in indexes or _plain(there) != _plain(wanted):
                found.append(f"index {index.name} is missing or has another condition")
        checks = {check["name"]: check["sqltext"] for check in inspector.get_check_constraints(table.name)}
        for constraint in table.constraints:
            if not isinstance(constraint, sa.CheckConstraint):
                continue
            if constraint.name not in checks or _plain(checks[constraint.name]) != _plain(constraint.sqltext):
                found.append(f"check {constraint.name} is missing or another one")
    return found


def _plain(condition: object) -> str:
    """A condition as both databases would write it: PostgreSQL gives back `= ANY (ARRAY['a'::text])` for `IN ('a')`."""
    text = re.sub(r"::\w+|[()\[\]]", " ", "" if condition is None else str(condition)).lower()
    return " ".join(re.sub(r"=\s+any\s+array\b", " in ", text).replace(",", " ").split())
