"""Platforms that are busy, broken, silent or closed to us: nothing is lost, nothing doubled, and nobody else waits."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from core import outbox as outbox_module
from core.errors import RetryLater, Undeliverable
from core.messages import Address, Capabilities, Delivery, Receipt, Reply, Sender
from core.reminders import closed
from core.store import Store, people
from core.store import outbox as outbox_rows
from core.store.outbox import Planned
from core.store.tables import outbox, reminder
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import keep, rows, running, until
from tests.fakes.platform import FakePlatform
from tests.unit.spine import settings_in, spine_on

pytestmark = pytest.mark.gauntlet

NINE = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(NINE - dt.timedelta(seconds=1))


async def all_sent(store: Store) -> bool:
    states = [state for (state,) in await rows(store, "state")]
    return bool(states) and set(states) == {"sent"}


class Faulty(FakePlatform):
    """Does to each delivery what `trouble` says, before it takes it."""

    trouble: Callable[[Delivery], Exception | None] = staticmethod(lambda _: None)
    tries = 0

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        self.tries += 1
        if (fault := self.trouble(delivery)) is not None:
            raise fault
        return await super().send(delivery, left)


async def test_a_chat_that_must_wait_holds_up_no_other(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    """429 with Retry-After 1 s in one chat: its reminder comes after that second, the other 20 at once."""
    platform, began = Faulty(), 0.0
    refused: list[float] = []

    def busy(delivery: Delivery) -> Exception | None:
        if delivery.address.chat == "slow" and not refused:
            refused.append(asyncio.get_running_loop().time())
            return RetryLater("429", dt.timedelta(seconds=1))
        return None

    platform.trouble = busy
    await keep(store, clock.now(), "waits", "2026-03-02T09:00:00", chat="slow")
    for number in range(20):
        await keep(store, clock.now(), "goes", "2026-03-02T09:00:00", who=f"p{number}")
    async with running(database_url, tmp_path, clock, platform):
        began = asyncio.get_running_loop().time()
        sent = await platform.arrived(21)
        ended = asyncio.get_running_loop().time()
    assert sent[-1].address.chat == "slow"
    assert ended - refused[0] >= 1.0
    assert ended - began < 20


async def test_a_full_chat_with_many_threads_takes_nobody_s_room(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    """A hundred threads of a channel that must wait a minute, on a platform of which sixty are claimed ahead."""
    platform = Faulty()
    platform.capabilities = Capabilities(max_text=4096, per_second=20.0, per_chat_per_second=1.0)
    platform.trouble = lambda one: (
        RetryLater("429", dt.timedelta(seconds=60)) if one.address.chat == "channel" else None
    )
    async with store.write() as tx:
        for number in range(100):
            where = Address("fake", "", "channel", f"thread{number}")
            await outbox_rows.add(tx, Planned(f"thread:{number}", where, Reply("waits"), clock.now()), clock.now())
    for number in range(10):
        await keep(store, clock.now(), "goes", "2026-03-02T09:00:00", who=f"p{number}")
    async with running(database_url, tmp_path, clock, platform):
        sent = await platform.arrived(10)
    assert {one.reply.text for one in sent} == {"⏰ goes"}
    assert platform.tries < 20, "and the channel was left alone"


async def test_a_platform_that_is_down_is_asked_now_and_then_and_holds_up_no_other(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """200 reminders on a platform that answers 503, and 20 on another: those go out at once, and the first platform
    is not hammered; when it is back, everything arrives once, and no attempt was held against a message."""
    monkeypatch.setattr(outbox_module, "FIRST_DELAY", 0.05)
    broken, well = Faulty("broken"), FakePlatform("well")
    broken.trouble = lambda _: RetryLater("503")
    for number in range(200):
        await keep(store, clock.now(), "waits", "2026-03-02T09:00:00", who=f"p{number}", platform="broken")
    for number in range(20):
        await keep(store, clock.now(), "goes", "2026-03-02T09:00:00", who=f"q{number}", platform="well")
    async with running(database_url, tmp_path, clock, broken, well) as ledger:
        await well.arrived(20)
        lane = ledger.deliverer._lanes["broken"]
        await until(lambda: _true(lane.breaker.is_open))
        tries = broken.tries
        assert tries < 200, "the breaker opened before everything was tried"
        broken.trouble = lambda _: None
        await broken.arrived(200, 30.0)
        await until(lambda: all_sent(store))
    assert len({one.cause for one in broken.sent}) == len(broken.sent) == 200


async def _true(value: bool) -> bool:
    return value


@pytest.mark.parametrize("can_look", [True, False], ids=["can look", "cannot look"])
async def test_when_the_answer_is_lost_it_is_looked_for_or_said_honestly(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock, can_look: bool
) -> None:
    class Silent(FakePlatform):
        lost = 1

        async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
            receipt = await super().send(delivery, left)
            if self.lost and not receipt.found:
                self.lost -= 1
                raise RetryLater("no answer", unknown=True)
            return receipt

    platform = Silent(can_look=can_look)
    await keep(store, clock.now(), "call mum", "2026-03-02T09:00:00")
    async with running(database_url, tmp_path, clock, platform):
        await until(lambda: all_sent(store))
    texts = [one.reply.text for one in platform.sent]
    honest = "(You may have got this already: the connection broke while I was sending it.)\n\n⏰ call mum"
    assert texts == (["⏰ call mum"] if can_look else ["⏰ call mum", honest])


async def test_a_person_who_blocked_us_is_told_elsewhere_and_goes_on_when_they_write_again(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    blocking, other = Faulty("blocking"), FakePlatform("other")
    blocking.trouble = lambda _: Undeliverable("blocked by the person", gone=True)
    first = await keep(store, clock.now(), "one", "2026-03-02T09:00:00", platform="blocking")
    second = await keep(store, clock.now(), "two", "2026-03-09T09:00:00", platform="blocking")
    here, there = Address("blocking", "", "ann"), Address("other", "", "ann-there")
    async with store.write() as tx:
        ann = await people.person_of(tx, "", "blocking", Sender("ann"), NINE, here)
        await _second_account(tx, ann.id, there)
    async with running(database_url, tmp_path, clock, blocking, other) as ledger:
        [told] = await other.arrived(1)
        assert told.address == there
        assert told.reply.text.startswith("I could not write to you on Blocking: reminders parked there: ")
        await until(lambda: rows(store, "id", of=reminder, id=second, state="parked"))
        blocking.trouble = lambda _: None
        async with store.write() as tx:
            assert await closed.heard_from(tx, ann.id, here, clock.now()) >= 1
        ledger.deliverer.wake()
        [sent] = await blocking.arrived(1)
        assert "one" in sent.reply.text
        await until(lambda: rows(store, "id", of=reminder, id=first, state="fired"))
        assert await rows(store, "state", of=reminder, id=second) == [("active",)]


async def test_a_person_with_no_other_address_is_told_when_they_write(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    platform = Faulty()
    platform.trouble = lambda one: Undeliverable("blocked", gone=True) if one.address.chat == "old" else None
    await keep(store, clock.now(), "one", "2026-03-02T09:00:00", chat="old")
    await keep(store, clock.now(), "two", "2026-03-02T10:00:00", chat="old")
    async with running(database_url, tmp_path, clock, platform) as ledger:
        await until(lambda: rows(store, "id", of=outbox, reason="waits until its owner writes"))
        async with store.write() as tx:
            ann = await people.person_of(tx, "", "fake", Sender("ann"), NINE)
            await closed.heard_from(tx, ann.id, Address("fake", "", "new"), clock.now())
        ledger.deliverer.wake()
        [told] = await platform.arrived(1)
    assert told.address.chat == "new"


async def test_a_row_that_cannot_be_read_is_parked_and_holds_up_nothing(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    """A poisoned address in the outbox, a poisoned rule and a zone that does not exist among the reminders."""
    import sqlalchemy as sa

    platform = FakePlatform()
    rule = await keep(store, clock.now(), "bad rule", "2026-03-02T09:00:00", rule="FREQ=DAILY")
    zone = await keep(store, clock.now(), "bad zone", "2026-03-02T09:00:00", rule="FREQ=DAILY")
    await keep(store, clock.now(), "good", "2026-03-02T09:00:00", who="bob")
    async with store.write() as tx:
        await tx.run(sa.update(reminder).where(reminder.c.id == rule).values(rule="FREQ=SOMETIMES"))
        await tx.run(sa.update(reminder).where(reminder.c.id == zone).values(zone="Mars/Olympus"))
        poison = {
            "cause": "poison", "platform": "fake", "address_key": "fake||x|", "address": {"chat": 7}, "reply": {"no": 1},
            "due_at": clock.now(), "next_try_at": clock.now(), "created_at": clock.now(),
        }  # fmt: skip
        await tx.insert(outbox, poison)
    async with running(database_url, tmp_path, clock, platform):
        [sent] = await platform.arrived(1)
        assert sent.reply.text == "⏰ good"
        assert await until(lambda: rows(store, "reason", cause="poison", state="parked")) == [
            ("the row cannot be read",)
        ]
    assert await rows(store, "state", of=reminder) == [("parked",), ("parked",), ("fired",)]


async def test_what_breaks_the_adapter_is_given_up_and_holds_up_nothing(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "FIRST_DELAY", 0.01)
    platform = Faulty()
    platform.trouble = lambda one: ValueError("a mistake") if one.address.chat == "ann" else None
    await keep(store, clock.now(), "breaks", "2026-03-02T09:00:00")
    await keep(store, clock.now(), "good", "2026-03-02T09:00:00", who="bob")
    async with running(database_url, tmp_path, clock, platform):
        await platform.arrived(1)
        await until(lambda: rows(store, "id", state="parked"))
    assert platform.tries == outbox_module.MAX_BREAKS + 1
    assert ("parked",) in await rows(store, "state", of=reminder), "it no longer counts as open"


async def test_with_the_model_off_a_reminder_is_understood_kept_and_rings(database_url: str, tmp_path: Path) -> None:
    async with spine_on(settings_in(tmp_path, DATABASE_URL=database_url)) as spine:
        promised = await spine.platform.ask("remind me in 1 second to stretch")
        assert "stretch" in promised
        sent = await spine.platform.arrived(2)
        assert sent[1].reply.text == "⏰ stretch"


async def _second_account(tx: object, person_id: int, there: Address) -> None:
    """The same human has written to us on another platform too."""
    from core.store.codec import address_to_json
    from core.store.tables import account

    values = {
        "platform": there.platform, "workspace": "", "account": "ann", "person_id": person_id, "created_at": NINE,
        "private_address": address_to_json(there),
    }  # fmt: skip
    await tx.insert(account, values)  # type: ignore[attr-defined]


async def test_a_digest_that_found_the_chat_closed_comes_when_it_is_open_again(
    store: Store, database_url: str, tmp_path: Path, clock: SettableClock
) -> None:
    platform = Faulty()
    platform.trouble = lambda _: Undeliverable("blocked", gone=True)
    for number in range(4):
        await keep(store, clock.now(), f"task {number}", "2026-03-02T08:00:00")
    async with running(database_url, tmp_path, clock, platform) as ledger:
        await until(lambda: rows(store, "id", state="parked"))
        platform.trouble = lambda _: None
        async with store.write() as tx:
            ann = await people.person_of(tx, "", "fake", Sender("ann"), NINE)
            await closed.heard_from(tx, ann.id, Address("fake", "", "ann"), clock.now())
        ledger.deliverer.wake()
        sent = await platform.arrived(1)
    assert all(f"task {number}" in sent[0].reply.text for number in range(4))
