"""A clock that goes on like any other and can be set, as an administrator or NTP sets a machine's."""

from __future__ import annotations

import asyncio
import datetime as dt


class SettableClock:
    """A `Clock`. `jumps` are not announced to anybody."""

    def __init__(self, start: dt.datetime | None = None) -> None:
        self._offset = dt.timedelta()
        self._stopped: dt.datetime | None = None
        if start is not None:
            self.set(start)

    def now(self) -> dt.datetime:
        return self._stopped or dt.datetime.now(dt.UTC) + self._offset

    def stop(self, moment: dt.datetime) -> None:
        """It stands at this moment, however slow the machine is, until it is set."""
        self._stopped = moment

    def set(self, moment: dt.datetime) -> None:
        self._stopped = None
        self._offset = moment - dt.datetime.now(dt.UTC)

    def jump(self, by: dt.timedelta) -> None:
        self._offset += by

    async def sleep_until(self, moment: dt.datetime) -> None:
        while (left := (moment - self.now()).total_seconds()) > 0:
            await asyncio.sleep(min(left, 0.05))
