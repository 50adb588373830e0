"""The clock's tick. The only user of APScheduler, which is asked for nothing but a regular heartbeat.

Reminders are rows of ours, not its jobs: see the decision "APScheduler is the clock, not the store" in CONTRIBUTING.md.
It goes by the wall clock: after that was put back by an hour it would be silent for an hour. So each tick is also watched
on the monotonic clock, and one that stays away is called for.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import SchedulerNotRunningError

from core.clock import SystemClock

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0


class Heartbeat:
    """Calls each `tick` about as often as it is told to, never two of the same at once, and never stops because one failed."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._clock = SystemClock()
        self._next: dict[str, float] = {}
        """By tick: until when the next one is waited for, on the monotonic clock."""
        self._seconds: dict[str, float] = {}
        self._guard: asyncio.Task[None] | None = None

    def every(self, name: str, tick: Callable[[], Awaitable[None]], seconds: float = TICK_SECONDS) -> None:
        async def safely() -> None:
            self._next[name] = float("inf")
            try:
                await tick()
            except Exception as error:  # boundary: a scheduler tick; the next one tries again
                log.error(
                    "tick failed", extra={"tick": name, "error": type(error).__name__}, exc_info=log.isEnabledFor(10)
                )
            finally:
                self._wait_for(name)

        self._seconds[name] = seconds
        self._scheduler.add_job(
            safely, "interval", seconds=seconds, id=name, coalesce=True, max_instances=1, misfire_grace_time=None
        )

    def start(self) -> None:
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler.start()
        for name in self._seconds:
            self._wait_for(name)
        self._guard = asyncio.create_task(self._watch(), name="heartbeat-guard")

    def stop(self) -> None:
        if self._guard is not None:
            self._guard.cancel()
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # a tick that the end cuts short is no error
        with suppress(SchedulerNotRunningError):
            self._scheduler.shutdown(wait=False)

    def _wait_for(self, name: str) -> None:
        self._next[name] = time.monotonic() + 2 * self._seconds[name] + TICK_SECONDS

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            for name, until in self._next.items():
                if time.monotonic() > until:
                    log.warning("a tick stayed away and is called for", extra={"tick": name})
                    self._wait_for(name)
                    self._scheduler.modify_job(name, next_run_time=self._clock.now())
