"""Slack keeps the promises of an adapter, and those of its own; the platform is the project's fake server."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from functools import partial

import pytest

from adapters.slack import create
from adapters.slack.adapter import SlackAdapter, Timing
from core.errors import ConfigurationError, RetryLater, Unavailable, Undeliverable
from core.messages import Address, Choice, Delivery, Reply, Status, TextDelta
from core.ports import Adapter
from core.settings import Settings
from tests.contract.adapter_suite import PATIENCE, AdapterSuite, Inbox, Rig, Said, Stream, listening, post
from tests.fakes.slack_server import BOT, BOT_USER, TEAM, Conversation, Envelope, Gate, SlackServer

QUICK = Timing(preview_pause=0.0, first_pause=0.0, drain=0.05)
MENTION = f"<@{BOT_USER}>"


class SlackRig(Rig):
    def __init__(self, server: SlackServer) -> None:
        self.server = server
        self.ada = server.person("Ada")
        self.general = server.channel()
        self.adapter = SlackAdapter(server.token, server.app_token, server.url, QUICK)
        self.address = self.at(self.ada.dm)
        self.gone = self.at(server.channel(closed="is_archived"))
        self._sent: dict[str, Envelope] = {}

    def at(self, where: Conversation, thread: str = "") -> Address:
        return Address("slack", TEAM, where.id, thread)

    async def say(self, text: str) -> Said:
        return self._keep(self.ada.say(text))

    async def seen(self) -> Sequence[str]:
        await self.server.until(lambda: True)
        return self.ada.dm.texts

    async def again(self, said: Said) -> None:
        self.server.again(self._sent[said.event])

    repeat = again

    async def press(self, choice: Choice) -> Said:
        newest = next(one for one in reversed(self.ada.dm.from_bot) if one.get("blocks", [])[-1]["type"] == "actions")
        return self._keep(self.ada.press(self.ada.dm, newest, choice.label))

    async def bot_says(self, text: str) -> Said:
        ours = {"type": "message", "user": BOT_USER, "bot_id": BOT, "text": text, "ts": self.server.ts()}
        self.server.announce(self.ada.dm, ours)
        other = {"type": "message", "subtype": "bot_message", "bot_id": "B9", "text": text, "ts": self.server.ts()}
        return self._keep(self.server.announce(self.ada.dm, other))

    async def misconfigured(self) -> tuple[Adapter, str]:
        return SlackAdapter("xoxb-wrong", self.server.app_token, self.server.url), "SLACK_BOT_TOKEN"

    async def refuse_next(self, after: dt.timedelta) -> None:
        self.server.rate_limit("chat.postMessage", int(after.total_seconds()))

    def foreign(self, task: asyncio.Task[object]) -> bool:
        coroutine = task.get_coro()
        return task.get_name() == "fake-slack" or "aiohttp" in str(getattr(coroutine, "cr_code", ""))

    def _keep(self, envelope: Envelope) -> Said:
        self._sent[envelope.id] = envelope
        return Said(envelope.id, envelope.taken)


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = await SlackServer().start()
    yield server
    await server.stop()
    assert server.problems == []


@pytest.fixture
async def slack(server: SlackServer) -> SlackRig:
    return SlackRig(server)


class TestSlack(AdapterSuite):
    @pytest.fixture
    async def rig(self, slack: SlackRig) -> Rig:
        return slack


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Every line and every field of it."""
    return caplog.text + str([vars(record) for record in caplog.records])


async def taken(envelope: Envelope) -> None:
    async with asyncio.timeout(PATIENCE):
        await envelope.taken.wait()


async def show(slack: SlackRig, address: Address, cause: str, *words: str) -> None:
    """A preview that stands there when this returns."""
    events: asyncio.Queue[str | None] = asyncio.Queue()

    async def stream() -> AsyncIterator[Status | TextDelta]:
        yield Status("is thinking")
        if address.thread:
            await slack.server.until(lambda: slack.server.calls("assistant.threads.setStatus"))
        while (word := await events.get()) is not None:
            yield TextDelta(word)

    task = asyncio.create_task(slack.adapter.show(address, cause, stream()))
    for word in words:
        before = _writes(slack.server)
        events.put_nowait(word)
        await slack.server.until(partial(_more_calls, slack.server, before))
    events.put_nowait(None)
    async with asyncio.timeout(PATIENCE):
        await task


def _writes(server: SlackServer) -> int:
    return sum(call.method.startswith("chat.") for call in server.journal)


def _more_calls(server: SlackServer, than: int) -> bool:
    return _writes(server) > than


def to(address: Address, text: str, *choices: Choice, cause: str = "turn:1") -> Delivery:
    return Delivery(1, cause, address, Reply(text, choices))


def doubtful(what: Delivery) -> Delivery:
    return replace(what, attempt=what.attempt + 1, doubtful=True)


async def insist(slack: SlackRig, what: Delivery) -> None:
    """Sends as the core does: once more, and in doubt, if nobody knows whether it arrived."""
    try:
        await post(slack, what)
    except RetryLater:
        await post(slack, doubtful(what))


class TestStart:
    def test_without_a_token_slack_is_off(self) -> None:
        assert create(Settings(_env_file=None, SLACK_BOT_TOKEN="")) is None

    def test_with_both_tokens_it_is_there(self) -> None:
        adapter = create(Settings(_env_file=None, SLACK_BOT_TOKEN="xoxb-1", SLACK_APP_TOKEN="xapp-1"))
        assert adapter is not None
        assert adapter.name == "slack"

    def test_without_an_app_token_the_setting_is_named(self) -> None:
        with pytest.raises(ConfigurationError, match="SLACK_APP_TOKEN"):
            create(Settings(_env_file=None, SLACK_BOT_TOKEN="xoxb-1", SLACK_SIGNING_SECRET="s", SLACK_APP_TOKEN=""))

    def test_the_package_alone_loads_none_of_slacks_libraries(self) -> None:
        code = (
            "import sys, adapters.slack; print([m for m in ('slack_sdk', 'slack_bolt', 'aiohttp') if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"

    async def test_a_wrong_app_token_is_named(self, server: SlackServer) -> None:
        with pytest.raises(ConfigurationError, match="SLACK_APP_TOKEN") as caught:
            async with SlackAdapter(server.token, "xapp-1-wrong", server.url).connect():
                pass
        assert "xapp-1-wrong" not in str(caught.value)

    @pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
    @pytest.mark.parametrize(("status", "html"), [(502, True), (500, False), (429, False)])
    async def test_a_slack_in_trouble_is_unavailable(
        self, slack: SlackRig, method: str, status: int, html: bool
    ) -> None:
        slack.server.fault("refuse", method, status=status, html=html, error="internal_error")
        with pytest.raises(Unavailable):
            async with slack.adapter.connect():
                pass

    async def test_a_slack_that_cannot_be_reached_is_unavailable(self, slack: SlackRig) -> None:
        await slack.server.stop()
        with pytest.raises(Unavailable):
            async with slack.adapter.connect():
                pass

    async def test_no_token_or_ticket_in_any_log(self, slack: SlackRig, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        for name in ("adapters.slack.library", "slack_sdk", "slack_bolt", "aiohttp", "asyncio"):
            caplog.set_level(logging.DEBUG, logger=name)
        slack.server.fault("drop-before", "users.info")
        async with listening(slack) as inbox:
            await slack.say("my secret words")
            await inbox.next()
            await post(slack, to(slack.address, "private answer"))
            slack.server.cut()
            await slack.server.until(lambda: slack.server.hellos == 2)
        for canary in (slack.server.token, slack.server.app_token, "ticket=", "secret words", "private answer"):
            assert canary not in logged(caplog)

    async def test_an_apps_client_id_in_the_environment_changes_nothing(
        self, slack: SlackRig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
            monkeypatch.setenv(name, "1.2")
        async with listening(slack) as inbox:
            slack.ada.say("hello")
            assert (await inbox.next()).text == "hello"


class TestHearing:
    async def test_a_direct_message_is_private_and_outside_threads(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            slack.ada.say("1 &lt; 2 &amp; see <https://example.com|example.com> or <https://example.com/x|this>")
            message = await inbox.next()
        assert message.text == "1 < 2 & see example.com or this (https://example.com/x)"
        assert message.private
        assert message.address == Address("slack", TEAM, slack.ada.dm.id, "")

    async def test_the_directory_tells_name_zone_and_language_once(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            slack.ada.say("one")
            slack.ada.say("two")
            senders = [(await inbox.next()).sender for _ in range(2)]
        assert {(one.name, one.zone, one.locale) for one in senders} == {("Ada", "Europe/Paris", "en-US")}
        assert len(slack.server.calls("users.info")) == 1

    async def test_a_message_arrives_when_the_directory_fails(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "users.info", status=500)
        async with listening(slack) as inbox:
            slack.ada.say("hello")
            sender = (await inbox.next()).sender
        assert (sender.account, sender.zone) == (slack.ada.id, None)

    async def test_a_mention_is_two_events_and_one_message(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            said = slack.ada.say(f"{MENTION}, what time is it?", slack.general)
            message = await inbox.next()
            await taken(said)
            slack.ada.say("next")
            assert (await inbox.next()).text == "next"
        assert message.text == "what time is it?"
        assert not message.private
        assert message.address.thread == message.message_id, "a mention is answered in its thread"

    async def test_both_events_of_a_mention_have_one_identity_in_every_process(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            inbox.refusals = 1
            said = slack.ada.say(f"{MENTION} hello", slack.general)
            async with asyncio.timeout(PATIENCE):
                first = await inbox.refused.get()
            second = await inbox.next()
            await taken(said)
        assert first.event_id == second.event_id

    async def test_talk_among_people_is_not_read(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            slack.ada.say("lunch?", slack.general)
            root = next(iter(slack.general.messages.values()))
            slack.ada.say("noon", slack.general, thread=root)
            slack.ada.say(f"{MENTION} hello", slack.general)
            assert (await inbox.next()).text == "hello"

    async def test_a_thread_with_the_assistant_needs_no_further_mention(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            slack.ada.say(f"{MENTION} hello", slack.general)
            first = await inbox.next()
            slack.ada.say("<@U2> can you help?", slack.general, thread=first.message_id)
            slack.ada.say("and tomorrow?", slack.general, thread=first.message_id)
            following = await inbox.next()
        assert following.text == "and tomorrow?"
        assert following.address == first.address

    async def test_a_thread_of_ours_is_recognised_after_a_restart(self, slack: SlackRig) -> None:
        slack.ada.say(f"{MENTION} hello", slack.general)
        root = next(iter(slack.general.messages.values()))
        async with listening(slack) as inbox:
            await inbox.next()
            await post(slack, to(slack.at(slack.general, root["ts"]), "hi"))
        fresh = SlackRig(slack.server)
        async with listening(fresh) as inbox:
            slack.ada.say("still there?", slack.general, thread=root)
            assert (await inbox.next()).text == "still there?"

    async def test_a_message_in_a_thread_waits_at_slack_while_nobody_can_tell_whose_it_is(
        self, slack: SlackRig
    ) -> None:
        slack.ada.say(f"{MENTION} hello", slack.general)
        root = next(iter(slack.general.messages))
        async with listening(slack) as inbox:
            await inbox.next()
        fresh = SlackRig(slack.server)
        slack.server.fault("refuse", "conversations.replies", status=503)
        async with listening(fresh) as inbox:
            said = slack.ada.say("still there?", slack.general, thread=root)
            await slack.server.until(lambda: slack.server.calls("conversations.replies"))
            slack.ada.say("meanwhile")
            assert (await inbox.next()).text == "meanwhile"
            assert not said.taken.is_set()
            slack.server.again(said)
            assert (await inbox.next()).text == "still there?"

    async def test_a_thread_that_slack_will_not_show_is_not_ours(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "conversations.replies", error="missing_scope")
        async with listening(slack):
            await taken(slack.ada.say("noon", slack.general, thread="1.1"))

    async def test_an_unforeseen_error_is_not_acknowledged_and_tells_nobodys_words(
        self, slack: SlackRig, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken = [True]

        class Broken(Inbox):
            async def __call__(self, message: object) -> None:
                await super().__call__(message)  # type: ignore[arg-type]
                if broken:
                    raise KeyError(str(message), broken.pop())

        inbox = Broken()
        async with slack.adapter.connect():
            task = asyncio.create_task(slack.adapter.listen(inbox))
            said = slack.ada.say("private words")
            await inbox.next()
            slack.server.again(said)
            await inbox.next()
            await taken(said)
            task.cancel()
            await asyncio.wait([task])
        assert "KeyError" in {getattr(record, "error", "") for record in caplog.records}
        assert "private words" not in logged(caplog)

    async def test_an_edit_of_the_words_is_an_edit(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            slack.ada.say("remind me at 9")
            first = await inbox.next()
            said = slack.ada.dm.messages[first.message_id]
            slack.ada.edit(slack.ada.dm, said, "remind me at 9", edited=False)  # a link was unfurled
            slack.ada.edit(slack.ada.dm, said, "remind me at 10")
            edit = await inbox.next()
        assert (edit.kind, edit.text, edit.message_id) == ("edit", "remind me at 10", first.message_id)
        assert edit.event_id != first.event_id

    @pytest.mark.parametrize(
        ("mimetype", "kind"), [("image/png", "photo"), ("audio/mp4", "voice"), ("video/mp4", "video"), ("", "file")]
    )
    async def test_a_file_is_an_attachment_with_its_caption(self, slack: SlackRig, mimetype: str, kind: str) -> None:
        async with listening(slack) as inbox:
            slack.ada.say("look", subtype="file_share", files=[{"id": "F1", "mimetype": mimetype}])
            message = await inbox.next()
        assert (message.kind, message.attachment, message.text) == ("attachment", kind, "look")

    async def test_a_button_in_a_channel_belongs_to_the_thread_of_its_message(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            receipt = await post(slack, to(slack.at(slack.general), "Stand up", Choice("Done", "d")))
            (shown,) = slack.general.from_bot
            slack.ada.press(slack.general, shown, "Done")
            message = await inbox.next()
        assert message.address.thread == message.message_id == receipt.message_ids[0]
        assert (message.text, message.choice) == ("Done", "d")

    async def test_the_stop_button_is_a_stop(self, slack: SlackRig) -> None:
        event = {"type": "agent_session_stopped", "user": slack.ada.id, "channel": slack.ada.dm.id}
        async with listening(slack) as inbox:
            slack.server.event(event | {"thread_ts": "1.2", "event_ts": slack.server.ts()})
            message = await inbox.next()
        assert (message.kind, message.address) == ("stop", slack.at(slack.ada.dm, "1.2"))

    async def test_what_is_not_for_us_is_acknowledged_and_logged_by_type(
        self, slack: SlackRig, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO)
        gone = {"type": "message", "subtype": "message_deleted", "channel": slack.ada.dm.id, "ts": "1.1"}
        async with listening(slack) as inbox:
            for envelope in (
                slack.server.event({"type": "reaction_added", "user": slack.ada.id, "reaction": "eyes"}),
                slack.server.event({"type": "never_seen", "words": "private"}),
                slack.server.event(gone),
                slack.server.event({"type": "message", "channel": 7, "text": "private"}),
                slack.ada.interact("shortcut", callback_id="x"),
                slack.ada.interact("block_actions", actions=[{"action_id": "choice:0", "value": "private"}]),
                slack.server.send("slash_commands", {"command": "/x", "text": "private", "team_id": TEAM}),
                slack.server.send("future", {"type": "future"}),
            ):
                await taken(envelope)
            assert inbox.kept.empty()
        assert "never_seen" in {getattr(record, "kind", "") for record in caplog.records}
        assert "private" not in logged(caplog)

    async def test_conversations_do_not_wait_for_each_other(self, slack: SlackRig) -> None:
        bob = slack.server.person("Bob")
        held = asyncio.Event()

        class Slow(Inbox):
            async def __call__(self, message: object) -> None:
                if message.sender.account == slack.ada.id:  # type: ignore[attr-defined]
                    await held.wait()
                await super().__call__(message)  # type: ignore[arg-type]

        inbox = Slow()
        async with slack.adapter.connect():
            task = asyncio.create_task(slack.adapter.listen(inbox))
            slack.ada.say("first")
            slack.ada.say("second")
            bob.say("quick")
            assert (await inbox.next()).text == "quick"
            held.set()
            assert [(await inbox.next()).text for _ in range(2)] == ["first", "second"]
            task.cancel()
            await asyncio.wait([task])


class TestSockets:
    async def test_a_refresh_opens_the_next_socket_before_the_old_one_goes(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            slack.ada.say("before")
            await inbox.next()
            await slack.server.refresh()
            await slack.server.until(lambda: slack.server.hellos == 2)
            slack.ada.say("after")
            assert (await inbox.next()).text == "after"
            await slack.server.until(lambda: len(slack.server.sockets) == 1)

    async def test_what_was_on_a_socket_that_broke_comes_by_the_next(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            inbox.open.clear()
            said = slack.ada.say("hold on")
            async with asyncio.timeout(PATIENCE):
                await inbox.entered.wait()
            slack.server.cut()
            await slack.server.until(lambda: slack.server.hellos == 2)
            inbox.open.set()
            assert (await inbox.next()).text == "hold on"
            await taken(said)
            slack.ada.say("next")
            assert (await inbox.next()).text == "next", "the message that came twice was handed over once"

    async def test_it_connects_again_through_every_kind_of_trouble(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            slack.ada.say("one")
            await inbox.next()
            for kind, more in (
                ("drop-before", {}),
                ("refuse", {"status": 503, "html": True}),
                ("refuse", {"error": "x"}),
            ):
                slack.server.fault(kind, "apps.connections.open", **more)  # type: ignore[arg-type]
            slack.server.cut()
            slack.ada.say("two")
            assert (await inbox.next()).text == "two"
        assert not slack.server.faults


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
        slack.server.fault("refuse", "conversations.history", status=500)
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

    async def test_a_preview_in_a_channel_stands_in_the_thread_for_everybody(self, slack: SlackRig) -> None:
        slack.ada.say(f"{MENTION} hello", slack.general)
        address = slack.at(slack.general, next(iter(slack.general.messages)))
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


async def test_a_burst_in_a_workspace_is_acknowledged_whole(slack: SlackRig) -> None:
    people = [slack.server.person(f"P{number}") for number in range(20)]
    async with listening(slack) as inbox:
        said = [person.say(f"{number}") for number in range(10) for person in people]
        got: dict[str, list[str]] = {}
        for _ in said:
            message = await inbox.next()
            got.setdefault(message.sender.account, []).append(message.text)
        for envelope in said:
            await taken(envelope)
    assert got == {person.id: [str(number) for number in range(10)] for person in people}
