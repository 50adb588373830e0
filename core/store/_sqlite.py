"""SQLite through aiosqlite with one hop to the connection's thread for a statement, where the driver's own needs four.

A statement is executed, its rows fetched and its cursor closed in one go. Results are small here: every list is limited.
"""

from __future__ import annotations

import sqlite3
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
    SQLiteDialect_aiosqlite,
)
from sqlalchemy.util.concurrency import await_

BUSY_MILLISECONDS = 10_000
"""How long another process may hold the database before that is an error."""
_RETRY = 0.01


@dataclass(slots=True)
class _Result:
    """What is left of a closed cursor."""

    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None
    arraysize: int = 1

    async def close(self) -> None:
        """It is closed."""


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    __slots__ = ()
    _awaitable_cursor_close = False

    def _make_new_cursor(self, _connection: Any) -> Any:
        return _Result()

    def _aenter_cursor(self, cursor: Any) -> Any:
        return cursor

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        def work(connection: sqlite3.Connection) -> tuple[_Result, list[Any]]:
            cursor = connection.execute(operation, parameters or ())
            rows = cursor.fetchall() if cursor.description else []
            result = _Result(cursor.description, cursor.rowcount, cursor.lastrowid)
            cursor.close()
            return result, rows

        result, rows = await self._connection._execute(lambda: work(self._connection._conn))
        self._cursor = result
        self._rows = deque(rows)
        return result

    async def _executemany_async(self, operation: Any, seq_of_parameters: Sequence[Any]) -> Any:
        def work(connection: sqlite3.Connection) -> _Result:
            cursor = connection.executemany(operation, seq_of_parameters)
            result = _Result(cursor.description, cursor.rowcount, cursor.lastrowid)
            cursor.close()
            return result

        self._cursor = await self._connection._execute(lambda: work(self._connection._conn))
        return self._cursor

    def close(self) -> None:
        self._rows.clear()


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()
    _cursor_cls = _Cursor


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *arguments: Any, **options: Any) -> AsyncAdapt_aiosqlite_connection:
        connection = self.aiosqlite.connect(*arguments, **options)
        connection._thread.daemon = True
        plain = connection._connector
        connection._connector = lambda: _configured(plain())
        try:
            return _Connection(self, await_(connection))
        except sqlite3.Error:
            connection._thread.join(1.0)  # it is ending; else it may find the loop closed, and say so on the terminal
            raise


def _configured(connection: sqlite3.Connection) -> sqlite3.Connection:
    """Runs in the connection's own thread, so that it may wait there."""
    try:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={BUSY_MILLISECONDS}",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "temp_store=MEMORY",
            "cache_size=-4096",
        ):
            connection.execute(f"PRAGMA {pragma}").close()
        _turn_to_wal(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _turn_to_wal(connection: sqlite3.Connection) -> None:
    """SQLite lets nobody wait for this lock: of two processes that open a new file at once, one would be refused."""
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(_RETRY)


class OneHopDialect(SQLiteDialect_aiosqlite):
    """SQLAlchemy's aiosqlite dialect with cursors that take one hop."""

    supports_statement_cache = True
    driver = "onehop"

    @classmethod
    def import_dbapi(cls) -> AsyncAdapt_aiosqlite_dbapi:
        return _Driver(__import__("aiosqlite"), sqlite3)
