"""Reminders changed in words, in both languages: what is not said stays, and what is not meant is left alone."""

from __future__ import annotations

import pytest

from tests.scenario.world import World

PLAYS = {
    "the clock time alone": """
        ann> remind me tomorrow at 15:00 to call mum
        < to call mum: **Thu 26 Nov 15:00 Europe/Paris**
        ann> move it to 10
        < Moved .. Thu 26 Nov 10:00
        ann> undo
        < Taken back: call mum .. Thu 26 Nov 15:00
    """,
    "the day alone": """
        ann> remind me tomorrow at 15:00 to call mum
        < Thu 26 Nov 15:00
        ann> move it to Friday
        < Moved .. Fri 27 Nov 15:00
        ann> reschedule to monday at 8:30
        < Moved .. Mon 30 Nov 08:30
    """,
    "other words right after it was spoken of": """
        ann> remind me tomorrow at 15:00 to call mum
        < Thu 26 Nov 15:00
        ann> change it to call dad
        < Changed: call dad. It rings **Thu 26 Nov 15:00
        ann> hello there
        model
        ann> change it to something nicer
        model
        li> 每天晚上八点提醒我喝水
        < 喝水
        li> 改成喝茶
        < 已修改：喝茶
        li> 是的
        model
    """,
    "a question does not swallow what is about something else": """
        ann> remind me to blink
        < When should I remind you to blink?
        ann> quiet hours from 22:00 to 7:00
        < Quiet hours from 22:00 to 07:00
        ann> remind me to blink
        < When should I remind you to blink?
        ann> send me my schedule every morning at 8
        < I'll send you your schedule every day at 08:00
        li> 提醒我喝水
        < 什么时候提醒你“喝水”？
        li> 免打扰22点到7点
        < 免打扰时间为 22:00 到 07:00
        ann> remind me about this
        < What should I remind you of?
        ann> tomorrow at 9:00 call mum
        < to call mum
        ann> show my calendar feed
        < Your reminders as a calendar
    """,
    "by a length of its own time": """
        ann> remind me tomorrow at 15:00 to call mum
        < Thu 26 Nov 15:00
        ann> push it back by an hour
        < Moved .. Thu 26 Nov 16:00
        ann> postpone by 30 minutes
        < Moved .. Thu 26 Nov 16:30
        ann> make it two hours earlier please
        < Moved .. Thu 26 Nov 14:30
        ann> delay it 2 days
        < Moved .. Sat 28 Nov 14:30
    """,
    "a repeating one keeps its rule": """
        ann> remind me every monday at 9:00 to post the report
        < Mon 30 Nov 09:00 .. Repeats: every week on Mon at 09:00.
        ann> move it to 10:30
        < Mon 30 Nov 10:30 .. Repeats: every week on Mon at 10:30.
        ann> an hour earlier
        < Mon 30 Nov 09:30 .. Repeats: every week on Mon at 09:30.
        ann> move it to friday
        < That reminder repeats every week on Mon at 09:30 .. say the whole rule
        ann> change it to every friday
        < Fri 27 Nov 09:30 .. Repeats: every week on Fri at 09:30.
    """,
    "another text": """
        ann> remind me tomorrow at 15:00 to call mum
        < call mum
        ann> remind me tomorrow at 16:00 to buy milk
        < buy milk
        ann> my reminders
        < 1. **Thu 26 Nov 15:00 .. call mum .. 2. **Thu 26 Nov 16:00 .. buy milk
        ann> change reminder 1 to call dad instead
        < Changed: call dad. It rings **Thu 26 Nov 15:00
        ann> rename reminder 2 to Buy Oat Milk
        < Changed: Buy Oat Milk
        ann> change reminder 1 to call grandma at 18:00
        < to call grandma **Thu 26 Nov 18:00
        +32h
        ann< ⏰ Buy Oat Milk
        ann< ⏰ call grandma
    """,
    "which one": """
        ann> remind me tomorrow at 15:00 to call mum
        < call mum
        ann> remind me tomorrow at 16:00 to see the dentist
        < see the dentist
        ann> move the dentist reminder to 17:00
        < to see the dentist **Thu 26 Nov 17:00
        ann> cancel reminder 7
        < no reminder with the number 7
        ann> search reminders about mum
        < 1. **Thu 26 Nov 15:00 .. call mum
        ann> cancle the dentist remidner
        < Cancelled: see the dentist
        ann> cancel reminder 2
        < Number 2 of that list is gone already
        ann> cancel reminder 1
        < Cancelled: call mum
        ann> cancel reminder 1
        < You have no reminders
    """,
    "one of them, and not said which": """
        ann> remind me on Thursday at 15:00 to eat
        < to eat
        ann> remind me on Friday at 15:00 to call mum
        < to call mum
        ann> cancel a reminder
        < Which one do you mean? .. 1. .. eat .. 2. .. call mum
        ann> the second one
        < Cancelled: call mum
        ann> 1
        model
        ann> remind me on Friday at 15:00 to call dad
        < to call dad
        ann> /cancel
        < Which one do you mean? .. 2. .. call dad
        ann> 2
        < Cancelled: call dad
        ann> /cancel
        < Cancelled: eat
        li> 明天15点提醒我吃饭
        < 吃饭
        li> 后天15点提醒我开会
        < 开会
        li> 暂停一个提醒
        < 你指的是哪一个？
        li> 第二个
        < 已暂停：开会
    """,
    "all at once, and back": """
        ann> remind me tomorrow at 15:00 to call mum
        < call mum
        ann> remind me tomorrow at 16:00 to buy milk
        < buy milk
        ann> cancel all my reminders
        < Cancelled all 2 of your reminders
        ann> reminders
        < You have no reminders
        ann> undo
        < Taken back for all 2 reminders.
        ann> reminders
        < call mum .. buy milk
        ann> cancel reminder 2
        < Cancelled: buy milk
        ann> delete all reminders
        < Cancelled your only reminder
        ann> undo
        < Taken back: call mum
    """,
    "a new one taken back": """
        ann> remind me tomorrow at 15:00 to call mum
        < call mum
        ann> undo
        < Cancelled: call mum
        ann> undo
        < There is nothing to take back
        ann> reminders
        < You have no reminders
    """,
    "the other reading of an hour": """
        ann> remind me at 5 to water the plants
        < Wed 25 Nov 17:00 .. I took 17:00; if you meant 05:00, say so.
        ann> no, 5 in the morning
        < Thu 26 Nov 05:00
        ann> remind me at 17:30 to water the roses
        < 17:30
        ann> actually make it 18:00
        < 18:00
    """,
    "paused and resumed": """
        ann> remind me every day at 11:00 to stretch
        < Wed 25 Nov 11:00
        ann> pause it
        < Paused: stretch
        +2d
        ann> resume reminder 1
        < It goes on: stretch rings **Fri 27 Nov 11:00
        +2h
        ann< ⏰ stretch
    """,
    "not about reminders": """
        ann> remind me tomorrow at 15:00 to call mum
        < call mum
        ann> move on
        model
        ann> what's up
        model
        ann> cancel my subscription
        model
        ann> change it to something funnier
        model
        ann> make it shorter
        model
        ann> what is an alarm clock
        model
        ann> change the subject
        model
        ann> 30 minutes of running, is that enough?
        model
        ann> my reminders
        < call mum
    """,
    "nothing to refer to": """
        ann> cancel it
        model
        ann> move it to 10
        model
        ann> make it 6pm
        model
        ann> done
        model
        ann> undo
        < There is nothing to take back
    """,
    "中文：只说钟点": """
        li> 明天下午三点提醒我给妈妈打电话
        < 给妈妈打电话 .. 11月26日 周四 15:00
        li> 改到十点
        < 已修改 .. 11月26日 周四 10:00
        li> 刚才那个改到周五
        < 11月27日 周五 10:00
        li> 推迟半小时
        < 11月27日 周五 10:30
        li> 提前一小时
        < 11月27日 周五 09:30
        li> 撤销
        < 已撤销：给妈妈打电话 .. 11月27日 周五 10:30
    """,
    "中文：改内容和取消": """
        li> 明天下午三点提醒我给妈妈打电话
        < 给妈妈打电话
        li> 后天上午九点提醒我看牙医
        < 看牙医
        li> 我有哪些提醒？
        < 1. .. 给妈妈打电话 .. 2. .. 看牙医
        li> 把2号提醒改成看眼科
        < 已修改：看眼科，会在 **11月27日 周五 09:00
        li> 把1号提醒改到下午四点
        < 11月26日 周四 16:00
        li> 取消所有提醒
        < 已取消你的全部 2 个提醒
        li> 撤销
        < 已撤销，2 个提醒都恢复了原样
        li> 取消眼科的提醒
        < 已取消：看眼科
    """,
    "中文：与提醒无关": """
        li> 明天下午三点提醒我给妈妈打电话
        < 给妈妈打电话
        li> 提前告诉我
        model
        li> 取消我的订阅
        model
        li> 早上好
        model
        li> 这个改成红色
        model
    """,
    "中文：重复的提醒": """
        li> 每周一早上九点提醒我交周报
        < 11月30日 周一 09:00 .. 重复：每周，周一，09:00
        li> 改到十点半
        < 11月30日 周一 10:30 .. 重复：每周，周一，10:30
        li> 推迟到周五
        < 这个提醒是重复的
    """,
}


@pytest.mark.parametrize("name", PLAYS)
async def test_play(world: World, name: str) -> None:
    await world.play(PLAYS[name])
