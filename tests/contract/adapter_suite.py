"""What every `Adapter` guarantees, checked the same way on each platform.

A platform's test file gives a fixture `rig` (its adapter, not yet connected, and the platform's side played by a local
fake) and inherits the checks:

    class TestTelegram(AdapterSuite):
        @pytest.fixture
        async def rig(self) -> AsyncIterator[Rig]: ...

What a platform cannot do, the rig leaves out; its check is then skipped and says so.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from core.errors import ConfigurationError, RetryLater, Unavailable, Undeliverable
from core.messages import Address, Choice, Delivery, Message, Receipt, Reply, ReplyEvent, Status, TextDelta
from core.ports import Adapter

PATIENCE = 60.0
"""Seconds after which something that should have happened counts as not happening."""


@dataclass(frozen=True, slots=True)
class Said:
    """Something a person did on the platform's side."""

    event: str
    """The rig's own name for it, to have the platform send it again."""
    taken: asyncio.Event | None = None
    """Set once the platform was told that we have it; None where the platform wants no such word."""


class Rig(ABC):
    """An adapter and the hands of the people and the platform around it."""

    adapter: Adapter
    address: Address
    """Where `say` is heard, and where deliveries of the checks go."""
    gone: Address | None = None
    """A conversation that is closed to us for good; None where that cannot be."""

    @abstractmethod
    async def say(self, text: str) -> Said:
        """A person writes `text`. Returns when it is on its way; does not wait until it is taken."""

    @abstractmethod
    async def seen(self) -> Sequence[str]:
        """The messages of the assistant that stand in the conversation now, oldest first, as a person reads them:
        rendered, previews included, in one string each."""

    async def again(self, said: Said) -> None:  # noqa: B027
        """The platform sends an event that was not taken once more; nothing to do where it happens by itself."""

    async def press(self, choice: Choice) -> Said:
        """A person presses this button of the newest message that has it."""
        pytest.skip("this platform has no buttons")

    async def repeat(self, said: Said) -> None:
        """The platform sends an event that was taken a second time."""
        pytest.skip("this platform never repeats an event")

    async def bot_says(self, text: str) -> Said:
        """Another bot, or we ourselves, write in the conversation."""
        pytest.skip("there are no other bots on this platform")

    async def misconfigured(self) -> tuple[Adapter, str]:
        """An adapter that cannot connect, and the name of the setting that is wrong."""
        pytest.skip("nothing can be set up wrongly here")

    async def refuse_next(self, after: dt.timedelta) -> None:
        """The platform refuses the next post: too many; try again after that time."""
        pytest.skip("this platform never asks us to wait")

    def foreign(self, task: asyncio.Task[object]) -> bool:
        """A task of the fake platform, not of the adapter."""
        return False


@dataclass(slots=True)
class Inbox:
    """The core's side of `listen`: keeps what comes; can hold it or refuse it."""

    kept: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    refused: asyncio.Queue[Message] = field(default_factory=asyncio.Queue)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)
    refusals: int = 0

    def __post_init__(self) -> None:
        self.open.set()

    async def __call__(self, message: Message) -> None:
        self.entered.set()
        await self.open.wait()
        if self.refusals:
            self.refusals -= 1
            self.refused.put_nowait(message)
            raise Unavailable("the store is away", "bring it back")
        self.kept.put_nowait(message)

    async def next(self) -> Message:
        async with asyncio.timeout(PATIENCE):
            return await self.kept.get()


@asynccontextmanager
async def listening(rig: Rig) -> AsyncIterator[Inbox]:
    """The adapter, connected and listening; afterwards stopped as the product stops it."""
    inbox = Inbox()
    async with rig.adapter.connect():
        task = asyncio.create_task(rig.adapter.listen(inbox))
        try:
            yield inbox
        finally:
            task.cancel()
            await asyncio.wait([task], timeout=PATIENCE)
            assert task.done(), "listen must end when it is cancelled"
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error


_ids = itertools.count(1)


def delivery(rig: Rig, text: str, *choices: Choice, cause: str = "", plain: bool = False) -> Delivery:
    number = next(_ids)
    return Delivery(number, cause or f"test:{number}", rig.address, Reply(text, choices, plain))


async def post(rig: Rig, what: Delivery) -> Receipt:
    async with asyncio.timeout(PATIENCE):
        return await rig.adapter.send(what, lambda: None)


class Stream:
    """Events of a growing reply; knows whether it was read to its end, and can stay open."""

    def __init__(self, *events: ReplyEvent, stays_open: bool = False) -> None:
        self.ended = False
        self.read = asyncio.Event()
        """Set when every event was taken out."""
        self._events = events
        self._stays_open = stays_open

    async def __aiter__(self) -> AsyncIterator[ReplyEvent]:
        for event in self._events:
            yield event
        self.read.set()
        if self._stays_open:
            await asyncio.Event().wait()
        self.ended = True


class AdapterSuite:
    """The checks. A test class inherits them and adds the fixture `rig`."""

    async def test_connects_and_leaves_no_task_behind(self, rig: Rig) -> None:
        before = asyncio.all_tasks()
        async with listening(rig) as inbox:
            await rig.say("hello")
            await inbox.next()
        left = {task for task in asyncio.all_tasks() - before if not rig.foreign(task)}
        if left:
            await asyncio.wait(left, timeout=PATIENCE)
        assert not [task for task in left if not task.done()], "leaving connect() ends every task"

    async def test_says_where_it_is_once_connected(self, rig: Rig) -> None:
        async with rig.adapter.connect():
            assert rig.adapter.where.strip(), "the person who starts it can be told"
            assert "\n" not in rig.adapter.where

    async def test_connects_again_after_leaving(self, rig: Rig) -> None:
        async with rig.adapter.connect():
            pass
        async with listening(rig) as inbox:
            await rig.say("hello")
            assert (await inbox.next()).text == "hello"

    async def test_a_wrong_setting_stops_the_start_by_its_name(self, rig: Rig) -> None:
        adapter, setting = await rig.misconfigured()
        with pytest.raises(ConfigurationError) as caught:
            async with asyncio.timeout(PATIENCE), adapter.connect():
                pass
        assert setting in str(caught.value), "the error names the setting"
        assert caught.value.mend, "the error says how to mend it"

    async def test_a_message_arrives_whole(self, rig: Rig) -> None:
        async with listening(rig) as inbox:
            await rig.say("remind me at 9 — 明天，好 🙂")
            message = await inbox.next()
        assert message.text == "remind me at 9 — 明天，好 🙂"
        assert message.kind == "text"
        assert message.address == rig.address
        assert message.address.platform == rig.adapter.name
        assert message.event_id, "an event has an id"
        assert message.sender.account, "a sender has an account"
        assert not message.sender.is_bot
        assert message.sent_at.utcoffset() == dt.timedelta(0), "moments are aware and in UTC"
        assert message.direct

    async def test_messages_come_oldest_first_each_with_its_own_id(self, rig: Rig) -> None:
        async with listening(rig) as inbox:
            for number in range(10):
                await rig.say(f"line {number}")
            messages = [await inbox.next() for _ in range(10)]
        assert [message.text for message in messages] == [f"line {number}" for number in range(10)]
        assert len({message.event_id for message in messages}) == 10

    async def test_a_message_is_acknowledged_only_after_it_was_kept(self, rig: Rig) -> None:
        async with listening(rig) as inbox:
            inbox.open.clear()
            said = await rig.say("keep this")
            if said.taken is None:
                pytest.skip("this platform wants no acknowledgement")
            async with asyncio.timeout(PATIENCE):
                await inbox.entered.wait()
                for _ in range(3):
                    await rig.seen()  # a few round trips in which a hasty acknowledgement would arrive
                assert not said.taken.is_set(), "acknowledged before inbound returned"
                inbox.open.set()
                await said.taken.wait()

    async def test_a_message_that_was_not_kept_comes_again(self, rig: Rig) -> None:
        async with listening(rig) as inbox:
            inbox.refusals = 1
            said = await rig.say("do not lose me")
            async with asyncio.timeout(PATIENCE):
                refused = await inbox.refused.get()
            await rig.again(said)
            kept = await inbox.next()
        assert kept.text == "do not lose me"
        assert kept.event_id == refused.event_id, "the same event has the same id"

    async def test_an_event_that_is_repeated_has_the_same_id(self, rig: Rig) -> None:
        async with listening(rig) as inbox:
            said = await rig.say("once")
            first = await inbox.next()
            await rig.repeat(said)
            await rig.say("after")
            following = [await inbox.next()]
            if following[0].text != "after":
                following.append(await inbox.next())
        assert {message.event_id for message in following[:-1]} <= {first.event_id}
        assert following[-1].text == "after"

    async def test_what_bots_say_is_dropped(self, rig: Rig) -> None:
        async with listening(rig) as inbox:
            await rig.bot_says("I am a bot")
            await rig.say("I am a person")
            assert (await inbox.next()).text == "I am a person"

    async def test_a_reply_arrives_and_is_receipted(self, rig: Rig) -> None:
        left = []
        async with listening(rig):
            receipt = await rig.adapter.send(delivery(rig, "Tea is ready."), lambda: left.append(1))
            assert list(await rig.seen()) == ["Tea is ready."]
        assert receipt.message_ids, "a receipt holds the platform's ids"
        assert all(receipt.message_ids)
        assert not receipt.found
        assert left == [1], "left() is called once, before send returns"

    async def test_replies_stand_in_the_order_they_were_sent(self, rig: Rig) -> None:
        async with listening(rig):
            for text in ("first", "second", "third"):
                await post(rig, delivery(rig, text))
            assert list(await rig.seen()) == ["first", "second", "third"]

    async def test_words_of_people_are_shown_literally(self, rig: Rig) -> None:
        words = "*no* _markup_ `here` <!channel> <b>bold</b> [link](https://example.com) & if x<y and y>z"
        async with listening(rig):
            await post(rig, delivery(rig, words, plain=True))
            assert list(await rig.seen()) == [words]

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            "🙂" * 50,
            "\x00\x1b[2J\x07\x9b31m",
            "\u202eevil\u2066",
            "a\r\nb\rc",
            "**[",
            "```",
            "<",
            "&amp;",
            "\ud800",
        ],
        ids=["empty", "blank", "emoji", "control", "bidi", "newlines", "open", "fence", "angle", "entity", "surrogate"],
    )
    async def test_an_odd_reply_is_shown_or_refused_for_good(self, rig: Rig, text: str) -> None:
        async with listening(rig):
            try:
                receipt = await post(rig, delivery(rig, text))
            except Undeliverable:
                return
            assert receipt.message_ids

    async def test_a_long_reply_arrives_whole(self, rig: Rig) -> None:
        length = min(2 * rig.adapter.capabilities.max_text + 100, 30_000)
        words = [f"w{number}" for number in range(length // 6)]
        async with listening(rig):
            await post(rig, delivery(rig, " ".join(words)))
            assert " ".join(await rig.seen()).split() == words

    async def test_a_reply_replaces_its_preview(self, rig: Rig) -> None:
        what = delivery(rig, "The answer is 4.")
        stream = Stream(Status("thinking"), TextDelta("The answer"), TextDelta(" is"))
        async with listening(rig):
            async with asyncio.timeout(PATIENCE):
                await rig.adapter.show(rig.address, what.cause, aiter(stream))
            assert stream.ended, "show reads events to their end"
            await post(rig, what)
            assert list(await rig.seen()) == ["The answer is 4."]

    async def test_a_preview_never_slows_the_model_down(self, rig: Rig) -> None:
        what = delivery(rig, "done")
        stream = Stream(*(TextDelta(f"word{number} ") for number in range(500)))
        loop = asyncio.get_running_loop()
        async with listening(rig):
            began = loop.time()
            task = asyncio.create_task(rig.adapter.show(rig.address, what.cause, aiter(stream)))
            async with asyncio.timeout(PATIENCE):
                await stream.read.wait()
            taken = loop.time() - began
            await asyncio.wait([task], timeout=PATIENCE)
            await post(rig, what)
            assert list(await rig.seen()) == ["done"]
        assert taken < PATIENCE / 3, f"500 pieces took {taken:.1f} s to be read"

    async def test_a_preview_can_be_cancelled(self, rig: Rig) -> None:
        what = delivery(rig, "It is done.")
        stream = Stream(TextDelta("It is"), stays_open=True)
        async with listening(rig):
            task = asyncio.create_task(rig.adapter.show(rig.address, what.cause, aiter(stream)))
            async with asyncio.timeout(PATIENCE):
                await stream.read.wait()
            task.cancel()
            await asyncio.wait([task], timeout=PATIENCE)
            assert task.cancelled(), "cancelling show ends it as cancelled"
            await post(rig, what)
            assert list(await rig.seen()) == ["It is done."]

    async def test_a_button_comes_back_as_the_choice_behind_it(self, rig: Rig) -> None:
        if not rig.adapter.capabilities.choices:
            pytest.skip("this platform has no buttons")
        done, snooze = Choice("Done", "done:5"), Choice("Snooze 10 min", "snooze:5:10")
        async with listening(rig) as inbox:
            await post(rig, delivery(rig, "Stretch!", done, snooze))
            await rig.press(snooze)
            message = await inbox.next()
        assert message.kind == "choice"
        assert message.choice == "snooze:5:10"
        assert message.address == rig.address
        assert message.event_id
        assert message.direct

    async def test_a_closed_conversation_is_given_up(self, rig: Rig) -> None:
        if rig.gone is None:
            pytest.skip("no conversation is ever closed to us here")
        what = Delivery(next(_ids), "test:gone", rig.gone, Reply("anyone?"))
        async with listening(rig):
            with pytest.raises(Undeliverable) as caught:
                await post(rig, what)
        assert caught.value.gone

    async def test_too_many_posts_are_told_to_wait(self, rig: Rig) -> None:
        async with listening(rig):
            await rig.refuse_next(dt.timedelta(seconds=3))
            with pytest.raises(RetryLater) as caught:
                await post(rig, delivery(rig, "too soon"))
            assert caught.value.after is not None
            assert caught.value.after >= dt.timedelta(seconds=3)
            assert not caught.value.unknown, "a refusal is a sure answer"
            await post(rig, delivery(rig, "now"))
            assert list(await rig.seen()) == ["now"]

    async def test_a_doubtful_reply_is_looked_for_first(self, rig: Rig) -> None:
        if not rig.adapter.capabilities.can_look:
            pytest.skip("this platform cannot be asked what arrived")
        what = delivery(rig, "Only once.")
        async with listening(rig):
            first = await post(rig, what)
            again = Delivery(what.id, what.cause, what.address, what.reply, attempt=2, doubtful=True)
            second = await post(rig, again)
            assert list(await rig.seen()) == ["Only once."]
        assert second.found
        assert second.message_ids == first.message_ids

    def test_its_abilities_make_sense(self, rig: Rig) -> None:
        abilities = rig.adapter.capabilities
        assert rig.adapter.name.isidentifier()
        assert rig.adapter.name == rig.adapter.name.lower()
        assert abilities.max_text > 0
        assert abilities.per_second > 0
        assert abilities.per_chat_per_second > 0
