"""Deliveries: what a platform's refusals, pauses and silences lead to, and that nothing is left behind."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bots import _app as app_module
from core import outbox as outbox_module
from core.errors import RemoraError, RetryLater, StoreUnavailable, Undeliverable
from core.outbox import back_off
from core.store import Store
from core.store.tables import outbox
from tests.fakes.platform import FakePlatform
from tests.unit.spine import Spine, settings_in, spine_on

LOOKING = pytest.mark.parametrize("can_look", [True, False], ids=["can look", "cannot look"])


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting is in milliseconds."""
    monkeypatch.setattr(outbox_module, "FIRST_DELAY", 0.01)
    monkeypatch.setattr(app_module, "SETTLE", dt.timedelta(seconds=0.02))


@pytest.fixture
async def spine(tmp_path: Path) -> AsyncIterator[Spine]:
    async with spine_on(settings_in(tmp_path)) as spine:
        yield spine


async def test_a_platform_that_is_busy_gets_the_message_later_and_once(spine: Spine) -> None:
    spine.platform.faults = [RetryLater("rate limit", dt.timedelta(milliseconds=30)), RetryLater("503"), None]
    assert await spine.platform.ask("hello") == "You said: hello"
    await spine.app.settled()
    assert len(spine.platform.sent) == 1
    assert not spine.platform.sent[0].doubtful, "a refusal is no doubt"


async def test_the_next_message_of_a_conversation_waits_behind_one_that_is_tried_again(spine: Spine) -> None:
    spine.platform.faults = [RetryLater("rate limit", dt.timedelta(milliseconds=100))]
    await spine.platform.say("one")
    await spine.platform.say("two")
    sent = await spine.platform.arrived(2)
    assert [delivery.reply.text for delivery in sent] == ["You said: one", "You said: two"]


async def test_another_conversation_does_not_wait_for_it(spine: Spine) -> None:
    spine.platform.faults = [RetryLater("rate limit", dt.timedelta(seconds=60))]
    await spine.platform.say("one", person="ann")
    while spine.platform.faults:
        await asyncio.sleep(0.005)
    assert await spine.platform.ask("two", person="bob") == "You said: two"


async def test_what_cannot_be_delivered_is_given_up_with_its_reason_and_blocks_nobody(spine: Spine) -> None:
    spine.platform.faults = [Undeliverable("the person has blocked us", gone=True)]
    await spine.platform.say("one")
    await spine.platform.say("two")
    await spine.platform.arrived(1)
    await spine.app.settled()
    assert await spine.column(outbox, "state") == ["parked", "sent"]
    assert (await spine.column(outbox, "reason"))[0] == "chat closed: the person has blocked us"


@LOOKING
async def test_an_unknown_outcome_is_looked_for_or_said_honestly(tmp_path: Path, can_look: bool) -> None:
    """Where we can look, it is found and not sent again; where not, the second one says that it may be a second."""
    platform = SilentPlatform(can_look=can_look)
    async with spine_on(settings_in(tmp_path), platform) as spine:
        platform.silences = 1
        await platform.say("hello")
        await platform.arrived(1 if can_look else 2)
        await spine.app.settled()
        texts = [delivery.reply.text for delivery in platform.sent]
        if can_look:
            assert texts == ["You said: hello"]
            assert (await spine.column(outbox, "receipt"))[0]["found"] is True
        else:
            assert texts == [
                "You said: hello",
                f"(You may have got this already: the connection broke while I was sending it.)\n\n{texts[0]}",
            ]


class SilentPlatform(FakePlatform):
    """Takes the next `silences` messages and gives no answer."""

    silences = 0

    async def send(self, delivery: Any, left: Any) -> Any:
        receipt = await super().send(delivery, left)
        if self.silences and not receipt.found:
            self.silences -= 1
            raise RetryLater("no answer", unknown=True)
        return receipt


async def test_an_adapter_that_breaks_does_not_stop_the_others(spine: Spine) -> None:
    spine.platform.faults = [ValueError("a mistake")]  # type: ignore[list-item]  # that is the point
    await spine.platform.say("one", person="ann")
    await spine.platform.say("two", person="bob")
    await spine.platform.arrived(2)
    await spine.app.settled()
    assert await spine.column(outbox, "state") == ["sent", "sent"]


async def test_what_fails_for_too_long_is_given_up_with_its_reason(
    spine: Spine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "MAX_ATTEMPTS", 3)
    monkeypatch.setattr(outbox_module, "GIVE_UP_AFTER", dt.timedelta(seconds=0.05), raising=False)
    faults: list[RemoraError | None] = [RetryLater("500")] * 40
    spine.platform.faults = faults
    await spine.platform.say("one")
    await spine.app.settled()
    assert await spine.column(outbox, "state") == ["parked"]
    assert "500" in (await spine.column(outbox, "reason"))[0]
    assert spine.platform.sent == []


@pytest.mark.parametrize("fault", [RetryLater("503"), Undeliverable("blocked")], ids=["again", "never"])
async def test_an_outcome_waits_for_a_database_that_is_away(
    spine: Spine, monkeypatch: pytest.MonkeyPatch, fault: RemoraError
) -> None:
    """The conversation is not blocked for as long as this process lives."""
    away = asyncio.Event()
    write = Store.write

    def maybe(store: Store, **how: bool) -> Any:
        if away.is_set():
            raise StoreUnavailable("the database is away", "start it")
        return write(store, **how)

    async def send(*arguments: Any) -> Any:
        monkeypatch.undo()
        monkeypatch.setattr(Store, "write", maybe)
        away.set()
        asyncio.get_running_loop().call_later(0.3, away.clear)
        raise fault

    monkeypatch.setattr(spine.platform, "send", send)
    await spine.platform.say("one")
    while not away.is_set():
        await asyncio.sleep(0.005)
    while away.is_set():
        await asyncio.sleep(0.005)
    await spine.platform.say("two")
    sent = await spine.platform.arrived(2 if isinstance(fault, RetryLater) else 1)
    assert sent[-1].reply.text == "You said: two"


async def test_a_receipt_waits_for_a_database_that_is_away(spine: Spine, monkeypatch: pytest.MonkeyPatch) -> None:
    away = Away(outbox_module.outbox.record, times=2)
    monkeypatch.setattr(outbox_module.outbox, "record", away)
    assert await spine.platform.ask("one") == "You said: one"
    await spine.app.settled()
    assert await spine.column(outbox, "state") == ["sent"]
    assert len(spine.platform.sent) == 1


class Away:
    """A function of the store that finds the database away so many times."""

    def __init__(self, inner: Any, times: int) -> None:
        self.inner = inner
        self.times = times

    async def __call__(self, *arguments: Any, **more: Any) -> Any:
        if self.times:
            self.times -= 1
            raise StoreUnavailable("the database is away", "start it")
        return await self.inner(*arguments, **more)


async def test_leaving_ends_also_while_a_platform_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was being sent is left to the next start."""
    monkeypatch.setattr(app_module, "DRAIN_SECONDS", 0.1)
    async with asyncio.timeout(60):
        async with spine_on(settings_in(tmp_path)) as spine:
            spine.platform.hold.clear()
            await spine.platform.say("one")
            while not await spine.column(outbox, "id"):
                await asyncio.sleep(0.01)
    async with spine_on(settings_in(tmp_path)) as again:
        [delivery] = await again.platform.arrived(1)
        assert delivery.reply.text == "You said: one"


async def test_leaving_ends_also_while_the_database_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_module, "DRAIN_SECONDS", 0.3)
    async with asyncio.timeout(60):
        async with spine_on(settings_in(tmp_path)) as spine:
            monkeypatch.setattr(outbox_module.outbox, "record", Away(None, times=1_000_000))
            assert await spine.platform.ask("one") == "You said: one"


async def test_leaving_delivers_what_is_answered_already(tmp_path: Path) -> None:
    async with spine_on(settings_in(tmp_path)) as spine:
        spine.platform.hold.clear()
        for number in range(20):
            await spine.platform.say("hi", person=f"p{number}")
        while len(await spine.column(outbox, "id")) < 20:
            await asyncio.sleep(0.01)
        asyncio.get_running_loop().call_later(0.1, spine.platform.hold.set)
    assert len(spine.platform.sent) == 20


async def test_a_flood_to_one_chat_is_paced_and_others_are_not_held_up(tmp_path: Path) -> None:
    platform = FakePlatform()
    platform.capabilities = type(platform.capabilities)(max_text=4096, per_second=1000, per_chat_per_second=10)
    async with spine_on(settings_in(tmp_path), platform) as spine:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(8):
            await platform.say(str(number), person="ann")
        await platform.say("hello", person="bob")
        await platform.arrived(9)
        took = loop.time() - began
        assert took > 0.45, "a burst of three, then ten a second"
        order = [delivery.address.chat for delivery in platform.sent]
        assert order.index("bob") < 8
        assert [delivery.reply.text for delivery in platform.sent if delivery.address.chat == "ann"] == [
            f"You said: {number}" for number in range(8)
        ]
        await spine.app.settled()


def test_the_back_off_doubles_up_to_ten_minutes_and_is_never_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "FIRST_DELAY", 1.0)
    for attempt in range(1, 21):
        delays = [back_off(attempt).total_seconds() for _ in range(50)]
        longest = min(2 ** (attempt - 1), 600)
        assert longest / 2 <= min(delays) < max(delays) <= longest
