"""Pauses, also those that end by themselves; a snooze and the second pass of a repeated hour survive them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.reminders.ical import calendar
from core.store import reminders, tables
from tests.scenario.world import World, world_in

PLAYS = {
    "until a day, and then by itself": """
        ann> remind me every day at 11:00 to stretch
        < to stretch
        ann> pause it until Saturday
        < Paused until **Sat 28 Nov 00:00 Europe/Paris**: stretch. Then it rings **Sat 28 Nov 11:00
        ann> my reminders
        < stretch .. every day at 11:00 (paused until Sat 28 Nov 00:00 Europe/Paris)
        ann> what's on my day
        < Nothing is planned
        +2d
        +25h
        < ⏰ stretch
        ann> my reminders
        < **Sun 29 Nov 11:00 Europe/Paris** (in 1 d): stretch · every day at 11:00
    """,
    "for a while, of its number, by its words, and all of them": """
        ann> remind me every day at 11:00 to stretch
        < to stretch
        ann> remind me every day at 12:00 to have lunch
        < have lunch
        ann> pause reminder 2 until tomorrow at 13:00
        < Paused until **Thu 26 Nov 13:00 .. have lunch .. Fri 27 Nov 12:00
        ann> pause the stretch reminder for 2 days
        < Paused until **Fri 27 Nov 10:00 .. Fri 27 Nov 11:00
        ann> pause all reminders until next week
        < Paused all 2 of your reminders until **Mon 30 Nov 00:00 Europe/Paris**
        ann> resume all reminders
        < All 2 of your reminders go on.
        +63m
        < ⏰ stretch
        +1h
        < ⏰ have lunch
    """,
    "resumed before its time": """
        ann> remind me every day at 11:00 to stretch
        < to stretch
        ann> pause it until Saturday
        < Paused until
        ann> resume it
        < It goes on: stretch rings **Wed 25 Nov 11:00
        ann> pause it until Saturday
        < Paused until
        ann> undo
        < Taken back: stretch rings **Wed 25 Nov 11:00
        +1h
        < ⏰ stretch
    """,
    "a single one whose time lies in the pause rings when that ends": """
        ann> remind me tomorrow at 9:00 to call mum
        < call mum
        ann> pause it until Friday
        < Paused until **Fri 27 Nov 00:00 .. Then it rings **Fri 27 Nov 00:00
        ann> resume it
        < It goes on: call mum rings **Thu 26 Nov 09:00
        ann> pause it until Friday
        < Paused until
        ann> move it to 10
        < Moved
        ann> my reminders
        < (in
    """,
    "no end that is to come": """
        ann> remind me every day at 11:00 to stretch
        < stretch
        ann> pause it until yesterday
        < yesterday is over already.
        ann> pause it until the cows come home
        model
        ann> my reminders
        < Wed 25 Nov 11:00
    """,
    "a rule that ends in the pause rests for good": """
        ann> remind me every day at 11:00 to stretch until 27 November
        < stretch
        ann> pause it until Monday
        < Paused: stretch. “Resume” lets it go on.
        ann> resume it
        < Wed 25 Nov 11:00
    """,
    "a snooze rests with its reminder and comes back with it": """
        ann> remind me every day at 10:10 am to drink water
        < drink water
        +10m
        < drink water
        ann! 1 h
        < Snoozed
        ann> pause it
        < Paused: drink water
        +30m
        ann> resume reminder 1
        < It goes on: drink water rings **Wed 25 Nov 11:10
        +31m
        < drink water
    """,
    "another pause counts from its own time, not from the end of the one before, and loses no snooze": """
        ann> remind me every day at 10:10 am to drink water
        < drink water
        ann> remind me on Saturday at 9:00 am to call mum
        < call mum
        ann> pause reminder 2 until Monday
        < Then it rings **Mon 30 Nov 00:00
        ann> pause reminder 2 until Sunday
        < Then it rings **Sun 29 Nov 00:00
        ann> pause reminder 2
        < Paused: call mum
        ann> resume reminder 2
        < It goes on: call mum rings **Sat 28 Nov 09:00
        +10m
        < drink water
        ann! 1 h
        < Snoozed
        ann> pause reminder 1 until tomorrow
        < Paused until
        ann> pause reminder 1
        < Paused: drink water
        ann> resume reminder 1
        < It goes on: drink water rings **Wed 25 Nov 11:10
        +1h
        < drink water
    """,
    "by command": """
        ann> remind me every day at 11:00 to stretch
        < stretch
        ann> remind me tomorrow at 15:00 to call mum
        < call mum
        ann> /pause until Monday
        < Paused all 2 of your reminders until **Mon 30 Nov 00:00
        ann> resume all reminders
        < All 2
        ann> /pause 2 until Sunday
        < Paused until **Sun 29 Nov 00:00 .. call mum
        ann> /pause
        < Paused all 2 of your reminders.
        ann> /pause the zebra
        < Until when?
        li> 每天11点提醒我喝水
        < 喝水
        li> /pause 到下周一
        < 已暂停到 **11月30日
        li> /pause 1号到周五
        < 已暂停到 **11月27日
    """,
    "said of what is not wanted": """
        ann> remind me every day at 11:00 to stretch
        < stretch
        ann> don't remind me until Friday
        < Paused your only reminder until **Fri 27 Nov 00:00
        ann> resume all reminders
        < goes on
        ann> don't remind me about stretch until Friday
        < Paused until **Fri 27 Nov 00:00
        ann> don't remind me tomorrow
        model
        li> 每天11点提醒我喝水
        < 喝水
        li> 下周一之前别提醒我
        < 已暂停到 **11月30日 周一 00:00
        li> 周五之前别提醒我喝水
        < 已暂停到 **11月27日 周五 00:00
        li> 明天别提醒我喝水
        model
    """,
    "a snooze that lies behind the pause stays": """
        ann> remind me every day at 10:10 am to drink water
        < drink water
        +10m
        < drink water
        ann! 1 h
        < Snoozed
        ann> pause it until 11:00
        < Paused until **Wed 25 Nov 11:00 .. Then it rings **Wed 25 Nov 11:10
        +1h
        < drink water
        +23h
        < drink water
    """,
    "a pause in the minute in which it rings loses neither its turn nor its snooze": """
        ann> remind me every day at 10:10 am to drink water
        < drink water
        ann> snooze reminder 1 until 10:30 am
        < Snoozed
        +9m
        +30s
        ann> pause reminder 1
        < Paused: drink water
        ann> resume reminder 1
        < drink water rings **Wed 25 Nov 10:10
        +1m
        < drink water
        +20m
        < drink water
    """,
    "a new text in that minute keeps both": """
        ann> remind me every day at 10:10 am to drink water
        < drink water
        ann> snooze reminder 1 until 10:30 am
        < Snoozed
        +9m
        +30s
        ann> rename reminder 1 to drink tea
        < Changed: drink tea
        +1m
        < ⏰ drink tea
        +20m
        < ⏰ drink tea
    """,
    "undo of a second snooze brings the first one back": """
        ann> remind me in 2 minutes to drink water
        < drink water
        +3m
        < drink water
        ann! 10 min
        < Snoozed
        ann! 1 h
        < Snoozed
        ann> undo
        < Taken back .. in 10 min
        +11m
        < drink water
        +2h
    """,
    "the zone changes in a pause": """
        ann> remind me every day at 11:00 to stretch
        < stretch
        ann> pause it until Saturday
        < Paused until
        ann> /timezone Tokyo
        < Asia/Tokyo
        ann> my reminders
        < Sat 28 Nov 11:00 Asia/Tokyo
    """,
    "中文：暂停到周一": """
        li> 每天晚上八点提醒我跑步
        < “跑步”
        li> 暂停到周一
        < 已暂停到 **11月30日 周一 00:00 Asia/Shanghai**：跑步。之后会在 **11月30日 周一 20:00
        li> 我的提醒
        < 跑步 · 每天，20:00（暂停到 11月30日 周一 00:00 Asia/Shanghai）
        li> 恢复
        < 已恢复：跑步 会在 **11月25日 周三 20:00
        li> 把所有提醒暂停两天
        < 你唯一的提醒已暂停到 **11月27日 周五
        li> 暂停到昨天
        < 昨天已经过去了
        +4d
        li< ⏰ 跑步
        li< ⏰ 跑步
    """,
}


@pytest.mark.parametrize("name", PLAYS)
async def test_play(world: World, name: str) -> None:
    await world.play(PLAYS[name])


async def test_a_pause_ends_by_itself_after_a_restart(tmp_path: Path, migrated_sqlite: Path) -> None:
    async with world_in(tmp_path, migrated_sqlite) as world:
        await world.play("""
            ann> remind me every day at 11:00 to stretch
            < stretch
            ann> pause it until Friday
            < Paused until
        """)
    async with world_in(tmp_path / "again", tmp_path / "data" / "remora.db") as world:
        await world.play("""
            +38h
            +11h
            ann< ⏰ stretch
        """)


async def test_the_second_pass_of_a_repeated_hour_keeps_its_name_through_pause_and_rename(world: World) -> None:
    """In Paris the hour from two to three comes twice on 25 October 2026; a reminder that counts elapsed time rings in
    both passes."""
    world.clock.time = dt.datetime(2026, 10, 25, 0, 25, tzinfo=dt.UTC)  # 02:25, the first time
    await world.play("""
        ann> remind me every hour to look out
        < Sun 25 Oct 02:25 .. in 1 h
        +59m
        +30s
    """)
    await world.play("""
        ann> rename reminder 1 to look in
        < Changed: look in
        ann> pause reminder 1
        < Paused
        ann> resume reminder 1
        < It goes on
    """)
    reminder = tables.reminder
    async with world.store.read() as tx:
        row = await tx.row(sa.select(reminder.c.next_local, reminder.c.next_due))
    assert row is not None
    assert (row.next_local, row.next_due) == ("2026-10-25T02:25:00/2", dt.datetime(2026, 10, 25, 1, 25, tzinfo=dt.UTC))
    await world.play("""
        +1m
        < ⏰ look in
        +1h
        < ⏰ look in
    """)


async def test_a_zone_that_this_machine_does_not_know_stops_nothing_else(world: World) -> None:
    """As after an update of the time zones, or on a machine without them: a single reminder rings at its moment; all can
    be seen, cancelled, exported, and the person can move."""
    await world.play("""
        ann> remind me tomorrow at 9:00 am to call mum
        < call mum
        ann> remind me every day at 11:00 am to stretch
        < stretch
        ann> remind me tomorrow at 15:00 to eat
        < eat
    """)
    async with world.store.write() as tx:
        for text in ("call mum", "stretch"):
            await tx.run(sa.update(tables.reminder).where(tables.reminder.c.text == text).values(zone="Gone/Nowhere"))
    async with world.store.read() as tx:
        exported = calendar(await reminders.open_of(tx, 1), world.clock.now(), "mine")
    assert exported.count("BEGIN:VEVENT") == 3
    await world.play("""
        ann> my reminders
        < stretch .. call mum .. eat
        ann> my calendar feed
        < calendar
        ann> /timezone London
        < London
        ann> cancel the stretch reminder
        < Cancelled: stretch
        +23h
        < ⏰ call mum
        +7h
        < ⏰ eat
    """)
