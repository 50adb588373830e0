"""What stands behind "every" and "each": units, weekdays, the nth day, dates."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from core.language.grammar.days import Day
from core.language.grammar.english_clock import clock_at
from core.language.grammar.english_dates import is_time_number, ordinal_number
from core.language.grammar.english_days import counted_days_at, days_at
from core.language.grammar.english_lexicon import LISTS
from core.language.grammar.english_pieces import Every, Reader, Shift
from core.language.grammar.english_shift import length_at
from core.language.grammar.tokens import word_set
from core.language.values import Frequency

Found: TypeAlias = tuple[Every, int]

FREQUENCY: dict[str, tuple[Frequency, int]] = {
    "minute": ("MINUTELY", 1),
    "hour": ("HOURLY", 1),
    "day": ("DAILY", 1),
    "week": ("WEEKLY", 1),
    "fortnight": ("WEEKLY", 2),
    "month": ("MONTHLY", 1),
    "quarter": ("MONTHLY", 3),
    "year": ("YEARLY", 1),
    "decade": ("YEARLY", 10),
}

WEEKDAYS = tuple(Day(weekday=number) for number in range(5))

WEEKEND = (Day(weekday=5), Day(weekday=6))

PERIODS = {"workday": WEEKDAYS, "weekend": WEEKEND}

TIMES = word_set("times time x occurrences occasions repetitions repeats reminders instances")
_FILLERS = frozenset({"single", "and", "every", "of", "the", "darn"})
_AND = word_set(", and &")
_THROUGH = word_set("- to through thru till til until")
_JOINS = word_set(", and & + / or on every each")
_AFTER_VAGUE = word_set("often and then again in a while hours days weeks minutes months moon i of")
_NTH_OF_MONTH = frozenset({-1, 1})


def each_at(r: Reader, j: int) -> Found | None:
    j = r.skip(j, _FILLERS)
    interval, k = _interval(r, j)
    token = r.at(k)
    fraction = token.text == "half" or (token.text in ("a", "quarter") and r.at(k + 1).category in ("half", "unit"))
    numbered = token.kind == "decimal" or (token.kind == "number" and k == j) or token.name == "quarter"
    if (fraction or numbered) and (length := length_at(r, k)) is not None:
        return _of_length(*length)
    if fraction or token.kind == "decimal":
        return None
    if token.category == "unit":
        return _every_unit(r, j, k, interval)
    days = _every_days(r, j)
    if days is not None:
        return days
    if token.category == "part" or token.name == "tonight":
        return Every("DAILY", interval, part="night" if token.name == "tonight" else token.name), k + 1
    if token.category in ("weekday", "weekdays"):
        return weekdays_at(r, k, interval)
    if token.text in ("working", "business", "work", "week") and r.at(k + 1).name == "day":
        return Every("WEEKLY", interval, WEEKDAYS), k + 2
    if token.name == "weeknight":
        return Every("WEEKLY", interval, WEEKDAYS, part="night"), k + 1
    return (Every("DAILY", interval), k) if clock_at(r, k) is not None else None


def _interval(r: Reader, j: int) -> tuple[int, int]:
    """ "other" 2, "3", "third", "second" -> the interval and the index behind; 1 where none is said."""
    token = r.at(j)
    if token.text in ("other", "alternate", "alternating", "2nd"):
        return 2, j + 1
    if token.text == "second" and r.at(j + 1).category in ("unit", "weekday", "weekdays", "part", "month"):
        return 2, j + 1
    if token.kind in ("number", "ordinal") and (r.at(j + 1).category or r.text(j + 1) in ("working", "business")):
        return int(token.number), j + 1
    if token.text == "couple":
        return 2, j + 1 + (r.text(j + 1) == "of")
    return 1, j


def _every_unit(r: Reader, j: int, k: int, interval: int) -> Found | None:
    """ "every 3 hours", "every hour and a half", "every weekday", "every second" (which is too fine)."""
    unit = r.at(k).name
    nth = r.text(k + 1) == "of" or (interval == 1 and unit in PERIODS)
    if r.at(j).kind == "ordinal" and (unit == "day" or unit in PERIODS) and nth:
        return _every_ordinal(r, j, (interval, k))
    if r.text(k + 1) == "or" and r.text(k + 2) in ("two", "three", "so"):
        return Every(None, trouble="unclear"), k + 3
    if interval == 0:
        return Every(None, trouble="too_fine"), k + 1
    if unit in PERIODS:
        return with_part(r, Every("WEEKLY", interval, PERIODS[unit]), k + 1)
    length = length_at(r, j) if r.at(j).kind == "number" else None
    if length is not None and length[1] > k + 1:
        return _of_length(*length)
    if unit == "hour" and r.says(k + 1, ("and", "a", "half")):
        return Every("MINUTELY", 60 * interval + 30), k + 4
    if unit == "second":
        return _of_length(Shift(seconds=interval if k > j else 1), k + 1)
    frequency, times = FREQUENCY[unit]
    whole = unit == "day" and r.text(k + 1) == "of" and r.text(k + 2) in ("the", "every", "each")
    end = k + 4 if whole and r.at(k + 3).name in ("week", "month", "year") else k + 1
    return Every(frequency, interval * times), end


def _of_length(length: Shift, end: int) -> Found:
    """A repetition after so much time: months, days or whole minutes, or refused."""
    match length:
        case Shift(seconds=0, days=0):
            return Every("MONTHLY", length.months), end
        case Shift(seconds=0, months=0):
            return Every("DAILY", length.days), end
        case Shift(days=0, months=0) if length.seconds % 3600 == 0:
            return Every("HOURLY", length.seconds // 3600), end
        case Shift(days=0, months=0) if length.seconds % 60 == 0:
            return Every("MINUTELY", length.seconds // 60), end
    return Every(None, trouble="unclear" if length.days or length.months else "too_fine"), end


def months_at(r: Reader, j: int) -> tuple[list[int], int]:
    """ "January, April and July": the numbers of the months, and the index behind the last of them."""
    months = [r.at(j).number_as_int]
    for _ in range(11):
        k = r.skip(j + 1, _AND, 2)
        dated = r.at(k + 1).kind in ("number", "ordinal") and not is_time_number(r, k + 1)
        if k == j + 1 or r.at(k).category != "month" or dated:
            break
        months.append(r.at(k).number_as_int)
        j = k
    return months, j + 1


def _every_days(r: Reader, j: int) -> Found | None:
    """ "every 1st and 15th", "every last Friday [of the month]", "every March 3rd", "every Christmas", "every August"."""
    token = r.at(j)
    if token.category == "month":
        found = days_at(r, j)
        if found is not None:
            return Every("YEARLY", 1, found[0].days), found[1]
        months, end = months_at(r, j)
        return Every("YEARLY", 1, tuple(Day(month=month) for month in months)), end
    numbered = ordinal_number(r, j)
    if numbered is None:
        found = days_at(r, j)
        if found is not None and (found[0].days[0].holiday or found[0].days[0].month):
            return Every("YEARLY", 1, found[0].days), found[1]
        return None
    return _every_ordinal(r, j, numbered)


def _every_ordinal(r: Reader, j: int, numbered: tuple[int, int]) -> Found | None:
    """ "every second Tuesday" is every other one, "every first Monday" and "every third Thursday of the month" are monthly."""
    nth, k = numbered
    if r.at(k).category in ("weekday", "weekdays") and nth not in _NTH_OF_MONTH and nth > 0:
        days = days_at(r, k)
        end = days[1] if days else k + 1
        if not _monthly_behind(r, end):
            return weekdays_at(r, k, nth)
    found = counted_days_at(r, j) or days_at(r, j, bare_numbers=True)
    if found is None:
        return None
    listed, end = found[0].days, found[1]
    if listed[0].month is not None or listed[0].holiday is not None:
        return Every("YEARLY", 1, listed), end
    of = r.text(end) in ("of", "in")
    if of and r.at(end + 1).category == "month":
        month = r.at(end + 1).number_as_int
        return Every("YEARLY", 1, tuple(replace(day, month=month) for day in listed)), end + 2
    if of and r.text(end + 1) in ("the", "a") and r.at(end + 2).name == "month":
        return Every("MONTHLY", 1, listed), end + 3
    more = each_at(r, end + of + 1) if r.at(end + of).category == "every" else None
    if more is not None and more[0].frequency in ("MONTHLY", "YEARLY") and not more[0].days:
        return replace(more[0], days=listed), more[1]
    return Every("MONTHLY", 1, listed), end


def _monthly_behind(r: Reader, end: int) -> bool:
    each = r.text(end + 1) in ("the", "each", "every", "a") or r.at(end + 1).category == "month"
    return r.text(end) in ("of", "in") and each


def with_part(r: Reader, every: Every, j: int) -> Found:
    """ "Tuesday mornings": a part of the day right behind the days."""
    token = r.at(j)
    if token.category == "part":
        return replace(every, part=token.name), j + 1
    return every, j


def weekdays_at(r: Reader, k: int, interval: int) -> Found | None:
    """A list or stretch of weekdays, singular or plural, with a part of the day."""
    days: list[Day] = []
    through = False
    for _ in range(9):
        token = r.at(k)
        if token.category == "weekday" or (token.category == "weekdays" and token.number >= 0):
            days.append(Day(weekday=token.number_as_int))
            k = r.past_dot(k + 1)
        elif token.category == "weekdays" or token.name in PERIODS:
            days.extend(WEEKEND if token.name == "weekend" else WEEKDAYS)
            k += 1
        else:
            break
        ahead = r.skip(k, _JOINS, 2)
        if r.text(k) in _THROUGH and r.at(k + 1).category in ("weekday", "weekdays"):
            through, ahead = True, k + 1
        if not (r.at(ahead).category in ("weekday", "weekdays") or r.at(ahead).name in PERIODS):
            break
        k = ahead
    if not days:
        return None
    if interval == 0:
        return Every(None, trouble="too_fine"), k
    return with_part(r, Every("WEEKLY", interval, tuple(days), through), k)


def unplaced_at(r: Reader, j: int, asked: bool) -> Found | None:
    """ "every so often", "every full moon": a repetition asked for that no rule says."""
    token = r.at(j)
    timely = token.category != "" or token.kind in ("number", "ordinal", "decimal", "clock", "date")
    asks = asked and (token.kind == "end" or (token.kind == "word" and r.text(j - 1) != "each"))
    if not (timely or asks or token.text in LISTS["vague"] or token.text == "other") or (
        token.text == "one" and not asks
    ):
        return None
    k = r.skip(j + 1, _AFTER_VAGUE)
    return Every(None, trouble="unclear"), k
