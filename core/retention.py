"""Conversations, deliveries and reminders that are over are kept for so many days and then deleted."""

from __future__ import annotations

import asyncio
import datetime as dt

from core.ports import Clock
from core.store import Store, intents, retention

EVERY_SECONDS = 3600.0


class Retention:
    """Called by the heartbeat. Never touches what is open, and holds the database up for no longer than a page takes."""

    def __init__(self, store: Store, clock: Clock, days: int, prompt_days: int = 7) -> None:
        """`days`: 0 keeps everything for ever, but what models were asked, which is kept for `prompt_days`."""
        self._store = store
        self._clock = clock
        self._days = days
        self._prompt_days = prompt_days

    async def tick(self) -> None:
        await self._prune(retention.PROMPTS, self._clock.now() - dt.timedelta(days=self._prompt_days))
        if not self._days:
            return
        before = self._clock.now() - dt.timedelta(days=self._days)
        for kept in retention.KEPT:
            await self._prune(kept, before)
        async with self._store.write() as tx:
            await intents.prune_inbox(tx, before)
        ended = True
        while ended:
            async with self._store.read() as tx:
                page = await retention.ended(tx, before)
            async with self._store.write() as tx:
                await retention.drop(tx, page, before)
            ended = len(page) == retention.PAGE

    async def _prune(self, kept: retention.Kept, before: dt.datetime) -> None:
        after: int | None = 0
        while after is not None:
            async with self._store.write() as tx:
                after = await retention.prune(tx, kept, before, after)
            await asyncio.sleep(0)
