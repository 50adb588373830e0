"""Writing down what became of deliveries, in batches: what arrived, what is tried again, what is given up."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Collection

from core import metrics
from core.errors import StoreUnavailable
from core.lanes import Lane
from core.messages import Receipt
from core.ports import Clock
from core.reminders import closed, nagging
from core.store import Store, Tx, outbox
from core.store.outbox import CLOSED, ClaimedDelivery, PutBack

log = logging.getLogger(__name__)

_AT_ONCE = 500
_UNRECORDED, _UNRECORDED_SECONDS = 5_000, 0.3
"""So many receipts wait so long while a lane is crowded: what is late goes before what is done. Should we die, the journal
has noted what left, and where one can look, one looks."""
_RETRY_SECONDS = 0.2


class Outcomes:
    """Keeps outcomes until the database has them."""

    def __init__(self, store: Store, clock: Clock, lanes: Collection[Lane], written: Callable[[bool], None]) -> None:
        """`written` is called after each batch, with whether some of it may be claimed again."""
        self._store = store
        self._clock = clock
        self._lanes = lanes
        self._written = written
        self._arrived: list[tuple[ClaimedDelivery, Receipt]] = []
        self._returned: list[PutBack] = []
        self._given_up: list[tuple[ClaimedDelivery, str, bool]] = []
        """With the reason, and whether the chat is closed to us."""
        self._wake = asyncio.Event()
        self._finished = False

    def arrived(self, claimed: ClaimedDelivery, receipt: Receipt) -> None:
        self._arrived.append((claimed, receipt))
        self._wake.set()

    def put_back(
        self, claimed: ClaimedDelivery, again: dt.datetime, reason: str, *, tried: bool, doubtful: bool = False
    ) -> None:
        """To be planned again, for that moment."""
        self._returned.append(PutBack(claimed, again, reason, tried=tried, doubtful=doubtful))
        self._wake.set()

    def give_up(self, claimed: ClaimedDelivery, reason: str, *, gone: bool = False) -> None:
        """`gone`: the chat is closed to us."""
        log.warning("delivery is given up", extra={"cause": claimed.delivery.cause, "why": reason})
        self._given_up.append((claimed, reason, gone))
        self._wake.set()

    def look(self) -> None:
        """A lane may have become idle."""
        if self._finished:
            self._wake.set()

    def finish(self) -> None:
        """Nothing is started any more: `run` returns when all is written."""
        self._finished = True
        self._wake.set()

    async def run(self) -> None:
        """As many at once as came while the last batch was being written."""
        while not (self._finished and not self._unwritten and all(lane.idle for lane in self._lanes)):
            await self._wake.wait()
            if self._unwritten < _UNRECORDED and any(lane.crowded for lane in self._lanes):
                await asyncio.sleep(_UNRECORDED_SECONDS)
            self._wake.clear()
            if not self._unwritten:
                continue
            arrived, returned, given_up = (
                self._arrived[:_AT_ONCE], self._returned[:_AT_ONCE], self._given_up[:_AT_ONCE],
            )  # fmt: skip
            try:
                async with self._store.write() as tx:
                    await self._write(tx, arrived, returned, given_up)
            except StoreUnavailable as error:
                log.error("outcomes wait for the database", extra={"why": error.what, "outcomes": self._unwritten})
                await asyncio.sleep(_RETRY_SECONDS)
                self._wake.set()
                continue
            self._count(arrived, returned, given_up)
            del self._arrived[: len(arrived)], self._returned[: len(returned)], self._given_up[: len(given_up)]
            if self._unwritten:
                self._wake.set()
            self._written(bool(returned or given_up))

    def _count(
        self,
        arrived: list[tuple[ClaimedDelivery, Receipt]],
        returned: list[PutBack],
        given_up: list[tuple[ClaimedDelivery, str, bool]],
    ) -> None:
        now = self._clock.now()
        for claimed, _ in arrived:
            if claimed.reminder_id is not None:
                metrics.LATENESS.observe(max(0.0, (now - claimed.due_at).total_seconds()))
        outcomes = [("sent", one) for one, _ in arrived]
        outcomes += [("retried", one.claimed) for one in returned if one.tried] + [
            ("given_up", one) for one, _, _ in given_up
        ]
        for outcome, claimed in outcomes:
            metrics.DELIVERIES.labels(claimed.delivery.address.platform, outcome).inc()

    @property
    def _unwritten(self) -> int:
        return len(self._arrived) + len(self._returned) + len(self._given_up)

    async def _write(
        self,
        tx: Tx,
        arrived: list[tuple[ClaimedDelivery, Receipt]],
        returned: list[PutBack],
        given_up: list[tuple[ClaimedDelivery, str, bool]],
    ) -> None:
        now = self._clock.now()
        if arrived:
            await nagging.plan(tx, await outbox.record(tx, arrived, now), now)
        if returned:
            await outbox.put_back(tx, returned)
        for claimed, what, gone in given_up:
            reason = f"{CLOSED}{what}" if gone else what
            await outbox.park(tx, claimed, now, reason)
            if gone:
                await closed.close(tx, claimed.delivery.address, now, reason)
