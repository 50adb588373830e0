"""Slack besides plain messages: the agent surface, replies that grow, answers for one person alone, buttons that go."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from functools import partial

from adapters.slack.adapter import SlackAdapter
from core.messages import Address, Choice, Delivery, Moment, Reply, Status, TextDelta
from tests.contract.adapter_suite import Stream, listening, post
from tests.contract.slack_rig import (  # noqa: F401  # fixtures among them
    MENTION,
    QUICK,
    SlackRig,
    doubtful,
    keys,
    opened,
    server,
    show,
    slack,
    taken,
    to,
)
from tests.fakes.slack_server import TEAM, read


def thread(slack: SlackRig, text: str = "hello") -> Address:
    """A direct message that was answered in its own thread."""
    slack.ada.say(text)
    return slack.at(slack.ada.dm, next(reversed(slack.ada.dm.messages)))


def _asked_often(slack: SlackRig, than: int) -> bool:
    return len(slack.server.calls("assistant.threads.setStatus")) > than


class TestAgent:
    async def test_who_opens_the_conversation_sees_what_to_ask(self, slack: SlackRig) -> None:
        slack.ada.profile["locale"] = "zh-CN"
        async with listening(slack):
            await taken(opened(slack, "messages"))
        (prompts,) = slack.ada.dm.prompts
        assert "thread_ts" not in prompts, "with it, Slack ignores the call in silence"
        assert [one["title"] for one in prompts["prompts"]] == ["提醒我", "我的提醒", "我的日程", "你能做什么？"]

    async def test_a_conversation_is_a_session_named_by_its_question(self, slack: SlackRig) -> None:
        slack.adapter = SlackAdapter(keys(slack.server, agent_view=True), slack.server.around, QUICK)
        async with listening(slack) as inbox:
            address = thread(slack, "what   is\ntwo and two? <!here>")
            message = await inbox.next()
            assert message.address == address, "a direct message begins a thread of its own"
            await show(slack, address, "turn:1", "Four, ")
            assert slack.ada.dm.sessions == ["processing"]
            await post(slack, to(address, "Four, I think."))
        assert slack.server.calls("chat.stopStream")[0]["session_status"] == "active"
        assert [title.replace("\u200b", "") for title in slack.ada.dm.titles] == ["what is two and two? @here"]
        assert "@here" not in slack.ada.dm.titles[0], "a title pings nobody"

    async def test_an_answer_that_was_no_stream_ends_the_session_too(self, slack: SlackRig) -> None:
        root = {"type": "message", "user": "U9", "text": "hello", "ts": slack.server.ts()}
        slack.general.messages[root["ts"]] = root
        async with listening(slack):
            await show(slack, slack.at(slack.general, root["ts"]), "turn:1", "Four, ")
            await post(slack, to(slack.at(slack.general, root["ts"]), "Four, I think."))
        assert slack.general.sessions == ["processing", "active"]

    async def test_an_app_without_sessions_is_not_asked_for_ever(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "agents.sessions.setStatus", error="not_allowed", times=9)
        async with listening(slack):
            for number in range(5):
                address = thread(slack)
                stream = Stream(Status("is thinking"), stays_open=True)
                showing = asyncio.create_task(slack.adapter.show(address, f"turn:{number}", aiter(stream)))
                await slack.server.until(partial(_asked_often, slack, number))
                await post(slack, to(address, "Four, I think.", cause=f"turn:{number}"))
                showing.cancel()
                await asyncio.wait([showing])
        asked = [call for call in slack.server.calls("agents.sessions.setStatus") if call["status"] == "processing"]
        assert len(asked) == 3
        assert slack.ada.dm.texts == ["Four, I think."] * 5

    async def test_the_older_pane_has_prompts_and_a_title_in_its_thread(self, slack: SlackRig) -> None:
        root = {"type": "message", "user": "UBOT", "text": "New Assistant Thread", "ts": slack.server.ts()}
        slack.ada.dm.messages[root["ts"]] = root
        pane = {"user_id": slack.ada.id, "channel_id": slack.ada.dm.id, "thread_ts": root["ts"], "context": {}}
        async with listening(slack) as inbox:
            event = {"type": "assistant_thread_started", "assistant_thread": pane, "event_ts": "1.1"}
            await taken(slack.server.event(event))
            slack.ada.say("two and two?", thread=root)
            address = (await inbox.next()).address
            await show(slack, address, "turn:1", "Four, ")
            await post(slack, to(address, "Four, I think."))
        assert slack.ada.dm.prompts[0]["thread_ts"] == root["ts"] == address.thread
        assert slack.ada.dm.titles == ["two and two?"]
        assert slack.ada.dm.sessions == []

    async def test_a_rating_says_which_answer_is_meant_and_is_answered_in_private(self, slack: SlackRig) -> None:
        slack.ada.say(f"{MENTION} hello", slack.general)
        address = slack.at(slack.general, next(iter(slack.general.messages)))
        async with listening(slack) as inbox:
            await inbox.next()
            await post(slack, replace(to(address, "Four.", cause="turn:17"), reply=Reply("Four.", rated=True)))
            (message,) = slack.general.from_bot
            block = message["blocks"][-1]
            action = {"action_id": block["elements"][0]["action_id"], "block_id": block["block_id"], "value": "bad"}
            action["action_ts"] = slack.server.ts()
            slack.ada.interact("block_actions", channel={"id": slack.general.id}, message=message, actions=[action])
            rating = await inbox.next()
        assert block["type"] == "context_actions"
        assert (rating.kind, rating.choice, rating.hidden) == ("choice", "feedback:17:bad", True)


class TestStreams:
    async def test_where_streams_are_refused_the_answer_grows_as_a_message(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "chat.startStream", error="feature_not_enabled")
        async with listening(slack):
            for number in (1, 2):
                address = thread(slack)
                await show(slack, address, f"turn:{number}", "The answer ", "is four. ")
                await post(slack, to(address, "The answer is four.", cause=f"turn:{number}"))
        assert slack.ada.dm.texts == ["The answer is four."] * 2
        assert len(slack.server.calls("chat.startStream")) == 1, "what Slack does not have is not asked for again"
        assert len(slack.server.calls("chat.update")) >= 3

    async def test_a_stream_that_timed_out_goes_on_as_a_message(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "chat.appendStream", error="message_not_in_streaming_state")
        address = thread(slack)
        async with listening(slack):
            await show(slack, address, "turn:1", "The answer ", "is ", "four. ")
            await post(slack, to(address, "The answer is four."))
        assert slack.ada.dm.texts == ["The answer is four."]
        assert not slack.ada.dm.from_bot[0]["streaming"]
        assert len(slack.server.calls("chat.appendStream")) == 1

    async def test_a_message_that_still_streams_for_slack_is_ended_and_rewritten(self, slack: SlackRig) -> None:
        address = thread(slack)
        async with listening(slack):
            await show(slack, address, "turn:1", "The answer ")
            slack.server.fault("refuse", "chat.stopStream", error="message_not_in_streaming_state")
            await post(slack, to(address, "The answer is four."))
        assert slack.ada.dm.texts == ["The answer is four."]
        assert slack.server.problems == ["chat.update: streaming_state_conflict"]
        slack.server.problems.clear()

    async def test_what_takes_a_while_has_a_card_that_ends_with_the_answer(self, slack: SlackRig) -> None:
        address = thread(slack)
        stream = Stream(Status("is thinking"), Status("looks it up", task=True), stays_open=True)
        async with listening(slack):
            showing = asyncio.create_task(slack.adapter.show(address, "turn:1", aiter(stream)))
            await slack.server.until(lambda: slack.ada.dm.from_bot)
            (message,) = slack.ada.dm.from_bot
            assert message["cards"] == {"looks it up": "in_progress"}
            await post(slack, to(address, "The answer is four."))
            showing.cancel()
            await asyncio.wait([showing])
        assert message["cards"] == {"looks it up": "complete"}
        assert slack.ada.dm.texts == ["The answer is four."]

    async def test_a_stream_left_by_a_dead_process_becomes_the_answer(self, slack: SlackRig) -> None:
        address = thread(slack)
        async with listening(slack):
            await show(slack, address, "turn:1", "The ans")
        fresh = SlackRig(slack.server)
        async with listening(fresh):
            answer = replace(doubtful(to(address, "It is four.")), attempt=1, reply_to=address.thread)
            await post(fresh, answer)
            (message,) = slack.ada.dm.from_bot
            found = await post(fresh, replace(answer, attempt=2))
        assert (read(message), message["streaming"]) == ("It is four.", False)
        assert found.found

    async def test_in_a_channel_it_grows_for_the_asker(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            slack.ada.say(f"{MENTION} hello", slack.general)
            address = (await inbox.next()).address
            await show(slack, address, "turn:1", "The answer ")
        fresh = SlackRig(slack.server)
        async with listening(fresh):
            await post(fresh, replace(doubtful(to(address, "It is four.")), reply_to=address.thread))
        (started,) = slack.server.calls("chat.startStream")
        assert (started["recipient_user_id"], started["recipient_team_id"]) == (slack.ada.id, TEAM)
        assert slack.general.texts == ["It is four."], "also if another process had to finish it"
        assert not slack.general.from_bot[0]["streaming"]

    async def test_many_answers_share_the_calls_of_a_minute(self, slack: SlackRig) -> None:
        """The first steps are short, and no more of them are taken than Slack allows."""
        async with listening(slack):
            streams = {f"turn:{number}": thread(slack) for number in range(20)}
            words = [TextDelta(f"w{number} ") for number in range(30)]
            shows = [slack.adapter.show(at, cause, aiter(Stream(*words))) for cause, at in streams.items()]
            await asyncio.gather(*shows)
            for cause, at in streams.items():
                await post(slack, to(at, " ".join(f"w{number}" for number in range(30)), cause=cause))
        assert len(slack.server.calls("chat.startStream")) <= 15
        assert len(slack.server.calls("chat.appendStream")) <= 80
        assert len(slack.ada.dm.texts) == 20


class TestOneAlone:
    def _quiet(self, slack: SlackRig, address: Address, reply_to: str) -> Delivery:
        reply = Reply("Your zone is Paris.", quiet=True, only_for=slack.ada.id)
        return replace(to(address, ""), reply=reply, reply_to=reply_to)

    async def test_what_is_for_the_asker_fills_no_channel(self, slack: SlackRig) -> None:
        slack.ada.say(f"{MENTION} my zone?", slack.general)
        root = next(iter(slack.general.messages))
        async with listening(slack):
            for reply_to in (root, "1800000999.000001"):
                await post(slack, self._quiet(slack, slack.at(slack.general, root), reply_to))
        first, second = slack.general.whispers
        assert slack.general.from_bot == []
        assert (first["user"], first["text"]) == (slack.ada.id, "Your zone is Paris.")
        assert "thread_ts" not in first, "Slack shows nobody what is for one alone in a thread that has not begun"
        assert second["thread_ts"] == root

    async def test_who_is_not_there_gets_it_as_a_message(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "chat.postEphemeral", error="user_not_in_channel")
        async with listening(slack):
            await post(slack, self._quiet(slack, slack.at(slack.general), ""))
        assert slack.general.texts == ["Your zone is Paris."]

    async def test_a_button_that_had_its_effect_gives_way_to_a_mark(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            await post(slack, to(slack.address, "Tea", Choice("Done", "reminders:done:1"), Choice("1 h", "x")))
            (message,) = slack.ada.dm.from_bot
            as_it_was = dict(message)
            slack.ada.press(slack.ada.dm, message, "Done")
            pressed = await inbox.next()
            answer = replace(to(slack.address, "Well done.", cause="turn:2"), reply_to=pressed.message_id)
            await post(slack, replace(answer, reply=replace(answer.reply, settles=True)))
            slack.ada.press(slack.ada.dm, as_it_was, "1 h")
            await inbox.next()
            late = replace(answer, cause="turn:3", reply=Reply("That one is done already.", settles=True))
            await post(slack, late)
        kinds = [block["type"] for block in message["blocks"]]
        assert kinds == ["markdown", "context"]
        assert message["blocks"][-1]["elements"][0]["text"] == "✓ Done", "by the first press, whatever came after it"
        assert message["metadata"]["event_payload"]["cause"] == "turn:1", "it is still found by its cause"

    async def test_a_button_that_had_none_stays(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            await post(slack, to(slack.address, "Tea", Choice("Done", "reminders:done:1")))
            (message,) = slack.ada.dm.from_bot
            slack.ada.press(slack.ada.dm, message, "Done")
            pressed = await inbox.next()
            await post(slack, replace(to(slack.address, "Not yours.", cause="turn:2"), reply_to=pressed.message_id))
        assert message["blocks"][-1]["type"] == "actions"

    async def test_a_time_is_each_readers_own(self, slack: SlackRig) -> None:
        said = "Fri 27 Nov 09:00 Europe/Paris"
        moment = Moment(said, dt.datetime(2026, 11, 27, 8, tzinfo=dt.UTC))
        reply = Reply(f"I'll remind you **{said}**: <!channel> \\*tea\\*", moments=(moment,))
        async with listening(slack):
            await post(slack, replace(to(slack.address, ""), reply=reply))
        (message,) = slack.ada.dm.from_bot
        pieces = message["blocks"][0]["elements"][0]["elements"]
        (date,) = [one for one in pieces if one["type"] == "date"]
        assert (date["timestamp"], date["fallback"], date["style"]) == (1795766400, said, {"bold": True})
        assert read(message) == f"I'll remind you {said}: <!channel> *tea*", "nothing in rich text acts"
        assert f"<!date^1795766400^{{date_long_pretty}} {{time}}|{said}>" in message["text"]
        assert "<!channel" not in message["text"]
