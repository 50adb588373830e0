"""Setting reminders: what is said, what is asked for, what is confirmed, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from core.language.times import understand_time
from core.skills.reminders import setting
from tests.scenario.world import World

PLAYS = {
    "by the command, with or without the words that go with it": """
        ann> /remind tomorrow at 15:00 to call mum
        < remind you to call mum: **Thu 26 Nov 15:00
        ann> /remind me tomorrow at 15:00 to call dad
        < remind you to call dad: **Thu 26 Nov 15:00
        ann> /remind to water the plants every monday at 9:00
        < remind you to water the plants: **Mon 30 Nov 09:00
        ann> /remind every monday at 9:00 remind me to post it
        < remind you to post it: **Mon 30 Nov 09:00
        li> /remind 明天下午三点给妈妈打电话
        < 给妈妈打电话
        ann> /remind call bob
        < When
    """,
    "several times in one sentence are several reminders": """
        ann> remind me on weekdays at 8:00 and on weekends at 10:00 to stretch
        < to stretch .. Thu 26 Nov 08:00 .. every weekday at 08:00 .. to stretch .. Sat 28 Nov 10:00
        ann> my reminders
        < 1. .. Thu 26 Nov 08:00 .. 2. .. Sat 28 Nov 10:00
    """,
    "several times in Chinese": """
        li> 工作日早上8点、周末上午10点提醒我吃药
        < 吃药 .. 08:00 .. 吃药 .. 10:00
    """,
    "a time is asked for, and the short answer is understood": """
        ann> remind me to buy milk
        < When should I remind you to buy milk?
        ann> in half an hour
        < to buy milk: **Wed 25 Nov 10:30 Europe/Paris**, in 30 min
        +30m
        < buy milk
    """,
    "what was left open is told before when, with it, or not at all": """
        ann> remind me
        < When should I remind you?
        ann> call the dentist
        < When should I remind you to call the dentist?
        ann> tomorrow at 9 am
        < to call the dentist: **Thu 26 Nov 09:00
        li> 提醒我
        < 什么时候
        li> 明天早上八点买菜
        < 买菜 .. 08:00
        li> 提醒我
        < 什么时候
        li> 给牙医打电话
        < 什么时候提醒你“给牙医打电话”
        ann> remind me
        < When should I remind you?
        ann> thanks
        model
        ann> remind me
        < When should I remind you?
        ann> remind me
        < When should I remind you?
    """,
    "two reminders in one sentence are two": """
        ann> remind me in 5 minutes to turn off the oven and at 8pm to take out the trash
        < to turn off the oven: **Wed 25 Nov 10:05 .. to take out the trash: **Wed 25 Nov 20:00
        ann> remind me tomorrow at 9am to call Ann and at 10am to call Bob
        < to call Ann: **Thu 26 Nov 09:00 .. to call Bob: **Thu 26 Nov 10:00
        ann> remind me every day at 9am to take the pill and at 9pm to lock the door
        < take the pill .. every day at 09:00 .. lock the door .. every day at 21:00
        ann> remind me at 9am tomorrow to call Ann and book the table for 8
        < to call Ann and book the table for 8: **Thu 26 Nov 09:00
        li> 五分钟后提醒我关火，晚上八点提醒我倒垃圾
        < “关火” .. 17:05 .. “倒垃圾” .. 20:00
        li> 提醒我明天早上九点带护照，航班十点起飞
        < “带护照，航班十点起飞”
    """,
    "a thing is reminded about, a deed to be done": """
        ann> remember the milk
        < When should I remind you about the milk?
        ann> never mind
        < .
        ann> remember to buy milk
        < When should I remind you to buy milk?
    """,
    "words that may ask for anything ask for a reminder only with a time": """
        li> 告诉我保罗的生日
        model
        li> 你能告诉我一个笑话吗
        model
        li> 叫我老王
        model
        li> 明天早上九点告诉我开会
        < 开会
        ann> Tell me a story. Remember, it is for children.
        model
        ann> All is late. Remember to pay the rent tomorrow at 9:00
        < Thu 26 Nov 09:00
    """,
    "who chose one language may write in the other": """
        li> /language en
        < English
        li> 明天早上九点提醒我开会
        < I'll remind you .. 开会 .. Thu 26 Nov 09:00
        li> 提醒我
        < When
    """,
    "a word about reminding asks for no reminder": """
        ann> why did you remind me so late?
        model
        ann> you never remind me
        model
        ann> why didn't you remind me at 9?
        model
        ann> you said you'd remind me tomorrow
        model
        ann> translate "remind me tomorrow" into French
        model
        ann> why don't you remind me tomorrow at 9:00 to run
        < Thu 26 Nov 09:00
        li> 你昨天怎么没提醒我
        model
        li> 明天提醒我问老板为什么延期
        < 为什么延期
        li> 我不想要提醒了
        model
        li> 谢谢提醒
        model
        li> 提醒我看看怎么做蛋糕
        < 什么时候提醒你“看看怎么做蛋糕”
        ann> thanks, remind me to call mum
        < When should I remind you to call mum
        li> 别忘了提醒我买牛奶
        < 什么时候提醒你“买牛奶”
    """,
    "another question with a time in it is no answer": """
        ann> remind me to buy milk
        < When should I remind you to buy milk?
        ann> what did I miss yesterday?
        model
        li> 提醒我买菜
        < 什么时候提醒你“买菜”
        li> 明天天气怎么样
        model
        li> 提醒我买菜
        < 什么时候提醒你“买菜”
        li> 明天早上八点提醒我
        < 买菜 .. 08:00
    """,
    "a question that is not answered is dropped": """
        ann> remind me to buy milk
        < When should I remind you
        ann> tell me about the sea
        model
    """,
    "a time that is over is refused with a proposal": """
        ann> remind me yesterday at 9 to call mum
        < yesterday .. over .. tomorrow at 09:00
    """,
    "the confirmation names weekday, date, time, zone and distance": """
        ann> remind me on friday at 9am to post the letter
        < **Fri 27 Nov 09:00 Europe/Paris**, in 1 d 23 h
    """,
    "a date that stands for two says which was taken": """
        ann> remind me on 3/4 at 10:00 to file the papers
        < Sat 3 Apr 2027 10:00 .. I took 2027-04-03; if you meant 2027-03-04
    """,
    "an hour that stands for two says which was taken": """
        ann> remind me at 5 to eat
        < Wed 25 Nov 17:00 .. I took 17:00; if you meant 05:00
    """,
}


@pytest.mark.parametrize("play", PLAYS.values(), ids=PLAYS)
async def test_setting(world: World, play: str) -> None:
    await world.play(play)


async def test_of_many_clauses_only_some_are_tried(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each costs a look at the grammar of times, and somebody may send hundreds."""
    tried: list[str] = []

    def counted(text: str, *more: Any) -> Any:
        tried.append(text)
        return understand_time(text, *more)

    monkeypatch.setattr(setting, "understand_time", counted)
    await world.play("ann> remind me tomorrow at 9 am to " + "call Ann and at b " * 25 + "\n< call Ann")
    assert 0 < len(tried) <= 8
