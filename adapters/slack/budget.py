"""How many calls of a method one may still make."""

from __future__ import annotations

import asyncio
from collections import deque


class Budget:
    """At most so many calls a minute, below what Slack allows for the method in a workspace, so that the call that
    delivers is not the one that is refused."""

    def __init__(self, calls: int, seconds: float = 60.0) -> None:
        self._calls = calls
        self._seconds = seconds
        self._taken: deque[float] = deque()

    def take(self) -> bool:
        if self._used() >= self._calls:
            return False
        self._taken.append(asyncio.get_running_loop().time())
        return True

    def interval(self, sharers: int) -> float:
        """Seconds between two calls of each of so many: short while little was used, and longer the more was, so that
        all of them get on until the end."""
        return self._seconds * sharers * self._used() / self._calls**2

    def _used(self) -> int:
        now = asyncio.get_running_loop().time()
        while self._taken and now - self._taken[0] > self._seconds:
            self._taken.popleft()
        return len(self._taken)
