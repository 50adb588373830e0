"""Days, weeks, months and festivals as Chinese writes them: 大后天, 下周三, 3月5号, 月底, 除夕, 最后一个工作日.

The text is simplified, lower case and half width (、 reads "," and 。 reads "."). Patterns are bounded in length.
"""

from __future__ import annotations

import re
from itertools import pairwise

from core.language.grammar import chinese_words as zh
from core.language.grammar.chinese_days import FESTIVALS
from core.language.grammar.chinese_lexicon import LEXICON, NUMBER, counted, listed, number, one_of, year

WEEKDAY = {
    sign: day for day, signs in enumerate(["一1", "二2", "三3", "四4", "五5", "六6", "日天七7"]) for sign in signs
}
_ENGLISH = counted(LEXICON["days_in_english"])
_DAYS, _YEARS = counted(LEXICON["days"]) | _ENGLISH, counted(LEXICON["years"])
_EDGES: dict[str, zh.Edge] = listed(LEXICON["edges"])
_UNITS: dict[str, zh.Unit] = listed(LEXICON["stretches"])
_SHIFTS = {"下": 1, "次": 1, "来": 1, "上": -1}


def _shift(here: str) -> int:
    """下下 2, 上 -1, 这 and 本 0."""
    return sum(_SHIFTS.get(sign, 0) for sign in here)


def _relative(match: re.Match[str], _now_year: int) -> zh.Relative:
    return zh.Relative(_DAYS[match["d"]])


def _week_of(match: re.Match[str]) -> int | None:
    """下一个周五 is the one that comes next; 下周五 and 下个周五 are next week's."""
    here = match["w"]
    return None if not here or ("一个" in here and "下" in here) else _shift(here)


def _weekend(match: re.Match[str], _now_year: int) -> zh.Weekdays:
    return zh.Weekdays((5, 6), _week_of(match), weekend=True)


def _weekdays(match: re.Match[str], _now_year: int) -> zh.Weekdays | zh.Cut:
    week, start = _week_of(match), match.start("d")
    if match["to"]:
        low, high = WEEKDAY[match["d"][0]], WEEKDAY[match["to"]]
        run = zh.Weekdays(tuple(range(low, high + 1)), week, run=True)
        return run if low < high else zh.Cut(run, start + 1)
    days, length = _day_run(match["d"], match.string[match.end("d") : match.end("d") + 1])
    return zh.Cut(zh.Weekdays(tuple(days), week), start + length)


_NOT_A_DAY = frozenset("点时号:十百个刻月人名位件天年分次条张份只场节")


def _day_run(signs: str, following: str) -> tuple[list[int], int]:
    """The days of 一三五 and of 一,三,五, and how many signs they take.

    The last one belongs to what follows where that is 点: 周一三点 is Monday, three o'clock.
    """
    if len(signs) > 1 and following in _NOT_A_DAY:
        signs = signs[:-1].rstrip(",和与及/周星期礼拜")
    days = [WEEKDAY[sign] for sign in signs if sign in WEEKDAY]
    return (days[:1], 1) if any(a >= b for a, b in pairwise(days)) else (days, len(signs))


def _bare_days(match: re.Match[str], _now_year: int) -> zh.Weekdays:
    """一三五早上: the days of the week without 周."""
    return zh.Weekdays(tuple(WEEKDAY[sign] for sign in match["d"]))


def _stretch(match: re.Match[str], now_year: int) -> zh.Stretch | None:
    """2027年, 六月, 明年, 下个月底, 上旬: the groups of the pattern tell what was said."""
    said = match.groupdict()
    edge = _EDGES.get(said["e"] or "")
    if "y" in said:
        when = year(said["y"], now_year)
        return None if when is None else zh.Stretch("year", year=when, edge=edge)
    if "m" in said:
        return zh.Stretch("month", month=number(said["m"]), edge=edge)
    if "d" in said:
        return zh.Stretch("year", _YEARS[said["d"]], edge=edge)
    return zh.Stretch(_UNITS[said.get("u") or "月"], _shift(said["w"]) if "w" in said else None, edge=edge)


def _date(match: re.Match[str], now_year: int) -> zh.Date | None:
    """2026年3月5日, 2026-03-05, 12/25."""
    month, day, written = number(match["m"]), number(match["d"]), match.groupdict().get("y")
    when = year(written, now_year) if written else None
    return None if month is None or day is None or (written and when is None) else zh.Date((day,), month, when)


_LUNAR_BY_HABIT = {("八", "十五"), ("正", "十五"), ("七", "十五")}
_LUNAR_MONTHS = {"正": 1, "冬": 11, "腊": 12}


def _month_and_day(match: re.Match[str], _now_year: int) -> zh.Date | zh.MoonDate | None:
    """3月5日, and of the Chinese calendar where its words say so: 农历, 正月, 初三, 八月十五."""
    name, days = match["m"], match["d"]
    month, day = _LUNAR_MONTHS.get(name) or number(name), number(days.removeprefix("初"))
    if month is None or day is None:
        return None
    lunar = match["lunar"] or name in _LUNAR_MONTHS or days.startswith("初")
    if lunar or ((name, days) in _LUNAR_BY_HABIT and not match["hao"]):
        return zh.MoonDate(month, day) if 1 <= month <= 12 and 1 <= day <= 30 else None
    return zh.Date((day,), month)


def _days_of_month(match: re.Match[str], _now_year: int) -> zh.Date | None:
    days = [number(sign) for sign in re.split(r"[号日,和与及/ ]+", match["d"]) if sign]
    known = tuple(day for day in days if day is not None)
    return zh.Date(known) if known and len(known) == len(days) else None


def _moon_day(match: re.Match[str], _now_year: int) -> zh.MoonDate | None:
    day = number(match["d"].removeprefix("初"))
    return zh.MoonDate(None, day) if day is not None and 1 <= day <= 30 else None


def _ordinal(match: re.Match[str], _now_year: int) -> zh.Ordinal | None:
    if match["n"]:
        places = tuple(number(sign) or 0 for sign in re.split(r"[第个,和与及]+", match["n"]) if sign)
    elif match["both"]:
        places = (number(match["both"]) or 0, -1)
    else:
        places = (-(number(match["b"]) or 0),) if match["b"] else (-1 if match["last"] else 1,)
    if not all(places):
        return None
    if match["week"]:
        return zh.Ordinal(places, "week")
    if match["wd"]:
        return zh.Ordinal(places, WEEKDAY[match["wd"]])
    return zh.Ordinal(places, "day" if match["what"] in ("天", "日") else "workday")


_NUMERAL_NAMES = frozenset(LEXICON["festivals"]["numerals"].split())
_WEATHER_NAMES = frozenset(LEXICON["festivals"]["weather"].split())
_NAMED_AS_DAY = re.compile(r"[假长提叫喊放小期,. 那当节早晚上下中的]|$")
_LEADS_TO_DAY = frozenset(("", " ", ",", ".", ":", "我", "在", "等", "到"))
_COUNTS = re.compile(r"[点号月个年天块元度层楼岁人本只次分秒米斤件日周:0-9路班]")
_GOES_ON_NUMBER = frozenset("零一二三四五六七八九十百两第周期拜" + zh.DIGITS)


def _festival(match: re.Match[str], _now_year: int) -> zh.Festival | None:
    """五一去旅游 and 十一提醒我 name days, 五一路 and 十一个 do not; 大雪 is weather unless a year or 那天 says more."""
    name, before = match["f"], match.string[max(0, match.start() - 1) : match.start()]
    after = match.string[match.end("f") : match.end("f") + 2]
    if name in _NUMERAL_NAMES:
        led = before in _LEADS_TO_DAY and not _COUNTS.match(after)
        if before in _GOES_ON_NUMBER or not (_NAMED_AS_DAY.match(after) or led):
            return None
    if name in _WEATHER_NAMES and before not in ("年", "每") and after not in ("那天", "当天", "节气"):
        return None
    return zh.Festival(name, FESTIVALS[name])


FESTIVAL = one_of(FESTIVALS)
_TAIL = r"(?P<e>上旬|中旬|下旬|[底末初](?![一二三四五六七八九十中级步])|中(?=[,. 提叫喊]|$))?"
_HERE = r"(?:上上|上|(?<!一)下{1,3}|次|这|本|今|当|同)(?:一个|个|一)?"
"""The 下 of 记一下周四 belongs to 一下."""
_NEXT_ONE = "即将到来的|接下来的|最近的|紧接着的"
_WEEK = "(?:周|星期|礼拜)"
_NO_WORD_OF_SUNDAY = r"(?!(?<=周日)(?:[历程志常记]|报(?![名到])))"
_RUN_OF_DAYS = (
    rf"(?:[一二三四五六七日]|天(?!天))(?:[,和与及/]?{_WEEK}?[一二三四五六日天]){{0,6}}"
    r"|[1-7](?:[,和与及/][1-7](?![\d:点号月年时])){0,6}(?![\d:点号月年天周个.])"
)
_LAST_OF_RUN = rf"(?:[到至~-]{_WEEK}?(?P<to>[一二三四五六日天](?![点时个])|[1-7](?![点:时个月号\d])))?"
_SHORT_YEAR = r"\d{2}(?=年(?:\d|[一二三四五六七八九十]{1,2}月|第|除|春|中|国|端|清|元|冬|底|末|初))"
_FOUR_SIGNS = "[零〇一二三四五六七八九]{4}"
_SIGN_OF_MONTH = r"\d{1,2}|[一二三四五六七八九十]{1,2}"
_NO_DATE_AFTER_MONTH = "(?!前|后|之|以|内|天|饼|亮|球|经|嫂|台|薪|票|租)"
_SIGN_OF_DAY = r"(?:\d{1,2}|[一二三四五六七八九十廿卅]{1,3})"
_NO_DATE_AFTER_NUMBER = "(?!客|楼|线|桌|房|门|院|机|床|店|仓|库|站|台|信|航|选|手|球|队|铺|馆|厅|车|厢|码|头|口|井|会议室|包|柜|档|字|柱|色|电|病|产|商|公)"
_WHOLE_YEAR = rf"(?P<y>\d{{4}}|\d{{2}}|[零〇一二两三四五六七八九]{{2}}|{_FOUR_SIGNS})"
_PLACES = rf"第(?P<both>{NUMBER})个?[和与及,]最后|第(?P<n>{NUMBER}(?:个?[,和与及]第?{NUMBER}){{0,3}})|倒数第(?P<b>{NUMBER})|(?P<last>最后)|首|头"
_YEAR_SIGNS = zh.DIGITS + "零〇一二三四五六七八九"

_SLASH_DATE = r"(?<![\d/.])(?P<m>0?[1-9]|1[0-2])/(?P<d>0?[1-9]|[12]\d|3[01])(?:/(?P<y>\d{4}|\d{2}))?[日号]?(?![\d/%])"
_MONTH_AND_DAY = (
    rf"(?P<lunar>农历|阴历|旧历|闰)?(?P<m>正|冬|腊|{_SIGN_OF_MONTH})月(?:份)?的?"
    rf"(?P<d>初[一二三四五六七八九十]|{NUMBER}(?![个点:天年周月]))(?P<hao>[日号])?"
)
_MONTH = rf"(?P<m>1[0-2]|[1-9]|十[一二]|[一二三四五六七八九十])月{_NO_DATE_AFTER_MONTH}(?:份)?{_TAIL}"
_BARE_DAYS = rf"(?<![^ ,.:;我每在逢请])(?P<d>一三五|二四六|一二三四五|二四)(?=[早晚上下中傍凌]|{_SIGN_OF_DAY}[点:])"
_DAYS_OF_MONTH = (
    rf"(?P<d>{_SIGN_OF_DAY}(?:[日号]?[,和与及/]{{1,2}}{_SIGN_OF_DAY}){{0,5}})"
    rf"(?:号|日(?!内|后|之|以|游|行|元|本|语|文|[一二两三四五六七八九十]次)){_NO_DATE_AFTER_NUMBER}"
)
_NAMED_DAY = rf"(?:农历|阴历)?(?P<f>{FESTIVAL})(?:(?:小长|长)?假期?|期间|黄金周|当天|当日|那天)?"
_RELATIVE = r"(?P<d>大大后|大后|大前|[今明后昨前当听寻琴]|本(?=日)|即(?=日))(?:天|日|儿个|儿|(?=[早晚晨夜](?!期|餐饭会)))(?!会更好)"
_WEEKEND = rf"(?:{_NEXT_ONE})?(?P<w>{_HERE})?(?:周末|双休日|周六日|礼拜六日)"
_WEEKDAYS = (
    rf"(?:{_NEXT_ONE})?(?P<w>{_HERE})?{_WEEK}的?(?P<d>{_RUN_OF_DAYS}){_NO_WORD_OF_SUNDAY}{_LAST_OF_RUN}(?!次|回|遍)"
)
_STRETCH = rf"(?P<w>{_HERE}|来)(?P<u>周(?![边围年岁])|星期(?![一二三四五六])|礼拜|月(?:份)?(?![球亮饼])|季度|季|年度?(?![纪龄])){_TAIL}"
_EDGE = (
    r"(?P<u>月|年|季度|季|岁)(?P<e>[底末初](?![一二三四五六七八九十级步])|中(?![国午间心文小大学秋])|终(?![奖总会报]))"
)
_ORDINAL = (
    rf"(?:{_PLACES})(?:一个|个|一)?(?:(?P<what>工作日|交易日|上班日|天|日)"
    rf"|(?P<week>个?{_WEEK}(?![一二三四五六日天末]))|{_WEEK}(?P<wd>[一二三四五六日天]))"
)

DAY_RULES = (
    zh.Rule('《「『"“', r"[《「『\"“][^》」』\"”]{0,60}[》」』\"”]", zh.skip),
    zh.Rule("h", r"https?://\S{1,200}", zh.skip),
    zh.Rule(_YEAR_SIGNS, rf"{_WHOLE_YEAR}年(?P<m>{NUMBER})月(?:份)?(?P<d>{NUMBER})(?:[日号]|(?!\d|[点个天]))", _date),
    zh.Rule("2", r"(?<!\d)(?P<y>20\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-2]\d|3[01])(?!\d)", _date),
    zh.Rule("12", r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[日号]|t(?=\d))?", _date),
    zh.Rule(zh.DIGITS, _SLASH_DATE, _date),
    zh.Rule(zh.DIGITS, r"(?<![\d.])(?P<m>0?[1-9]|1[0-2])[-.](?P<d>0?[1-9]|[12]\d|3[01])[日号]", _date),
    zh.Rule(_YEAR_SIGNS, rf"(?P<y>\d{{4}}|{_SHORT_YEAR}|{_FOUR_SIGNS})年(?!前|后|之|以|内|级|货)度?{_TAIL}", _stretch),
    zh.Rule("阴农旧闰正冬腊" + zh.NUMERALS, _MONTH_AND_DAY, _month_and_day),
    zh.Rule(zh.NUMERALS, _MONTH, _stretch),
    zh.Rule("一二", _BARE_DAYS, _bare_days),
    zh.Rule("农阴", r"(?:农历|阴历)的?(?P<d>初?[一二三四五六七八九十廿]{1,3})(?!月|年)", _moon_day),
    zh.Rule("初", r"初(?P<d>[一二三四五六七八九十])(?=[和,及与 号提叫喊早晚上下中十初]|$)", _moon_day),
    zh.Rule(zh.NUMERALS, _DAYS_OF_MONTH, _days_of_month),
    zh.Rule("农阴" + "".join(name[0] for name in FESTIVALS), _NAMED_DAY, _festival),
    zh.Rule("大今明后昨前当听寻琴本即", _RELATIVE, _relative),
    zh.Rule("t2", rf"(?P<d>{one_of(_ENGLISH)})(?![a-z])", _relative),
    zh.Rule("上下次这本今当同周礼双即接最紧", _WEEKEND, _weekend),
    zh.Rule("上下次这本今当同周星礼即接最紧", _WEEKDAYS, _weekdays),
    zh.Rule("上下次这本今当同来", _STRETCH, _stretch),
    zh.Rule("大今明后去前来", r"(?P<d>大后|[今明后去前来])年(?P<e>[底末初])?", _stretch),
    zh.Rule("月年季岁", _EDGE, _stretch),
    zh.Rule("上中下", r"(?P<e>[上中下]旬)", _stretch),
    zh.Rule("第最倒首头", _ORDINAL, _ordinal),
    zh.Rule("下次", r"(?:下一?个?|次一?个?)(?:工作日|上班日)", zh.word(zh.Workdays(1))),
    zh.Rule("工上平", r"(?:工作日|上班日|平日|上班的日子)(?!志|报|常)", zh.word(zh.Workdays())),
)
"""Tried in this order."""
