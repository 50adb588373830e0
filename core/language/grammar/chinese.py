"""Chinese: which words of a message are its time, and what they mean."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Literal

from core.language.grammar.chinese_choice import CLAUSE_START, choose
from core.language.grammar.chinese_clock import Context
from core.language.grammar.chinese_frame import FRAME, turned
from core.language.grammar.chinese_lexicon import AROUND, simplified
from core.language.grammar.chinese_once import once
from core.language.grammar.chinese_phrase import Phrase
from core.language.grammar.chinese_reader import ATTRIBUTE
from core.language.grammar.chinese_recurrence import REQUEST, recurrence, rule
from core.language.grammar.chinese_rules import Refusal, Unplaced
from core.language.grammar.chinese_scan import scan
from core.language.grammar.chinese_words import Every, Times, Word
from core.language.grammar.normalise import Normalised
from core.language.grammar.tokens import NOTHING, Parsed, Span, merged
from core.language.values import Preferences, Problem, Recurrence

__all__ = ["FRAME", "parse", "turned"]

MAX_TEXT = 600
"""Of a longer message the beginning and the end are read: times stand at either."""

_MORNING, _EVENING = re.compile(AROUND["morning"]), re.compile(AROUND["evening"])
_JOINS = re.compile(r"[ ,的和与跟及到至~()每个逢-]{1,4}|以及|还有")
_NO_COUNT = rf"(?!{AROUND['counted']}|一?个(?:人|文件|部门|项目|客户|员工|同学|班|组|队|房间))"
_UNKNOWN_EVERY_BEFORE = re.compile(rf"(?:每|逢){_NO_COUNT}[^,.;!?\s]{{1,6}}[ ]?$")
_UNKNOWN_EVERY_AFTER = re.compile(rf"[ ]?每(?!{AROUND['counted']}|一?个)")
"""每个休息日早上10点: a repetition of days that the lexicon does not know, next to a time that it knows."""
_ASKED_SOON = re.compile(r"[^,.;!?]{0,8}(?:提醒|叫|喊|通知)")
_PARTICLE_BEFORE = re.compile(r"(?:提醒|重复|响|请?在|于|赶在|等到|到了?|就在|约|大约|大概|差不多)$")
_PARTICLE_AFTER = re.compile(r"(?:的时候|的时间|时分|时候|那天|那时候?|当天|左右|许|准时|准点|时(?=提醒|叫|喊|[ ,]))")
_SPACED = re.compile(
    r"(?<=\d) {1,3}(?=[年月日号天点时分秒周个小星礼刻半季])|(?<=[午上里晨早晚每第过隔点月年周]) {1,3}(?=\d)"
)
"""Spaces that people set between digits and Chinese signs (12 月 5 日): read as if they were not there."""


def parse(text: Normalised, now: dt.datetime, preferences: Preferences) -> Parsed:
    """The time of a Chinese message. `now` is naive, the wall clock of the person's zone."""
    written = simplified(_ends(text.text))
    gaps = {place for match in _SPACED.finditer(written) for place in range(*match.span())}
    places = [place for place in range(len(written)) if place not in gaps]
    parsed = _parse("".join(written[place] for place in places), now, preferences)
    return replace(parsed, spans=tuple(Span(places[start], places[end - 1] + 1) for start, end in parsed.spans))


def _parse(plain: str, now: dt.datetime, preferences: Preferences) -> Parsed:
    words = scan(plain, now.year)
    context = Context(now, preferences, _hint(plain))
    choice = choose(words, plain, context)
    if choice is None:
        return NOTHING
    phrase, asked_after, further = choice
    try:
        answer = _answer(phrase, context, plain, asked_after)
    except (OverflowError, ValueError):  # beyond the calendar: year 9999, lunar tables
        return _problem("impossible", phrase, plain, bool(phrase.everies))
    if not answer.recurring and answer.when is not None and _repeats_elsewhere(words, phrase, plain):
        return _problem("unclear_recurrence", phrase, plain)
    return _with_further(answer, further, context, plain) if further else answer


def _problem(kind: Refusal | Literal["never"], phrase: Phrase, text: str, recurring: bool = True) -> Parsed:
    """No time, and the words of the message that say why."""
    words = _used(phrase) or phrase.used
    shown = text[min(word.start for word in words) : max(word.end for word in words)]
    return Parsed(None, _spans(phrase, text), recurring, problem=Problem(kind, shown))


def _repeats_elsewhere(words: list[Word], phrase: Phrase, text: str) -> bool:
    """A word of repetition that the answer left out: not one inside the task (整理每周例会纪要), but one that a clause
    begins with, and 每 before a time that is no word of the lexicon (每个休息日早上10点)."""
    for word in words:
        before = text[max(0, word.start - 12) : word.start]
        if isinstance(word.value, Every) and word not in phrase.used:
            begins = CLAUSE_START.search(before) is not None and not ATTRIBUTE.match(text, word.end)
            if begins and (word.value.problem is None or _ASKED_SOON.match(text, word.end)):
                return True
        if not isinstance(word.value, str | Every) and _UNKNOWN_EVERY_BEFORE.search(before):
            return True
    return _UNKNOWN_EVERY_AFTER.match(text, max(word.end for word in phrase.used)) is not None


def _ends(text: str) -> str:
    """The text with the middle of a long message blanked out, so that offsets stay."""
    if len(text) <= MAX_TEXT:
        return text
    half = MAX_TEXT // 2
    return text[:half] + "\x00" * (len(text) - 2 * half) + text[-half:]


def _hint(text: str) -> Literal["am", "pm"] | None:
    morning, evening = _MORNING.search(text), _EVENING.search(text)
    return None if bool(morning) == bool(evening) else "am" if morning else "pm"


def _with_further(answer: Parsed, further: list[Phrase], context: Context, text: str) -> Parsed:
    """The answer with the further rules; one that cannot be placed stays in the task, where the person sees it."""
    rules: list[Recurrence] = []
    spans = list(answer.spans)
    for phrase in further:
        phrase.everies = phrase.everies or [Every("WEEKLY")]
        try:
            rules.append(rule(phrase, context))
        except Unplaced:
            break
        spans += _spans(phrase, text)
    return replace(answer, also=tuple(rules), spans=_closed(spans, text))


def _answer(phrase: Phrase, context: Context, text: str, asked_after: bool) -> Parsed:
    try:
        repeated = recurrence(phrase, context, text)
    except Unplaced as unplaced:
        return _problem("never" if unplaced.kind == "impossible" else unplaced.kind, phrase, text)
    spans = _spans(phrase, text)
    if repeated is not None:
        return Parsed(repeated, spans, True, phrase.deadline)
    if phrase.start is not None and not phrase.points and not phrase.length:
        point, phrase.start = phrase.start, None
        phrase.points = [point]
        phrase.side = phrase.side if asked_after else "after"
    if phrase.until is not None and not phrase.points and not phrase.length:
        phrase.points, phrase.until = [phrase.until], None
    found = once(phrase, context, REQUEST.search(text) is not None)
    if found.when is None:
        return _problem("impossible", phrase, text, recurring=False)
    deadline = phrase.deadline or (phrase.length is not None and phrase.length.way == "within")
    past = _problem("past", phrase, text).problem if found.past else None
    return Parsed(found.when, spans, False, deadline, past)


def _used(phrase: Phrase) -> list[Word]:
    """The words that say the time; a length that was not needed stays with the task."""
    idle = phrase.bare if phrase.points or phrase.everies or phrase.length else None
    used = [word for word in phrase.used if idle is None or word.value != idle]
    return [word for word in used if phrase.times is not None or not isinstance(word.value, Times)]


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
    closing = text[span.end : span.end + 1] == ")"
    if closing and text[span.start - 1 : span.start] == "(":
        return Span(span.start - 1, span.end + 1)
    inside = text[span.start : span.end]
    return Span(span.start, span.end + 1) if closing and inside.count("(") > inside.count(")") else span
