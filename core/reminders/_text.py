"""A rule as one line of text, and back: RFC 5545 with X- parts for what it cannot say.

X-TIMES=0900,1730  X-WINDOW=0900-1700  X-SHORT=LAST  X-EXDATE=20261224  X-EXDAY=SA,SU  X-LUNAR=8-15
RFC 7529's RSCALE=GREGORIAN;SKIP=... is read as X-SHORT. A date alone in UNTIL includes that day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from core.reminders._rule import Rule

Freq: TypeAlias = Literal["SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]
Kind: TypeAlias = Literal["unreadable", "too_fine", "never", "too_long"]
Short: TypeAlias = Literal["SKIP", "LAST", "NEXT"]

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MAX_TEXT = 4_000
_SKIPS = {"OMIT": "SKIP", "BACKWARD": "LAST", "FORWARD": "NEXT"}
_NUMBERS = {
    "BYMONTH": "by_month",
    "BYWEEKNO": "by_week_no",
    "BYYEARDAY": "by_year_day",
    "BYMONTHDAY": "by_month_day",
    "BYHOUR": "by_hour",
    "BYMINUTE": "by_minute",
    "BYSECOND": "by_second",
    "BYSETPOS": "by_set_pos",
}


class RuleError(ValueError):
    """A rule that is refused. `kind` chooses the phrase that tells the person why."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind: Kind = kind


def read_fields(text: str) -> dict[str, Any]:
    """The fields of a `Rule` that the line names; raises RuleError."""
    if len(text) > MAX_TEXT:
        raise RuleError("too_long", f"a rule of {len(text)} characters")
    line = text.strip().upper().removeprefix("RRULE:")
    fields: dict[str, Any] = {}
    for part in line.removesuffix(";").split(";"):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value or name not in _READERS:
            raise RuleError("unreadable", f"no part of a rule: {part[:40]}")
        field, read = _READERS[name]
        if field in fields:
            raise RuleError("unreadable", f"said twice: {name}")
        try:
            fields[field] = read(value)
        except (ValueError, KeyError, IndexError) as wrong:
            raise RuleError("unreadable", f"{name} cannot be {value[:40]}") from wrong
    fields.pop("", None)
    if "freq" not in fields:
        raise RuleError("unreadable", "a rule needs FREQ")
    return fields


def write(rule: Rule) -> str:
    return ";".join(f"{name}={value}" for name, value in _parts(rule))


def _parts(rule: Rule) -> Iterator[tuple[str, str]]:
    yield "FREQ", rule.freq
    if rule.interval != 1:
        yield "INTERVAL", str(rule.interval)
    if rule.count is not None:
        yield "COUNT", str(rule.count)
    if rule.until is not None:
        yield "UNTIL", _write_until(rule.until)
    for name, field in _NUMBERS.items():
        if values := getattr(rule, field):
            yield name, ",".join(map(str, values))
    if rule.by_day:
        yield "BYDAY", ",".join(f"{ordinal or ''}{WEEKDAYS[day]}" for ordinal, day in rule.by_day)
    if rule.week_start:
        yield "WKST", WEEKDAYS[rule.week_start]
    yield from _own_parts(rule)


def _own_parts(rule: Rule) -> Iterator[tuple[str, str]]:
    if rule.times:
        yield "X-TIMES", ",".join(map(_write_time, rule.times))
    if rule.window is not None:
        yield "X-WINDOW", "-".join(map(_write_time, rule.window))
    if rule.short != "SKIP":
        yield "X-SHORT", rule.short
    if rule.excluded:
        yield "X-EXDATE", ",".join(f"{date:%Y%m%d}" for date in rule.excluded)
    if rule.excluded_days:
        yield "X-EXDAY", ",".join(WEEKDAYS[day] for day in rule.excluded_days)
    if rule.lunar is not None:
        yield "X-LUNAR", f"{rule.lunar[0]}-{rule.lunar[1]}"


def read_weekday(text: str) -> tuple[int, int]:
    """ "MO" as (0, 0), "-1FR" as (-1, 4); raises RuleError."""
    ordinal, day = text[:-2], text[-2:]
    if day not in WEEKDAYS:
        raise RuleError("unreadable", f"no weekday: {text[:20]}")
    try:
        number = _number(ordinal) if ordinal else 0
    except ValueError as wrong:
        raise RuleError("unreadable", f"no weekday: {text[:20]}") from wrong
    if ordinal and not 1 <= abs(number) <= 53:
        raise RuleError("unreadable", f"no such weekday: {text[:20]}")
    return number, WEEKDAYS.index(day)


def _write_until(until: dt.datetime) -> str:
    if until.tzinfo is None:
        return f"{until:%Y%m%dT%H%M%S}"
    return f"{until.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"


def _write_time(time: dt.time) -> str:
    return f"{time:%H%M%S}" if time.second else f"{time:%H%M}"


def _number(text: str) -> int:
    if not text.lstrip("+-").isdecimal() or len(text) > 9:
        raise ValueError(text)
    return int(text)


def _until(text: str) -> dt.datetime:
    if len(text) == 8:
        return dt.datetime.combine(_date(text), dt.time(23, 59, 59))
    date, middle, time = text[:8], text[8], text[9:].removesuffix("Z")
    if middle != "T" or len(time) != 6:
        raise ValueError(text)
    return dt.datetime.combine(_date(date), _time(time), dt.UTC if text.endswith("Z") else None)


def _date(text: str) -> dt.date:
    if len(text) != 8 or not text.isdecimal():
        raise ValueError(text)
    return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _time(text: str) -> dt.time:
    if len(text) not in (4, 6) or not text.isdecimal():
        raise ValueError(text)
    return dt.time(int(text[:2]), int(text[2:4]), int(text[4:] or 0))


def _window(text: str) -> tuple[dt.time, dt.time]:
    first, last = text.split("-")
    return _time(first), _time(last)


def _lunar(text: str) -> tuple[int, int]:
    month, day = text.split("-")
    return _number(month), _number(day)


def _one_of(choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(text)
        return text

    return read


def _several(read: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    return lambda text: tuple(read(item.strip()) for item in text.split(","))


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "FREQ": ("freq", _one_of(get_args(Freq))),
    "INTERVAL": ("interval", _number),
    "COUNT": ("count", _number),
    "UNTIL": ("until", _until),
    "BYDAY": ("by_day", _several(read_weekday)),
    "WKST": ("week_start", WEEKDAYS.index),
    "RSCALE": ("", _one_of(("GREGORIAN", "ISO8601"))),
    "SKIP": ("short", _SKIPS.__getitem__),
    "X-TIMES": ("times", _several(_time)),
    "X-WINDOW": ("window", _window),
    "X-SHORT": ("short", _one_of(("SKIP", "LAST", "NEXT"))),
    "X-EXDATE": ("excluded", _several(_date)),
    "X-EXDAY": ("excluded_days", _several(WEEKDAYS.index)),
    "X-LUNAR": ("lunar", _lunar),
} | {name: (field, _several(_number)) for name, field in _NUMBERS.items()}
"""Part: the field it fills and what reads it."""
