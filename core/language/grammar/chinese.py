"""Chinese: which words of a message are its time, and what they mean."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from core.language.grammar.chinese_clock import Hint, readings
from core.language.grammar.chinese_frame import FRAME, turned
from core.language.grammar.chinese_once import Context, at, once
from core.language.grammar.chinese_once import merged as merge_points
from core.language.grammar.chinese_phrase import Phrase, PhraseReader, Point, clusters
from core.language.grammar.chinese_rules import Unplaced, rule, rule_of_several, several_times
from core.language.grammar.chinese_scan import scan
from core.language.grammar.chinese_script import simplified
from core.language.grammar.chinese_words import Clock, Date, Every, Times, Weekdays, Word, Workdays
from core.language.grammar.normalise import Normalised
from core.language.grammar.tokens import NOTHING, Parsed, Span, merged
from core.language.values import Preferences, Problem, Recurrence

__all__ = ["FRAME", "parse", "turned"]

MAX_TEXT = 1000
"""Of a longer message the beginning and the end are read: times stand at either."""

_MORNING = re.compile(r"起床|叫醒|晨跑|早餐|早饭|早会|晨会|早操|早读|晨练|早高峰|早班|吃早|打卡上班|上班打卡")
_EVENING = re.compile(r"晚饭|晚餐|夜宵|下班|睡觉|晚自习|晚会|下课|放学|电影|晚班|约会|吃晚|关灯|夜跑|聚餐")
_ASKS_AFTER = re.compile(
    r"(?:的?时候|时|左右|整|就|[ ,])*(?:请|记得|麻烦|再|务必|一定|要|准时|准点|帮我|给我|能不能|可以|你)*(?:提醒|叫|喊|通知|告诉|告知|催|remind|call)"
    r"|的?(?:闹钟|闹铃|提醒|日程|reminder|alarm|倒计时|定时)"
)
_ASKS_BEFORE = re.compile(
    r"(?:(?:提醒|叫|喊|通知|告诉|催)(?:一下|下)?(?:我们?|大家|咱们|@\S{1,40})?(?:一下)?|闹钟|闹铃|提醒|记一下|记得|别忘了?|设置?|定|[一个]个)[在于为到:, 从成的要]*$"
)
_TIMER_AFTER = re.compile(r"[ 的之]*(?:倒?计时|定时|闹钟|闹铃|提醒|叫|喊|通知|timer)")
_TIMER_BEFORE = re.compile(r"(?:闹钟|闹铃|计时器?|定时器?|timer)(?:设置?|定)?[为在成到: ]*$")
_REQUEST = re.compile(r"提醒|叫我|喊我|告诉我|通知|闹钟|闹铃|记得|别忘|remind")
_CLAUSE_START = re.compile(
    r"(?:^|[ ,.:;!?~\n]|提醒|我们?|大家|请|要|在|从|就|都|闹钟|个|了|记得|告诉|叫|喊|是|需要|改成|改为|帮|给)$"
)
_JOINS = re.compile(r"[ ,的和与跟及到至~()每个逢-]{1,4}|以及|还有")
_LISTED = re.compile(r"[ ,]*(?:,|和|与|跟|及|以及|还有)[ ,]*每?(?:个|逢)?")
_CLAUSE_END = re.compile(r"[ ]*(?:$|[,.:;!?~\n)])")
_COUNTED = r"人|位|家|种|件|页|份|张|本|条|款|项|组|班|队|台|步|层|间|桌|瓶|盒|袋|斤|箱|元|块|股|名|辆|篇|章|节课|道"
_UNKNOWN_EVERY_BEFORE = re.compile(
    rf"(?:每|逢)(?!{_COUNTED}|一?个(?:人|文件|部门|项目|客户|员工|同学|班|组|队|房间))[^,.;!?\s]{{1,6}}[ ]?$"
)
_UNKNOWN_EVERY_AFTER = re.compile(rf"[ ]?每(?!{_COUNTED}|一?个)")
"""每个休息日早上10点: a repetition of days that the lexicon does not know, next to a time that it knows."""
_PARTICLE_BEFORE = re.compile(r"(?:提醒|重复|响|请?在|于|赶在|等到|到了?|就在|约|大约|大概|差不多)$")
_PARTICLE_AFTER = re.compile(r"(?:的时候|的时间|时分|时候|那天|那时候?|当天|左右|许|准时|准点|时(?=提醒|叫|喊|[ ,]))")


_SPACED = re.compile(
    r"(?<=\d) {1,3}(?=[年月日号天点时分秒周个小星礼刻半季])|(?<=[午上里晨早晚每第过隔点月年周]) {1,3}(?=\d)"
)


@dataclass(frozen=True, slots=True)
class _Compact:
    """The text without the spaces that people set between digits and Chinese signs (12 月 5 日)."""

    text: str
    gaps: tuple[tuple[int, int], ...]
    """Where in the written text, in order, and how many signs were taken out."""

    @classmethod
    def of(cls, text: str) -> _Compact:
        gaps = tuple((match.start(), match.end() - match.start()) for match in _SPACED.finditer(text))
        return cls(_SPACED.sub("", text), gaps) if gaps else cls(text, ())

    def place(self, index: int) -> int:
        """The place in the written text of a sign of this one."""
        for start, length in self.gaps:
            if index < start:
                break
            index += length
        return index


@dataclass(slots=True)
class _Candidate:
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


def parse(text: Normalised, now: dt.datetime, preferences: Preferences) -> Parsed:
    """The time of a Chinese message. `now` is naive, the wall clock of the person's zone."""
    read = _Compact.of(_ends(simplified(text.text)))
    parsed = _parse(read.text, now, preferences)
    if not read.gaps or not parsed.spans:
        return parsed
    spans = tuple(Span(read.place(span.start), read.place(span.end - 1) + 1) for span in parsed.spans)
    return replace(parsed, spans=spans)


def _parse(plain: str, now: dt.datetime, preferences: Preferences) -> Parsed:
    words = scan(plain, now.year)
    if not words:
        return NOTHING
    context = Context(now, preferences, _hint(plain))
    candidates = _candidates(words, plain)
    chosen = _primary(candidates, plain)
    if chosen is None:
        return NOTHING
    further = _further(chosen, candidates, plain) if chosen.recurring else []
    phrase = _completed(chosen, [one for one in candidates if one not in further], context)
    try:
        answer = _answer(phrase, context, plain, chosen)
        return _with_further(answer, further, context, plain) if further else answer
    except (OverflowError, ValueError):  # beyond the calendar: year 9999, lunar tables
        return Parsed(
            None, _spans(phrase, plain), bool(phrase.everies), problem=Problem("impossible", _shown(phrase, plain))
        )


def _ends(text: str) -> str:
    """The text with the middle of a long message blanked out, so that offsets stay."""
    if len(text) <= MAX_TEXT:
        return text
    half = MAX_TEXT // 2
    return text[:half] + "\x00" * (len(text) - 2 * half) + text[-half:]


def _hint(text: str) -> Hint | None:
    morning, evening = _MORNING.search(text), _EVENING.search(text)
    if bool(morning) == bool(evening):
        return None
    return "am" if morning else "pm"


def _candidates(words: list[Word], text: str) -> list[_Candidate]:
    found: list[_Candidate] = []
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


def _candidate(phrase: Phrase, text: str) -> _Candidate:
    start = min(word.start for word in phrase.used)
    end = max(word.end for word in phrase.used)
    before, after = text[max(0, start - 12) : start], text[end : end + 16]
    return _Candidate(
        phrase,
        start,
        end,
        bool(_ASKS_AFTER.match(after)),
        bool(_ASKS_BEFORE.search(before)),
        bool(_CLAUSE_START.search(before)),
        bool(_CLAUSE_END.match(after)),
        after.startswith("的") and not after.startswith(("的时", "的闹", "的提醒", "的日程", "的倒", "的定", "的,")),
    )


def _primary(candidates: list[_Candidate], text: str) -> _Candidate | None:
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


def _further(chosen: _Candidate, candidates: list[_Candidate], text: str) -> list[_Candidate]:
    """工作日早上8点、周末上午10点: the rules that follow the first in a list."""
    found: list[_Candidate] = []
    end = chosen.end
    for one in candidates:
        weekly = bool(one.phrase.points) and isinstance(one.phrase.points[0].day, Weekdays | Workdays)
        listed = one.start > end and _LISTED.fullmatch(text[end : one.start]) is not None
        if listed and (one.phrase.everies or weekly):
            found.append(one)
            end = one.end
    return found


def _with_further(answer: Parsed, further: list[_Candidate], context: Context, text: str) -> Parsed:
    """The answer with the further rules; one that cannot be placed stays in the task, where the person sees it."""
    rules: list[Recurrence] = []
    spans = list(answer.spans)
    for one in further:
        if not one.phrase.everies:
            one.phrase.everies.append(Every("WEEKLY"))
        try:
            rules.append(rule(one.phrase, context))
        except Unplaced:
            break
        spans += _spans(one.phrase, text)
    return replace(answer, also=tuple(rules), spans=_closed(spans, text))


def _habit(point: Point) -> bool:
    """工作日, 周一到周五七点: days that repeat without 每."""
    if isinstance(point.day, Workdays):
        return point.day.step is None and not point.scopes
    return isinstance(point.day, Weekdays) and point.day.week is None and len(point.day.days) > 2 and point.has_hour


def _asked_once(one: _Candidate) -> bool:
    return not one.recurring and one.asked_after and bool(one.phrase.points) and one.phrase.points[0].has_day


def _stands(one: _Candidate, text: str) -> bool:
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
        return not one.recurring and _REQUEST.search(text, 0, one.start) is None
    return True


def _completed(chosen: _Candidate, candidates: list[_Candidate], context: Context) -> Phrase:
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
        elif _adds_hours(phrase, other):
            phrase.points = phrase.points + extra.points
            phrase.used += extra.used
        elif _adds_day(phrase, other, chosen):
            _take_day(phrase, extra, context)
        _add_bounds(phrase, other)
    return phrase


def _adds_hours(phrase: Phrase, other: _Candidate) -> bool:
    """每天提醒我吃药，早上八点: a clock time set apart from the task."""
    extra = other.phrase
    if phrase.has_clock or not extra.points or extra.everies or extra.range_end is not None or other.attribute:
        return False
    if any(point.has_day for point in extra.points):
        return False
    if phrase.length is not None and phrase.length.seconds:
        return False
    return other.asked_after or (other.clause_start and other.clause_end)


def _adds_day(phrase: Phrase, other: _Candidate, chosen: _Candidate) -> bool:
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


def _add_bounds(phrase: Phrase, other: _Candidate) -> None:
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


def _answer(phrase: Phrase, context: Context, text: str, chosen: _Candidate) -> Parsed:
    _lengths_that_repeat(phrase)
    spans, shown = _spans(phrase, text), _shown(phrase, text)
    try:
        recurrence = _recurrence(phrase, context, text)
    except Unplaced as unplaced:
        kind = "never" if unplaced.kind == "impossible" else unplaced.kind
        return Parsed(None, spans, True, problem=Problem(kind, shown))
    if recurrence is not None:
        return Parsed(recurrence, spans, True, phrase.deadline)
    if _UNKNOWN_EVERY_BEFORE.search(text, max(0, chosen.start - 12), chosen.start) or _UNKNOWN_EVERY_AFTER.match(
        text, chosen.end
    ):
        return Parsed(None, spans, True, problem=Problem("unclear_recurrence", shown))
    if phrase.start is not None and not phrase.points and not phrase.length:
        point, phrase.start = phrase.start, None
        phrase.points = [point]
        phrase.after = not chosen.asked_after
    if phrase.until is not None and not phrase.points and not phrase.length:
        phrase.points, phrase.until = [phrase.until], None
    found = once(phrase, context, _REQUEST.search(text) is not None)
    if found.when is None:
        return Parsed(None, spans, problem=Problem("impossible", shown))
    deadline = phrase.deadline or (phrase.length is not None and phrase.length.way == "within")
    return Parsed(found.when, spans, False, deadline, Problem("past", shown) if found.past else None)


def _lengths_that_repeat(phrase: Phrase) -> None:
    """两小时提醒我一次: a length with a number of times is a rule."""
    bare, times = phrase.bare, phrase.times
    if bare is None or times is None or phrase.everies:
        return
    phrase.everies.append(bare.repeats or Every(None, problem="unclear_recurrence"))
    phrase.bare = None


def _recurrence(phrase: Phrase, context: Context, text: str) -> Recurrence | None:
    """The rule where the phrase repeats, with or without a word of repetition; None where it happens once."""
    if phrase.everies:
        return rule(phrase, context)
    no_day = not any(point.has_day for point in phrase.points)
    if phrase.span is not None and (phrase.span.way == "running" or phrase.has_clock) and no_day:
        phrase.everies.append(Every("DAILY"))
        return rule(phrase, context)
    if phrase.times is not None and phrase.times.n > 1 and (phrase.points or phrase.length):
        raise Unplaced("unclear_recurrence")
    if phrase.start is not None and not phrase.loose_start and phrase.start.has_day and not phrase.points:
        if _REQUEST.search(text):
            if not phrase.start.has_hour:
                raise Unplaced("unclear_recurrence")
            phrase.everies.append(Every("DAILY"))
            return rule(phrase, context)
        return None
    if phrase.start is not None and phrase.start.has_day and phrase.has_clock and phrase.range_end is None:
        phrase.everies.append(Every("DAILY"))
        return rule(phrase, context)
    return _implied(phrase, context) if phrase.range_end is None or _weekday_run(phrase) else None


def _weekday_run(phrase: Phrase) -> bool:
    return any(isinstance(point.day, Workdays) for point in phrase.points)


def _implied(phrase: Phrase, context: Context) -> Recurrence | None:
    """工作日早上, 周一三五, 周一到周五七点: several days without 每."""
    months = [scope.month for point in phrase.points for scope in point.scopes if scope.unit == "month" and scope.month]
    if len(months) > 1:
        phrase.everies.append(Every("YEARLY"))  # 1月、4月和7月的1号
        return rule(phrase, context)
    days = [point.day for point in phrase.points if point.day is not None]
    if any(isinstance(day, Workdays) and day.step is None for day in days) and not any(
        point.scopes for point in phrase.points
    ):
        return rule(phrase, context)
    weekdays = [day for day in days if isinstance(day, Weekdays) and not day.weekend]
    count = sum(len(day.days) for day in weekdays)
    if weekdays and count > 1 and len(weekdays) == len(days):
        if any(day.run for day in weekdays) and not phrase.has_clock:
            return None
        found = rule(phrase, context)
        if all(day.week is None for day in weekdays):
            return found
        if all(len(day.days) == 1 for day in weekdays):
            return rule_of_several(several_times(phrase, context), phrase.has_clock)
        return replace(found, start=found.start or context.today, count=count)
    dates = [day for day in days if isinstance(day, Date)]
    if len(days) == len(dates) and sum(len(day.days) for day in dates) > 1:
        return replace(rule(phrase, context), count=sum(len(day.days) for day in dates))
    if len(days) > 1 or sum(point.clock is not None for point in phrase.points) > 1:
        return rule_of_several(several_times(phrase, context), phrase.has_clock)
    return None


def _used(phrase: Phrase) -> list[Word]:
    """The words that say the time; a length that was not needed stays with the task."""
    bare_idle = phrase.bare is not None and bool(phrase.points or phrase.everies or phrase.length)
    return [
        word
        for word in phrase.used
        if not (bare_idle and word.value == phrase.bare)
        and not (isinstance(word.value, Times) and phrase.times is None)
    ]


def _spans(phrase: Phrase, text: str) -> tuple[Span, ...]:
    """The time words with the particles that belong to them."""
    spans: list[Span] = []
    for word in _used(phrase):
        before = _PARTICLE_BEFORE.search(text, max(0, word.start - 3), word.start)
        if before and before[0] in ("提醒", "重复", "响") and not isinstance(word.value, Times):
            before = None
        start = before.start() if before and before.end() == word.start else word.start
        after = _PARTICLE_AFTER.match(text, word.end)
        spans.append(Span(start, after.end() if after else word.end))
    return tuple(_with_brackets(span, text) for span in _closed(spans, text))


def _closed(spans: list[Span], text: str) -> tuple[Span, ...]:
    """The spans in order; what only joins two of them goes with them."""
    closed: list[Span] = []
    for span in merged(spans):
        if closed and _JOINS.fullmatch(text[closed[-1].end : span.start]):
            closed[-1] = Span(closed[-1].start, span.end)
        else:
            closed.append(span)
    return tuple(closed)


def _with_brackets(span: Span, text: str) -> Span:
    """交房租（每月1号）: brackets that would be left empty go too."""
    if text[span.start - 1 : span.start] == "(" and text[span.end : span.end + 1] == ")":
        return Span(span.start - 1, span.end + 1)
    return span


def _shown(phrase: Phrase, text: str) -> str:
    words = _used(phrase) or phrase.used
    return text[min(word.start for word in words) : max(word.end for word in words)]
