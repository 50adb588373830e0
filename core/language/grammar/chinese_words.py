"""What Chinese time words say, one value a word, before the words of a sentence are put together."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from core.language.grammar.chinese_lexicon import LEXICON
from core.language.values import Frequency

Unit = Literal["week", "month", "quarter", "year"]
PartName = Literal["dawn", "morning", "noon", "afternoon", "dusk", "evening", "night"]
Edge = Literal["start", "middle", "end", "first_third", "second_third", "last_third"]


@dataclass(frozen=True, slots=True)
class Relative:
    """今天 0, 明天 1, 大后天 3, 昨天 -1."""

    days: int


@dataclass(frozen=True, slots=True)
class Weekdays:
    """周三, 下周三 (`week` 1), 周一三五, 周末; Monday is 0. `week` None: the next such day."""

    days: tuple[int, ...]
    week: int | None = None
    weekend: bool = False
    run: bool = False
    """Written as a run from one day to another (周一到周五)."""


@dataclass(frozen=True, slots=True)
class Date:
    """Days of a month: 15号, 1号和15号, 3月5日, 2026年3月5日; negative days count from the end."""

    days: tuple[int, ...]
    month: int | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """A week, month, quarter or year: 下周 (`shift` 1), 六月 (`month` 6), 2027年; with an edge 月底, 中旬."""

    unit: Unit
    shift: int | None = None
    month: int | None = None
    year: int | None = None
    edge: Edge | None = None


@dataclass(frozen=True, slots=True)
class Ordinal:
    """第二个星期二, 最后一个工作日, 第二和第四个周六: of the stretch before it. A weekday is 0 to 6."""

    places: tuple[int, ...]
    what: Literal["day", "workday", "week"] | int


@dataclass(frozen=True, slots=True)
class MoonDate:
    """农历八月初三, 正月初一; `month` None: every month of the Chinese calendar (每月初一). Day 30 is the month's last."""

    month: int | None
    day: int


@dataclass(frozen=True, slots=True)
class NthDay:
    """The n-th weekday (Monday is 0) of a month, moved on by `plus` days."""

    month: int
    weekday: int
    nth: int
    plus: int


@dataclass(frozen=True, slots=True)
class AfterEaster:
    """So many days after Easter Sunday of the western or the orthodox church."""

    days: int
    orthodox: bool


@dataclass(frozen=True, slots=True)
class Term:
    """A solar term, so many days after the beginning of 2000 (and the length of a year later in each that follows)."""

    days: float


Named = Date | MoonDate | NthDay | AfterEaster | Term


@dataclass(frozen=True, slots=True)
class Festival:
    name: str
    day: Named


@dataclass(frozen=True, slots=True)
class Workdays:
    """工作日; `step` n: the n-th working day from today (下个工作日)."""

    step: int | None = None


Day = Relative | Weekdays | Date | Stretch | Ordinal | Festival | MoonDate | Workdays


@dataclass(frozen=True, slots=True)
class Part:
    """A part of day by its hours, and how it reads a clock time of twelve hours."""

    name: PartName


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock time as written. `open` where morning or evening was not said (五点, 8:45)."""

    hour: int
    minute: int = 0
    second: int = 0
    open: bool = True
    shift: int = 0
    """Minutes to add (差五分八点 is 8:00 and -5)."""

    @property
    def exists(self) -> bool:
        return self.hour <= 24 and self.minute <= 59


@dataclass(frozen=True, slots=True)
class Every:
    """每天, 每两周, 隔天; `frequency` None: told by the day after it (每周三, 逢15号)."""

    frequency: Frequency | None
    interval: int = 1
    open: bool = False
    """每隔两天: every second or every third day, as people differ; the former is taken and shown."""
    problem: Literal["too_fine", "unclear_recurrence"] | None = None


Way = Literal["after", "before", "within", "coming", "running", "lasting", "ahead", "offset_back", "offset_on"]


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time, months, days and seconds beside one another as they are said."""

    months: int = 0
    days: int = 0
    seconds: int = 0
    workdays: int = 0
    way: Way | None = None
    """三天后, 三天前, 三天内, 未来三天, 连续三天, 持续三天, 提前三天, 节日前三天, 节日后一天."""

    @property
    def repeats(self) -> Every | None:
        """两小时一次: the length as a step of repetition; None where it is none (三个工作日, 一个半月)."""
        if self.months:
            years, months = divmod(self.months, 12)
            step = Every("MONTHLY", self.months) if months else Every("YEARLY", years)
            return None if self.days or self.seconds or self.workdays else step
        minutes = 1440 * self.days + self.seconds // 60
        if self.workdays or self.seconds % 60 or not minutes:
            return None
        if self.seconds:
            return Every("MINUTELY", minutes) if minutes % 60 else Every("HOURLY", minutes // 60)
        return Every("DAILY", self.days) if self.days % 7 else Every("WEEKLY", self.days // 7)


@dataclass(frozen=True, slots=True)
class Times:
    """三次; `total` where the word says all in all (共三次)."""

    n: int
    total: bool


Mark = Literal[
    "from", "to", "begin", "end", "between", "except_before", "except_after", "before", "after", "or_before", "or_after", "now",
    "aside",
]  # fmt: skip
Value = (
    Relative | Weekdays | Date | Stretch | Ordinal | Festival | MoonDate | Workdays | Part | Clock | Length | Every
    | Times | Mark
)  # fmt: skip


class Word(NamedTuple):
    """A time word and the stretch of text it takes, end excluded."""

    start: int
    end: int
    value: Value


class Cut(NamedTuple):
    """A value that takes less of the text than its pattern matched."""

    value: Value
    end: int


Reader = Callable[[re.Match[str], int], Value | Cut | None]
"""Gives what a match says, None where it is no time after all; the int is the current year."""


class Rule(NamedTuple):
    """Words of one form: the signs that may begin them, their pattern (anchored where the scan stands), what they say."""

    signs: str
    pattern: str
    reader: Reader


def word(value: Value) -> Reader:
    """A reader of words that always say the same."""
    return lambda _match, _now_year: value


def skip(_match: re.Match[str], _now_year: int) -> None:
    """A greeting, a quotation, a link: the scan steps over it."""


DIGITS = "0123456789"
NUMERALS = "零〇一二两三四五六七八九十廿卅" + DIGITS


class Hours(NamedTuple):
    """The hours that a part of day covers (24: midnight) and the hour meant by it alone in a rule."""

    first: int
    end: int
    usual: int


PARTS: dict[PartName, Hours] = {name: Hours(*part["hours"]) for name, part in LEXICON["parts"].items()}
