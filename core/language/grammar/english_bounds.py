"""The bounds of an English repetition: "until June", "starting next week", "10 times", "for a month", "except Sundays"."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from core.language.grammar.days import Day
from core.language.grammar.english_clock import bare_clock_at
from core.language.grammar.english_dates import period_at
from core.language.grammar.english_days import day_at, days_at
from core.language.grammar.english_every import TIMES, weekdays_at
from core.language.grammar.english_lexicon import BOUNDS, LISTS
from core.language.grammar.english_pieces import Count, Except, Lasting, Reader, Shift, Starting, Until
from core.language.grammar.english_shift import amount_at, length_at
from core.language.grammar.tokens import word_set

Found: TypeAlias = tuple[Until | Starting | Count | Lasting | Except, int]


def bound_at(r: Reader, i: int) -> Found | None:
    """The end, start, number or exceptions of a repetition; a caller asks only where there is one."""
    return _until(r, i) or _starting(r, i) or _count(r, i) or _lasting(r, i) or except_at(r, i)


def _bounding_day(r: Reader, j: int) -> tuple[Day, int] | None:
    """A day or a whole period ("June", "next year", "2027", "the end of June")."""
    j += r.text(j) in ("on", "in", "at", "from", "with")
    found = day_at(r, j)
    if found is not None:
        return found
    token, k = r.at(j), j + (r.text(j) == "the")
    if r.at(k).category == "month":
        return Day(month=r.at(k).number_as_int), k + 1
    if token.kind == "number" and len(token.text) == 4 and 1990 <= token.number <= 2199:
        return Day(year=int(token.number)), j + 1
    return None


def _until(r: Reader, i: int) -> Found | None:
    word = r.text(i)
    if word == "forever":
        return Until(), i + 1
    opened = r.phrase(i, BOUNDS["until"])
    if opened is None:
        return None
    j = r.skip(opened[1], frozenset({"and", "including", "at"}))
    if r.text(j) in LISTS["endless"]:
        return Until(), r.skip(j + 1, LISTS["endless_more"])
    found = _bounding_day(r, j)
    if found is not None:
        last, end = found
        whole = word in ("through", "thru") or "including" in (r.text(j - 1), r.text(j - 2))
        period = last.month or last.months is not None or last.year or last.week is not None
        named = last.day or last.nth or last.edge or last.weekday is not None
        return Until(replace(last, edge="end") if whole and period and not named else last), end
    if word == "end":
        return None
    clock = bare_clock_at(r, j)
    if clock is None:
        return None
    day = day_at(r, clock[1] + (r.text(clock[1]) == "on"))
    return (Until(day[0], clock[0]), day[1]) if day else (Until(clock=clock[0]), clock[1])


def _starting(r: Reader, i: int) -> Found | None:
    opened = r.phrase(i, BOUNDS["starting"])
    if opened is None or (r.text(i) == "after" and not r.at(i + 1).category):
        return None
    j = opened[1] + (r.text(opened[1]) == "from")
    if r.text(j) in ("now", "immediately", "right", "asap"):
        return Starting(Day(days=0)), j + 1 + (r.text(j + 1) in ("now", "away", "on"))
    if r.text(j) == "in":
        ahead = length_at(r, j + 1)
        if ahead is not None:
            return Starting(shift=ahead[0]), ahead[1]
    found = _bounding_day(r, j)
    if found is not None:
        return Starting(found[0]), found[1] + _onwards(r, found[1])
    j += r.text(j) == "at"
    clock = bare_clock_at(r, j)
    if clock is None:
        return None
    day = day_at(r, clock[1] + (r.text(clock[1]) == "on"))
    return (Starting(day[0], clock[0]), day[1]) if day else (Starting(clock=clock[0]), clock[1])


def _onwards(r: Reader, j: int) -> int:
    """ "from Monday on": but the "on" of "from Monday on weekdays" opens something else."""
    alone = r.at(j + 1).kind in ("end", "punct") or r.at(j + 1).category == "every"
    return int(r.text(j) in ("onwards", "onward") or (r.text(j) == "on" and alone))


def _count(r: Reader, i: int) -> Found | None:
    j = i + (r.text(i) == "for")
    j = r.skip(j, word_set("a total of up to max at most maximum only just exactly"))
    j = r.skip(j, frozenset({"the", "next"}), 2)
    token, ahead = r.at(j), r.at(j + 1)
    if token.text == "x" and ahead.kind == "number" and ahead.number >= 1:
        return Count(ahead.number_as_int), j + 2
    if token.kind == "number" and token.number >= 1 and ahead.text in TIMES:
        return Count(token.number_as_int), j + 2 + (r.text(j + 2) in ("only", "total", "max"))
    alone = r.text(i) == "for" or r.at(i + 1).kind in ("end", "punct")
    if alone and token.text in ("once", "twice"):
        return Count(1 if token.text == "once" else 2), j + 1
    return None


def _lasting(r: Reader, i: int) -> Found | None:
    """ "for the next three weeks", "for a month", "over the next 10 days", "for the rest of the month"."""
    if r.text(i) not in ("for", "over", "during", "within", "throughout"):
        return None
    j = r.skip(i + 1, word_set("the next up to another about following coming"))
    if r.text(j) == "rest" and r.text(j + 1) == "of":
        today = (Day(days=0), j + 4) if r.says(j + 2, ("the", "day")) else None
        found = day_at(r, j + 2) or today or period_at(r, j + 2)
        return (Until(found[0]), found[1]) if found else None
    counted = _count_of_unit(r, j)
    return (Lasting(counted[0]), counted[1]) if counted else None


_FROM = word_set("from before after ago later")


def lasts_days(r: Reader, i: int) -> int:
    """The index behind "for 5 days" or "for the next two weeks" where it stands here and nothing makes it a distance; else 0."""
    found = _lasting(r, i)
    if found is None or not isinstance(found[0], Lasting) or r.text(found[1]) in _FROM:
        return 0
    once = found[0].shift.days == 1 and not found[0].shift.months
    return 0 if found[0].shift.seconds or once else found[1]


def _count_of_unit(r: Reader, j: int) -> tuple[Shift, int] | None:
    found = length_at(r, j)
    if found is None and r.at(j).category == "unit" and r.text(j - 1) in ("next", "the", "following", "coming"):
        return amount_at(r, j, 1)
    return found


def except_at(r: Reader, i: int) -> Found | None:
    word = r.text(i)
    opened = r.phrase(i, BOUNDS["except"])
    if opened is None:
        return None
    j = r.skip(opened[1], frozenset({"for", "on", "the", "in", "every", "any", "each", "not"}))
    token = r.at(j)
    if token.category == "weekdays" or token.name in ("weekend", "workday"):
        found = weekdays_at(r, j, 1)
        return (Except(found[0].days), found[1]) if found else None
    if token.kind == "ordinal" and r.text(j + 1) in ("one", "ones"):
        return Except(()), j + 2
    days = days_at(r, j - (r.text(j - 1) == "the")) or days_at(r, j)
    if days is not None:
        return Except(days[0].days), days[1]
    if token.category == "month":
        return Except((Day(month=token.number_as_int),)), j + 1
    unknown = word in ("except", "excluding", "apart", "other")
    return (Except(()), j + 1) if unknown and token.kind == "word" else None
