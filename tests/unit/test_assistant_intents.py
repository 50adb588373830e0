"""The assistant's own intents: whole, without a fault, and no trap for people who just talk."""

from __future__ import annotations

from pathlib import Path

import pytest

from bots._app import BOTS
from bots._intents import editing, seed_of
from core.intents import encoders
from core.intents.checks import failed_tests
from core.intents.definition import AskModel, Intent
from core.intents.problems import Problem
from core.intents.recognition import Recognizer, compiled
from core.intents.slots import Situation
from core.language.phrases import LANGUAGES
from core.skills.catalog import _talk
from core.store import Store
from tests.conftest import make_settings

SEED = seed_of(BOTS / "assistant")
_SWALLOWED = 0.05
JUST_TALK = """
hi there|who made you|tell me a joke|i'm bored|i had a terrible day|thank you so much|what's the meaning of life
i'm hungry, what should i cook|recommend a film for tonight|what is the capital of australia|why is the sea salty
translate good night into french|my cat is sick|i'm nervous about the exam|explain recursion to me|did you sleep well
it's raining again|should i buy or rent a flat|my neighbour is so loud|i forgot my umbrella|i can't sleep
i will be late for work|i remember my first day at school|i have an appointment at the hairdresser|is chinese hard to learn
i moved house last year|we were in tokyo in spring|how long does a marathon take|how many people live in paris
can you write python code|what did you mean by that|tell me more|see you on tuesday|my boss wants to talk to me
which laptop should i get|what is inflation|i feel lonely|what would you do in my place|how do i quit smoking|time flies
你好呀|谁创造了你|讲个笑话吧|我好无聊|我今天过得很糟|太谢谢你了|人生的意义是什么|我饿了，做点什么吃好|今晚看什么电影好
澳大利亚的首都是哪里|海水为什么是咸的|晚安用法语怎么说|我的猫生病了|考试让我很紧张|给我解释一下递归|你睡得好吗|又下雨了
买房好还是租房好|邻居太吵了|我忘带伞了|我睡不着|我上班要迟到了|我还记得第一天上学|我约了理发|中文难学吗|我去年搬了家
春天我们去了东京|跑一个马拉松要多久|巴黎有多少人|你会写代码吗|你那是什么意思|周末见|老板要找我谈话|该买哪台电脑
通货膨胀是什么|我觉得孤独|换成你会怎么做|怎么戒烟|时间过得真快|有什么新闻
i'll be back in 10 minutes|thanks for the reminder|谢谢提醒|我十分钟后到家|i'm allergic to cats|我对花生过敏
"""
"""Nothing that stands among the examples."""
WANTED = """
set_reminder|nudge me at five about the bread|别让我忘了晚上给车充电
list_reminders|what did i ask you to keep in mind for me|看看我都设了哪些提醒
cancel_reminder|take the vet off my list of reminders|钢琴课的提醒不用了
snooze_reminder|ask me again in fifteen minutes|过半小时再叫我
show_schedule|what does my wednesday look like|我后天忙不忙
do_a_sum|add 12 to 30 and tell me the result|帮忙算算350除以14
convert_units|how many inches is 2 metres|12公里是几英里
time_elsewhere|is it night in Chicago now|奥斯陆那边几点了
set_language|i would like you to answer in chinese|请换成英语跟我聊
set_time_zone|i am in Vienna now so use vienna time|我到维也纳了，用这里的时间
set_quiet_hours|no pings between 9 pm and 7 am please|晚上九点到早上七点别给我发
end_quiet_hours|you can ring at night again|晚上可以响了
get_help|which functions do you offer|你有啥功能
give_feedback|here's a suggestion for your developers|我想反馈一个问题
talk_to_a_person|get me somebody from support|帮我叫个真人
new_conversation|let's start fresh|把上下文清掉
remember_something|keep in mind that my son likes chess|你要知道我对花粉过敏
what_is_remembered|what have you learned about me|你对我了解多少
forget_something|please stop remembering that i smoke|把我抽烟这件事从记忆里去掉
look_it_up|what does the handbook say about lunch|查一下资料里怎么说报销
"""


@pytest.fixture(scope="module")
def recognizer() -> Recognizer:
    return compiled(SEED, encoders.load("light"))


async def test_they_can_be_published_as_they_are(store: Store, tmp_path: Path) -> None:
    found = await editing(store, make_settings(tmp_path, REMORA_INTENT_ENCODER="off")).problems(SEED)
    assert [problem.text("en") for problem in found] == []


def test_their_tests_pass_with_an_encoder_too(recognizer: Recognizer) -> None:
    found: list[Problem] = list(failed_tests(SEED, lambda text: recognizer.recognize(text, Situation()).intent))
    assert [problem.text("en") for problem in found] == []


@pytest.mark.parametrize("intent", SEED, ids=lambda intent: intent.name)
def test_each_has_many_examples_in_each_language_and_tests(intent: Intent) -> None:
    assert all(len(intent.examples[language]) >= 20 for language in LANGUAGES)
    assert intent.must_match
    assert intent.must_not_match
    assert " / " in intent.description


def test_who_just_talks_is_left_to_the_model(recognizer: Recognizer) -> None:
    said = [text for line in JUST_TALK.strip().splitlines() for text in line.split("|")]
    talk = {intent.name for intent in SEED if intent.action == AskModel("")}
    known = {text for intent in SEED for texts in intent.examples.values() for text in texts}
    taken = {}
    for text in said:
        found = recognizer.recognize(text, Situation())
        if found.intent is not None and found.intent not in talk and not _talk(recognizer.intents, found):
            taken[text] = found.intent
    assert not known & set(said)
    assert len(taken) <= _SWALLOWED * len(said), taken


def test_what_people_want_is_understood_in_words_that_nobody_wrote_down(recognizer: Recognizer) -> None:
    rows = [line.split("|") for line in WANTED.strip().splitlines()]
    assert {name for name, *_ in rows} == {one.name for one in SEED if one.action != AskModel("")}
    found = [(name, text, recognizer.recognize(text, Situation())) for name, *texts in rows for text in texts]
    assert [(text, one.top) for name, text, one in found if one.top != name] == []
    assert sum(one.zone != "act" for _, _, one in found) <= 4
