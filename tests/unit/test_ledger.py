"""The ledger's promises where two things happen at once: what is taken back, taken over, skipped, closed or damaged."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import lanes
from core.errors import StoreUnavailable, Undeliverable
from core.lanes import Lane
from core.messages import Address, Delivery, Receipt, Reply, Sender
from core.pacing import Pacer
from core.reminders import closed, lateness, nagging
from core.reminders.planning import plan_due
from core.store import Store, Tx, inbox, outbox, people, reminders, tables, workers
from core.store.outbox import ClaimedDelivery, Planned
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import Ledger, keep, rows, running, until
from tests.fakes.platform import FakePlatform
from tests.unit.rows import NOW, SECOND, message, planned

NINE = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NINE - SECOND)


async def claim(store: Store, worker: str, now: dt.datetime = NINE) -> list[ClaimedDelivery]:
    async with store.write() as tx:
        return await outbox.claim(tx, worker, ["fake"], now, 100)


async def settle(tx: Tx) -> None:
    """Everybody was taken for dead."""
    lost = await outbox.orphans(tx, ["heir"])
    await outbox.adopt(
        tx, [outbox.Settled(one, arrived=False, next_try_at=NINE, doubtful=True, reason="") for one in lost], NINE
    )


async def adopt(store: Store) -> None:
    async with store.write() as tx:
        await settle(tx)


class Slow(FakePlatform):
    """Takes a message, and the next one after minutes, until it is told otherwise."""

    def __init__(self) -> None:
        super().__init__()
        self.capabilities = replace(self.capabilities, per_second=0.005)


def fast(lane: Lane) -> None:
    lane.pacer = Pacer(1000.0, 1000.0)
    lane._wake.set()


async def test_what_is_cancelled_while_it_waits_for_its_turn_does_not_ring(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is claimed and due, and the platform's rate holds it up."""
    monkeypatch.setattr(lanes, "_UNASKED_SECONDS", 0.0)
    platform = Slow()
    numbers = [await keep(store, NINE, f"{n}", "2026-03-02T09:00:00", who=f"p{n}") for n in range(3)]
    async with running(database_url, tmp_path, clock, platform) as ledger:
        lane = ledger.deliverer._lanes["fake"]
        [first] = await platform.arrived(1)
        await until(lambda: _waiting(lane))
        cancelled = next(number for number in numbers if not first.cause.startswith(f"reminder:{number}:"))
        async with store.write() as tx:
            await reminders.set_state(tx, cancelled, "cancelled", clock.now())
            await outbox.cancel_planned(tx, cancelled, clock.now())
        fast(lane)
        await platform.arrived(2)
        await until(lambda: _none_open(store))
    rang = {number for (number,) in await rows(store, "reminder_id", state="sent")}
    assert (len(platform.sent), rang) == (2, set(numbers) - {cancelled})


async def _none_open(store: Store) -> bool:
    """Once what was given back was judged."""
    return not any(state in ("planned", "attempting") for (state,) in await rows(store, "state"))


async def test_who_was_taken_for_dead_lets_go_of_all_that_it_had_claimed(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    """Another worker took its claims over, and then it beats again."""
    for n in range(3):
        await keep(store, NINE, f"{n}", "2026-03-02T09:00:00", who=f"p{n}")
    platform = Slow()
    async with running(database_url, tmp_path, clock, platform, lease=60.0) as ledger:
        lane = ledger.deliverer._lanes["fake"]
        await platform.arrived(1)
        await until(lambda: _waiting(lane))
        async with store.write() as tx:
            await tx.run(sa.delete(tables.worker))
            await workers.beat(tx, "heir", "host", 1, NINE)
            await settle(tx)
            assert len(await outbox.claim(tx, "heir", ["fake"], clock.now(), 100)) >= 2
        ledger.worker._next_beat = 0.0
        await until(lambda: rows(store, "name", of=tables.worker, name=ledger.worker.name))
        await until(lambda: _waiting(lane, 0))
        fast(lane)
        assert len(platform.sent) == 1


async def test_what_was_being_claimed_while_it_was_taken_for_dead_is_claimed_anew(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its claim was written, and taken over, before it knew that it was written."""
    ledgers: list[Ledger] = []
    with_words = lateness.with_words

    async def late(tx: Tx, claimed: list[ClaimedDelivery], now: dt.datetime) -> list[ClaimedDelivery]:
        if claimed and ledgers:
            ledgers.pop().deliverer.taken_over()
        return await with_words(tx, claimed, now)

    monkeypatch.setattr(lateness, "with_words", late)
    platform = FakePlatform()
    async with running(database_url, tmp_path, clock, platform) as ledger:
        ledgers.append(ledger)
        await keep(store, NINE, "once", "2026-03-02T09:00:00")
        await platform.arrived(1)
        await until(lambda: rows(store, "id", state="sent"))
    assert ledgers == []
    assert await rows(store, "fence") == [(2,)]


async def test_what_is_looked_up_while_it_was_taken_over_is_not_sent_though_the_database_does_not_answer(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledgers: list[Ledger] = []

    async def silent(tx: Tx, claimed: Sequence[ClaimedDelivery], now: dt.datetime) -> set[tuple[int, int]]:
        if not ledgers:
            return {(one.delivery.id, one.fence) for one in claimed}
        ledgers.pop().deliverer.taken_over()
        async with store.write() as other:
            await other.run(sa.delete(tables.worker))
            await workers.beat(other, "heir", "host", 1, NINE)
            await settle(other)
            assert await outbox.claim(other, "heir", ["fake"], NINE, 9)
        raise StoreUnavailable("nothing is heard of it")

    monkeypatch.setattr(outbox, "still_claimed", silent)
    platform = FakePlatform()
    async with running(database_url, tmp_path, clock, platform, lease=60.0) as ledger:
        await keep(store, NINE, "taken over", "2026-03-02T09:00:00")
        ledgers.append(ledger)
        await until(lambda: rows(store, "id", claimed_by="heir"))
        await keep(store, NINE, "a marker", "2026-03-02T09:00:01", who="bob")
        await platform.arrived(1)
    assert [one.reply.text for one in platform.sent] == ["⏰ a marker"]


@pytest.mark.parametrize("silent", [False, True], ids=["asked", "database away"])
async def test_what_is_claimed_twice_before_its_moment_goes_once(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch, silent: bool
) -> None:
    """It was taken back, wanted again and claimed again, while the first claim still waits for the same moment."""

    async def away(_tx: Tx, _claimed: Sequence[ClaimedDelivery], _now: dt.datetime) -> set[tuple[int, int]]:
        raise StoreUnavailable("nothing is heard of it")

    if silent:
        monkeypatch.setattr(outbox, "still_claimed", away)
    platform = FakePlatform()
    clock.stop(NINE - dt.timedelta(seconds=10))
    async with running(database_url, tmp_path, clock, platform, lease=60.0) as ledger:
        await keep(store, clock.now(), "call mum", "2026-03-02T09:00:00")
        await until(lambda: rows(store, "id", state="attempting", fence=1))
        async with store.write() as tx:
            await tx.run(sa.update(tables.outbox).values(state="planned", claimed_by=None))
        ledger.deliverer.wake()
        await until(lambda: rows(store, "id", state="attempting", fence=2))
        clock.set(NINE)
        ledger.deliverer.wake()
        await platform.arrived(1)
        await until(lambda: rows(store, "id", state="sent"))
    assert len(platform.sent) == 1


async def _waiting(lane: Lane, number: int = 2) -> bool:
    return lane.load - len(lane._flying) == number


async def test_nothing_is_claimed_before_the_first_heartbeat(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others take claims of somebody who has never beaten for those of somebody dead."""
    claimed_by: list[bool] = []
    claim_rows = outbox.claim

    async def noted(tx: Tx, worker: str, *more: Any) -> list[ClaimedDelivery]:
        claimed_by.append(worker in {beat.name for beat in await workers.beats(tx)})
        return await claim_rows(tx, worker, *more)

    monkeypatch.setattr(outbox, "claim", noted)
    await keep(store, NINE, "call mum", "2026-03-02T09:00:00")
    platform = FakePlatform()
    async with running(database_url, tmp_path, clock, platform):
        await platform.arrived(1)
    assert claimed_by
    assert all(claimed_by)


async def test_few_are_on_the_edge_of_leaving_at_any_time(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next ones are started when those before them have left, not when they are answered."""
    monkeypatch.setattr(lanes, "_LEAVING", 3)
    edge = most = 0

    class Reluctant(FakePlatform):
        async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
            nonlocal edge, most
            edge += 1
            most = max(most, edge)
            await asyncio.sleep(0)
            left()
            edge -= 1
            return await super().send(delivery, lambda: None)

    platform = Reluctant()
    platform.hold.clear()
    for n in range(12):
        await keep(store, NINE, f"{n}", "2026-03-02T09:00:00", who=f"p{n}")
    async with running(database_url, tmp_path, clock, platform) as ledger:
        await until(lambda: _flying(ledger.deliverer._lanes["fake"], 12))
        platform.hold.set()
        await platform.arrived(12)
    assert most == 3


async def _flying(lane: Lane, number: int) -> bool:
    return len(lane._flying) == number and not lane._leaving


async def test_a_late_receipt_settles_what_nobody_has_claimed_again(store: Store) -> None:
    number = await keep(store, NINE, "call mum", "2026-03-02T09:00:00", nag_minutes=5, nag_most=2)
    async with store.write() as tx:
        await plan_due(tx, NINE)
    [ours] = await claim(store, "slow")
    await adopt(store)
    async with store.write() as tx:
        assert await outbox.record(tx, [(ours, Receipt(("1",)))], NINE) == [ours]
    assert await claim(store, "heir") == []
    assert await rows(store, "state", of=tables.reminder, id=number) == [("fired",)]


async def test_a_receipt_for_what_another_has_claimed_changes_nothing_of_its_reminder(store: Store) -> None:
    number = await keep(store, NINE, "call mum", "2026-03-02T09:00:00")
    async with store.write() as tx:
        await plan_due(tx, NINE)
    [ours] = await claim(store, "slow")
    await adopt(store)
    [theirs] = await claim(store, "heir")
    async with store.write() as tx:
        assert await outbox.record(tx, [(ours, Receipt(("1",)))], NINE) == []
    assert await rows(store, "state", "last_due", of=tables.reminder, id=number) == [("active", None)]
    async with store.write() as tx:
        assert await outbox.record(tx, [(theirs, Receipt(("1",)))], NINE) == [theirs]
    assert await rows(store, "state", of=tables.reminder, id=number) == [("fired",)]


@pytest.mark.parametrize("late", [1, 5], ids=["alone", "in a digest"])
async def test_a_time_zone_that_this_machine_does_not_know_holds_up_nothing_late(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock, late: int
) -> None:
    for n in range(late):
        await keep(store, NINE, f"task {n}", "2026-03-02T08:30:00")
    async with store.write() as tx:
        await plan_due(tx, NINE - 31 * MINUTE)
        await tx.run(sa.update(tables.reminder).values(zone="Mars/Olympus"))
    platform = FakePlatform()
    async with running(database_url, tmp_path, clock, platform):
        [sent] = await platform.arrived(1)
    assert "task 0" in sent.reply.text


async def test_a_morning_s_schedule_with_a_broken_reminder_in_it_holds_up_nobody(store: Store) -> None:
    await keep(store, NINE, "", "2026-03-02T09:00:00", kind="digest", rule="FREQ=DAILY")
    broken = await keep(store, NINE, "broken", "2026-03-02T10:00:00", rule="FREQ=DAILY")
    await keep(store, NINE, "good", "2026-03-02T09:00:00", who="bob")
    async with store.write() as tx:
        await tx.run(sa.update(tables.reminder).where(tables.reminder.c.id == broken).values(rule="FREQ=SOMETIMES"))
    async with store.write() as tx:
        await plan_due(tx, NINE)
    assert await rows(store, "state") == [("planned",), ("planned",)]


async def test_a_rule_whose_last_time_is_skipped_is_over(store: Store) -> None:
    """In quiet hours, and not worth sending after them: nothing of it is left."""
    await keep(
        store, NINE, "the bus", "2026-03-02T23:00:00", rule="FREQ=DAILY;COUNT=1", quiet=("22:00", "07:00"),
        late_policy="limit", late_minutes=30,
    )  # fmt: skip
    async with store.write() as tx:
        await plan_due(tx, NINE.replace(hour=22, minute=59, second=30))
    assert await rows(store, "state") == [("skipped",)]
    assert await rows(store, "state", "next_due", of=tables.reminder) == [("fired", None)]


async def test_what_rings_ends_the_nagging_for_what_rang_before(store: Store) -> None:
    await keep(store, NINE, "pills", "2026-03-02T09:00:00", rule="FREQ=HOURLY", nag_minutes=45, nag_most=3)
    rang: list[ClaimedDelivery] = []
    for moment in (NINE, NINE + 45 * MINUTE, NINE + 60 * MINUTE):
        async with store.write() as tx:
            await plan_due(tx, moment)
        rang += await claim(store, "w", moment)
        async with store.write() as tx:
            done = await outbox.record(tx, [(rang[-1], Receipt(("1",)))], moment)
            await nagging.plan(tx, done, moment)
    assert [one.delivery.cause.partition("T")[2] for one in rang] == ["09:00:00", "09:00:00:nag:1", "10:00:00"]
    nags = [(cause[-14:], state) for cause, state in await rows(store, "cause", "state") if ":nag:" in cause]
    assert nags == [("09:00:00:nag:1", "sent"), ("09:00:00:nag:2", "cancelled"), ("10:00:00:nag:1", "planned")]


async def test_a_nag_that_was_under_way_when_the_next_one_rang_is_the_last_of_its_chain(store: Store) -> None:
    await keep(store, NINE, "pills", "2026-03-02T09:00:00", rule="FREQ=HOURLY", nag_minutes=60, nag_most=3)
    async with store.write() as tx:
        await plan_due(tx, NINE)
    [first] = await claim(store, "w")
    async with store.write() as tx:
        await nagging.plan(tx, await outbox.record(tx, [(first, Receipt(("1",)))], NINE), NINE)
    later = NINE + 60 * MINUTE
    [nag] = await claim(store, "w", later)
    async with store.write() as tx:
        await plan_due(tx, later)
        occurrence = replace(nag, delivery=replace(nag.delivery, cause=first.delivery.cause[:-8] + "10:00:00"))
        await nagging.plan(tx, [occurrence], later)
        await nagging.plan(tx, await outbox.record(tx, [(nag, Receipt(("1",)))], later), later)
    planned_nags = [
        cause for cause, state in await rows(store, "cause", "state") if ":nag:" in cause and state == "planned"
    ]
    assert [cause[-14:] for cause in planned_nags] == ["10:00:00:nag:1"]


async def test_a_closed_chat_goes_on_in_all_its_threads_and_what_is_broken_does_not(store: Store) -> None:
    thread, chat = Address("fake", "", "a_b", "77"), Address("fake", "", "a_b")
    in_thread = await keep(store, NINE, "in a thread", "2026-03-03T09:00:00", chat="a_b")
    broken = await keep(store, NINE, "broken", "2026-03-02T09:00:00", chat="a_b", rule="FREQ=DAILY")
    given_up = await keep(store, NINE, "given up", "2026-03-02T09:00:00", chat="a_b")
    other = await keep(store, NINE, "another chat", "2026-03-03T09:00:00", chat="axb")
    async with store.write() as tx:
        number = tables.reminder.c.id
        await tx.run(sa.update(tables.reminder).where(number == in_thread).values(address_key=thread.key()))
        await tx.run(sa.update(tables.reminder).where(number == broken).values(rule="FREQ=SOMETIMES"))
    async with store.write() as tx:
        await plan_due(tx, NINE)
    [failed] = await claim(store, "w")
    async with store.write() as tx:
        await outbox.park(tx, failed, NINE, "given up after 20 attempts: 500")
        await closed.close(tx, chat, NINE, "chat closed: blocked")
        await closed.close(tx, Address("fake", "", "axb"), NINE, "chat closed: blocked")
    assert {state for (state,) in await rows(store, "state", of=tables.reminder)} == {"parked"}
    async with store.write() as tx:
        ann = await people.person_of(tx, "", "fake", Sender("ann"), NINE)
        assert await closed.heard_from(tx, ann.id, Address("fake", "", "a_b", "99"), NINE) == 1
    states = dict(await rows(store, "id", "state", of=tables.reminder))
    assert states == {in_thread: "active", broken: "parked", given_up: "parked", other: "parked"}
    assert await rows(store, "state", reminder_id=given_up) == [("parked",)]


async def test_who_blocks_us_with_a_single_reminder_is_told_too_and_it_comes_when_they_are_back(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    platform = FakePlatform()
    platform.faults = [Undeliverable("blocked by the person", gone=True)]
    await keep(store, clock.now(), "call mum", "2026-03-02T09:00:00")
    async with running(database_url, tmp_path, clock, platform) as ledger:
        await until(lambda: rows(store, "id", reason="waits until its owner writes"))
        async with store.write() as tx:
            ann = await people.person_of(tx, "", "fake", Sender("ann"), NINE)
            assert await closed.heard_from(tx, ann.id, Address("fake", "", "ann"), clock.now()) == 1
        ledger.deliverer.wake()
        texts = {one.reply.text for one in await platform.arrived(2)}
    assert "⏰ call mum" in texts


async def test_forgetting_takes_what_was_set_aside_and_answers_that_name_nobody(store: Store) -> None:
    async with store.write() as tx:
        ann = await people.person_of(tx, "", "fake", Sender("ann", "Ann"), NOW)
        for person in ("ann", "bob"):
            said = message(f"the secret of {person}", chat="room", person=person)
            await people.person_of(tx, "", "fake", said.sender, NOW)
            number = await inbox.add(tx, said, NOW)
            [taken] = await inbox.claim(tx, "w", ["fake"], NOW, 1)
            await people.session_of(tx, ann.id, said, NOW, SECOND)
            await inbox.park(tx, taken, NOW, "ValueError")
            await outbox.add(tx, planned(f"turn:{number}", f"I failed over the secret of {person}"), NOW)
        waits = Planned("told", Address("fake", "", "room"), Reply("parked there"), NOW, person_id=ann.id)
        await outbox.add(tx, waits, NOW)
        await tx.run(sa.update(tables.outbox).where(tables.outbox.c.cause != "told").values(state="sent"))
        await people.forget_conversation(tx, ann.id)
    kept = f"{await rows(store, 'message', of=tables.inbox)} {await rows(store, 'reply')}"
    assert "secret of ann" not in kept
    assert kept.count("secret of bob") == 2, "and nothing of others"
    assert "parked there" in kept
