"""Chinese words for lengths of time, repetition and bounds: 三天后, 每两周, 隔天, 共十次, 从…开始, 除了."""

from __future__ import annotations

import re
from dataclasses import replace

from core.language.grammar.chinese_clock_words import PART_WORD
from core.language.grammar.chinese_day_words import FESTIVAL
from core.language.grammar.chinese_numbers import NUMBER, number
from core.language.grammar.chinese_words import Every, Length, Mark, Times, Value, Way
from core.language.values import Frequency

_SECONDS = {"秒": 1, "分": 60, "刻": 900, "小时": 3600, "钟头": 3600, "钟": 3600, "s": 1, "min": 60, "h": 3600}
_DAYS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7, "day": 1, "week": 7}
_MONTHS = {"月": 1, "季": 3, "季度": 3, "年": 12}
_UNIT = "秒钟?|分钟?|刻钟?|小时|钟头|个钟|天|日|周|星期|礼拜|个月|月|季度?|年|个工作日|工作日|mins?|minutes?|hours?|hrs?|days?|weeks?|h|s"
_TIMES_AFTER = re.compile(rf"[吃喝服]?{NUMBER}[次回顿]")
"""一日三次."""
_SINGLE = (
    rf"(?P<n>\d{{1,4}}\.\d|半|{NUMBER})(?:多|来)?(?P<ge>个)?(?P<half>半)?(?P<u>{_UNIT})(?P<tail>半(?!夜|天|个|小|年))?"
)
_ONE = re.compile(rf"(?:零|又|加|外加)?{_SINGLE}(?:的时间|时间)?")
_BEFORE = re.compile(
    r"(?P<way>从现在(?:开始|起)(?:算起?)?的?|再过|再等|过|等|还有|未来的?|接下来的?|接下去的?|今后的?|往后的?|连续|连着|一连|持续|为期|坚持|提前|提早|开始之?前|[之以]前|前|后|约|大约|大概)?(?:大约|约|大概)?"
)
_AFTER = re.compile(
    r"(?:的时间)?(?:左右)?(?P<after>(?:之|以|过)?后|(?:之|以)?前|(?:之|以)?内)?(?!天(?!天)|排|来|果|勤|续的|门|容|部|面|台)"
)
_WAYS: dict[str, Way] = {
    "再过": "after", "再等": "after", "过": "after", "等": "after", "还有": "after", "连续": "running", "连着": "running", "一连": "running",
    "坚持": "running", "持续": "lasting", "为期": "lasting", "提前": "ahead", "提早": "ahead",
    "未来": "coming", "接下来": "coming", "接下去": "coming", "今后": "coming", "往后": "coming",
}  # fmt: skip


def stem(unit: str) -> str:
    """The unit without its measure word and endings."""
    if unit[0].isascii():
        return {"m": "min", "h": "h", "s": "s", "d": "day", "w": "week"}[unit[0]]
    if unit == "个钟":
        return "钟头"
    unit = unit.removeprefix("个")
    return unit.removesuffix("钟") if len(unit) > 1 and unit != "钟头" else unit


def single(amount: float, unit: str) -> Length | None:
    """So many of one unit; halves of months are fifteen days, of days twelve hours."""
    unit = stem(unit)
    whole = amount == int(amount)
    if unit == "工作日":
        return Length(workdays=int(amount)) if whole else None
    if unit in _SECONDS:
        return Length(seconds=round(amount * _SECONDS[unit]), fraction=not whole)
    if unit in _DAYS:
        days = amount * _DAYS[unit]
        return Length(days=int(days), seconds=round((days - int(days)) * 86400), fraction=not whole)
    months = amount * _MONTHS[unit]
    return Length(months=int(months), days=15 if months != int(months) else 0, fraction=not whole)


def _amount(match: re.Match[str]) -> float | None:
    text = match["n"]
    if text == "半":
        return 0.5
    value = float(text) if "." in text else number(text)
    return None if value is None else value + (0.5 if match["half"] or match["tail"] else 0)


def _one(match: re.Match[str]) -> Length | None:
    """三月 and 五日 are dates, 3分 a mark or a score: such units need 个, 钟 or what follows to be a length."""
    amount = _amount(match)
    return None if amount is None else single(amount, match["u"])


def _needs_way(match: re.Match[str]) -> bool:
    return (
        match["u"] in ("日", "分", "秒", "h", "s")
        or (match["u"] == "月" and not match["ge"])
        or (match["u"] in ("年", "工作日") and match["n"] != "半")
    )


def read_length(text: str, start: int) -> tuple[Value, int] | None:
    """A length of up to four units with the words that say which way it goes."""
    before = _BEFORE.match(text, start)
    position = before.end() if before else start
    months = days = seconds = workdays = 0
    fraction, bare, found = False, False, 0
    while found < 4 and (match := _ONE.match(text, position)):
        part = _one(match)
        if (
            part is None
            or _counts_alarm(text, match)
            or (match["u"] in ("年", "日", "月") and found == 0 and _is_date(text, match))
        ):
            break
        months, days, seconds = months + part.months, days + part.days, seconds + part.seconds
        workdays, fraction, bare = workdays + part.workdays, fraction or part.fraction, bare or _needs_way(match)
        position, found = match.end(), found + 1
    if not found or (found > 1 and workdays):
        return None
    after = _AFTER.match(text, position)
    end = after.end() if after and after["after"] else position
    way = _way(before["way"] if before else None, after["after"] if after else None)
    if way is None and bare and found == 1 and not _TIMES_AFTER.match(text, end):
        return None
    return Length(months, days, seconds, workdays, way, fraction), end


def _counts_alarm(text: str, match: re.Match[str]) -> bool:
    """设一个周五的闹钟: 个 counts the alarm, not the week."""
    if match["u"] in ("月", "季", "季度") and match["ge"]:
        return text.startswith(("底", "末", "初"), match.end())  # 设一个月底的闹钟
    if match["u"] == "天":
        return text.startswith("天", match.end())  # 一个天天的闹钟
    return match["u"] in ("周", "星期", "礼拜") and _WEEKDAY_SIGN.match(text, match.end()) is not None


_WEEKDAY_SIGN = re.compile(r"[一二三四五六日天末](?![次回遍天个年周])")


def _is_date(text: str, match: re.Match[str]) -> bool:
    """三月五日 and 2026年3月 start a date; 三个月后 and 三年 are lengths."""
    if match["ge"] or match["half"] or match["n"] == "半":
        return False
    if match["u"] == "年":
        return len(match["n"]) >= 4
    if match["u"] == "日" and _TIMES_AFTER.match(text, match.end()):
        return False
    after = _AFTER.match(text, match.end())
    way = after["after"] if after else None
    return way is None or (match["u"] == "月" and way in ("前", "后", "内", "以前", "之前"))


def _way(before: str | None, after: str | None) -> Way | None:
    if before:
        before = before.removesuffix("的") if before != "约" else before
    way = _WAYS.get(before or "")
    if before and before.startswith("从现在"):
        way = "after"
    elif before and before.endswith("前") and before != "提前":
        return "offset_back"
    elif before == "后":
        return "offset_on"
    if after and way in (None, "after"):
        return "within" if after.endswith("内") else "before" if after.endswith("前") else "after"
    return way


_FREQUENCIES: dict[str, tuple[Frequency, int]] = {
    "分": ("MINUTELY", 1), "刻": ("MINUTELY", 15), "小时": ("HOURLY", 1), "钟头": ("HOURLY", 1), "钟": ("HOURLY", 1), "min": ("MINUTELY", 1),
    "h": ("HOURLY", 1), "天": ("DAILY", 1), "日": ("DAILY", 1), "夜": ("DAILY", 1), "周": ("WEEKLY", 1), "星期": ("WEEKLY", 1),
    "礼拜": ("WEEKLY", 1), "月": ("MONTHLY", 1), "季": ("MONTHLY", 3), "季度": ("MONTHLY", 3), "年": ("YEARLY", 1), "day": ("DAILY", 1),
    "week": ("WEEKLY", 1),
}  # fmt: skip


def every(amount: float, unit: str) -> Every:
    """The rule of "every so many units"."""
    unit = stem(unit)
    if unit in ("秒", "s") or amount == 0:
        seconds = amount * _SECONDS.get(unit, 0)
        if seconds and seconds % 60 == 0:
            return Every("MINUTELY", int(seconds // 60))
        return Every(None, problem="too_fine")
    if unit == "工作日":
        return Every("DAILY", int(amount), problem="unclear_recurrence" if amount != 1 else None)
    frequency, step = _FREQUENCIES[unit]
    interval = amount * step
    if interval == int(interval):
        return Every(frequency, int(interval))
    smaller: dict[Frequency, tuple[Frequency, int]] = {
        "HOURLY": ("MINUTELY", 60), "DAILY": ("HOURLY", 24), "YEARLY": ("MONTHLY", 12), "WEEKLY": ("HOURLY", 168),
        "MONTHLY": ("DAILY", 30),
    }  # fmt: skip
    if frequency not in smaller:
        return Every(None, problem="too_fine" if interval < 1 else "unclear_recurrence")
    finer, factor = smaller[frequency]
    whole = interval * factor
    return Every(finer, int(whole)) if whole == int(whole) else Every(None, problem="unclear_recurrence")


_DAY_OF_WEEK = r"(?:周|星期|礼拜)(?:[一二三四五六日天末][一二三四五六日天,和到至]{0,6}|[1-7])(?!(?<=日)(?:[历程志记]|报(?![名到])))(?!次|回|遍|趟|[一二三四五六两几]次)"
_EVERY_DAY_WORD = re.compile(
    rf"(?:每逢?|逢|每到|到了每)(?P<other>隔一?个)?(?:个|一个|一|单|双)?(?:(?P<week>{_DAY_OF_WEEK}|工作日|上班日|周末|双休日|平日)"
    rf"|(?P<part>{PART_WORD}|[早晚晨夜](?!餐|饭))|(?P<month>月[底末初](?![级一二三四五六七八九十])|(?:\d{{1,2}}|[一二三四五六七八九十廿]{{1,3}})(?:号|日(?!内|后|之))|初[一二三四五六七八九十])"
    r"|(?P<year>年[底末初](?!级)|(?:\d{1,2}|[一二三四五六七八九十]{1,2})月(?:\d|[一二三四五六七八九十初份]))|(?P<quarter>季度?[末底初]))"
)
_EVERY_FESTIVAL = re.compile(rf"(?:每逢|逢|每年|每)(?:个)?(?=(?:农历|阴历)?(?:{FESTIVAL}))")
_FULL_HOUR = re.compile(r"每(?:个|逢|到)?(?:小时(?:的)?)?整点")
_OTHER_WEEK = re.compile(r"(?:每(?:个|逢)?)?[单双]周(?:的)?(?=周|星期|礼拜)")
_EVERY_UNIT = re.compile(
    rf"每(?P<gap>隔|间隔|过)?(?:一个(?=小|钟|月|星|礼|季|周)|一(?=天|日|周|星期|礼拜|年|小|分|季|刻)|个|(?P<two>双|单)(?=周|月|日))?"
    rf"(?P<n>\d{{1,4}}\.\d|半|{NUMBER})?(?:个)?(?P<half>半)?(?P<u>秒钟?|分钟?|刻钟?|小时|钟头|钟|天|日|夜|周|星期|礼拜|月|季度?|年|工作日|mins?|minutes?|hours?|hrs?|days?|weeks?|h|s)(?P<tail>半(?!夜|天|个|小|年))?"
)
_GAP_UNIT = re.compile(
    rf"(?:间?隔)(?P<n>一|{NUMBER}|半)?(?:个)?(?P<u>分钟|小时|钟头|天|日|周|星期|礼拜|月|季度|年)(?![壁离阂])"
)
_DOUBLED = re.compile(r"(?P<u>天天(?!向|气|乐)|日日|年年|月月|周周|夜夜|晚晚|时时(?!刻|间)|每时每刻|早晚各)")
_NO_DATE = re.compile(
    r"每年(?:的)?(?:农历|阴历|公历|阳历|我的?)?(?:[^\d,.一二三四五六七八九十正腊]{0,3}的?)?(?:生日|纪念日|忌日)|每(?:个|逢)?(?:双|单|奇|偶)数?[日号天]"
    r"|每(?:隔)?(?:几|数)(?:天|日|周|个?星期|个?礼拜|个?月|年|个?小时|分钟)?|每(?:个|逢|到)?(?:学期|假期|节假日|假日|节日)"
)
_UNPLACEABLE = re.compile(
    r"每(?:次|当|回|逢|一次|顿|节课|趟|到|隔一阵子?|隔一段时间|阵子|场|餐|时每刻)|隔三差五|三天两头|时不时|不定期|定期|定时(?=提醒|叫)|经常提醒|反复提醒"
    r"|一直提醒|循环提醒|不停地?提醒|平时|平常|(?<=[ ,])(?:重复|循环)(?=[ ,.]|$)"
)


def read_every(text: str, start: int) -> tuple[Value, int] | None:
    """A word of repetition; the day that it names is left to be read as a day."""
    if match := _NO_DATE.match(text, start):
        return Every(None, problem="unclear_recurrence"), match.end()
    if match := _FULL_HOUR.match(text, start):
        return Every("HOURLY"), match.end()
    if match := _OTHER_WEEK.match(text, start):
        return Every("WEEKLY", 2), match.end()
    if match := _EVERY_DAY_WORD.match(text, start):
        return _every_day_word(match)
    if match := _EVERY_UNIT.match(text, start):
        return _every_unit(match), match.end()
    if match := _GAP_UNIT.match(text, start):
        return _gap_unit(match)
    if match := _EVERY_FESTIVAL.match(text, start):
        return Every("YEARLY"), match.end()
    if match := _DOUBLED.match(text, start):
        unit = match["u"]
        if unit in ("时时", "每时每刻"):
            return Every(None, problem="unclear_recurrence"), match.end()
        return Every(_FREQUENCIES.get(unit[0], ("DAILY", 1))[0]), match.end()
    if match := _UNPLACEABLE.match(text, start):
        return Every(None, problem="unclear_recurrence"), match.end()
    return None


def _every_day_word(match: re.Match[str]) -> tuple[Value, int]:
    step = 2 if "双" in match[0][:4] or match["other"] else 1
    if match["week"]:
        return Every("WEEKLY", step), match.start("week")
    if match["part"]:
        return Every("DAILY"), match.start("part")
    if match["month"]:
        return Every("MONTHLY"), match.start("month")
    if match["year"]:
        return Every("YEARLY"), match.start("year")
    return Every("MONTHLY", 3), match.start("quarter")


def _every_unit(match: re.Match[str]) -> Every:
    amount = 1.0 if not match["n"] else _amount(match)
    if amount is not None and not match["n"] and (match["half"] or match["tail"]):
        amount = 1.5 if match["tail"] or "一个半" in match[0] else 0.5
    if match["two"] == "双":
        amount = 2.0
    if amount is None:
        return Every(None, problem="unclear_recurrence")
    if match["gap"] in ("隔", "间隔") and amount == 1 and stem(match["u"]) not in _SECONDS:
        amount = 2.0  # 每隔一天 leaves one day out; 每隔一小时 does not
    elif match["gap"] in ("隔", "间隔") and amount > 1 and stem(match["u"]) not in _SECONDS:
        return replace(every(amount, match["u"]), open=True)
    return every(amount, match["u"])


def _gap_unit(match: re.Match[str]) -> tuple[Value, int] | None:
    """隔天, 隔周周二; a number after 隔 counts like after 每隔."""
    amount = 0.5 if match["n"] == "半" else 1.0 if match["n"] is None else float(number(match["n"]) or 0)
    unit = stem(match["u"])
    if amount == 1 and unit not in ("分", "小时", "钟头"):
        amount = 2.0
    follows_day = unit in ("周", "星期", "礼拜") and match.string[match.end() : match.end() + 1] in tuple(
        "一二三四五六日天末"
    )
    return every(amount, match["u"]), match.start("u") if follows_day else match.end()


_TIMES = re.compile(
    rf"(?:各|分别|至少)?(?P<total>(?:一共|总共|共计|合计|共|总计|只|仅|最多|重复|循环|连续)(?:重复|执行|响)?)?(?P<n>{NUMBER})(?P<c>次|回(?![家来去复电答信国归访])|遍|趟|顿)(?![性数元]|要的|卖)"
)
_TOTAL_BEFORE = re.compile(r"(?:共|只|仅|最多)(?:提醒|叫|喊)(?:我|大家)?$")
_MARKS: tuple[tuple[re.Pattern[str], Mark], ...] = (
    (re.compile(r"从?(?:现在|此刻|今)(?:开始|起)|直到(?:我)?(?:删除|取消|关掉|关闭|停止|叫停)(?:它|为止)?"), "aside"),
    (re.compile(r"(?:自从|从|自|由)(?=[\d一二两三四五六七八九十今明后大下本这周星礼上早晚中凌傍月年元国春清端中除圣第农正腊])"), "from"),
    (re.compile(r"(?:一直持续到|一直到|直到|持续到|截止到|截止至|截至|截止|到了|等到|赶在|到|至|[-~]{1,3})"), "to"),
    (re.compile(r"(?:这天|那天|当天)?(?:开始|起(?![床身来飞草诉名码因点立]|夜))(?:算起|算)?"), "begin"),
    (re.compile(r"为止|结束|截止|停止|止"), "end"),
    (re.compile(r"(?:之间|期间|这段时间|间|这段)(?:内|里)?|(?:之|以)?内(?![容部存裤衣科外行蒙])"), "between"),
    (re.compile(r"除了|除去|除开|除(?!夕|外|以|了|湿|草)|不包括|不包含|不含|跳过"), "except_before"),
    (re.compile(r"除外|不算|不用(?:提醒|响|叫)?我?|不要提醒我?|不提醒我?|不响|不需要(?:提醒)?|跳过|休息|以外|之外|外(?![面出卖婆公国教语])|都?不(?:用|必)"), "except_after"),
    (re.compile(r"(?:或|及|和)(?:者)?(?:之|以)前"), "or_before"),
    (re.compile(r"(?:或|及|和)(?:者)?(?:之|以)后"), "or_after"),
    (re.compile(r"(?:之|以)前|前(?![天年台面往排进夕后景端途]|一|两|二|三|\d)"), "before"),
    (re.compile(r"(?:之|以|过)后|后(?![天年台面续来果勤门日排]|一|两|二|三|\d)"), "after"),
)  # fmt: skip
_NOW = re.compile(r"(?:现在|此刻|此时|当前|目前|而家|宜家|依家|这会儿|立刻|马上)$")


def read_times(text: str, start: int) -> tuple[Value, int] | None:
    match = _TIMES.match(text, start)
    if match is None or text[start - 1 : start] == "第":
        return None
    n = number(match["n"])
    total = match["total"] or _TOTAL_BEFORE.search(text, max(0, start - 6), start)
    return None if not n else (Times(n, bool(total)), match.end())


def read_mark(text: str, start: int) -> tuple[Value, int] | None:
    if start == 0 and (match := _NOW.match(text)):
        return "now", match.end()
    for pattern, mark in _MARKS:
        if match := pattern.match(text, start):
            return mark, match.end()
    return None
