"""The personal schedule, the morning's digest, quiet hours, the calendar's address, and reminders about a message."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from core.reminders.feed import key_of
from core.store import preferences
from tests.scenario.world import World

PLAYS = {
    "what is on": """
        ann> remind me tomorrow at 15:00 to call mum
        < call mum
        ann> remind me every day at 11:00 to stretch
        < stretch
        ann> remind me on friday at 8:30 to catch the train
        < catch the train
        ann> pause the stretch reminder
        < Paused
        ann> resume it
        < It goes on
        ann> what's on my day
        < **Wed 25 Nov** .. - 11:00 stretch
        ann> what do I have on friday?
        < **Fri 27 Nov** .. - 08:30 catch the train .. - 11:00 stretch
        ann> what's on my day tomorrow
        < **Thu 26 Nov** .. - 11:00 stretch .. - 15:00 call mum
        ann> what's on my schedule next week
        < **Mon 30 Nov – Sun 6 Dec** .. **Mon 30 Nov** .. - 11:00 stretch .. **Sun 6 Dec** .. - 11:00 stretch
        bob> what's on my day
        < Nothing is planned for Wed 25 Nov.
    """,
    "a morning's schedule": """
        ann> remind me tomorrow at 15:00 to call mum
        < call mum
        ann> send me my schedule every morning at 8
        < I'll send you your schedule every day at 08:00, first on **Thu 26 Nov 08:00
        +22h
        ann< **Thu 26 Nov** .. - 15:00 call mum
        +7h
        ann< ⏰ call mum
        ann> turn on the morning digest at 7:30
        < every day at 07:30, first on **Fri 27 Nov 07:30
        +1d
        ann< Good morning! Nothing is planned for Fri 27 Nov.
        ann! Switch off
        < Cancelled
        ann> morning digest off
        < The morning schedule is off already.
        +3d
    """,
    "quiet hours": """
        ann> quiet hours from 22:00 to 7:00
        < Quiet hours from 22:00 to 07:00
        ann> quiet hours
        < Your quiet hours: 22:00 to 07:00
        ann> /help
        < What I can do .. Your quiet hours: 22:00 to 07:00
        ann> remind me at 23:00 to lock the door
        < Wed 25 Nov 23:00 .. That is in your quiet hours: I keep it until 07:00.
        +14h
        +8h
        ann< ⏰ lock the door .. It was due Wed 25 Nov 23:00
        ann> quiet hours off
        < You have no quiet hours any more.
        ann> quiet hours from noon to noon
        model
        ann> /quiet 10 to 6
        < Quiet hours from 22:00 to 06:00
        ann> /quiet 25 to 99
        < “25 to 99” are no two times of the day. .. Your quiet hours: 22:00 to 06:00
        ann> /quiet 晚上11点到早上7点
        < 23:00 到 07:00
        ann> /quiet off
        < You have no quiet hours any more.
        ann> /quiet 半夜
        < “半夜”不是两个钟点。 .. 免打扰22点到7点
        ann> /quiet
        < 你没有设置免打扰时间
    """,
    "a snooze in quiet hours waits for their end, unless exactly that time was asked for": """
        ann> quiet hours from 22:00 to 7:00
        < Quiet hours from 22:00 to 07:00
        ann> remind me at 21:30 to lock the door
        < Wed 25 Nov 21:30
        +11h
        +30m
        < ⏰ lock the door
        ann! 1 h
        < Snoozed .. **Wed 25 Nov 22:30 .. That is in your quiet hours: I keep it until 07:00.
        +1h
        +9h
        ann< ⏰ lock the door
        ann! Later …
        < Until when?
        ann> tomorrow at 6:30 am
        < Snoozed. I'll remind you again **Fri 27 Nov 06:30 Europe/Paris**, in 23 h.
        +1d
        ann< ⏰ lock the door
        ann> snooze until 23:30
        < Snoozed. I'll remind you again **Fri 27 Nov 23:30 Europe/Paris**, in 16 h.
        +18h
        ann< ⏰ lock the door
        ann> snooze 10 minutes
        < Snoozed .. I keep it until 07:00.
        +1d
        ann< ⏰ lock the door
    """,
    "中文：免打扰时段里的推迟": """
        li> 免打扰22点到7点
        < 免打扰时间为 22:00 到 07:00
        li> 晚上九点半提醒我锁门
        < 锁门
        +5h
        li< ⏰ 锁门
        li! 1 小时
        < 已推迟 .. 那是你的免打扰时间：会等到 07:00 再响。
        +10h
        li< ⏰ 锁门
    """,
    "中文": """
        li> 明天下午三点提醒我给妈妈打电话
        < 给妈妈打电话
        li> 明天有什么安排
        < 11月26日 周四 .. - 15:00 给妈妈打电话
        li> 每天早上八点给我发日程
        < 我会每天，08:00给你发日程，第一次在 **11月26日 周四 08:00
        li> 免打扰22点到7点
        < 免打扰时间为 22:00 到 07:00
        +15h
        li< 11月26日 周四 .. - 15:00 给妈妈打电话
        li> 关闭每日日程
        < 以后不再发送每日日程。
        li> 关闭免打扰
        < 已取消免打扰时间。
        +7h
        li< ⏰ 给妈妈打电话
        li> 后天有安排吗
        < 11月28日 周六没有安排。
    """,
}


@pytest.mark.parametrize("name", PLAYS)
async def test_play(world: World, name: str) -> None:
    await world.play(PLAYS[name])


async def test_a_calendar_address_is_told_once_and_only_its_hash_is_kept(world: World) -> None:
    await world.say("my calendar feed")
    told = world.heard("ann").reply.text
    found = re.search(r"/calendar/([\w-]{32})\.ics", told)
    assert found, told
    async with world.store.read() as tx:
        assert await preferences.person_of_feed(tx, key_of(found[1])) == 1
    await world.play("""
        ann> my calendar feed
        < I keep only a fingerprint of it
        ann> new feed link
        < Your new calendar address; the old one no longer works
    """)
    async with world.store.read() as tx:
        assert await preferences.person_of_feed(tx, key_of(found[1])) is None
    await world.play("""
        ann> revoke my calendar feed
        < Your calendar address no longer works.
    """)


async def test_about_a_message_also_when_the_time_is_told_afterwards(world: World) -> None:
    await world.say("remind me about this", quoted="Call my aunt", link="https://example.org/m/8")
    await world.play("""
        < When should I remind you about “Call my aunt”?
        ann> tomorrow at 9:00
        < Thu 26 Nov 09:00
    """)
    await world.forward(dt.timedelta(hours=23))
    assert world.heard("ann").reply.text == "⏰ “Call my aunt”\nhttps://example.org/m/8"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("remind me about this tomorrow at 9:00", "“Lunch with Paul on Friday?”\nhttps://example.org/m/7"),
        ("remind me tomorrow at 9:00", "“Lunch with Paul on Friday?”\nhttps://example.org/m/7"),
        ("明天9点提醒我这条消息", "“Lunch with Paul on Friday?”\nhttps://example.org/m/7"),
        ("remind me tomorrow at 9:00 to answer Paul", "answer Paul\nhttps://example.org/m/7"),
    ],
)
async def test_about_a_message(world: World, words: str, expected: str) -> None:
    await world.say(words, quoted="Lunch with Paul\non Friday?", link="https://example.org/m/7")
    world.heard("ann")
    await world.forward(dt.timedelta(hours=23))
    assert world.heard("ann").reply.text == f"⏰ {expected}"
