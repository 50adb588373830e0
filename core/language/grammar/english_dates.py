"""English dates: "March 3rd, 2027", "21 August", and the ways of writing them in digits."""

from __future__ import annotations

from dataclasses import replace

from core.language.grammar.days import Day
from core.language.grammar.english_periods import period_at, with_period, year_at
from core.language.grammar.english_pieces import Reader
from core.language.grammar.english_tokens import Token
from core.language.grammar.tokens import word_set

AFTER_DAY = word_set(
    "at by on in to and or so starting beginning that for i we please pls around about until till from remind call @ of each every "
    "with before after ending except excluding but"
)


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


def written_date(token: Token, i: int) -> tuple[Day, int] | None:
    """Digits: year first as ISO; with slashes month first unless that cannot be; with dots day first."""
    groups = token.parts
    if token.name == "iso":
        return _valid(groups[0], groups[1], groups[2], i)
    if len(groups) == 2 and groups[1] > 31:
        return (Day(month=groups[0], year=groups[1]), i + 1) if 1 <= groups[0] <= 12 else None
    year = groups[2] if len(groups) == 3 else None
    if year is not None and year < 100:
        year += 2000 if year < 70 else 1900
    month, day = (groups[1], groups[0]) if "." in token.text or groups[0] > 12 else (groups[0], groups[1])
    if "-" in token.text and len(groups) == 3 and groups[0] <= 12 and groups[1] <= 12 and groups[2] > 31:
        month, day = groups[0], groups[1]
    return _valid(year, month, day, i)


def _valid(year: int | None, month: int, day: int, i: int) -> tuple[Day, int] | None:
    return (Day(year=year, month=month, day=day), i + 1) if 1 <= month <= 12 and 1 <= day <= 31 else None


def dotted_date(r: Reader, i: int) -> tuple[Day, int] | None:
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


def number_day_at(r: Reader, i: int) -> tuple[Day, int] | None:
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
