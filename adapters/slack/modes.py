"""What was chosen for a channel, remembered for some seconds: every message in it is read by that."""

from __future__ import annotations

import asyncio

from adapters import Surroundings
from adapters.slack.recent import Recent
from core.messages import Address
from core.store import modes
from core.store.modes import Mode

_REMEMBERED_SECONDS = 5.0


class Modes:
    """The choices of one workspace's channels."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._known: Recent[Address, tuple[Mode, float]] = Recent(5_000)

    async def get(self, channel: Address) -> Mode:
        """Raises `Unavailable` while the database does not answer."""
        now = asyncio.get_running_loop().time()
        if (entry := self._known.get(channel)) is not None and entry[1] > now:
            return entry[0]
        async with self._around.store().read() as tx:
            found = await modes.mode(tx, channel)
        self._known.put(channel, (found, now + _REMEMBERED_SECONDS))
        return found
