"""The closed Chinese vocabulary of time as one pattern a kind, and what each match says.

Patterns are anchored at a position and bounded in length: no repetition of a repetition. The text is simplified, lower
case and half width (、 reads "," and 。 reads ".").
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise

from core.language.grammar.chinese_calendar import FESTIVALS, NUMERAL_NAMES, WEATHER_NAMES
from core.language.grammar.chinese_numbers import NUMBER, number, year
from core.language.grammar.chinese_words import (
    Clock,
    Date,
    Edge,
    Festival,
    Holidays,
    MoonDate,
    Ordinal,
    Part,
    PartName,
    Relative,
    Stretch,
    Unit,
    Value,
    Weekdays,
    Workdays,
)

Reader = Callable[[re.Match[str], int], "tuple[Value, int] | None"]
"""Gives the value and its end, or None where the match is no time after all; the int is the current year."""

WEEKDAY = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6, "七": 6, "末": 5} | {
    str(n): n - 1 for n in range(1, 8)
}
PART_WORDS: dict[str, PartName] = {
    "凌晨": "dawn", "拂晓": "dawn", "黎明": "dawn", "大清早": "morning", "大清晨": "morning", "清早": "morning", "清晨": "morning",
    "早晨": "morning", "大早上": "morning", "早上": "morning", "一大早": "morning", "大早": "morning", "一早": "morning",
    "早间": "morning", "上午": "morning", "午前": "morning", "朝早": "morning", "上昼": "morning", "正午": "noon", "中午": "noon",
    "晌午": "noon", "午间": "noon", "下午": "afternoon", "午后": "afternoon", "晏昼": "afternoon", "下昼": "afternoon",
    "傍晚": "dusk", "黄昏": "dusk", "晚上": "evening", "晚间": "evening", "夜晚": "evening", "夜里": "night", "夜间": "night",
    "深夜": "night", "半夜": "night", "午夜": "night", "大半夜": "night", "三更半夜": "night", "早": "morning", "晨": "morning",
    "晚": "evening", "夜": "evening", "中": "noon", "午": "noon", "morning": "morning", "afternoon": "afternoon", "evening": "evening", "am": "morning",
    "pm": "afternoon",
}  # fmt: skip
PART_WORD = "|".join(
    sorted((word for word in PART_WORDS if len(word) > 1 and not word.isascii()), key=len, reverse=True)
)
_RELATIVE = {
    "大大后": 4, "大后": 3, "大前": -3, "今": 0, "明": 1, "后": 2, "昨": -1, "前": -2, "当": 0, "听": 1, "寻": -1, "琴": -1, "本": 0, "即": 0,
}  # fmt: skip
_ENGLISH_DAYS = {"today": 0, "tonight": 0, "tomorrow": 1, "tmrw": 1, "tmr": 1, "tmw": 1, "2moro": 1}
_EDGES: dict[str, Edge] = {
    "底": "end", "末": "end", "终": "end", "尾": "end", "初": "start", "头": "start", "中": "middle", "上旬": "first_third",
    "中旬": "second_third", "下旬": "last_third",
}  # fmt: skip
_UNITS: dict[str, Unit] = {
    "周": "week", "星期": "week", "礼拜": "week", "月": "month", "月份": "month", "季度": "quarter", "季": "quarter", "年": "year",
    "年度": "year",
}  # fmt: skip
_SHIFTS = {"下": 1, "次": 1, "来": 1, "上": -1, "这": 0, "本": 0, "今": 0, "当": 0, "同": 0}


def _shift(word: str) -> int:
    return sum(_SHIFTS.get(sign, 0) for sign in word)


def _relative(match: re.Match[str], _now_year: int) -> tuple[Value, int]:
    return Relative(_RELATIVE[match["d"]]), match.end()


def _english_day(match: re.Match[str], _now_year: int) -> tuple[Value, int]:
    return Relative(_ENGLISH_DAYS[match[0]]), match.end()


def _weekdays(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    week = _shift(match["w"]) if match["w"] else None
    if match["w"] and "一个" in match["w"] and "下" in match["w"]:
        week = None  # 下一个周五 is the one that comes next, 下周五 and 下个周五 are next week's
    if match["end"]:
        return Weekdays((5, 6), week, weekend=True), match.end("end")
    first, end = match["d"][0], match.start("d") + 1
    if match["to"]:
        low, high = WEEKDAY[first], WEEKDAY[match["to"]]
        return Weekdays(tuple(range(low, high + 1)), week, run=True), match.end() if low < high else end
    days, length = _day_run(match["d"], match.string[match.end("d") : match.end("d") + 1])
    return Weekdays(tuple(days), week), match.start("d") + length


_NOT_A_DAY = frozenset("点时号:十百个刻月人名位件天年分次条张份只场节")


def _day_run(signs: str, following: str) -> tuple[list[int], int]:
    """The days of 一三五 and of 一,三,五, and how many signs they take; the last one belongs to what follows where
    that is 点 (周一三点 is Monday, three o'clock)."""
    if len(signs) > 1 and following in _NOT_A_DAY:
        signs = signs[:-1].rstrip(",和与及/周星期礼拜")
    days = [WEEKDAY[sign] for sign in signs if sign in WEEKDAY]
    if any(a >= b for a, b in pairwise(days)):
        return days[:1], 1
    return days, len(signs)


def _stretch(match: re.Match[str], _now_year: int) -> tuple[Value, int]:
    unit = _UNITS[match["u"]]
    edge = _EDGES.get(match["e"]) if match["e"] else None
    return Stretch(unit, _shift(match["w"]), edge=edge), match.end()


def _this_year(match: re.Match[str], _now_year: int) -> tuple[Value, int]:
    shift = {"大后": 3, "今": 0, "明": 1, "后": 2, "去": -1, "前": -2, "来": 1}[match["d"]]
    return Stretch("year", shift, edge=_EDGES.get(match["e"] or "")), match.end()


def _bare_edge(match: re.Match[str], _now_year: int) -> tuple[Value, int]:
    unit = "year" if match["u"] == "岁" else _UNITS[match["u"]]
    return Stretch(unit, edge=_EDGES[match["e"]]), match.end()


def _full_date(match: re.Match[str], now_year: int) -> tuple[Value, int] | None:
    when, month, day = year(match["y"], now_year), number(match["m"]), number(match["d"])
    if when is None or month is None or day is None or not (1 <= month <= 12 and 1 <= day <= 39):
        return None
    return Date((day,), month, when), match.end()


def _slash_date(match: re.Match[str], now_year: int) -> tuple[Value, int] | None:
    month, day = int(match["m"]), int(match["d"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    return Date((day,), month, year(match["y"], now_year) if match["y"] else None), match.end()


def _year(match: re.Match[str], now_year: int) -> tuple[Value, int] | None:
    when = year(match["y"], now_year)
    return None if when is None else (Stretch("year", year=when, edge=_EDGES.get(match["e"] or "")), match.end())


_LUNAR_BY_HABIT = {("八", "十五"), ("正", "十五"), ("七", "十五"), ("五", "初五")}
_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}


def _month_day(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    name, days = match["m"], match["d"]
    lunar = bool(match["lunar"]) or name in _LUNAR_MONTHS or bool(days and days.startswith("初"))
    month = _LUNAR_MONTHS.get(name) or number(name)
    if month is None or not 1 <= month <= 12 or (name in _LUNAR_MONTHS and not days):
        return None
    if not days:
        if lunar:
            return None
        return Stretch("month", month=month, edge=_EDGES.get(match["e"] or "")), match.end()
    day = number(days.removeprefix("初"))
    if day is None or not 1 <= day <= 39:
        return None
    if lunar or ((name, days) in _LUNAR_BY_HABIT and not match["hao"]):
        return (MoonDate(month, day), match.end()) if day <= 30 else None
    return Date((day,), month), match.end()


def _day_of_month(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    days = [number(sign) for sign in re.split(r"[号日,和与及/ ]+", match["d"]) if sign]
    if not days or not all(day is not None and 1 <= day <= 39 for day in days):
        return None
    return Date(tuple(day for day in days if day is not None)), match.end()


def _moon_day(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    day = number(match["d"].removeprefix("初"))
    return None if day is None or not 1 <= day <= 30 else (MoonDate(None, day), match.end())


def _ordinal(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    if match["n"]:
        places = tuple(number(sign) or 0 for sign in re.split(r"[第个,和与及]+", match["n"]) if sign)
    else:
        places = (-(number(match["b"]) or 0) if match["b"] else -1 if match["last"] else 1,)
    if not all(places):
        return None
    if match["week"]:
        return Ordinal(places, "week"), match.end()
    if match["what"]:
        return Ordinal(places, "workday" if match["what"] not in ("天", "日") else "day"), match.end()
    return Ordinal(places, WEEKDAY[match["wd"]]), match.end()


_NAMED_AS_DAY = re.compile(r"[假长提叫喊放小期,. 那当节早晚上下中的]|$")
_LEADS_TO_DAY = frozenset(("", " ", ",", ".", ":", "我", "在", "等", "到"))
_COUNTED = re.compile(r"[点号月个年天块元度层楼岁人本只次分秒米斤件日周:0-9路班]")
"""五一去旅游 is a day, 五一路 and 十一个 are not."""


def _festival(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    name, before = match["f"], match.string[max(0, match.start() - 1) : match.start()]
    after = match.string[match.end("f") : match.end("f") + 2]
    if name in NUMERAL_NAMES and not (
        _NAMED_AS_DAY.match(after) or (before in _LEADS_TO_DAY and not _COUNTED.match(after))
    ):
        return None
    if name in NUMERAL_NAMES and (
        before.isdigit() or (before in tuple("零一二三四五六七八九十百两第周期拜") and before)
    ):
        return None
    if name in WEATHER_NAMES and before not in ("年", "每") and after not in ("那天", "当天", "节气"):
        return None
    return Festival(name, FESTIVALS[name]), match.end()


def _part(match: re.Match[str], _now_year: int) -> tuple[Value, int]:
    return Part(PART_WORDS[match["p"]]), match.end()


_NOT_A_CLOCK = re.compile(r"[早晚快慢多少好大小高低轻重有差长短近远热冷这那哪几第]$")
_QUARTERS = {"一": 15, "1": 15, "两": 30, "2": 30, "二": 30, "三": 45, "3": 45}


def _chinese_clock(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    hour = number(match["h"])
    if hour is None or hour > 24:
        return None
    minute, shift = 0, 0
    if match["half"]:
        minute = 30
    elif match["q"]:
        minute = _QUARTERS[match["q"]]
    elif match["m"]:
        minute = number(match["m"]) or 0
    elif match["short"]:
        shift = -(15 if "刻" in match["short"] else number(match["short"].rstrip("分钟")) or 0)
    if minute > 59 or not _clock_stands(match):
        return None
    return Clock(hour, minute, open=1 <= hour <= 12, shift=shift), match.end()


def _clock_stands(match: re.Match[str]) -> bool:
    """False for 早一点, 两点建议 and 一时: the words of a clock that mean an amount."""
    exact = match["half"] or match["q"] or match["m"] or match["whole"]
    before = match.string[max(0, match.start() - 2) : match.start()]
    if exact or _PART_BEFORE.search(match.string[max(0, match.start() - 3) : match.start()]):
        return True
    after = match.string[match.end() : match.end() + 2]
    if match["point"] == "时" and (match["h"] in ("一", "几", "临") or after[:1] in tuple("间候常不而代期装尚刻空差")):
        return False
    if match["point"] == "点" and after[:1] in _OTHER_POINTS and (match["h"] == "一" or after[:1] in "心评击赞"):
        return False
    if after in _POINTS_MADE:
        return False
    if match["h"] in ("一", "两", "几") and _NOT_A_CLOCK.search(before):
        return before.endswith(("早", "晚")) and match["h"] != "一"
    return not (match["h"] == "一" and before and before[-1:] not in tuple(",. :;在到从于前后午早天日号周至和的")
                and not _WEEKDAY_BEFORE.search(match.string[max(0, match.start() - 3) : match.start()])
                and after[:1] not in tuple("提叫喊前后要到开,.") and after != "")  # fmt: skip


_OTHER_POINTS = frozenset("儿点都也不心评击赞")
_POINTS_MADE = frozenset(
    ["建议", "意见", "要求", "想法", "内容", "原因", "注意", "问题", "说明", "理由", "感想", "心得", "体会", "希望"]
)
"""两点建议 counts arguments."""
_PART_BEFORE = re.compile(
    r"(?:上|午|晨|里|间|早间|傍晚|(?:今|明|后|昨|当|[周期拜][一二三四五六日天]|[天日号])[早晚夜晨])$"
)
_WEEKDAY_BEFORE = re.compile(r"[周期拜][一二三四五六日天]$")


def _short_of(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    hour = number(match["h"])
    short = 15 if "刻" in match["short"] else number(match["short"].rstrip("分钟"))
    if hour is None or hour > 24 or short is None or short > 59:
        return None
    return Clock(hour, open=1 <= hour <= 12, shift=-short), match.end()


def _digital_clock(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    hour, minute, second = int(match["h"]), int(match["m"] or 0), int(match["s"] or 0)
    if hour > 24 or minute > 59 or second > 59:
        return None
    half = match["ap"]
    if half and 1 <= hour <= 12:
        return Clock(hour % 12 + 12 * (half[0] == "p"), minute, second, open=False), match.end()
    return Clock(hour, minute, second, open=1 <= hour <= 12 and not match["h"].startswith("0")), match.end()


def _latin_clock(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    hour, half = int(match["h"]), match["ap"]
    if half is None:
        return (Clock(hour, open=False), match.end()) if hour <= 24 else None
    return (Clock(hour % 12 + 12 * (half[0] == "p"), open=False), match.end()) if 1 <= hour <= 12 else None


def skip(_match: re.Match[str], _now_year: int) -> None:
    """A greeting, a quotation, a link: the scan steps over it."""


def _bare_hour(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    """The 9 of 9-18点."""
    hour = number(match["h"])
    return None if hour is None or hour > 24 else (Clock(hour, open=1 <= hour <= 12), match.end())


def _word(value: Value) -> Reader:
    return lambda match, _now_year: (value, match.end())


FESTIVAL = "|".join(sorted(FESTIVALS, key=len, reverse=True))
_EDGE = r"(?P<e>上旬|中旬|下旬|[底末初](?![一二三四五六七八九十中级步])|中(?=[,. 提叫喊]|$))?"
_NEXT_ONE = "即将到来的|接下来的|最近的|紧接着的"
_HERE = r"(?:上上|下下下|下下|上|下|次|这|本|今|当|同)"

DAY_RULES: tuple[tuple[str, str, Reader], ...] = (
    ("《「『", r"[《「『][^》」』]{0,60}[》」』]", skip),
    ("\"“", r"[\"“][^\"”]{0,60}[\"”]", skip),
    ("h", r"https?://\S{1,200}", skip),
    ("0123456789零〇一二三四五六七八九", rf"(?P<y>\d{{4}}|\d{{2}}|[零〇一二两三四五六七八九]{{2}}|[零〇一二三四五六七八九]{{4}})年(?P<m>{NUMBER})月(?:份)?(?P<d>{NUMBER})(?:[日号]|(?!\d|[点个天]))", _full_date),
    ("12", r"(?<!\d)(?P<y>20\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-2]\d|3[01])(?!\d)", _full_date),
    ("12", r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[日号]|t(?=\d))?", _full_date),
    ("0123456789", r"(?<![\d/.])(?P<m>\d{1,2})/(?P<d>\d{1,2})(?:/(?P<y>\d{4}|\d{2}))?[日号]?(?![\d/%])", _slash_date),
    ("0123456789", r"(?<![\d.])(?P<m>\d{1,2})[-.](?P<d>\d{1,2})(?P<y>\b\B)?[日号]", _slash_date),
    ("0123456789零〇一二三四五六七八九", r"(?P<y>\d{4}|\d{2}(?=年(?:\d|[一二三四五六七八九十]{1,2}月|第|除|春|中|国|端|清|元|冬|底|末|初))|[零〇一二三四五六七八九]{4})年(?!前|后|之|以|内|级|货)度?" + _EDGE, _year),
    ("阴农旧正冬腊闰一二三四五六七八九十0123456789", rf"(?P<lunar>农历|阴历|旧历|闰)?(?P<m>正|冬|腊|{NUMBER})月(?:份)?(?:的)?(?P<d>初[一二三四五六七八九十]|{NUMBER}(?![个点:天年周月]))(?P<hao>[日号])?", _month_day),
    ("一二三四五六七八九十0123456789", r"(?P<lunar>\b\B)?(?P<m>1[0-2]|[1-9]|十[一二]|[一二三四五六七八九十])月(?!前|后|之|以|内|天|饼|亮|球|经|嫂|台|薪|票|租)(?:份)?(?P<d>\b\B)?(?P<hao>\b\B)?" + _EDGE, _month_day),
    ("农阴", r"(?:农历|阴历)(?:的)?(?P<d>初?[一二三四五六七八九十廿]{1,3})(?!月|年)", _moon_day),
    ("初", r"初(?P<d>[一二三四五六七八九十])(?=[和,及与 号提叫喊早晚上下中十初]|$)", _moon_day),
    ("一二三四五六七八九十廿卅0123456789", r"(?P<d>(?:\d{1,2}|[一二三四五六七八九十廿卅]{1,3})(?:[日号]?(?:[,和与及/]{1,2})(?:\d{1,2}|[一二三四五六七八九十廿卅]{1,3})){0,5})(?:号|日(?!内|后|之|以|游|行|元|本|语|文))(?!客|楼|线|桌|房|门|院|机|床|店|仓|库|站|台|信|航|选|手|球|队|铺|馆|厅|车|厢|码|头|口|井|会议室|包|柜|档|字|柱|色|电|病|产|商|公)", _day_of_month),
    (
        "农阴" + "".join({name[0] for name in FESTIVALS}), rf"(?:农历|阴历)?(?P<f>{FESTIVAL})(?:(?:小长|长)?假期?|期间|黄金周|当天|当日|那天)?", _festival),
    ("大今明后昨前当听寻琴本即", r"(?P<d>大大后|大后|大前|今|明|后|昨|前|当|听|寻|琴|本(?=日)|即(?=日))(?:天|日|儿个|儿|(?=[早晚晨夜](?!期|餐饭会)))(?!会更好)", _relative),
    ("t2", r"(?:tomorrow|today|tonight|tmrw|tmr|tmw|2moro)(?![a-z])", _english_day),
    ("上下次这本今当周星礼双即接最紧", rf"(?:{_NEXT_ONE})?(?P<w>{_HERE}(?:一个|个|一)?)?(?:(?P<end>周末|双休日|周六日|礼拜六日)|(?:周|星期|礼拜)(?:的)?(?P<d>[一二三四五六七日天](?:[,和与及/]?(?:周|星期|礼拜)?[一二三四五六日天]){{0,6}}|[1-7](?:[,和与及/][1-7](?![\d:点号月年时])){{0,6}}(?![\d:点号月年天周个.]))(?!(?<=周日)(?:[历程志常记]|报(?![名到])))(?:(?:到|至|-|~)(?:周|星期|礼拜)?(?P<to>[一二三四五六日天](?![点时个])|[1-7](?![点:时个月号\d])))?)(?!次|回|遍)", _weekdays),
    ("上下次这本今当同来", rf"(?P<w>{_HERE}(?:一个|个|一)?|来)(?P<u>周(?![边围年岁])|星期(?![一二三四五六])|礼拜|月(?:份)?(?![球亮饼])|季度|季|年度?(?![纪龄]))" + _EDGE, _stretch),
    ("大今明后去前来", r"(?P<d>大后|今|明|后|去|前|来)年" + r"(?P<e>[底末初]|年底)?", _this_year),
    ("月年季岁周", r"(?P<u>月|年|季度|季|岁)(?P<e>[底末初](?![一二三四五六七八九十级步])|中(?![国午间心文小大学秋])|终(?!奖|总|会|报))", _bare_edge),
    ("上中下", r"(?P<e>[上中下]旬)", lambda match, _year: (Stretch("month", edge=_EDGES[match["e"]]), match.end())),
    ("第最倒首头", rf"(?:第(?P<n>{NUMBER}(?:个?[,和与及]第?{NUMBER}){{0,3}})|倒数第(?P<b>{NUMBER})|(?P<last>最后)|(?:首|头))(?:一个|个|一)?(?:(?P<what>工作日|交易日|上班日|天|日)|(?P<week>个?(?:周|星期|礼拜)(?![一二三四五六日天末]))|(?:周|星期|礼拜)(?P<wd>[一二三四五六日天]))", _ordinal),
    ("下次", r"(?:下一?个|次一?个?|下一)(?:工作日|上班日)", _word(Workdays(1))),
    ("工上平", r"(?:工作日|上班日|平日|上班的日子)(?!志|报|常)", _word(Workdays())),
    ("法节公假", r"(?:法定)?(?:节假日|假日|公众假期|公共假期|节日|假期)", _word(Holidays())),
)  # fmt: skip
"""First signs, pattern, reader; tried in this order."""

CLOCK_RULES: tuple[tuple[str, str, Reader], ...] = (
    ("早晚上下中", r"(?:早上|晚上|下午|中午|上午)好(?!好)|下午茶|中午饭|早晚[会都要]", skip),
    ("差", rf"差(?P<short>一刻|{NUMBER}分)钟?(?:就|到)?(?P<h>{NUMBER})[点时]钟?", _short_of),
    ("0123456789", r"(?<![\d:])(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2}))?(?!\d)(?: ?(?P<ap>[ap]\.?m\.?(?![a-z])))?(?:分|整)?", _digital_clock),
    ("0123456789", r"(?<![\d.])(?P<h>\d{1,2}) ?(?P<ap>[ap]\.?m\.?(?![a-z]))", _latin_clock),
    ("0123456789", r"(?<![\d.])(?P<h>\d{1,2})h(?P<ap>\b\B)?(?![a-z0-9后内]|之后|以后)", _latin_clock),
    ("零〇一二两三四五六七八九十廿0123456789", rf"(?<![\d.])(?P<h>\d{{1,2}}|[零〇一二两三四五六七八九十廿]{{1,3}})(?P<point>点|时(?!候))(?:钟)?(?:(?P<half>半)|(?P<q>[一两二三123])刻钟?|(?P<whole>整|正(?!式|常|好|在))|(?:差|欠)(?P<short>一刻|{NUMBER}分)钟?|[过零〇0]?(?P<m>[1-5]\d(?!\d|个|天|年)|0\d|(?<=[零〇])[一二三四五六七八九]|(?<=[过零〇])\d|[二三四五]?十[一二三四五六七八九]?(?!个|天|年|月)|(?:\d{{1,2}}|[一二三四五六七八九])(?=分(?!钟后)))分?)?(?:钟|许|多|左右)?", _chinese_clock),
    ("一二三四五六七八九十0123456789", r"(?<![\d.])(?P<h>\d{1,2}|[一二三四五六七八九十]{1,3})(?= ?(?:到|至|-|~) ?(?:\d{1,2}|[一二三四五六七八九十]{1,3})(?:点|:\d\d))", _bare_hour),
    ("零正午", r"(?:正午)(?!时分)", _word(Clock(12, open=False))),
    ("午半", r"午夜(?!前|后)(?![\d一二三四五六七八九十])", _word(Clock(24, open=False))),
    ("am p", r"(?P<p>am|pm)(?= ?\d)", _part),
    ("凌拂黎大清早一上午朝正中晌下晏傍黄晚夜深半三", rf"(?P<p>{PART_WORD})(?:时分|的时候)?(?!餐|饭|好(?!好)|班车)", _part),
    ("早晚晨夜", r"(?P<p>早|晚|晨|夜)(?! ?一点(?![钟半整一两三零\d]))(?= ?(?:\d{1,2}|[零一二两三四五六七八九十]{1,3})(?:点(?!儿|点)|:))", _part),
)  # fmt: skip

SHORT_PART = re.compile(r"(?P<p>早|晚(?!点)|晨|夜|中(?=晚)|午(?=晚))(?![些餐饭会期安宵班课读操自点饭礼场婚])")
"""明早, 周五晚, 每晚: only right after a day or 每."""
