"""Reminders by a form, about a message, by name: what platforms hand over besides plain sentences."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.scenario.world import World

DAY = dt.timedelta(days=1)


async def send(world: World, what_for: str, who: str = "ann", chat: str = "", **fields: str) -> str:
    """The answer to a form."""
    await world.say("", who, chat, kind="form", choice=what_for, fields=fields)
    return world.heard(chat or who).reply.text


async def test_a_form_sets_a_reminder_that_rings(world: World) -> None:
    told = await send(world, "reminders:add", what="call mum", when="2026-11-26 09:00", lateness="limit:30")
    assert "to call mum: **Thu 26 Nov 09:00" in told
    assert "at most 30 min late" in told
    await world.forward(DAY)
    assert world.heard("ann").reply.text == "⏰ call mum"


async def test_a_form_changes_only_what_is_filled_in(world: World) -> None:
    await world.play("""
        ann> remind me every day at 11:00 to stretch
        < to stretch
    """)
    assert "Changed: stretch well" in await send(world, "reminders:edit:1", what="stretch well")
    assert "Wed 25 Nov 12:00" in await send(world, "reminders:edit:1", when="12:00")
    assert "left out, and you are told" in await send(world, "reminders:edit:1", lateness="skip")
    both = await send(world, "reminders:edit:1", what="bend", when="every monday at 8:00", lateness="usual")
    assert "to bend **Mon 30 Nov 08:00" in both
    await world.play("""
        ann> undo
        < Taken back: stretch well rings **Wed 25 Nov 12:00
        ann> show reminder 1
        < stretch well .. it is left out, and you are told
    """)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"what": "x", "when": "february 30 at 9:00"}, "does not exist"),
        ({"what": "x", "when": "every 0 minutes"}, "at most once a minute"),
        ({"what": "x", "when": "yesterday at 9:00"}, "is over already"),
        ({"what": "x", "when": "soonish or so"}, "When should I remind you to x?"),
        ({"what": "x", "when": ""}, "When should I remind you to x?"),
        ({"what": "", "when": "tomorrow at 9:00"}, "That field was empty"),
        ({"when": "tomorrow at 9:00"}, "That field was empty"),
        ({"what": "x", "when": "tomorrow at 9:00", "lateness": "limit:-3"}, "Use *usual*, *send*, *limit:30*"),
        ({"what": "x", "when": "tomorrow at 9:00", "lateness": "next"}, "rings only once"),
        ({"what": "x" * 3_000, "when": "tomorrow at 9:00"}, "at most 2000 characters; this one has 3000"),
        ({"what": "x" * 10_000, "when": "tomorrow at 9:00"}, "at most 2000 characters; this one has 10000"),
    ],
)
async def test_what_cannot_be_taken_of_a_form_says_how_to_mend_it(
    world: World, fields: dict[str, str], told: str
) -> None:
    assert told in await send(world, "reminders:add", **fields)
    await world.say("my reminders")
    assert "no reminders" in world.heard("ann").reply.text


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"what": "喝水", "when": "2月30日九点"}, "不存在"),
        ({"what": "喝水", "when": "每0分钟"}, "最快每分钟一次"),
        ({"what": "", "when": "明天九点"}, "这一栏是空的"),
        ({"what": "喝水", "when": "明天九点", "lateness": "随便"}, "我不认识这种迟到规则"),
    ],
)
async def test_a_form_is_answered_in_chinese(world: World, fields: dict[str, str], told: str) -> None:
    await world.play("""
        li> 你好
        model
    """)
    assert told in await send(world, "reminders:add", "li", **fields)


@pytest.mark.parametrize(
    "what_for", ["reminders:edit:1", "reminders:edit:99", "reminders:edit:x", "reminders:edit:", "reminders:", "x:add"]
)
async def test_a_form_for_what_is_not_ones_own_changes_nothing(world: World, what_for: str) -> None:
    await world.play("""
        ann> remind me tomorrow at 9:00 to call mum
        < call mum
    """)
    told = await send(world, what_for, "bob", what="mine", when="tomorrow at 10:00")
    assert "isn't yours" in told or "no longer does anything" in told
    await world.play("""
        ann> my reminders
        < **Thu 26 Nov 09:00 .. call mum
    """)


async def test_an_edit_of_nothing_and_of_what_is_gone_says_so(world: World) -> None:
    await world.play("""
        ann> remind me tomorrow at 9:00 to call mum
        < call mum
    """)
    assert "changed nothing" in await send(world, "reminders:edit:1")
    assert "is over already" in await send(world, "reminders:edit:1", when="yesterday at 9:00", what="dad")
    await world.play("""
        ann> my reminders
        < call mum
        ann> cancel it
        < Cancelled
    """)
    assert "cancelled already" in await send(world, "reminders:edit:1", what="dad")


async def test_about_a_message_by_a_button(world: World) -> None:
    """The entry of a message's menu: it asks for the time, with answers to press, and keeps text and link."""
    await world.say("remind me about this", quoted="Send the report", link="https://example.org/m/9")
    asked = world.heard("ann").reply
    assert asked.text.startswith("When should I remind you about “Send the report”?")
    assert [choice.label for choice in asked.choices] == ["In 1 hour", "In 3 hours", "Tomorrow 9:00", "Monday 9:00"]
    await world.press(asked.choices[2].data)
    told = world.heard("ann").reply
    assert told.text.startswith("⏰ I'll remind you about “Send the report”: **Thu 26 Nov 09:00")
    assert told.settles
    await world.play("""
        ann! Tomorrow 9:00
        < That button no longer does anything.
        ann> show it
        < “Send the report” .. About: https://example.org/m/9
    """)
    await world.forward(DAY)
    assert world.heard("ann").reply.text == "⏰ “Send the report”\nhttps://example.org/m/9"


async def test_about_a_message_by_a_form(world: World) -> None:
    await world.say(
        "",
        kind="form",
        choice="reminders:add",
        fields={"when": "tomorrow at 9"},
        quoted="Hi",
        link="https://example.org/1",
    )
    assert "about “Hi”" in world.heard("ann").reply.text
    await world.forward(DAY)
    assert world.heard("ann").reply.text == "⏰ “Hi”\nhttps://example.org/1"


async def test_about_a_message_in_chinese(world: World) -> None:
    await world.say("提醒我这条消息", "li", quoted="交报告", link="https://example.org/m/9")
    asked = world.heard("li").reply
    assert "“交报告”" in asked.text
    await world.play("""
        li! 明天9:00
        < 我会提醒你“交报告”：**11月26日 周四 09:00
    """)
    await world.forward(DAY)
    assert world.heard("li").reply.text == "⏰ “交报告”\nhttps://example.org/m/9"


async def test_an_old_question_is_not_answered_for_a_new_one(world: World) -> None:
    await world.say("remind me to sing")
    first = world.heard("ann").reply.choices[0].data
    await world.say("remind me to dance")
    world.heard("ann")
    await world.press(first)
    assert "no longer does anything" in world.heard("ann").reply.text
    await world.press(first, "bob")
    assert "no longer does anything" in world.heard("bob").reply.text
