"""The clock's tick. The only user of APScheduler, which is asked for nothing but a regular heartbeat.

Reminders are rows of ours, not its jobs: see the decision "APScheduler is the clock, not the store" in CONTRIBUTING.md.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import SchedulerNotRunningError

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0


class Heartbeat:
    """Calls every `tick` about once a second, never two of the same at once, and never stops because one failed."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def every(self, name: str, tick: Callable[[], Awaitable[None]], seconds: float = TICK_SECONDS) -> None:
        async def safely() -> None:
            try:
                await tick()
            except Exception as error:  # boundary: a scheduler tick; the next one tries again
                log.error(
                    "tick failed", extra={"tick": name, "error": type(error).__name__}, exc_info=log.isEnabledFor(10)
                )

        self._scheduler.add_job(
            safely, "interval", seconds=seconds, id=name, coalesce=True, max_instances=1, misfire_grace_time=None
        )

    def start(self) -> None:
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # what fails is said here; a tick ended by `stop` is none
        self._scheduler.start()

    def stop(self) -> None:
        with suppress(SchedulerNotRunningError):
            self._scheduler.shutdown(wait=False)
