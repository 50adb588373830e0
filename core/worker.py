"""This process as others see it: its name, its heartbeat, and the work it takes over from processes that died."""

from __future__ import annotations

import datetime as dt
import logging
import os
import secrets
import socket
import time
from typing import Protocol

from core.ports import Clock
from core.store import Store, Tx, inbox, workers

log = logging.getLogger(__name__)


class Heir(Protocol):
    """Who takes over the deliveries of the dead."""

    async def settle_orphans(self, tx: Tx, live: list[str]) -> None: ...

    def forget_settled(self) -> None: ...


def new_name() -> str:
    """A name no other process has or had."""
    return f"{os.getpid()}-{secrets.token_hex(6)}"


class Worker:
    """Beats every quarter of the lease. Who has not beaten for a whole lease is dead, and its claims are free."""

    def __init__(self, name: str, store: Store, clock: Clock, lease: dt.timedelta, heir: Heir) -> None:
        self.name = name
        self._store = store
        self._clock = clock
        self._lease = lease
        self._heir = heir
        self._next_beat = 0.0
        self._last_beat: float | None = None

    async def tick(self) -> None:
        """Called often; does its work when it is due."""
        if time.monotonic() < self._next_beat:
            return
        now = self._clock.now()
        async with self._store.write() as tx:
            await workers.beat(tx, self.name, socket.gethostname(), os.getpid(), now)
            live = await workers.live(tx, now, self._lease)
            freed = await inbox.release_lost(tx, live)
            await self._heir.settle_orphans(tx, live)
        self._heir.forget_settled()
        if freed:
            log.warning("messages of a dead worker taken over", extra={"messages": freed})
        self._next_beat = time.monotonic() + self._lease.total_seconds() / 4

    async def leave(self) -> None:
        """Says that this process is gone, so that nobody waits for its lease."""
        async with self._store.write() as tx:
            await workers.leave(tx, self.name)
