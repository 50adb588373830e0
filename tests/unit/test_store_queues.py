"""The two queues: uniqueness decides, a claim is a lease, order holds within an address; on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from core.errors import LeaseLost
from core.messages import Address, Choice, Message, Receipt, Reply, Sender
from core.store import Store, inbox, outbox, people, reminders, workers
from core.store.inbox import ClaimedMessage
from core.store.outbox import ClaimedDelivery, Planned, PutBack
from core.store.reminders import NewReminder
from core.store.tables import inbox as inbox_table
from core.store.tables import outbox as outbox_table
from core.store.tables import reminder as reminder_table
from tests.unit.rows import NOW, SECOND, address, message, planned, put


async def accept(store: Store, *messages: Message) -> list[int | None]:
    async with store.write() as tx:
        return [await inbox.add(tx, one, NOW) for one in messages]


async def claim(
    store: Store, worker: str = "w1", *, now: dt.datetime = NOW, limit: int = 100, platforms: Sequence[str] = ("fake",)
) -> list[ClaimedMessage]:
    async with store.write() as tx:
        return await inbox.claim(tx, worker, platforms, now, limit)


async def claim_out(
    store: Store, worker: str = "w1", *, now: dt.datetime = NOW, limit: int = 100, platforms: Sequence[str] = ("fake",)
) -> list[ClaimedDelivery]:
    async with store.write() as tx:
        return await outbox.claim(tx, worker, platforms, now, limit)


async def column(store: Store, table: sa.Table, name: str) -> list[object]:
    async with store.read() as tx:
        return [row[0] for row in await tx.rows(sa.select(table.c[name]).order_by(table.c.id))]


# --- messages in


async def test_a_message_comes_back_as_it_went_in(store: Store) -> None:
    said = Message(
        event_id="e1",
        address=Address("fake", "T|1", "c", "t"),
        sender=Sender("u1", "Ann “A” 安", True, "zh-hans", "Asia/Shanghai"),
        text='line\n\ttab 你好 🎉 "quotes" \\ %s {x}',
        sent_at=dt.datetime(2026, 3, 1, 12, 0, 0, 123456, dt.timezone(dt.timedelta(hours=8))),
        kind="choice",
        message_id="m1",
        choice="reminders:done:1",
        attachment="photo",
        private=False,
        direct=True,
    )
    await accept(store, said)
    [claimed] = await claim(store)
    assert claimed.message == said
    assert claimed.received_at == NOW


async def test_the_same_event_is_kept_once(store: Store) -> None:
    first, second = await accept(store, message("a", event_id="e1"), message("again", event_id="e1"))
    assert first is not None
    assert second is None
    assert len(await claim(store)) == 1


async def test_the_same_event_id_of_two_platforms_is_two_events(store: Store) -> None:
    await accept(store, message("a", event_id="e1"), message("a", event_id="e1", platform="other"))
    assert len(await claim(store, platforms=("fake", "other"))) == 2


async def test_the_same_event_at_once_from_two_processes_is_kept_once(store: Store, second_store: Store) -> None:
    async def offer(through: Store, number: int) -> int | None:
        async with through.write() as tx:
            return await inbox.add(tx, message("a", event_id=f"e{number}"), NOW)

    for number in range(10):
        kept = await asyncio.gather(*(offer(through, number) for through in (store, second_store) * 3))
        assert len([one for one in kept if one is not None]) == 1


async def test_a_conversation_is_claimed_one_message_at_a_time_and_in_order(store: Store) -> None:
    await accept(store, *(message(str(number), chat="c1") for number in range(3)))
    for number in range(3):
        [claimed] = await claim(store)
        assert claimed.message.text == str(number)
        assert await claim(store) == []
        async with store.write() as tx:
            await inbox.finish(tx, claimed, NOW)


async def test_different_conversations_are_claimed_together(store: Store) -> None:
    await accept(store, *(message("hi", chat=f"c{number % 5}") for number in range(20)))
    claimed = await claim(store)
    assert sorted(one.message.address.chat for one in claimed) == [f"c{number}" for number in range(5)]
    assert [one.id for one in claimed] == sorted(one.id for one in claimed)


async def test_threads_of_a_chat_are_conversations_of_their_own(store: Store) -> None:
    await accept(store, *(message("hi", chat="c", thread=str(number)) for number in range(3)))
    assert len(await claim(store)) == 3


async def test_no_more_are_claimed_than_asked_for(store: Store) -> None:
    await accept(store, *(message("hi", chat=f"c{number}") for number in range(50)))
    assert len(await claim(store, limit=7)) == 7
    states = await column(store, inbox_table, "state")
    assert states.count("claimed") == 7


async def test_only_the_platforms_of_this_process_are_claimed(store: Store) -> None:
    await accept(store, message("hi", platform="elsewhere"))
    assert await claim(store) == []
    assert await claim(store, platforms=()) == []


async def test_two_workers_never_get_the_same_message(store: Store, second_store: Store) -> None:
    await accept(store, *(message("hi", chat=f"c{number}") for number in range(60)))

    async def take(through: Store, worker: str) -> list[int]:
        mine: list[int] = []
        while got := await claim(through, worker, limit=3):
            mine += [one.id for one in got]
        return mine

    taken = await asyncio.gather(
        take(store, "w1"), take(second_store, "w2"), take(store, "w1"), take(second_store, "w2")
    )
    everything = [number for mine in taken for number in mine]
    assert len(everything) == len(set(everything)) == 60


async def test_two_workers_at_once_keep_a_conversation_in_order(store: Store, second_store: Store) -> None:
    await accept(store, *(message(str(number), chat="c1") for number in range(12)))
    order: list[str] = []

    async def work(through: Store, worker: str) -> None:
        idle = 0
        while len(order) < 12 and idle < 2000:
            got = await claim(through, worker)
            idle += not got
            assert len(got) <= 1
            for one in got:
                order.append(one.message.text)
                async with through.write() as tx:
                    await inbox.finish(tx, one, NOW)
            await asyncio.sleep(0)

    await asyncio.gather(work(store, "w1"), work(second_store, "w2"))
    assert order == [str(number) for number in range(12)]


async def test_who_lost_the_claim_cannot_finish(store: Store) -> None:
    await accept(store, message("hi"))
    [old] = await claim(store, "dead")
    async with store.write() as tx:
        assert await inbox.release_lost(tx, ["w1"]) == 1
    [new] = await claim(store, "w1")
    assert (new.fence, new.attempts) == (old.fence + 1, old.attempts + 1)
    with pytest.raises(LeaseLost):
        async with store.write() as tx:
            await inbox.finish(tx, old, NOW)
    with pytest.raises(LeaseLost):
        async with store.write() as tx:
            await inbox.park(tx, old, NOW, "broken")
    with pytest.raises(LeaseLost):
        async with store.write() as tx:
            await inbox.release(tx, old)
    async with store.write() as tx:
        await inbox.finish(tx, new, NOW)
    assert await column(store, inbox_table, "state") == ["done"]


async def test_what_was_done_before_losing_the_claim_is_rolled_back(store: Store) -> None:
    await accept(store, message("hi"))
    [old] = await claim(store, "dead")
    async with store.write() as tx:
        await inbox.release_lost(tx, [])
    with pytest.raises(LeaseLost):
        async with store.write() as tx:
            await outbox.add(tx, planned("turn:1"), NOW)
            await inbox.finish(tx, old, NOW)
    assert await column(store, outbox_table, "id") == []


async def test_finishing_twice_is_losing_the_claim(store: Store) -> None:
    await accept(store, message("hi"))
    [claimed] = await claim(store)
    async with store.write() as tx:
        await inbox.finish(tx, claimed, NOW)
    with pytest.raises(LeaseLost):
        async with store.write() as tx:
            await inbox.finish(tx, claimed, NOW)


async def test_claims_of_live_workers_are_left_alone(store: Store) -> None:
    await accept(store, message("a", chat="c1"), message("b", chat="c2"))
    await claim(store, "w1", limit=1)
    await claim(store, "w2", limit=1)
    async with store.write() as tx:
        assert await inbox.release_lost(tx, ["w1", "w3"]) == 1
    assert sorted(map(str, await column(store, inbox_table, "state"))) == ["claimed", "new"]


async def test_a_message_put_off_blocks_its_conversation_until_its_time(store: Store) -> None:
    await accept(store, message("first", chat="c1"), message("second", chat="c1"))
    [first] = await claim(store)
    async with store.write() as tx:
        await inbox.release(tx, first, NOW + 5 * SECOND)
    assert await claim(store) == []
    [again] = await claim(store, now=NOW + 5 * SECOND)
    assert again.message.text == "first"
    assert again.attempts == 2


async def test_a_parked_message_blocks_nobody(store: Store) -> None:
    await accept(store, message("first", chat="c1"), message("second", chat="c1"))
    [first] = await claim(store)
    async with store.write() as tx:
        await inbox.park(tx, first, NOW, "ValueError")
    [second] = await claim(store)
    assert second.message.text == "second"


async def test_open_messages_are_counted_by_platform(store: Store) -> None:
    await accept(store, message("a", chat="c1"), message("b", chat="c2"), message("c", platform="other"))
    [first] = await claim(store, limit=1)
    async with store.write() as tx:
        await inbox.finish(tx, first, NOW)
        assert await inbox.count_open(tx, ["fake"]) == 1
        assert await inbox.count_open(tx, ["fake", "other"]) == 2
        assert await inbox.count_open(tx, []) == 0


# --- messages out


async def test_the_same_cause_is_queued_once(store: Store, second_store: Store) -> None:
    async def plan(through: Store) -> int | None:
        async with through.write() as tx:
            return await outbox.add(tx, planned("turn:1"), NOW)

    kept = await asyncio.gather(*(plan(through) for through in (store, second_store) * 4))
    assert len([one for one in kept if one is not None]) == 1
    assert len(await claim_out(store)) == 1


async def test_a_delivery_comes_back_as_it_was_planned(store: Store) -> None:
    reply = Reply("**bold** 你好 🎉", (Choice("Done", "reminders:done:1"), Choice("下", "x")), plain=True)
    where = Address("fake", "T1", "c|x", "t")
    async with store.write() as tx:
        await outbox.add(tx, Planned("reminder:1:2026-03-01T09:00", where, reply, NOW, reply_to="m7"), NOW)
    [claimed] = await claim_out(store)
    assert (claimed.delivery.reply, claimed.delivery.address) == (reply, where)
    assert (claimed.delivery.cause, claimed.delivery.reply_to) == ("reminder:1:2026-03-01T09:00", "m7")
    assert (claimed.delivery.attempt, claimed.delivery.doubtful, claimed.fence) == (1, False, 1)


async def test_nothing_is_claimed_before_it_is_due(store: Store) -> None:
    await put(store, planned("later", due_at=NOW + SECOND))
    assert await claim_out(store) == []
    assert len(await claim_out(store, now=NOW + SECOND)) == 1


async def test_at_an_address_the_older_message_goes_first(store: Store) -> None:
    await put(store, planned("one"), planned("two"), planned("elsewhere", chat="c2"))
    got = await claim_out(store)
    assert {one.delivery.cause for one in got} == {"one", "elsewhere"}
    first = next(one for one in got if one.delivery.cause == "one")
    async with store.write() as tx:
        await outbox.put_back(tx, [PutBack(first, NOW + SECOND, "rate limit", tried=True)])
    assert await claim_out(store) == [], "the older one waits, so the younger one does too"
    assert [one.delivery.cause for one in await claim_out(store, now=NOW + SECOND)] == ["one"]


async def test_a_reminder_of_tomorrow_does_not_hold_back_an_answer_of_today(store: Store) -> None:
    await put(store, planned("tomorrow", due_at=NOW + dt.timedelta(days=1)), planned("today"))
    assert [one.delivery.cause for one in await claim_out(store)] == ["today"]


@pytest.mark.parametrize("wanted", [1, 3, 17])
async def test_the_limit_of_a_claim_is_kept(store: Store, wanted: int) -> None:
    """PostgreSQL ignored it where a LIMIT with FOR UPDATE SKIP LOCKED stood inside `WHERE id IN (...)`."""
    await put(store, *(planned(f"n{number}", chat=f"c{number}") for number in range(200)))
    assert len(await claim_out(store, limit=wanted)) == wanted
    assert (await column(store, outbox_table, "state")).count("attempting") == wanted


async def test_two_workers_never_send_the_same_delivery(store: Store, second_store: Store) -> None:
    await put(store, *(planned(f"n{number}", chat=f"c{number}") for number in range(80)))

    async def take(through: Store, worker: str) -> list[str]:
        mine: list[str] = []
        while got := await claim_out(through, worker, limit=3):
            mine += [one.delivery.cause for one in got]
        return mine

    work = [(store, "w1"), (second_store, "w2")] * 2
    taken = [cause for mine in await asyncio.gather(*(take(*one) for one in work)) for cause in mine]
    assert len(taken) == len(set(taken)) == 80


async def test_a_receipt_closes_the_row(store: Store) -> None:
    await put(store, planned("one"))
    [claimed] = await claim_out(store)
    async with store.write() as tx:
        await outbox.record(tx, [(claimed, Receipt(("m1", "m2")))], NOW)
    assert await column(store, outbox_table, "state") == ["sent"]
    assert await column(store, outbox_table, "receipt") == [{"message_ids": ["m1", "m2"], "found": False}]
    assert await claim_out(store, now=NOW + SECOND) == []


async def test_a_receipt_of_a_lost_claim_changes_nothing(store: Store) -> None:
    await put(store, planned("one"))
    [old] = await claim_out(store, "dead")
    await adopt_all(store, arrived=False)
    [new] = await claim_out(store, "w1")
    async with store.write() as tx:
        await outbox.record(tx, [(old, Receipt(("late",)))], NOW)
        await outbox.put_back(tx, [PutBack(old, NOW, "late", tried=True)])
        await outbox.park(tx, old, NOW, "late")
    assert await column(store, outbox_table, "state") == ["attempting"]
    assert await column(store, outbox_table, "claimed_by") == ["w1"]
    async with store.write() as tx:
        await outbox.record(tx, [(new, Receipt(("m1",)))], NOW)
    assert await column(store, outbox_table, "state") == ["sent"]


@pytest.mark.parametrize(("tried", "next_attempt"), [(True, 2), (False, 1)])
async def test_only_real_attempts_count(store: Store, tried: bool, next_attempt: int) -> None:
    await put(store, planned("one"))
    [claimed] = await claim_out(store)
    async with store.write() as tx:
        await outbox.put_back(tx, [PutBack(claimed, NOW, "why", tried=tried)])
    [again] = await claim_out(store)
    assert again.delivery.attempt == next_attempt
    assert again.fence == claimed.fence + 1


async def test_doubt_stays_until_it_is_sent(store: Store) -> None:
    await put(store, planned("one"))
    [first] = await claim_out(store)
    async with store.write() as tx:
        await outbox.put_back(tx, [PutBack(first, NOW, "no answer", tried=True, doubtful=True)])
    [second] = await claim_out(store)
    async with store.write() as tx:
        await outbox.put_back(tx, [PutBack(second, NOW, "rate limit", tried=True)])
    [third] = await claim_out(store)
    assert (first.delivery.doubtful, second.delivery.doubtful, third.delivery.doubtful) == (False, True, True)


async def test_what_is_given_up_is_kept_with_its_reason_and_blocks_nobody(store: Store) -> None:
    await put(store, planned("one"), planned("two"))
    [first] = await claim_out(store)
    async with store.write() as tx:
        await outbox.park(tx, first, NOW, "blocked by the person")
    assert await column(store, outbox_table, "reason") == ["blocked by the person", ""]
    assert [one.delivery.cause for one in await claim_out(store)] == ["two"]


async def add_claimed(store: Store, plan: Planned) -> ClaimedDelivery | None:
    async with store.write() as tx:
        return await outbox.add_claimed(tx, plan, "w1", NOW)


async def test_an_answer_with_nothing_before_it_is_claimed_as_it_is_queued(store: Store) -> None:
    claimed = await add_claimed(store, planned("turn:1"))
    assert claimed is not None
    assert (claimed.delivery.attempt, claimed.fence) == (1, 1)
    assert await claim_out(store, "w2") == []
    async with store.write() as tx:
        await outbox.record(tx, [(claimed, Receipt(("m1",)))], NOW)
    assert await column(store, outbox_table, "state") == ["sent"]


@pytest.mark.parametrize("state", ["planned", "attempting"])
async def test_an_answer_waits_behind_an_older_one(store: Store, state: str) -> None:
    await put(store, planned("older"))
    if state == "attempting":
        await claim_out(store)
    assert await add_claimed(store, planned("turn:1")) is None
    assert [one.delivery.cause for one in await claim_out(store)] == (["older"] if state == "planned" else [])


async def test_an_answer_does_not_wait_for_another_address_or_tomorrow(store: Store) -> None:
    await put(store, planned("elsewhere", chat="c2"), planned("tomorrow", due_at=NOW + dt.timedelta(days=1)))
    assert await add_claimed(store, planned("turn:1")) is not None


async def test_an_answer_queued_twice_is_claimed_once(store: Store) -> None:
    first = await add_claimed(store, planned("turn:1"))
    assert first is not None
    async with store.write() as tx:
        await outbox.record(tx, [(first, Receipt(("m1",)))], NOW)
    assert await add_claimed(store, planned("turn:1")) is None
    assert await claim_out(store) == []


async def test_taking_a_reminder_back_leaves_what_is_being_sent(store: Store) -> None:
    number = await new_reminder(store)
    await put(store, planned("r:1", reminder_id=number), planned("r:2", reminder_id=number, chat="c2"), planned("x"))
    got = await claim_out(store, limit=1)
    async with store.write() as tx:
        assert await outbox.cancel_planned(tx, number, NOW) == 1
    assert await column(store, outbox_table, "state") == ["attempting", "cancelled", "planned"]
    assert got[0].delivery.cause == "r:1"


async def test_late_messages_are_counted(store: Store) -> None:
    await put(store, planned("now"), planned("later", due_at=NOW + SECOND), planned("b", chat="c2"))
    [first] = await claim_out(store, limit=1)
    async with store.write() as tx:
        await outbox.record(tx, [(first, Receipt(("m",)))], NOW)
        assert await outbox.count_open(tx, ["fake"], NOW) == 1
        assert await outbox.count_open(tx, ["fake"], NOW + SECOND) == 2
        assert await outbox.count_open(tx, ["other"], NOW + SECOND) == 0


# --- the dead


async def adopt_all(store: Store, *, arrived: bool, live: Sequence[str] = ("w1",)) -> list[str]:
    async with store.write() as tx:
        lost = await outbox.orphans(tx, list(live))
        fate = {"arrived": arrived, "next_try_at": NOW, "doubtful": not arrived, "reason": "worker died"}
        await outbox.adopt(tx, [outbox.Settled(orphan, **fate) for orphan in lost], NOW)
    return [orphan.cause for orphan in lost]


async def test_only_the_attempts_of_the_dead_are_orphans(store: Store) -> None:
    await put(store, planned("mine"), planned("theirs", chat="c2"), planned("waiting", chat="c3"))
    await claim_out(store, "w1", limit=1)
    await claim_out(store, "dead", limit=1)
    async with store.write() as tx:
        [orphan] = await outbox.orphans(tx, ["w1"])
    assert (orphan.cause, orphan.claimed_by, orphan.platform) == ("theirs", "dead", "fake")


async def test_an_orphan_is_settled_once_as_sent_or_tried_again(store: Store) -> None:
    await put(store, planned("one"), planned("two", chat="c2"))
    await claim_out(store, "dead", limit=1)
    assert await adopt_all(store, arrived=True) == ["one"]
    await claim_out(store, "dead", limit=1)
    assert await adopt_all(store, arrived=False) == ["two"]
    assert await adopt_all(store, arrived=False) == []
    assert await column(store, outbox_table, "state") == ["sent", "planned"]
    [again] = await claim_out(store)
    assert (again.delivery.doubtful, again.delivery.attempt) == (True, 2)


async def test_two_heirs_do_not_both_settle_an_orphan(store: Store, second_store: Store) -> None:
    await put(store, *(planned(f"n{number}", chat=f"c{number}") for number in range(10)))
    await claim_out(store, "dead")
    await asyncio.gather(adopt_all(store, arrived=False), adopt_all(second_store, arrived=False, live=["w2", "w1"]))
    again = await claim_out(store)
    assert sorted(one.delivery.attempt for one in again) == [2] * 10
    assert {one.fence for one in again} == {2}


async def test_who_beats_while_it_is_taken_for_dead_stays_and_keeps_its_claims(store: Store) -> None:
    """As on PostgreSQL, where others commit between what one transaction reads and what it writes."""
    await put(store, planned("one"))
    async with store.write() as tx:
        await workers.beat(tx, "slow", "host", 1, NOW)
        seen = await workers.beats(tx)
    async with store.write() as tx:
        assert await workers.beat(tx, "slow", "host", 1, NOW + SECOND)
    await claim_out(store, "slow")
    async with store.write() as tx:
        await workers.bury(tx, seen)
        assert await outbox.orphans(tx, ["w1"]) == []
        await workers.bury(tx, await workers.beats(tx))
        assert [one.cause for one in await outbox.orphans(tx, ["w1"])] == ["one"]
        assert not await workers.beat(tx, "slow", "host", 1, NOW + 2 * SECOND), "it is not known any more"


async def test_a_heartbeat_is_seen_and_a_stop_is_kept(store: Store) -> None:
    async with store.write() as tx:
        await workers.beat(tx, "w1", "host", 1, NOW, ["slack", "web"])
        await workers.beat(tx, "w2", "host", 2, NOW)
        await workers.beat(tx, "w1", "host", 1, NOW + SECOND, ["slack", "web"])
        await workers.leave(tx, "w2", NOW + SECOND)
    async with store.read() as tx:
        first, second = sorted(await workers.beats(tx), key=lambda beat: beat.name)
    assert (first.seen_at, first.stopped, first.serves) == (NOW + SECOND, False, {"slack", "web"})
    assert (second.seen_at, second.stopped, second.serves) == (NOW + SECOND, True, set())
    async with store.write() as tx:
        await workers.bury(tx, [one for one in await workers.beats(tx) if one.name == "w2"])
        assert [beat.name for beat in await workers.beats(tx)] == ["w1"]


# --- a reminder and its deliveries


async def new_reminder(store: Store, *, rule: str | None = None, cause: str = "turn:9") -> int:
    async with store.write() as tx:
        person = await people.person_of(tx, "", "fake", Sender("ann", "Ann"), NOW)
        new = NewReminder(
            person.id, cause, address(), "call mum", "en", "Europe/Paris", "2026-03-02T09:00:00", NOW + SECOND,
            "2026-03-02T09:00:00", rule,
        )  # fmt: skip
        return (await reminders.add(tx, new, NOW)).id


@pytest.mark.parametrize("settled", ["receipt", "adopted"])
async def test_the_last_delivery_of_a_reminder_says_that_it_fired(store: Store, settled: str) -> None:
    number = await new_reminder(store)
    await put(store, planned("r", reminder_id=number))
    [claimed] = await claim_out(store, "dead")
    async with store.write() as tx:
        await reminders.advance(tx, number, None, None)
    if settled == "receipt":
        async with store.write() as tx:
            await outbox.record(tx, [(claimed, Receipt(("m",)))], NOW)
    else:
        await adopt_all(store, arrived=True)
    assert await column(store, reminder_table, "state") == ["fired"]
    assert await column(store, reminder_table, "last_due") == [NOW]


async def test_a_reminder_with_more_to_come_stays_active(store: Store) -> None:
    number = await new_reminder(store, rule="FREQ=DAILY")
    await put(store, planned("r", reminder_id=number))
    [claimed] = await claim_out(store)
    async with store.write() as tx:
        await outbox.record(tx, [(claimed, Receipt(("m",)))], NOW)
    assert await column(store, reminder_table, "state") == ["active"]
