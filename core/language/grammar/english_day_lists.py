"""Lists and stretches of English days: "Tuesday and Friday", "the 1st and 15th", "Monday to Friday"."""

from __future__ import annotations

from dataclasses import replace

from core.language.grammar.days import Day, merged_days
from core.language.grammar.english_dates import (
    THE,
    counted_at,
    each_behind,
    is_time_number,
    of_period_at,
    ordinal_number,
    with_period,
)
from core.language.grammar.english_days import day_at
from core.language.grammar.english_pieces import Days, Reader
from core.language.grammar.tokens import word_set


def counted_days_at(r: Reader, j: int) -> tuple[Days, int] | None:
    """ "last Friday", "1st and 3rd Monday", "second to last working day": what an ordinal counts, without its month."""
    found: list[Day] = []
    numbers: list[int] = []
    end = j
    for _ in range(6):
        numbered = ordinal_number(r, j)
        if numbered is None:
            break
        numbers.append(numbered[0])
        counted = counted_at(r, numbered[1], numbered[0])
        end = counted[1] if counted else numbered[1]
        if counted is not None:
            day = counted[0]
            found.extend(replace(day, nth=number) if day.nth else replace(day, day=number) for number in numbers)
            numbers = []
        j = r.skip(end, _LIST, 2)
        j += r.text(j) in THE
    return (Days(tuple(found)), end) if found and not numbers else None


_LIST = word_set(", and & + / or plus")

_THROUGH = frozenset({"-", "to", "through", "thru"})
_UNTIL = frozenset({"till", "until", "til"})
"""In a sentence that repeats, "on the 3rd until Christmas" is a day and a bound, not a stretch."""


def _until_joins(r: Reader, i: int, j: int) -> bool:
    return r.text(j) in _UNTIL and (not r.repeats or r.text(i - 1) == "from")


def days_at(r: Reader, i: int, bare_numbers: bool = False) -> tuple[Days, int] | None:
    """A day, a list of them ("Tuesday and Friday", "the 1st and 15th of March") or a stretch ("Monday to Friday")."""
    counted = _counted_list(r, i)
    if counted is not None:
        return counted
    stretch = _numbered_stretch(r, i)
    if stretch is not None:
        return stretch
    first = day_at(r, i)
    if first is None and bare_numbers:
        first = _number_at(r, i)
    if first is None:
        return None
    found, j = [first[0]], first[1]
    between = r.text(j) == "and" and r.text(i - 1) == "between"
    if between or r.text(j) in _THROUGH or _until_joins(r, i, j):
        last = _through(r, found[0], j + 1)
        if last is not None and r.repeats and (found[0].weekday is None) != (last[0].weekday is None):
            last = None
        return (Days((found[0], last[0]), through=True), last[1]) if last else (Days(tuple(found)), j)
    for _ in range(12):
        k = r.skip(j, _LIST, 2)
        k += r.text(k) == "on"
        bare_row = r.at(j).category == "weekday" and found[0] == Day(weekday=found[0].weekday)
        more = _like(r, found[0], k) if k > j or bare_row else None
        if more is None:
            break
        found.append(more[0])
        j = more[1]
    return Days(_sharing(found)), j


def _counted_list(r: Reader, i: int) -> tuple[Days, int] | None:
    """ "the first and third Monday [of next month]"."""
    j = i + (r.text(i) in THE)
    numbered = ordinal_number(r, j)
    if numbered is None or r.text(numbered[1]) not in _LIST:
        return None
    found = counted_days_at(r, j)
    if found is None or len(found[0].days) < 2:
        return None
    period = of_period_at(r, found[1])
    if period is not None and not each_behind(r, found[1]):
        return Days(tuple(with_period(day, period[0]) for day in found[0].days)), period[1]
    return found if each_behind(r, found[1]) or found[0].days[0].nth is not None else None


def _numbered_stretch(r: Reader, i: int) -> tuple[Days, int] | None:
    """ "1-8 September", "the 13 to the 15th of July": the month behind holds for both."""
    j = i + (r.text(i) in THE)
    k = j + 1
    if r.at(j).kind not in ("number", "ordinal") or not (r.text(k) in _THROUGH or _until_joins(r, i, k)):
        return None
    k += 1 + (r.text(k + 1) in THE)
    last = day_at(r, k) if r.at(k).kind in ("number", "ordinal") else None
    if last is None or last[0].day is None or (last[0].month is None and last[0].months is None):
        return None
    number = r.at(j).number_as_int
    return (Days((replace(last[0], day=number), last[0]), through=True), last[1]) if 1 <= number <= 31 else None


def _number_at(r: Reader, k: int) -> tuple[Day, int] | None:
    """A bare number or ordinal that can be a day of the month."""
    token = r.at(k)
    counts = token.kind in ("number", "ordinal") and 1 <= token.number <= 31 and not is_time_number(r, k)
    return (Day(day=token.number_as_int), k + 1) if counts else None


def _like(r: Reader, first: Day, k: int) -> tuple[Day, int] | None:
    """A further day of a list: of the same sort as the first."""
    found = day_at(r, k)
    if found is None and first.nth is not None and (numbered := ordinal_number(r, k)) is not None:
        found = counted_at(r, numbered[1], numbered[0])
    clock = r.at(k).kind == "number" and (r.at(k + 1).kind == "number" or r.at(k).name == "word")
    if found is None and first.day is not None and not clock:
        found = _number_at(r, k)
    return found if found is not None and _sort(found[0]) == _sort(first) else None


def _sort(day: Day) -> tuple[bool, bool, bool, str | None]:
    return day.weekday is None, day.day is None, day.days is None, day.holiday


def _sharing(found: list[Day]) -> tuple[Day, ...]:
    """ "the 1st and 15th of March": what only the last one says of the month holds for all, and the other way round."""
    last, first = found[-1], found[0]
    if len(found) == 1 or first.day is None:
        return tuple(found)
    source = last if last.month is not None or last.months is not None else first
    period = Day(month=source.month, months=source.months, year=source.year)
    return tuple(merged_days(day, period) or day for day in found)


def _through(r: Reader, first: Day, k: int) -> tuple[Day, int] | None:
    k += r.text(k) in THE
    found = day_at(r, k)
    number = _number_at(r, k) if found is None and first.day is not None else None
    return (replace(number[0], month=first.month, months=first.months, year=first.year), k + 1) if number else found
