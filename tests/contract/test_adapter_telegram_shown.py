"""How a reply looks on Telegram: buttons, keyboards, times, rich messages."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from core.messages import Choice, Delivery, Moment, Reply
from tests.contract.adapter_suite import post
from tests.contract.telegram_rig import TelegramRig, server  # noqa: F401  # fixtures among them
from tests.fakes.telegram_server import TelegramServer

NOON = dt.datetime(2026, 11, 27, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
async def telegram(server: TelegramServer) -> AsyncIterator[TelegramRig]:
    rig = TelegramRig(server)
    async with rig.adapter.connect():
        yield rig


@pytest.fixture
async def rich(server: TelegramServer) -> AsyncIterator[TelegramRig]:
    rig = TelegramRig(server, rich=True)
    async with rig.adapter.connect():
        yield rig


async def said(telegram: TelegramRig, reply: Reply, reply_to: str = "") -> None:
    number = len(telegram.server.journal)
    await post(telegram, Delivery(number, f"test:{number}", telegram.address, reply, reply_to))


class TestTimes:
    async def test_each_reader_sees_a_time_in_their_own_zone(self, telegram: TelegramRig) -> None:
        words = "Fri 27 Nov 13:00 Europe/Paris"
        await said(telegram, Reply(f"🙂 **OK**, {words}. And `{words}`", moments=(Moment(words, NOON),)))
        (message,) = telegram.ada.chat.from_bot
        (time,) = [one for one in message["entities"] if one["type"] == "date_time"]
        assert (time["offset"], time["length"]) == (7, len(words))
        assert (time["unix_time"], time["date_time_format"]) == (int(NOON.timestamp()), "wDt")
        assert message["text"] == f"🙂 OK, {words}. And {words}"

    async def test_where_times_are_refused_the_words_stand_as_they_are(self, telegram: TelegramRig) -> None:
        telegram.server.refuse("sendMessage", 400, "Bad Request: can't parse entities: unknown type")
        await said(telegram, Reply("at noon", moments=(Moment("noon", NOON),)))
        assert telegram.ada.chat.texts == ["at noon"]
        assert "entities" not in telegram.ada.chat.from_bot[0]


class TestButtons:
    async def test_buttons_that_had_their_effect_go(self, telegram: TelegramRig) -> None:
        await said(telegram, Reply("Tea!", (Choice("Done", "done"), Choice("Later", "later"))))
        (asked,) = telegram.ada.chat.from_bot
        await said(telegram, Reply("Until when?"), str(asked["message_id"]))
        assert "reply_markup" in asked
        await said(telegram, Reply("Done.", settles=True), str(asked["message_id"]))
        await telegram.server.until(lambda: "reply_markup" not in asked)
        await said(telegram, Reply("It is done.", settles=True), str(asked["message_id"]))
        await telegram.server.until(lambda: len(telegram.server.calls("editMessageReplyMarkup")) == 2)

    async def test_what_is_no_button_for_telegram_does_not_cost_the_reply(self, telegram: TelegramRig) -> None:
        good = [Choice(f"No. {number}", f"pick:{number}") for number in range(120)]
        bad = [Choice("long", "x" * 65), Choice("empty", ""), Choice(" ", "blank"), Choice("漢", "漢" * 22)]
        await said(telegram, Reply("Which?", (*bad, *good)))
        rows = telegram.ada.chat.from_bot[0]["reply_markup"]["inline_keyboard"]
        assert [button["callback_data"] for row in rows for button in row] == [f"pick:{n}" for n in range(100)]

    async def test_a_location_is_asked_for_once(self, telegram: TelegramRig) -> None:
        chat = telegram.ada.chat
        await said(telegram, Reply("Where are you?", locate="📍 Send my location"))
        (row,) = telegram.server.calls("sendMessage")[-1].params["reply_markup"]["keyboard"]
        assert row == [{"text": "📍 Send my location", "request_location": True}]
        await said(telegram, Reply("Paris, then."))
        assert telegram.server.calls("sendMessage")[-1].params["reply_markup"]["remove_keyboard"]
        await said(telegram, Reply("And now?"))
        assert "reply_markup" not in telegram.server.calls("sendMessage")[-1].params
        assert len(chat.texts) == 3

    async def test_buttons_and_a_location_come_in_two_messages(self, telegram: TelegramRig) -> None:
        await said(telegram, Reply("Set. Where are you?", (Choice("Edit", "edit"),), locate="📍 Here"))
        first, second = (call.params for call in telegram.server.calls("sendMessage"))
        assert "inline_keyboard" in first["reply_markup"]
        assert (second["text"], "keyboard" in second["reply_markup"]) == ("📍 Here", True)

    async def test_in_a_group_nobody_is_asked_for_a_location(self, telegram: TelegramRig) -> None:
        group = telegram.server.group("Friends")
        await post(telegram, Delivery(1, "turn:1", telegram.at(group), Reply("Where?", locate="📍 Here")))
        assert "reply_markup" not in telegram.server.calls("sendMessage")[-1].params


class TestRich:
    async def test_a_table_is_a_table(self, rich: TelegramRig) -> None:
        await said(rich, Reply("# T\n\n|a|b|\n|--|:-:|\n|1|<2|", (Choice("OK", "ok"),)))
        (message,) = rich.ada.chat.from_bot
        assert '<table>\n<tr>\n<th>a</th>\n<th align="center">b</th>' in message["rich"]
        assert "&lt;2" in message["rich"]
        assert message["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "ok"

    async def test_a_long_text_is_one_message(self, rich: TelegramRig) -> None:
        await said(rich, Reply("word " * 5000))
        assert len(rich.ada.chat.from_bot) == 1
        await said(rich, Reply("word " * 7000))
        assert len(rich.ada.chat.from_bot) == 1 + 9

    async def test_times_are_in_each_readers_zone(self, rich: TelegramRig) -> None:
        await said(rich, Reply("at **noon**", moments=(Moment("noon", NOON),)))
        assert (
            f'<tg-time unix="{int(NOON.timestamp())}" format="wDt">noon</tg-time>' in rich.ada.chat.from_bot[0]["rich"]
        )

    async def test_a_time_within_code_a_link_or_another_time_is_left_alone(self, rich: TelegramRig) -> None:
        moments = (Moment("noon", NOON), Moment("at noon o'clock", NOON))
        await said(rich, Reply("`noon` [noon](https://a.example/noon), at noon o'clock", moments=moments))
        html = rich.ada.chat.from_bot[0]["rich"]
        assert html.startswith('<p><code>noon</code> <a href="https://a.example/noon">noon</a>, <tg-time')
        assert html.count("<tg-time") == 1
        assert ">at noon o'clock</tg-time>" in html

    @pytest.mark.parametrize("words", ["Bad Request: RICH_MESSAGE_INVALID", "Bad Request: can't parse rich message"])
    async def test_what_is_refused_is_sent_as_text(self, rich: TelegramRig, words: str) -> None:
        rich.server.refuse("sendRichMessage", 400, words)
        await said(rich, Reply("**hello**"))
        (message,) = rich.ada.chat.from_bot
        assert (message["text"], message["entities"][0]["type"]) == ("hello", "bold")

    async def test_a_server_that_knows_none_is_not_asked_again(self, rich: TelegramRig) -> None:
        rich.server.refuse("sendRichMessage", 404, "Not Found")
        await said(rich, Reply("one"))
        await said(rich, Reply("two"))
        assert rich.ada.chat.texts == ["one", "two"]
        assert len(rich.server.calls("sendRichMessage")) == 1

    async def test_words_of_a_person_are_never_markup(self, rich: TelegramRig) -> None:
        await said(rich, Reply("<b>*x*</b>", plain=True))
        assert rich.ada.chat.texts == ["<b>*x*</b>"]
