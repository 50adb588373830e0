"""The system's clock. Nothing else in Remora asks for the time."""

from __future__ import annotations

import asyncio
import datetime as dt


class SystemClock:
    """Wall-clock time of this machine, in UTC."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    async def sleep_until(self, moment: dt.datetime) -> None:
        while (left := (moment - self.now()).total_seconds()) > 0:  # noqa: ASYNC110  # the wall clock may jump
            await asyncio.sleep(min(left, 1.0))
