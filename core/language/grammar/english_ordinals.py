"""What English ordinals open: "the 3rd of March", "first Monday of next month", "the last working day"."""

from __future__ import annotations

from dataclasses import replace

from core.language.grammar.days import Day
from core.language.grammar.english_dates import AFTER_DAY, with_year
from core.language.grammar.english_periods import OF, of_period_at, offset_word, period_at, with_period
from core.language.grammar.english_pieces import Reader


def ordinal_number(r: Reader, i: int) -> tuple[int, int] | None:
    """ "third" 3, "last" -1, "second to last" -2, "3rd last" -3, "penultimate" -2."""
    token = r.at(i)
    if token.text in ("last", "final"):
        return -1, i + 1
    if token.text == "penultimate":
        return -2, i + 1
    second = token.text == "second" and token.category == "unit"
    if token.kind != "ordinal" and not second:
        return None
    number = 2 if second else int(token.number)
    if r.text(i + 1) == "last" and (
        r.at(i + 2).category in ("weekday", "unit")
        or r.at(i + 2).kind == "end"
        or r.text(i + 2) in ("of", "in", "working", "business")
    ):
        return -number, i + 2
    k = i + 1 + (r.text(i + 1) == "-")
    if r.text(k) == "to" and r.text(k + 1) == "the" and r.text(k + 2) == "last":
        return -number, k + 3
    if r.text(k) == "to" and (r.text(k + 1) == "last" or (r.text(k + 1) == "-" and r.text(k + 2) == "last")):
        return -number, k + 2 + (r.text(k + 1) == "-")
    return number, i + 1


def ordinal_day_at(r: Reader, i: int, the: bool) -> tuple[Day, int] | None:
    """What an ordinal opens: "the 3rd [of March]", "first Monday of next month", "last day of the month"."""
    numbered = ordinal_number(r, i)
    if numbered is None:
        return None
    nth, j = numbered
    counted = counted_at(r, j, nth)
    if counted is not None:
        day, j = counted
        period = of_period_at(r, j) or (period_at(r, j) if offset_word(r.text(j)) is not None else None)
        if period is not None:
            return with_period(day, period[0]), period[1]
        return (
            (day, j)
            if each_behind(r, j)
            or (day.nth is not None and day.weekday is not None)
            or (the and day.working)
            or (day.day == -1 and the)
            or (r.repeats and (the or nth < 0))
            else None
        )
    if nth < 0:
        return (Day(day=nth), j) if nth < -1 and (the or each_behind(r, j)) else None
    if each_behind(r, j) and 1 <= nth <= 31:
        return Day(day=nth), j
    return _plain_ordinal(r, i, j, nth, the)


def each_behind(r: Reader, j: int) -> bool:
    """ "of every month" follows: what stands before repeats."""
    return r.at(j).category == "every" or (r.text(j) in OF and r.at(j + 1).category == "every")


def counted_at(r: Reader, j: int, nth: int) -> tuple[Day, int] | None:
    """What the ordinal counts: a weekday, a working day, a day, a weekend."""
    token = r.at(j)
    if token.category == "weekday" and r.text(j - 1) not in ("past",):
        return Day(nth=nth, weekday=token.number_as_int), r.past_dot(j + 1)
    if token.text in ("working", "business", "work", "week") and r.at(j + 1).name == "day":
        return Day(nth=nth, working=True), j + 2
    if token.name == "workday" and not token.text.endswith("s"):
        return Day(nth=nth, working=True), j + 1
    if token.name == "day" and token.text == "day":
        return Day(day=nth), j + 1
    if token.name == "weekend":
        return Day(nth=nth, weekend=True), j + 1
    return None


def _plain_ordinal(r: Reader, i: int, j: int, number: int, the: bool) -> tuple[Day, int] | None:
    if not 1 <= number <= 31:
        return None
    day = Day(day=number)
    k = j + (r.text(j) in ("of", "-", "/") or (r.text(j) == "day" and r.text(j + 1) == "of")) + (r.text(j) == "day")
    if r.at(k).category == "month":
        return with_year(r, replace(day, month=r.at(k).number_as_int), r.past_dot(k + 1))
    period = of_period_at(r, j) or (period_at(r, j) if offset_word(r.text(j)) is not None else None)
    if period is not None and period[0].week is None:
        return with_period(day, period[0]), period[1]
    ahead = r.at(j)
    if ahead.kind == "number" and r.at(j + 1).category == "unit":
        return None
    if (
        the
        and ahead.kind == "word"
        and ahead.category in ("", "unit")
        and ahead.text not in AFTER_DAY
        and r.at(i).kind != "end"
    ):
        return None
    if (
        the
        or r.text(i - 1) in ("on", "by", "until", "till", "before", "after", "since")
        or r.at(i - 1).category == "weekday"
    ):
        return day, j
    return None
