"""Delivering what is due: claim ahead, hold, send at its moment, record; back off, look, or give up.

The words were fixed when they were queued. Three things run beside each other: claiming a little ahead of what is due
(`_claim`), letting go at the moment what still holds (`_release`), and writing down what became of it
(`core/outcomes.py`); a lane a platform (`core/lanes.py`) sends.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import heapq
import logging
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from core.errors import RetryLater, StoreUnavailable, Undeliverable
from core.journal import Journal, in_journal
from core.lanes import Lane, chat_of
from core.language.detect import detect
from core.language.phrases import say
from core.messages import Delivery
from core.outcomes import Outcomes
from core.ports import Adapter, Clock
from core.reminders import lateness
from core.store import Store, Tx, outbox
from core.store.outbox import ClaimedDelivery
from core.worker import boot_seconds

log = logging.getLogger(__name__)

_JOURNALS_KEPT = dt.timedelta(hours=1)
"""How long a journal without a living owner is kept after its last line."""

MAX_ATTEMPTS = 20
MAX_BREAKS = 5
"""Attempts after which a delivery that breaks the adapter is given up."""
GIVE_UP_AFTER = dt.timedelta(days=3)
FIRST_DELAY = 1.0
LONGEST_DELAY = 600.0
_AHEAD = dt.timedelta(seconds=15)
"""How long before its moment a message may be claimed; how many are, their lane says."""
_KEPT_FREE = 100
"""Room of a lane, at most, that is kept for what is due now."""
_AT_ONCE = 200
"""Rows claimed or written down in one transaction, so that it stays short."""
_LEAD, _LEAD_EACH = 0.15, 0.000_05
"""Seconds before its moment at which a claim that was made ahead is looked at once more; longer where many are held."""
_CONFIRMED_AT_ONCE = 500
_CONFIRM_PATIENCE = 0.5
_BREATH = 0.02
"""Seconds between two claims, so that there is something to claim."""


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
        self._clock = clock
        self._journal = journal
        self._worker = worker
        self._settle = settle
        self._lanes = {
            name: Lane(adapter, self._deliver, self._holds, self._put_off, self._sent)
            for name, adapter in adapters.items()
        }
        self._held: list[tuple[dt.datetime, int, int, ClaimedDelivery]] = []
        """Claimed ahead of their moment."""
        self._wake, self._held_wake = asyncio.Event(), asyncio.Event()
        self._asked: list[ClaimedDelivery] = []
        self._answer: asyncio.Task[set[tuple[int, int]]] | None = None
        """To the question which of `_asked` are still to be sent."""
        self._outcomes = Outcomes(store, clock, self._lanes.values(), self._written)
        self._stopping = False
        self._more = True
        """There may be more to claim than was claimed: look again when something was settled."""
        self._full = False
        """A lane had no room for more."""
        self._settled: list[str] = []
        self._lease_until = 0.0
        """Nothing is claimed before our first heartbeat: others would take it for that of somebody dead."""
        self._epoch = 0
        """How often we were taken for dead: what was being claimed meanwhile may be others' too."""

    def wake(self) -> None:
        """There may be something new in the outbox, or the clock was set."""
        self._more = True
        self._wake.set()
        self._held_wake.set()

    def take(self, claimed: ClaimedDelivery) -> None:
        """Sends what was claimed for this worker when it was queued."""
        self._lanes[claimed.delivery.address.platform].put(claimed)

    def taken_over(self) -> None:
        """What we hold is others' by now: only what they have not taken is still ours to give back."""
        self._epoch += 1
        self._give_back_waiting()

    def alive(self, until: float, workers: Mapping[str, int]) -> None:
        """Our claims hold until then, by the boot clock; so many other live workers serve each platform."""
        self._lease_until = until
        for lane in self._lanes.values():
            lane.pacer.share(1 + workers.get(lane.served, 0))

    async def run(self) -> None:
        """Delivers until `drain` is called; after that returns when nothing is being sent."""
        lanes = [asyncio.create_task(lane.run(), name=f"lane-{name}") for name, lane in self._lanes.items()]
        releaser = asyncio.create_task(self._release(), name="outbox-releaser")
        recorder = asyncio.create_task(self._outcomes.run(), name="outbox-recorder")
        for task in (releaser, recorder, *lanes):
            task.add_done_callback(lambda ended: self.drain() if failed(ended) else None)
        try:
            await self._claim()
            for task in (releaser, *lanes):
                task.cancel()
            await asyncio.gather(releaser, *lanes, return_exceptions=True)
            self._give_back_waiting()
            await asyncio.gather(*(lane.finish() for lane in self._lanes.values()))
        finally:
            for task in (releaser, *lanes):
                task.cancel()
            for lane in self._lanes.values():
                lane.cancel()
            self._journal.keep = not all(lane.idle for lane in self._lanes.values())
            self._stopping = True
            self._outcomes.finish()
            await recorder
        for task in (releaser, *lanes):
            if failed(task):
                task.result()

    def drain(self) -> None:
        """Claims nothing more."""
        self._stopping = True
        self._wake.set()

    # --- claiming ahead

    async def _claim(self) -> None:
        while not self._stopping:
            self._wake.clear()
            got = await self._claim_once()
            if not got:
                self._more = any(lane.load for lane in self._lanes.values())
                with suppress(TimeoutError):
                    async with asyncio.timeout(1.0):
                        await self._wake.wait()
            await asyncio.sleep(_BREATH if got < _AT_ONCE else 0)

    async def _claim_once(self) -> int:
        lanes = [lane for lane in self._lanes.values() if lane.room]
        self._full = len(lanes) < len(self._lanes)
        if not lanes or boot_seconds() >= self._lease_until:
            return 0
        now, claimed, epoch = self._clock.now(), [], self._epoch
        try:
            async with self._store.write() as tx:
                for lane in lanes:
                    spare = lane.room - min(lane.capacity // 4, _KEPT_FREE)
                    most, ahead = (spare, _AHEAD) if spare > 0 else (lane.room, dt.timedelta())
                    claimed += await outbox.claim(tx, self._worker, [lane.served], now, min(most, _AT_ONCE), ahead)
                claimed = await lateness.with_words(tx, claimed, now)
        except StoreUnavailable as error:
            log.error("cannot claim deliveries", extra={"why": error.what})
            return 0
        for one in claimed:
            if epoch == self._epoch:
                self._hold(one)
            else:
                self._outcomes.put_back(one, one.send_at, one.reason, tried=False)
        return len(claimed)

    def _hold(self, one: ClaimedDelivery) -> None:
        lane = self._lanes[one.delivery.address.platform]
        if one.send_at <= self._clock.now():
            lane.put(one)
            return
        lane.held += 1
        heapq.heappush(self._held, (one.send_at, one.delivery.id, one.fence, one))
        self._held_wake.set()

    def _sent(self) -> None:
        if self._full and any(lane.room * 4 >= lane.capacity for lane in self._lanes.values()):
            self._wake.set()
        self._outcomes.look()

    def _written(self, again: bool) -> None:
        if self._more or again:
            self._wake.set()

    # --- letting go at the moment

    async def _release(self) -> None:
        while True:
            self._held_wake.clear()
            now = self._clock.now()
            await self._drop_far(now)
            lead = _LEAD + len(self._held) * _LEAD_EACH
            soon = self._take_held(now + dt.timedelta(seconds=lead), _CONFIRMED_AT_ONCE)
            if soon:
                await self._let_go(soon)
                continue
            wait = min((self._held[0][0] - now).total_seconds() - lead, 1.0) if self._held else 1.0
            with suppress(TimeoutError):
                async with asyncio.timeout(max(wait, 0.001)):
                    await self._held_wake.wait()

    async def _let_go(self, soon: list[ClaimedDelivery]) -> None:
        try:
            holding = await self._confirmed(soon, self._epoch)
        except asyncio.CancelledError:
            for one in soon:
                self._outcomes.put_back(one, one.send_at, one.reason, tried=False)
            raise
        for one in (one for one in soon if (one.delivery.id, one.fence) in holding):
            seconds = (one.send_at - self._clock.now()).total_seconds()
            self._lanes[one.delivery.address.platform].put(one, max(seconds, 0.0))

    def _take_held(self, until: dt.datetime, most: int = 1_000_000) -> list[ClaimedDelivery]:
        taken: list[ClaimedDelivery] = []
        while self._held and self._held[0][0] <= until and len(taken) < most:
            one = heapq.heappop(self._held)[-1]
            self._lanes[one.delivery.address.platform].held -= 1
            taken.append(one)
        return taken

    async def _drop_far(self, now: dt.datetime) -> None:
        """After the clock was put back, what was about to be sent is far away again."""
        if self._held and self._held[0][0] - now > 2 * _AHEAD:
            for one in self._take_held(dt.datetime.max.replace(tzinfo=dt.UTC)):
                self._outcomes.put_back(one, one.send_at, "", tried=False)

    async def _confirmed(self, soon: list[ClaimedDelivery], epoch: int) -> set[tuple[int, int]]:
        """Those that were not taken back since they were claimed. Where the database does not say, a promise is kept,
        unless they were taken over after `epoch`."""
        try:
            async with asyncio.timeout(_CONFIRM_PATIENCE), self._store.read() as tx:
                holding = await outbox.still_claimed(tx, soon, self._clock.now())
        except (StoreUnavailable, TimeoutError):
            newest = {one.delivery.id: one.fence for one in sorted(soon, key=lambda one: one.fence)}
            holding = set(newest.items())
        if epoch != self._epoch:
            holding = set()
        for one in soon:
            if (one.delivery.id, one.fence) not in holding:
                self._outcomes.put_back(one, one.send_at, one.reason, tried=False)
        return holding

    async def _holds(self, claimed: ClaimedDelivery) -> bool:
        """Whether one that waited in its lane is still to be sent; asked together with all that go at this moment."""
        self._asked.append(claimed)
        self._answer = self._answer or asyncio.create_task(self._ask(self._epoch))
        return (claimed.delivery.id, claimed.fence) in await asyncio.shield(self._answer)

    async def _ask(self, epoch: int) -> set[tuple[int, int]]:
        asked, self._asked, self._answer = self._asked, [], None
        return await self._confirmed(asked, epoch)

    # --- one delivery

    async def _deliver(self, lane: Lane, claimed: ClaimedDelivery) -> None:
        delivery, now = claimed.delivery, self._clock.now()
        lapsed = boot_seconds() >= self._lease_until
        if lapsed or (claimed.expires_at is not None and claimed.expires_at <= now):
            lane.breaker.not_tried()
            self._outcomes.put_back(
                claimed, now, "this worker was away too long" if lapsed else claimed.reason, tried=False
            )
            return
        if delivery.doubtful and not lane.adapter.capabilities.can_look:
            delivery = _with_honest_word(delivery)

        def left() -> None:
            self._journal.left(delivery.cause, claimed.fence)
            lane.gone(claimed)

        try:
            receipt = await lane.adapter.send(delivery, left)
        except RetryLater as error:
            self._heard(lane, claimed, error)
            self._retry(lane, claimed, error)
        except Undeliverable as error:
            lane.breaker.succeeded()
            self._outcomes.give_up(claimed, error.what, gone=error.gone)
        except Exception as error:  # boundary: a delivery; one that breaks the adapter must not stop the others
            log.exception("delivery failed", extra={"cause": delivery.cause, "attempt": delivery.attempt})
            lane.breaker.succeeded()
            broken = RetryLater(f"unexpected {type(error).__name__}", unknown=True)
            self._retry(lane, claimed, broken, most=MAX_BREAKS)
        else:
            lane.breaker.succeeded()
            self._outcomes.arrived(claimed, receipt)

    def _heard(self, lane: Lane, claimed: ClaimedDelivery, error: RetryLater) -> None:
        """A platform that names a time to wait is there; one that does not may be down."""
        if error.after is None:
            lane.breaker.failed(time.monotonic())
        else:
            lane.breaker.succeeded()
            lane.pacer.pause(chat_of(claimed), error.after.total_seconds(), time.monotonic())

    def _retry(self, lane: Lane, claimed: ClaimedDelivery, error: RetryLater, *, most: int = MAX_ATTEMPTS) -> None:
        """Only failures that can be this message's own fault count against it."""
        attempt, now = claimed.delivery.attempt, self._clock.now()
        counts = error.after is None and not lane.breaker.is_open
        if counts and attempt >= most:
            self._outcomes.give_up(claimed, f"given up after {attempt} attempts: {error.what}")
            return
        if now - claimed.due_at > GIVE_UP_AFTER:
            self._outcomes.give_up(claimed, f"given up after {GIVE_UP_AFTER.days} days: {error.what}")
            return
        delay = error.after or back_off(attempt)
        if error.unknown and lane.adapter.capabilities.can_look:
            delay = max(delay, self._settle)
        log.warning("delivery is tried again", extra={"cause": claimed.delivery.cause, "why": error.what, "in": delay})
        self._outcomes.put_back(claimed, now + delay, error.what, tried=counts, doubtful=error.unknown)

    def _put_off(self, claimed: ClaimedDelivery, seconds: float) -> None:
        again = self._clock.now() + dt.timedelta(seconds=seconds)
        self._outcomes.put_back(claimed, again, "waits for its turn in this chat", tried=False)

    def _give_back_waiting(self) -> None:
        """What we have not begun is for others, at once."""
        waiting = self._take_held(dt.datetime.max.replace(tzinfo=dt.UTC))
        waiting += [one for lane in self._lanes.values() for one in lane.take_waiting()]
        for one in waiting:
            self._outcomes.put_back(one, one.send_at, one.reason, tried=False)

    # --- the dead

    async def settle_orphans(self, tx: Tx, live: list[str]) -> None:
        """Decides about attempts whose worker died: look, trust the journal, or send again."""
        now, kept = self._clock.now(), set(live)
        lost = await outbox.orphans(tx, live)
        dead = {one.claimed_by for one in lost}
        journals = {name: await asyncio.to_thread(self._journal.of, name) for name in dead}
        settled: list[outbox.Settled] = []
        for orphan in lost:
            adapter, journal = self._adapters.get(orphan.platform), journals[orphan.claimed_by]
            if adapter is None:
                kept.add(orphan.claimed_by)
                continue
            left = None if journal is None else in_journal(journal, orphan.cause, orphan.fence)
            arrived, doubtful, again, reason = False, orphan.doubtful, now, "had not left before the crash"
            if orphan.send_at > now and not left:
                again, reason = orphan.send_at, ""
            elif adapter.capabilities.can_look:
                doubtful, again, reason = True, now + self._settle, "looks first"
            elif left:
                arrived, reason = True, "had left before the crash"
            elif left is None:
                doubtful, reason = True, "nobody knows whether it had left before the crash"
            settled.append(outbox.Settled(orphan, arrived, again, doubtful, reason))
        await outbox.adopt(tx, settled, now)
        if lost:
            log.warning("deliveries of a dead worker taken over", extra={"deliveries": len(lost)})
        idle = await asyncio.to_thread(self._journal.idle_since, now - _JOURNALS_KEPT)
        self._settled = [worker for worker in idle if worker not in kept]

    def forget_settled(self) -> None:
        """After the commit of `settle_orphans`: drops the journals it used."""
        for worker in self._settled:
            self._journal.drop(worker)
        self._settled = []
        self.wake()


def failed(task: asyncio.Task[None]) -> bool:
    """A mistake nobody foresaw ended it: nothing runs on without a part, so all of it ends and says why."""
    return not task.cancelled() and task.exception() is not None


def _with_honest_word(delivery: Delivery) -> Delivery:
    text = delivery.reply.text
    word = say(detect(text), "maybe_already")
    return replace(delivery, reply=replace(delivery.reply, text=f"{word}\n\n{text}"))


def back_off(attempt: int) -> dt.timedelta:
    """Doubling delays with jitter: about 1 s, 2 s, 4 s ... up to 10 minutes."""
    longest = min(FIRST_DELAY * 2 ** (min(attempt, 30) - 1), LONGEST_DELAY)
    return dt.timedelta(seconds=longest * random.uniform(0.5, 1.0))
