"""Which phrase of a Chinese sentence is its time, and what the others add to it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from core.language.grammar.chinese_clock import Context, readings
from core.language.grammar.chinese_habits import REQUEST
from core.language.grammar.chinese_once import at
from core.language.grammar.chinese_once import merged as merge_points
from core.language.grammar.chinese_phrase import Phrase, Point, clusters
from core.language.grammar.chinese_reader import PhraseReader
from core.language.grammar.chinese_words import (
    Clock,
    Date,
    Festival,
    MoonDate,
    Ordinal,
    Weekdays,
    Word,
    Workdays,
)

_DAY = dt.timedelta(days=1)


_ASKS_AFTER = re.compile(
    r"(?:的?时候|时|左右|整|就|[ ,])*(?:请|记得|麻烦|再|务必|一定|要|准时|准点|帮我|给我|能不能|可以|你)*(?:提醒|叫|喊|通知|告诉|告知|催|remind|call)"
    r"|的?(?:闹钟|闹铃|提醒|日程|reminder|alarm|倒计时|定时)"
)
_ASKS_BEFORE = re.compile(
    r"(?:(?:提醒|叫|喊|通知|告诉|催)(?:一下|下)?(?:我们?|大家|咱们|@\S{1,40})?(?:一下)?|闹钟|闹铃|提醒|记一下|记得|别忘了?|设置?|定|[一个]个)[在于为到:, 从成的要]*$"
)
_TIMER_AFTER = re.compile(r"[ 的之]*(?:倒?计时|定时|闹钟|闹铃|提醒|叫|喊|通知|timer)")
_TIMER_BEFORE = re.compile(r"(?:闹钟|闹铃|计时器?|定时器?|timer)(?:设置?|定)?[为在成到: ]*$")
CLAUSE_START = re.compile(
    r"(?:^|[ ,.:;!?~\n]|提醒|我们?|大家|请|要|在|从|就|都|闹钟|个|了|记得|告诉|叫|喊|是|需要|改成|改为|帮|给|大概|大约|差不多|最好|以后|今后|往后)$"
)
_CLAUSE_END = re.compile(r"[ ]*(?:$|[,.:;!?~\n)])")
_LISTED = re.compile(r"[ ,]*(?:,|和|与|跟|及|以及|还有)[ ,]*每?(?:个|逢)?")


@dataclass(slots=True)
class Candidate:
    """A phrase of the message and how it stands in it."""

    phrase: Phrase
    start: int
    end: int
    asked_after: bool
    asked_before: bool
    clause_start: bool
    clause_end: bool
    attribute: bool
    """Followed by 的 and a noun: 周五晚上的餐厅."""

    @property
    def recurring(self) -> bool:
        return bool(self.phrase.everies) or any(_habit(point) for point in self.phrase.points)

    @property
    def placeable(self) -> bool:
        return not self.phrase.everies or any(every.problem is None for every in self.phrase.everies)


def candidates_of(words: list[Word], text: str) -> list[Candidate]:
    found: list[Candidate] = []
    waiting = clusters(words, text)
    while waiting:
        run = waiting.pop(0)
        reader = PhraseReader(run, text)
        phrase = reader.read()
        rest = run[max(1, reader.index) :]
        if phrase.used:
            found.append(_candidate(phrase, text))
        if rest:
            waiting.insert(0, rest)
    return found


def _candidate(phrase: Phrase, text: str) -> Candidate:
    start = min(word.start for word in phrase.used)
    end = max(word.end for word in phrase.used)
    before, after = text[max(0, start - 12) : start], text[end : end + 16]
    return Candidate(
        phrase,
        start,
        end,
        bool(_ASKS_AFTER.match(after)),
        bool(_ASKS_BEFORE.search(before)),
        bool(CLAUSE_START.search(before)),
        bool(_CLAUSE_END.match(after)),
        after.startswith("的") and not after.startswith(("的时", "的闹", "的提醒", "的日程", "的倒", "的定", "的,")),
    )


def primary(candidates: list[Candidate], text: str) -> Candidate | None:
    """The phrase that says when: next to the words of asking, else the first that can stand for itself."""
    able = [one for one in candidates if _stands(one, text)]
    if not able:
        return None
    able = [one for one in able if not one.attribute or one.clause_start or one.asked_before] or able
    repeats = [
        one
        for one in able
        if one.recurring
        and (one.placeable or len(able) == 1)
        and (one.clause_start or one.clause_end or len(able) == 1)
    ]
    if repeats and not any(
        _asked_once(one) for one in able if not any(_LISTED.fullmatch(text[r.end : one.start]) for r in repeats)
    ):
        asked = next((one for one in repeats if one.asked_after or one.asked_before), repeats[0])
        return next((one for one in repeats if _LISTED.fullmatch(text[one.end : asked.start])), asked)
    for wanted in (
        [one for one in able if one.asked_after],
        [one for one in able if one.asked_before],
        [one for one in able if one.clause_start],
    ):
        if wanted:
            return wanted[0]
    return able[0]


def further_rules(chosen: Candidate, candidates: list[Candidate], text: str) -> list[Candidate]:
    """工作日早上8点、周末上午10点: the rules that follow the first in a list."""
    found: list[Candidate] = []
    end = chosen.end
    for one in candidates:
        weekly = bool(one.phrase.points) and isinstance(one.phrase.points[0].day, Weekdays | Workdays)
        listed = one.start > end and _LISTED.fullmatch(text[end : one.start]) is not None
        if listed and (one.phrase.everies or weekly):
            found.append(one)
            end = one.end
    return found


def _habit(point: Point) -> bool:
    """工作日, 周一到周五七点: days that repeat without 每."""
    if isinstance(point.day, Workdays):
        return point.day.step is None
    return isinstance(point.day, Weekdays) and point.day.week is None and len(point.day.days) > 2 and point.has_hour


def _asked_once(one: Candidate) -> bool:
    return not one.recurring and one.asked_after and bool(one.phrase.points) and one.phrase.points[0].has_day


def _stands(one: Candidate, text: str) -> bool:
    """False for what is no time by itself: a bare length, marks alone, 我订周五的餐厅 after 提醒我."""
    phrase = one.phrase
    if phrase.empty:
        return False
    only_bare = phrase.bare is not None and not (
        phrase.everies or phrase.points or phrase.length or phrase.start or phrase.until
    )
    if only_bare:
        after, before = text[one.end : one.end + 12], text[max(0, one.start - 12) : one.start]
        return phrase.times is not None or bool(_TIMER_AFTER.match(after) or _TIMER_BEFORE.search(before))
    if phrase.span is not None and not (phrase.everies or phrase.points) and phrase.span.way == "lasting":
        return False
    if one.attribute and not one.clause_start and not one.asked_before:
        return not one.recurring and REQUEST.search(text, 0, one.start) is None
    return True


def completed(chosen: Candidate, candidates: list[Candidate], context: Context) -> Phrase:
    """The chosen phrase with what other parts of the sentence add to it."""
    phrase = chosen.phrase
    for other in candidates:
        if other is chosen:
            continue
        extra = other.phrase
        if extra.everies and not phrase.everies and (other.clause_start or other.clause_end) and not other.attribute:
            phrase.everies = extra.everies
            if not any(point.has_day for point in phrase.points):
                phrase.points = extra.points + phrase.points
            phrase.used += extra.used
        elif extra.everies and extra.everies == phrase.everies and not phrase.points:
            phrase.points, phrase.used = extra.points, phrase.used + extra.used  # 每月交房租，每月5号
            phrase.times = phrase.times or extra.times
        elif _names_days(phrase, other):
            phrase.points, phrase.used = phrase.points + extra.points, phrase.used + extra.used
        elif _adds_hours(phrase, other):
            phrase.points = phrase.points + extra.points
            phrase.used += extra.used
        elif _adds_day(phrase, other, chosen):
            _take_day(phrase, extra, context)
        _add_bounds(phrase, other)
    return phrase


def _names_days(phrase: Phrase, other: Candidate) -> bool:
    """周二周四有瑜伽课，每周提醒我: the days of a rule that says only how often."""
    extra = other.phrase
    if not phrase.everies or phrase.points or extra.everies or not extra.points or other.attribute:
        return False
    if extra.range_end is not None or extra.length is not None:
        return False
    coarse = {"WEEKLY": Weekdays, "MONTHLY": Date | Ordinal, "YEARLY": Date | Festival | MoonDate}
    kind = coarse.get(phrase.everies[0].frequency or "")
    return kind is not None and isinstance(extra.points[0].day, kind)


def _adds_hours(phrase: Phrase, other: Candidate) -> bool:
    """每天提醒我吃药，早上八点: a clock time set apart from the task."""
    extra = other.phrase
    if phrase.has_clock or not extra.points or extra.everies or extra.range_end is not None or other.attribute:
        return False
    if any(point.has_day for point in extra.points):
        return False
    if phrase.length is not None and phrase.length.seconds:
        return False
    return other.asked_after or (other.clause_start and other.clause_end)


def _adds_day(phrase: Phrase, other: Candidate, chosen: Candidate) -> bool:
    """我明天要开会，下午三点提醒我: the day said before the clock time."""
    extra = other.phrase
    if not phrase.points or phrase.everies or extra.everies or not extra.points or extra.range_end is not None:
        return False
    if any(point.has_day for point in phrase.points) or other.start > chosen.start or not chosen.asked_after:
        return False
    return extra.points[0].has_day and not other.attribute


def _take_day(phrase: Phrase, extra: Phrase, context: Context) -> None:
    """The day of what is planned; its own clock time stays in the task, and the reminder comes before it."""
    planned = extra.points[0]
    phrase.points = [Point(scopes=planned.scopes, day=planned.day), *phrase.points]
    if not any(point.clock for point in extra.points):
        phrase.used += extra.used
        return
    event, asked = at(merge_points(extra.points), context), phrase.points[-1]
    if event is None or asked.clock is None or asked.parts:
        return
    options = [option for option in readings(asked.clock, None) if option.on(event.local.date()) < event.local]
    if options:
        latest = options[-1].time
        asked.clock = Clock(latest.hour, latest.minute, latest.second, open=False)


def _add_bounds(phrase: Phrase, other: Candidate) -> None:
    extra = other.phrase
    took = False
    if extra.lead is not None and phrase.lead is None:
        phrase.lead, took = extra.lead, True
    if phrase.everies and not extra.everies:
        if extra.until is not None and phrase.until is None:
            phrase.until, took = extra.until, True
        if extra.start is not None and phrase.start is None and not extra.loose_start:
            phrase.start, took = extra.start, True
        if extra.range_end is not None and phrase.range_end is None and len(extra.points) == 1 and not phrase.has_clock:
            phrase.points, phrase.range_end, took = phrase.points + extra.points, extra.range_end, True
        if extra.excluded:
            phrase.excluded, took = phrase.excluded + extra.excluded, True
        if (
            extra.times is not None
            and phrase.times is None
            and (extra.times.total or (other.clause_start and other.clause_end))
        ):
            phrase.times, took = replace(extra.times, total=True), True
        if extra.span is not None and phrase.span is None:
            phrase.span, took = extra.span, True
    elif phrase.bare is not None and extra.times is not None and not phrase.points:
        phrase.times, took = extra.times, True
    if took:
        phrase.used += [word for word in extra.used if word not in phrase.used]
