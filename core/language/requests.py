"""Short requests about reminders that exist, in English and Chinese: see, find, cancel, pause, move, take back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

Verb: TypeAlias = Literal["list", "search", "schedule", "cancel", "pause", "resume", "move", "undo"]

_LONGEST = 160
_POLITE = r"(?:please\s+|pls\s+|can you\s+|could you\s+|would you\s+|请|麻烦|帮我|帮忙|给我)*"
_END = r"(?:\s*(?:please|pls|for me|now|吧|一下|呢|吗|好吗))*\s*[?.!？。！]*"
_THING = r"(?:reminders?|alarms?)"
_WHICH = (
    r"(?:(?:(?:my|the|that|this|all|all of my|every|last)\s+)*(?:(?P<about>[^\n]{1,80}?)\s+)?"
    + _THING
    + r"(?:\s*(?:number|no\.?|nr\.?|#)?\s*(?P<number>\d{1,4}))?(?:\s+(?:about|for|to|called|named|with)\s+(?P<what>[^\n]{1,80}?))?"
    r"|(?:number|no\.?|nr\.?|#)\s*(?P<bare>\d{1,4})|(?P<it>it|that|this|that one|this one|the last one|everything|all of them|them all))"
)
_ZH_WHICH = (
    r"(?:把|将)?(?:我的|那个|这个|所有的?|全部的?|第)*(?:(?P<zh_number>\d{1,4}|[一二三四五六七八九十]{1,3})(?:号|个)?)?"
    r"(?P<zh_about>[^\n\d，。]{0,30}?)(?:的)?(?:提醒|闹钟)"
)


def _pattern(english: str, chinese: str) -> re.Pattern[str]:
    return re.compile(rf"{_POLITE}(?:{english}|{chinese}){_END}", re.IGNORECASE)


_LIST = _pattern(
    r"(?:(?:what|which)(?:['’]?s| are| is)?|show(?: me)?|list|see|tell me|do i have|get)?\s*(?:all |any |of )*(?:my |the )?"
    r"(?:current |upcoming |open |active |pending )*reminders?(?: list)?(?: (?:do i have|have i got|are there|i have|i set))?(?: set)?",
    r"(?:看看|查看|看一下|列出|显示|告诉我|查一下)?(?:一下)?(?:我)?(?:现在|目前|还)?(?:的|有|设了|都有|设置了)?(?:哪些|什么|所有|全部)*(?:的)?"
    r"提醒(?:列表|事项)?(?:有哪些|都有哪些|有什么)?",
)
_SEARCH = _pattern(
    r"(?:search|find|look for|show(?: me)?|list)\s+(?:(?:my|the|all|any|every)\s+)*reminders?\s+(?:about|for|with|containing|called|on)\s+(?P<find>.{1,80}?)"
    r"|(?:search|find)\s+(?:my |the )?(?P<find2>.{1,60}?)\s+reminders?",
    r"(?:搜索|查找|找|搜)(?:一下)?(?:关于|有关)?(?P<find3>.{1,30}?)(?:的)?提醒",
)
_SCHEDULE = _pattern(
    r"(?:what(?:['’]?s| is| do i have| have i got| am i doing)|show(?: me)?|tell me|anything|do i have anything)?\s*(?:on |in )?"
    r"(?:my (?:day|schedule|agenda|calendar|plans?|diary)|the (?:schedule|agenda)|(?:planned|scheduled|going on|happening|on|up|due))"
    r"(?:\s+(?:look like\s*)?(?:for |on |is )?(?P<day>[\w' ]{1,40}))?"
    r"|what (?:do i have|have i got|am i doing)\s+(?:on |for )?(?P<day2>(?:to|on|this|next|the|mon|tue|wed|thu|fri|sat|sun)[\w' ]{0,40})"
    r"|what(?:['’]?s| is) (?:on )?(?P<day3>today|tomorrow|tonight|this week|next week)(?:['’]s schedule| like)?",
    r"(?:看看|查看|告诉我|我)?(?P<day4>今天|今日|明天|明日|后天|大后天|本周|这周|下周|这个?周末|今晚|明早|下?周[一二三四五六日天]|\d{1,2}月\d{1,2}[日号])?"
    r"(?:我)?(?:都)?(?:有|的)?(?:什么|哪些|啥)?(?:安排|日程|行程|计划|事情?要做|要做的事)(?:有哪些|是什么|吗)?",
)
_UNDO = _pattern(
    r"undo(?: that| it| this| the last (?:change|one))?|take (?:that|it) back",
    r"撤销(?:刚才的?|上一步)?|撤回(?:刚才的?)?|取消刚才的(?:操作|修改)",
)
_CANCEL = _pattern(
    r"(?:cancel|delete|remove|drop|scrap|get rid of|forget about)\s+" + _WHICH,
    r"(?:取消|删除|删掉|去掉|不要)(?:掉|了)?"
    + _ZH_WHICH
    + r"(?:都)?(?:取消|删除|删掉)?(?:掉|了)?|"
    + _ZH_WHICH.replace("zh_", "zh2_")
    + r"(?:都)?(?:取消|删除|删掉)(?:掉|了)?",
)
_PAUSE = _pattern(
    r"(?:pause|suspend|hold|stop for now|put on hold|mute)\s+" + _WHICH,
    r"(?:暂停|先停)(?:掉|了)?" + _ZH_WHICH + r"|" + _ZH_WHICH.replace("zh_", "zh2_") + r"(?:都)?暂停(?:掉|了)?",
)
_RESUME = _pattern(
    r"(?:resume|unpause|continue|restart|reactivate|turn back on)\s+" + _WHICH,
    r"(?:恢复|继续|重新开始|重新启用)(?:了)?"
    + _ZH_WHICH
    + r"|"
    + _ZH_WHICH.replace("zh_", "zh2_")
    + r"(?:都)?(?:恢复|继续)(?:了)?",
)
_TO_MOVE = _WHICH.replace("about|for|to|called", "about|called")
"""What follows "to" or "for" is the new time."""
_MOVE = _pattern(
    r"(?:move|change|reschedule|shift|push|postpone|delay|bring|snooze|make)\s+"
    + _TO_MOVE
    + r"\s*(?P<how>(?:to|for|until|till|by|at|on|back|forward|earlier|later)\b.{0,80}?|\d.{0,60}?|(?:tomorrow|tonight|today|next|every|in|noon|midnight|mon|tue|wed|thu|fri|sat|sun)\b.{0,60}?)",
    r"(?:把|将)?(?:(?P<zh3_it>它|这个|那个|刚才那个|刚才的)|" + _ZH_WHICH.replace("zh_", "zh3_").removeprefix("(?:把|将)?") + r")?(?:的时间)?"
    r"(?P<how2>(?:改到|改成|改为|移到|挪到|推迟到|提前到|换到|调到|延到|推迟|提前|延后|往后推|往前提)[^\n]{1,40}?)",
)  # fmt: skip
_DIGITS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_ALL = frozenset({"everything", "all of them", "them all"})


@dataclass(frozen=True, slots=True)
class ReminderRequest:
    """What somebody wants of their reminders."""

    verb: Verb
    which: str = ""
    """A number in their list, or words of the reminder; "" is the one last spoken of."""
    when: str = ""
    """The time or day in the person's words, with "move" and "schedule"."""
    all: bool = False


def reminder_request(text: str) -> ReminderRequest | None:
    """A request about reminders that exist; None where the sentence is none. Only short sentences are looked at."""
    words = " ".join(text.split())
    if not words or len(words) > _LONGEST:
        return None
    if _LIST.fullmatch(words):
        return ReminderRequest("list")
    if found := _SEARCH.fullmatch(words):
        return ReminderRequest("search", _first(found, "find", "find2", "find3"))
    if _UNDO.fullmatch(words):
        return ReminderRequest("undo")
    for verb, pattern in _CHANGES:
        if found := pattern.fullmatch(words):
            return ReminderRequest(verb, _which(found), _first(found, "how", "how2"), _means_all(words, found))
    if found := _SCHEDULE.fullmatch(words):
        return ReminderRequest("schedule", when=_first(found, "day", "day2", "day3", "day4"))
    return None


_CHANGES: tuple[tuple[Verb, re.Pattern[str]], ...] = (
    ("move", _MOVE),
    ("cancel", _CANCEL),
    ("pause", _PAUSE),
    ("resume", _RESUME),
)


def _first(found: re.Match[str], *names: str) -> str:
    groups = found.groupdict()
    return next((value.strip() for name in names if (value := groups.get(name))), "")


def _which(found: re.Match[str]) -> str:
    number = _first(found, "number", "bare", "zh_number", "zh2_number", "zh3_number")
    if number:
        return str(_counted(number))
    return _first(found, "what", "about", "zh_about", "zh2_about", "zh3_about").removesuffix("的")


def _counted(number: str) -> int:
    if number.isdecimal():
        return int(number)
    tens, _, ones = number.rpartition("十")
    if "十" not in number:
        return _DIGITS.get(number[-1], 0)
    return _DIGITS.get(tens[-1:], 1) * 10 + _DIGITS.get(ones, 0)


def _means_all(words: str, found: re.Match[str]) -> bool:
    if _first(found, "number", "bare", "what", "about", "zh_number", "zh2_number", "zh_about", "zh2_about"):
        return False
    return _first(found, "it").lower() in _ALL or bool(re.search(r"\b(?:all|every)\b|所有|全部", words, re.IGNORECASE))
