"""Who is alive is judged by our own watch; the work of the dead is taken over once, and a gap is remembered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest

from core import worker as worker_module
from core.store import Store, Tx, inbox, workers
from core.store.workers import Beat
from core.worker import Watch, Worker, new_name
from tests.unit.rows import NOW, SECOND, message

LEASE = 10 * SECOND


def beat(name: str, seen_at: dt.datetime, *, stopped: bool = False) -> Beat:
    return Beat(name, seen_at, stopped, frozenset())


def names(found: list[Beat]) -> list[str]:
    return [one.name for one in found]


def test_a_heartbeat_that_keeps_changing_is_alive_whatever_its_clock_says() -> None:
    """Its clock is an hour behind ours, and jumps."""
    watch = Watch(10.0)
    for step in range(20):
        skewed = NOW - dt.timedelta(hours=1) + step * SECOND - (dt.timedelta(minutes=5) if step > 10 else 0 * SECOND)
        live, dead = watch.judge([beat("w", skewed)], NOW + step * SECOND, float(step))
        assert (names(live), names(dead)) == (["w"], [])


def test_one_that_stands_still_for_a_lease_is_dead() -> None:
    watch = Watch(10.0)
    assert names(watch.judge([beat("w", NOW)], NOW, 0.0)[0]) == ["w"]
    assert names(watch.judge([beat("w", NOW)], NOW + 9 * SECOND, 9.0)[0]) == ["w"]
    assert names(watch.judge([beat("w", NOW)], NOW + 10 * SECOND, 10.0)[1]) == ["w"]


def test_one_that_has_said_goodbye_is_dead_at_once() -> None:
    assert names(Watch(10.0).judge([beat("w", NOW, stopped=True)], NOW, 0.0)[1]) == ["w"]


def test_one_whose_heartbeat_is_old_at_first_sight_is_not_waited_for_a_whole_lease() -> None:
    watch = Watch(10.0)
    old = beat("w", NOW - dt.timedelta(hours=3))
    assert names(watch.judge([old], NOW, 0.0)[0]) == ["w"], "its clock may be wrong"
    assert names(watch.judge([old], NOW, 5.0)[1]) == ["w"]


def test_a_jump_of_our_own_clock_kills_nobody() -> None:
    watch = Watch(10.0)
    watch.judge([beat("w", NOW)], NOW, 0.0)
    jumped = NOW + dt.timedelta(days=1)
    assert names(watch.judge([beat("w", NOW + SECOND)], jumped, 1.0)[0]) == ["w"]


def test_names_are_never_used_twice() -> None:
    assert len({new_name() for _ in range(1000)}) == 1000


class FakeHeir:
    def __init__(self) -> None:
        self.live: list[list[str]] = []
        self.forgot = 0
        self.until = 0.0
        self.buried = False

    async def settle_orphans(self, tx: Tx, live: list[str]) -> None:
        self.live.append(sorted(live))

    def taken_over(self) -> None:
        self.buried = True

    def forget_settled(self) -> None:
        self.forgot += 1

    def alive(self, until: float, workers: Mapping[str, int]) -> None:
        self.until = until


class FakeClock:
    def __init__(self) -> None:
        self.moment = NOW

    def now(self) -> dt.datetime:
        return self.moment

    async def sleep_until(self, moment: dt.datetime) -> None:
        self.moment = max(self.moment, moment)


class Rig:
    """A worker on clocks that are moved by hand."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store, self.clock, self.heir, self.seconds = store, FakeClock(), FakeHeir(), 1000.0
        monkeypatch.setattr(worker_module, "boot_seconds", lambda: self.seconds)
        self.worker = Worker("me", store, self.clock, LEASE, self.heir)

    async def after(self, seconds: float) -> None:
        self.seconds += seconds
        self.clock.moment += dt.timedelta(seconds=seconds)
        await self.worker.tick()


@pytest.fixture
def rig(store: Store, monkeypatch: pytest.MonkeyPatch) -> Rig:
    return Rig(store, monkeypatch)


async def test_the_claims_of_the_dead_are_freed_and_those_of_the_living_are_not(rig: Rig) -> None:
    async with rig.store.write() as tx:
        await inbox.add(tx, message("a", chat="c1"), NOW)
        await inbox.add(tx, message("b", chat="c2"), NOW)
        await workers.beat(tx, "dead", "host", 1, NOW)
        await inbox.claim(tx, "dead", ["fake"], NOW, 1)
        await inbox.claim(tx, "me", ["fake"], NOW, 1)
    await rig.after(0)
    assert rig.heir.live[-1] == ["dead", "me"]
    await rig.after(11)
    assert rig.heir.live[-1] == ["me"]
    async with rig.store.write() as tx:
        assert [one.message.text for one in await inbox.claim(tx, "me", ["fake"], NOW, 9)] == ["a"]


async def test_it_never_takes_its_own_work_for_lost(rig: Rig) -> None:
    """Suspended for an hour, it wakes up and goes on."""
    async with rig.store.write() as tx:
        await inbox.add(tx, message("a"), NOW)
        await inbox.claim(tx, "me", ["fake"], NOW, 1)
    await rig.after(0)
    await rig.after(3600)
    async with rig.store.write() as tx:
        assert await inbox.claim(tx, "other", ["fake"], NOW + 3600 * SECOND, 9) == []


async def test_it_beats_every_quarter_of_the_lease_and_says_how_long_its_claims_hold(rig: Rig) -> None:
    await rig.after(0)
    await rig.after(1)
    assert len(rig.heir.live) == 1, "not due yet"
    await rig.after(2)
    assert len(rig.heir.live) == 2
    assert rig.seconds < rig.heir.until <= rig.seconds + LEASE.total_seconds()


async def test_who_was_taken_for_dead_is_told_so_when_it_beats_again(rig: Rig) -> None:
    await rig.after(0)
    await rig.after(3)
    assert not rig.heir.buried
    async with rig.store.write() as tx:
        await workers.bury(tx, await workers.beats(tx))
    await rig.after(3)
    assert rig.heir.buried


async def test_others_are_waited_for_from_when_their_heartbeat_was_read(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database was busy, and our tick waited for it for most of a lease."""
    read = workers.beats
    async with rig.store.write() as tx:
        await workers.beat(tx, "other", "host", 1, NOW)

    async def slowly(tx: Tx) -> list[Beat]:
        rig.seconds += 9
        return await read(tx)

    monkeypatch.setattr(workers, "beats", slowly)
    await rig.after(0)
    monkeypatch.setattr(workers, "beats", read)
    await rig.after(4)
    assert rig.heir.live[-1] == ["me", "other"]
    await rig.after(7)
    assert rig.heir.live[-1] == ["me"]


async def test_a_time_in_which_nobody_ran_is_remembered(rig: Rig) -> None:
    async with rig.store.write() as tx:
        await workers.beat(tx, "earlier", "host", 1, NOW - dt.timedelta(hours=2))
    await rig.after(0)
    async with rig.store.read() as tx:
        [gap] = await workers.downtimes(tx, NOW - dt.timedelta(days=1))
    assert (gap.began_at, gap.ended_at, gap.kind) == (NOW - dt.timedelta(hours=2), NOW, "down")


async def test_a_worker_that_ends_in_order_is_not_waited_for(rig: Rig) -> None:
    await rig.after(0)
    await rig.worker.leave()
    other = FakeHeir()
    await Worker("next", rig.store, rig.clock, LEASE, other).tick()
    assert other.live == [["next"]]
