"""What stands behind "every" and "each": units, weekdays, the nth day, dates."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from core.language.grammar.days import Day
from core.language.grammar.english_clock import clock_at
from core.language.grammar.english_day_lists import counted_days_at, days_at
from core.language.grammar.english_lexicon import VAGUE
from core.language.grammar.english_ordinals import ordinal_number
from core.language.grammar.english_pieces import Days, Every, Reader, Shift
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
_JOINS = word_set(", and & + / or on every each")
_AFTER_VAGUE = word_set("often and then again in a while hours days weeks minutes months moon i of")
_NTH_OF_MONTH = frozenset({-1, 1})


def each_at(r: Reader, j: int) -> Found | None:
    j = r.skip(j, frozenset({"single", "and", "every", "of", "the", "darn", "last"} - {"last"}))
    interval, k = _interval(r, j)
    token = r.at(k)
    if (
        token.name == "quarter"
        and r.text(k + 1) in ("of", "hour")
        and r.text(k + 2) in ("an", "a", "")
        and (found := length_at(r, k)) is not None
    ):
        return _of_seconds(*found)
    if token.kind == "decimal" or (token.kind == "number" and k == j and length_at(r, k) is not None):
        length = length_at(r, k)
        return _of_seconds(*length) if length else None
    if token.category == "unit":
        return _every_unit(r, j, k, interval)
    if token.text == "half" or (token.text in ("a", "quarter") and r.at(k + 1).category in ("half", "unit")):
        return _every_fraction(r, k)
    days = _every_days(r, j)
    if days is not None:
        return days
    if token.category == "part":
        return Every("DAILY", interval, part=token.name), k + 1
    if token.category == "relative" and token.name == "tonight":
        return Every("DAILY", interval, part="night"), k + 1
    if token.category == "noon":
        return Every("DAILY", interval), k
    if token.category in ("weekday", "weekdays"):
        return weekdays_at(r, k, interval)
    if token.text in ("working", "business", "work", "week") and r.at(k + 1).name == "day":
        return Every("WEEKLY", interval, WEEKDAYS), k + 2
    if token.name == "weeknight":
        return Every("WEEKLY", interval, WEEKDAYS, part="night"), k + 1
    strong = clock_at(r, k)
    if strong is not None:
        return Every("DAILY", interval), k
    return None


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
    counted = unit == "day" or unit in PERIODS
    if r.at(j).kind == "ordinal" and counted and (r.text(k + 1) == "of" or (interval == 1 and unit != "day")):
        return _every_ordinal(r, j, (interval, k))
    if r.text(k + 1) == "or" and r.text(k + 2) in ("two", "three", "so"):
        return Every(None, trouble="unclear"), k + 3
    if unit in PERIODS:
        days = PERIODS[unit]
        nth = Every("WEEKLY", interval, days), k + 1
        return (with_part(r, nth[0], nth[1])) if interval else (Every(None, trouble="too_fine"), k + 1)
    length = length_at(r, j) if r.at(j).kind == "number" else None
    if length is not None and length[1] > k + 1:
        return _of_seconds(length[0], length[1])
    if r.text(k + 1) == "and" and r.text(k + 2) == "a" and r.text(k + 3) == "half" and unit == "hour":
        return Every("MINUTELY", 60 * interval + 30), k + 4
    if interval == 0 or unit == "second":
        return (
            _of_seconds(Shift(seconds=interval), k + 1)
            if unit == "second" and r.at(k) is not r.at(j)
            else (Every(None, trouble="too_fine"), k + 1)
        )
    if unit not in FREQUENCY:
        return None
    frequency, times = FREQUENCY[unit]
    every = Every(frequency, interval * times)
    if (
        r.at(k).kind == "word"
        and unit == "day"
        and r.text(k + 1) == "of"
        and r.text(k + 2) in ("the", "every", "each")
        and r.at(k + 3).name in ("week", "month", "year")
    ):
        return every, k + 4
    return every, k + 1


def _of_seconds(length: Shift, end: int) -> Found:
    """A repetition of so much elapsed time: whole minutes, or refused."""
    if length.months and not length.days and not length.seconds:
        return Every("MONTHLY", length.months), end
    if length.days and not length.seconds and not length.months:
        return Every("DAILY", length.days), end
    if length.seconds % 60 or length.seconds <= 0 or length.days or length.months:
        return Every(None, trouble="too_fine" if not length.days and not length.months else "unclear"), end
    minutes = length.seconds // 60
    return (Every("HOURLY", minutes // 60) if minutes % 60 == 0 else Every("MINUTELY", minutes)), end


def _every_fraction(r: Reader, k: int) -> Found | None:
    """ "every half hour", "every quarter of an hour"."""
    found = length_at(r, k)
    return _of_seconds(*found) if found else None


def _every_days(r: Reader, j: int) -> Found | None:
    """ "every 1st and 15th", "every last Friday [of the month]", "every March 3rd", "every Christmas", "every August"."""
    token = r.at(j)
    if token.category == "month":
        found = days_at(r, j)
        if found is not None:
            return Every("YEARLY", 1, found[0].days), found[1]
        months = [Day(month=token.number_as_int)]
        j += 1
        while r.text(j) in (",", "and", "&") and r.at(j + 1).category == "month" and len(months) < 12:
            months.append(Day(month=r.at(j + 1).number_as_int))
            j += 2
        return Every("YEARLY", 1, tuple(months)), j
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
    found = _nth_days(r, j)
    if found is None:
        return None
    days_found, end = found
    first = days_found.days[0]
    if first.month is not None or first.holiday is not None:
        return Every("YEARLY", 1, days_found.days), end
    if r.text(end) in ("of", "in") and r.at(end + 1).category == "month":
        month = r.at(end + 1).number_as_int
        return Every("YEARLY", 1, tuple(replace(day, month=month) for day in days_found.days)), end + 2
    end = _after_monthly(r, end)
    if r.at(end).category == "every" or (r.text(end) in ("of", "in") and r.at(end + 1).category == "every"):
        more = each_at(r, end + 1 if r.at(end).category == "every" else end + 2)
        if (
            more is not None
            and isinstance(more[0], Every)
            and more[0].frequency in ("MONTHLY", "YEARLY")
            and not more[0].days
        ):
            return Every(more[0].frequency, more[0].interval, days_found.days), more[1]
    return Every("MONTHLY", 1, days_found.days), end


def _nth_days(r: Reader, j: int) -> tuple[Days, int] | None:
    return counted_days_at(r, j) or days_at(r, j) or days_at(r, j, bare_numbers=True)


def _monthly_behind(r: Reader, end: int) -> bool:
    return r.text(end) in ("of", "in") and (
        r.text(end + 1) in ("the", "each", "every", "a") or r.at(end + 1).category == "month"
    )


def _after_monthly(r: Reader, end: int) -> int:
    if r.text(end) in ("of", "in") and r.text(end + 1) in ("the", "a") and r.at(end + 2).name == "month":
        return end + 3
    return end


def with_part(r: Reader, every: Every, j: int) -> Found:
    """ "Tuesday mornings": a part of the day right behind the days."""
    token = r.at(j)
    if token.category == "part":
        return Every(every.frequency, every.interval, every.days, every.through, token.name), j + 1
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
        if r.at(k).category == "part":
            break
        ahead = r.skip(k, _JOINS, 2)
        if r.text(k) in ("-", "to", "through", "thru", "till", "til", "until") and r.at(k + 1).category in (
            "weekday",
            "weekdays",
        ):
            through, ahead = True, k + 1
        if not (r.at(ahead).category in ("weekday", "weekdays") or r.at(ahead).name in PERIODS):
            break
        k = ahead
    if not days or interval == 0:
        return (Every(None, trouble="too_fine"), k) if days else None
    return with_part(r, Every("WEEKLY", interval, tuple(days), through), k)


def unplaced_at(r: Reader, j: int, asked: bool) -> Found | None:
    """ "every so often", "every full moon": a repetition asked for that no rule says."""
    token = r.at(j)
    timely = (
        token.kind in ("number", "ordinal", "decimal", "clock", "date")
        or token.category != ""
        or (asked and token.kind == "end")
    )
    vague = token.text in VAGUE or (timely and token.text != "one")
    if (
        not vague
        and token.text != "other"
        and not (asked and token.kind == "word" and r.at(j - 1).text not in ("each",))
    ):
        return None
    k = r.skip(j + 1, _AFTER_VAGUE)
    return Every(None, trouble="unclear"), k
