"""What a sentence says about time: the one place that the rest of Remora asks. No model, no network, bounded work."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import Literal
from zoneinfo import ZoneInfo

from core.language.detect import Language, mixed, written
from core.language.grammar import chinese, english
from core.language.grammar.normalise import Normalised, normalise
from core.language.grammar.resolve import Moment as Moment
from core.language.grammar.resolve import on_wall_clock as on_wall_clock
from core.language.grammar.resolve import resolve as resolve
from core.language.grammar.task import Framed, extract
from core.language.grammar.tokens import Parsed, Span
from core.language.values import Delta, Instant, Preferences, Understood, When

__all__ = ["Moment", "on_wall_clock", "resolve", "turned", "understand", "understand_time"]

_USUAL = Preferences()
_DAY_FIRST = ("Africa/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
_BARE_NUMBER = re.compile(
    r"\s*(?:at\s+|@\s*|move\s+it\s+to\s+|make\s+it\s+|to\s+)?(\d{1,2}(?:[:.]?\d{2})?)\s*[.!]?\s*\Z"
)
"""A short answer that is a clock time because nothing else was asked for."""
_MOST_MOMENTS = 5
_AND = re.compile(r"\s*(?:[,;/&+、]|(?:[,;]\s*)?(?:and|plus)\b|[,;]?(?:和|与|跟|及|以及|还有))\s*(?:(?:on|again)\s+)*")
_AND_BEFORE = re.compile(r"(?:[,;/&+、]|\band|\bplus|[和与跟及]|还有)\s*(?:on\s*)?\Z")
_LONGEST_SAME = 400
_DAY = r"tomorrow|next\s+(?:week|month|year)|(?:(?:on|next|every|each)\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)day|every\s+day"
_SAME_TIME = re.compile(
    rf"\b({_DAY}),?\s+(?:at\s+)?(?:about\s+)?(?:the\s+|this\s+)?same\s+time\b(?!\s+as\b)"
    rf"|\b(?:at\s+)?(?:about\s+)?(?:the\s+|this\s+)?(?:same|this)\s+time,?\s+({_DAY})\b"
    r"|(明天|后天|大后天|下周[一二三四五六日天]?|下个?月|明年|每天|每周[一二三四五六日天]|周[一二三四五六日天])的?(?:这个|同一个?|同样的?)(?:时候|时间|点)",
    re.IGNORECASE,
)
_COUNTED = {
    "next week": "in 1 week", "next month": "in 1 month", "next year": "in 1 year",
    "下周": "1周后", "下月": "1个月后", "下个月": "1个月后", "明年": "1年后",
}  # fmt: skip


def understand(
    text: str,
    now: dt.datetime,
    zone: ZoneInfo,
    lang: Literal["en", "zh"] | None = None,
    preferences: Preferences = _USUAL,
) -> Understood:
    """What the sentence means, said at `now` (aware) by a person in `zone`. Never raises on any text.

    `lang` counts where the script does not tell. A sentence in both scripts is read in both; a repetition wins, else the reading that explains
    more of it.
    """
    local = now.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    read = normalise(_same_time(text, local))
    preferences = replace(preferences, day_first=preferences.day_first or zone.key.startswith(_DAY_FIRST))
    first = written(text, lang)
    parsed, frame = _read(read, local, preferences, first, both=mixed(text))
    return Understood(
        when=parsed.when,
        task=frame.task,
        recipient=frame.recipient,
        asks_reminder=frame.asks_reminder,
        recurring=parsed.recurring,
        deadline=parsed.deadline,
        problem=parsed.problem,
        also=parsed.also,
    )


def _read(
    text: Normalised, now: dt.datetime, preferences: Preferences, first: Language, both: bool
) -> tuple[Parsed, Framed]:
    parsed = _parse(first, text, now, preferences)
    other: Language = "en" if first == "zh" else "zh"
    if both and not parsed.recurring:
        again = _parse(other, text, now, preferences)
        parsed = again if again.recurring or _taken(again) > _taken(parsed) else parsed
    if _exact(parsed) and parsed.when is not None:
        parsed = _with_others(first, text, parsed, [parsed.when, *parsed.also], now, preferences)
    frame = _frame(first, text, parsed)
    if both and not frame.asks_reminder:
        otherwise = _frame(other, text, parsed)
        frame = otherwise if otherwise.asks_reminder else frame
    return parsed, frame


def _exact(parsed: Parsed) -> bool:
    return isinstance(parsed.when, Delta) or (isinstance(parsed.when, Instant) and parsed.when.grain == "minute")


def _with_others(
    lang: Language, text: Normalised, parsed: Parsed, moments: list[When], now: dt.datetime, preferences: Preferences
) -> Parsed:
    """With the other moments of "Saturday at 10 and Sunday at 3pm": those that stand right beside the one found."""
    alone, start, end = len(moments), parsed.spans[0].start, parsed.spans[-1].end
    while len(moments) < _MOST_MOMENTS and (_AND.match(text.text, end) or _AND_BEFORE.search(text.text, 0, start)):
        hidden = text.text[:start] + "\x00" * (end - start) + text.text[end:]
        more = _parse(lang, replace(text, text=hidden), now, preferences)
        if more.when is None or not _exact(more) or more.problem:
            break
        first, last = more.spans[0].start, more.spans[-1].end
        if not _AND.fullmatch(text.text, *((end, first) if first >= end else (last, start))):
            break
        moments += [more.when, *more.also]
        start, end = min(start, first), max(end, last)
    if len(moments) == alone:
        return parsed
    moments.sort(key=lambda one: _away(one, now))
    return replace(parsed, when=moments[0], also=tuple(moments[1:]), spans=(Span(start, end),))


def _away(when: When, now: dt.datetime) -> float:
    """Seconds until then."""
    if isinstance(when, Delta):
        return when.seconds
    return (when.local - now).total_seconds() if isinstance(when, Instant) else 0.0


def _same_time(text: str, now: dt.datetime) -> str:
    """ "Same time tomorrow", "下周这个时候", with the time of day that it is; a week or a month on is counted from today."""
    if len(text) > _LONGEST_SAME:
        return text

    def said(found: re.Match[str]) -> str:
        day = next(value for value in found.groups() if value)
        return f"{_COUNTED.get(' '.join(day.lower().split()), day)} {'at ' if day.isascii() else ''}{now:%H:%M}"

    return _SAME_TIME.sub(said, text)


def _taken(parsed: Parsed) -> int:
    """How many letters the time words took: the language that explains more of a mixed sentence is believed."""
    return sum(span.end - span.start for span in parsed.spans)


def _parse(lang: Language, text: Normalised, now: dt.datetime, preferences: Preferences) -> Parsed:
    return chinese.parse(text, now, preferences) if lang == "zh" else english.parse(text, now, preferences)


def _frame(lang: Language, text: Normalised, parsed: Parsed) -> Framed:
    return extract(text, parsed.spans, chinese.FRAME if lang == "zh" else english.FRAME)


def understand_time(
    text: str,
    now: dt.datetime,
    zone: ZoneInfo,
    lang: Literal["en", "zh"] | None = None,
    preferences: Preferences = _USUAL,
) -> Understood:
    """The short answer to "when?": "tomorrow at 9", "9", "half an hour", "明早". A bare number is a clock time here."""
    bare = _BARE_NUMBER.match(text.lower()) if len(text) < 40 else None
    if bare is not None:
        return understand(f"at {bare[1].replace('.', ':')}", now, zone, "en", preferences)
    answer = understand(text, now, zone, lang, preferences)
    if answer.when is None and not answer.recurring and len(text) < 80:
        chinese_text = written(text, lang) == "zh"
        said = f"{text.strip()}后" if chinese_text else f"in {text}"
        longer = understand(said, now, zone, "zh" if chinese_text else "en", preferences)
        if longer.when is not None:
            return replace(longer, task="")
    return answer


def turned(task: str, lang: Literal["en", "zh"] | None = None) -> str:
    """The task as the assistant says it to the person: "call my mum" -> "call your mum"."""
    return chinese.turned(task) if written(task, lang) == "zh" else english.turned(task)
