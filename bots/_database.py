"""The database of the settings, for verbs that do one thing with it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

from adapters.web.signin import signing_key
from core.clock import SystemClock
from core.settings import Settings, load_settings
from core.store import Store, Tx, crypto, migrate

_T = TypeVar("_T")


def opened(work: Callable[[Store, Settings], Awaitable[_T]], settings: Settings | None = None) -> _T:
    """Does the work on the database, brought to this version."""
    settings = settings or load_settings()
    crypto.unlock(signing_key(settings))

    async def run() -> _T:
        async with aclosing(Store(settings.store_url)) as store:
            await migrate.upgrade(store)
            return await work(store, settings)

    return asyncio.run(run())


def done(work: Callable[[Tx, dt.datetime], Awaitable[_T]], settings: Settings | None = None) -> _T:
    """Does the work in a transaction on the database, brought to this version."""

    async def run(store: Store, _settings: Settings) -> _T:
        async with store.write() as tx:
            return await work(tx, SystemClock().now())

    return opened(run, settings)
