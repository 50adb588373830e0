"""Delivering what is due: claim, send, record; back off, look, or give up. The words were fixed when they were queued."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from core.errors import RetryLater, StoreUnavailable, Undeliverable
from core.journal import Journal
from core.language.detect import detect
from core.language.phrases import say
from core.messages import Delivery, Receipt
from core.pacing import Pacer
from core.ports import Adapter, Clock, served
from core.store import Store, Tx, outbox
from core.store.outbox import ClaimedDelivery

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 20
FIRST_DELAY = 1.0
LONGEST_DELAY = 600.0
_PARALLEL_SENDS = 64
_LONGEST_PACED_WAIT = 3.0


class Deliverer:
    """Sends what the outbox holds, through the adapters of this process."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, Adapter],
        clock: Clock,
        journal: Journal,
        worker: str,
        settle: dt.timedelta,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._served = served(adapters.values())
        self._clock = clock
        self._journal = journal
        self._worker = worker
        self._settle = settle
        self._wake = asyncio.Event()
        self._record_wake = asyncio.Event()
        self._arrived: list[tuple[ClaimedDelivery, Receipt]] = []
        self._sending: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._blocked = True
        """Something may wait behind what is being sent: look again when a send ends."""
        self._settled: list[str] = []
        self._pacers = {
            name: Pacer(adapter.capabilities.per_second, adapter.capabilities.per_chat_per_second)
            for name, adapter in adapters.items()
        }

    def wake(self) -> None:
        """There may be something new in the outbox."""
        self._blocked = True
        self._wake.set()

    def take(self, claimed: ClaimedDelivery) -> None:
        """Sends what was claimed for this worker when it was queued."""
        task = asyncio.create_task(self._deliver(claimed), name=f"deliver-{claimed.delivery.cause}")
        self._sending.add(task)
        task.add_done_callback(self._sent)

    async def run(self) -> None:
        """Delivers until `drain` is called; after that returns when nothing is being sent."""
        recorder = asyncio.create_task(self._record_arrivals(), name="outbox-recorder")
        try:
            while not self._stopping:
                self._wake.clear()
                if await self._claim_and_send():
                    continue
                await self._wait_for_work()
            if self._sending:
                await asyncio.wait(self._sending)
        finally:
            for task in self._sending:
                task.cancel()
            self._stopping = True
            self._record_wake.set()
            await recorder

    def drain(self) -> None:
        """Claims nothing more."""
        self._stopping = True
        self._wake.set()

    async def _claim_and_send(self) -> bool:
        room = _PARALLEL_SENDS - len(self._sending)
        if room <= 0:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            return True
        try:
            async with self._store.write() as tx:
                claimed = await outbox.claim(tx, self._worker, self._served, self._clock.now(), room)
        except StoreUnavailable as error:
            log.error("cannot claim deliveries", extra={"why": error.what})
            return False
        if not claimed and not self._sending:
            self._blocked = False
        for one in claimed:
            self.take(one)
        return bool(claimed)

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        if self._blocked or self._stopping:
            self._wake.set()

    async def _wait_for_work(self) -> None:
        seconds = 1.0
        with suppress(StoreUnavailable):
            async with self._store.read() as tx:
                due = await outbox.next_try(tx, self._served)
            if due is not None:
                seconds = min(max((due - self._clock.now()).total_seconds(), 0.005), 1.0)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), seconds)

    async def _deliver(self, claimed: ClaimedDelivery) -> None:
        delivery = claimed.delivery
        pacer = self._pacers[delivery.address.platform]
        chat = f"{delivery.address.workspace}|{delivery.address.chat}"
        wait = pacer.reserve(chat, _LONGEST_PACED_WAIT)
        if wait > _LONGEST_PACED_WAIT:
            await self._put_back(claimed, dt.timedelta(seconds=wait), "waits for its turn in this chat", tried=False)
            return
        if wait > 0:
            await asyncio.sleep(wait)
        adapter = self._adapters[delivery.address.platform]
        if delivery.doubtful and not adapter.capabilities.can_look:
            delivery = _with_honest_word(delivery)
        try:
            receipt = await adapter.send(delivery, lambda: self._journal.left(delivery.cause, delivery.attempt))
        except RetryLater as error:
            if error.after is not None:
                pacer.pause(chat, error.after.total_seconds())
            await self._retry(claimed, error)
        except Undeliverable as error:
            await self._park(claimed, error.what)
        except Exception as error:  # boundary: a delivery; one that breaks the adapter must not stop the others
            log.exception("delivery failed", extra={"cause": delivery.cause, "attempt": delivery.attempt})
            await self._retry(claimed, RetryLater(f"unexpected {type(error).__name__}", unknown=True))
        else:
            self._arrived.append((claimed, receipt))
            self._record_wake.set()

    async def _retry(self, claimed: ClaimedDelivery, error: RetryLater) -> None:
        attempt = claimed.delivery.attempt
        if attempt >= MAX_ATTEMPTS:
            await self._park(claimed, f"given up after {attempt} attempts: {error.what}")
            return
        delay = error.after or back_off(attempt)
        if error.unknown and self._adapters[claimed.delivery.address.platform].capabilities.can_look:
            delay = max(delay, self._settle)
        log.warning("delivery is tried again", extra={"cause": claimed.delivery.cause, "why": error.what, "in": delay})
        await self._put_back(claimed, delay, error.what, tried=True, doubtful=error.unknown)

    async def _put_back(
        self, claimed: ClaimedDelivery, delay: dt.timedelta, reason: str, *, tried: bool, doubtful: bool = False
    ) -> None:
        with suppress(StoreUnavailable):  # then the row stays ours and is settled when our heartbeat is gone
            async with self._store.write() as tx:
                await outbox.put_back(tx, claimed, self._clock.now() + delay, reason, tried=tried, doubtful=doubtful)

    async def _park(self, claimed: ClaimedDelivery, reason: str) -> None:
        log.warning("delivery is given up", extra={"cause": claimed.delivery.cause, "why": reason})
        with suppress(StoreUnavailable):
            async with self._store.write() as tx:
                await outbox.park(tx, claimed, self._clock.now(), reason)

    async def _record_arrivals(self) -> None:
        """Writes receipts in batches: as many as came while the last batch was being written."""
        while not (self._stopping and not self._sending and not self._arrived):
            await self._record_wake.wait()
            self._record_wake.clear()
            batch, self._arrived = self._arrived, []
            if not batch:
                continue
            try:
                async with self._store.write() as tx:
                    await outbox.record(tx, batch, self._clock.now())
            except StoreUnavailable as error:
                log.error("receipts wait for the database", extra={"why": error.what, "receipts": len(batch)})
                self._arrived = batch + self._arrived
                await asyncio.sleep(0.2)
                self._record_wake.set()

    async def settle_orphans(self, tx: Tx, live: list[str]) -> None:
        """Decides about attempts whose worker died: look, trust the journal, or send again."""
        now = self._clock.now()
        kept = set(live)
        lost = await outbox.orphans(tx, live)
        for orphan in lost:
            adapter = self._adapters.get(orphan.platform)
            if adapter is None:
                kept.add(orphan.claimed_by)
                continue
            if adapter.capabilities.can_look:
                again = now + self._settle
                await outbox.adopt(
                    tx, orphan, now, arrived=False, doubtful=True, next_try_at=again, reason="looks first"
                )
                continue
            left = self._journal.has_left(orphan.claimed_by, orphan.cause, orphan.attempt)
            reason = "had left before the crash" if left else "had not left before the crash"
            await outbox.adopt(
                tx, orphan, now, arrived=bool(left), doubtful=left is None, next_try_at=now, reason=reason
            )
        if lost:
            log.warning("deliveries of a dead worker taken over", extra={"deliveries": len(lost)})
        self._settled = [worker for worker in self._journal.others() if worker not in kept]

    def forget_settled(self) -> None:
        """After the commit of `settle_orphans`: drops the journals it used."""
        for worker in self._settled:
            self._journal.drop(worker)
        self._settled = []
        self.wake()


def _with_honest_word(delivery: Delivery) -> Delivery:
    text = delivery.reply.text
    word = say(detect(text), "maybe_already")
    return replace(delivery, reply=replace(delivery.reply, text=f"{word}\n\n{text}"))


def back_off(attempt: int) -> dt.timedelta:
    """Doubling delays with jitter: about 1 s, 2 s, 4 s ... up to 10 minutes."""
    longest = min(FIRST_DELAY * 2 ** (attempt - 1), LONGEST_DELAY)
    return dt.timedelta(seconds=longest * random.uniform(0.5, 1.0))
