"""PostgreSQL past SQLAlchemy for statements that were built once: asyncpg alone takes a fraction of the time.

It is the same connection and the same transaction: whatever SQLAlchemy executes in between belongs to it as well.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from core.store._writer import Prepared

_RESTED = 1.0
"""Seconds after which a connection is asked whether it is still there: before every transaction, that took three
round trips."""
_NEVER = float("inf")


class Direct:
    """One transaction of a connection: prepared statements, and the end."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def execute(
        self, prepared: Prepared, values: Mapping[str, Any], **_how: object
    ) -> tuple[Sequence[Sequence[Any]], int]:
        """The rows, and how many were touched; raises what SQLAlchemy would."""
        async with self._driver() as driver:
            if driver._transaction is None:
                await driver._start_transaction()
            dialect: Any = self._connection.dialect
            statement, _ = await driver._prepare(prepared.sql, dialect._invalidate_schema_cache_asof)
            rows = await statement.fetch(*prepared.given(values))
            return rows, int(statement.get_statusmsg().rpartition(" ")[2])

    async def commit(self) -> None:
        if self._connection.in_transaction():  # begun by a statement of SQLAlchemy's
            await self._connection.commit()
            return
        async with self._driver() as driver:
            if driver._transaction is not None:
                await driver._call_and_discard(driver._transaction.commit)

    @asynccontextmanager
    async def _driver(self) -> AsyncGenerator[Any]:
        driver: Any = (await self._connection.get_raw_connection()).dbapi_connection
        dialect: Any = self._connection.dialect
        asyncpg, base = driver.dbapi.asyncpg, driver.dbapi.Error
        try:
            async with driver._execute_mutex:
                yield driver
        except asyncio.CancelledError:
            await self._connection.invalidate()
            raise
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, base) as error:
            lost = driver._connection.is_closed()
            if lost:
                await self._connection.invalidate(error)
            try:
                driver._handle_exception(error)
            except base as known:
                if isinstance(known, driver.dbapi.InvalidCachedStatementError | driver.dbapi.InternalServerError):
                    dialect._invalidate_schema_cache()  # the tables were changed meanwhile
                told = DBAPIError.instance(
                    None, None, known, base, hide_parameters=True, connection_invalidated=lost, dialect=dialect
                )
                raise told from error
            raise


def ask_the_rested(engine: AsyncEngine) -> None:
    """A connection that lay idle for a while is looked at before it is used, and made anew where it is broken."""

    def used(_connection: object, record: Any) -> None:
        record.info["used"] = time.monotonic()

    def look(connection: Any, record: Any, _proxy: object) -> None:
        if connection._connection.is_closed() or time.monotonic() - record.info.get("used", _NEVER) > _RESTED:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise DisconnectionError from error

    sa.event.listen(engine.sync_engine, "checkin", used)
    sa.event.listen(engine.sync_engine, "checkout", look)
