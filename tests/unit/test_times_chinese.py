"""What Chinese sentences say about time: one table a truth, read on Wednesday 25 November 2026, 16:20."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.language.grammar.chinese import FRAME, parse
from core.language.grammar.chinese_days import FESTIVALS, named_day
from core.language.grammar.chinese_lexicon import both, number, simplified, year
from core.language.grammar.normalise import normalise
from core.language.grammar.task import Framed, extract
from core.language.grammar.tokens import Parsed
from core.language.values import Delta, Instant, Preferences, Recurrence, Window

NOW = dt.datetime(2026, 11, 25, 16, 20)
CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WORKDAYS = CODES[:5]


def read(text: str, now: dt.datetime = NOW) -> Parsed:
    return parse(normalise(text), now, Preferences())


def framed(text: str) -> Framed:
    source = normalise(text)
    return extract(source, parse(source, NOW, Preferences()).spans, FRAME)


def instant(text: str, now: dt.datetime = NOW) -> Instant:
    when = read(text, now).when
    assert isinstance(when, Instant), f"{text}: {when}"
    return when


def rule(text: str) -> Recurrence:
    parsed = read(text)
    assert isinstance(parsed.when, Recurrence), f"{text}: {parsed}"
    assert parsed.recurring
    return parsed.when


def at(*hours: str) -> tuple[dt.time, ...]:
    return tuple(dt.time.fromisoformat(hour) for hour in hours)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("明天上午九点", "2026-11-26 09:00"),
        ("后天下午三点一刻", "2026-11-27 15:15"),
        ("大后天早上七点半", "2026-11-28 07:30"),
        ("今晚八点", "2026-11-25 20:00"),
        ("明早8点", "2026-11-26 08:00"),
        ("今晚12点", "2026-11-26 00:00"),
        ("晚上一点", "2026-11-26 01:00"),
        ("半夜两点", "2026-11-26 02:00"),
        ("凌晨四点", "2026-11-26 04:00"),
        ("中午一点", "2026-11-26 13:00"),
        ("明天中午12点半", "2026-11-26 12:30"),
        ("明天零点", "2026-11-26 00:00"),
        ("周五晚8点", "2026-11-27 20:00"),
        ("这周六早上10点", "2026-11-28 10:00"),
        ("下周三下午两点", "2026-12-02 14:00"),
        ("下下周一上午十点", "2026-12-07 10:00"),
        ("礼拜天下午三点钟", "2026-11-29 15:00"),
        ("周一三点", "2026-11-30 15:00"),
        ("周五十二点", "2026-11-27 12:00"),
        ("下个月3号上午9点", "2026-12-03 09:00"),
        ("12月24日18:30", "2026-12-24 18:30"),
        ("三月八号下午3点50分", "2027-03-08 15:50"),
        ("27年1月5日早上八点零五分", "2027-01-05 08:05"),
        ("2026-12-31 23:59", "2026-12-31 23:59"),
        ("12/25 下午2点", "2026-12-25 14:00"),
        ("本月最后一天晚上九点", "2026-11-30 21:00"),
        ("下个工作日上午十点", "2026-11-26 10:00"),
        ("除夕晚上八点", "2027-02-05 20:00"),
        ("晚上差五分八点", "2026-11-25 19:55"),
        ("明天下午3：45", "2026-11-26 15:45"),
        ("明天meeting 3pm", "2026-11-26 15:00"),
        ("20h", "2026-11-25 20:00"),
        ("两周后的周三下午三点", "2026-12-09 15:00"),
        ("三天后早上八点", "2026-11-28 08:00"),
        ("12 月 5 日下午 3 点 30 分", "2026-12-05 15:30"),
        ("１２月５日下午３点", "2026-12-05 15:00"),
        ("记一下周四下午两点半", "2026-11-26 14:30"),
        ("今晚一点", "2026-11-26 01:00"),
        ("我下午三点的会议前10分钟", "2026-11-26 14:50"),
        ("明天中午前一小时", "2026-11-26 11:00"),
        ("20261224下午三点", "2026-12-24 15:00"),
    ],
)
def test_a_day_and_a_clock_time_are_one_minute(text: str, expected: str) -> None:
    assert instant(text).local == dt.datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("大后天", "2026-11-28"),
        ("周三", "2026-12-02"),
        ("这周三", "2026-11-25"),
        ("下周日", "2026-12-06"),
        ("下一个周五", "2026-11-27"),
        ("26号", "2026-11-26"),
        ("3号", "2026-12-03"),
        ("月底", "2026-11-30"),
        ("下个月底", "2026-12-31"),
        ("月初", "2026-12-01"),
        ("国庆节", "2027-10-01"),
        ("五一", "2027-05-01"),
        ("中秋节", "2027-09-15"),
        ("元宵", "2027-02-20"),
        ("端午", "2027-06-09"),
        ("农历八月十五", "2027-09-15"),
        ("正月初一", "2027-02-06"),
        ("清明", "2027-04-05"),
        ("母亲节", "2027-05-09"),
        ("中秋节前三天", "2027-09-12"),
        ("三天以后", "2026-11-28"),
        ("两个星期后", "2026-12-09"),
        ("一个月后", "2026-12-25"),
        ("半个月后", "2026-12-10"),
        ("三个工作日后", "2026-11-30"),
        ("下个月第一个周一", "2026-12-07"),
        ("三月第二个周日", "2027-03-14"),
        ("明年的今天", "2027-11-25"),
        ("双十一前一天", "2027-11-10"),
        ("即将到来的周五", "2026-11-27"),
    ],
)
def test_a_day_without_a_clock_time_is_a_day(text: str, expected: str) -> None:
    assert (instant(text).local.date().isoformat(), instant(text).grain) == (expected, "day")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("半小时后", 1800),
        ("两个半小时后", 9000),
        ("一个半小时之后", 5400),
        ("三刻钟后", 2700),
        ("过二十分钟", 1200),
        ("再过两小时", 7200),
        ("1小时30分钟后", 5400),
        ("1.5小时后", 5400),
        ("24小时后", 86400),
        ("兩個鐘頭後", 7200),
        ("设一个十分钟的倒计时", 600),
        ("半小时叫我", 1800),
    ],
)
def test_hours_from_now_are_elapsed_time(text: str, seconds: int) -> None:
    assert read(text).when == Delta(seconds)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("今晚", "2026-11-25 17:00", "2026-11-26 00:00"),
        ("明天早上", "2026-11-26 05:00", "2026-11-26 12:00"),
        ("后天傍晚", "2026-11-27 17:00", "2026-11-27 19:00"),
        ("周末", "2026-11-28 00:00", "2026-11-30 00:00"),
        ("下周", "2026-11-30 00:00", "2026-12-07 00:00"),
        ("六月", "2027-06-01 00:00", "2027-07-01 00:00"),
    ],
)
def test_a_stretch_keeps_its_bounds(text: str, start: str, end: str) -> None:
    assert instant(text).window == (dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end))


def test_a_part_of_day_that_runs_starts_after_now() -> None:
    assert NOW < instant("今天下午").local < dt.datetime(2026, 11, 25, 18)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("五点", "2026-11-25 17:00"),
        ("8:45", "2026-11-25 20:45"),
        ("七点叫我起床", "2026-11-26 07:00"),
        ("明天七点", "2026-11-26 07:00"),
    ],
)
def test_an_open_hour_takes_the_next_one_in_waking_hours(text: str, expected: str) -> None:
    assert instant(text).local == dt.datetime.fromisoformat(expected)


def test_an_open_hour_is_marked() -> None:
    assert instant("五点提醒我").ambiguous
    assert not instant("下午五点提醒我").ambiguous
    assert not instant("17点提醒我").ambiguous


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("明天下午三点到五点", "2026-11-26 15:00", "2026-11-26 17:00"),
        ("晚上10点到早上6点", "2026-11-25 22:00", "2026-11-26 06:00"),
        ("12月1日到5日", "2026-12-01 00:00", "2026-12-06 00:00"),
        ("下周一到下周三", "2026-11-30 00:00", "2026-12-03 00:00"),
    ],
)
def test_a_range_is_a_window(text: str, start: str, end: str) -> None:
    when = read(text).when
    assert isinstance(when, Window)
    assert (when.start, when.end) == (dt.datetime.fromisoformat(start), dt.datetime.fromisoformat(end))


def test_a_deadline_is_marked() -> None:
    assert read("周五前交报告").deadline
    assert read("提醒我下午六点之前打电话").deadline
    assert not read("周五交报告").deadline


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("每天早上八点", Recurrence("DAILY", times=at("08:00"))),
        ("每天早晚八点", Recurrence("DAILY", times=at("08:00", "20:00"))),
        ("每天早上八点、中午十二点和晚上六点", Recurrence("DAILY", times=at("08:00", "12:00", "18:00"))),
        ("每隔一天", Recurrence("DAILY", 2)),
        ("隔天早上八点", Recurrence("DAILY", 2, times=at("08:00"))),
        ("每三天上午十点", Recurrence("DAILY", 3, times=at("10:00"))),
        ("天天", Recurrence("DAILY")),
        ("每周一、三、五晚上7点", Recurrence("WEEKLY", by_day=("MO", "WE", "FR"), times=at("19:00"))),
        ("每周二四六", Recurrence("WEEKLY", by_day=("TU", "TH", "SA"))),
        ("每周三下午3点", Recurrence("WEEKLY", by_day=("WE",), times=at("15:00"))),
        ("逢周五", Recurrence("WEEKLY", by_day=("FR",))),
        ("隔周周二", Recurrence("WEEKLY", 2, by_day=("TU",))),
        ("每两周的周二和周五", Recurrence("WEEKLY", 2, by_day=("TU", "FR"))),
        ("两周一次，周四下午3点", Recurrence("WEEKLY", 2, by_day=("TH",), times=at("15:00"))),
        ("每个周末上午十点", Recurrence("WEEKLY", by_day=("SA", "SU"), times=at("10:00"))),
        ("工作日早上七点半", Recurrence("WEEKLY", by_day=WORKDAYS, times=at("07:30"))),
        ("周一到周五每天早上七点", Recurrence("WEEKLY", by_day=WORKDAYS, times=at("07:00"))),
        ("除了周末每天早上7点", Recurrence("WEEKLY", by_day=WORKDAYS, times=at("07:00"))),
        ("每天早上8点，周日除外", Recurrence("WEEKLY", by_day=CODES[:6], times=at("08:00"))),
        ("每月1号和15号", Recurrence("MONTHLY", by_month_day=(1, 15))),
        ("每个月15号和最后一天", Recurrence("MONTHLY", by_month_day=(-1, 15))),
        ("每个月三十号上午十点", Recurrence("MONTHLY", by_month_day=(30,), times=at("10:00"))),
        ("每月最后一天晚上八点", Recurrence("MONTHLY", by_month_day=(-1,), times=at("20:00"))),
        ("每月底", Recurrence("MONTHLY", by_month_day=(-1,))),
        ("每月第二个和第四个周六", Recurrence("MONTHLY", by_day=("2SA", "4SA"))),
        ("每月最后一个工作日", Recurrence("MONTHLY", by_day=WORKDAYS, set_pos=(-1,))),
        ("每三个月的10号", Recurrence("MONTHLY", 3, by_month_day=(10,))),
        ("每季度第一天", Recurrence("MONTHLY", 3, by_month_day=(1,), start=dt.date(2027, 1, 1))),
        ("每半年", Recurrence("MONTHLY", 6)),
        ("每年3月8日", Recurrence("YEARLY", by_month=(3,), by_month_day=(8,))),
        ("每年国庆节", Recurrence("YEARLY", by_month=(10,), by_month_day=(1,))),
        ("每年母亲节", Recurrence("YEARLY", by_month=(5,), by_day=("2SU",))),
        ("每年中秋节", Recurrence("YEARLY", lunar=(8, 15))),
        ("每年农历三月初八", Recurrence("YEARLY", lunar=(3, 8))),
        ("每年除夕", Recurrence("YEARLY", lunar=(12, 30), last_day_if_short=True)),
        ("每小时", Recurrence("HOURLY")),
        ("每隔两小时", Recurrence("HOURLY", 2)),
        ("每一个半小时", Recurrence("MINUTELY", 90)),
        ("半小时提醒我一次", Recurrence("MINUTELY", 30)),
        ("每3小时提醒我，9点到17点之间", Recurrence("HOURLY", 3, window=(dt.time(9), dt.time(17)))),
        ("从早上8点开始每两小时，晚上8点结束", Recurrence("HOURLY", 2, window=(dt.time(8), dt.time(20)))),
        ("工作日9点到18点每半小时", Recurrence("MINUTELY", 30, by_day=WORKDAYS, window=(dt.time(9), dt.time(18)))),
        ("每天早上八点直到年底", Recurrence("DAILY", times=at("08:00"), until=dt.date(2026, 12, 31))),
        ("每天早上八点，直到六月底", Recurrence("DAILY", times=at("08:00"), until=dt.date(2027, 6, 30))),
        ("每周三提醒我，共十次", Recurrence("WEEKLY", by_day=("WE",), count=10)),
        ("连续三天每晚九点", Recurrence("DAILY", times=at("21:00"), count=3)),
        ("从下周开始每天早上7点", Recurrence("DAILY", times=at("07:00"), start=dt.date(2026, 11, 30))),
        ("12月1日至12月5日每天早上8点", Recurrence("DAILY", times=at("08:00"), start=dt.date(2026, 12, 1), until=dt.date(2026, 12, 5))),
        ("明天和后天早上9点", Recurrence("DAILY", times=at("09:00"), start=dt.date(2026, 11, 26), count=2)),
        ("每周五下午三点开会，提前半小时提醒我", Recurrence("WEEKLY", by_day=("FR",), times=at("14:30"))),
        ("周二周四晚上七点有瑜伽课，每周提醒我", Recurrence("WEEKLY", by_day=("TU", "TH"), times=at("19:00"))),
        ("这个月底之前每天晚上9点", Recurrence("DAILY", times=at("21:00"), until=dt.date(2026, 11, 30))),
        ("20分钟之内每五分钟响一次", Recurrence("MINUTELY", 5, count=4)),
        ("每月1号至5号每天早上9点", Recurrence("MONTHLY", by_month_day=(1, 2, 3, 4, 5), times=at("09:00"))),
        ("下周二和下周四下午两点", Recurrence("WEEKLY", by_day=("TU", "TH"), times=at("14:00"), start=dt.date(2026, 12, 1), count=2)),
        ("每隔两天", Recurrence("DAILY", 2, ambiguous=True)),
    ],
)  # fmt: skip
def test_a_repetition_becomes_its_rule(text: str, expected: Recurrence) -> None:
    assert rule(text) == expected


def test_a_number_of_times_a_day_is_spread_and_shown() -> None:
    found = rule("每天三次提醒我吃药")
    assert (len(found.times), found.ambiguous) == (3, True)
    assert rule("一天吃三次药") == found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("昨天下午五点提醒我", "past"),
        ("今天上午九点提醒我", "past"),
        ("三天前", "past"),
        ("2020年5月1日", "past"),
        ("2月30日提醒我", "impossible"),
        ("下个月32号", "impossible"),
        ("13月5日", "impossible"),
        ("明天25点", "impossible"),
        ("早上8点和晚上8点提醒我", "unclear_recurrence"),
        ("每10秒提醒我", "too_fine"),
        ("每0分钟提醒我", "too_fine"),
        ("每年2月30日", "never"),
        ("每次开会前提醒我", "unclear_recurrence"),
        ("每年农历生日提醒我", "unclear_recurrence"),
        ("每个休息日早上10点", "unclear_recurrence"),
        ("每月初一提醒我", "unclear_recurrence"),
        ("不定期提醒我", "unclear_recurrence"),
        ("每隔几天提醒我", "unclear_recurrence"),
    ],
)
def test_a_time_that_cannot_be_kept_is_told(text: str, kind: str) -> None:
    problem = read(text).problem
    assert problem is not None
    assert problem.kind == kind


def test_a_past_time_keeps_its_value_and_a_lost_rule_has_none() -> None:
    assert instant("昨天下午五点").local == dt.datetime(2026, 11, 24, 17)
    lost = read("每次出门提醒我带钥匙")
    assert (lost.when, lost.recurring) == (None, True)


@pytest.mark.parametrize(
    "text",
    [
        "提醒我看第三章", "提醒我去302房间", "给5号客户回电", "十分感谢", "有两点建议", "早点睡", "有一点累", "早上好", "提醒我说“明天见”",
        "提醒我读《明天之后》", "周报发给我", "买三斤苹果", "我们开了三小时的会", "把每天的数据发给我", "你好", "", "提醒我3号楼开会", "五一路",
    ],
)  # fmt: skip
def test_a_sentence_without_a_time_is_left_alone(text: str) -> None:
    assert read(text) == Parsed()


def test_scripts_and_slips_are_read_alike() -> None:
    assert read("名天早上提醒我").when == read("明天早上提醒我").when
    assert read("禮拜三下午三點鐘").when == read("礼拜三下午三点钟").when
    assert rule("没天早上八点") == rule("每天早上八点")
    assert simplified("没天理") == "没天理"
    assert both("设") == "[设設]"


@pytest.mark.parametrize(
    ("sign", "value"),
    [("十五", 15), ("二十", 20), ("廿三", 23), ("两百", 200), ("一百零五", 105), ("二零二六", 2026), ("十十一", None)],
)
def test_numerals(sign: str, value: int | None) -> None:
    assert number(sign) == value


def test_a_short_year_is_the_nearest() -> None:
    assert [year(sign, 2026) for sign in ("27", "二零三零", "99")] == [2027, 2030, 1999]


@pytest.mark.parametrize(
    ("name", "when", "expected"),
    [
        ("清明", 2024, "2024-04-04"), ("冬至", 2025, "2025-12-21"), ("立春", 2025, "2025-02-03"), ("除夕", 2025, "2026-02-16"),
        ("春节", 2026, "2026-02-17"), ("中秋", 2025, "2025-10-06"), ("感恩节", 2026, "2026-11-26"), ("复活节", 2026, "2026-04-05"),
    ],
)  # fmt: skip
def test_festivals(name: str, when: int, expected: str) -> None:
    assert str(named_day(FESTIVALS[name], when)) == expected


VOCABULARY = [
    "每",
    "每天",
    "每周",
    "每月",
    "每年",
    "每隔",
    "一",
    "三",
    "十五",
    "3",
    "12",
    ":",
    "-",
    "/",
    "、",
    "，",
    "。",
    "周",
    "周一三五",
    "星期",
    "下",
    "下下",
    "上",
    "这",
    "个",
    "半",
    "两个半",
    "小时",
    "分钟",
    "天",
    "日",
    "号",
    "月",
    "年",
    "点",
    "刻",
    "早上",
    "晚上",
    "凌晨",
    "明天",
    "后天",
    "今晚",
    "月底",
    "除夕",
    "国庆",
    "农历",
    "初一",
    "正月",
    "从",
    "到",
    "开始",
    "直到",
    "共",
    "次",
    "除了",
    "除外",
    "前",
    "后",
    "之前",
    "之后",
    "的",
    "在",
    "和",
    "提醒我",
    "叫我",
    "别让我忘了",
    "设一个",
    "闹钟",
    "第一个",
    "最后一个",
    "工作日",
    "周末",
    "2月30日",
    "9999年",
    "00:00",
    "25点",
    "99号",
    "连续",
    "接下来",
    "提前",
    "《",
    "“",
    "\x00",
    "9999999999",
    "一百二十",
    "千",
    "🎂",
]


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(VOCABULARY), max_size=14).map("".join),
    st.datetimes(dt.datetime(1971, 1, 1), dt.datetime(2090, 1, 1)),
)
def test_no_arrangement_of_time_words_raises(text: str, now: dt.datetime) -> None:
    parsed = read(text, now)
    assert all(0 <= span.start < span.end <= len(text) for span in parsed.spans)
    assert list(parsed.spans) == sorted(parsed.spans)
    if isinstance(parsed.when, Recurrence):
        assert parsed.recurring
    if parsed.recurring and parsed.when is None:
        assert parsed.problem is not None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    read(text)
    framed(text)


@pytest.mark.parametrize(
    "piece",
    ["每", "每天每周", "一二三四五六七八九十", "1号和2号、", "8:30到", "下下", "《", "农历初", "从到", "提醒我"],
)
def test_a_long_message_costs_little(piece: str) -> None:
    """Twenty milliseconds are the promise; the bound here leaves room for a busy machine and catches a quadratic one."""
    text = (piece * 4000)[:4000]
    started = time.process_time()
    framed(text)
    assert time.process_time() - started < 0.2
