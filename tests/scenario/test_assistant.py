"""What the assistant's own intents do for people who do not word it as the skills' grammar wants, in both languages."""

from __future__ import annotations

from functools import partial

import pytest

from bots._app import BOTS
from bots._intents import seed_of
from core.intents import encoders
from core.intents.live import Live
from core.intents.releases import Editing
from tests.scenario.world import BOT, World

PLAYS = {
    "a reminder is set, looked at and taken away": """
        ann> could you give me a nudge about the dentist at 18:00
        < the dentist .. 18:00
        ann> which reminders are still running
        < dentist
        ann> the dentist reminder isn't needed any more
        < dentist
        li> 到时候喊我一声，晚上八点收衣服
        < 收衣服
        li> 看看我都设了哪些提醒
        < 收衣服
        li> 收衣服那条提醒可以撤掉
        < 收衣服
    """,
    "what is missing is asked for": """
        ann> i want to add a new reminder please
        < When should I
        ann> at 18:00
        < 18:00
    """,
    "the time is the message's, whatever was taken for the task": """
        ann> book a table for two tomorrow at 8pm
        < book a table for two: **Thu 26 Nov 20:00
    """,
    "what rang comes again": """
        ann> remind me in 10 minutes to stretch
        < stretch
        +10m
        < stretch
        ann> i'm busy now, come back to me in half an hour
        < 10:40
        +30m
        < stretch
        li> 十分钟后提醒我喝水
        < 喝水
        +10m
        < 喝水
        li> 我在忙，二十分钟后再来找我
        < 18:10
        +20m
        < 喝水
    """,
    "a day": """
        ann> remind me tomorrow at 15:00 to call mum
        < call mum
        ann> how busy am i tomorrow
        < call mum
        li> 提醒我明天下午三点给妈妈打电话
        < 打电话
        li> 我明天忙不忙
        < 打电话
    """,
    "sums, units and the time elsewhere": """
        ann> work out 17 times 23 for me
        < 391
        ann> can you do a calculation
        < calc
        ann> do you know what time they have in Berlin
        < 10:00
        ann> what's the time where my colleague lives
        < In which city
        ann> Tokyo
        < 18:00
        li> 你知道东京那边几点吗
        < 18:00
    """,
    "settings": """
        ann> please don't disturb me from 11 pm to 7 am
        < 23:00 .. 07:00
        ann> from now on you may ring at night again
        < no quiet hours any more
        ann> i have moved to Lisbon, use the time there
        < Europe/Lisbon
        ann> i'd rather have your answers in Chinese
        < 中文
        li> 晚上10点到早上7点请别打扰我
        < 22:00 .. 07:00
        li> 夜里不用再安静了
        < 免打扰
        li> 我搬到柏林了，用那边的时间
        < Europe/Berlin
        li> 以后请都用英文写给我
        < English
    """,
    "what is known of a person": """
        ann> keep in mind that my daughter is allergic to nuts
        < allergic to nuts
        ann> which facts about me have you stored
        < allergic to nuts
        ann> i'd like a fact about me deleted
        < What shall I forget
        ann> my daughter is allergic to nuts
        < Shall I go on?
        ann! Yes
        < allergic to nuts
        li> 把这点存下来，我女儿叫小雨
        < 小雨
        li> 你存了我的哪些信息
        < 小雨
    """,
    "documents": """
        ann> what do the documents say about parking
        < documents
        li> 资料里怎么说停车的
        < 资料
    """,
    "help, a new conversation, and somebody to talk to": """
        ann> what kinds of things are you able to do
        < /remind
        ann> let's begin from scratch
        < A fresh start
        ann> please connect me with a real human
        < could not reach a person
        li> 你有哪些功能呀
        < /remind
        li> 我们从头来过吧
        < 新
        li> 请帮我转人工客服
        < 联系不到
    """,
    "who just talks is answered by the model": """
        ann> hello, how was your weekend?
        model
        ann> see you tomorrow
        model
        ann> i'm learning english
        model
        ann> why is the sky blue
        model
        li> 你好，周末过得怎么样？
        model
        li> 明天见
        model
        li> 我睡不着
        model
    """,
}


SEED = seed_of(BOTS / BOT)


@pytest.fixture
async def assistant(world: World) -> World:
    """The world with the assistant's own intents, recognised with the light encoder."""
    world.intents = Live(world.store, BOT, partial(encoders.load, "light"))
    await Editing(world.store, world.clock, BOT, commands=()).take_seed(SEED)
    await world.intents.tick()
    await world.intents.settled()
    return world


@pytest.mark.parametrize("name", PLAYS)
async def test_play(name: str, assistant: World) -> None:
    await assistant.play(PLAYS[name])
