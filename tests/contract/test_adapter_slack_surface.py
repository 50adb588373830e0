"""Slack besides plain messages: the agent surface, answers for one person alone, the Home tab, forms, buttons that go."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from adapters.slack import home
from adapters.slack.adapter import SlackAdapter
from core.messages import Address, Choice, Delivery, Moment, Reply, Sender, Status, TextDelta
from core.store import people, reminders
from core.store.reminders import NewReminder, Reminder
from tests.contract.adapter_suite import Stream, listening, post
from tests.contract.slack_rig import (  # noqa: F401  # fixtures among them
    MENTION,
    QUICK,
    SlackRig,
    doubtful,
    keys,
    server,
    show,
    slack,
    taken,
    to,
)
from tests.fakes.slack_server import TEAM, Envelope, Json, Person, read


def thread(slack: SlackRig, text: str = "hello") -> Address:
    """A direct message that was answered in its own thread."""
    slack.ada.say(text)
    return slack.at(slack.ada.dm, next(reversed(slack.ada.dm.messages)))


def opened(slack: SlackRig, tab: str, person: Person | None = None) -> Envelope:
    person = person or slack.ada
    event = {"type": "app_home_opened", "user": person.id, "channel": person.dm.id, "tab": tab, "event_ts": "1.1"}
    return slack.server.event(event)


def _asked_often(slack: SlackRig, than: int) -> bool:
    return len(slack.server.calls("assistant.threads.setStatus")) > than


def buttons(view: Json) -> dict[str, Json]:
    """By label; of several with the same label the first."""
    rows = [block["elements"] for block in view["blocks"] if block["type"] == "actions"]
    return {one["text"]["text"]: one for row in reversed(rows) for one in row}


def press_home(slack: SlackRig, view: Json, label: str) -> Envelope:
    action = {**buttons(view)[label], "action_ts": slack.server.ts()}
    return slack.ada.interact("block_actions", view=view, actions=[action])


def submit(slack: SlackRig, view: Json, **fields: object) -> Envelope:
    values = {name: {name: value if isinstance(value, dict) else {"value": value}} for name, value in fields.items()}
    return slack.ada.interact("view_submission", view={**view, "state": {"values": values}})


async def person(slack: SlackRig, who: Person | None = None, zone: str = "Europe/Paris") -> int:
    """Somebody who has written before."""
    who = who or slack.ada
    async with slack.server.around.store().write() as tx:
        sender = Sender(who.id, who.profile["profile"]["display_name"], zone=zone)
        return (await people.person_of(tx, TEAM, "slack", sender, slack.server.around.clock.now())).id


async def reminder(slack: SlackRig, owner: int, text: str, *, days: int = 1) -> Reminder:
    now = slack.server.around.clock.now()
    due = now + dt.timedelta(days=days)
    local = due.astimezone(ZoneInfo("Europe/Paris")).replace(tzinfo=None, microsecond=0).isoformat()
    cause = f"test:{text}"
    new = NewReminder(owner, cause, slack.address, text, "en", "Europe/Paris", local, due, local)
    async with slack.server.around.store().write() as tx:
        return await reminders.add(tx, new, now)


async def view_of(slack: SlackRig, kind: str) -> Json:
    def newest() -> Json | None:
        return next((one for one in reversed(slack.server.views.values()) if one.get("callback_id") == kind), None)

    await slack.server.until(newest)
    found = newest()
    assert found is not None
    return found


async def home_of(slack: SlackRig) -> Json:
    await taken(opened(slack, "home"))
    return slack.server.views[f"home:{slack.ada.id}"]


def shown(view: Json) -> str:
    headers = [block["text"]["text"] for block in view["blocks"] if block["type"] == "header"]
    return "\n".join([*headers, read({"blocks": view["blocks"]})])


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
            slack.ada.press(slack.ada.dm, message, "Done")
            pressed = await inbox.next()
            answer = replace(to(slack.address, "Well done.", cause="turn:2"), reply_to=pressed.message_id)
            await post(slack, replace(answer, reply=replace(answer.reply, settles=True)))
        kinds = [block["type"] for block in message["blocks"]]
        assert kinds == ["markdown", "context"]
        assert message["blocks"][-1]["elements"][0]["text"] == "✓ Done"
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


class TestHome:
    async def test_a_stranger_is_greeted_and_sees_nobodys_data(self, slack: SlackRig) -> None:
        await reminder(slack, await person(slack, slack.server.person("Bob")), "secret plans")
        async with listening(slack):
            view = await home_of(slack)
        assert "secret" not in str(view)
        assert "Hello!" in shown(view)

    async def test_one_sees_ones_own_reminders_settings_and_what_is_known(self, slack: SlackRig) -> None:
        await reminder(slack, await person(slack, slack.server.person("Bob")), "secret plans")
        await reminder(slack, await person(slack), "call *mum* <!here>")
        async with listening(slack):
            view = await home_of(slack)
        text = shown(view)
        assert "Your reminders: 1" in text
        assert "call *mum* <!here>" in text
        assert "Time zone: Europe/Paris" in text
        assert "Your name: Ada" in text
        assert "secret" not in str(view)
        assert list(buttons(view)) >= ["Cancel"]

    async def test_in_chinese_for_who_speaks_it(self, slack: SlackRig) -> None:
        slack.ada.profile["locale"] = "zh-CN"
        await reminder(slack, await person(slack), "给妈妈打电话")
        async with listening(slack):
            view = await home_of(slack)
        assert "你的提醒：1 个" in shown(view)
        assert "完成" in buttons(view)

    async def test_many_reminders_are_turned_over_in_pages(self, slack: SlackRig) -> None:
        owner = await person(slack)
        for number in range(home.PAGE * 2 + 1):
            await reminder(slack, owner, f"thing {number:02}", days=number + 1)
        async with listening(slack):
            view = await home_of(slack)
            assert len(view["blocks"]) <= 100
            assert "thing 19" in shown(view)
            assert "thing 20" not in shown(view)
            await taken(press_home(slack, view, "▶"))
            view = slack.server.views[f"home:{slack.ada.id}"]
            assert "thing 20" in shown(view)
            await taken(press_home(slack, view, "▶"))
            last = slack.server.views[f"home:{slack.ada.id}"]
        assert "thing 40" in shown(last)
        assert "▶" not in buttons(last)

    async def test_a_button_is_what_one_could_have_pressed_on_the_reminder(self, slack: SlackRig) -> None:
        kept = await reminder(slack, await person(slack), "tea")
        async with listening(slack) as inbox:
            view = await home_of(slack)
            press_home(slack, view, "Done")
            done = await inbox.next()
            press_home(slack, view, "Forget our conversation")
            forget = await inbox.next()
        assert (done.kind, done.choice, done.address) == ("choice", f"reminders:done:{kept.id}", slack.address)
        assert (forget.kind, forget.text, forget.private) == ("text", "/forget", True)
        assert "confirm" in buttons(view)["Cancel"], "what cannot be undone by pressing again is asked first"

    async def test_it_is_shown_anew_after_a_change(self, slack: SlackRig) -> None:
        owner = await person(slack)
        async with listening(slack):
            await home_of(slack)
            await reminder(slack, owner, "tea")
            await post(slack, to(slack.address, "I'll remind you."))
            await slack.server.until(lambda: "tea" in shown(slack.server.views[f"home:{slack.ada.id}"]))

    async def test_a_refused_home_harms_nothing(self, slack: SlackRig) -> None:
        slack.server.fault("refuse", "views.publish", error="not_enabled")
        async with listening(slack):
            await taken(opened(slack, "home"))


class TestForms:
    async def _opened(self, slack: SlackRig, label: str, kind: str) -> Json:
        await taken(press_home(slack, await home_of(slack), label))
        return await view_of(slack, kind)

    async def test_a_new_reminder(self, slack: SlackRig) -> None:
        await person(slack)
        async with listening(slack) as inbox:
            view = await self._opened(slack, "Add a reminder", "reminder")
            wrong = submit(slack, view, what="tea", when="banana")
            await taken(wrong)
            late = submit(slack, view, what="tea", when="yesterday at 9")
            await taken(late)
            skip = {"selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": "skip"}}
            right = submit(slack, view, what="tea", when="tomorrow at 9", lateness=skip)
            message = await inbox.next()
            await taken(right)
            again = submit(slack, view, what="tea", when="tomorrow at 9")
            await taken(again)
            assert inbox.kept.empty(), "sent twice, it is one reminder"
        assert wrong.answer["response_action"] == late.answer["response_action"] == "errors"
        assert list(wrong.answer["errors"]) == ["when"]
        assert right.answer == {}
        assert (message.kind, message.choice, message.address) == ("form", "reminders:add", slack.address)
        assert dict(message.fields) == {"what": "tea", "when": "tomorrow at 9", "lateness": "skip"}

    async def test_edit_on_a_reminder_that_rang_opens_a_form_with_what_it_says(self, slack: SlackRig) -> None:
        kept = await reminder(slack, await person(slack), "tea")
        async with listening(slack) as inbox:
            await post(slack, to(slack.address, "tea", Choice("Edit", f"reminders:edit:{kept.id}")))
            (message,) = slack.ada.dm.from_bot
            slack.ada.press(slack.ada.dm, message, "Edit")
            view = await view_of(slack, "reminder")
            submit(slack, view, what="green tea", when=None)
            edited = await inbox.next()
        assert view["blocks"][0]["element"]["initial_value"] == "tea"
        assert (edited.choice, edited.message_id) == (f"reminders:edit:{kept.id}", message["ts"])
        assert dict(edited.fields) == {"what": "green tea", "when": ""}

    async def test_who_has_no_such_reminder_is_answered_in_words(self, slack: SlackRig) -> None:
        kept = await reminder(slack, await person(slack, slack.server.person("Bob")), "secret plans")
        await person(slack)
        async with listening(slack) as inbox:
            await post(slack, to(slack.address, "x", Choice("Edit", f"reminders:edit:{kept.id}")))
            slack.ada.press(slack.ada.dm, slack.ada.dm.from_bot[0], "Edit")
            message = await inbox.next()
        assert (message.kind, message.choice) == ("choice", f"reminders:edit:{kept.id}")
        assert slack.server.calls("views.open") == []

    async def test_a_form_that_slack_does_not_open_is_answered_in_words(self, slack: SlackRig) -> None:
        kept = await reminder(slack, await person(slack), "tea")
        slack.server.fault("refuse", "views.open", error="expired_trigger_id")
        async with listening(slack) as inbox:
            await post(slack, to(slack.address, "x", Choice("Edit", f"reminders:edit:{kept.id}")))
            slack.ada.press(slack.ada.dm, slack.ada.dm.from_bot[0], "Edit")
            assert (await inbox.next()).kind == "choice"

    async def test_until_when_is_picked(self, slack: SlackRig) -> None:
        kept = await reminder(slack, await person(slack), "tea")
        now = slack.server.around.clock.now()
        async with listening(slack) as inbox:
            await post(slack, to(slack.address, "tea", Choice("Later", f"reminders:snooze:{kept.id}:pick")))
            slack.ada.press(slack.ada.dm, slack.ada.dm.from_bot[0], "Later")
            view = await view_of(slack, "snooze")
            over = submit(slack, view, until={"selected_date_time": 1_000})
            await taken(over)
            at = round(now.timestamp()) + 7_200
            submit(slack, view, until={"selected_date_time": at})
            message = await inbox.next()
        assert list(over.answer["errors"]) == ["until"]
        assert (message.kind, message.choice) == ("choice", f"reminders:snooze:{kept.id}:at{at}")

    async def test_settings_are_what_one_could_have_typed(self, slack: SlackRig) -> None:
        await person(slack)
        async with listening(slack) as inbox:
            view = await self._opened(slack, "Change settings", "settings")
            chinese = {"selected_option": {"text": {"type": "plain_text", "text": "中文"}, "value": "zh"}}
            wrong = submit(slack, view, zone="Nowhereville", language=chinese, quiet_from={"selected_time": "22:00"})
            await taken(wrong)
            times = {"quiet_from": "22:00", "quiet_until": "07:00", "digest": "08:15"}
            fields = {name: {"selected_time": time} for name, time in times.items()}
            submit(slack, view, zone="Tokyo", language=chinese, **fields)
            messages = [await inbox.next() for _ in range(4)]
        assert sorted(wrong.answer["errors"]) == ["quiet_until", "zone"]
        assert [message.text for message in messages] == [
            "/timezone Asia/Tokyo",
            "/language zh",
            "/quiet 22:00 to 07:00",
            "send me my schedule every day at 08:15",
        ]
        assert len({message.event_id for message in messages}) == 4

    async def test_the_shortcut_serves_who_never_wrote_too(self, slack: SlackRig) -> None:
        async with listening(slack) as inbox:
            slack.ada.interact("shortcut", callback_id="remind_new")
            submit(slack, await view_of(slack, "reminder"), what="tea", when="tomorrow at 9")
            message = await inbox.next()
        assert (message.choice, message.address, message.sender.zone) == (
            "reminders:add",
            slack.address,
            "Europe/Paris",
        )

    @pytest.mark.parametrize(("kind", "about"), [("nonsense", ""), ("reminder", "{}"), ("snooze", "no JSON")])
    async def test_a_form_of_an_older_version_is_said_to_be_out_of_date(
        self, slack: SlackRig, kind: str, about: str
    ) -> None:
        async with listening(slack) as inbox:
            sent = submit(slack, {"id": "V1", "callback_id": kind, "private_metadata": about, "blocks": []})
            await taken(sent)
            assert inbox.kept.empty()
        assert sent.answer["response_action"] == "update"

    @pytest.mark.parametrize("view", [{}, {"id": 7}, {"id": "V1", "state": {"values": "x"}}, {"id": "V1", "state": []}])
    async def test_a_form_of_unknown_shape_harms_nothing(self, slack: SlackRig, view: Json) -> None:
        async with listening(slack) as inbox:
            await taken(slack.ada.interact("view_submission", view=view))
            assert inbox.kept.empty()


@pytest.mark.parametrize(("profile", "guest"), [({}, False), ({"team_id": "TOTHER"}, True)])
async def test_who_presses_home_or_fills_in_a_form_is_who_would_have_written(
    slack: SlackRig, profile: Json, guest: bool
) -> None:
    """Somebody of another organisation stays a guest, whichever way they come."""
    await person(slack)
    slack.ada.profile |= profile
    async with listening(slack) as inbox:
        slack.ada.say("hello")
        wrote = (await inbox.next()).sender
        press_home(slack, await home_of(slack), "Forget our conversation")
        slack.ada.interact("shortcut", callback_id="remind_new")
        submit(slack, await view_of(slack, "reminder"), what="tea", when="tomorrow at 9")
        assert [(await inbox.next()).sender for _ in range(2)] == [wrote] * 2
    assert (wrote.guest, wrote.handle) == (guest, "ada")


class TestOddPresses:
    async def test_a_button_that_only_one_person_sees_is_pressed_in_their_direct_message(self, slack: SlackRig) -> None:
        """Slack says of such a message only where to answer."""
        action = {"action_id": "choice:0", "value": "reminders:done:1", "action_ts": slack.server.ts()}
        async with listening(slack) as inbox:
            slack.ada.interact(
                "block_actions",
                channel={"id": slack.general.id},
                container={"type": "message", "is_ephemeral": True, "message_ts": "1.1"},
                response_url=slack.server.respond_url,
                actions=[action],
            )
            message = await inbox.next()
            answer = replace(to(message.address, ""), reply_to=message.message_id)
            await post(slack, replace(answer, reply=Reply("Well done.", quiet=True, only_for=slack.ada.id)))
        assert (message.choice, message.address, message.hidden) == ("reminders:done:1", slack.address, True)
        assert [one["text"] for one in slack.server.responses] == ["Well done."]
        assert slack.general.from_bot == slack.ada.dm.from_bot == []

    @pytest.mark.parametrize("action_id", ["home:nonsense", "older:7", ""])
    async def test_an_action_that_nobody_knows_is_answered(self, slack: SlackRig, action_id: str) -> None:
        action = {"action_id": action_id, "value": "what:1", "action_ts": slack.server.ts()}
        async with listening(slack) as inbox:
            await post(slack, to(slack.address, "x"))
            (message,) = slack.ada.dm.from_bot
            slack.ada.interact("block_actions", channel={"id": slack.ada.dm.id}, message=message, actions=[action])
            slack.ada.interact("block_actions", view={"id": "V1"}, actions=[{**action, "action_ts": "1.2"}])
            assert [(await inbox.next()).choice for _ in range(2)] == ["what:1", "what:1"]
