"""This process as others see it: its name, its heartbeat, and the work it takes over from processes that died.

Whether another process is alive is judged by our own watch: its heartbeat has to keep changing. Its moments are not
compared with ours, since clocks differ between machines and jump.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
import secrets
import socket
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from core.ports import Clock
from core.store import Store, Tx, inbox, outbox, workers
from core.store.workers import Beat, Downtime

log = logging.getLogger(__name__)

_BOOT_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Goes on while the machine sleeps, and never jumps."""
_JUMP = dt.timedelta(seconds=2)


class Heir(Protocol):
    """Who takes over the deliveries of the dead, and sends only while its own claims hold."""

    async def settle_orphans(self, tx: Tx, live: list[str]) -> None: ...

    def forget_settled(self) -> None: ...

    def taken_over(self) -> None:
        """We were taken for dead: what we had claimed and not begun is others' now."""

    def alive(self, until: float, workers: Mapping[str, int]) -> None:
        """Our claims hold until then, by the boot clock (`boot_seconds`); so many live workers serve each platform."""


def new_name() -> str:
    """A name no other process has or had."""
    return f"{os.getpid()}-{secrets.token_hex(6)}"


def boot_seconds() -> float:
    """Seconds that went by since the machine started, also while it or this process was suspended."""
    return time.clock_gettime(_BOOT_CLOCK)


class Watch:
    """Who of the others is alive. One whose heartbeat has not changed for a lease, as we saw it, is dead."""

    def __init__(self, lease: float) -> None:
        self._lease = lease
        self._seen: dict[str, tuple[dt.datetime, float]] = {}
        """By worker: its last heartbeat, and until when by our watch it is waited for the next one."""

    def judge(self, beats: Sequence[Beat], now: dt.datetime, seconds: float) -> tuple[list[Beat], list[Beat]]:
        """The live and the dead."""
        live: list[Beat] = []
        dead: list[Beat] = []
        for beat in beats:
            before = self._seen.get(beat.name)
            if before is None or before[0] != beat.seen_at:
                old = before is None and abs((now - beat.seen_at).total_seconds()) > self._lease
                self._seen[beat.name] = (beat.seen_at, seconds + (self._lease / 2 if old else self._lease))
            if beat.stopped or seconds >= self._seen[beat.name][1]:
                dead.append(beat)
            else:
                live.append(beat)
        self._seen = {beat.name: self._seen[beat.name] for beat in live}
        return live, dead


class Worker:
    """Beats every quarter of the lease. Who has not beaten for a whole lease is dead, and its claims are free."""

    def __init__(
        self, name: str, store: Store, clock: Clock, lease: dt.timedelta, heir: Heir, serves: Collection[str] = ()
    ) -> None:
        self.name = name
        self._store = store
        self._clock = clock
        self._lease = lease
        self._heir = heir
        self._serves = frozenset(serves)
        self._watch = Watch(lease.total_seconds())
        self._next_beat = 0.0
        self._last: tuple[dt.datetime, float] | None = None
        """Our last heartbeat, by the wall clock and by the boot clock."""

    async def tick(self) -> None:
        """Called often; does its work when it is due."""
        seconds = boot_seconds()
        if seconds < self._next_beat:
            return
        now = self._clock.now()
        async with self._store.write() as tx:
            beats = await workers.beats(tx)
            read = boot_seconds()  # not `seconds`: waiting for the transaction may have taken most of a lease
            await self._note_gaps(tx, beats, now, seconds)
            known = await workers.beat(tx, self.name, socket.gethostname(), os.getpid(), now, self._serves)
            others = [beat for beat in beats if beat.name != self.name]
            live, dead = self._watch.judge(others, now, read)
            names = [self.name, *(beat.name for beat in live)]
            await workers.bury(tx, dead)
            freed = await inbox.release_lost(tx, names)
            await self._heir.settle_orphans(tx, names)
        self._heir.forget_settled()
        if not known and self._last is not None:
            log.warning("this worker was taken for dead")
            self._heir.taken_over()
        if freed:
            log.warning("messages of a dead worker taken over", extra={"messages": freed})
        self._last = (now, seconds)
        self._next_beat = seconds + self._lease.total_seconds() / 4
        sharing = Counter(name for beat in live for name in beat.serves)
        self._heir.alive(seconds + self._lease.total_seconds() * 0.8, sharing)

    async def _note_gaps(self, tx: Tx, beats: Sequence[Beat], now: dt.datetime, seconds: float) -> None:
        """Keeps when nobody was running, so that what is late can say why; and follows a clock that was put back."""
        if not beats:
            return
        newest = max(beat.seen_at for beat in beats)
        if now - newest > self._lease:
            jumped = self._last is not None and seconds - self._last[1] < (now - self._last[0] - _JUMP).total_seconds()
            await workers.note_downtime(tx, Downtime(newest, now, "clock" if jumped else "down"))
            log.warning("nobody was running", extra={"since": newest, "clock": jumped})
        if self._last is not None and now < self._last[0] - _JUMP:
            await outbox.follow_clock_back(tx, now)
            log.warning("the clock was put back", extra={"by": self._last[0] - now})

    async def leave(self) -> None:
        """Says that this process is gone, so that nobody waits for its lease."""
        async with self._store.write() as tx:
            await workers.leave(tx, self.name, self._clock.now())
