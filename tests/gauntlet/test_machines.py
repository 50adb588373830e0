"""Machines: processes that die or sleep, two at once, a full disk, a database that restarts, and everybody's nine o'clock."""

from __future__ import annotations

import asyncio
import datetime as dt
import signal
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from core.errors import StoreUnavailable
from core.store import Store, planning
from core.store.tables import outbox, reminder, worker
from core.store.tables.notes import note
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import keep_many, rows, running, until
from tests.fakes.platform import FakePlatform
from tests.fakes.postgres import Server
from tests.gauntlet.processes import PATIENCE, rig_on

pytestmark = [pytest.mark.gauntlet, pytest.mark.timeout(600)]
"""What is promised is that nothing is lost, doubled or out of order: how fast, the benches say."""


NINE = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


def soon(number: int, seconds: float, begin: float = 1.0) -> list[dt.datetime]:
    """Moments spread over the next seconds."""
    now = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=begin)
    return [now + dt.timedelta(seconds=seconds * one / number) for one in range(number)]


async def all_sent(store: Store, number: int) -> bool:
    states = sa.select(outbox.c.state, sa.func.count().label("number")).group_by(outbox.c.state)
    async with store.read() as tx:
        return {row.state: row.number for row in await tx.rows(states)} == {"sent": number}


@pytest.mark.parametrize("looks", [True, False], ids=["can look", "cannot look"])
async def test_two_workers_of_which_one_is_killed_lose_nothing_and_double_nothing(
    store: Store, database_url: str, looks: bool
) -> None:
    """Where the platform cannot be asked, a kill between the last byte and the journal's line may double one."""
    async with rig_on(database_url, looks=looks) as rig:
        first, second = await asyncio.gather(rig.start(), rig.start())
        await keep_many(store, dt.datetime.now(dt.UTC), soon(300, 3.0))
        await rig.arrived(60)
        assert await rig.end(first, signal.SIGKILL) == -signal.SIGKILL
        await rig.arrived(300)
        await until(lambda: all_sent(store, 300), PATIENCE)
        assert await rig.end(second) == 0, rig.log()
        doubled = [cause for cause, times in rig.posted.items() if times > 1]
    assert len(doubled) <= (0 if looks else 1)


async def test_two_workers_share_the_work(store: Store, database_url: str) -> None:
    async with rig_on(database_url, looks=False) as rig:
        first, second = await asyncio.gather(rig.start(), rig.start())
        await keep_many(store, dt.datetime.now(dt.UTC), soon(300, 2.0))
        await until(lambda: all_sent(store, 300), PATIENCE)
        assert [await rig.end(first), await rig.end(second)] == [0, 0], rig.log()
        assert set(rig.posted.values()) == {1}
        assert len(rig.posted) == 300


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_process_that_was_suspended_sends_nothing_that_another_has_taken_over(
    store: Store, database_url: str
) -> None:
    """It holds claims a few seconds ahead when it is stopped, and wakes up after they were taken over and sent.

    Not on SQLite: stopped within a write, it holds the file's lock, and nobody can take anything over.
    """
    async with rig_on(database_url, looks=False) as rig:
        sleeper = await rig.start()
        await keep_many(store, dt.datetime.now(dt.UTC), [dt.datetime.now(dt.UTC) + dt.timedelta(seconds=20)] * 200)
        await until(lambda: _all_claimed(store, 200), PATIENCE)
        sleeper.send_signal(signal.SIGSTOP)
        assert rig.posted == {}
        heir = await rig.start()
        await until(lambda: all_sent(store, 200), PATIENCE)
        sleeper.send_signal(signal.SIGCONT)
        assert await rig.end(sleeper) == 0, rig.log()
        assert await rig.end(heir) == 0, rig.log()
        assert set(rig.posted.values()) == {1}
        assert len(rig.posted) == 200


async def _all_claimed(store: Store, number: int) -> bool:
    return len(await rows(store, "id", state="attempting")) == number


async def test_a_worker_that_ends_in_order_gives_back_what_it_has_not_begun(store: Store, database_url: str) -> None:
    async with rig_on(database_url, looks=False) as rig:
        only = await rig.start()
        await keep_many(store, dt.datetime.now(dt.UTC), soon(200, 3.0))
        await rig.arrived(20)
        assert await rig.end(only) == 0, rig.log()
        states = {state for (state,) in await rows(store, "state")}
        assert "attempting" not in states
        heir = await rig.start()
        await until(lambda: all_sent(store, 200), PATIENCE)
        assert await rig.end(heir) == 0
        assert set(rig.posted.values()) == {1}


class Disk:
    """On which SQLite finds no room for a page more while it is `full`, on the connection that writes."""

    full = False

    def __init__(self, store: Store) -> None:
        assert store._writer is not None
        self._writer, self._begun = store._writer, store._writer._begin
        self._writer._begin = self._begin  # type: ignore[method-assign]

    async def _begin(self) -> AsyncConnection:
        connection, driver = await self._begun(), self._writer._driver
        [[pages]] = await driver.execute_fetchall("PRAGMA page_count")
        await driver.execute_fetchall(f"PRAGMA max_page_count = {pages if self.full else 1_073_741_823}")
        return connection


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_on_a_full_disk_nothing_is_lost_and_all_goes_on_when_there_is_room(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    clock, platform = SettableClock(NINE - dt.timedelta(minutes=2)), FakePlatform()
    await keep_many(store, clock.now(), [NINE] * 300)
    async with running(database_url, tmp_path, clock, platform) as ledger:
        await until(lambda: rows(store, "host", of=worker), PATIENCE)
        disk = Disk(ledger.store)
        disk.full = True
        clock.set(NINE - dt.timedelta(seconds=30))
        await until(lambda: _is_full(ledger.store), PATIENCE)
        clock.set(NINE)
        ledger.deliverer.wake()
        await until(lambda: _is_full(ledger.store), PATIENCE)
        assert len(platform.sent) < 300
        disk.full = False
        clock.set(NINE + dt.timedelta(seconds=5))
        ledger.deliverer.wake()
        await until(lambda: all_sent(store, 300), PATIENCE)
    assert len(platform.sent) == len({one.cause for one in platform.sent}) == 300


async def _is_full(store: Store) -> bool:
    """Whether more than a few rows find no room; they are not kept."""
    many = [{"key": f"{number}", "value": "x" * 3000, "noted_at": NINE} for number in range(50)]
    try:
        async with store.write() as tx:
            await tx.many(sa.insert(note), many)
            raise LookupError
    except StoreUnavailable:
        return True
    except LookupError:
        return False


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_database_that_drops_every_connection_again_and_again_loses_nothing(
    store: Store, database_url: str, tmp_path: Path, postgres: Server
) -> None:
    clock, platform = SettableClock(NINE - dt.timedelta(seconds=1)), FakePlatform(can_look=True)
    await keep_many(store, clock.now(), [NINE + dt.timedelta(milliseconds=5 * one) for one in range(600)])
    name = database_url.partition("?")[0].rpartition("/")[2]
    async with running(database_url, tmp_path, clock, platform):
        connection = await asyncpg.connect(postgres.url)
        for expected in range(60, 600, 90):
            await platform.arrived(expected, PATIENCE)
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()",
                name,
            )
        await connection.close()
        await platform.arrived(600, PATIENCE)
        await until(lambda: _sent_when_asked_again(database_url, 600), PATIENCE)
    assert len(platform.sent) == len({one.cause for one in platform.sent}) == 600


async def _sent_when_asked_again(url: str, number: int) -> bool:
    """Over a new connection."""
    store = Store(url)
    try:
        return await all_sent(store, number)
    finally:
        await store.aclose()


async def test_ten_thousand_at_nine_o_clock_all_arrive_once(store: Store, database_url: str, tmp_path: Path) -> None:
    clock, platform = SettableClock(NINE - dt.timedelta(seconds=55)), FakePlatform()
    await keep_many(store, clock.now(), [NINE] * 10_000, people_each=3)
    async with running(database_url, tmp_path, clock, platform, lease=5.0) as ledger:
        await until(lambda: _planned(store), 2 * PATIENCE)
        clock.set(NINE - dt.timedelta(seconds=1))
        ledger.deliverer.wake()
        await platform.arrived(10_000, 2 * PATIENCE)
        await until(lambda: all_sent(store, 10_000), PATIENCE)
    assert len(platform.sent) == len({one.cause for one in platform.sent}) == 10_000


async def _planned(store: Store) -> bool:
    async with store.read() as tx:
        return await tx.row(sa.select(reminder.c.id).where(reminder.c.next_due.is_not(None)).limit(1)) is None


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_process_suspended_in_a_transaction_does_not_hold_up_everybody(
    store: Store, second_store: Store
) -> None:
    """The database ends a transaction in which nothing happens for five seconds."""
    async with store.read() as tx:
        shown = await tx.row(sa.text("SHOW idle_in_transaction_session_timeout"))
    assert shown is not None
    assert shown[0] == "5s"
    with pytest.raises(StoreUnavailable):
        async with store.write() as tx:
            assert await planning.alone(tx)
            await tx.run(sa.text("SET LOCAL idle_in_transaction_session_timeout = '100ms'"))
            async with second_store.write() as other:
                assert not await planning.alone(other)
            await until(lambda: _free(second_store), 10.0)
            await tx.row(sa.text("SELECT 1"))


async def _free(store: Store) -> bool:
    async with store.write() as tx:
        return await planning.alone(tx)
