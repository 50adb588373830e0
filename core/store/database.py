"""The database: opening it, its two kinds of transaction, and its errors in our words."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from core.errors import ConfigurationError, StoreUnavailable
from core.store._postgres import Direct, ask_the_rested
from core.store._sqlite import BUSY_MILLISECONDS
from core.store._writer import Prepared, Writer, prepare

sa.dialects.registry.register("sqlite.onehop", "core.store._sqlite", "OneHopDialect")


@cache
def _insert(table: sa.Table) -> sa.Executable:
    return sa.insert(table).returning(table.c.id)


@cache
def _insert_once(table: sa.Table, unique: tuple[str, ...], dialect: str) -> sa.Executable:
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return make(table).on_conflict_do_nothing(index_elements=list(unique)).returning(table.c.id)


class Tx:
    """An open transaction, passed as an argument to whatever takes part in it. Lives a few milliseconds.

    Statements on the way of every message are built once, at import, with named parameters: building one and finding
    its cached form costs more than SQLite takes to run it.
    """

    __slots__ = ("_connection", "_last", "_quick", "_writer", "skip_locked")

    def __init__(
        self, connection: AsyncConnection, writer: Writer | Direct | None = None, *, quick: bool = False
    ) -> None:
        self._connection = connection
        self._writer = writer
        self._quick = quick
        self._last: list[Callable[[], Awaitable[None]]] = []
        self.skip_locked = connection.dialect.name == "postgresql"
        """Other processes may write at the same time, row by row; on SQLite there is one writer at a time."""

    async def rows(self, statement: sa.Executable, values: Mapping[str, Any] | None = None) -> Sequence[sa.Row[Any]]:
        if (got := await self._directly(statement, values)) is not None:
            return got[0].made(got[1])
        return (await self._connection.execute(statement, values)).all()

    async def row(self, statement: sa.Executable, values: Mapping[str, Any] | None = None) -> sa.Row[Any] | None:
        return next(iter(await self.rows(statement, values)), None)

    async def count(self, table: sa.Table, where: sa.ColumnElement[bool]) -> int:
        """How many rows there are of that kind."""
        return int(
            (await self._connection.execute(sa.select(sa.func.count()).select_from(table).where(where))).scalar_one()
        )

    async def run(self, statement: sa.Executable, values: Mapping[str, Any] | None = None) -> int:
        """Executes a change; returns how many rows it touched."""
        if (got := await self._directly(statement, values)) is not None:
            return got[2]
        return (await self._connection.execute(statement, values)).rowcount

    async def many(self, statement: sa.Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Executes a change once for each of the rows, in one go."""
        if rows:
            await self._connection.execute(statement, rows)

    async def insert(self, table: sa.Table, values: Mapping[str, Any]) -> int:
        """Inserts one row; returns its id."""
        return int((await self.rows(_insert(table), values))[0][0])

    async def insert_once(self, table: sa.Table, values: Mapping[str, Any], unique: tuple[str, ...]) -> int | None:
        """Inserts one row unless one with the same `unique` columns is there; returns its id, or None if it was."""
        statement = _insert_once(table, unique, self._connection.dialect.name)
        got = await self.row(statement, values)
        return None if got is None else int(got[0])

    def at_end(self, work: Callable[[], Awaitable[None]]) -> None:
        """Does `work` as the last of this transaction: behind everything else that it locks."""
        self._last.append(work)

    async def end(self) -> None:
        """What was left for the end, in its order."""
        for work in self._last:
            await work()

    async def _directly(
        self, statement: sa.Executable, values: Mapping[str, Any] | None
    ) -> tuple[Prepared, Sequence[Sequence[Any]], int] | None:
        """Past SQLAlchemy, which takes fifty times as long as SQLite; None where that is not possible."""
        if self._writer is None or values is None:
            return None
        prepared = prepare(statement, tuple(values), self._connection.dialect)
        if prepared is None:
            return None
        return prepared, *await self._writer.execute(prepared, values, quick=self._quick)


_DRIVERS = {
    "sqlite": "sqlite+onehop",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}
"""Which driver speaks for a URL that names none."""


_SQLITE = {"connect_args": {"check_same_thread": False}}
"""One thread at a time uses a connection: its own, or the event loop's while that one rests."""
_POSTGRESQL = {
    "pool_size": 10,
    "max_overflow": 10,
    "connect_args": {"server_settings": {"idle_in_transaction_session_timeout": "5s"}},
}
"""A process that is suspended in the middle of a transaction would hold its locks, and so everybody's work."""


class Store:
    """Opens transactions. Never hold one while waiting for anything but the database."""

    def __init__(self, url: str) -> None:
        try:
            scheme, _, rest = url.partition("://")
            self.url = sa.make_url(f"{_DRIVERS.get(scheme, scheme)}://{rest}")
            self._sqlite = self.url.get_backend_name() == "sqlite"
            if self._sqlite and self.url.database and not self.url.database.startswith((":memory:", "file:")):
                _prepare_folder(Path(self.url.database))
            arguments: dict[str, Any] = _SQLITE if self._sqlite else _POSTGRESQL
            self._engine = create_async_engine(self.url, hide_parameters=True, **arguments)
        except (sa.exc.ArgumentError, sa.exc.InvalidRequestError, ModuleNotFoundError, ValueError) as error:
            raise ConfigurationError(
                "DATABASE_URL is not a database URL that Remora can open",
                "use sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME, or leave it empty",
            ) from error
        if self._sqlite:
            sa.event.listen(self._engine.sync_engine, "begin", _begin_sqlite)
        else:
            ask_the_rested(self._engine)
        self._writing = self._engine.execution_options(remora_begin="BEGIN IMMEDIATE")
        begun = self._engine.execution_options(remora_begin="")
        self._writer = Writer(begun, BUSY_MILLISECONDS) if self._sqlite else None
        one_view = {} if self._sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading = self._engine.execution_options(**one_view)

    @property
    def is_sqlite(self) -> bool:
        return self._sqlite

    @asynccontextmanager
    async def write(self, *, quick: bool = False) -> AsyncGenerator[Tx]:
        """A transaction that is committed at the end of the block, or rolled back by any exception out of it.

        `quick` promises that its statements with named values touch a few rows by an index each: SQLite then runs them
        on the event loop, in microseconds. The commit never does.
        """
        async with _our_errors():
            if self._writer is not None:
                async with self._writer.transaction() as connection:
                    tx = Tx(connection, self._writer, quick=quick)
                    yield tx
                    await tx.end()
            else:
                async with self._engine.connect() as connection:
                    direct = Direct(connection)
                    yield (tx := Tx(connection, direct))
                    await tx.end()
                    await direct.commit()

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[Tx]:
        """A consistent view for reading: every statement sees the same state."""
        async with _our_errors(), self._reading.connect() as connection:
            yield Tx(connection, None if self._sqlite else Direct(connection))

    async def run_sync(self, work: Any) -> Any:
        """Runs `work(sync connection)` in a write transaction; for Alembic."""
        async with _our_errors(), self._writing.begin() as connection:
            return await connection.run_sync(work)

    async def outside(self, statement: str) -> None:
        """Executes what no transaction can hold, as making a database."""
        async with _our_errors(), self._engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await alone.exec_driver_sql(statement)

    async def aclose(self) -> None:
        if self._writer is not None:
            await self._writer.aclose()
        await self._engine.dispose()


def _prepare_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"the data folder cannot be made: {error.strerror}",
            "choose another with REMORA_DATA_DIR, or mend its permissions",
        ) from error


def _begin_sqlite(connection: sa.Connection) -> None:
    if begin := connection.get_execution_options().get("remora_begin", "BEGIN"):
        connection.exec_driver_sql(begin)


_MENDS = (
    ("invalidpassword", "the database refuses the user or password", "correct DATABASE_URL"),
    ("invalidauthorization", "the database refuses the user or password", "correct DATABASE_URL"),
    ("invalidcatalogname", "the database named in DATABASE_URL does not exist", "create it, or correct DATABASE_URL"),
    (
        "insufficientprivilege",
        "the database refuses this to our user",
        "let an administrator of it do this, or allow it",
    ),
    ("objectinuse", "another program has the database open", "stop Remora and what else uses it"),
    ("toomanyconnections", "the database takes no more connections", "allow it more, or run fewer workers"),
    ("locked", "the database is locked by another program", "close the program that holds it, then try again"),
    (
        "readonly",
        "the database cannot be written: it is read-only",
        "give the user that runs Remora write access to the data folder",
    ),
    (
        "read-only",
        "the database cannot be written: it is read-only",
        "give the user that runs Remora write access to the data folder",
    ),
    ("full", "the disk is full", "free some space; Remora goes on by itself"),
    ("unable to open", "the database file cannot be opened", "check that the data folder exists and may be written"),
    ("malformed", "the database file is damaged", "put a backup of the file back, or move the file away to start anew"),
    (
        "not a database",
        "the database file is damaged",
        "put a backup of the file back, or move the file away to start anew",
    ),
    ("no such table", "the database has no tables yet", "run: remora db upgrade"),
    ("no such column", "the database is older than this version", "run: remora db upgrade"),
    ("undefinedtable", "the database has no tables yet", "run: remora db upgrade"),
    ("undefinedcolumn", "the database is older than this version", "run: remora db upgrade"),
    ("has no column", "the database is older than this version", "run: remora db upgrade"),
)
_NOT_OUR_MISTAKE = ("08", "25", "28", "3D", "40", "53", "55", "57", "58", "XX")
"""Classes of SQLSTATE: no connection, read-only, refused, no such database, broken off, no room, busy, stopped, broken."""


@asynccontextmanager
async def _our_errors() -> AsyncGenerator[None]:
    """Turns the driver's errors into `StoreUnavailable`; those that only a mistake in our code can cause pass through."""
    try:
        yield
    except (OperationalError, InterfaceError, ProgrammingError) as error:
        raise _explained(error) from error
    except DBAPIError as error:
        broken = isinstance(error.orig, sqlite3.DatabaseError) and not isinstance(error, sa.exc.IntegrityError)
        state = str(getattr(error.orig, "sqlstate", None) or "")
        if error.connection_invalidated or broken or state.startswith(_NOT_OUR_MISTAKE):
            raise _explained(error) from error
        raise
    except PoolTimeout as error:
        raise StoreUnavailable(
            "the database is too busy", "it is tried again; if this lasts, look at its load"
        ) from error
    except (ConnectionError, OSError) as error:
        raise StoreUnavailable("the database cannot be reached", "start it, or correct DATABASE_URL") from error


def _explained(error: DBAPIError) -> StoreUnavailable:
    cause = error.orig.__cause__ if error.orig is not None else None
    told = f"{type(cause).__name__} {type(error.orig).__name__} {error.orig}".lower()
    for mark, what, mend in _MENDS:
        if mark in told:
            return StoreUnavailable(what, mend)
    return StoreUnavailable("the database does not answer as expected", f"see the log ({type(error.orig).__name__})")
