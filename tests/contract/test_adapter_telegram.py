"""Telegram keeps the promises of an adapter, and those of its own; the platform is the project's fake server."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import pytest

from adapters.telegram import create
from adapters.telegram.adapter import TelegramAdapter
from core.errors import ConfigurationError, RetryLater, Unavailable, Undeliverable
from core.messages import Address, Choice, Delivery, Message, Reply, Status
from core.settings import Settings
from tests.contract.adapter_suite import PATIENCE, AdapterSuite, Inbox, Rig, Stream, delivery, listening, post
from tests.contract.telegram_rig import TelegramRig, ended, server, surroundings, telegram  # noqa: F401  # fixtures among them
from tests.fakes.telegram_server import Chat, TelegramServer


class TestTelegram(AdapterSuite):
    @pytest.fixture
    async def rig(self, telegram: TelegramRig) -> Rig:
        return telegram


class TestStart:
    def test_without_a_token_telegram_is_off(self) -> None:
        assert create(Settings(_env_file=None, TELEGRAM_BOT_TOKEN=""), surroundings()) is None

    def test_a_start_without_telegram_does_not_pay_for_its_library(self) -> None:
        code = "import sys, adapters.telegram as t; sys.exit('telegram' in sys.modules or 'httpx' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False, timeout=180).returncode == 0

    def test_with_a_token_it_is_there(self) -> None:
        adapter = create(Settings(_env_file=None, TELEGRAM_BOT_TOKEN="1234:abc"), surroundings())
        assert adapter is not None
        assert adapter.name == "telegram"

    @pytest.mark.parametrize("token", ["nonsense", "9871", "9871:", "12:a/../x", "12:a b", "١٢:abc"])
    async def test_what_cannot_be_a_token_is_refused_without_a_call(self, server: TelegramServer, token: str) -> None:
        with pytest.raises(ConfigurationError, match="TELEGRAM_BOT_TOKEN") as caught:
            async with TelegramAdapter(token, server.url, surroundings()).connect():
                pass
        assert token not in str(caught.value)
        assert server.journal == []

    async def test_an_address_that_is_none_is_refused_by_its_setting(self, server: TelegramServer) -> None:
        with pytest.raises(ConfigurationError, match="TELEGRAM_API_BASE_URL"):
            async with TelegramAdapter(server.token, "api.example.org", surroundings()).connect():
                pass

    async def test_a_telegram_that_cannot_be_reached_is_unavailable(self, server: TelegramServer) -> None:
        await server.stop()
        with pytest.raises(Unavailable):
            async with TelegramAdapter(server.token, server.url, surroundings()).connect():
                pass

    @pytest.mark.parametrize(("code", "html"), [(502, True), (500, False), (429, False)])
    async def test_a_telegram_in_trouble_is_unavailable(self, server: TelegramServer, code: int, html: bool) -> None:
        server.refuse("getMe", code, html=html)
        with pytest.raises(Unavailable):
            async with TelegramAdapter(server.token, server.url, surroundings()).connect():
                pass


class TestListening:
    async def test_no_fault_of_the_network_loses_a_message(self, telegram: TelegramRig) -> None:
        server = telegram.server
        server.refuse("getUpdates", 502, html=True)
        server.refuse("getUpdates", 409, "Conflict: terminated by other getUpdates request")
        server.refuse("getUpdates", 401, "Unauthorized")
        server.drop("getUpdates")
        server.drop("getUpdates", after=True)
        telegram.ada.say("still here")
        async with listening(telegram) as inbox:
            assert (await inbox.next()).text == "still here"
        assert [call.status for call in server.calls("getUpdates")[:3]] == [502, 409, 401]

    async def test_it_finds_its_way_back_when_the_network_was_gone(self, telegram: TelegramRig) -> None:
        server, port = telegram.server, telegram.server.port
        async with listening(telegram) as inbox:
            telegram.ada.say("before")
            assert (await inbox.next()).text == "before"
            await server.stop()
            telegram.ada.say("meanwhile")
            await server.start(port)
            assert (await inbox.next()).text == "meanwhile"

    async def test_a_webhook_that_somebody_left_is_removed(self, telegram: TelegramRig) -> None:
        telegram.server.webhook = "https://old.example.org/hook"
        telegram.ada.say("hello")
        async with listening(telegram) as inbox:
            assert (await inbox.next()).text == "hello"
        assert telegram.server.webhook == ""

    async def test_what_follows_a_refused_message_waits_with_it(self, telegram: TelegramRig) -> None:
        for number in range(5):
            telegram.ada.say(f"line {number}")
        async with listening(telegram) as inbox:
            for _ in range(2):
                await inbox.next()
            inbox.refusals = 3
            telegram.ada.say("line 5")
            rest = [(await inbox.next()).text for _ in range(4)]
        assert rest == ["line 2", "line 3", "line 4", "line 5"]

    async def test_a_chat_does_not_wait_for_the_message_of_another(self, telegram: TelegramRig) -> None:
        bob = telegram.server.person("Bob")
        inbox, held = Inbox(), asyncio.Event()

        async def inbound(message: Message) -> None:
            if message.text == "first of Ada":
                await held.wait()
            await inbox(message)

        updates = [telegram.ada.say("first of Ada"), bob.say("of Bob"), telegram.ada.say("second of Ada")]
        async with telegram.adapter.connect():
            task = asyncio.create_task(telegram.adapter.listen(inbound))
            assert (await inbox.next()).text == "of Bob"
            assert not any(telegram.server.taken(update).is_set() for update in updates)
            held.set()
            assert [(await inbox.next()).text for _ in range(2)] == ["first of Ada", "second of Ada"]
            await ended(task)

    @pytest.mark.parametrize(
        "payload",
        [{}, None, 7, "text", {"message_id": "x"}, {"message_id": 1, "date": 1, "chat": {"id": 1}, "from": {}}],
    )
    async def test_an_update_that_cannot_be_read_does_not_block_the_next(
        self, telegram: TelegramRig, payload: object, caplog: pytest.LogCaptureFixture
    ) -> None:
        bad = telegram.server.update("message", payload)
        telegram.ada.say("and me?")
        async with listening(telegram) as inbox:
            assert (await inbox.next()).text == "and me?"
            async with asyncio.timeout(PATIENCE):
                await telegram.server.taken(bad).wait()

    async def test_an_update_of_a_kind_never_seen_is_passed_over(self, telegram: TelegramRig) -> None:
        telegram.server.update("message", {"message_id": 1, "date": 1, "chat": telegram.ada.chat.about, "hologram": {}})
        telegram.ada.say("hello")
        async with listening(telegram) as inbox:
            assert (await inbox.next()).text == "hello"

    async def test_a_blocked_bot_logs_no_name(self, telegram: TelegramRig, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO, "adapters.telegram")
        telegram.ada.block_bot()
        telegram.ada.unblock_bot()
        telegram.ada.say("back again")
        async with listening(telegram) as inbox:
            told = [await inbox.next() for _ in range(3)]
        assert [(message.kind, message.text) for message in told] == [
            ("closed", ""),
            ("joined", ""),
            ("text", "back again"),
        ]
        assert [record.getMessage() for record in caplog.records].count("membership changed") == 2
        assert "Ada" not in caplog.text

    async def test_every_pressed_button_is_answered_after_it_was_kept(self, telegram: TelegramRig) -> None:
        server = telegram.server
        async with listening(telegram) as inbox:
            await post(telegram, delivery(telegram, "Tea?", Choice("Yes", "yes")))
            inbox.open.clear()
            update = telegram.ada.press(telegram.ada.chat.from_bot[-1], "yes")
            async with asyncio.timeout(PATIENCE):
                await inbox.entered.wait()
            assert server.calls("answerCallbackQuery") == []
            server.rate_limit("answerCallbackQuery", 0)
            server.refuse("answerCallbackQuery", 502, html=True)
            inbox.open.set()
            assert (await inbox.next()).choice == "yes"
            await server.until(lambda: not server.open_queries)
            before = len(server.calls("answerCallbackQuery"))
            server.redeliver(update)
            await inbox.next()
            await server.until(lambda: len(server.calls("answerCallbackQuery")) > before)

    async def test_a_stop_leaves_unconfirmed_what_was_not_kept(self, telegram: TelegramRig) -> None:
        inbox = Inbox()
        inbox.open.clear()
        update = telegram.ada.say("do not drop me")
        async with telegram.adapter.connect():
            task = asyncio.create_task(telegram.adapter.listen(inbox))
            async with asyncio.timeout(PATIENCE):
                await inbox.entered.wait()
            await ended(task)
        assert not telegram.server.taken(update).is_set()
        async with listening(telegram) as inbox:
            assert (await inbox.next()).text == "do not drop me"


class TestGroups:
    async def heard(self, telegram: TelegramRig, chat: Chat, *texts: str) -> list[Message]:
        for text in texts:
            telegram.ada.say(text, chat)
        telegram.ada.say("/end", chat)
        messages = []
        async with listening(telegram) as inbox:
            while (message := await inbox.next()).text != "/end":
                messages.append(message)
        return messages

    async def test_only_what_is_meant_for_us_is_handed_over(self, telegram: TelegramRig) -> None:
        texts = ("hello all", "@remora_bot hello", "@other_bot hello", "/roll@other_bot", "/help@remora_bot", "/list")
        messages = await self.heard(telegram, telegram.server.group("Friends"), *texts)
        assert [message.text for message in messages] == ["hello", "/help", "/list"]
        assert all(message.direct and not message.private for message in messages)

    async def test_a_reply_points_to_the_message_it_answers(self, telegram: TelegramRig) -> None:
        group = telegram.server.group("Friends")
        (message,) = await self.heard(telegram, group, "@remora_bot hello")
        async with telegram.adapter.connect():
            what = Delivery(1, "turn:1", telegram.at(group), Reply("Hello!"), reply_to=message.message_id)
            await post(telegram, what)
            gone = Delivery(2, "turn:2", telegram.at(group), Reply("Anyone?"), reply_to="4711")
            await post(telegram, gone)
        answer, lonely = group.from_bot
        assert str(answer["reply_to_message"]["message_id"]) == message.message_id
        assert "reply_to_message" not in lonely

    async def test_a_topic_is_a_conversation_of_its_own(self, telegram: TelegramRig) -> None:
        forum = telegram.server.group("Plans", forum=True)
        telegram.ada.say("@remora_bot hi", forum, message_thread_id=77, is_topic_message=True)
        async with listening(telegram) as inbox:
            message = await inbox.next()
            await post(telegram, Delivery(1, "turn:1", message.address, Reply("Hi!"), message.message_id))
        assert message.address == telegram.at(forum, "77")
        assert forum.from_bot[0]["message_thread_id"] == 77

    async def test_a_server_that_insists_on_the_answered_message_gets_the_reply_without_it(
        self, telegram: TelegramRig
    ) -> None:
        group = telegram.server.group("Friends")
        telegram.server.refuse("sendMessage", 400, "Bad Request: message to be replied not found")
        async with telegram.adapter.connect():
            await post(telegram, Delivery(1, "turn:1", telegram.at(group), Reply("Hello!"), reply_to="5"))
        assert group.texts == ["Hello!"]
        assert "reply_parameters" not in telegram.server.calls("sendMessage")[-1].params

    async def test_what_was_for_a_topic_that_was_deleted_goes_to_the_group(self, telegram: TelegramRig) -> None:
        forum = telegram.server.group("Plans", forum=True)
        async with telegram.adapter.connect():
            await post(telegram, Delivery(1, "turn:1", telegram.at(forum, "99"), Reply("Hi!")))
        assert forum.texts == ["Hi!"]
        assert "message_thread_id" not in forum.from_bot[0]

    async def test_what_was_for_a_topic_that_was_closed_goes_to_the_group_unless_that_is_closed_too(
        self, telegram: TelegramRig
    ) -> None:
        forum = telegram.server.group("Plans", forum=True)
        async with telegram.adapter.connect():
            telegram.server.refuse("sendMessage", 400, "Bad Request: TOPIC_CLOSED")
            await post(telegram, Delivery(1, "reminder:1:a", telegram.at(forum, "99"), Reply("Hi!")))
            telegram.server.refuse("sendMessage", 400, "Bad Request: TOPIC_CLOSED", times=2)
            with pytest.raises(Undeliverable) as closed:
                await post(telegram, Delivery(2, "reminder:1:b", telegram.at(forum, "99"), Reply("Hi again!")))
        assert forum.texts == ["Hi!"]
        assert closed.value.gone

    async def test_nobody_is_called_by_a_name_in_a_reply(self, telegram: TelegramRig) -> None:
        group = telegram.server.group("Friends")
        async with telegram.adapter.connect():
            for number, plain in enumerate((True, False)):
                reply = Reply("ask @charlie1 or a@example.com", plain=plain)
                await post(telegram, Delivery(number, f"turn:{number}", telegram.at(group), reply))
        for text in group.texts:
            assert "@charlie1" not in text
            assert text.replace("\u2060", "") == "ask @charlie1 or a@example.com"

    async def test_a_group_that_became_a_supergroup_is_followed(self, telegram: TelegramRig) -> None:
        server = telegram.server
        group = server.group("Friends")
        old = Address("telegram", "", "-4711")
        async with telegram.adapter.connect():
            server.refuse("sendMessage", 400, "Bad Request: group chat was upgraded", migrate_to_chat_id=group.id)
            await post(telegram, Delivery(1, "turn:1", old, Reply("one")))
            await post(telegram, Delivery(2, "turn:2", old, Reply("two")))
        assert group.texts == ["one", "two"]

    async def test_typing_is_shown_and_refreshed(self, telegram: TelegramRig) -> None:
        group = telegram.server.group("Friends")
        async with telegram.adapter.connect():
            events = Stream(Status("thinking"), stays_open=True)
            task = asyncio.create_task(telegram.adapter.show(telegram.at(group), "turn:1", aiter(events)))
            await telegram.server.until(lambda: len(group.actions) > 2)
            await ended(task)
        assert set(group.actions) == {"typing"}


class TestSending:
    async def test_it_says_when_the_request_has_left_and_before_the_answer(self, telegram: TelegramRig) -> None:
        gate = telegram.server.hold("sendMessage")
        left = asyncio.Event()
        async with telegram.adapter.connect():
            task = asyncio.create_task(telegram.adapter.send(delivery(telegram, "hello"), left.set))
            async with asyncio.timeout(PATIENCE):
                await left.wait()
                await gate.reached.wait()
                assert not task.done()
                gate.open.set()
                assert (await task).message_ids

    async def test_of_several_parts_the_last_one_counts(self, telegram: TelegramRig) -> None:
        first, second = telegram.server.hold("sendMessage"), telegram.server.hold("sendMessage")
        left = asyncio.Event()
        what = delivery(telegram, "word " * 1000, Choice("Done", "done"))
        async with telegram.adapter.connect():
            task = asyncio.create_task(telegram.adapter.send(what, left.set))
            async with asyncio.timeout(PATIENCE):
                await first.reached.wait()
                assert not left.is_set()
                first.open.set()
                await second.reached.wait()
                await left.wait()
                second.open.set()
                receipt = await task
        assert len(receipt.message_ids) == 2
        assert ["reply_markup" in one for one in telegram.ada.chat.from_bot] == [False, True]

    async def test_parts_that_arrived_are_not_sent_again(self, telegram: TelegramRig) -> None:
        server = telegram.server
        what = delivery(telegram, "\n\n".join(f"{number} " * 1500 for number in range(3)))
        async with telegram.adapter.connect():
            gate = server.hold("sendMessage")
            gate.open.set()
            server.rate_limit("sendMessage", 3)
            with pytest.raises(RetryLater):
                await post(telegram, what)
            assert len(telegram.ada.chat.texts) == 1
            receipt = await post(telegram, what)
        assert [text[0] for text in telegram.ada.chat.texts] == ["0", "1", "2"]
        assert len(receipt.message_ids) == 3

    @pytest.mark.parametrize("after", [False, True])
    async def test_a_connection_lost_after_leaving_leaves_doubt(self, telegram: TelegramRig, after: bool) -> None:
        telegram.server.drop("sendMessage", after=after)
        left: list[int] = []
        async with telegram.adapter.connect():
            with pytest.raises(RetryLater) as caught:
                await telegram.adapter.send(delivery(telegram, "hello"), lambda: left.append(1))
        assert caught.value.unknown
        assert left == [1]
        assert len(telegram.ada.chat.texts) == int(after)

    async def test_an_early_part_that_was_lost_leaves_no_doubt_about_the_whole(self, telegram: TelegramRig) -> None:
        telegram.server.drop("sendMessage")
        left: list[int] = []
        async with telegram.adapter.connect():
            with pytest.raises(RetryLater) as caught:
                await telegram.adapter.send(delivery(telegram, "word " * 1000), lambda: left.append(1))
        assert not caught.value.unknown
        assert left == []

    async def test_without_a_connection_nothing_has_left(self, telegram: TelegramRig) -> None:
        left: list[int] = []
        async with telegram.adapter.connect():
            await telegram.server.stop()
            with pytest.raises(RetryLater) as caught:
                await telegram.adapter.send(delivery(telegram, "hello"), lambda: left.append(1))
        assert not caught.value.unknown
        assert left == []

    @pytest.mark.parametrize(
        ("code", "html", "unknown"), [(500, False, False), (502, True, False), (504, True, True), (401, False, False)]
    )
    async def test_a_server_in_trouble_is_tried_again(
        self, telegram: TelegramRig, code: int, html: bool, unknown: bool
    ) -> None:
        telegram.server.refuse("sendMessage", code, html=html)
        async with telegram.adapter.connect():
            with pytest.raises(RetryLater) as caught:
                await post(telegram, delivery(telegram, "hello"))
        assert caught.value.unknown is unknown

    @pytest.mark.parametrize(
        ("code", "words", "gone"),
        [
            (403, "Forbidden: user is deactivated", True),
            (403, "Forbidden: bot was kicked from the supergroup chat", True),
            (400, "Bad Request: chat not found", True),
            (400, "Bad Request: not enough rights to send text messages to the chat", True),
            (400, "Bad Request: BUTTON_DATA_INVALID", False),
        ],
    )
    async def test_a_refusal_for_good_is_told_as_one(
        self, telegram: TelegramRig, code: int, words: str, gone: bool
    ) -> None:
        telegram.server.refuse("sendMessage", code, words)
        async with telegram.adapter.connect():
            with pytest.raises(Undeliverable) as caught:
                await post(telegram, delivery(telegram, "hello"))
        assert caught.value.gone is gone

    async def test_an_address_that_is_not_telegrams_is_given_up(self, telegram: TelegramRig) -> None:
        what = Delivery(1, "turn:1", Address("telegram", "", "general"), Reply("hi"))
        async with telegram.adapter.connect():
            with pytest.raises(Undeliverable):
                await post(telegram, what)

    async def test_markup_that_telegram_refuses_is_sent_as_plain_text(self, telegram: TelegramRig) -> None:
        telegram.server.refuse("sendMessage", 400, "Bad Request: can't parse entities: unsupported")
        async with telegram.adapter.connect():
            await post(telegram, delivery(telegram, "**hello**"))
        (message,) = telegram.ada.chat.from_bot
        assert message["text"] == "hello"
        assert "entities" not in message

    async def test_links_are_never_previewed(self, telegram: TelegramRig) -> None:
        async with telegram.adapter.connect():
            await post(telegram, delivery(telegram, "see https://example.com"))
        (call,) = telegram.server.calls("sendMessage")
        assert call.params["link_preview_options"] == {"is_disabled": True}
        assert "parse_mode" not in call.params


class TestSecrecy:
    async def test_the_token_is_in_no_log_and_no_error(
        self, telegram: TelegramRig, caplog: pytest.LogCaptureFixture
    ) -> None:
        server = telegram.server
        for name in ("", "httpx", "httpcore", "telegram"):
            caplog.set_level(logging.DEBUG, name)
        errors: list[BaseException] = []
        async with listening(telegram) as inbox:
            telegram.ada.say("hello")
            await inbox.next()
            for code in (400, 401, 403, 429, 500, 502):
                server.refuse("sendMessage", code, html=code == 502)
                with pytest.raises((RetryLater, Undeliverable)) as caught:
                    await post(telegram, delivery(telegram, "hello"))
                errors.append(caught.value)
            server.drop("sendMessage")
            with pytest.raises(RetryLater) as lost:
                await post(telegram, delivery(telegram, "hello"))
            errors.append(lost.value)
        with pytest.raises(ConfigurationError) as wrong:
            async with TelegramAdapter(canary := "70000001:canary-token", server.url, surroundings()).connect():
                pass
        errors.append(wrong.value)
        assert "HTTP Request" in caplog.text, "the libraries did log, so there was something to find"
        for record in caplog.records:
            whole = f"{record.getMessage()} {record.msg} {record.args} {record.__dict__}"
            assert server.token not in whole
            assert canary not in whole
        for error in errors:
            for told in (error, error.__cause__):
                assert server.token not in f"{told!r}"
                assert canary not in f"{told!r}"
