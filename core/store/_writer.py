"""SQLite's writer: the one connection of this process that writes, and the transaction that those who wait for it share.

Who finds others waiting when their work is done leaves the transaction open for them: each of them works in a savepoint
of it, and all wait for one commit. What fails takes nothing else along, unless the transaction itself is lost; then all
of them hear so, and nothing of theirs is kept.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Coroutine, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

_RETRY = 0.005
"""Seconds between two looks whether another process still holds the database."""
_PREPARED = 512
_Process: TypeAlias = Any
"""How SQLAlchemy turns a value of a type into the driver's, or back; None: not at all."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the database takes it, with what is done to the values on both sides."""

    sql: str
    binds: tuple[tuple[str, _Process, Any], ...]
    columns: tuple[_Process, ...]
    names: SimpleResultMetaData

    def given(self, values: Mapping[str, Any]) -> list[Any]:
        """In the order of the statement. A value that is not given is the one the statement was built with."""
        return [
            (values.get(name, default) if process is None else process(values.get(name, default)))
            for name, process, default in self.binds
        ]

    def run(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> tuple[list[tuple[Any, ...]], int]:
        """The rows, and how many were touched."""
        cursor = connection.execute(self.sql, self.given(values))
        rows = cursor.fetchall() if self.columns else []
        count = cursor.rowcount
        cursor.close()
        return rows, count

    def made(self, rows: Iterable[Sequence[Any]]) -> list[sa.Row[Any]]:
        names = self.names
        return [sa.Row(names, self.columns, names._key_to_index, row) for row in rows]


@lru_cache(_PREPARED)
def prepare(statement: sa.Executable, names: tuple[str, ...], dialect: sa.Dialect) -> Prepared | None:
    """None for a statement whose text depends on its values, or that is not of the kinds known here."""
    if not isinstance(statement, sa.Select | sa.Insert | sa.Update | sa.Delete):
        return None
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(names))
    odd = compiled.post_compile_params or compiled.literal_execute_params
    if odd or getattr(compiled, "insert_prefetch", ()) or getattr(compiled, "update_prefetch", ()):
        return None
    binds = []
    for name in compiled.positiontup:
        bind = compiled.binds[name]
        process = bind.type.dialect_impl(dialect).bind_processor(dialect)
        if bind.required and name not in names:
            return None  # SQLAlchemy says what is missing
        binds.append((name, process, compiled.params[name]))
    columns = list(statement.exported_columns)
    back = tuple(column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns)
    return Prepared(str(compiled), tuple(binds), back, SimpleResultMetaData([str(column.key) for column in columns]))


class Writer:
    """Opens write transactions, one after the other or one for several."""

    def __init__(self, engine: AsyncEngine, patience: int) -> None:
        """`patience`: milliseconds for which another process may hold the database."""
        self._engine = engine
        self._patience = patience
        self._lock = asyncio.Lock()
        self._waiting = 0
        self._connection: AsyncConnection | None = None
        self._driver: Any = None
        self._shared: asyncio.Future[None] | None = None
        """Settled when the transaction that is left open for others is committed, or lost."""
        self._closing: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        try:
            async with self._part() as connection:
                yield connection
        except sqlite3.Error as error:
            dialect = self._engine.dialect
            told = DBAPIError.instance(None, None, error, sqlite3.Error, hide_parameters=True, dialect=dialect)
            raise told from error

    @asynccontextmanager
    async def _part(self) -> AsyncGenerator[AsyncConnection]:
        self._waiting += 1
        try:
            await self._lock.acquire()
        finally:
            self._waiting -= 1
        try:
            shared = self._shared
            connection = await self._begin()
            try:
                yield connection
                shared = await self._leave(shared)
            except BaseException as error:
                await _to_the_end(self._undo(shared, error))
                raise
        finally:
            self._lock.release()
        if shared is not None:
            await asyncio.shield(shared)

    async def execute(self, prepared: Prepared, values: Mapping[str, Any], *, quick: bool) -> tuple[Any, int]:
        """Within a transaction. `quick`: so little work that a hop to the connection's thread would take far longer."""
        connection: sqlite3.Connection = self._driver._conn
        if quick:
            return prepared.run(connection, values)
        rows, count = await self._driver._execute(prepared.run, connection, values)
        return rows, count

    async def aclose(self) -> None:
        async with self._lock:
            await self._drop()

    async def _begin(self) -> AsyncConnection:
        if self._connection is None:
            connection = await self._engine.connect()
            self._driver = (await connection.get_raw_connection()).driver_connection
            self._connection = connection
        database: sqlite3.Connection = self._driver._conn
        if self._shared is not None:
            database.execute("SAVEPOINT part")
            return self._connection
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience / 1000
        while True:
            try:
                database.execute("PRAGMA busy_timeout=0")
                database.execute("BEGIN IMMEDIATE")
                database.execute(f"PRAGMA busy_timeout={self._patience}")
                return self._connection
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or loop.time() > until:
                    await _to_the_end(self._drop())
                    raise
            await asyncio.sleep(_RETRY)

    async def _leave(self, shared: asyncio.Future[None] | None) -> asyncio.Future[None] | None:
        """What there is to wait for until it is committed; None: it is. On a full disk SQLite ends a transaction by itself."""
        if not self._driver._conn.in_transaction:
            raise sqlite3.OperationalError("the transaction was rolled back")
        if shared is not None:
            self._driver._conn.execute("RELEASE part")
        elif self._waiting:
            self._shared = shared = asyncio.get_running_loop().create_future()
            closing = asyncio.create_task(self._close(shared), name="commit")
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        else:
            await _to_the_end(self._commit())
        return shared

    async def _close(self, shared: asyncio.Future[None]) -> None:
        """Commits for all who were waiting: it is their turn before that of this task."""
        try:
            async with self._lock:
                if self._shared is shared:
                    self._shared = None
                    try:
                        await _to_the_end(self._commit())
                    except BaseException as error:
                        await _to_the_end(self._lose(shared, error))
                        raise
                    shared.set_result(None)
        except (sqlite3.Error, SQLAlchemyError):
            pass  # all of them were told
        finally:
            shared.cancel()
            if self._shared is shared:
                self._shared = None

    async def _commit(self) -> None:
        assert self._connection is not None, "a transaction is open"
        if self._connection.in_transaction():
            await self._connection.commit()
        else:
            await self._driver.commit()

    async def _undo(self, shared: asyncio.Future[None] | None, error: BaseException) -> None:
        """Takes back one part, or everything where that is not possible. Behind what may still be running."""
        connection = self._connection
        if shared is not None and connection is not None and not connection.invalidated:
            try:
                for step in ("ROLLBACK TO part", "RELEASE part"):
                    await self._driver._execute(self._driver._conn.execute, step)
                return
            except (sqlite3.Error, ValueError) as lost:
                error = lost
        await self._lose(shared, error)

    async def _lose(self, shared: asyncio.Future[None] | None, error: BaseException) -> None:
        if shared is not None and not shared.done():
            why = error if isinstance(error, sqlite3.Error | SQLAlchemyError) else sqlite3.OperationalError(str(error))
            shared.set_exception(why)
            shared.exception()
        self._shared = None
        connection = self._connection
        try:
            if connection is not None and connection.in_transaction():
                await connection.rollback()
            elif connection is not None:
                await self._driver.rollback()
            if connection is None or not connection.invalidated:
                return
        except (sqlite3.Error, SQLAlchemyError, ValueError):
            pass  # it ends with its connection
        await self._drop()

    async def _drop(self) -> None:
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            await connection.close()


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Is cancelled only when the work is done: what was given to the connection's thread happens all the same."""
    task, cancelled = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        task.exception()
        raise cancelled
    task.result()
