"""Chinese words for lengths of time, repetition and bounds: 三天后, 每两周, 隔天, 共十次, 从…开始, 除了."""

from __future__ import annotations

import re
from dataclasses import replace

from core.language.grammar.chinese_clock import PART_WORD
from core.language.grammar.chinese_day_words import FESTIVAL
from core.language.grammar.chinese_lexicon import LEXICON, NUMBER, listed, number
from core.language.grammar.chinese_words import NUMERALS, Cut, Every, Length, Rule, Times, Way, word

_UNITS = {unit: sizes for units, sizes in LEXICON["units"].items() for unit in units.split()}
_WAYS: dict[str, Way] = listed(LEXICON["ways"])
_UNIT = "秒钟?|分钟?|刻钟?|小时|钟头|个钟|天|日|周|星期|礼拜|个月|月|季度?|年|个工作日|工作日|mins?|minutes?|hours?|hrs?|days?|weeks?|h|s"
_TIMES_AFTER = re.compile(rf"[吃喝服]?{NUMBER}[次回顿]")
"""一日三次."""
_COUNTS_ALARM = r"(?<=天)天|(?<=[月季度])[底末初]|(?<=[周期拜])[一二三四五六日天末](?![次回遍天个年周])"
"""设一个周五的闹钟, 设一个月底的闹钟: 个 counts the alarm, not the week or the month."""
_SINGLE = (
    rf"(?P<n>\d{{1,4}}\.\d|半|{NUMBER})(?:多|来)?(?P<ge>个)?(?P<half>半)?(?P<u>(?>{_UNIT}))(?!{_COUNTS_ALARM})"
    r"(?P<tail>半(?!夜|天|个|小|年))?"
)
_ONE = re.compile(rf"(?:零|又|加|外加)?{_SINGLE}(?:的时间|时间)?")
_BEFORE = r"(?P<way>再过|再等|过|等|还有|未来的?|接下来的?|接下去的?|今后的?|往后的?|连续|连着|一连|持续|为期|坚持|提前|提早|前|后|约|大约|大概)?(?:大约|约|大概)?"
_AFTER = re.compile(
    r"(?:的时间)?(?:左右)?(?P<after>(?:之|以|过)?后|(?:之|以)?前|(?:之|以)?内)?(?!天(?!天)|排|来|果|勤|续的|门|容|部|面|台)"
)


def _stem(unit: str) -> str:
    """The unit without its measure word and endings."""
    unit = unit[0] if unit.isascii() else unit.removeprefix("个")
    return unit.removesuffix("钟") if unit != "钟" else unit


def _single(amount: float, unit: str) -> Length:
    """So many of one unit; halves of months are fifteen days, of days twelve hours."""
    if unit.endswith("工作日"):
        return Length(workdays=int(amount))
    months, days, seconds = (amount * size for size in _UNITS[_stem(unit)])
    return Length(int(months), int(days) + 15 * (months % 1 > 0), round(seconds + days % 1 * 86400))


def _amount(match: re.Match[str]) -> float | None:
    """The number of a match; without one 一 is meant, or a half."""
    text, half = match["n"], match["half"] or match["tail"]
    if not text:
        return 1.0 if not half else 1.5 if match["tail"] or "一个半" in match[0] else 0.5
    if text == "半":
        return 0.5
    value = float(text) if "." in text else number(text)
    return None if value is None else value + (0.5 if half else 0)


def _needs_way(match: re.Match[str]) -> bool:
    """三月 and 五日 are dates, 3分 a mark or a score: such units need 个, 钟 or what follows to be a length."""
    return (
        match["u"] in ("日", "分", "秒", "h", "s")
        or (match["u"] == "月" and not match["ge"])
        or (match["u"] in ("年", "工作日") and match["n"] != "半")
    )


def _length(before: re.Match[str], _now_year: int) -> Cut | None:
    """A length of up to four units with the words that say which way it goes."""
    text, position = before.string, before.end()
    parts: list[Length] = []
    bare = False
    while len(parts) < 4 and (match := _ONE.match(text, position)):
        amount = _amount(match)
        if amount is None or (not parts and _is_date(text, match)):
            break
        if amount % 1 and match["u"].endswith("工作日"):
            break
        parts.append(_single(amount, match["u"]))
        bare, position = bare or _needs_way(match), match.end()
    if not parts or (len(parts) > 1 and any(part.workdays for part in parts)):
        return None
    after = _AFTER.match(text, position)
    end = after.end() if after and after["after"] else position
    way = _way((before["way"] or "").removesuffix("的"), (after["after"] if after else None) or "")
    if way is None and bare and len(parts) == 1 and not _TIMES_AFTER.match(text, end):
        return None
    total = Length(
        months=sum(part.months for part in parts),
        days=sum(part.days for part in parts),
        seconds=sum(part.seconds for part in parts),
        workdays=parts[0].workdays,
        way=way,
    )
    return Cut(total, end)


def _is_date(text: str, match: re.Match[str]) -> bool:
    """三月五日 and 2026年3月 start a date; 三个月后 and 三年 are lengths."""
    unit = match["u"]
    if unit not in ("年", "日", "月") or match["ge"] or match["half"] or match["n"] == "半":
        return False
    if unit == "年":
        return len(match["n"]) >= 4
    if unit == "日" and _TIMES_AFTER.match(text, match.end()):
        return False
    after = _AFTER.match(text, match.end())
    way = after["after"] if after else None
    return way is None or (unit == "月" and way in ("前", "后", "内", "以前", "之前"))


def _way(before: str, after: str) -> Way | None:
    """Which way the words before and after a length make it go."""
    way = _WAYS.get(before)
    if after and way in (None, "after"):
        return "within" if after.endswith("内") else "before" if after.endswith("前") else "after"
    return way


def _every(length: Length) -> Every:
    """The rule of "every so many units"."""
    longer = length.months or length.days or length.workdays
    return length.repeats or Every(None, problem="unclear_recurrence" if longer else "too_fine")


def _every_unit(match: re.Match[str], _now_year: int) -> Every:
    """每两小时, 隔天; 每隔一天 leaves one day out, 每隔一小时 does not."""
    amount = 2.0 if match["two"] else _amount(match)
    if amount is None:
        return Every(None, problem="unclear_recurrence")
    left_out = match["gap"] is not None and not _single(1, match["u"]).seconds
    every = _every(_single(2.0 if left_out and amount == 1 else amount, match["u"]))
    return replace(every, open=True) if left_out and amount > 1 else every


def _each_week(match: re.Match[str], _now_year: int) -> Every:
    return Every("WEEKLY", 2 if "双" in match[0] or match["other"] else 1)


def _doubled(match: re.Match[str], _now_year: int) -> Every:
    return _every(_single(1, match["u"]))


def _times(match: re.Match[str], _now_year: int) -> Times | None:
    n = number(match["n"])
    asked = _TOTAL_BEFORE.search(match.string, max(0, match.start() - 6), match.start())
    return Times(n, bool(match["total"] or asked)) if n else None


_WEEK_DAY = r"(?:周|星期|礼拜)(?:[一二三四五六日天末][一二三四五六日天,和到至]{0,6}|[1-7])(?!(?<=日)(?:[历程志记]|报(?![名到])))(?!次|回|遍|趟|[一二三四五六两几]次)"
_EACH = r"(?:每逢?|逢|每到|到了每)(?P<other>隔一?个)?(?:个|一个|一|单|双)?"
_MONTH_DAY = r"月[底末初](?![级一二三四五六七八九十])|(?:\d{1,2}|[一二三四五六七八九十廿]{1,3})(?:号|日(?!内|后|之))|初[一二三四五六七八九十]"
_YEAR_DAY = r"年[底末初](?!级)|(?:\d{1,2}|[一二三四五六七八九十]{1,2})月(?:\d|[一二三四五六七八九十初份])"
_NO_DATE = (
    r"每年(?:的)?(?:农历|阴历|公历|阳历|我的?)?(?:[^\d,.一二三四五六七八九十正腊]{0,3}的?)?(?:生日|纪念日|忌日)|每(?:个|逢)?(?:双|单|奇|偶)数?[日号天]"
    r"|每(?:隔)?(?:几|数)(?:天|日|周|个?星期|个?礼拜|个?月|年|个?小时|分钟)?|每(?:个|逢|到)?(?:学期|假期|节假日|假日|节日)"
)
_EVERY_UNIT = (
    r"(?:每过?|(?P<gap>每?间?隔(?!夜)))(?:一个(?=小|钟|月|星|礼|季|周)|一(?=天|日|周|星期|礼拜|年|小|分|季|刻)|个|(?P<two>双(?=周|月|日))|单(?=周|月|日))?"
    rf"(?P<n>\d{{1,4}}\.\d|半|{NUMBER})?(?:个)?(?P<half>半)?(?P<u>夜|{_UNIT})(?P<tail>半(?!夜|天|个|小|年))?"
)
_UNPLACEABLE = (
    r"每(?:次|当|回|逢|一次|顿|节课|趟|到|隔一阵子?|隔一段时间|阵子|场|餐|时每刻)|隔三差五|三天两头|时时(?!刻|间)|时不时|不定期|定期|定时(?=提醒|叫)"
    r"|经常提醒|反复提醒|一直提醒|循环提醒|不停地?提醒|平时|平常|(?<=[ ,])(?:重复|循环)(?=[ ,.]|$)"
)
_COUNT = (
    r"(?<!第)(?:各|分别|至少)?(?P<total>(?:一共|总共|共计|合计|共|总计|只|仅|最多|重复|循环|连续)(?:重复|执行|响)?)?"
    rf"(?P<n>{NUMBER})(?P<c>次|回(?![家来去复电答信国归访])|遍|趟|顿)(?![性数元]|要的|卖)"
)
_TOTAL_BEFORE = re.compile(r"(?:共|只|仅|最多)(?:提醒|叫|喊)(?:我|大家)?$")
_UNCLEAR = word(Every(None, problem="unclear_recurrence"))

EVERY_RULES = (
    Rule("每", _NO_DATE, _UNCLEAR),
    Rule("每", r"每(?:个|逢|到)?(?:小时(?:的)?)?整点", word(Every("HOURLY"))),
    Rule("每单双", r"(?:每(?:个|逢)?)?[单双]周(?:的)?(?=周|星期|礼拜)", word(Every("WEEKLY", 2))),
    Rule("每逢到", rf"{_EACH}(?={_WEEK_DAY}|工作日|上班日|周末|双休日|平日)", _each_week),
    Rule("每逢到", rf"{_EACH}(?={PART_WORD}|[早晚晨夜](?!餐|饭))", word(Every("DAILY"))),
    Rule("每逢到", rf"{_EACH}(?={_MONTH_DAY})", word(Every("MONTHLY"))),
    Rule("每逢到", rf"{_EACH}(?={_YEAR_DAY})", word(Every("YEARLY"))),
    Rule("每逢到", rf"{_EACH}(?=季度?[末底初])", word(Every("MONTHLY", 3))),
    Rule("间隔", r"间?隔(?:一?个)?(?=(?:周|星期|礼拜)[一二三四五六日天末])", word(Every("WEEKLY", 2))),
    Rule("每间隔", _EVERY_UNIT, _every_unit),
    Rule("每逢", rf"(?:每逢|逢|每年|每)个?(?=(?:农历|阴历)?(?:{FESTIVAL}))", word(Every("YEARLY"))),
    Rule("天日年月周夜", r"(?P<u>[天日年月周夜])(?P=u)(?!(?<=天)[向气乐])", _doubled),
    Rule("晚早", "晚晚|早晚各", word(Every("DAILY"))),
    Rule("每隔三时不定经反一循平重", _UNPLACEABLE, _UNCLEAR),
    Rule(
        "除法节假",
        r"除了?(?:法定)?(?:节假|假|节)[日期]|(?:法定)?(?:节假|假|节)[日期](?:除外|不算|不用)",
        word(Every(None, 0, problem="unclear_recurrence")),
    ),
)
LENGTH_RULES = (
    Rule(NUMERALS + "俩仨百半再过等还未接今往连持为坚提前后约大", _BEFORE, _length),
    Rule(NUMERALS + "百至各分共总合只仅最重循连", _COUNT, _times),
)
MARK_RULES = tuple(Rule(mark["starts"], mark["words"], word(name)) for name, mark in LEXICON["marks"].items())
"""Tried in this order; what is said of a bound is understood when the phrase is read."""
