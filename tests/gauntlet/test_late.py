"""Down when due: what is late says so and why; what is not worth sending any more is skipped, with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from core.messages import Address, Sender
from core.store import Store, people
from core.store.tables import reminder, worker
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import keep, rows, running, until
from tests.fakes.platform import FakePlatform

pytestmark = pytest.mark.gauntlet

WENT_DOWN = dt.datetime(2026, 3, 2, 8, 12, tzinfo=dt.UTC)
"""A Monday."""
CAME_BACK = dt.datetime(2026, 3, 2, 10, 31, tzinfo=dt.UTC)

Outage = Callable[..., Awaitable[FakePlatform]]


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(WENT_DOWN)


@pytest.fixture
def outage(database_url: str, tmp_path: Path, clock: SettableClock, store: Store) -> Outage:
    """A worker ran until 8:12, and one comes back at 10:31, or at another moment; what is sent then is waited for."""

    async def happen(expected: int, back: dt.datetime = CAME_BACK) -> FakePlatform:
        platform = FakePlatform()
        clock.set(WENT_DOWN)
        async with running(database_url, tmp_path, clock, platform) as ledger:
            await until(lambda: rows(store, "name", of=worker))
            await until(lambda: planned(store, clock))
            await ledger.kill()
        clock.set(back)
        async with running(database_url, tmp_path, clock, platform, lease=0.4):
            await platform.arrived(expected)
            await until(lambda: settled(store, clock))
        assert len(platform.sent) == expected
        return platform

    return happen


async def settled(store: Store, clock: SettableClock) -> bool:
    """Nothing that is due waits any more, in the outbox or before it."""
    open_rows = [due for due, state in await rows(store, "next_try_at", "state") if state in ("planned", "attempting")]
    coming = [due for (due,) in await rows(store, "next_due", of=reminder, state="active") if due is not None]
    return all(due > clock.now() for due in open_rows + coming)


async def planned(store: Store, clock: SettableClock) -> bool:
    """What rings within the minute is in the outbox."""
    coming = [due for (due,) in await rows(store, "next_due", of=reminder, state="active") if due is not None]
    return all(due > clock.now() + dt.timedelta(seconds=59) for due in coming)


def texts(platform: FakePlatform) -> list[str]:
    return [one.reply.text for one in platform.sent]


async def test_two_hours_late_it_says_how_late_and_why(store: Store, outage: Outage) -> None:
    await keep(store, WENT_DOWN, "call mum", "2026-03-02T08:17:00")
    assert texts(await outage(1)) == ["⏰ call mum\n(2 h 14 min late: I was down 08:12–10:31.)"]
    assert await rows(store, "state", of=reminder) == [("fired",)]


async def test_what_was_planned_before_the_downtime_says_so_too(store: Store, outage: Outage) -> None:
    """The row is in the outbox already, with its words, when the process dies."""
    await keep(store, WENT_DOWN, "call mum", "2026-03-02T08:12:50")
    assert texts(await outage(1)) == ["⏰ call mum\n(2 h 18 min late: I was down 08:12–10:31.)"]


async def test_times_are_said_on_the_clock_of_the_person(store: Store, outage: Outage) -> None:
    await keep(store, WENT_DOWN, "call mum", "2026-03-02T09:17:00", zone="Europe/Paris")
    assert texts(await outage(1)) == ["⏰ call mum\n(2 h 14 min late: I was down 09:12–11:31.)"]


async def test_a_minute_late_is_not_worth_a_word(store: Store, outage: Outage) -> None:
    await keep(store, WENT_DOWN, "call mum", "2026-03-02T10:30:30")
    assert texts(await outage(1)) == ["⏰ call mum"]


async def test_of_a_daily_reminder_only_the_latest_missed_one_rings(store: Store, outage: Outage) -> None:
    await keep(store, WENT_DOWN, "pills", "2026-03-02T09:00:00", rule="FREQ=DAILY")
    platform = await outage(1, back=CAME_BACK + dt.timedelta(days=3))
    assert "1 h 31 min late: I was down Mon 2 Mar 08:12 – Thu 5 Mar 10:31" in platform.sent[0].reply.text
    kept = await rows(store, "cause", "state", "reason")
    assert [(cause[-19:-9], state) for cause, state, _ in kept] == [
        ("2026-03-02", "skipped"), ("2026-03-03", "skipped"), ("2026-03-04", "skipped"), ("2026-03-05", "sent"),
    ]  # fmt: skip
    assert all(reason for _, state, reason in kept if state == "skipped"), "every skip is a row with a reason"
    assert [due.date().isoformat() for (due,) in await rows(store, "next_due", of=reminder)] == ["2026-03-06"]


async def test_what_repeats_during_the_day_waits_for_its_next_turn(store: Store, outage: Outage) -> None:
    await keep(store, WENT_DOWN, "drink", "2026-03-02T08:15:00", rule="FREQ=HOURLY;INTERVAL=2")
    await keep(store, WENT_DOWN, "a marker", "2026-03-02T08:16:00", who="bob")
    platform = await outage(1)
    assert "a marker" in platform.sent[0].reply.text
    [first, second] = [reason for state, reason in await rows(store, "state", "reason") if state == "skipped"]
    assert first == "missed; 2026-03-02 10:15 UTC rings for it"
    assert second == "16 min late, and not worth sending after 2026-03-02 10:25 UTC"
    assert await rows(store, "next_due", of=reminder, state="active") == [(WENT_DOWN.replace(hour=12, minute=15),)]


async def test_what_repeats_during_the_day_rings_when_it_is_only_a_little_late(store: Store, outage: Outage) -> None:
    await keep(store, WENT_DOWN, "drink", "2026-03-02T08:15:00", rule="FREQ=HOURLY;INTERVAL=2")
    platform = await outage(1, back=WENT_DOWN.replace(hour=10, minute=20))
    assert texts(platform) == ["⏰ drink\n(5 min late: I was down 08:12–10:20.)"]


async def test_more_than_its_limit_late_it_is_skipped(store: Store, outage: Outage) -> None:
    await keep(store, WENT_DOWN, "the bus", "2026-03-02T08:17:00", late_policy="limit", late_minutes=30)
    await keep(store, WENT_DOWN, "the train", "2026-03-02T10:12:00", who="bob", late_policy="limit", late_minutes=30)
    platform = await outage(1)
    assert texts(platform) == ["⏰ the train\n(19 min late: I was down 08:12–10:31.)"]
    assert sorted(await rows(store, "state", "reason")) == [
        ("sent", ""), ("skipped", "2 h 14 min late, and not worth sending after 2026-03-02 08:47 UTC"),
    ]  # fmt: skip
    assert sorted(await rows(store, "state", of=reminder)) == [("fired",), ("fired",)]


async def test_skip_and_tell_sends_a_short_word_instead(store: Store, outage: Outage) -> None:
    await keep(store, WENT_DOWN, "stand up", "2026-03-02T08:17:00", late_policy="skip")
    [text] = texts(await outage(1))
    assert text == (
        "I did not remind you of this, as it was too late for it: stand up (Mon 2 Mar 08:17 UTC) "
        "(2 h 14 min late: I was down 08:12–10:31.)"
    )
    assert sorted(await rows(store, "state")) == [("sent",), ("skipped",)]


async def test_more_than_three_late_ones_come_as_one_digest(store: Store, outage: Outage) -> None:
    for minute in range(5):
        await keep(store, WENT_DOWN, f"task {minute}", f"2026-03-02T09:0{minute}:00")
    for minute in range(3):
        await keep(store, WENT_DOWN, f"few {minute}", f"2026-03-02T09:0{minute}:00", who="bob")
    platform = await outage(4)
    [digest] = [one.reply.text for one in platform.sent if one.address.chat == "ann"]
    assert digest == "⏰ 5 reminders came due while I was down 08:12–10:31:\n" + "\n".join(
        f"• Mon 2 Mar 09:0{minute}: task {minute}" for minute in range(5)
    )
    assert len([one for one in platform.sent if one.address.chat == "bob"]) == 3
    reasons = [reason for state, reason in await rows(store, "state", "reason") if state == "skipped"]
    assert len(reasons) == 5
    assert all(reason.startswith("in digest:") for reason in reasons)


async def test_a_digest_keeps_what_is_private_out_of_a_channel(store: Store, outage: Outage) -> None:
    for number in range(3):
        await keep(store, WENT_DOWN, f"private {number}", "2026-03-02T09:00:00")
        await keep(store, WENT_DOWN, f"public {number}", "2026-03-02T08:30:00", chat="channel")
    async with store.write() as tx:
        await people.person_of(tx, "", "fake", Sender("ann"), WENT_DOWN, Address("fake", "", "ann"))
    platform = await outage(2)
    by_chat = {one.address.chat: one.reply.text for one in platform.sent}
    assert "private" not in by_chat["channel"]
    assert "public" not in by_chat["ann"]
    assert [(cause.startswith("digest:"), key) for cause, key in await rows(store, "cause", "address_key")][-2:] == [
        (True, Address("fake", "", "ann").key()), (True, Address("fake", "", "channel").key()),
    ], "the private one first"  # fmt: skip


async def test_nobody_is_woken_by_what_is_late(store: Store, outage: Outage) -> None:
    """It came due in the evening, and we are back at night: it waits for the morning."""
    await keep(store, WENT_DOWN, "call mum", "2026-03-02T20:00:00", quiet=("22:00", "07:00"))
    await outage(0, back=dt.datetime(2026, 3, 2, 23, 30, tzinfo=dt.UTC))
    [(again, state)] = await rows(store, "next_try_at", "state")
    assert (again, state) == (dt.datetime(2026, 3, 3, 7, 0, tzinfo=dt.UTC), "planned")


async def test_in_quiet_hours_it_is_held_to_their_end_and_says_so(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    platform = FakePlatform()
    clock.set(dt.datetime(2026, 3, 2, 22, 29, 58, tzinfo=dt.UTC))
    await keep(
        store, clock.now(), "tablets", "2026-03-02T23:30:00", zone="Europe/Paris", quiet=("23:00", "07:00"),
        rule="FREQ=DAILY",
    )  # fmt: skip
    async with running(database_url, tmp_path, clock, platform) as ledger:
        assert await until(lambda: rows(store, "due_at")) == [(dt.datetime(2026, 3, 3, 6, 0, tzinfo=dt.UTC),)]
        clock.set(dt.datetime(2026, 3, 3, 5, 59, 59, tzinfo=dt.UTC))
        ledger.deliverer.wake()
        [sent] = await platform.arrived(1)
    assert sent.reply.text == (
        "⏰ tablets\n(It was due Mon 2 Mar 23:30 Europe/Paris; I kept it until the end of your quiet hours.)"
    )


async def test_it_nags_until_it_is_done_and_no_more_often_than_it_may(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    platform = FakePlatform()
    much = await keep(store, WENT_DOWN, "tax", "2026-03-02T08:12:01", nag_minutes=5, nag_most=2)
    done = await keep(store, WENT_DOWN, "bins", "2026-03-02T08:12:01", who="bob", nag_minutes=5, nag_most=9)
    async with running(database_url, tmp_path, clock, platform) as ledger:
        await platform.arrived(2)
        await until(lambda: rows(store, "id", reminder_id=done, state="planned"))
        async with store.write() as tx:
            from core.store import outbox, reminders

            await reminders.set_state(tx, done, "done", clock.now())
            await outbox.cancel_planned(tx, done, clock.now())
        for number in (3, 4):
            await until(lambda: rows(store, "id", reminder_id=much, state="planned"))
            clock.jump(dt.timedelta(minutes=5))
            ledger.deliverer.wake()
            await platform.arrived(number)
        await until(lambda: settled(store, clock))
        assert await rows(store, "id", state="planned") == []
    assert texts(platform)[2:] == ["⏰ tax (again, 1 of 2)", "⏰ tax (again, 2 of 2)"]
