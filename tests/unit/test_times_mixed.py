"""Which language a message is in, and times said in one language inside a sentence of the other."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from core.language.detect import detect
from core.language.times import understand, understand_time
from core.language.values import Delta, Instant, Recurrence

ZONE = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 9, 21, 8, 5, tzinfo=ZONE)
PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("remind me tomorrow", "en"),
        ("明天提醒我", "zh"),
        ("remind me to call 李雷 at 5pm", "en"),
        ("明天 3pm 提醒我开会", "zh"),
        ("", "en"),
        ("12:30", "en"),
    ],
)
def test_a_message_is_in_the_language_of_most_of_its_words(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    ("text", "local", "task"),
    [
        ("remind me 明天下午3点 to call mum", dt.datetime(2026, 9, 22, 15), "call mum"),
        ("提醒我 tomorrow at 9 打电话给 Bob", dt.datetime(2026, 9, 22, 9), "打电话给 Bob"),
        ("remind me to call 李雷 at 5pm", dt.datetime(2026, 9, 21, 17), "call 李雷"),
    ],
)
def test_a_time_is_understood_in_either_language(text: str, local: dt.datetime, task: str) -> None:
    understood = understand(text, NOW, ZONE)
    assert isinstance(understood.when, Instant)
    assert understood.when.local == local
    assert understood.task == task
    assert understood.asks_reminder


@pytest.mark.parametrize("text", ["每周五 remind me to 交报告", "remind me every Friday 交报告"])
def test_a_repetition_in_either_language_stays_one(text: str) -> None:
    understood = understand(text, NOW, ZONE)
    assert isinstance(understood.when, Recurrence)
    assert understood.when.by_day == ("FR",)


def test_a_short_answer_may_be_chinese() -> None:
    when = understand_time("明早", NOW, ZONE).when
    assert isinstance(when, Instant)
    assert when.local.date() == dt.date(2026, 9, 22)


@pytest.mark.parametrize(
    ("text", "moments", "task"),
    [
        ("remind me saturday at 10:00 and sunday at 3pm to train", ["2026-11-28T10:00", "2026-11-29T15:00"], "train"),
        ("周六早上十点和周日下午三点提醒我上课", ["2026-11-28T10:00", "2026-11-29T15:00"], "上课"),
        ("明天早上八点、后天晚上九点提醒我吃药", ["2026-11-26T08:00", "2026-11-27T21:00"], "吃药"),
        ("remind me tomorrow at 9:00 and call bob at 10:00", ["2026-11-26T09:00"], "call bob at 10:00"),
        (
            "remind me on monday and friday at 9:00 and sunday at 14:00 to swim",
            ["2026-11-27T09:00", "2026-11-29T14:00", "2026-11-30T09:00"],
            "swim",
        ),
        ("remind me same time tomorrow to call mum", ["2026-11-26T10:00"], "call mum"),
        ("明天这个时候提醒我打电话", ["2026-11-26T10:00"], "打电话"),
        ("remind me at the same time next week to pay", ["2026-12-02T10:00"], "pay"),
        ("下个月这个时候提醒我交钱", ["2026-12-25T10:00"], "交钱"),
    ],
)
def test_moments_that_stand_together_and_the_time_that_it_is(text: str, moments: list[str], task: str) -> None:
    found = understand(text, dt.datetime(2026, 11, 25, 10, tzinfo=PARIS), PARIS)
    assert found.task == task
    assert [
        one.local.isoformat("T", "minutes") for one in (found.when, *found.also) if isinstance(one, Instant)
    ] == moments


def test_dates_of_several_months_that_would_multiply_are_no_rule() -> None:
    found = understand("每年3月8号和5月20号提醒我买花", dt.datetime(2026, 11, 25, 10, tzinfo=PARIS), PARIS)
    assert (found.when, found.recurring) == (None, True)


@pytest.mark.parametrize(
    "text", ["remind me in 20 min and in 40 min to flip the steak", "二十分钟后和四十分钟后提醒我翻面"]
)
def test_lengths_that_stand_together(text: str) -> None:
    found = understand(text, dt.datetime(2026, 11, 25, 10, tzinfo=PARIS), PARIS)
    assert (found.when, *found.also) == (Delta(1200), Delta(2400))
