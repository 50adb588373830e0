"""Quiet hours, the morning's schedule, the calendar's address and nagging until done, as people ask for them."""

from __future__ import annotations

import datetime as dt

import pytest

from core.language.until_done import UntilDone, split
from core.language.wishes import DigestWish, QuietWish, digest_wish, feed_wish, quiet_wish, unmute_wish


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("quiet hours from 22:00 to 7:00", "22:00", "07:00"), ("quiet hours 10pm to 7am", "22:00", "07:00"),
        ("set my quiet hours to 10 to 7", "22:00", "07:00"), ("Don't disturb me between 11 pm and 6:30 am!", "23:00", "06:30"),
        ("no reminders between 22 and 7 please", "22:00", "07:00"), ("quiet hours from noon to 2pm", "12:00", "14:00"),
        ("免打扰22点到7点", "22:00", "07:00"), ("晚上十点到早上七点不要打扰我", "22:00", "07:00"),
        ("把免打扰时间设为晚上11点到早上6点半", "23:00", "06:30"), ("quiet hours from 23:00 to 6:30", "23:00", "06:30"),
        ("quiet hours from 13:00 to 2:30", "13:00", "14:30"), ("免打扰22:00到7:00", "22:00", "07:00"),
    ],
)  # fmt: skip
def test_quiet_hours(text: str, start: str, end: str) -> None:
    assert quiet_wish(text) == QuietWish(dt.time.fromisoformat(start), dt.time.fromisoformat(end))


@pytest.mark.parametrize(
    "text", ["quiet hours off", "turn off quiet hours", "no more quiet hours", "关闭免打扰", "取消免打扰时间"]
)
def test_no_quiet_hours(text: str) -> None:
    assert quiet_wish(text) == QuietWish()


@pytest.mark.parametrize("text", ["quiet hours", "what are my quiet hours?", "我的免打扰时间是几点"])
def test_which_quiet_hours(text: str) -> None:
    assert quiet_wish(text) == QuietWish(ask=True)


@pytest.mark.parametrize(
    "text",
    [
        "quiet hours from lunch to whenever",
        "quiet hours from 7 pm to 7 pm",
        "be quiet",
        "安静的地方有哪些",
        "",
        "x" * 500,
    ],
)
def test_no_wish_of_quiet_hours(text: str) -> None:
    assert quiet_wish(text) is None


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("send me my schedule every morning at 8", "every morning at 8"), ("send me my agenda every day", "every day"),
        ("every morning at 7:30 send me my agenda", "morning at 7:30"), ("turn on the morning digest", ""),
        ("turn on the daily digest at 7", "at 7"), ("morning digest on", ""), ("每天早上八点给我发日程", "每天早上八点"),
        ("每天早上8点把日程发给我", "每天早上8点"), ("每个工作日七点半发送日程", "每个工作日七点半"), ("打开每日日程", ""),
    ],
)  # fmt: skip
def test_a_morning_schedule(text: str, when: str) -> None:
    assert digest_wish(text) == DigestWish(on=True, when=when)


@pytest.mark.parametrize(
    "text",
    [
        "morning digest off",
        "stop the morning digest",
        "stop sending me my daily schedule",
        "关闭每日日程",
        "别再给我发日程了",
    ],
)
def test_no_morning_schedule(text: str) -> None:
    assert digest_wish(text) == DigestWish(on=False)


@pytest.mark.parametrize(
    "text", ["send me a joke every morning", "每天早上八点给我发消息", "stop it", "what's my schedule"]
)
def test_no_wish_of_a_schedule(text: str) -> None:
    assert digest_wish(text) is None


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("my calendar feed", "show"), ("give me my calendar link", "show"), ("我的日历订阅", "show"), ("new feed link", "new"),
        ("reset my calendar feed", "new"), ("新的订阅链接", "new"), ("revoke my calendar feed", "off"), ("关闭日历订阅", "off"),
        ("what is a feed reader", None), ("new link", None), ("订阅", None),
    ],
)  # fmt: skip
def test_the_calendars_address(text: str, wish: str | None) -> None:
    assert feed_wish(text) == wish


def test_unmuting() -> None:
    assert [unmute_wish(text) for text in ("unmute everybody", "取消屏蔽", "mute everybody")] == [True, True, False]


@pytest.mark.parametrize(
    ("text", "rest", "wish"),
    [
        ("remind me every 10 minutes until I do it to take my pills", "remind me to take my pills", UntilDone(10, 6, said=True)),
        ("remind me at 8pm to take my pills, every 5 minutes until I say done", "remind me at 8pm to take my pills", UntilDone(5, 6, said=True)),
        ("keep reminding me to take my pills at 8", "remind me to take my pills at 8", UntilDone()),
        ("nag me to call mum at 6", "remind me to call mum at 6", UntilDone()),
        ("remind me at 6 to call mum and keep reminding me", "remind me at 6 to call mum", UntilDone()),
        ("remind me at 8 to eat and remind me every half hour until i confirm, at most 3 times", "remind me at 8 to eat", UntilDone(30, 3, said=True)),
        ("remind me at 8 to eat, every 90 hours until done", "remind me at 8 to eat", UntilDone(1440, 6, said=True)),
        ("每10分钟提醒我一次吃药直到我做完", "提醒我吃药", UntilDone(10, 6, said=True)),
        ("一直提醒我吃药直到我做完", "提醒我吃药", UntilDone()),
        ("晚上八点提醒我吃药，每隔五分钟催我一次，直到我完成", "晚上八点提醒我吃药", UntilDone(5, 6, said=True)),
        ("不停地提醒我交房租，直到我完成，每隔半小时一次", "提醒我交房租", UntilDone(30, 6, said=True)),
    ],
)  # fmt: skip
def test_until_done(text: str, rest: str, wish: UntilDone) -> None:
    found, asked = split(text)
    assert (found.strip(" ，,"), asked) == (rest, wish)


@pytest.mark.parametrize(
    "text",
    [
        "remind me every hour until 5pm to drink water", "remind me every day at 8 to take pills, at most 3 times",
        "I will wait until I'm done", "明天九点提醒我写报告直到周五", "remind me to wait until Bob is done", "一直下雨", "x" * 5_000,
    ],
)  # fmt: skip
def test_a_rule_is_no_nagging(text: str) -> None:
    assert split(text) == (text, None)
