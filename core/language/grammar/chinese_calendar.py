"""Days that have a name in Chinese: festivals of both calendars and the solar terms."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from functools import lru_cache

from dateutil.easter import EASTER_ORTHODOX, EASTER_WESTERN, easter
from lunardate import LunarDate


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same day of the sun's calendar every year."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class NthDay:
    """The n-th weekday (Monday is 0) of a month, moved on by `plus` days."""

    month: int
    n: int
    weekday: int
    plus: int = 0


@dataclass(frozen=True, slots=True)
class Moon:
    """A day of the Chinese calendar; day 30 is the last day of the month, however long it is."""

    month: int
    day: int


@dataclass(frozen=True, slots=True)
class Term:
    """A solar term: the day in China when the sun reaches `degrees` of longitude."""

    degrees: int


@dataclass(frozen=True, slots=True)
class AfterEaster:
    """So many days after Easter Sunday of the western or the orthodox church."""

    days: int
    orthodox: bool = False


Named = Fixed | NthDay | Moon | Term | AfterEaster

_FIXED = {
    "元旦节": (1, 1), "元旦": (1, 1), "情人节": (2, 14), "妇女节": (3, 8), "三八节": (3, 8), "女神节": (3, 8), "女生节": (3, 7),
    "植树节": (3, 12), "白色情人节": (3, 14), "消费者权益日": (3, 15), "国际消费者权益日": (3, 15), "三一五": (3, 15), "愚人节": (4, 1), "地球日": (4, 22),
    "劳动节": (5, 1), "五一劳动节": (5, 1), "五一节": (5, 1), "五一": (5, 1), "青年节": (5, 4), "五四青年节": (5, 4),
    "五四": (5, 4), "护士节": (5, 12), "儿童节": (6, 1), "六一儿童节": (6, 1), "六一节": (6, 1), "六一": (6, 1),
    "建党节": (7, 1), "七一": (7, 1), "建军节": (8, 1), "八一建军节": (8, 1), "八一": (8, 1), "教师节": (9, 10),
    "国庆节": (10, 1), "国庆": (10, 1), "十一国庆节": (10, 1), "十一国庆": (10, 1), "十一": (10, 1), "双十节": (10, 10),
    "万圣节前夜": (10, 31), "万圣夜": (10, 31), "万圣节": (10, 31), "光棍节": (11, 11), "双十一": (11, 11), "双11": (11, 11),
    "双十二": (12, 12), "双12": (12, 12), "平安夜": (12, 24), "圣诞夜": (12, 24), "圣诞前夜": (12, 24), "圣诞节": (12, 25),
    "圣诞": (12, 25), "跨年夜": (12, 31), "跨年": (12, 31), "元旦前夜": (12, 31), "植树日": (3, 12), "节礼日": (12, 26),
    "世界读书日": (4, 23), "读书日": (4, 23), "记者节": (11, 8), "六一八": (6, 18), "五二零": (5, 20),
}  # fmt: skip
_NTH = {
    "母亲节": (5, 2, 6), "父亲节": (6, 3, 6), "感恩节": (11, 4, 3), "感恩节次日": (11, 4, 3, 1), "黑色星期五": (11, 4, 3, 1),
    "黑五": (11, 4, 3, 1), "网络星期一": (11, 4, 3, 4), "美国劳动节": (9, 1, 0), "马丁路德金日": (1, 3, 0),
}  # fmt: skip
_MOON = {
    "春节": (1, 1), "过年": (1, 1), "大年初一": (1, 1), "年初一": (1, 1), "农历新年": (1, 1), "元宵节": (1, 15), "元宵": (1, 15),
    "上元节": (1, 15), "龙抬头": (2, 2), "二月二": (2, 2), "上巳节": (3, 3), "端午节": (5, 5), "端午": (5, 5), "端阳节": (5, 5),
    "端阳": (5, 5), "端五": (5, 5), "七夕节": (7, 7), "七夕": (7, 7), "乞巧节": (7, 7), "中元节": (7, 15), "中元": (7, 15),
    "鬼节": (7, 15), "盂兰节": (7, 15), "中秋节": (8, 15), "仲秋节": (8, 15), "中秋": (8, 15), "重阳节": (9, 9), "重阳": (9, 9),
    "重九": (9, 9), "寒衣节": (10, 1), "下元节": (10, 15), "腊八节": (12, 8), "腊八": (12, 8), "小年夜": (12, 23), "小年": (12, 23),
    "除夕夜": (12, 30), "除夕": (12, 30), "大年三十": (12, 30), "年三十": (12, 30), "大年夜": (12, 30), "大年初二": (1, 2),
    "大年初三": (1, 3), "大年初四": (1, 4), "大年初五": (1, 5), "大年初六": (1, 6), "大年初七": (1, 7), "大年初八": (1, 8),
}  # fmt: skip
_TERMS = "春分 清明 谷雨 立夏 小满 芒种 夏至 小暑 大暑 立秋 处暑 白露 秋分 寒露 霜降 立冬 小雪 大雪 冬至 小寒 大寒 立春 雨水 惊蛰"
_EASTER = {
    "忏悔节": -47, "忏悔星期二": -47, "煎饼星期二": -47, "煎饼日": -47, "圣灰星期三": -46, "圣灰日": -46, "棕枝主日": -7, "圣周四": -3,
    "圣周星期四": -3, "神圣星期四": -3, "濯足节": -3, "耶稣受难日": -2, "耶稣受难节": -2, "主受难节": -2, "受难日": -2, "圣周六": -1,
    "神圣周六": -1, "复活节前夜": -1, "复活节": 0, "复活节星期一": 1, "耶稣升天节": 39, "升天节": 39, "五旬节": 49, "圣灵降临节": 49,
    "三一主日": 56, "基督圣体节": 60, "基督圣体圣血节": 60,
}  # fmt: skip

FESTIVALS: dict[str, Named] = (
    {name: Fixed(*day) for name, day in _FIXED.items()}
    | {name: NthDay(*day) for name, day in _NTH.items()}
    | {name: Moon(*day) for name, day in _MOON.items()}
    | {name: Term(15 * index) for index, name in enumerate(_TERMS.split())}
    | {name + "节": Term(15 * _TERMS.split().index(name)) for name in ("清明", "冬至")}
    | {name: AfterEaster(days) for name, days in _EASTER.items()}
    | {f"东正教{name}": AfterEaster(days, orthodox=True) for name, days in _EASTER.items()}
)
NUMERAL_NAMES = frozenset({"五一", "五四", "六一", "七一", "八一", "十一", "六一八", "五二零", "三一五"})
"""Names that are also plain numbers: read as a day only where the words around say so."""
WEATHER_NAMES = frozenset({"小雪", "大雪", "雨水"})
"""Solar terms that are also weather."""


def named_day(named: Named, year: int) -> dt.date | None:
    """The day in that year (of the Chinese calendar, where it is one of its days); None where there is none."""
    match named:
        case Fixed(month, day):
            return dt.date(year, month, day)
        case NthDay(month, n, weekday, plus):
            return nth_weekday(year, month, n, weekday) + dt.timedelta(days=plus)
        case Moon(month, day):
            return moon_day(year, month, day)
        case Term(degrees):
            return solar_term(year, degrees)
        case AfterEaster(days, orthodox):
            sunday: dt.date = easter(year, EASTER_ORTHODOX if orthodox else EASTER_WESTERN)
            return sunday + dt.timedelta(days=days)


def nth_weekday(year: int, month: int, n: int, weekday: int) -> dt.date:
    """The n-th (1 to 4) such weekday of a month."""
    first = dt.date(year, month, 1)
    return first + dt.timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


@lru_cache(maxsize=4096)
def moon_day(year: int, month: int, day: int) -> dt.date | None:
    """A day of the Chinese year that begins in `year`; the 30th of a short month is its 29th. 1900 to 2098."""
    if not (1901 <= year <= 2098 and 1 <= month <= 12 and 1 <= day <= 30):
        return None
    if day == 30:
        following: dt.date = LunarDate(year + month // 12, month % 12 + 1, 1).to_solar_date()
        last = following - dt.timedelta(days=1)
        if month != 12 and LunarDate.leap_month_for_year(year) == month:
            last = moon_day(year, month, 29) or last
        return last
    found: dt.date = LunarDate(year, month, day).to_solar_date()
    return found


def moon_of(day: dt.date) -> int:
    """The Chinese year that a day lies in."""
    return int(LunarDate.from_solar_date(day.year, day.month, day.day).year)


@lru_cache(maxsize=512)
def solar_term(year: int, degrees: int) -> dt.date:
    """The day in China (UTC+8) on which the sun reaches that longitude."""
    guess = dt.datetime(year, 3, 20, 12) + dt.timedelta(
        days=(degrees if degrees < 285 else degrees - 360) * 365.2422 / 360
    )
    for _ in range(4):
        off = (degrees - _longitude(guess) + 180) % 360 - 180
        guess += dt.timedelta(days=off * 365.2422 / 360)
    return (guess + dt.timedelta(hours=8)).date()


def _longitude(moment: dt.datetime) -> float:
    """Apparent longitude of the sun in degrees at a moment in universal time, good to about a hundredth of a degree."""
    century = ((moment - dt.datetime(2000, 1, 1, 12)).total_seconds() / 86400 + 0.0008) / 36525
    mean = 280.46646 + 36000.76983 * century + 0.0003032 * century**2
    anomaly = math.radians(357.52911 + 35999.05029 * century - 0.0001537 * century**2)
    centre = (1.914602 - 0.004817 * century) * math.sin(anomaly)
    centre += (0.019993 - 0.000101 * century) * math.sin(2 * anomaly) + 0.000289 * math.sin(3 * anomaly)
    node = math.radians(125.04 - 1934.136 * century)
    return (mean + centre - 0.00569 - 0.00478 * math.sin(node)) % 360
