"""What a person wishes of how they are served, in English and Chinese: quiet hours, the morning's schedule, a calendar."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from core.language.times import understand_time
from core.language.values import Instant

_LONGEST = 120
_POLITE = r"(?:(?:please|pls|ok|okay|hey|can you|could you|would you|will you|i want to|i'd like to|请|麻烦|帮我|给我|你|能不能|可以)[, ]*)*"
_END = r"(?:[, ]*(?:please|pls|for me|thanks|吧|一下|了|谢谢|吗|好吗))*[ ?.!。！？]*"


def _pattern(*ways: str) -> re.Pattern[str]:
    return re.compile(rf"{_POLITE}(?:{'|'.join(ways)}){_END}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class QuietWish:
    """Quiet hours between two clock times of the day; None for both: none any more; `ask`: which are they?"""

    start: dt.time | None = None
    end: dt.time | None = None
    ask: bool = False


_CLOCK = r"[^,，]{1,20}?"
_QUIET = r"(?:quiet (?:hours?|time)|do[ -]not[ -]disturb|dnd|silent hours)"
_ZH_QUIET = r"(?:免打扰|勿扰|静音|安静)(?:时间|时段|模式)?"
_QUIET_ON = _pattern(
    rf"(?:set |make |my |the |turn on |change |put |enable |have )*{_QUIET}(?: (?:to|are|is|be|on|at|for))*:? (?:from |between )?(?P<start1>{_CLOCK}) ?(?:to|until|till|til|-|–|and|through) ?(?P<end1>{_CLOCK})",
    rf"(?:do not|don't|dont|never) (?:disturb|bother|ping|message|remind|wake|notify) me (?:from|between) (?P<start2>{_CLOCK}) (?:to|and|until|till) (?P<end2>{_CLOCK})",
    rf"no (?:reminders|messages|notifications|pings) (?:from|between) (?P<start3>{_CLOCK}) (?:to|and|until|till) (?P<end3>{_CLOCK})",
    rf"(?:把|设置|设|我的|开启|打开)*{_ZH_QUIET}(?:设置|设|改)?(?:为|成|到|是|从|在|[:：])*(?P<start4>{_CLOCK})(?:到|至|-|~|—)(?P<end4>{_CLOCK})",
    rf"(?:从)?(?P<start5>{_CLOCK})(?:到|至|-|~)(?P<end5>{_CLOCK})(?:之间|期间)?(?:不要|别|请勿|勿)(?:打扰|提醒|吵|烦|打搅)我?",
    rf"(?:从)?(?P<start6>{_CLOCK})(?:到|至|-|~)(?P<end6>{_CLOCK})(?:设为|设成|开启)?{_ZH_QUIET}",
)
_QUIET_OFF = _pattern(
    rf"(?:turn off|switch off|stop|disable|remove|clear|cancel|end|no more|no) (?:my |the )?{_QUIET}",
    rf"(?:turn |switch )?(?:my |the )?{_QUIET} off",
    rf"(?:关闭|取消|关掉|停用|不要|去掉){_ZH_QUIET}",
    rf"{_ZH_QUIET}(?:关闭|关掉|关|取消|off)",
)
_QUIET_ASK = _pattern(
    rf"(?:(?:what|when)(?:'s| are| is) |show (?:me )?)?(?:my |the )?{_QUIET}",
    rf"(?:我的)?{_ZH_QUIET}(?:是什么时候|是几点|是多少|呢)?",
)


def quiet_wish(text: str) -> QuietWish | None:
    """What a sentence wants of quiet hours; None where it is about something else or a time in it is none."""
    words = _short(text)
    if not words:
        return None
    if _QUIET_OFF.fullmatch(words):
        return QuietWish()
    if _QUIET_ASK.fullmatch(words):
        return QuietWish(ask=True)
    if found := _QUIET_ON.fullmatch(words):
        groups = {name[:-1]: value for name, value in found.groupdict().items() if value}
        start = clock_time(groups["start"], evening=True)
        end = clock_time(groups["end"], evening=False, after=start)
        if start is not None and end is not None and start != end:
            return QuietWish(start, end)
    return None


_MIDNIGHT = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


_SAID_WITH_MINUTES = re.compile(r"\d[:：.]\d\d")


def clock_time(words: str, *, evening: bool, after: dt.time | None = None) -> dt.time | None:
    """The clock time that a few words say; a bare "10" is in the evening or in the morning as the caller knows, and a "6:30"
    whichever is sooner `after` that time."""
    when = understand_time(words.strip(), _MIDNIGHT, ZoneInfo("UTC")).when
    if not isinstance(when, Instant) or when.grain not in ("minute", "hour", "second"):
        return None
    clock = when.local.time()
    if when.ambiguous and not clock.minute and not _SAID_WITH_MINUTES.search(words) and (clock.hour >= 12) != evening:
        clock = clock.replace(hour=(clock.hour + 12) % 24)
    elif when.ambiguous and after is not None:
        other = clock.replace(hour=(clock.hour + 12) % 24)
        clock = min(
            clock, other, key=lambda each: (each.hour * 60 + each.minute - after.hour * 60 - after.minute) % 1440
        )
    return clock.replace(second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class DigestWish:
    """The schedule of the day, sent every so often (`when` in the person's words, "" the usual); `on` False: no more."""

    on: bool
    when: str = ""


_BOOK = r"(?:schedule|agenda|digest|briefing|summary|day|plans?|reminders|to-?dos?)"
_DAILY = r"(?:morning|daily|day's|day|today's)"
_ZH_BOOK = r"(?:日程|安排|行程|日程表|日程摘要|摘要|晨报|早报|计划|提醒列表)"
_DIGEST_ON = _pattern(
    rf"(?:send|give|show|post|tell|message|dm|read|bring) me (?:my |the |a )?(?:{_DAILY} )?{_BOOK}(?: (?:for|of) (?:the|that) day)?(?: (?P<when1>(?:every|each|daily|on weekdays|weekdays|at).{{1,50}}?|every day|daily|every morning))",
    rf"(?:every|each) (?P<when2>.{{1,40}}?),? (?:send|give|show|tell|message) me (?:my |the |a )?(?:{_DAILY} )?{_BOOK}(?: (?:for|of) (?:the|that) day)?",
    rf"(?:(?:turn|switch) on|start|enable|i want|set up|subscribe to)(?: (?:my|the|a))? {_DAILY} {_BOOK}(?: (?P<when3>(?:at|every) .{{1,30}}?))?",
    rf"(?:(?:turn|switch) )?(?:my |the )?{_DAILY} {_BOOK} on(?: (?P<when4>(?:at|every) .{{1,30}}?))?",
    rf"(?:start sending me) (?:my |the )?(?:{_DAILY} )?{_BOOK}(?: (?P<when5>(?:at|every|each) .{{1,30}}?))?",
    rf"(?P<when6>每[^发送推]{{1,14}}?)(?:都)?(?:给我|向我|把|为我|帮我)?(?:当天的?|今天的?|我的?|当日的?|一天的?)*{_ZH_BOOK}?(?:发送|推送|发|送|告诉|报)(?:给)?我?(?:一下)?(?:当天的?|今天的?|我的?|当日的?|一天的?)*{_ZH_BOOK}?",
    rf"(?:打开|开启|启用|订阅)(?:每天|每日|每天早上|早间|晨间|早上)?的?{_ZH_BOOK}(?:推送)?",
)
_DIGEST_OFF = _pattern(
    rf"(?:(?:turn|switch) off|stop|disable|cancel|no more|end|unsubscribe from)(?: sending(?: me)?)?(?: (?:my|the|a))? (?:{_DAILY} (?:{_BOOK})|digest|briefing|schedule)(?: every (?:day|morning))?",
    rf"(?:(?:turn|switch) )?(?:my |the )?{_DAILY} {_BOOK} off|digest off",
    rf"(?:don't|do not) send me (?:my |the )?(?:{_DAILY} )?{_BOOK}(?: every (?:day|morning))?(?: any ?more)?",
    rf"(?:关闭|关掉|取消|停止|停掉|不要|别|不用)(?:再|继续)?(?:给我)?(?:推送|发送|发)?(?:每天|每日|每天早上|早间|晨间|早上)?的?{_ZH_BOOK}(?:推送)?",
)


def digest_wish(text: str) -> DigestWish | None:
    """What a sentence wants of the morning's schedule."""
    words = _short(text)
    if not words:
        return None
    if _DIGEST_OFF.fullmatch(words):
        return DigestWish(on=False)
    if found := _DIGEST_ON.fullmatch(words):
        groups = {name[:-1]: value for name, value in found.groupdict().items() if value}
        if "when" in groups and re.search(r"[\u4e00-\u9fff]", words) and not re.search(_ZH_BOOK, words):
            return None
        return DigestWish(on=True, when=groups.get("when", ""))
    return None


FeedWish: TypeAlias = Literal["show", "new", "off"]
_FEED = (
    r"(?:(?:reminder )?calendar|ical(?:endar)?|ics|calender) (?:feed|link|url|address|subscription)|feed(?: link| url)?"
)
_FEED_SHOW = _pattern(
    rf"(?:(?:show|give|send)(?: me)? |what(?:'s| is) |get |i (?:want|need) )?(?:my |the |a )?(?:{_FEED})",
    r"(?:how (?:can|do) i )?subscribe to my (?:reminders|calendar)(?: in my calendar)?",
    r"(?:我的|我要|打开)?日历(?:订阅|链接|地址|源)(?:链接|地址)?(?:是什么|是多少|在哪里|在哪)?",
    r"(?:我)?(?:想|要)?订阅我的(?:提醒|日历)",
)
_FEED_NEW = _pattern(
    rf"(?:(?:make|create|give) (?:me )?)?(?:a )?new (?:{_FEED})",
    rf"(?:reset|renew|replace|change|regenerate) (?:my |the )?(?:{_FEED})",
    r"(?:给我|换|换一个|生成)?新的?(?:日历)?(?:订阅|日历)(?:链接|地址)",
    r"(?:重置|更换|重新生成)(?:我的)?(?:日历)?(?:订阅|日历)(?:链接|地址)?",
)
_FEED_OFF = _pattern(
    rf"(?:revoke|delete|remove|disable|turn off|cancel|stop|close) (?:my |the )?(?:{_FEED})",
    r"(?:关闭|取消|删除|停用|撤销)(?:我的)?日历(?:订阅|链接|地址|订阅链接)",
)


def feed_wish(text: str) -> FeedWish | None:
    """What a sentence wants of the address at which a calendar program finds one's reminders."""
    words = _short(text)
    if not words:
        return None
    wishes: tuple[tuple[FeedWish, re.Pattern[str]], ...] = (
        ("new", _FEED_NEW), ("off", _FEED_OFF), ("show", _FEED_SHOW),
    )  # fmt: skip
    return next((wish for wish, pattern in wishes if pattern.fullmatch(words)), None)


def _short(text: str) -> str:
    """The sentence on one line; nothing where it is too long to be a wish."""
    return " ".join(text.replace("’", "'").split()) if len(text) <= _LONGEST else ""


_UNMUTE = _pattern(
    r"unmute (?:everybody|everyone|all|them all|all senders)",
    r"(?:取消|解除)(?:所有)?屏蔽(?:所有人)?",
)


def unmute_wish(text: str) -> bool:
    """Whether a sentence wants everybody to be able to ask again."""
    words = _short(text)
    return bool(words) and _UNMUTE.fullmatch(words) is not None
