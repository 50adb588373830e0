"""Habits of writing in both languages: names that begin like a time, hours by meals, a lead before a repeated time, and
times that no clock shows. Said on Wednesday 25 November 2026, 10:20."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from core.language.batch import rule_text
from core.language.phrases import Language
from core.language.times import resolve, understand
from core.language.values import Preferences, Recurrence, Understood

PARIS = ZoneInfo("Europe/Paris")
NOW = dt.datetime(2026, 11, 25, 10, 20, tzinfo=PARIS)


def meaning(text: str) -> Understood:
    language: Language = "zh" if any("\u4e00" <= sign <= "\u9fff" for sign in text) else "en"
    return understand(text, NOW, PARIS, language)


@pytest.mark.parametrize(
    "text",
    [
        "remind me at 12 Harbour Street to drop the keys",
        "remind me to buy the Sunday Herald",
        "remind me to watch Saturday Night Fever",
        "remind me to ask Friday Adeyemi about the rent",
        "remind me to log in to tuesday.org",
        "提醒我坐最晚的船",
    ],
)
def test_a_name_is_no_time(text: str) -> None:
    found = meaning(text)
    assert (found.when, found.problem) == (None, None)


@pytest.mark.parametrize(
    ("text", "local", "task"),
    [
        ("remind me at 5 to ring at 12 Harbour Street", "2026-11-25 17:00", "ring at 12 Harbour Street"),
        ("remind me to call Friday Morning at 9", "2026-11-27 09:00", "call"),
        ("remind me on the Sunday before Christmas to shop", "2026-12-20 09:00", "shop"),
        ("remind me at eight p m to feed the dog", "2026-11-25 20:00", "feed the dog"),
        ("remind me when it is 8pm to call", "2026-11-25 20:00", "call"),
        ("remind me at bedtime to read", "2026-11-25 21:00", "read"),
        ("the paper is due Monday morning, remind me an hour before", "2026-11-30 08:00", "the paper is due"),
        ("remind me that the rent is due friday at 9am", "2026-11-27 09:00", "the rent is due"),
        ("i have a train friday at six in the morning wake me up at four", "2026-11-27 04:00", None),
        ("明天0745提醒我出门", "2026-11-26 07:45", "出门"),
        ("午饭后提醒我散步", "2026-11-25 14:00", "散步"),
        ("睡前提醒我关窗", "2026-11-25 22:00", "关窗"),
        ("下班前半小时提醒我写日报", "2026-11-25 16:30", "写日报"),
        ("最晚四点提醒我走", "2026-11-25 16:00", "走"),
        ("国庆节第二天提醒我返程", "2027-10-02 09:00", "返程"),
        ("明年提醒我开始存钱", "2027-01-01 09:00", "开始存钱"),
    ],
)
def test_what_is_meant_rings_then(text: str, local: str, task: str | None) -> None:
    found = meaning(text)
    assert found.when is not None
    assert not isinstance(found.when, Recurrence)
    moment = resolve(found.when, NOW, PARIS, Preferences())
    assert moment is not None
    assert f"{moment.at.astimezone(PARIS):%Y-%m-%d %H:%M}" == local
    assert task in (None, found.task)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("remind me every friday ten minutes before 5pm to pack", "FREQ=WEEKLY;BYDAY=FR;BYHOUR=16;BYMINUTE=50"),
        ("every day remind me an hour after noon to rest", "FREQ=DAILY;BYHOUR=13;BYMINUTE=0"),
        ("remind me 5 minutes before midnight every day to lock up", "FREQ=DAILY;BYHOUR=23;BYMINUTE=55"),
        ("wake me up week days at 6", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=6;BYMINUTE=0"),
        ("remind me ervy monday at 8am", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=8;BYMINUTE=0"),
        ("remind me at 8 every morning and 10 every night to brush", "FREQ=DAILY;BYHOUR=8,22;BYMINUTE=0"),
        ("每天九点前十分钟提醒我开会", "FREQ=DAILY;BYHOUR=8;BYMINUTE=50"),
        ("每月第二个和最后一个周五上午十点提醒我报销", "FREQ=MONTHLY;BYDAY=2FR,-1FR;BYHOUR=10;BYMINUTE=0"),
    ],
)
def test_a_repetition_keeps_its_lead_and_its_days(text: str, rule: str) -> None:
    found = meaning(text)
    assert isinstance(found.when, Recurrence)
    assert rule_text(found.when) == rule


@pytest.mark.parametrize("text", ["remind me tomorrow at 25:00 to sleep", "at 24:30", "remind me at 8:75"])
def test_a_time_that_no_clock_shows_is_named(text: str) -> None:
    found = meaning(text)
    assert found.when is None
    assert found.problem is not None
    assert found.problem.kind == "impossible"


@pytest.mark.parametrize(
    "text",
    [
        "remind me one day before the 1st of every month",
        "the day before every 2nd tuesday",
        "remind me every day except the 1st",
        "remind me every monday at 9 except the first one of the month",
        "remind me every year on my birthday",
        "remind me every year on Jo's wedding anniversary",
        "每周一上午九点提醒我倒垃圾，节假日除外",
        "除了法定节假日每天早上七点提醒我",
    ],
)
def test_a_repetition_that_no_rule_says_is_asked_about(text: str) -> None:
    found = meaning(text)
    assert found.when is None
    assert found.problem is not None
    assert found.problem.kind == "unclear_recurrence"
