"""Slack's adapter sending: what left, what arrived, what is shown meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from core.errors import RetryLater, Undeliverable
from core.messages import Address, Choice, TextDelta
from tests.contract.adapter_suite import PATIENCE, Stream, listening, post
from tests.contract.slack_rig import (  # noqa: F401  # fixtures among them
    MENTION,
    QUICK,
    SlackRig,
    _more_calls,
    _writes,
    doubtful,
    insist,
    logged,
    server,
    show,
    slack,
    taken,
    to,
)
from tests.fakes.slack_server import Gate


class TestSending:
    async def test_a_message_left_once_its_body_went_out_and_before_the_answer(self, slack: SlackRig) -> None:
        gate = slack.server.fault("slow", "chat.postMessage", gate=Gate()).gate
        assert gate is not None
        left = asyncio.Event()
        async with listening(slack):
            task = asyncio.create_task(slack.adapter.send(to(slack.address, "hello"), left.set))
            async with asyncio.timeout(PATIENCE):
                await gate.reached.wait()
            assert left.is_set()
            assert not task.done()
            gate.open.set()
            await task

    async def test_without_a_connection_nothing_left(self, slack: SlackRig) -> None:
        left = asyncio.Event()
        async with listening(slack):
            await slack.server.stop()
            with pytest.raises(RetryLater) as caught:
                await slack.adapter.send(to(slack.address, "hello"), left.set)
        assert not caught.value.unknown
        assert not left.is_set()

    @pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
    async def test_an_answer_that_was_lost_is_unknown_and_looked_for(self, slack: SlackRig, kind: str) -> None:
        what = to(slack.address, "hello")
        slack.server.fault(kind, "chat.postMessage")  # type: ignore[arg-type]
        async with listening(slack):
            with pytest.raises(RetryLater) as caught:
                await post(slack, what)
            receipt = await post(slack, doubtful(what))
            assert slack.ada.dm.texts == ["hello"]
        assert caught.value.unknown
        assert receipt.found == (kind == "drop-after")

    async def test_a_server_error_is_unknown(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "chat.postMessage", status=503, html=True)
        async with listening(slack):
            with pytest.raises(RetryLater) as caught:
                await post(slack, to(slack.address, "hello"))
        assert caught.value.unknown

    @pytest.mark.parametrize(("error", "gone"), [("account_inactive", True), ("not_in_channel", True), ("odd", False)])
    async def test_a_refusal_is_final(self, slack: SlackRig, error: str, gone: bool) -> None:
        slack.server.fault("refuse", "chat.postMessage", error=error)
        async with listening(slack):
            with pytest.raises(Undeliverable, match=error) as caught:
                await post(slack, to(slack.address, "hello"))
        assert caught.value.gone == gone

    async def test_a_missing_scope_is_waited_for(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "chat.postMessage", error="missing_scope")
        async with listening(slack):
            with pytest.raises(RetryLater, match="missing_scope"):
                await post(slack, to(slack.address, "hello"))

    async def test_blocks_that_are_refused_give_way_to_plain_words(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "chat.postMessage", error="invalid_blocks")
        async with listening(slack):
            await post(slack, to(slack.address, "a < b", Choice("Done", "d")))
        (sent,) = slack.ada.dm.from_bot
        assert sent["blocks"] == []
        assert sent["text"] == "a &lt; b\n[Done]"

    async def test_only_the_missing_parts_of_a_long_reply_are_sent_again(self, slack: SlackRig) -> None:
        what = to(slack.address, "\n\n".join(f"{number} " + "word " * 60 for number in range(80)))
        left: list[int] = []
        slack.server.fault("refuse", "chat.postMessage", status=429, error="ratelimited", after=3, when=_part(1))
        async with listening(slack):
            with pytest.raises(RetryLater) as caught:
                await slack.adapter.send(what, lambda: left.append(1))
            assert not caught.value.unknown
            assert left == [], "the last part did not leave"
            receipt = await slack.adapter.send(replace(what, attempt=2), lambda: left.append(1))
        assert left == [1]
        assert [message["ts"] for message in slack.ada.dm.from_bot] == list(receipt.message_ids)
        assert "".join(slack.ada.dm.texts).split() == what.reply.text.split()

    async def test_a_doubtful_delivery_in_a_thread_is_found_among_many(self, slack: SlackRig) -> None:
        slack.ada.say(f"{MENTION} hello", slack.general)
        root = next(iter(slack.general.messages))
        what = to(slack.at(slack.general, root), "here")
        async with listening(slack):
            first = await post(slack, what)
            for _ in range(450):
                ts = slack.server.ts()
                slack.general.messages[ts] = {"ts": ts, "user": "U9", "text": "x", "thread_ts": root}
            second = await post(slack, doubtful(what))
        assert second == replace(first, found=True)

    async def test_where_looking_is_forbidden_a_doubtful_delivery_is_sent(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "conversations.history", error="missing_scope")
        async with listening(slack):
            receipt = await post(slack, doubtful(to(slack.address, "hello")))
        assert not receipt.found

    async def test_while_looking_fails_a_delivery_stays_doubtful(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "conversations.history", status=500, times=3)
        async with listening(slack):
            with pytest.raises(RetryLater) as caught:
                await post(slack, doubtful(to(slack.address, "hello")))
        assert caught.value.unknown
        assert slack.ada.dm.texts == []

    async def test_a_model_cannot_ping_anyone(self, slack: SlackRig) -> None:
        words = f"Hi <!channel> <!here> {MENTION} <#C1> <!subteam^S1> @channel @everyone"
        slack.ada.say("hello")
        thread = next(iter(slack.ada.dm.messages))
        async with listening(slack):
            await post(slack, to(slack.at(slack.general), words))
            for address in (slack.at(slack.ada.dm), slack.at(slack.ada.dm, thread)):
                await show(slack, address, address.thread or "top", "Hi ", words[3:18], words[18:])
                await post(slack, to(address, words, cause=address.thread or "top"))
        assert slack.general.texts[0] == words, "it is shown as it was written"
        assert slack.ada.dm.texts == [words, words]
        for call in slack.server.journal:
            sent = str(call.params)
            for token in ("<!", "<@", "<#", "@channel", "@here", "@everyone"):
                assert token not in sent, (call.method, token)


def _part(number: int) -> object:
    return lambda params: params["metadata"]["event_payload"]["part"] == number


class TestPreviews:
    async def _thread(self, slack: SlackRig) -> Address:
        slack.ada.say("hello")
        return slack.at(slack.ada.dm, next(iter(slack.ada.dm.messages)))

    async def test_a_thread_in_a_direct_message_is_streamed_and_the_stream_is_the_reply(self, slack: SlackRig) -> None:
        address = await self._thread(slack)
        async with listening(slack):
            await show(slack, address, "turn:1", "The answer ", "is four. ")
            receipt = await post(slack, to(address, "The answer is four. Really.", Choice("Done", "d")))
            (message,) = slack.ada.dm.from_bot
            found = await post(slack, doubtful(to(address, "The answer is four. Really.")))
        assert message["text"] == "The answer is four. Really."
        assert not message["streaming"]
        assert message["blocks"][0]["type"] == "actions"
        assert receipt.message_ids == (message["ts"],) == found.message_ids
        assert found.found
        assert slack.ada.dm.statuses == ["is thinking"]
        assert len(slack.server.calls("chat.stopStream")) == 1
        assert not slack.server.calls("chat.postMessage", "chat.update")

    async def test_a_reply_that_differs_from_its_stream_is_rewritten(self, slack: SlackRig) -> None:
        address = await self._thread(slack)
        async with listening(slack):
            await show(slack, address, "turn:1", "I will remind ", "you at ten. ")
            await post(slack, to(address, "That time has passed."))
        assert slack.ada.dm.texts == ["That time has passed."]

    async def test_a_stream_that_slack_has_ended_is_rewritten(self, slack: SlackRig) -> None:
        address = await self._thread(slack)
        async with listening(slack):
            await show(slack, address, "turn:1", "The answer ", "is four. ")
            slack.ada.dm.from_bot[0]["streaming"] = False
            await post(slack, to(address, "The answer is four. Really."))
        assert slack.ada.dm.texts == ["The answer is four. Really."]

    @pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
    @pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
    async def test_no_lost_answer_of_a_stream_makes_two_replies(self, slack: SlackRig, method: str, kind: str) -> None:
        address, what = await self._thread(slack), "The answer is four. Really."
        slack.server.fault(kind, method)  # type: ignore[arg-type]
        delivery = to(address, what)
        async with listening(slack):
            await show(
                slack, address, "turn:1", "The answer ", *(["is four. "] if method != "chat.startStream" else [])
            )
            await insist(slack, delivery)
            assert slack.ada.dm.texts == [what]
        assert not slack.ada.dm.from_bot[0].get("streaming")

    @pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
    @pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
    async def test_no_lost_answer_of_an_edited_preview_makes_two_replies(
        self, slack: SlackRig, method: str, kind: str
    ) -> None:
        delivery = to(slack.address, "The answer is four.")
        slack.server.fault(kind, method)  # type: ignore[arg-type]
        async with listening(slack):
            await show(slack, slack.address, "turn:1", "The answer ")
            await insist(slack, delivery)
            assert slack.ada.dm.texts == ["The answer is four."]

    async def test_a_preview_left_by_a_dead_process_becomes_the_reply(self, slack: SlackRig) -> None:
        async with listening(slack):
            await show(slack, slack.address, "turn:1", "The answer ")
        fresh = SlackRig(slack.server)
        async with listening(fresh):
            receipt = await post(fresh, doubtful(to(slack.address, "The answer is four.")))
        assert slack.ada.dm.texts == ["The answer is four."]
        assert not receipt.found, "the preview is not the reply"

    async def test_a_preview_that_somebody_deleted_is_posted_anew(self, slack: SlackRig) -> None:
        async with listening(slack):
            await show(slack, slack.address, "turn:1", "The answer ")
            slack.ada.dm.messages.popitem()
            left: list[int] = []
            await slack.adapter.send(to(slack.address, "The answer is four."), lambda: left.append(1))
            assert left == [1], "once, although two requests left"
        assert slack.ada.dm.texts == ["The answer is four."]

    async def test_where_nobody_knows_who_asked_a_preview_in_a_channel_is_a_message(self, slack: SlackRig) -> None:
        root = {"type": "message", "user": "U9", "text": "hello", "ts": slack.server.ts()}
        slack.general.messages[root["ts"]] = root
        address = slack.at(slack.general, root["ts"])
        async with listening(slack):
            await show(slack, address, "turn:1", "The answer ", "is four")
            (preview,) = slack.general.from_bot
            assert (preview["thread_ts"], slack.general.texts) == (address.thread, ["The answer is fou"])
            receipt = await post(slack, to(address, "The answer is four."))
        assert slack.general.texts == ["The answer is four."]
        assert receipt.message_ids == (preview["ts"],)

    async def test_a_rate_limit_ends_the_preview_and_the_next_ones_for_a_while(self, slack: SlackRig) -> None:
        slack.server.rate_limit("chat.postMessage", 60)
        async with listening(slack):
            await show(slack, slack.address, "turn:1", "The answer ")
            stream = Stream(*(TextDelta(f"w{number} ") for number in range(20)))
            await slack.adapter.show(slack.address, "turn:2", aiter(stream))
            assert stream.ended
            assert len(slack.server.calls("chat.postMessage")) == 1
            await post(slack, to(slack.address, "four", cause="turn:2"))
        assert slack.ada.dm.texts == ["four"]

    async def test_a_cancelled_preview_is_taken_away(self, slack: SlackRig) -> None:
        address = await self._thread(slack)
        async with listening(slack):
            for where in (slack.address, address):
                stream = Stream(TextDelta("It is "), TextDelta("so"), stays_open=True)
                task = asyncio.create_task(slack.adapter.show(where, f"turn:{where.thread}", aiter(stream)))
                await slack.server.until(lambda: slack.ada.dm.from_bot)
                task.cancel()
                await asyncio.wait([task], timeout=PATIENCE)
                assert slack.ada.dm.from_bot == []

    async def test_a_delivery_that_overtakes_its_preview_ends_it(self, slack: SlackRig) -> None:
        gate = slack.server.fault("slow", "chat.postMessage", gate=Gate()).gate
        assert gate is not None
        stream = Stream(TextDelta("The answer "), stays_open=True)
        async with listening(slack):
            showing = asyncio.create_task(slack.adapter.show(slack.address, "turn:1", aiter(stream)))
            async with asyncio.timeout(PATIENCE):
                await gate.reached.wait()
            sending = asyncio.create_task(post(slack, to(slack.address, "The answer is four.")))
            gate.open.set()
            await sending
            showing.cancel()
            await asyncio.wait([showing], timeout=PATIENCE)
        assert slack.ada.dm.texts == ["The answer is four."]
        assert slack.ada.dm.deleted == []

    async def test_a_long_reply_takes_its_preview_as_the_first_part(self, slack: SlackRig) -> None:
        address = await self._thread(slack)
        text = " ".join(f"w{number}" for number in range(4_000))
        async with listening(slack):
            await show(slack, address, "turn:1", text[:500], text[500:1000])
            receipt = await post(slack, to(address, text))
        assert "".join(slack.ada.dm.texts).split() == text.split()
        assert len(receipt.message_ids) == len(slack.ada.dm.from_bot) == 3
        assert not any(message.get("streaming") for message in slack.ada.dm.from_bot)
