"""English weeks, months and years that a day is counted in, and their beginnings and ends."""

from __future__ import annotations

from dataclasses import replace

from core.language.grammar.days import Day, Edge, merged_days
from core.language.grammar.english_pieces import Reader

NEXT = frozenset({"next", "nxt", "following", "upcoming", "coming", "forthcoming"})

THIS = frozenset({"this", "current", "dis"})

LAST = frozenset({"last", "past", "previous", "prior"})

THE = frozenset({"the", "that", "da"})

OF = frozenset({"of", "in", "for"})

_BEGIN = frozenset({"beginning", "begin", "start", "top"})

_MIDDLE = frozenset({"middle", "mid"})

SHORT_EDGES = {"eom": "month", "eow": "week", "eoy": "year", "bom": "month"}

PERIOD_UNITS = frozenset({"week", "month", "quarter", "year", "weekend"})


def offset_word(word: str) -> int | None:
    return 1 if word in NEXT else 0 if word in THIS else -1 if word in LAST else None


def with_period(day: Day, period: Day) -> Day:
    return merged_days(day, period) or day


def named_period(name: str, offset: int) -> Day:
    match name:
        case "week":
            return Day(week=offset)
        case "weekend":
            return Day(week=offset, weekend=True)
        case "month":
            return Day(months=offset)
        case "quarter":
            return Day(quarters=offset)
    return Day(years=offset)


def period_at(r: Reader, j: int) -> tuple[Day, int] | None:
    """A week, month or year that a day is counted in: "next month", "the month", "November 2027", "2027"."""
    j += r.text(j) in THE
    j += r.text(j) == "month" and r.text(j + 1) == "of"
    token = r.at(j)
    modifier = offset_word(token.text)
    if modifier is not None and r.at(j + 1).category == "unit" and r.at(j + 1).name in PERIOD_UNITS:
        return named_period(r.at(j + 1).name, modifier), j + 2
    if modifier is not None and r.at(j + 1).category == "month":
        return Day(month=r.at(j + 1).number_as_int), j + 2
    if token.category == "unit" and token.name in PERIOD_UNITS and not token.text.endswith("s"):
        if r.text(j + 1) == "after" and r.text(j + 2) == "next":
            return named_period(token.name, 2), j + 3
        return named_period(token.name, 0), j + 1
    if token.category == "month":
        day, k = Day(month=token.number_as_int), j + 1
        year = year_at(r, k + (r.text(k) in (",", "of", "in")))
        return (replace(day, year=year[0]), year[1]) if year else (day, k)
    year = year_at(r, j)
    return (Day(year=year[0]), year[1]) if year else None


def of_period_at(r: Reader, j: int) -> tuple[Day, int] | None:
    return period_at(r, j + 1) if r.text(j) in OF else None


def year_at(r: Reader, j: int) -> tuple[int, int] | None:
    token = r.at(j)
    if token.kind != "number" or r.at(j + 1).category == "unit" or r.at(j + 1).kind == "meridiem":
        return None
    number = int(token.number)
    if 1900 <= number <= 2199 and (token.name == "word" or len(token.text) == 4):
        return number, j + 1
    ahead = r.at(j + 1)
    if (
        token.name == "word"
        and number in (19, 20)
        and ahead.name == "word"
        and ahead.kind == "number"
        and 10 <= ahead.number <= 99
    ):
        return number * 100 + int(ahead.number), j + 2
    return None


def edge_at(r: Reader, i: int) -> tuple[Day, int] | None:
    """ "end of the month", "beginning of next week", "mid March"."""
    word = r.text(i)
    edge: Edge = "start" if word in _BEGIN else "middle" if word in _MIDDLE else "end"
    j = i + 1
    j += r.text(j) == "-"
    if r.text(j) == "of" or (word == "mid"):
        j += r.text(j) == "of"
        found = period_at(r, j)
        if found is not None and found[0] != Day(week=0, weekend=True) and not (word == "mid" and found[0].year):
            return replace(found[0], edge=edge), found[1]
    elif r.repeats and r.text(i - 1) == "the" and (r.at(j).kind in ("end", "punct") or r.text(j) in ("at", "to")):
        return Day(months=0, edge=edge), j
    elif word == "end" and offset_word(r.text(j)) is not None:
        found = period_at(r, j)
        return (replace(found[0], edge=edge), found[1]) if found else None
    return None
