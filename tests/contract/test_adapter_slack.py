"""Slack keeps the promises of an adapter, and those of its own; the platform is the project's fake server."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from adapters import Surroundings
from adapters.slack import create
from adapters.slack.adapter import SlackAdapter
from core.clock import SystemClock
from core.errors import ConfigurationError, Unavailable
from core.messages import Address, Choice, ReplyEvent, Status, TextDelta
from core.ports import Adapter
from core.settings import Settings
from tests.contract.adapter_suite import PATIENCE, AdapterSuite, Inbox, Rig, listening, post
from tests.contract.slack_rig import (  # noqa: F401  # fixtures among them
    KEY,
    MENTION,
    PUBLIC,
    QUICK,
    SlackRig,
    _more_calls,
    _writes,
    doubtful,
    insist,
    keys,
    logged,
    server,
    show,
    slack,
    taken,
    to,
)
from tests.fakes.slack_server import TEAM, SlackServer


class TestSlack(AdapterSuite):
    @pytest.fixture
    async def rig(self, slack: SlackRig) -> Rig:
        return slack


def made(**given: str) -> Adapter | None:
    """The adapter that these settings give, without a connection."""
    around = Surroundings(SystemClock(), KEY, None, {}, public_url=given.get("PUBLIC_URL", ""))  # type: ignore[arg-type]
    return create(Settings(_env_file=None, **given), around)


BOT_TOKEN = {"SLACK_BOT_TOKEN": "xoxb-1"}
OVER_HTTP = {"SLACK_SIGNING_SECRET": "s", "PUBLIC_URL": PUBLIC}


class TestStart:
    def test_without_a_token_slack_is_off(self) -> None:
        assert made() is None
        assert made(**OVER_HTTP) is None

    @pytest.mark.parametrize(
        ("given", "hooked"),
        [
            (BOT_TOKEN | {"SLACK_APP_TOKEN": "xapp-1"}, False),
            (BOT_TOKEN | OVER_HTTP, True),
            (BOT_TOKEN | OVER_HTTP | {"SLACK_APP_TOKEN": "xapp-1"}, False),
            (BOT_TOKEN | OVER_HTTP | {"SLACK_APP_TOKEN": "xapp-1", "SLACK_EVENTS": "http"}, True),
            (OVER_HTTP | {"SLACK_CLIENT_ID": "1", "SLACK_CLIENT_SECRET": "s"}, True),
        ],
    )
    def test_events_come_by_socket_or_over_http(self, given: dict[str, str], hooked: bool) -> None:
        adapter = made(**given)
        assert adapter is not None
        assert (adapter.name, adapter.capabilities.hooked) == ("slack", hooked)

    @pytest.mark.parametrize(
        ("given", "named"),
        [
            (BOT_TOKEN | {"SLACK_SIGNING_SECRET": "s"}, "SLACK_APP_TOKEN"),
            (BOT_TOKEN | OVER_HTTP | {"SLACK_EVENTS": "socket"}, "SLACK_APP_TOKEN"),
            (
                BOT_TOKEN | {"SLACK_APP_TOKEN": "x", "SLACK_EVENTS": "http", "PUBLIC_URL": PUBLIC},
                "SLACK_SIGNING_SECRET",
            ),
            (OVER_HTTP | {"SLACK_CLIENT_ID": "1"}, "SLACK_CLIENT_SECRET"),
            ({"SLACK_CLIENT_ID": "1", "SLACK_CLIENT_SECRET": "s", "SLACK_APP_TOKEN": "x"}, "PUBLIC_URL"),
        ],
    )
    def test_what_is_missing_is_named(self, given: dict[str, str], named: str) -> None:
        with pytest.raises(ConfigurationError, match=named):
            made(**given)

    def test_the_package_alone_loads_none_of_slacks_libraries(self) -> None:
        code = (
            "import sys, adapters.slack; print([m for m in ('slack_sdk', 'starlette', 'aiohttp') if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]"

    async def test_a_wrong_app_token_is_named(self, server: SlackServer) -> None:
        with pytest.raises(ConfigurationError, match="SLACK_APP_TOKEN") as caught:
            async with SlackAdapter(keys(server, app_token="xapp-1-wrong"), server.around).connect():
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
        for name in ("adapters.slack.library", "slack_sdk", "aiohttp", "asyncio"):
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
        slack.server.fault("refuse", "users.info", status=500, times=3)
        async with listening(slack) as inbox:
            slack.ada.say("hello")
            sender = (await inbox.next()).sender
        assert (sender.account, sender.zone) == (slack.ada.id, None)

    @pytest.mark.parametrize(("seconds", "calls"), [(3_600, 1), (0, 3)])
    async def test_a_directory_that_wants_us_to_wait_holds_nobody_up(
        self, slack: SlackRig, seconds: int, calls: int
    ) -> None:
        """A moment is waited for, an hour is not."""
        slack.server.rate_limit("users.info", seconds, times=2)
        async with listening(slack) as inbox:
            slack.ada.say("hello")
            assert (await inbox.next()).sender.account == slack.ada.id
        assert len(slack.server.calls("users.info")) == calls

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

    async def test_in_a_thread_the_message_that_began_it_can_be_found_again(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            slack.ada.say(f"{MENTION} remind me", slack.general)
            first = await inbox.next()
            slack.ada.say("about this", slack.general, thread=first.message_id)
            second = await inbox.next()
        assert first.link == ""
        digits = first.message_id.replace(".", "")
        assert second.link == f"https://acme.slack.com/archives/{slack.general.id}/p{digits}"

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
        slack.server.fault("refuse", "conversations.replies", status=503, times=3)
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


class TestGrowing:
    async def test_what_is_there_at_once_is_not_shown_growing(self, slack: SlackRig) -> None:
        async def words() -> AsyncIterator[ReplyEvent]:
            yield Status("is thinking")
            yield TextDelta("quick")

        adapter = SlackAdapter(keys(slack.server), slack.server.around, replace(QUICK, hold=PATIENCE))
        async with adapter.connect(), asyncio.timeout(PATIENCE / 2):
            await adapter.show(slack.at(slack.ada.dm, slack.server.ts()), "turn:1", words())
        assert not slack.server.calls("chat.postMessage", "chat.startStream", "assistant.threads.setStatus")

    async def test_what_more_than_can_be_shown_grows_unseen_and_is_no_slower(self, slack: SlackRig) -> None:
        over = asyncio.Event()

        async def slow(number: int) -> AsyncIterator[ReplyEvent]:
            yield TextDelta(f"words {number} ")
            if number < 20:
                await over.wait()

        async with slack.adapter.connect(), asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(slack.adapter.show(slack.at(slack.server.channel()), f"turn:{number}", slow(number)))
            await asyncio.sleep(0)
            async with asyncio.timeout(PATIENCE):
                await slack.adapter.show(slack.address, "turn:20", slow(20))
            over.set()
        assert slack.ada.dm.texts == []
