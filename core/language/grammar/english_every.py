"""English repetitions ("every other Tuesday", "three times a day", "mondays") and their bounds."""

from __future__ import annotations

from dataclasses import replace

from core.language.grammar.days import Day
from core.language.grammar.english_each import (
    FREQUENCY,
    TIMES,
    WEEKDAYS,
    Found,
    each_at,
    months_at,
    unplaced_at,
    weekdays_at,
)
from core.language.grammar.english_lexicon import HABITS, LISTS
from core.language.grammar.english_pieces import Every, Reader
from core.language.grammar.tokens import word_set

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


_EDGES = {"beginning": 1, "begin": 1, "start": 1, "middle": 15, "end": -1}

_WEEK_EDGES = {1: 0, 15: 2, -1: 4}
_FIRST_LAST = {"first": 1, "1st": 1, "last": -1, "final": -1}


def _edge_of_each(r: Reader, i: int) -> Found | None:
    """ "at the beginning of each month", "end of every week"."""
    counted = r.text(i) in _FIRST_LAST and r.text(i + 1) == "day"
    of = i + 1 + counted
    found = each_at(r, of + 2) if r.text(of) == "of" and r.at(of + 1).category == "every" else None
    if found is None or found[0].days or (r.text(i) in _FIRST_LAST and not counted):
        return None
    number = _FIRST_LAST[r.text(i)] if counted else _EDGES[r.text(i)]
    weekday = 6 if counted and number == -1 else _WEEK_EDGES[number]
    days = {
        "MONTHLY": Day(day=number),
        "WEEKLY": Day(weekday=weekday),
        "YEARLY": Day(day=number, month=1 if number == 1 else 12),
    }
    day = days.get(found[0].frequency or "")
    if day is None or (number == 15 and day.month is not None):
        return None
    return replace(found[0], days=(day,)), found[1]


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
    if r.at(i).kind == "number" and any(
        r.says(i + 1, ("days", each, "week")) for each in ("a", "per", "each", "every")
    ):
        return (Every("DAILY") if r.at(i).number == 7 else Every(None, trouble="unclear")), i + 4
    if word == "whenever" and r.text(i - 1) in ("me", "us"):
        return Every(None, trouble="unclear"), i + 1
    alone = r.text(i - 1) in ("me", "us", "reminder", "reminders", "")
    if word in ("regularly", "periodically", "repeatedly", "occasionally") and alone:
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
    return found if plural or long_stretch or all_week else None


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
    if token.text in ("once", "twice", "thrice"):
        per, j = {"once": 1, "twice": 2, "thrice": 3}[token.text], i + 1
    elif token.kind == "number" and r.text(i + 1) in TIMES and token.number >= 1:
        per, j = int(token.number), i + 2
    elif (token.text in ("several", "many", "multiple", "few") and r.text(i + 1) == "times") or (
        token.text == "couple" and r.text(i + 2) == "times"
    ):
        per, j = -1, i + 2 + (token.text == "couple")
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
