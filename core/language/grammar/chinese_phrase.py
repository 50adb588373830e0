"""From Chinese time words to one phrase: which words belong together, and what each does in it.

Words that stand together, or with nothing but particles and the words of asking between them, are a cluster. One
cluster is the sentence's time; the others are looked at only for what completes it (a clock time, an end, an exception).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from core.language.grammar import chinese_words as zh
from core.language.grammar.chinese_clock import Reading, readings
from core.language.grammar.chinese_lexicon import AROUND

Join = Literal["touch", "and", "glue"]

_AND = re.compile(r"[ ,的]*(?:,|和|与|跟|及|以及|还有|加上?|或者?|/|&|\+)[ ,]*")
_TOUCH = re.compile(r"[ 的之在于就()(这]*|的?时候|[ ]?[((]|的那[个天]")
_GLUE = re.compile(rf"(?:[ ,.:;!~()\n]|{AROUND['glue']}){{0,12}}")
_EVENT = re.compile(r"的?[^\s\d,.:;!?]{0,5}")
MAX_GLUE = 16


def gap(text: str, before: zh.Word, after: zh.Word) -> Join | None:
    """How two neighbouring words hang together; None where other words part them."""
    between = text[before.end : after.start]
    if not between or _TOUCH.fullmatch(between):
        return "touch"
    if len(between) > MAX_GLUE:
        return None
    match before.value, after.value:
        case said, zh.Length(way="offset_back" | "offset_on") if _EVENT.fullmatch(between):  # 下午三点的会议前十分钟
            return "touch" if isinstance(said, zh.Clock | zh.Part | zh.Day) else None
        case zh.Every() | zh.Length(), zh.Times(n) if n > 1 and len(between) <= 2:
            return "glue"  # 每天吃两次药
    if _AND.fullmatch(between):
        return "and"
    return "glue" if _GLUE.fullmatch(between) else None


def clusters(words: list[zh.Word], text: str) -> list[list[zh.Word]]:
    """The words in runs that hang together."""
    runs: list[list[zh.Word]] = []
    for word in words:
        if runs and gap(text, runs[-1][-1], word) is not None:
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


@dataclass(slots=True)
class Point:
    """One day, part of day and clock time said together; any of them may be missing."""

    scopes: list[zh.Stretch] = field(default_factory=list)
    day: zh.Day | None = None
    parts: list[zh.Part] = field(default_factory=list)
    clock: zh.Clock | None = None
    joined: Join = "touch"

    @property
    def has_day(self) -> bool:
        return self.day is not None or bool(self.scopes)

    @property
    def has_hour(self) -> bool:
        return bool(self.parts) or self.clock is not None

    @property
    def part(self) -> zh.PartName | None:
        """The part of day that the clock time lies in."""
        return self.parts[-1].name if self.parts else None

    @property
    def readings(self) -> tuple[Reading, ...]:
        """What the clock time may mean; nothing where none was said."""
        return readings(self.clock, self.part) if self.clock is not None else ()

    def takes(self, value: zh.Value) -> bool:
        """Adds what a word says if it fits behind what is there."""
        match value:
            case zh.Stretch() as scope if not self.has_hour and self.day is None and _scopes_fit(self.scopes, scope):
                self.scopes.append(scope)
            case zh.Weekdays() if (
                self.day is not None and not self.has_hour and isinstance(self.day, zh.Date | zh.Relative | zh.Festival)
            ):
                pass  # 7月16日周四: the date decides
            case zh.Part() as part if self.clock is None and len(self.parts) < 4:
                self.parts.append(part)
            case zh.Clock() as clock if self.clock is None:
                self.clock = clock
            case zh.Relative() if self.scopes and (
                self.scopes[-1].unit not in ("year", "month") or self.scopes[-1].edge
            ):
                return False
            case day if (
                isinstance(day, zh.Day) and not isinstance(day, zh.Stretch) and self.day is None and not self.has_hour
            ):
                self.day = day
            case _:
                return False
        return True


def _scopes_fit(scopes: list[zh.Stretch], scope: zh.Stretch) -> bool:
    """A year may be followed by a month or quarter of it; 月底 alone goes with a month said before."""
    if not scopes:
        return True
    last = scopes[-1]
    if last.unit == scope.unit:
        return scope.shift is None and scope.month is None and scope.year is None and last.edge is None
    return last.unit == "year" and scope.shift is None and last.edge is None


@dataclass(slots=True)
class Phrase:
    """What the words of a sentence's time do, before days are looked up."""

    everies: list[zh.Every] = field(default_factory=list)
    points: list[Point] = field(default_factory=list)
    range_end: Point | None = None
    start: Point | None = None
    until: Point | None = None
    excluded: list[Point] = field(default_factory=list)
    length: zh.Length | None = None
    lead: zh.Length | None = None
    """提前十分钟."""
    offset: zh.Length | None = None
    """节日前三天 ("offset_back"), 节日后一天 ("offset_on")."""
    span: zh.Length | None = None
    """接下来五天, 持续两周: how long a rule runs."""
    bare: zh.Length | None = None
    """A length that no word gives a direction (十五分钟)."""
    times: zh.Times | None = None
    side: zh.Value | None = None
    """The mark behind a point: 之前, 或之前, 之后, 期间."""
    now: bool = False
    loose_start: bool = False
    """从 without 开始."""
    used: list[zh.Word] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        return not (
            self.everies or self.points or self.length or self.bare or self.start or self.until or self.span or self.now
        )

    @property
    def deadline(self) -> bool:
        return self.side in ("before", "or_before", "between")

    @property
    def has_clock(self) -> bool:
        return any(point.has_hour for point in self.points)
