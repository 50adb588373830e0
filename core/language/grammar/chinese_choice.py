"""Which phrase of a Chinese sentence is its time, and what the others add to it."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import NamedTuple

from core.language.grammar import chinese_words as zh
from core.language.grammar.chinese_clock import Context, readings
from core.language.grammar.chinese_lexicon import AROUND
from core.language.grammar.chinese_once import at
from core.language.grammar.chinese_once import merged as merge_points
from core.language.grammar.chinese_phrase import Phrase, Point, clusters
from core.language.grammar.chinese_reader import PhraseReader
from core.language.grammar.chinese_recurrence import REQUEST

_DAY = dt.timedelta(days=1)


_ASKS_AFTER = re.compile(
    rf"(?:{AROUND['lead_to_asking']}|[ ,])*{AROUND['politeness']}*{AROUND['asking_after']}|的?{AROUND['alarm_after']}"
)
_ASKED = r"(?:一下|下)?(?:我们?|大家|咱们|@\S{1,40})?(?:一下)?"
_ASKS_BEFORE = re.compile(rf"(?:{AROUND['asking_before']}{_ASKED}|{AROUND['alarm_before']})[在于为到:, 从成的要]*$")
_TIMER_AFTER = re.compile(r"[ 的之]*(?:倒?计时|定时|闹钟|闹铃|提醒|叫|喊|通知|timer)")
_TIMER_BEFORE = re.compile(r"(?:闹钟|闹铃|计时器?|定时器?|timer)(?:设置?|定)?[为在成到: ]*$")
CLAUSE_START = re.compile(rf"(?:^|[ ,.:;!?~\n]|{AROUND['clause']})$")
_CLAUSE_END = re.compile(r"[ ]*(?:$|[,.:;!?~\n)])")
_NOUN_AFTER = re.compile(r"的(?!时|闹|提醒|日程|倒|定|,)")
_LISTED = re.compile(r"[ ,]*(?:,|和|与|跟|及|以及|还有)[ ,]*每?(?:个|逢)?")


class Candidate:
    """A phrase of the message and how it stands in it."""

    def __init__(self, phrase: Phrase, text: str) -> None:
        self.phrase = phrase
        self.start, self.end = min(word.start for word in phrase.used), max(word.end for word in phrase.used)
        before, after = text[max(0, self.start - 12) : self.start], text[self.end : self.end + 16]
        self.asked_after, self.asked_before = bool(_ASKS_AFTER.match(after)), bool(_ASKS_BEFORE.search(before))
        self.clause_start, self.clause_end = bool(CLAUSE_START.search(before)), bool(_CLAUSE_END.match(after))
        self.attribute = _NOUN_AFTER.match(after) is not None
        """Followed by 的 and a noun: 周五晚上的餐厅."""

    @property
    def recurring(self) -> bool:
        return bool(self.phrase.everies) or any(_habit(point) for point in self.phrase.points)

    @property
    def placeable(self) -> bool:
        return not self.phrase.everies or any(every.problem is None for every in self.phrase.everies)

    @property
    def rank(self) -> int:
        """How near it stands to the words of asking; less is nearer."""
        return (self.asked_after, self.asked_before, self.clause_start, True).index(True)


def _candidates(words: list[zh.Word], text: str) -> list[Candidate]:
    """The phrases of a message in order; where one ends inside a run of words, the next begins."""
    found: list[Candidate] = []
    for run in clusters(words, text):
        while run:
            reader = PhraseReader(run, text)
            phrase = reader.read()
            if phrase.used:
                found.append(Candidate(phrase, text))
            run = run[max(1, reader.index) :]
    return found


class Choice(NamedTuple):
    """The phrase that is the time of a message, with what others add to it, and the further rules of a list."""

    phrase: Phrase
    asked_after: bool
    further: list[Phrase]


def choose(words: list[zh.Word], text: str, context: Context) -> Choice | None:
    """What the time words of a message say together; None where none of them is its time."""
    candidates = _candidates(words, text)
    chosen = _primary(candidates, text)
    if chosen is None:
        return None
    further = _further_rules(chosen, candidates, text) if chosen.recurring else []
    for other in candidates:
        if other is not chosen and other not in further:
            _add_points(chosen, other, context)
            _add_bounds(chosen.phrase, other)
    return Choice(chosen.phrase, chosen.asked_after, [one.phrase for one in further])


def _primary(candidates: list[Candidate], text: str) -> Candidate | None:
    """The phrase that says when: next to the words of asking, else the first that can stand for itself."""
    able = [one for one in candidates if _stands(one, text)]
    if not able:
        return None
    able = [one for one in able if not one.attribute or one.clause_start or one.asked_before] or able
    alone = len(able) == 1
    repeats = [
        one for one in able if one.recurring and (alone or (one.placeable and (one.clause_start or one.clause_end)))
    ]
    listed = [one for one in able if any(_LISTED.fullmatch(text[rule.end : one.start]) for rule in repeats)]
    if repeats and not any(_asked_once(one) for one in able if one not in listed):
        asked = next((one for one in repeats if one.asked_after or one.asked_before), repeats[0])
        return next((one for one in repeats if _LISTED.fullmatch(text[one.end : asked.start])), asked)
    return min(able, key=lambda one: one.rank)


def _further_rules(chosen: Candidate, candidates: list[Candidate], text: str) -> list[Candidate]:
    """工作日早上8点、周末上午10点: the rules that follow the first in a list."""
    found: list[Candidate] = []
    end = chosen.end
    for one in candidates:
        weekly = bool(one.phrase.points) and isinstance(one.phrase.points[0].day, zh.Weekdays | zh.Workdays)
        listed = one.start > end and _LISTED.fullmatch(text[end : one.start]) is not None
        if listed and (one.phrase.everies or weekly):
            found.append(one)
            end = one.end
    return found


def _habit(point: Point) -> bool:
    """工作日, 周一到周五七点: days that repeat without 每."""
    if isinstance(point.day, zh.Workdays):
        return point.day.step is None
    return isinstance(point.day, zh.Weekdays) and point.day.week is None and len(point.day.days) > 2 and point.has_hour


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


def _add_points(chosen: Candidate, other: Candidate, context: Context) -> None:
    phrase, extra = chosen.phrase, other.phrase
    plain = bool(extra.points) and not extra.everies and extra.range_end is None and not other.attribute
    if extra.everies and not phrase.everies and (other.clause_start or other.clause_end) and not other.attribute:
        phrase.everies = extra.everies
        if not any(point.has_day for point in phrase.points):
            phrase.points = extra.points + phrase.points
        phrase.used += extra.used
    elif phrase.everies and any(not every.interval for every in extra.everies):  # 节假日除外
        phrase.everies, phrase.used = phrase.everies + extra.everies, phrase.used + extra.used
    elif extra.everies and extra.everies == phrase.everies and not phrase.points:
        phrase.points, phrase.used = extra.points, phrase.used + extra.used  # 每月交房租，每月5号
        phrase.times = phrase.times or extra.times
    elif plain and (_names_days(phrase, extra) or _adds_hours(phrase, other)):
        phrase.points, phrase.used = phrase.points + extra.points, phrase.used + extra.used
    elif plain and _adds_day(chosen, other):
        _take_day(phrase, extra, context)


def _names_days(phrase: Phrase, extra: Phrase) -> bool:
    """周二周四有瑜伽课，每周提醒我: the days of a rule that says only how often."""
    if not phrase.everies or phrase.points or extra.length is not None:
        return False
    coarse = {"WEEKLY": zh.Weekdays, "MONTHLY": zh.Date | zh.Ordinal, "YEARLY": zh.Date | zh.Festival | zh.MoonDate}
    kind = coarse.get(phrase.everies[0].frequency or "")
    return kind is not None and isinstance(extra.points[0].day, kind)


def _adds_hours(phrase: Phrase, other: Candidate) -> bool:
    """每天提醒我吃药，早上八点: a clock time set apart from the task."""
    if phrase.has_clock or any(point.has_day for point in other.phrase.points):
        return False
    within_a_day = phrase.length is not None and phrase.length.seconds
    return not within_a_day and (other.asked_after or (other.clause_start and other.clause_end))


def _adds_day(chosen: Candidate, other: Candidate) -> bool:
    """我明天要开会，下午三点提醒我: the day said before the clock time."""
    phrase = chosen.phrase
    clock_only = bool(phrase.points) and not phrase.everies and not any(point.has_day for point in phrase.points)
    return clock_only and chosen.asked_after and other.start <= chosen.start and other.phrase.points[0].has_day


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
        asked.clock = zh.Clock(latest.hour, latest.minute, latest.second, open=False)


def _add_bounds(phrase: Phrase, other: Candidate) -> None:
    """Its end, start, exceptions, number and lead, where the phrase has none of its own."""
    extra, kept = other.phrase, len(phrase.excluded)
    names = ["lead"]
    if phrase.everies and not extra.everies:
        names += ["until", "span"] if extra.loose_start else ["until", "start", "span"]
        if extra.times is not None and (extra.times.total or (other.clause_start and other.clause_end)):
            extra.times = replace(extra.times, total=True)
            names.append("times")
        if extra.range_end is not None and len(extra.points) == 1 and not phrase.has_clock:
            names.append("range_end")
        phrase.excluded += extra.excluded
    elif phrase.bare is not None and not phrase.points and not phrase.everies:
        names.append("times")
    taken = [name for name in names if getattr(extra, name) is not None and getattr(phrase, name) is None]
    for name in taken:
        setattr(phrase, name, getattr(extra, name))
    if "range_end" in taken:
        phrase.points = phrase.points + extra.points
    if taken or len(phrase.excluded) > kept:
        phrase.used += [word for word in extra.used if word not in phrase.used]
