"""English dates and the periods that a day is counted in: "March 3rd, 2027", "the last Friday of next month"."""

from __future__ import annotations

from dataclasses import replace

from core.language.grammar.days import Day, Edge, merged_days
from core.language.grammar.english_lexicon import LISTS
from core.language.grammar.english_pieces import Reader
from core.language.grammar.english_tokens import Token
from core.language.grammar.tokens import word_set

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
    return {
        "week": Day(week=offset),
        "weekend": Day(week=offset, weekend=True),
        "month": Day(months=offset),
        "quarter": Day(quarters=offset),
        "year": Day(years=offset),
    }[name]


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
    words = token.name == "word" and ahead.name == "word" and ahead.kind == "number"
    if words and number in (19, 20) and 10 <= ahead.number <= 99:
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


AFTER_DAY = LISTS["after_day"]


def month_day_at(r: Reader, i: int) -> tuple[Day, int] | None:
    """ "March 3rd[, 2027]", "april twenty", "March 2027"; a bare month only where a caller knows that it is one."""
    month = r.at(i).number_as_int
    j = r.past_dot(i + 1)
    dash = r.text(j) in ("-", "/") and r.at(j).glued
    j += dash
    year = year_at(r, j + (r.text(j) in (",", "of")))
    if year is not None:
        return Day(month=month, year=year[0]), year[1]
    j += r.text(j) == "," and r.at(j + 1).kind == "ordinal"
    j += r.text(j) == "the"
    token = r.at(j)
    second = token.text == "second"
    number = 2 if second else token.number_as_int
    says_day = second or token.kind == "ordinal" or (token.kind == "number" and not is_time_number(r, j))
    if (
        not says_day
        or not 1 <= number <= 31
        or (r.at(i).text == "may" and token.kind == "number" and r.text(j - 1) != "may")
    ):
        return None
    return with_year(r, Day(month=month, day=number), j + 1)


def is_time_number(r: Reader, j: int) -> bool:
    """The number opens a clock time or counts something, so it is no day of the month."""
    ahead = r.at(j + 1)
    counted = ahead.category == "unit" or ahead.text in ("times", "x") or (ahead.glued and ahead.text in ("ish", "h"))
    if counted or ahead.kind == "meridiem" or ahead.text in ("o'clock", "oclock"):
        return True
    minutes = ahead.kind == "number" and ahead.name == "word" and ahead.number >= 10
    return minutes and r.at(j + 2).kind == "meridiem"


def with_year(r: Reader, day: Day, j: int) -> tuple[Day, int]:
    k = j + (r.text(j) in (",", "of", "in", "-", "/", "."))
    year = year_at(r, k)
    digits = r.at(k).name != "word" and r.at(k).number % 100 < 60 and r.at(k).number < 2000
    if year is None or (k == j and digits):  # "March 3 1930" is half past seven
        return day, j
    return replace(day, year=year[0]), year[1]


def dated_at(r: Reader, i: int) -> tuple[Day, int] | None:
    """A date in digits, or one that starts with a number."""
    match r.at(i).kind:
        case "date":
            return _written_date(r, i)
        case "decimal":
            return _dotted_date(r, i)
        case "number":
            return _number_day_at(r, i)
    return None


def _written_date(r: Reader, i: int) -> tuple[Day, int] | None:
    """Digits: year first as ISO; with slashes as the writer's part of the world does unless that cannot be; with dots
    day first."""
    groups = r.at(i).parts
    if groups[0] > 31:
        return _valid(groups[0], groups[1], groups[2], i)
    if len(groups) == 2 and groups[1] > 31:
        return (Day(month=groups[0], year=groups[1]), i + 1) if 1 <= groups[0] <= 12 else None
    year = groups[2] if len(groups) == 3 else None
    if year is not None and year < 100:
        year += 2000 if year < 70 else 1900
    day_first = "." in r.text(i) or groups[0] > 12 or (r.day_first and groups[1] <= 12)
    month, day = (groups[1], groups[0]) if day_first else (groups[0], groups[1])
    return _valid(year, month, day, i)


def either_way(token: Token) -> bool:
    """A date such as "3/4", which people of two parts of the world read differently."""
    return (
        token.kind == "date"
        and "." not in token.text
        and max(token.parts[:2]) <= 12
        and token.parts[0] != token.parts[1]
    )


def _valid(year: int | None, month: int, day: int, i: int) -> tuple[Day, int] | None:
    return (Day(year=year, month=month, day=day), i + 1) if 1 <= month <= 12 and 1 <= day <= 31 else None


def _dotted_date(r: Reader, i: int) -> tuple[Day, int] | None:
    """ "23.08" is a date behind a weekday or "on", and a clock time elsewhere."""
    token = r.at(i)
    day, month = token.parts[0], token.parts[1]
    before = r.at(i - 1)
    if not (1 <= day <= 31 and 1 <= month <= 12) or len(token.text.split(".")[1]) != 2:
        return None
    return (Day(day=day, month=month), i + 1) if before.category == "weekday" or before.text == "on" else None


def is_verb(r: Reader, j: int) -> bool:
    """ "may" and "march" before a plain word: "this may take longer"."""
    ahead = r.at(j + 1)
    plain = ahead.kind == "word" and not ahead.category and ahead.text not in AFTER_DAY - {"or"}
    return plain and r.text(j) in ("may", "march", "mar")


def _number_day_at(r: Reader, i: int) -> tuple[Day, int] | None:
    """ "21 August [2027]", "20 of this month"."""
    number = int(r.at(i).number)
    if not 1 <= number <= 31:
        return None
    from_now = r.says(i + 2, ("from", "now")) or r.says(i + 2, ("from", "today"))
    if from_now and r.at(i + 1).category == "weekdays" and r.at(i + 1).number >= 0:
        return Day(weekday=r.at(i + 1).number_as_int, weeks_later=number - 1), i + 4
    k = i + 1 + (r.text(i + 1) in ("of", "-", "/", "."))
    named = r.text(i - 1) in ("on", "the", "by", "until", "from")
    if r.at(k).category == "month" and (named or not is_verb(r, k)):
        return with_year(r, Day(day=number, month=r.at(k).number_as_int), r.past_dot(k + 1))
    if r.text(i + 1) == "of":
        period = period_at(r, i + 2)
        if period is not None and (period[0].months is not None or period[0].month is not None):
            return with_period(Day(day=number), period[0]), period[1]
    return None


_LAST_OF = frozenset({"of", "in", "working", "business"})


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
    number = 2 if second else token.number_as_int
    ahead = r.at(i + 2)
    counts = ahead.category in ("weekday", "unit") or ahead.kind == "end" or ahead.text in _LAST_OF
    if r.text(i + 1) == "last" and counts:
        return -number, i + 2
    k = i + 1 + (r.text(i + 1) == "-")
    end = k + 1 + (r.text(k + 1) in ("the", "-"))
    return (-number, end + 1) if r.text(k) == "to" and r.text(end) == "last" else (number, i + 1)


def ordinal_day_at(r: Reader, i: int, the: bool) -> tuple[Day, int] | None:
    """What an ordinal opens: "the 3rd [of March]", "first Monday of next month", "last day of the month"."""
    numbered = ordinal_number(r, i)
    if numbered is None:
        return None
    nth, j = numbered
    counted = counted_at(r, j, nth)
    if counted is not None:
        day, j = counted
        period = _period_behind(r, j)
        if period is not None:
            return with_period(day, period[0]), period[1]
        whole = day.weekday is not None or (the and (day.working or day.day == -1))
        return (day, j) if whole or each_behind(r, j) or (r.repeats and (the or nth < 0)) else None
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
    period = _period_behind(r, j)
    if period is not None and period[0].week is None:
        return with_period(day, period[0]), period[1]
    ahead = r.at(j)
    if ahead.kind == "number" and r.at(j + 1).category == "unit":
        return None
    noun = ahead.kind == "word" and ahead.category in ("", "unit") and ahead.text not in AFTER_DAY
    if the:
        return None if noun else (day, j)
    return (day, j) if r.text(i - 1) in _BEFORE_ORDINAL or r.at(i - 1).category == "weekday" else None


_BEFORE_ORDINAL = word_set("on by until till before after since")


def _period_behind(r: Reader, j: int) -> tuple[Day, int] | None:
    return period_at(r, j + (r.text(j) in OF)) if r.text(j) in OF or offset_word(r.text(j)) is not None else None
