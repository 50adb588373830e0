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
        now = asyncio.get_running_loop().time()
        while self._taken and now - self._taken[0] > self._seconds:
            self._taken.popleft()
        if len(self._taken) >= self._calls:
            return False
        self._taken.append(now)
        return True

    def interval(self, sharers: int) -> float:
        """Seconds between two calls of each of so many, so that all of them get on until the end."""
        return self._seconds * sharers / self._calls
