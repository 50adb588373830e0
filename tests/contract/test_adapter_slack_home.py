"""Slack's own forms of talking to it: the Home tab, forms in a window, and who it is that presses and fills in."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from adapters.slack import home
from core.messages import Address, Choice, Message, Reply, Sender
from core.store import memory, people, reminders
from core.store.memory import Statement
from core.store.reminders import NewReminder, Reminder
from tests.contract.adapter_suite import listening, post
from tests.contract.slack_rig import SlackRig, opened, server, slack, taken, to  # noqa: F401  # fixtures among them
from tests.fakes.slack_server import TEAM, Envelope, Json, Person, read


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


async def remember(slack: SlackRig, whose: int, *facts: str) -> None:
    now = slack.server.around.clock.now()
    told = Message("e1", Address("slack", TEAM, "D1"), Sender("U1"), "", now)
    async with slack.server.around.store().write() as tx:
        assert await memory.add(tx, whose, [Statement("", one, one) for one in facts], told, now) == len(facts)


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

    async def test_what_is_remembered_is_said_to_them_alone_and_can_be_changed(self, slack: SlackRig) -> None:
        await remember(slack, await person(slack, slack.server.person("Bob")), "I play the oboe")
        await remember(
            slack, await person(slack), "my wife is *called* <!here>", *(f"I like tea {n}" for n in range(25))
        )
        async with listening(slack) as inbox:
            view = await home_of(slack)
            press_home(slack, view, "Change or forget what I know")
            asked = await inbox.next()
        text = shown(view)
        assert "your wife is *called* <!here>" in text
        assert "you like tea 18" in text
        assert "you like tea 19" not in text
        assert "6 more" in text
        assert "oboe" not in str(view)
        assert (asked.kind, asked.text, asked.private) == ("text", "/memory", True)

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
