"""Clocks that jump, days that are short or long, years that are far away, and processes that were asleep."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from core import scheduler
from core.scheduler import Heartbeat
from core.store import Store, outbox
from core.store.tables import downtime, reminder
from core.store.workers import Beat
from core.worker import Watch
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import keep, rows, running, until
from tests.fakes.platform import FakePlatform
from tests.unit.rows import planned

pytestmark = pytest.mark.gauntlet

HOUR = dt.timedelta(hours=1)
SECOND = dt.timedelta(seconds=1)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


async def rings(
    url: str, folder: Path, store: Store, moments: list[str], number: int, *, start: str
) -> list[tuple[str, dt.datetime]]:
    """What arrives while the clock is put from moment to moment, each a second before something is due."""
    clock, platform = SettableClock(at(start)), FakePlatform()
    heard: list[tuple[str, dt.datetime]] = []
    async with running(url, folder, clock, platform) as ledger:
        for count, moment in enumerate(moments, 1):
            clock.set(at(moment) - dt.timedelta(seconds=0.3))
            ledger.deliverer.wake()
            sent = await platform.arrived(count)
            heard.append((sent[-1].reply.text, clock.now()))
        assert len(platform.sent) == number
    return heard


async def test_put_forward_by_hours_everything_in_between_rings_and_says_why(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    clock, platform = SettableClock(at("2026-03-02T08:00:00")), FakePlatform()
    await keep(store, clock.now(), "call mum", "2026-03-02T09:00:00")
    async with running(database_url, tmp_path, clock, platform, lease=1.0) as ledger:
        await until(lambda: _first_beat(ledger))
        clock.jump(3 * HOUR)
        [sent] = await platform.arrived(1)
        assert sent.reply.text.startswith("⏰ call mum\n(2 h late: my clock was put forward, 08:00–11:00.)")
        assert await rows(store, "kind", of=downtime) == [("clock",)]


async def _first_beat(ledger: object) -> bool:
    return ledger.worker._last is not None  # type: ignore[attr-defined]


async def test_put_back_by_hours_nothing_rings_twice_and_what_is_to_come_rings_on_time(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    clock, platform = SettableClock(at("2026-03-02T08:59:59")), FakePlatform()
    await keep(store, clock.now(), "nine", "2026-03-02T09:00:00")
    await keep(store, clock.now(), "soon after", "2026-03-02T09:00:03", who="bob")
    async with running(database_url, tmp_path, clock, platform) as ledger:
        await platform.arrived(1)
        clock.jump(-2 * HOUR)
        await keep(store, clock.now(), "in between", "2026-03-02T07:30:00", who="eve")
        await until(lambda: rows(store, "id", state="planned"))
        clock.set(at("2026-03-02T07:29:59.500"))
        ledger.deliverer.wake()
        await platform.arrived(2)
        clock.set(at("2026-03-02T09:00:02.700"))
        ledger.deliverer.wake()
        await platform.arrived(3)
        assert [one.reply.text for one in platform.sent] == ["⏰ nine", "⏰ in between", "⏰ soon after"]


async def test_an_answer_queued_before_the_clock_was_put_back_goes_out_at_once(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    clock, platform = SettableClock(at("2026-03-02T09:00:00")), FakePlatform()
    async with running(database_url, tmp_path, clock, platform, lease=0.4) as ledger:
        await until(lambda: _first_beat(ledger))
        async with store.write() as tx:
            waits = planned("turn:1", due_at=clock.now() + 30 * SECOND)
            await outbox.add(tx, waits, clock.now())
        clock.jump(-2 * HOUR)
        await platform.arrived(1)


def test_whether_others_live_does_not_hang_on_any_clock() -> None:
    """Their heartbeats have to change; what moment they name does not matter."""
    watch, now = Watch(10.0), at("2026-03-02T09:00:00")

    def alive(seconds: float, *seen: dt.datetime) -> list[bool]:
        beats = [Beat(str(number), moment, False, frozenset()) for number, moment in enumerate(seen)]
        live, _ = watch.judge(beats, now, seconds)
        return [beat in live for beat in beats]

    ahead, behind = now + 5 * HOUR, now - 5 * HOUR
    assert alive(0.0, now, ahead, behind) == [True, True, True]
    assert alive(4.0, now, ahead + SECOND, behind + SECOND) == [True, True, True]
    assert alive(9.9, now, ahead + SECOND, behind + SECOND) == [True, True, True]
    assert alive(10.1, now, ahead + SECOND, behind + SECOND) == [False, True, True], "ten seconds without a new one"
    assert alive(14.1, now, ahead + SECOND, behind - HOUR) == [True, False, True], "seen anew, it is waited for again"


async def test_the_heartbeat_goes_on_when_the_clock_was_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """APScheduler goes by the wall clock and would be silent until it has caught up."""
    monkeypatch.setattr(scheduler, "TICK_SECONDS", 0.05)
    ticked, heartbeat = asyncio.Event(), Heartbeat()

    async def tick() -> None:
        ticked.set()

    heartbeat.every("tick", tick, 0.05)
    heartbeat.start()
    try:
        await asyncio.wait_for(ticked.wait(), 5)
        later = heartbeat._clock.now() + 2 * HOUR
        heartbeat._scheduler.modify_job("tick", next_run_time=later)
        ticked.clear()
        await asyncio.wait_for(ticked.wait(), 5)
    finally:
        heartbeat.stop()


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        ("Europe/Paris", "2026-03-28T02:30:00", ["2026-03-28T01:30:00", "2026-03-29T01:30:00", "2026-03-30T00:30:00"]),
        ("Europe/Paris", "2026-10-24T02:30:00", ["2026-10-24T00:30:00", "2026-10-25T00:30:00", "2026-10-26T01:30:00"]),
        ("America/New_York", "2026-03-07T09:00:00", ["2026-03-07T14:00:00", "2026-03-08T13:00:00"]),
        ("America/New_York", "2026-10-31T09:00:00", ["2026-10-31T13:00:00", "2026-11-01T14:00:00"]),
    ],
    ids=["gap", "fold", "spring", "autumn"],
)
async def test_a_daily_reminder_rings_once_a_day_where_the_clock_changes(
    store: Store, database_url: str, tmp_path: Path, zone: str, start: str, expected: list[str]
) -> None:
    """In the gap it moves forward by what the clock jumps; where the hour comes twice it rings the first time."""
    begin = (at(expected[0]) - HOUR).replace(tzinfo=None).isoformat()
    await keep(store, at(begin), "daily", start, zone=zone, rule="FREQ=DAILY")
    heard = await rings(database_url, tmp_path, store, expected, len(expected), start=begin)
    for (_, moment), due in zip(heard, expected, strict=True):
        assert at(due) <= moment < at(due) + 10 * SECOND
    assert [due.replace(tzinfo=None).isoformat() for (due,) in await rows(store, "due_at", state="sent")] == expected


@pytest.mark.parametrize(
    ("local", "rule", "expected"),
    [
        ("2038-01-19T03:14:08", None, ["2038-01-19T03:14:08"]),
        ("2038-01-18T09:00:00", "FREQ=DAILY", ["2038-01-18T09:00:00", "2038-01-19T09:00:00", "2038-01-20T09:00:00"]),
        ("2028-02-29T09:00:00", None, ["2028-02-29T09:00:00"]),
        ("2028-02-28T09:00:00", "FREQ=DAILY", ["2028-02-28T09:00:00", "2028-02-29T09:00:00", "2028-03-01T09:00:00"]),
        ("2028-02-29T09:00:00", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29T09:00:00", "2032-02-29T09:00:00"]),
    ],
    ids=["2038 once", "2038 daily", "leap day once", "leap day daily", "leap day yearly"],
)
async def test_far_years_and_leap_days_ring_on_their_day(
    store: Store, database_url: str, tmp_path: Path, local: str, rule: str | None, expected: list[str]
) -> None:
    begin = (at(expected[0]) - HOUR).replace(tzinfo=None).isoformat()
    await keep(store, at("2026-03-02T09:00:00"), "far", local, rule=rule)
    await rings(database_url, tmp_path, store, expected, len(expected), start=begin)
    assert [due.replace(tzinfo=None).isoformat() for (due,) in await rows(store, "due_at", state="sent")] == expected
    assert await rows(store, "id", of=reminder, state="parked") == []


async def test_what_was_cancelled_just_before_its_moment_does_not_ring(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    """It was claimed already, three seconds ahead."""
    clock, platform = SettableClock(at("2026-03-02T08:59:58")), FakePlatform()
    number = await keep(store, clock.now(), "cancelled", "2026-03-02T09:00:00")
    await keep(store, clock.now(), "a marker", "2026-03-02T09:00:01", who="bob")
    async with running(database_url, tmp_path, clock, platform):
        await until(lambda: rows(store, "id", reminder_id=number, state="attempting"))
        async with store.write() as tx:
            assert await outbox.cancel_planned(tx, number, clock.now()) == 1
        await platform.arrived(1)
    assert [one.reply.text for one in platform.sent] == ["⏰ a marker"]


async def test_what_was_cancelled_and_wanted_again_rings(store: Store, database_url: str, tmp_path: Path) -> None:
    """The same occurrence has the same cause: its cancelled row comes to life again."""
    from core.store import reminders

    clock, platform = SettableClock(at("2026-03-02T08:59:50")), FakePlatform()
    number = await keep(store, clock.now(), "call mum", "2026-03-02T09:00:00")
    async with running(database_url, tmp_path, clock, platform) as ledger:
        await until(lambda: rows(store, "id", reminder_id=number, state="planned"))
        async with store.write() as tx:
            await outbox.cancel_planned(tx, number, clock.now())
            await reminders.advance(tx, number, at("2026-03-02T09:00:00"), "2026-03-02T09:00:00")
        await until(lambda: rows(store, "id", reminder_id=number, state="planned"))
        clock.set(at("2026-03-02T08:59:59.500"))
        ledger.deliverer.wake()
        await platform.arrived(1)
