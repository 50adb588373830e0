"""What was chosen for the channels of a workspace, remembered for some seconds: every message is read by that."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from adapters import Surroundings
from core.messages import Address
from core.store import modes
from core.store.modes import Mode

_REMEMBERED_SECONDS = 5.0


class Modes:
    """The choices of one workspace's channels."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._known: Mapping[str, Mode] = {}
        self._until = float("-inf")

    async def get(self, channel: Address) -> Mode:
        """Raises `Unavailable` while the database does not answer."""
        now = asyncio.get_running_loop().time()
        if now > self._until:
            async with self._around.store().read() as tx:
                self._known = await modes.of_workspace(tx, channel.platform, channel.workspace)
            self._until = now + _REMEMBERED_SECONDS
        return self._known.get(channel.key(), "follow")
