"""Chinese sentences around a time: what asks, what is the task, and that a repetition is never lost in them."""

from __future__ import annotations

import datetime as dt

import pytest

from core.language.grammar.chinese import turned
from core.language.values import Recurrence
from tests.unit.test_times_chinese import WORKDAYS, at, framed, instant, read

CARRIERS = (
    "{when}提醒我{task}", "提醒我{when}{task}", "提醒我{task}，{when}", "记一下，{when}{task}", "我{when}要{task}，别让我忘了",
    "帮我设个提醒，{when}{task}", "麻烦{when}喊我{task}", "{when}的时候告诉我该{task}了", "新建提醒 {when} {task}", "请在{when}提醒我{task}",
    "{when}记得{task}", "别忘了{when}{task}", "我{when}要{task}，到时候提醒我一下", "設置一個提醒在{when}{task}", "通知大家{when}{task}",
)  # fmt: skip
TIMES = (
    "明天下午三点",
    "周五",
    "半小时后",
    "每天早上八点",
    "每周二、周四下午六点",
    "每月最后一个工作日",
    "下个月15号",
    "月底",
    "每两小时",
)
TASKS = ("交房租", "给302房间送文件", "看第三章", "写周报", "去一趟银行", "参加明天的会", "给5号客户回电")
LOOSE_CARRIERS = (
    "提醒我{task}{when}", "{task}{when}", "{when}都提醒我{task}", "能不能{when}提醒我{task}？", "{task}（{when}）", "把{task}设成{when}的提醒",
    "hi，{when}提醒我{task}，谢谢", "我老是忘记{task}，{when}提醒我一下", "帮我建一个{when}{task}的提醒", "{when}@我{task}",
)  # fmt: skip
REPETITIONS = (
    "每天", "每天早上八点", "每晚", "每周三下午3点", "每周一三五", "每逢周五", "每个周末", "每月1号和15号", "每月底", "每年国庆节", "每年3月5日", "每两天",
    "每隔一天", "隔周周二", "每半年", "每季度", "每小时", "每隔两小时", "每30分钟", "工作日早上九点", "周一到周五早上七点", "从明天开始每天早上七点",
    "连续三天每晚九点", "接下来五天每天早上八点", "每天早晚八点", "每天三次", "天天", "每次下班", "每个休息日早上10点", "每年农历生日", "每10秒",
)  # fmt: skip


@pytest.mark.parametrize("when", REPETITIONS)
def test_a_repetition_never_becomes_a_one_off(when: str) -> None:
    for carrier in CARRIERS + LOOSE_CARRIERS:
        for task in TASKS:
            assert read(carrier.format(when=when, task=task)).recurring, carrier.format(when=when, task=task)


@pytest.mark.parametrize(
    "text",
    [
        "明天要开会，以后每次下班提醒我",
        "提醒我明天开会，每个休息日早上10点",
        "三天后天天提醒我",
        "下周天天提醒我",
        "下周工作日早上九点",
    ],
)
def test_a_repetition_beside_another_time_is_not_lost(text: str) -> None:
    assert read(text).recurring


def test_working_days_beside_a_single_date_are_asked_about() -> None:
    parsed = read("工作日12月25日提醒我交报告")
    assert (parsed.when, parsed.recurring) == (None, True)
    assert parsed.problem is not None
    assert parsed.problem.kind == "unclear_recurrence"


def test_every_weekend_by_its_other_name_is_every_week() -> None:
    assert read("每个双休日早上十点提醒我浇花").when == Recurrence("WEEKLY", by_day=("SA", "SU"), times=at("10:00"))


def test_a_repetition_inside_the_task_is_the_tasks() -> None:
    assert instant("明天提醒我整理每周例会纪要").local == dt.datetime(2026, 11, 26)
    assert framed("明天提醒我每个文件都检查一遍").task == "每个文件都检查一遍"


def test_several_rules_of_a_sentence_are_kept() -> None:
    parsed = read("工作日早上8点、周末上午10点提醒我喂猫")
    assert parsed.when == Recurrence("WEEKLY", by_day=WORKDAYS, times=at("08:00"))
    assert parsed.also == (Recurrence("WEEKLY", by_day=("SA", "SU"), times=at("10:00")),)
    assert framed("工作日早上8点、周末上午10点提醒我喂猫").task == "喂猫"


@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_sentence_around_a_time_changes_neither_it_nor_the_task(carrier: str) -> None:
    for when in TIMES:
        for task in TASKS:
            text = carrier.format(when=when, task=task)
            assert read(text).when == read(when).when, text
            assert framed(text).task == task, text
            assert framed(text).asks_reminder, text


@pytest.mark.parametrize(
    ("text", "task", "recipient"),
    [
        ("明天上午九点提醒我开会", "开会", None),
        ("通知大家周五下午两点开会", "开会", "channel"),
        ("提醒我们明天交报告", "交报告", "us"),
        ("提醒@ann明天交报告", "交报告", "@ann"),
        ("五点提醒我下班", "下班", None),
        ("设一个明天早上七点的闹钟", "", None),
        ("明天下午三點提醒我開會", "開會", None),
        ("周五要交报告，周四提醒我", "周五要交报告", None),
        ("明天提醒我订周五晚上七点的餐厅", "订周五晚上七点的餐厅", None),
    ],
)
def test_the_task_comes_out_clean(text: str, task: str, recipient: str | None) -> None:
    assert (framed(text).task, framed(text).recipient) == (task, recipient)


def test_the_time_next_to_the_asking_is_the_reminders() -> None:
    assert instant("周五要交报告，周四提醒我").local == dt.datetime(2026, 11, 26)
    assert instant("明天下午三点开会，两点半提醒我").local == dt.datetime(2026, 11, 26, 14, 30)
    assert instant("明天下午三点开会，提前十分钟提醒我").local == dt.datetime(2026, 11, 26, 14, 50)
    assert instant("我明天要去医院，早上八点提醒我").local == dt.datetime(2026, 11, 26, 8)


def test_pronouns_of_a_task_turn_and_quotations_do_not() -> None:
    assert turned("给我的学校打电话") == "给你的学校打电话"
    assert turned("告诉她“我到了”") == "告诉她“我到了”"
    assert turned("自我介绍") == "自我介绍"
