"""The way out to one platform: what waits for it, in which order and how fast it goes, and whether the platform answers.

People's answers go before reminders that are due at the same time. A chat that has to wait holds up no other.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from itertools import count
from typing import TypeAlias

from core.pacing import Breaker, Pacer
from core.ports import Adapter
from core.store.outbox import ClaimedDelivery

AHEAD_SECONDS = 3.0
"""So much of the allowed rate is claimed ahead, and not more."""
LONGEST_CHAT_WAIT = 3.0
"""Seconds for which a message waits here for its chat; for longer it would take the room of others."""
_UNASKED_SECONDS = 1.0
"""A message that waited longer than this in a lane is looked up before it goes: it may have been taken back."""
_PARALLEL_SENDS = 1_000
_LEAVING = 100
"""Of these, how many may be between the look at our lease and the moment their request has left: on a machine that is too
slow many would leave after others have taken them over."""
_MOST_WAITING = 12_000
_AT_ONCE = 50
"""Messages that are started before others get a turn on the event loop."""

Send: TypeAlias = Callable[["Lane", ClaimedDelivery], Awaitable[None]]


class Lane:
    """Sends what is put into it, each as soon as it is ready, the platform and the chat take it, and a sender is free."""

    def __init__(
        self,
        adapter: Adapter,
        send: Send,
        holds: Callable[[ClaimedDelivery], Awaitable[bool]],
        put_off: Callable[[ClaimedDelivery, float], None],
        left: Callable[[], None],
    ) -> None:
        """`send` delivers one and never raises; `holds` says whether one that has waited is still to be sent; `put_off`
        takes back one whose chat is not free for so many seconds; `left` is called after each."""
        self.adapter = adapter
        self.served = adapter.capabilities.only_address or adapter.name
        self.pacer = Pacer(adapter.capabilities.per_second, adapter.capabilities.per_chat_per_second)
        self.breaker = Breaker()
        self.held = 0
        """Claimed for this lane and not put into it yet."""
        self._send = send
        self._holds = holds
        self._put_off = put_off
        self._left = left
        self._numbers = count()
        self._later: list[tuple[float, int, float, ClaimedDelivery]] = []
        """By when they may go, on the monotonic clock; each with when it was to go at first."""
        self._ready: list[tuple[bool, float, int, float, ClaimedDelivery]] = []
        self._flying: set[asyncio.Task[None]] = set()
        self._leaving: set[int] = set()
        self._wake = asyncio.Event()

    def put(self, claimed: ClaimedDelivery, seconds: float = 0.0) -> None:
        """Sends this one, in so many seconds."""
        at = time.monotonic() + seconds
        heapq.heappush(self._later, (at, next(self._numbers), at, claimed))
        self._wake.set()

    @property
    def capacity(self) -> int:
        return min(max(int(self.pacer.rate * AHEAD_SECONDS), 3), _MOST_WAITING)

    @property
    def load(self) -> int:
        """Claims that are not settled yet."""
        return self.held + len(self._later) + len(self._ready) + len(self._flying)

    @property
    def room(self) -> int:
        """How many more may be claimed. While the platform does not answer: one, to find out when it does."""
        if self.breaker.is_open:
            return 0 if self.load else 1
        return max(self.capacity - self.load, 0)

    @property
    def crowded(self) -> bool:
        """Half of all senders are busy, as at nine o'clock."""
        return len(self._flying) * 2 >= _PARALLEL_SENDS

    @property
    def idle(self) -> bool:
        return not self._flying

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._wake.clear()
            seconds = self._start_ready(time.monotonic())
            if seconds == 0.0:
                await asyncio.sleep(0)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()

    def _start_ready(self, now: float) -> float | None:
        """Starts what may go, some at once; returns the seconds until more may, None where something has to happen
        first."""
        for _ in range(_AT_ONCE):
            while self._later and self._later[0][0] <= now and len(self._ready) < _AT_ONCE:
                ready, number, first, claimed = heapq.heappop(self._later)
                heapq.heappush(self._ready, (claimed.reminder_id is not None, ready, number, first, claimed))
            if not self._ready:
                return max(self._later[0][0] - now, 0.001) if self._later else None
            if len(self._flying) >= _PARALLEL_SENDS or len(self._leaving) >= _LEAVING:
                return None
            wait = max(self.pacer.ready_at(), self.breaker.ready_at()) - now
            if wait > 0:
                return None if wait == float("inf") else wait
            _, ready, number, first, claimed = heapq.heappop(self._ready)
            chat = chat_of(claimed)
            free = self.pacer.chat_ready_at(chat)
            if free > now + LONGEST_CHAT_WAIT:
                self._put_off(claimed, free - now)
                continue
            if free > now:
                heapq.heappush(self._later, (free, number, first, claimed))
                continue
            self.pacer.sent(chat, now, ready)
            self._start(claimed, now, waited=now - first > _UNASKED_SECONDS)
        return 0.0

    def _start(self, claimed: ClaimedDelivery, now: float, *, waited: bool) -> None:
        self.breaker.trying()
        task = asyncio.create_task(self._go(claimed, now, waited), name=f"deliver-{claimed.delivery.cause}")
        self._flying.add(task)
        self._leaving.add(claimed.delivery.id)
        task.add_done_callback(partial(self._ended, claimed))

    async def _go(self, claimed: ClaimedDelivery, planned: float, waited: bool) -> None:
        if waited and not await self._holds(claimed):
            self.breaker.not_tried()
            return
        self.pacer.left(planned, time.monotonic())
        await self._send(self, claimed)

    def gone(self, claimed: ClaimedDelivery) -> None:
        """Its request is on the way."""
        self._leaving.discard(claimed.delivery.id)
        self._wake.set()

    def _ended(self, claimed: ClaimedDelivery, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self.gone(claimed)
        self._left()

    def take_waiting(self) -> list[ClaimedDelivery]:
        """Takes out everything that is not on its way."""
        waiting = [entry[-1] for entry in self._ready] + [entry[-1] for entry in self._later]
        self._ready.clear()
        self._later.clear()
        return waiting

    async def finish(self) -> None:
        """Returns when nothing is on its way any more."""
        if self._flying:
            await asyncio.wait(self._flying)

    def cancel(self) -> None:
        for task in self._flying:
            task.cancel()


def chat_of(claimed: ClaimedDelivery) -> str:
    """What the platform counts as one chat."""
    address = claimed.delivery.address
    return f"{address.workspace}|{address.chat}"
