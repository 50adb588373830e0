"""Which language a message is in, and times said in one language inside a sentence of the other."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from core.language.detect import detect
from core.language.times import understand, understand_time
from core.language.values import Instant, Recurrence

ZONE = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2026, 9, 21, 8, 5, tzinfo=ZONE)


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
