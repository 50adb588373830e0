"""Looking things up in a conversation: answered in code, in the person's language, without touching what else is open."""

from __future__ import annotations

import pytest

from tests.scenario.world import World

PLAYS = {
    "sums": """
        ann> what is 15% of 240?
        < 15% of 240 = **36**
        li> 十五乘以三等于多少
        < **45**
        ann> what is 1/0
        < divided by zero
        li> 9^9^9等于多少
        < 太大
        ann> /calc 12 * 12
        < **144**
        ann> /calc
        < Write a sum
        ann> /calc hello
        < Write a sum
    """,
    "units": """
        ann> 5 miles in km
        < 5 mi = **8.04672 km**
        li> 100华氏度等于多少摄氏度
        < 100 °F = **37.7778 °C**
    """,
    "the time elsewhere": """
        ann> what time is it in Tokyo?
        < Tokyo: **18:00**, Wed 2026-11-25 (Asia/Tokyo)
        ann> 3pm in london to tokyo
        < london: **15:00** .. tokyo: **00:00**, Thu
        li> 北京时间晚上八点是纽约几点
        < 北京：**20:00** .. 纽约：**07:00**
    """,
    "the time and the day here": """
        ann> what time is it?
        < It is **Wed 25 Nov 10:00 Europe/Paris**.
        li> 今天几号
        < 11月25日 周三
    """,
    "dates, and how far away they are": """
        ann> on what day does 1 May 2027 fall?
        < **Sat 2027-05-01**, in 157 days
        ann> how many days until christmas
        < **Fri 2026-12-25**, in 30 days
        ann> how many days since 1 January 2026
        < 328 days ago
        ann> how long until 5pm
        < 17:00 .. in 7 h
        ann> what day was yesterday
        < **Tue 2026-11-24**, yesterday
        li> 离圣诞节还有几天
        < 还有 30 天
        li> 三天后是几号
        < 2026-11-28
        li> 两小时后是几点
        < 2 小时后
    """,
    "a date of something that is nobody's calendar is for the model": """
        ann> when is the next train
        model
        ann> what day is best for a haircut
        model
        li> 会议是几点
        model
    """,
    "a question that is open stays open": """
        ann> remind me to call mum
        < When
        ann> what is 12*7
        < **84**
        ann> tomorrow at 9
        < call mum .. 09:00
    """,
    "what is no sum goes on": """
        ann> what is love
        model
        ann> time in a bottle
        model
    """,
}


@pytest.mark.parametrize("name", PLAYS)
async def test_play(name: str, world: World) -> None:
    await world.play(PLAYS[name])
