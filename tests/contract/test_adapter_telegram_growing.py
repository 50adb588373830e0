"""A reply while it grows: a draft in private, in a group the very message that it will be; and how it is stopped."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Callable

import pytest

from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.growing import Growth, Growths, draft_id
from core.clock import SystemClock
from core.errors import RetryLater, Undeliverable
from core.messages import Address, Begun, Choice, Delivery, Reply, ReplyEvent, Status, TextDelta
from core.ports import WITHDRAWN, Adapter
from core.store import Store
from tests.contract.adapter_suite import PATIENCE, Inbox, Stream, post
from tests.contract.telegram_rig import QUICK, TelegramRig, ended, server, store, surroundings, telegram  # noqa: F401  # fixtures among them
from tests.fakes.clock import SettableClock
from tests.fakes.telegram_server import Chat, Json, Person, TelegramServer

CAUSE = "turn:7"


@pytest.fixture
def ada(server: TelegramServer) -> Person:
    return server.person("Ada")


@pytest.fixture
def group(server: TelegramServer) -> Chat:
    return server.group("Friends")


@pytest.fixture
async def asked(server: TelegramServer, ada: Person, group: Chat) -> Json:
    """The message that the reply answers."""
    question: Json = server.put(group, ada.json, text="why?")
    return question


@pytest.fixture
def adapter(server: TelegramServer, store: Store) -> TelegramAdapter:
    return TelegramAdapter(server.token, server.url, surroundings(lambda: store), pace=QUICK)


def at(chat: Chat) -> Address:
    return Address("telegram", "", str(chat.id))


def grown(adapter: Adapter, chat: Chat, asked: Json | None, *words: str) -> asyncio.Task[None]:
    """A reply that has said `words` and is not at its end."""
    begun = Begun(str(asked["message_id"]) if asked else "", "zh")
    events: list[ReplyEvent] = [begun, *(TextDelta(word) for word in words)]
    return asyncio.create_task(adapter.show(at(chat), CAUSE, aiter(Stream(*events, stays_open=True))))


async def deliver(
    adapter: TelegramAdapter, chat: Chat, text: str, *choices: Choice, left: Callable[[], None] = lambda: None
) -> tuple[str, ...]:
    async with asyncio.timeout(PATIENCE):
        what = Delivery(7, CAUSE, at(chat), Reply(text, choices))
        return (await adapter.send(what, left)).message_ids


class TestDraft:
    async def test_a_draft_grows_under_one_id(self, telegram: TelegramRig) -> None:
        chat = telegram.ada.chat
        async with telegram.adapter.connect():
            task = grown(telegram.adapter, telegram.ada.chat, None, "**Hel", "lo**")
            await telegram.server.until(lambda: "Hello" in chat.drafts.values())
            await ended(task)
        assert {number for number, _ in chat.draft_history} == {draft_id("turn:7")}

    async def test_thinking_is_shown_before_the_first_word(self, telegram: TelegramRig) -> None:
        events = Stream(Status("thinking"), stays_open=True)
        async with telegram.adapter.connect():
            task = asyncio.create_task(telegram.adapter.show(telegram.address, "turn:7", aiter(events)))
            await telegram.server.until(lambda: "" in telegram.ada.chat.drafts.values())
            await ended(task)

    async def test_a_preview_stops_when_telegram_wants_silence(self, telegram: TelegramRig) -> None:
        server = telegram.server
        server.rate_limit("sendMessageDraft", 30)
        words: asyncio.Queue[str] = asyncio.Queue()

        async def events() -> AsyncIterator[ReplyEvent]:
            while word := await words.get():
                yield TextDelta(word)

        async with telegram.adapter.connect():
            task = asyncio.create_task(telegram.adapter.show(telegram.address, "turn:7", events()))
            words.put_nowait("one ")
            await server.until(lambda: server.calls("sendMessageDraft"))
            for word in ("two ", "three ", ""):
                words.put_nowait(word)
            async with asyncio.timeout(PATIENCE):
                await task
        assert [call.status for call in server.calls("sendMessageDraft")] == [429]
        assert words.empty()

    async def test_a_draft_under_way_cannot_overtake_the_reply(self, telegram: TelegramRig) -> None:
        gate = telegram.server.hold("sendMessageDraft")
        async with telegram.adapter.connect():
            task = grown(telegram.adapter, telegram.ada.chat, None, "Half")
            async with asyncio.timeout(PATIENCE):
                await gate.reached.wait()
            what = Delivery(7, "turn:7", telegram.address, Reply("Half and half"))
            sending = asyncio.create_task(post(telegram, what))
            gate.open.set()
            await sending
            await ended(task)
        assert telegram.ada.chat.drafts == {}
        assert [call.method for call in telegram.server.journal[-2:]] == ["sendMessageDraft", "sendMessage"]

    async def test_the_end_of_a_very_long_reply_is_shown(self, telegram: TelegramRig) -> None:
        async with telegram.adapter.connect():
            task = grown(telegram.adapter, telegram.ada.chat, None, "word " * 2000, "end")
            await telegram.server.until(
                lambda: any(text.endswith("end") for _, text in telegram.ada.chat.draft_history)
            )
            await ended(task)


async def test_the_message_that_grew_is_the_reply(
    server: TelegramServer, adapter: TelegramAdapter, group: Chat, asked: Json, store: Store
) -> None:
    async with adapter.connect():
        task = grown(adapter, group, asked, "Because **it", "** is")
        await server.until(lambda: group.texts == ["Because it is"])
        (message,) = group.from_bot
        assert message["reply_to_message"]["message_id"] == asked["message_id"]
        assert message["reply_markup"]["inline_keyboard"][0][0]["text"] == "⏹ 停止"
        ids = await deliver(adapter, group, "Because it is so.", Choice("Yes", "yes"))
        await ended(task)
    (reply,) = group.from_bot
    assert ids == (str(message["message_id"]),)
    assert reply["text"] == "Because it is so."
    assert [button["callback_data"] for button in reply["reply_markup"]["inline_keyboard"][0]] == ["yes"]
    assert await Growths(lambda: store, SystemClock()).of(CAUSE) is None


async def test_it_has_no_word_of_the_reply_until_its_id_is_kept(
    server: TelegramServer, adapter: TelegramAdapter, group: Chat, store: Store
) -> None:
    gate = server.hold("editMessageText")
    async with adapter.connect():
        task = grown(adapter, group, None, "Because")
        async with asyncio.timeout(PATIENCE):
            await gate.reached.wait()
        assert group.texts == ["…"]
        growth = await Growths(lambda: store, SystemClock()).of(CAUSE)
        assert growth == Growth(CAUSE, group.id, group.from_bot[0]["message_id"])
        gate.open.set()
        await ended(task)


async def test_after_a_crash_another_process_finishes_it(
    server: TelegramServer, adapter: TelegramAdapter, group: Chat, store: Store
) -> None:
    async with adapter.connect():
        task = grown(adapter, group, None, "Half")
        await server.until(lambda: group.texts == ["Half"])
        await ended(task)
    other = TelegramAdapter(server.token, server.url, surroundings(lambda: store), pace=QUICK)
    async with other.connect():
        await deliver(other, group, "Half and half")
    assert group.texts == ["Half and half"]


async def test_what_grew_goes_where_the_reply_never_comes(
    server: TelegramServer, adapter: TelegramAdapter, group: Chat, store: Store
) -> None:
    async with adapter.connect():
        task = grown(adapter, group, None, "Half")
        await server.until(lambda: group.texts == ["Half"])
        task.cancel(WITHDRAWN)
        await server.until(lambda: group.texts == [])
        await ended(task)
    assert await Growths(lambda: store, SystemClock()).of(CAUSE) is None


async def test_a_crash_after_the_edit_doubles_nothing(
    server: TelegramServer, adapter: TelegramAdapter, group: Chat, store: Store
) -> None:
    left: list[int] = []
    async with adapter.connect():
        task = grown(adapter, group, None, "Half")
        await server.until(lambda: group.texts == ["Half"])
        server.drop("editMessageText", after=True)
        with pytest.raises(RetryLater) as caught:
            await deliver(adapter, group, "All of it", left=lambda: left.append(1))
        assert not caught.value.unknown
        assert left == []
        assert group.texts == ["All of it"]
        await ended(task)
    other = TelegramAdapter(server.token, server.url, surroundings(lambda: store), pace=QUICK)
    async with other.connect():
        await deliver(other, group, "All of it")
    assert group.texts == ["All of it"]


async def test_a_long_reply_goes_on_behind_the_message_that_grew(
    server: TelegramServer, adapter: TelegramAdapter, group: Chat
) -> None:
    left: list[int] = []
    async with adapter.connect():
        task = grown(adapter, group, None, "word " * 900)
        await server.until(lambda: group.edits)
        ids = await deliver(adapter, group, "word " * 1000, Choice("Yes", "yes"), left=lambda: left.append(1))
        await ended(task)
    assert ids == tuple(str(message["message_id"]) for message in group.from_bot)
    assert ["reply_markup" in message for message in group.from_bot] == [False, True]
    assert left == [1]


async def test_where_telegram_wants_no_more_edits_the_reply_is_sent_at_once(
    server: TelegramServer, adapter: TelegramAdapter, group: Chat
) -> None:
    async with adapter.connect():
        task = grown(adapter, group, None, "Half")
        await server.until(lambda: group.texts == ["Half"])
        server.rate_limit("editMessageText", 30)
        await deliver(adapter, group, "All of it")
        await ended(task)
    assert group.texts == ["All of it"]


async def test_a_preview_that_somebody_deleted_does_not_take_the_reply_along(
    server: TelegramServer, adapter: TelegramAdapter, group: Chat
) -> None:
    async with adapter.connect():
        task = grown(adapter, group, None, "Half")
        await server.until(lambda: group.texts == ["Half"])
        group.messages.clear()
        await deliver(adapter, group, "All of it")
        await ended(task)
    assert group.texts == ["All of it"]


async def test_a_chat_that_wants_silence_gets_no_more_previews_for_that_time(
    server: TelegramServer, adapter: TelegramAdapter, group: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    server.rate_limit("editMessageText", 30)
    async with adapter.connect():
        first = grown(adapter, group, None, "Half")
        await server.until(lambda: server.calls("editMessageText"))
        await deliver(adapter, group, "One")
        await ended(first)
        calls = len(server.journal)
        events = Stream(TextDelta("Two"))
        await adapter.show(at(group), "turn:8", aiter(events))
        assert len(server.journal) == calls
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


async def test_without_a_place_to_keep_its_id_nothing_grows(server: TelegramServer, group: Chat) -> None:
    adapter = TelegramAdapter(server.token, server.url, surroundings(), pace=QUICK)
    async with adapter.connect():
        task = grown(adapter, group, None, "Half")
        await server.until(lambda: server.calls("deleteMessage"))
        assert group.texts == []
        await deliver(adapter, group, "All of it")
        await ended(task)
    assert group.texts == ["All of it"]


async def test_a_reply_that_is_refused_leaves_no_half_of_it(
    server: TelegramServer, adapter: TelegramAdapter, group: Chat
) -> None:
    async with adapter.connect():
        task = grown(adapter, group, None, "Half")
        await server.until(lambda: group.texts == ["Half"])
        for method in ("editMessageText", "sendMessage"):
            server.refuse(method, 400, "Bad Request: something new")
        with pytest.raises(Undeliverable):
            await deliver(adapter, group, "All of it")
        await ended(task)
    assert group.texts == []


async def test_what_nobody_came_for_is_taken_away_after_a_day(
    server: TelegramServer, group: Chat, store: Store
) -> None:
    clock = SettableClock()
    old, new = (server.put(group, server.me, text=text)["message_id"] for text in ("old", "new"))
    growths = Growths(lambda: store, clock)
    await growths.keep(Growth("turn:1", group.id, old))
    clock.jump(dt.timedelta(hours=25))
    await growths.keep(Growth("turn:2", group.id, new))
    adapter = TelegramAdapter(server.token, server.url, surroundings(lambda: store, clock), pace=QUICK)
    async with adapter.connect():
        await server.until(lambda: group.texts == ["new"])


class TestStop:
    @pytest.fixture
    async def inbox(self, adapter: TelegramAdapter) -> AsyncIterator[Inbox]:
        inbox = Inbox()
        async with adapter.connect():
            task = asyncio.create_task(adapter.listen(inbox))
            yield inbox
            await ended(task)

    async def test_a_draft_can_be_stopped(
        self, server: TelegramServer, adapter: TelegramAdapter, ada: Person, inbox: Inbox
    ) -> None:
        task = grown(adapter, ada.chat, None, "Half")
        await server.until(lambda: ada.chat.stoppable)
        ada.stop(draft_id(CAUSE))
        message = await inbox.next()
        assert (message.kind, message.address) == ("stop", at(ada.chat))
        await ended(task)

    async def test_a_draft_that_stands_still_is_shown_again_before_it_fades(
        self, server: TelegramServer, adapter: TelegramAdapter, ada: Person, inbox: Inbox
    ) -> None:
        task = grown(adapter, ada.chat, None, "Half")
        await server.until(lambda: len(ada.chat.draft_history) > 2)
        assert {text for _, text in ada.chat.draft_history} == {"Half"}
        await ended(task)

    async def test_who_asked_can_stop_the_reply_in_a_group(
        self, server: TelegramServer, adapter: TelegramAdapter, ada: Person, group: Chat, asked: Json, inbox: Inbox
    ) -> None:
        task = grown(adapter, group, asked, "Half")
        await server.until(lambda: group.edits)
        (message,) = group.from_bot
        data = message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
        server.person("Bob").press(message, data)
        await server.until(lambda: not server.open_queries)
        ada.press(message, data)
        stop = await inbox.next()
        assert (stop.kind, stop.address, stop.sender.account) == ("stop", at(group), str(ada.id))
        await server.until(lambda: not server.open_queries)
        told = [call.params.get("text") for call in server.calls("answerCallbackQuery")]
        assert told == ["Only the person who asked can stop this reply.", "Stopping…"]
        await ended(task)

    async def test_a_stray_with_a_stop_button_goes_when_it_is_pressed_and_that_of_another_process_is_heard(
        self, server: TelegramServer, ada: Person, group: Chat, inbox: Inbox, store: Store
    ) -> None:
        stray, others = (server.put(group, server.me, text="…") for _ in range(2))
        await Growths(lambda: store, SystemClock()).keep(Growth("turn:9", group.id, others["message_id"]))
        for message in (others, stray):
            ada.press(message, "stop:123")
        await server.until(lambda: len(group.from_bot) == 1 and not server.open_queries)
        assert group.from_bot == [others]
        assert (await inbox.next()).kind == "stop"
        assert inbox.kept.empty()
