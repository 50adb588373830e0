"""What Chinese time words say, one value a word, before the words of a sentence are put together."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, NamedTuple

from core.language.grammar.chinese_calendar import Named
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
class Festival:
    name: str
    day: Named


@dataclass(frozen=True, slots=True)
class MoonDate:
    """农历八月初三, 正月初一; `month` None: every month of the Chinese calendar (每月初一)."""

    month: int | None
    day: int


@dataclass(frozen=True, slots=True)
class Workdays:
    """工作日; `step` n: the n-th working day from today (下个工作日)."""

    step: int | None = None


@dataclass(frozen=True, slots=True)
class Holidays:
    """节假日, 法定假日: no calendar of them is known."""


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
    fraction: bool = False
    """半天, 两个半小时: a count of units cannot be taken from it."""

    @property
    def repeats(self) -> Every | None:
        """两小时一次: the length as a step of repetition; None where it is none (一天半, 三个工作日)."""
        said = [bool(self.months), bool(self.days), bool(self.seconds), bool(self.workdays)]
        if said.count(True) != 1 or self.workdays or self.seconds % 60:
            return None
        if self.seconds:
            hours = self.seconds % 3600 == 0
            return Every("HOURLY", self.seconds // 3600) if hours else Every("MINUTELY", self.seconds // 60)
        if self.days:
            return Every("WEEKLY", self.days // 7) if self.days % 7 == 0 else Every("DAILY", self.days)
        return Every("YEARLY", self.months // 12) if self.months % 12 == 0 else Every("MONTHLY", self.months)


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
    Relative | Weekdays | Date | Stretch | Ordinal | Festival | MoonDate | Workdays | Holidays | Part | Clock | Length | Every
    | Times | Mark
)  # fmt: skip


class Word(NamedTuple):
    """A time word and the stretch of text it takes, end excluded."""

    start: int
    end: int
    value: Value


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours that a part of day covers and the hour meant by it alone in a rule."""

    start: dt.time
    end: dt.time | None
    usual: int


PARTS: dict[PartName, Hours] = {
    "dawn": Hours(dt.time(0), dt.time(6), 5),
    "morning": Hours(dt.time(5), dt.time(12), 8),
    "noon": Hours(dt.time(12), dt.time(14), 12),
    "afternoon": Hours(dt.time(12), dt.time(18), 15),
    "dusk": Hours(dt.time(17), dt.time(19), 18),
    "evening": Hours(dt.time(17), None, 20),
    "night": Hours(dt.time(21), None, 22),
}
"""End None: midnight."""
