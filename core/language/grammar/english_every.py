"""English repetitions: what stands behind "every" and "each", and those without ("three times a day", "mondays")."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from core.language.grammar.days import Day, Edge
from core.language.grammar.english_clock import clock_at
from core.language.grammar.english_dates import is_time_number, ordinal_number
from core.language.grammar.english_days import counted_days_at, days_at
from core.language.grammar.english_lexicon import HABITS, LISTS, PER
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
    if (short := _short_days(r, k, _JOINS)) is not None:
        return with_part(r, Every("WEEKLY", interval, short[0]), short[1])
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
        return _date_on_weekday(r, k) or weekdays_at(r, k, interval)
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
    if unit == "hour" and interval == 1 and (past := _minute_of_hour(r, k + 1)) is not None:
        return Every("HOURLY", 1, minute=past[0]), past[1]
    frequency, times = FREQUENCY[unit]
    whole = unit == "day" and r.text(k + 1) == "of" and r.text(k + 2) in ("the", "every", "each")
    end = k + 4 if whole and r.at(k + 3).name in ("week", "month", "year") else k + 1
    return Every(frequency, interval * times), end


_MINUTES = {"quarter": 15, "half": 30}


def _minute_of_hour(r: Reader, j: int) -> tuple[int, int] | None:
    """ "at quarter past", "on the half hour", "at 20 past [the hour]": the minute of each hour, and the index behind."""
    if r.says(j, ("on", "the", "half")):
        return 30, j + 4 if r.at(j + 3).name == "hour" else j + 3
    k = r.skip(j + 1, frozenset({"a"})) if r.text(j) == "at" else j
    token = r.at(k)
    minute = _MINUTES.get(token.text, token.number_as_int if token.kind == "number" else -1)
    k += 1 + (r.at(k + 1).name == "minute")
    if k <= j or not 0 <= minute < 60 or r.text(k) not in ("past", "after", "to"):
        return None
    if r.text(k) == "to" and r.at(k + 1).kind == "word" and not r.says(k + 1, ("the", "hour")):
        return None
    end = k + 1 + 2 * r.says(k + 1, ("the", "hour"))
    return ((60 - minute) % 60 if r.text(k) == "to" else minute), end


def _date_on_weekday(r: Reader, k: int) -> Found | None:
    """ "Friday the 13th": a day of the month that falls on a weekday."""
    j = k + 1 + (r.text(k + 1) == "the")
    if r.at(j).kind != "ordinal" or r.text(j - 1) != "the" or not 1 <= r.at(j).number <= 31:
        return None
    return Every("MONTHLY", 1, (Day(weekday=r.at(k).number_as_int, day=r.at(j).number_as_int),)), j + 1


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


_OWNED = word_set("the my our your his her their this that its")


def every_at(r: Reader, i: int) -> Found | None:
    """A repetition that starts at this token, with a leading "of" or "in" ("of every month")."""
    token = r.at(i)
    if token.text in ("of", "in", "on", "at") and r.at(i + 1).category in ("every",):
        return every_at(r, i + 1)
    match token.category:
        case "every":
            return each_at(r, i + 1) or unplaced_at(r, i + 1, asked=r.text(i - 1) in ("me", "us", ""))
        case "" if token.text in ("alternate", "alternating"):
            return each_at(r, i)
        case "" if token.text == "all" and r.at(i + 1).category in ("weekdays", "part") and r.text(i + 1)[-1] == "s":
            return every_at(r, i + 1)
        case "often":
            return _often(r, i)
        case "weekdays" if r.at(i - 1).kind != "number" and r.text(i - 1) not in ("next", "this", "last"):
            return weekdays_at(r, i, 1)
        case "weekday":
            return _weekday_habit(r, i)
        case "unit" if token.name in ("workday", "weekend"):
            return _weekday_habit(r, i)
        case "part" if token.text.endswith("s") and token.name != "dawn":
            told = r.text(i - 1) in ("the", "in", "at", "") or r.text(i + 1) in ("at", "@", "")
            return (Every("DAILY", part=token.name), i + 1) if told else None
    if (token.text in _EDGES or token.text in _FIRST_LAST) and (edge := _edge_of_each(r, i)) is not None:
        return edge
    if token.kind == "ordinal" and (yearly := _day_of_months(r, i)) is not None:
        return yearly
    return _per(r, i) or _other_habit(r, i)


_EDGES: dict[str, Edge] = {"beginning": "start", "begin": "start", "start": "start", "middle": "middle", "end": "end"}
_FIRST_LAST: dict[str, Edge] = {"first": "start", "1st": "start", "last": "end", "final": "end"}
_EACH_PERIOD = {"WEEKLY": Day(week=0), "MONTHLY": Day(months=0), "YEARLY": Day(years=0)}


def _edge_of_each(r: Reader, i: int) -> Found | None:
    """ "at the beginning of each month", "end of every week", "the last day of each year"."""
    counted = r.text(i) in _FIRST_LAST and r.text(i + 1) == "day"
    of = i + 1 + counted
    found = each_at(r, of + 2) if r.text(of) == "of" and r.at(of + 1).category == "every" else None
    if found is None or found[0].days or (r.text(i) in _FIRST_LAST and not counted):
        return None
    edge = _FIRST_LAST[r.text(i)] if counted else _EDGES[r.text(i)]
    day = _EACH_PERIOD.get(found[0].frequency or "")
    if day is None or (edge == "middle" and day.years is not None):
        return None
    first_or_last = Day(weekday=0 if edge == "start" else 6)  # not Friday, where only the end of a week is said
    day = first_or_last if counted and day.week is not None else replace(day, edge=edge)
    return replace(found[0], days=(day,)), found[1]


_SHORT = {
    "m": 0, "mo": 0, "t": 1, "tu": 1, "w": 2, "we": 2, "th": 3, "r": 3, "f": 4, "fr": 4, "sa": 5, "su": 6,
}  # fmt: skip
_SLASH = frozenset("/")


def _short_days(r: Reader, i: int, joins: frozenset[str]) -> tuple[tuple[Day, ...], int] | None:
    """ "m/w/f", behind "every" also "mo, we": at least two, since one such letter may be anything."""
    days: list[Day] = []
    end = i
    for _ in range(7):
        ahead = r.skip(end, joins, 2) if days else i
        if r.text(ahead) not in _SHORT or (days and ahead == end):
            break
        days.append(Day(weekday=_SHORT[r.text(ahead)]))
        end = ahead + 1
    return (tuple(days), end) if len(days) > 1 else None


_LETTERS = {"mwf": (0, 2, 4), "tth": (1, 3), "tthf": (1, 3, 4), "mw": (0, 2)}


def _other_habit(r: Reader, i: int) -> Found | None:
    """ "M-F", "MWF", "day after day", "now and then", "regularly"."""
    word = r.text(i)
    if (habit := r.phrase(i, HABITS)) is not None:
        (frequency, interval), end = habit
        return Every(frequency, interval, trouble="" if frequency else "unclear"), end
    if word == "m" and r.text(i + 1) in ("-", "to") and r.text(i + 2) == "f":
        return Every("WEEKLY", 1, WEEKDAYS), i + 3
    if word in _LETTERS and (r.text(i + 1) in ("at", "@") or r.at(i + 1).kind in ("clock", "number", "end")):
        return Every("WEEKLY", 1, tuple(Day(weekday=number) for number in _LETTERS[word])), i + 1
    if (short := _short_days(r, i, _SLASH)) is not None:
        return with_part(r, Every("WEEKLY", 1, short[0]), short[1])
    if r.says(i, ("school", "nights")):
        return Every("WEEKLY", 1, (Day(weekday=6), *WEEKDAYS[:4]), part="night"), i + 2
    if r.at(i).kind == "number" and any(
        r.says(i + 1, ("days", each, "week")) for each in ("a", "per", "each", "every")
    ):
        return (Every("DAILY") if r.at(i).number == 7 else Every(None, trouble="unclear")), i + 4
    alone = r.text(i - 1) in ("me", "us", "reminder", "reminders", "")
    if word in LISTS["irregular"] and alone:
        return Every(None, trouble="unclear"), i + 1
    on = r.text(i - 1) in ("on", "to", "and") or r.text(i + 1) in ("on", "at")
    if word in ("recurring", "repeating") or (on and word in ("repeat", "repeats", "recur", "recurs")):
        return Every(None), i + 1
    return None


def _day_of_months(r: Reader, i: int) -> Found | None:
    """ "the first of January, April and July": a day of several months comes back each year."""
    j = i + 1 + (r.text(i + 1) == "day")
    if r.text(j) not in ("of", "in") or r.at(j + 1).category != "month" or not 1 <= r.at(i).number <= 31:
        return None
    months, end = months_at(r, j + 1)
    days = tuple(Day(day=r.at(i).number_as_int, month=month) for month in months)
    return (Every("YEARLY", 1, days), end) if len(days) > 1 else None


def _weekday_habit(r: Reader, i: int) -> Found | None:
    """Weekdays that repeat without "every": "Monday to Friday", "Monday and Thursday mornings", "weekday evenings"."""
    token, ahead = r.at(i), r.at(i + 1)
    if token.category == "unit":
        often = ahead.category == "part" and (token.name == "workday" or ahead.text.endswith("s"))
        return weekdays_at(r, i, 1) if often else None
    taken = r.text(i - 1) in ("next", "this", "last", "from", "between", "until", "till", "by", "coming")
    if taken and (r.text(i - 1) != "from" or r.text(i - 2) == "starting"):
        return None
    found = weekdays_at(r, i, 1)
    if found is None:
        return None
    every, end = found
    said = [r.at(at) for at in range(i, end)]
    plural = any(each.category == "weekdays" or (each.category == "part" and each.text[-1] == "s") for each in said)
    numbers = [day.weekday or 0 for day in every.days]
    long_stretch = every.through and len(numbers) == 2 and (numbers[1] - numbers[0]) % 7 >= 3
    all_week = not every.through and len(numbers) >= 3
    slashed = any(each.text == "/" for each in said)
    return found if plural or long_stretch or all_week or slashed else None


def _often(r: Reader, i: int) -> Found | None:
    """ "daily", "weekly": unless it describes a thing ("send the weekly report")."""
    token = r.at(i)
    if token.name == "night":
        return Every("DAILY", part="night"), i + 1
    if token.name == "weeknight":
        return Every("WEEKLY", 1, WEEKDAYS, part="night"), i + 1
    ahead, before = r.at(i + 1), r.text(i - 1)
    noun = ahead.kind == "word" and not ahead.category
    describes = noun and ahead.text not in LISTS["reminding"] and token.name in ("day", "week", "month", "year")
    timed = ahead.kind in ("number", "clock") or ahead.category == "noon"
    scheduled = ahead.text in _ALARMS or (ahead.text in _MEETING and before in ("my", "our"))
    if before in _OWNED and not timed and not scheduled:
        return None
    if describes and (before not in _ASKED or token.text == "everyday"):
        return None
    frequency, times = FREQUENCY[token.name]
    every = Every(frequency, token.number_as_int * times)
    return every, i + 1 + (ahead.text == "basis")


_ASKED = word_set("a an repeat repeats repeating recurring me calendar schedule ,") | {""}
_ALARMS = word_set("reminder reminders alarm alarms")
_MEETING = word_set("meeting call standup sync check checkin appointment review lesson class practice session")


def _per(r: Reader, i: int) -> Found | None:
    """ "three times a day", "once a week", "twice every hour", "2x per day"."""
    token = r.at(i)
    said = r.phrase(i, PER)
    if said is not None:
        per, j = int(said[0]), said[1]
    elif token.kind == "number" and r.text(i + 1) in TIMES and token.number >= 1:
        per, j = token.number_as_int, i + 2
    else:
        return None
    if r.at(j).category == "often" and r.at(j).name in FREQUENCY:
        frequency, times = FREQUENCY[r.at(j).name]
        return Every(frequency, times * r.at(j).number_as_int, per=per if per > 1 else 0), j + 1
    if r.text(j) not in ("a", "an", "per", "every", "each", "in", "/"):
        return None
    j += 1
    j += r.text(j) in ("a", "single")
    found = each_at(r, j)
    if found is None or (r.text(j - 1) == "in" and r.text(j) != "a"):
        return None
    every = found[0]
    if per == 1 or every.trouble:
        return every, found[1]
    return replace(every, per=per), found[1]
