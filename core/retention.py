"""Conversations and deliveries are kept for so many days and then deleted; reminders stay."""

from __future__ import annotations

import asyncio
import datetime as dt

from core.ports import Clock
from core.store import Store, intents, retention

EVERY_SECONDS = 3600.0


class Retention:
    """Called by the heartbeat. Never touches what is open, and holds the database up for no longer than a page takes."""

    def __init__(self, store: Store, clock: Clock, days: int) -> None:
        """`days`: 0 keeps everything for ever."""
        self._store = store
        self._clock = clock
        self._days = days

    async def tick(self) -> None:
        if not self._days:
            return
        before = self._clock.now() - dt.timedelta(days=self._days)
        for kept in retention.KEPT:
            after: int | None = 0
            while after is not None:
                async with self._store.write() as tx:
                    after = await retention.prune(tx, kept, before, after)
                await asyncio.sleep(0)
        async with self._store.write() as tx:
            await intents.prune_inbox(tx, before)
