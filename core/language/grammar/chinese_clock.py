"""Parts of day and clock times as Chinese writes them (晚上, 八点半, 三点一刻, 差五分八点, 8:45, 3pm), and which moments they mean.

The text is simplified, lower case and half width. Patterns are bounded in length.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from core.language.grammar.chinese_lexicon import LEXICON, NUMBER, listed, number, one_of
from core.language.grammar.chinese_words import DIGITS, NUMERALS, PARTS, Clock, Part, PartName, Rule, skip, word
from core.language.values import Preferences


@dataclass(frozen=True, slots=True)
class Context:
    """What a phrase is read against. `now` is naive, on the person's wall clock."""

    now: dt.datetime
    preferences: Preferences
    hint: Literal["am", "pm"] | None = None
    """The half of the day that the task tells (晨跑, 晚饭)."""

    @property
    def today(self) -> dt.date:
        return self.now.date()

    def preferred(self, options: tuple[Reading, ...]) -> Reading:
        """The reading meant where the day does not decide: what the task says, else the first in waking hours."""
        if self.hint is not None or len(options) == 1:
            return options[-1] if self.hint == "pm" else options[0]
        return next((option for option in options if self.waking(option)), options[1])

    def waking(self, reading: Reading) -> bool:
        wanted = self.preferences
        return 60 * wanted.waking_hour <= reading.minutes % 1440 < 60 * wanted.sleeping_hour

    def usual(self, part: PartName) -> dt.time:
        """The time meant by a part of day alone in a rule; in the morning the person's own hour, if it is one."""
        own = self.preferences.default_hour
        return dt.time(own if part == "morning" and 5 <= own < 12 else PARTS[part].usual)


_LATE = {"evening": 4, "night": 5}
"""晚上一点 to 四点 and 半夜五点 lie after midnight."""

PART_WORDS: dict[str, PartName] = listed({name: part["words"] for name, part in LEXICON["parts"].items()})
PART_WORD = one_of({sign: name for sign, name in PART_WORDS.items() if len(sign) > 1 and not sign.isascii()})
SHORT_PART = re.compile(r"(?P<p>早|晚(?!点)|晨|夜|中(?=晚)|午(?=晚))(?![些餐饭会期安宵班课读操自点礼场婚])")
"""明早, 周五晚, 每晚, 早中晚: only right after a day or 每."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a clock time: minutes from midnight of the day named (1440 and more is the next day)."""

    minutes: int
    second: int = 0

    def on(self, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=self.minutes, seconds=self.second)

    @property
    def time(self) -> dt.time:
        hour, minute = divmod(self.minutes % 1440, 60)
        return dt.time(hour, minute, self.second)


def readings(clock: Clock, part: PartName | None) -> tuple[Reading, ...]:
    """The readings of a clock time, the earlier first; one where the words leave nothing open."""
    if part is not None:
        hours = [_hour(clock.hour, part)]
    else:
        hours = [clock.hour % 12, clock.hour % 12 + 12] if clock.open else [clock.hour]
    return tuple(Reading(60 * hour + clock.minute + clock.shift, clock.second) for hour in hours)


def _hour(hour: int, part: PartName) -> int:
    """The hour of the day that a part gives to an hour of twelve; 24 and more is past midnight."""
    match part:
        case "morning" if hour <= 12:
            return hour
        case "dawn" if hour <= 12:
            return hour % 12
        case "noon" if hour <= 4:
            return hour + 12
        case "afternoon" | "dusk" if hour <= 12:
            return hour % 12 + 12
        case "evening" | "night" if hour <= 12:
            return 24 + hour % 12 if hour % 12 <= _LATE[part] else hour + 12
    return hour


def bounds(day: dt.date, part: PartName) -> tuple[dt.datetime, dt.datetime]:
    """Start and end of a part of that day."""
    midnight = dt.datetime.combine(day, dt.time())
    return midnight + dt.timedelta(hours=PARTS[part].first), midnight + dt.timedelta(hours=PARTS[part].end)


_QUARTERS = {"一": 15, "1": 15, "两": 30, "2": 30, "二": 30, "三": 45, "3": 45}


def _part(match: re.Match[str], _now_year: int) -> Part:
    return Part(PART_WORDS[match["p"]])


def _short(text: str) -> int:
    """The minutes of 差五分, 差一刻."""
    return 15 if "刻" in text else number(text.rstrip("分钟")) or 0


def _chinese_clock(match: re.Match[str], _now_year: int) -> Clock | None:
    hour = number(match["h"])
    if hour is None or not _stands(match):
        return None
    minute = 30 if match["half"] else _QUARTERS[match["q"]] if match["q"] else number(match["m"] or "0") or 0
    clock = Clock(hour, minute, open=1 <= hour <= 12, shift=-_short(match["short"]) if match["short"] else 0)
    return clock if clock.exists or _AFTER_A_DAY.search(match.string[: match.start()][-1:]) else None


_AFTER_A_DAY = re.compile("[天日号午上晨晚早]")
"""明天25点 is a time that does not exist; 25点 elsewhere may count points."""
_PART_BEFORE = re.compile(r"(?:上|午|晨|里|间|傍晚|(?:今|明|后|昨|当|[周期拜][一二三四五六日天]|[天日号])[早晚夜晨])$")
_AMOUNT_BEFORE = re.compile(r"[早晚快慢多少好大小高低轻重有差长短近远热冷这那哪几第]$")
_NO_HOUR = re.compile(
    "(?<=时)[间候常不而代期装尚刻空差]|(?<=点)(?:[心评击赞]|建议|意见|要求|想法|内容|原因|注意|问题|说明|理由|感想|心得|体会|希望)"
)
"""The words that 时 and 点 begin elsewhere, and what 两点 counts."""
_ONE_PLACED = re.compile(r"(?:^|[,. :;在到从于前后午早天日号周至和的]|[周期拜][一二三四五六日天])$")
_ONE_FOLLOWED = re.compile("$|[提叫喊前后要到开,.]")


def _stands(match: re.Match[str]) -> bool:
    """False for 早一点, 两点建议 and 一时: the words of a clock that count something else."""
    text, end, hour = match.string, match.end(), match["h"]
    before = text[max(0, match.start() - 3) : match.start()]
    if match["half"] or match["q"] or match["m"] or match["whole"] or _PART_BEFORE.search(before):
        return True
    if _NO_HOUR.match(text, end):
        return False
    if match["point"] == "时":
        return hour != "一"
    amount = _AMOUNT_BEFORE.search(before) is not None
    if hour == "两":
        return before.endswith(("早", "晚")) or not amount
    if hour != "一":
        return True
    if amount or text.startswith(("儿", "点", "都", "也", "不"), end):
        return False
    return _ONE_PLACED.search(before) is not None or _ONE_FOLLOWED.match(text, end) is not None


def _plain_clock(match: re.Match[str], _now_year: int) -> Clock | None:
    """8:45, 20:30:15, 3pm, 18h, 差五分八点, and the 9 of 9-18点."""
    said = match.groupdict()
    hour, minute, second = number(said["h"]), int(said.get("m") or 0), int(said.get("s") or 0)
    short = _short(said["short"]) if "short" in said else 0
    if hour is None or hour > 24 or max(minute, second, short) > 59:
        return None
    half = said.get("ap")
    if half and 1 <= hour <= 12:
        return Clock(hour % 12 + (12 if half.startswith("p") else 0), minute, second, open=False)
    left_open = 1 <= hour <= 12 and not said["h"].startswith("0") and not match[0].endswith("h")
    return Clock(hour, minute, second, open=left_open, shift=-short)


_HALF = r"(?: ?(?P<ap>[ap]\.?m\.?(?![a-z])))"
_HOUR = r"(?P<h>\d{1,2}|[零〇一二两三四五六七八九十廿]{1,3})"
_SHORT = rf"(?P<short>一刻|{NUMBER}分)钟?"
_MINUTE = (
    r"[过零〇0]?(?P<m>[1-5]\d(?!\d|个|天|年)|0\d|(?<=[零〇])[一二三四五六七八九]|(?<=[过零〇])\d"
    r"|[二三四五]?十[一二三四五六七八九]?(?!个|天|年|月)|(?:\d{1,2}|[一二三四五六七八九])(?=分(?!钟后)))分?"
)
_REST = rf"(?P<half>半)|(?P<q>[一两二三123])刻钟?|(?P<whole>整|正(?!式|常|好|在))|(?:差|欠){_SHORT}|{_MINUTE}"
_TO_AN_HOUR = r"(?= ?[到至~-] ?(?:\d{1,2}|[一二三四五六七八九十]{1,3})(?:点|:\d\d))"

_MEALS: dict[PartName, str] = {
    "morning": "早[饭餐](?:之|以)?[前后]|午[饭餐](?:之|以)?前",
    "afternoon": "[午中][饭餐](?:之|以)?后",
    "dusk": "晚[饭餐](?:之|以)?前",
    "evening": "(?:晚[饭餐]|下班)(?:之|以)?后",
    "night": "(?:临)?睡(?:觉)?(?:之|以)?前",
}
"""Parts of the day by what people do then."""
CLOCK_RULES = (
    Rule("早晚上下中", r"(?:早上|晚上|下午|中午|上午)好(?!好)|下午茶|中午饭|早晚[会都要]", skip),
    Rule("差", rf"差{_SHORT}(?:就|到)?(?P<h>{NUMBER})[点时]钟?", _plain_clock),
    Rule(DIGITS, rf"(?<![\d:])(?P<h>\d{{1,2}}):(?P<m>\d\d)(?::(?P<s>\d\d))?(?!\d){_HALF}?[分整]?", _plain_clock),
    Rule(DIGITS, r"(?<=[天日号早晚午上晨])(?P<h>[01]\d|2[0-3])(?P<m>[0-5]\d)(?![\d年元块米个人份,.])", _plain_clock),
    Rule(DIGITS, rf"(?<![\d.])(?P<h>0?[1-9]|1[0-2]){_HALF}", _plain_clock),
    Rule(DIGITS, r"(?<![\d.])(?P<h>\d{1,2})h(?![a-z0-9后内]|之后|以后)", _plain_clock),
    Rule(NUMERALS, rf"(?<![\d.]){_HOUR}(?P<point>点|时(?!候))钟?(?:{_REST})?(?:钟|许|多|左右)?", _chinese_clock),
    Rule(NUMERALS, rf"(?<![\d.]){_HOUR}{_TO_AN_HOUR}", _plain_clock),
    *(Rule("早午中晚下临睡", words, word(Part(part))) for part, words in _MEALS.items()),
    Rule("下", r"下班(?=(?:之|以)?前)", word(Clock(17, open=False))),
    Rule("正", r"正午(?!时分)", word(Clock(12, open=False))),
    Rule("午", r"午夜(?![前后\d一二三四五六七八九十])", word(Clock(24, open=False))),
    Rule("ap", r"(?P<p>am|pm)(?= ?\d)", _part),
    Rule("".join(sign[0] for sign in PART_WORDS), rf"(?P<p>{PART_WORD})(?:时分|的时候)?(?!餐|饭|好(?!好)|班车)", _part),
    Rule("早晚晨夜", rf"(?P<p>[早晚晨夜])(?! ?一点(?![钟半整一两三零\d]))(?= ?{_HOUR}(?:点(?!儿|点)|:))", _part),
)
"""Tried in this order."""
