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
from core.language.grammar.tokens import Parsed
from core.language.values import Preferences, Understood

__all__ = ["Moment", "on_wall_clock", "resolve", "turned", "understand", "understand_time"]

_USUAL = Preferences()
_DAY_FIRST = ("Africa/", "Antarctica/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")
_BARE_NUMBER = re.compile(
    r"\s*(?:at\s+|@\s*|move\s+it\s+to\s+|make\s+it\s+|to\s+)?(\d{1,2}(?:[:.]?\d{2})?)\s*[.!]?\s*\Z"
)
"""A short answer that is a clock time because nothing else was asked for."""


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
    read = normalise(text)
    preferences = replace(preferences, day_first=preferences.day_first or zone.key.startswith(_DAY_FIRST))
    local = now.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
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
    frame = _frame(first, text, parsed)
    if both and not frame.asks_reminder:
        otherwise = _frame(other, text, parsed)
        frame = otherwise if otherwise.asks_reminder else frame
    return parsed, frame


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
