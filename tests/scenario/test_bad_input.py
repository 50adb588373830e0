"""What people should not send, and do: each gets a clear answer, nothing is lost, and nothing of others is changed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.scenario.world import ZONES, World, world_in

PLAYS = {
    "times that do not exist": """
        ann> remind me on february 30 at 9:00 to celebrate
        < “on february 30 .. does not exist. Which day or time did you mean?
        ann> february 28 at 9:00
        < to celebrate: **Sun 28 Feb 2027 09:00
        ann> remind me every 0 minutes to blink
        < at most once a minute
        ann> every hour
        < to blink .. Repeats: every hour
        ann> remind me yesterday at 9:00 to go back
        < is over already
        ann> remind me in 200 years to wake up
        < That is too far away: I plan up to the year 2099.
        ann> remind me
        < When should I remind you?
        ann> never mind
        < All right, I leave it.
        ann> /remind
        < What should I remind you of?
        ann> tomorrow at 9:00 call mum
        < to call mum: **Thu 26 Nov 09:00
        ann> /cancel nonsense
        < Which one do you mean? .. 1. .. 2. .. 3.
        ann> /cancel 99
        < no reminder with the number 99
    """,
    "中文：不存在的时间": """
        li> 2月30日上午九点提醒我庆祝
        < 不存在。你指的是哪一天或哪个时间？
        li> 每0分钟提醒我喝水
        < 最快每分钟一次
        li> 昨天九点提醒我
        < 已经过去了
        li> /remind
        < 要提醒你什么？
    """,
    "中文：每零分钟之后给出时间": """
        li> 每0分钟提醒我喝水
        < 最快每分钟一次
        li> 每小时
        < “喝水” .. 重复：每小时
        li> 80年后提醒我起床
        < 太远了：我最多安排到 2099 年。
        li> 13月1日提醒我
        < 不存在
        li> 取消99号提醒
        < 没有编号为 99 的提醒
    """,
    "markup and mentions are shown as they are": """
        ann> remind me in 20 minutes to *pay* <!channel> @everyone [x](http://a.b) `rm`
        < to \\*pay\\* \\<\\!channel\\> @everyone \\[x\\]\\(http://a.b\\) \\`rm\\`
        +20m
        ann< ⏰ *pay* <!channel> @everyone [x](http://a.b) `rm`
        li> 20分钟后提醒我 *付款* <!channel> @所有人 [x](http://a.b)
        < \\*付款\\* \\<\\!channel\\> @所有人 \\[x\\]\\(http://a.b\\)
        +20m
        li< ⏰ *付款* <!channel> @所有人 [x](http://a.b)
        ann#team> remind us in 20 minutes to <@U1> *look*
        < \\<@U1\\> \\*look\\*
        ann#team> rename the look reminder to <!here> `x`
        < Changed: \\<\\!here\\> \\`x\\`
        ann#team> show it
        < \\<\\!here\\> \\`x\\`
        +20m
        #team< ⏰ <!here> `x`
    """,
    "a button pressed twice": """
        ann> remind me in 2 minutes to stretch
        < stretch
        +2m
        ann< ⏰ stretch
        ann! Done
        < Done ✓ stretch
        ann! Done
        < That one is done already.
        ann! 1 h
        < That one is done already.
        li> 两分钟后提醒我喝水
        < 喝水
        +2m
        li< ⏰ 喝水
        li! 1 小时
        < 已推迟
        li! 1 小时
        < 已推迟
        li! 停止
        < 已取消：喝水
        li! 停止
        < 这个提醒已经取消了。
        li! 完成
        < 这个提醒已经取消了。
        +2h
    """,
    "a button pressed a year later": """
        ann> remind me in 2 minutes to stretch
        < stretch
        li> 两分钟后提醒我喝水
        < 喝水
        +2m
        ann< ⏰ stretch
        li< ⏰ 喝水
        +370d
        ann! 1 h
        < That one rang long ago (Wed 25 Nov 2026 10:02 Europe/Paris), so I left it.
        ann! Done
        < Done ✓ stretch
        li! 明天 9:00
        < 那个很久以前就响过了（2026年11月25日 周三 17:02 Asia/Shanghai），所以我没有改动它。
        ann> my reminders
        < You have no reminders
        +2d
    """,
    "somebody else's button": """
        ann> remind me tomorrow at 15:00 to call mum
        < call mum
        bob!= reminders:cancel:1
        < That reminder isn't yours
        bob!= reminders:snooze:1:10
        < That reminder isn't yours
        bob!= reminders:accept:1
        < That reminder isn't yours
        bob!= reminders:share:1
        < That reminder isn't yours
        li> 你好
        model
        li!= reminders:done:1
        < 那不是你的提醒
        li!= reminders:when:1:60
        < 这个按钮
        ann> my reminders
        < call mum
        ann> undo
        < Cancelled: call mum
    """,
    "where the zone is not known": """
        max> remind me in 20 minutes to stretch
        < to stretch .. which city are you in?
        max> Paris
        < Your time zone is Europe/Paris
        +20m
        max< ⏰ stretch
    """,
    "the zone is asked for first where the time needs it": """
        max> what's on my day
        < which city are you in?
        max> I don't want to say
        model
        max> keep reminding me to call mum tomorrow at 9:00
        < which city are you in?
        max> Atlantis
        < I don't know that place.
        max> New York
        < to call mum: **Thu 26 Nov 09:00 America/New_York** .. every 10 min
        max> move it to 10
        < Thu 26 Nov 10:00 America/New_York
        max> /timezone Paris
        < Your time zone is Europe/Paris .. One reminder rings at the same time of day there.
        max> my reminders
        < Thu 26 Nov 10:00 Europe/Paris
    """,
    "one's own only, by number too": """
        ann> remind me tomorrow at 15:00 to call mum
        < call mum
        bob> cancel reminder 1
        < You have no reminders
        bob> cancel all reminders
        < You have no reminders
        bob> undo
        < There is nothing to take back
        ann> my reminders
        < call mum
    """,
}


@pytest.mark.parametrize("name", PLAYS)
async def test_play(world: World, name: str) -> None:
    await world.play(PLAYS[name])


async def test_what_rings_is_plain(world: World) -> None:
    """A person's own words act neither as markup nor as a mention: adapters show a plain reply literally."""
    await world.say("remind me in 20 minutes to **shout** at @here")
    world.heard("ann")
    await world.forward(dt.timedelta(minutes=20))
    rang = world.heard("ann").reply
    assert (rang.text, rang.plain) == ("⏰ **shout** at @here", True)


@pytest.mark.parametrize("words", ["remind me tomorrow at 9:00 to ", "明天9点提醒我"])
async def test_ten_thousand_characters_are_too_many_for_a_reminder(world: World, words: str) -> None:
    await world.say(words + ("x" if words.isascii() else "字") * 10_000)
    told = world.heard("ann").reply.text
    assert "2000" in told and "1000" in told  # noqa: PT018  # the limit, and what was sent
    await world.say("reminders")
    assert "no reminders" in world.heard("ann").reply.text


async def test_the_limit_of_a_person_is_said_and_others_are_not_held_to_it(
    tmp_path: Path, migrated_sqlite: Path
) -> None:
    async with world_in(tmp_path, migrated_sqlite, REMORA_MAX_REMINDERS=2) as world:
        await world.play("""
            ann> remind me tomorrow at 9:00 to a
            < to a
            ann> remind me tomorrow at 9:00 to b
            < to b
            ann> remind me tomorrow at 9:00 to c
            < You have 2 active reminders, which is the most I keep for one person.
            bob> remind me tomorrow at 9:00 to d
            < to d
            ann> cancel reminder 1
            < Cancelled: a
            ann> remind me tomorrow at 9:00 to c
            < to c
            ann> send me my schedule every morning
            < You have 2 active reminders
            li> 明天九点提醒我一
            < “一”
            li> 明天九点提醒我二
            < “二”
            li> 明天九点提醒我三
            < 你已有 2 个提醒，这是每人的上限。
        """)


async def test_the_same_event_twice_is_one_reminder(world: World) -> None:
    message = await world.say("remind me tomorrow at 9:00 to call mum")
    await world.platform.receive(message)
    await world.settle()
    world.heard("ann")
    await world.say("my reminders")
    assert world.heard("ann").reply.text.count("call mum") == 1


@pytest.mark.parametrize(
    "data",
    [
        "reminders:",
        "reminders:cancel",
        "reminders:cancel:",
        "reminders:cancel:1e3",
        "reminders:cancel:٣",
        "reminders:cancel:1:1:1:1",
        "reminders:snooze:1:" + "9" * 40,
        "nobody:cancel:1",
        ":",
        "\x00",
    ],
)
async def test_made_up_buttons_change_nothing(world: World, data: str) -> None:
    await world.press(data, "bob")
    told = world.heard("bob").reply.text
    assert "isn't yours" in told or "no longer does anything" in told


async def test_a_zone_that_this_machine_does_not_have_is_asked_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform may know zones that we do not."""
    monkeypatch.setitem(ZONES, "ann", "Mars/Olympus")
    await world.play("""
        ann> hello there
        model
        ann> remind me tomorrow at 15:00 to call mum
        < zone
        ann> Paris
        < to call mum: **Thu 26 Nov 15:00 Europe/Paris**
    """)
