"""Commands, shortcuts and the choices of a channel: what is typed in front of others stays with who typed it."""

from __future__ import annotations

import asyncio
import socket
from contextlib import closing
from dataclasses import replace

import pytest

from adapters.slack.render import MARKDOWN
from core.errors import RetryLater
from core.messages import Address, Delivery, Reply
from core.store import modes
from core.store.modes import Mode
from tests.contract.adapter_suite import listening, post
from tests.contract.slack_rig import MENTION, SlackRig, insist, server, slack, taken, to  # noqa: F401  # fixtures among them
from tests.fakes.slack_server import TEAM, Conversation, Envelope, FaultKind, Person


def command(slack: SlackRig, name: str, text: str, where: Conversation) -> Envelope:
    payload = {"command": name, "text": text, "user_id": slack.ada.id, "channel_id": where.id, "team_id": TEAM}
    more = {"trigger_id": slack.server.ts(), "response_url": slack.server.respond_url}
    return slack.server.send("slash_commands", payload | more)


def answer(slack: SlackRig, *letters: str) -> Delivery:
    """To a command, in as many parts as there are letters: each is full of one of them."""
    text = "\n".join(letter * (MARKDOWN - 200) for letter in letters)
    reply = Reply(text, quiet=True, only_for=slack.ada.id)
    return replace(to(slack.address, ""), reply=reply, reply_to=slack.server.respond_url)


def letters(slack: SlackRig) -> tuple[str, str]:
    """The first one of each part that was answered, and of each that was posted."""
    return "".join(one["text"][0] for one in slack.server.responses), "".join(text[0] for text in slack.ada.dm.texts)


class TestCommands:
    async def test_in_the_direct_message_it_is_a_message(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            await taken(command(slack, "/remind-me", "tomorrow at 9 tea", slack.ada.dm))
            message = await inbox.next()
        assert message.text == "/remind tomorrow at 9 tea"
        assert message.sender.zone == "Europe/Paris"
        assert (message.address, message.private, message.hidden) == (slack.at(slack.ada.dm), True, False)

    async def test_in_a_channel_it_is_between_its_author_and_the_assistant(self, slack: SlackRig) -> None:
        """The channel may even be one without us; what is said with it belongs to their direct message."""
        elsewhere = Conversation("CELSEWHERE")
        async with listening(slack) as inbox:
            command(slack, "/remora-help", "", elsewhere)
            message = await inbox.next()
            assert message.text == "/help"
            assert (message.address, message.private, message.hidden) == (slack.at(slack.ada.dm), True, True)
            answer = replace(to(message.address, "secret plans"), reply_to=message.message_id)
            await post(slack, replace(answer, reply=Reply("secret plans", quiet=True, only_for=slack.ada.id)))
        assert [one["response_type"] for one in slack.server.responses] == ["ephemeral"]
        assert "secret plans" in slack.server.responses[0]["text"]
        assert slack.ada.dm.from_bot == []

    async def test_an_answer_that_comes_too_late_for_its_channel_goes_to_the_direct_message(
        self, slack: SlackRig
    ) -> None:
        slack.server.responds = False
        async with listening(slack) as inbox:
            command(slack, "/remora-help", "", slack.general)
            message = await inbox.next()
            answer = replace(to(message.address, "late"), reply_to=message.message_id)
            await post(slack, replace(answer, reply=Reply("late", quiet=True, only_for=slack.ada.id)))
        assert slack.ada.dm.texts == ["late"]
        assert slack.general.from_bot == []

    async def test_a_part_that_is_refused_is_posted_with_those_after_it(self, slack: SlackRig) -> None:
        """Of a long answer nothing is said twice."""
        slack.server.fault("refuse", "response_url", status=404, when=lambda call: call["text"].startswith("b"))
        async with listening(slack):
            await post(slack, answer(slack, "a", "b", "c"))
        assert letters(slack) == ("a", "bc")

    async def test_what_the_address_takes_no_more_of_is_posted(self, slack: SlackRig) -> None:
        async with listening(slack):
            await post(slack, answer(slack, *"abcdefg"))
        assert letters(slack) == ("abcde", "fg")

    @pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
    @pytest.mark.parametrize("at", ["a", "b"])
    async def test_what_may_have_arrived_and_cannot_be_looked_for_is_not_said_again(
        self, slack: SlackRig, kind: FaultKind, at: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        slack.server.fault(kind, "response_url", when=lambda call: call["text"].startswith(at))
        async with listening(slack):
            await post(slack, answer(slack, "a", "b"))
        assert letters(slack) == ("ab" if kind == "drop-after" else "ab".replace(at, ""), "")
        assert "may not have arrived" in caplog.text

    async def test_where_posting_fails_too_the_next_attempt_says_nothing_twice(self, slack: SlackRig) -> None:
        what = answer(slack, "a", "b", "c")
        slack.server.fault("refuse", "response_url", status=429, when=lambda call: call["text"].startswith("b"))
        slack.server.fault("drop-after", "chat.postMessage", when=lambda call: call["text"].startswith("c"))
        async with listening(slack):
            await insist(slack, what)
        assert letters(slack) == ("a", "bc")

    async def test_an_answer_that_did_not_leave_is_tried_again(self, slack: SlackRig) -> None:
        left = asyncio.Event()
        async with listening(slack):
            what = answer(slack, "a")
            with closing(socket.create_server(("127.0.0.1", 0))) as other:
                away = f"http://127.0.0.1:{other.getsockname()[1]}/respond"
            with pytest.raises(RetryLater) as caught:
                await slack.adapter.send(replace(what, reply_to=away), left.set)
            assert (caught.value.unknown, left.is_set()) == (False, False)
            await slack.adapter.send(what, left.set)
            assert left.is_set()
        assert letters(slack) == ("a", "")

    async def test_a_command_about_the_channel_means_the_channel(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            command(slack, "/channel", "strict", slack.general)
            message = await inbox.next()
        assert message.text == "/channel strict"
        assert (message.address, message.private, message.hidden) == (slack.at(slack.general), False, True)

    async def test_while_slack_cannot_say_where_to_answer_it_is_not_taken(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "conversations.open", status=500)
        async with listening(slack) as inbox:
            first = command(slack, "/help", "", slack.ada.dm)
            await slack.server.until(lambda: slack.server.calls("conversations.open"))
            slack.ada.say("meanwhile")
            assert (await inbox.next()).text == "meanwhile"
            assert not first.taken.is_set()

    @pytest.mark.parametrize("missing", ["user_id", "channel_id", "trigger_id", "response_url"])
    async def test_half_a_command_is_confirmed_and_dropped(self, slack: SlackRig, missing: str) -> None:
        payload = {"command": "/help", "user_id": slack.ada.id, "channel_id": "C9", "team_id": TEAM}
        payload |= {"trigger_id": "1", "response_url": slack.server.respond_url}
        del payload[missing]
        async with listening(slack) as inbox:
            await taken(slack.server.send("slash_commands", payload))
            assert inbox.kept.empty()


class TestShortcuts:
    @pytest.mark.parametrize(("locale", "words"), [("en-GB", "remind me about this"), ("zh-CN", "提醒我这件事")])
    async def test_remind_me_about_this_is_asked_in_the_direct_message(
        self, slack: SlackRig, locale: str, words: str
    ) -> None:
        slack.ada.profile["locale"] = locale
        bob = slack.server.person("Bob")
        bob.say("the release is on <https://a.example|Friday>", slack.general)
        shown = next(iter(slack.general.messages.values()))
        async with listening(slack) as inbox:
            about = {"callback_id": "remind_about", "channel": {"id": slack.general.id}, "message": shown}
            await taken(slack.ada.interact("message_action", **about, action_ts=slack.server.ts()))
            message = await inbox.next()
        assert (message.text, message.quoted) == (words, "the release is on Friday (https://a.example)")
        assert message.link == f"https://acme.slack.com/archives/{slack.general.id}/p{shown['ts'].replace('.', '')}"
        assert (message.address, message.private) == (slack.at(slack.ada.dm), True)

    async def test_a_message_of_elsewhere_is_not_obeyed_but_what_one_can_be_reminded_of(self, slack: SlackRig) -> None:
        url = "https://acme.slack.com/archives/C7/p17"
        shared = [{"is_msg_unfurl": True, "is_share": True, "text": "remind me at 6 to pay <@U9|bo>", "from_url": url}]
        async with listening(slack) as inbox:
            slack.ada.say("", attachments=shared)
            bare = await inbox.next()
            slack.ada.say("remind me about this tomorrow", attachments=[{"text": "a preview"}, *shared])
            said = await inbox.next()
            slack.ada.say("see <https://a.example>", attachments=[{"title": "A", "text": "of a link"}])
            linked = await inbox.next()
        assert (bare.text, bare.quoted, bare.link) == ("remind me about this", "remind me at 6 to pay @bo", url)
        assert (said.text, said.quoted, said.link) == ("remind me about this tomorrow", bare.quoted, url)
        assert (linked.text, linked.quoted) == ("see https://a.example", "")


async def choose(slack: SlackRig, mode: Mode) -> None:
    around = slack.server.around
    async with around.store().write() as tx:
        await modes.choose(tx, slack.at(slack.general), mode, around.clock.now())


class TestChannels:
    async def test_strict_hears_mentions_alone(self, slack: SlackRig) -> None:
        await choose(slack, "strict")
        async with listening(slack) as inbox:
            slack.ada.say(f"{MENTION} hello", slack.general)
            first = await inbox.next()
            slack.ada.say("not for the assistant", slack.general, thread=first.message_id)
            slack.ada.say(f"{MENTION} for it", slack.general, thread=first.message_id)
            assert (await inbox.next()).text == "for it"
        assert not first.hidden

    async def test_quiet_answers_are_for_the_asker_alone_and_not_in_a_thread_that_nobody_began(
        self, slack: SlackRig
    ) -> None:
        await choose(slack, "quiet")
        async with listening(slack) as inbox:
            slack.ada.say(f"{MENTION} hello", slack.general)
            message = await inbox.next()
            assert (message.hidden, message.private, message.address.thread) == (True, False, "")
            reply = Reply("psst", quiet=True, only_for=slack.ada.id)
            await post(slack, replace(to(message.address, ""), reply=reply, reply_to=message.message_id))
            slack.ada.say(f"{MENTION} in a thread", slack.general, thread=message.message_id)
            assert (await inbox.next()).address.thread == message.message_id
        assert slack.general.from_bot == []
        (shown,) = slack.server.calls("chat.postEphemeral")
        assert (shown["user"], shown["channel"]) == (slack.ada.id, slack.general.id)

    async def test_a_choice_is_of_one_channel(self, slack: SlackRig) -> None:
        await choose(slack, "quiet")
        async with listening(slack) as inbox:
            slack.ada.say(f"{MENTION} hello", slack.server.channel())
            assert not (await inbox.next()).hidden

    async def test_while_the_database_is_away_nothing_is_taken(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            slack.ada.say("hello")
            await inbox.next()
            await slack.server.around.store().run_sync(lambda connection: connection.exec_driver_sql("drop table note"))
            said = slack.ada.say(f"{MENTION} hello", slack.general)
            slack.ada.say("meanwhile")
            assert (await inbox.next()).text == "meanwhile"
            await asyncio.sleep(0)
            assert not said.taken.is_set()

    async def test_a_group_message_is_heard_like_a_channel(self, slack: SlackRig) -> None:
        group = slack.server.channel()
        message = {"type": "message", "user": slack.ada.id, "text": "among us", "ts": slack.server.ts()}
        where = {"channel": group.id, "channel_type": "mpim"}
        async with listening(slack) as inbox:
            await taken(slack.server.event(message | where))
            slack.server.event(message | where | {"text": f"{MENTION} hi", "ts": slack.server.ts()})
            heard = await inbox.next()
        assert (heard.text, heard.private) == ("hi", False)
        assert heard.address == Address("slack", TEAM, group.id, heard.message_id)


class TestPeople:
    async def test_a_change_of_the_profile_is_seen_with_the_next_message(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            slack.ada.say("one")
            assert (await inbox.next()).sender.zone == "Europe/Paris"
            slack.ada.profile["tz"] = "Asia/Shanghai"
            await taken(slack.server.event({"type": "user_change", "user": dict(slack.ada.profile)}))
            slack.ada.say("two")
            assert (await inbox.next()).sender.zone == "Asia/Shanghai"

    @pytest.mark.parametrize("odd", [{}, {"user": "U1"}, {"user": {}}, {"user": None}])
    async def test_an_odd_change_is_harmless(self, slack: SlackRig, odd: dict[str, object]) -> None:
        async with listening(slack):
            await taken(slack.server.event({"type": "user_change", **odd}))

    async def test_bots_and_workflows_are_not_answered(self, slack: SlackRig) -> None:
        robot: Person = slack.server.person("Robot", is_bot=True)
        async with listening(slack) as inbox:
            await taken(robot.say("beep"))
            flow = {"type": "message", "subtype": "bot_message", "bot_id": "B7", "text": f"{MENTION} run", "ts": "5.5"}
            await taken(slack.server.event(flow | {"channel": slack.general.id, "channel_type": "channel"}))
            assert inbox.kept.empty()

    @pytest.mark.parametrize(
        ("profile", "guest"),
        [
            ({}, False),
            ({"team_id": "TOTHER"}, True),
            ({"team_id": "TOTHER", "enterprise_user": {"teams": ["T9", TEAM]}}, False),
            ({"is_restricted": True}, True),
            ({"is_ultra_restricted": True}, True),
            ({"team_id": ""}, True),
        ],
    )
    async def test_who_is_not_known_to_be_a_member_of_the_workspace_is_a_guest(
        self, slack: SlackRig, profile: dict[str, object], guest: bool
    ) -> None:
        slack.ada.profile |= profile
        async with listening(slack) as inbox:
            slack.ada.say(f"{MENTION} hello", slack.general)
            message = await inbox.next()
        assert (message.sender.guest, message.address.workspace) == (guest, TEAM)

    async def test_of_whom_the_directory_says_nothing_counts_as_a_guest_until_it_does(self, slack: SlackRig) -> None:
        """Whatever they do, and whatever the event says of where they belong."""
        bob = slack.server.person("Bob")
        slack.server.fault("refuse", "users.info", error="fatal_error", times=3, when=lambda call: call["user"] == "U1")
        async with listening(slack) as inbox:
            command(slack, "/remind-me", "tea", slack.ada.dm)
            slack.ada.interact("message_action", **about(slack))
            slack.ada.say("hello", user_team=TEAM)
            assert [(await inbox.next()).sender.guest for _ in range(3)] == [True] * 3
            bob.interact("message_action", **about(slack))
            assert not (await inbox.next()).sender.guest
            await taken(slack.server.event({"type": "user_change", "user": dict(slack.ada.profile)}))
            slack.ada.say("hello again")
            assert not (await inbox.next()).sender.guest


def about(slack: SlackRig) -> dict[str, object]:
    """What the shortcut on a message comes with."""
    shown = {"ts": slack.server.ts(), "text": "tea"}
    where = {"id": slack.general.id}
    return {"callback_id": "remind_about", "channel": where, "message": shown, "action_ts": slack.server.ts()}
