"""Parts of day and clock times as Chinese writes them: 晚上, 八点半, 三点一刻, 差五分八点, 8:45, 3pm.

Patterns are anchored where the scan stands and bounded in length; the text is simplified, lower case and half width.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from core.language.grammar.chinese_numbers import NUMBER, number
from core.language.grammar.chinese_words import Clock, Part, PartName, Value

Reader = Callable[[re.Match[str], int], "tuple[Value, int] | None"]
"""Gives what a match says and where it ends, or None where it is no time after all; the int is the current year."""


class Rule(NamedTuple):
    """Words of one form: the signs that may begin them, their pattern, what they say."""

    signs: str
    pattern: str
    reader: Reader


DIGITS = "0123456789"
NUMERALS = "零〇一二两三四五六七八九十廿卅" + DIGITS

PART_WORDS: dict[str, PartName] = {
    "凌晨": "dawn", "拂晓": "dawn", "黎明": "dawn", "大清早": "morning", "大清晨": "morning", "清早": "morning", "清晨": "morning",
    "早晨": "morning", "大早上": "morning", "早上": "morning", "一大早": "morning", "大早": "morning", "一早": "morning",
    "早间": "morning", "上午": "morning", "午前": "morning", "朝早": "morning", "上昼": "morning", "正午": "noon", "中午": "noon",
    "晌午": "noon", "午间": "noon", "下午": "afternoon", "午后": "afternoon", "晏昼": "afternoon", "下昼": "afternoon",
    "傍晚": "dusk", "黄昏": "dusk", "晚上": "evening", "晚间": "evening", "夜晚": "evening", "夜里": "night", "夜间": "night",
    "深夜": "night", "半夜": "night", "午夜": "night", "大半夜": "night", "三更半夜": "night", "早": "morning", "晨": "morning",
    "晚": "evening", "夜": "evening", "中": "noon", "午": "noon", "am": "morning", "pm": "afternoon",
}  # fmt: skip
PART_WORD = "|".join(
    sorted((word for word in PART_WORDS if len(word) > 1 and not word.isascii()), key=len, reverse=True)
)
SHORT_PART = re.compile(r"(?P<p>早|晚(?!点)|晨|夜|中(?=晚)|午(?=晚))(?![些餐饭会期安宵班课读操自点礼场婚])")
"""明早, 周五晚, 每晚, 早中晚: only right after a day or 每."""


def skip(_match: re.Match[str], _now_year: int) -> None:
    """A greeting, a quotation, a link: the scan steps over it."""


def word(value: Value) -> Reader:
    """A reader of words that always say the same."""
    return lambda match, _now_year: (value, match.end())


def _part(match: re.Match[str], _now_year: int) -> tuple[Value, int]:
    return Part(PART_WORDS[match["p"]]), match.end()


_QUARTERS = {"一": 15, "1": 15, "两": 30, "2": 30, "二": 30, "三": 45, "3": 45}


def _short(text: str) -> int:
    """The minutes of 差五分, 差一刻."""
    return 15 if "刻" in text else number(text.rstrip("分钟")) or 0


def _chinese_clock(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    hour = number(match["h"])
    if hour is None or not _stands(match):
        return None
    minute = 0
    if match["half"]:
        minute = 30
    elif match["q"]:
        minute = _QUARTERS[match["q"]]
    elif match["m"]:
        minute = number(match["m"]) or 0
    if not Clock(hour, minute).exists and not _AFTER_A_DAY.search(match.string[: match.start()][-1:]):
        return None
    shift = -_short(match["short"]) if match["short"] else 0
    return Clock(hour, minute, open=1 <= hour <= 12, shift=shift), match.end()


_AFTER_A_DAY = re.compile("[天日号午上晨晚早]")
"""明天25点 is a time that does not exist; 25点 elsewhere may count points."""
_PART_BEFORE = re.compile(r"(?:上|午|晨|里|间|傍晚|(?:今|明|后|昨|当|[周期拜][一二三四五六日天]|[天日号])[早晚夜晨])$")
_AMOUNT_BEFORE = re.compile(r"[早晚快慢多少好大小高低轻重有差长短近远热冷这那哪几第]$")
_WEEKDAY_BEFORE = re.compile(r"[周期拜][一二三四五六日天]$")
_PLACE_BEFORE = frozenset(",. :;在到从于前后午早天日号周至和的")
_ASK_AFTER = frozenset("提叫喊前后要到开,.")
_AFTER_AN_HOUR = frozenset("间候常不而代期装尚刻空差")
_AFTER_A_POINT = frozenset("儿点都也不")
_COMPOUND_OF_POINT = frozenset("心评击赞")
_POINTS_MADE = re.compile("建议|意见|要求|想法|内容|原因|注意|问题|说明|理由|感想|心得|体会|希望")


def _stands(match: re.Match[str]) -> bool:
    """False for 早一点, 两点建议 and 一时: the words of a clock that count something else."""
    before = match.string[max(0, match.start() - 3) : match.start()]
    if match["half"] or match["q"] or match["m"] or match["whole"] or _PART_BEFORE.search(before):
        return True
    hour, after = match["h"], match.string[match.end() : match.end() + 2]
    following = after[:1]
    if match["point"] == "时":
        return hour != "一" and following not in _AFTER_AN_HOUR
    if following in _COMPOUND_OF_POINT or _POINTS_MADE.match(after):
        return False
    if hour == "两":
        return before.endswith(("早", "晚")) or _AMOUNT_BEFORE.search(before) is None
    if hour != "一":
        return True
    if following in _AFTER_A_POINT or (_AMOUNT_BEFORE.search(before) and not _WEEKDAY_BEFORE.search(before)):
        return False
    placed = not before or before[-1] in _PLACE_BEFORE or _WEEKDAY_BEFORE.search(before) is not None
    return placed or not after or following in _ASK_AFTER


def _clock_short_of(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    hour, short = number(match["h"]), _short(match["short"])
    if hour is None or hour > 24 or short > 59:
        return None
    return Clock(hour, open=1 <= hour <= 12, shift=-short), match.end()


def _digital_clock(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    hour, minute, second, half = int(match["h"]), int(match["m"]), int(match["s"] or 0), match["ap"]
    if hour > 24 or minute > 59 or second > 59:
        return None
    if half and 1 <= hour <= 12:
        return Clock(_of_half(hour, half), minute, second, open=False), match.end()
    return Clock(hour, minute, second, open=1 <= hour <= 12 and not match["h"].startswith("0")), match.end()


def _of_half(hour: int, half: str) -> int:
    return hour % 12 + (12 if half.startswith("p") else 0)


def _latin_clock(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    hour = int(match["h"])
    return (Clock(_of_half(hour, match["ap"]), open=False), match.end()) if 1 <= hour <= 12 else None


def _hour_of_24(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    hour = int(match["h"])
    return (Clock(hour, open=False), match.end()) if hour <= 24 else None


def _bare_hour(match: re.Match[str], _now_year: int) -> tuple[Value, int] | None:
    """The 9 of 9-18点."""
    hour = number(match["h"])
    return None if hour is None or hour > 24 else (Clock(hour, open=1 <= hour <= 12), match.end())


_HALF = r"(?: ?(?P<ap>[ap]\.?m\.?(?![a-z])))"
_HOUR = r"(?P<h>\d{1,2}|[零〇一二两三四五六七八九十廿]{1,3})"
_SHORT = rf"(?P<short>一刻|{NUMBER}分)钟?"
_MINUTE = (
    r"[过零〇0]?(?P<m>[1-5]\d(?!\d|个|天|年)|0\d|(?<=[零〇])[一二三四五六七八九]|(?<=[过零〇])\d"
    r"|[二三四五]?十[一二三四五六七八九]?(?!个|天|年|月)|(?:\d{1,2}|[一二三四五六七八九])(?=分(?!钟后)))分?"
)
_REST = rf"(?P<half>半)|(?P<q>[一两二三123])刻钟?|(?P<whole>整|正(?!式|常|好|在))|(?:差|欠){_SHORT}|{_MINUTE}"

CLOCK_RULES: tuple[Rule, ...] = (
    Rule("早晚上下中", r"(?:早上|晚上|下午|中午|上午)好(?!好)|下午茶|中午饭|早晚[会都要]", skip),
    Rule("差", rf"差{_SHORT}(?:就|到)?(?P<h>{NUMBER})[点时]钟?", _clock_short_of),
    Rule(DIGITS, rf"(?<![\d:])(?P<h>\d{{1,2}}):(?P<m>\d\d)(?::(?P<s>\d\d))?(?!\d){_HALF}?[分整]?", _digital_clock),
    Rule(DIGITS, rf"(?<![\d.])(?P<h>\d{{1,2}}){_HALF}", _latin_clock),
    Rule(DIGITS, r"(?<![\d.])(?P<h>\d{1,2})h(?![a-z0-9后内]|之后|以后)", _hour_of_24),
    Rule(NUMERALS, rf"(?<![\d.]){_HOUR}(?P<point>点|时(?!候))钟?(?:{_REST})?(?:钟|许|多|左右)?", _chinese_clock),
    Rule(
        NUMERALS,
        rf"(?<![\d.]){_HOUR}(?= ?[到至~-] ?(?:\d{{1,2}}|[一二三四五六七八九十]{{1,3}})(?:点|:\d\d))",
        _bare_hour,
    ),
    Rule("正", r"正午(?!时分)", word(Clock(12, open=False))),
    Rule("午", r"午夜(?![前后\d一二三四五六七八九十])", word(Clock(24, open=False))),
    Rule("ap", r"(?P<p>am|pm)(?= ?\d)", _part),
    Rule(
        "".join({name[0] for name in PART_WORDS if not name.isascii()}),
        rf"(?P<p>{PART_WORD})(?:时分|的时候)?(?!餐|饭|好(?!好)|班车)",
        _part,
    ),
    Rule("早晚晨夜", rf"(?P<p>[早晚晨夜])(?! ?一点(?![钟半整一两三零\d]))(?= ?{_HOUR}(?:点(?!儿|点)|:))", _part),
)
"""Tried in this order."""
