"""English repetitions ("every other Tuesday", "three times a day", "mondays") and their bounds."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

from core.language.grammar.days import Day
from core.language.grammar.english_clock import bare_clock_at, clock_at
from core.language.grammar.english_days import counted_days_at, day_at, days_at, ordinal_number
from core.language.grammar.english_pieces import (
    Count,
    Days,
    Every,
    Except,
    Lasting,
    Reader,
    Shift,
    Starting,
    Until,
    Value,
)
from core.language.grammar.english_shift import amount_at, length_at
from core.language.values import Frequency

Found: TypeAlias = tuple[Value, int]
_FREQUENCY: dict[str, tuple[Frequency, int]] = {
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
_PERIODS = {"workday": WEEKDAYS, "weekend": WEEKEND}
_REMINDING = frozenset(
    ["reminder", "reminders", "alarm", "alarms", "alert", "alerts", "notification", "notifications", "nudge", "ping", "event", "events", "meeting", "meetings", "standup", "stand-up", "stand", "call", "check", "check-in", "checkin", "sync", "appointment", "appointments", "recurring", "repeat", "repeating", "schedule", "task", "todo", "at", "on", "for", "to", "basis", "and"]
)
_OWNED = frozenset({"the", "my", "our", "your", "his", "her", "their", "this", "that", "its"})
_VAGUE = frozenset({"so", "now", "few", "couple", "several", "once", "time", "some", "often", "blue", "full", "new", "payday", "holiday", "semester", "season", "sprint", "shift", "term"})
_NTH_OF_MONTH = frozenset({-1, 1})


def every_at(r: Reader, i: int) -> Found | None:
    """A repetition that starts at this token, with a leading "of" or "in" ("of every month")."""
    token = r.at(i)
    if token.text in ("of", "in", "on", "at") and r.at(i + 1).category in ("every",):
        return every_at(r, i + 1)
    match token.category:
        case "every":
            return _every(r, i + 1) or _unplaced(r, i + 1, asked=r.text(i - 1) in ("me", "us", ""))
        case "often":
            return _often(r, i)
        case "weekdays" if r.at(i - 1).kind != "number":
            return _plural_days(r, i)
        case "weekday":
            return _weekday_habit(r, i)
        case "unit" if token.name in ("workday", "weekend"):
            return _weekday_habit(r, i)
        case "part" if token.text.endswith("s") and token.name != "dawn":
            return (Every("DAILY", part=token.name), i + 1) if r.text(i - 1) in ("the", "in", "at") or i == 0 else None
    if token.text in _EDGES and (edge := _edge_of_each(r, i)) is not None:
        return edge
    if token.text in ("bi", "semi", "half") and r.text(i + 1) in ("weekly", "hourly", "-"):
        return _half_adverb(r, i)
    return _per(r, i) or _on_the_hour(r, i) or _other_habit(r, i)


_EDGES = {"beginning": 1, "begin": 1, "start": 1, "middle": 15, "end": -1}
_WEEK_EDGES = {1: 0, 15: 2, -1: 4}


def _edge_of_each(r: Reader, i: int) -> Found | None:
    """ "at the beginning of each month", "end of every week"."""
    if r.text(i + 1) != "of" or r.at(i + 2).category != "every":
        return None
    found = _every(r, i + 3)
    if found is None or not isinstance(found[0], Every) or found[0].days or found[0].interval < 1:
        return None
    every, day = found[0], _EDGES[r.text(i)]
    if every.frequency == "MONTHLY":
        return Every("MONTHLY", every.interval, (Day(day=day),)), found[1]
    if every.frequency == "WEEKLY":
        return Every("WEEKLY", every.interval, (Day(weekday=_WEEK_EDGES[day]),)), found[1]
    if every.frequency == "YEARLY" and day != 15:
        return Every("YEARLY", every.interval, (Day(day=day, month=1 if day == 1 else 12),)), found[1]
    return None


_LETTERS = {"mwf": (0, 2, 4), "tth": (1, 3), "tthf": (1, 3, 4), "mw": (0, 2)}


def _other_habit(r: Reader, i: int) -> Found | None:
    """ "M-F", "MWF", "day after day", "day in day out", "regularly"."""
    word = r.text(i)
    if word == "m" and r.text(i + 1) in ("-", "to") and r.text(i + 2) == "f":
        return Every("WEEKLY", 1, WEEKDAYS), i + 3
    if word in _LETTERS and (r.text(i + 1) in ("at", "@") or r.at(i + 1).kind in ("clock", "number", "end")):
        return Every("WEEKLY", 1, tuple(Day(weekday=number) for number in _LETTERS[word])), i + 1
    if word in ("day", "week", "month", "year") and (r.text(i + 1) == "after" and r.text(i + 2) == word):
        return Every(*_FREQUENCY[word]), i + 3
    if word == "day" and r.text(i + 1) == "in" and r.text(i + 2) in ("day", "and"):
        return Every("DAILY"), i + 4 + (r.text(i + 2) == "and")
    alone = r.at(i + 1).kind in ("end", "punct") or r.text(i + 1) in ("to", "about", "that") or r.text(i - 1) in ("me", "us", "reminder")
    if word in ("regularly", "periodically", "repeatedly", "occasionally") and alone:
        return Every(None, trouble="unclear"), i + 1
    if word in ("recurring", "repeating") and r.text(i + 1) in ("reminder", "alarm", "alert", "event"):
        return Every(None), i + 1
    return None


def _half_adverb(r: Reader, i: int) -> Found | None:
    j = i + 1 + (r.text(i + 1) == "-")
    if r.text(i) == "half" and r.text(j) == "hourly":
        return Every("MINUTELY", 30), j + 1
    return (Every("WEEKLY", 2), j + 1) if r.text(i) == "bi" and r.text(j) == "weekly" else None


def _on_the_hour(r: Reader, i: int) -> Found | None:
    if r.text(i) == "around" and r.text(i + 1) == "the" and r.text(i + 2) == "clock":
        return Every(None, trouble="unclear"), i + 3
    if r.text(i) == "on" and r.text(i + 1) == "the" and r.text(i + 2) == "hour":
        return Every("HOURLY"), i + 3
    return None


def _every(r: Reader, j: int) -> Found | None:
    j = r.skip(j, frozenset({"single", "and", "every", "of", "the", "darn", "last"} - {"last"}))
    interval, k = _interval(r, j)
    token = r.at(k)
    if token.category == "unit":
        return _every_unit(r, j, k, interval)
    if token.text == "half" or (token.text in ("a", "quarter") and r.at(k + 1).category in ("half", "unit")):
        return _every_fraction(r, k)
    found = _every_days(r, j)
    if found is not None:
        return found
    if token.category == "part":
        return Every("DAILY", interval, part=token.name), k + 1
    if token.category == "relative" and token.name == "tonight":
        return Every("DAILY", interval, part="night"), k + 1
    if token.category == "noon":
        return Every("DAILY", interval), k
    if token.category in ("weekday", "weekdays"):
        return _every_weekdays(r, k, interval)
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
    if r.at(j).kind == "decimal":
        unit = "decimal"
    if unit in _PERIODS:
        days = _PERIODS[unit]
        nth = Every("WEEKLY", interval, days), k + 1
        return (_with_part(r, nth[0], nth[1])) if interval else (Every(None, trouble="too_fine"), k + 1)
    length = length_at(r, j) if r.at(j).kind in ("number", "decimal") else None
    if length is not None and length[1] > k + 1:
        return _of_seconds(length[0], length[1])
    if r.text(k + 1) == "and" and r.text(k + 2) == "a" and r.text(k + 3) == "half" and unit == "hour":
        return Every("MINUTELY", 60 * interval + 30), k + 4
    if interval == 0 or unit == "second":
        return _of_seconds(Shift(seconds=interval), k + 1) if unit == "second" and r.at(k) is not r.at(j) else (Every(None, trouble="too_fine"), k + 1)
    if unit not in _FREQUENCY:
        return None
    frequency, times = _FREQUENCY[unit]
    every = Every(frequency, interval * times)
    if r.at(k).kind == "word" and unit == "day" and r.text(k + 1) == "of" and r.text(k + 2) in ("the", "every", "each") and r.at(k + 3).name in ("week", "month", "year"):
        return every, k + 4
    if r.at(j).kind == "ordinal" and unit == "day" and r.text(k + 1) == "of" and (r.at(k + 2).category == "every" or r.text(k + 2) == "the"):
        return Every("MONTHLY", 1, (Day(day=interval),)), k + 4
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
            return _every_weekdays(r, k, nth)
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
    interval = 1
    if r.at(end).category == "every" or (r.text(end) in ("of", "in") and r.at(end + 1).category == "every"):
        more = every_at(r, end)
        if more is not None and isinstance(more[0], Every) and more[0].frequency in ("MONTHLY", "YEARLY") and not more[0].days:
            return Every(more[0].frequency, more[0].interval, days_found.days), more[1]
    return Every("MONTHLY", interval, days_found.days), end


def _nth_days(r: Reader, j: int) -> tuple[Days, int] | None:
    return counted_days_at(r, j) or days_at(r, j) or days_at(r, j, bare_numbers=True)


def _monthly_behind(r: Reader, end: int) -> bool:
    return r.text(end) in ("of", "in") and (r.text(end + 1) in ("the", "each", "every", "a") or r.at(end + 1).category == "month")


def _after_monthly(r: Reader, end: int) -> int:
    if r.text(end) in ("of", "in") and r.text(end + 1) in ("the", "a") and r.at(end + 2).name == "month":
        return end + 3
    return end


def _with_part(r: Reader, every: Every, j: int) -> Found:
    """ "Tuesday mornings": a part of the day right behind the days."""
    token = r.at(j)
    if token.category == "part":
        return Every(every.frequency, every.interval, every.days, every.through, token.name), j + 1
    return every, j


def _every_weekdays(r: Reader, k: int, interval: int) -> Found | None:
    """A list or stretch of weekdays, singular or plural, with a part of the day."""
    days: list[Day] = []
    through = False
    for _ in range(9):
        token = r.at(k)
        if token.category == "weekday" or (token.category == "weekdays" and token.number >= 0):
            days.append(Day(weekday=token.number_as_int))
            k += 1
            k += r.text(k) == "." and r.at(k).glued and r.at(k + 1).kind != "end"
        elif token.category == "weekdays" or token.name in _PERIODS:
            days.extend(WEEKEND if token.name == "weekend" else WEEKDAYS)
            k += 1
        else:
            break
        if r.at(k).category == "part":
            break
        ahead = k
        while ahead < k + 2 and r.text(ahead) in (",", "and", "&", "+", "/", "or", "on", "every", "each"):
            ahead += 1
        if r.text(k) in ("-", "to", "through", "thru", "till", "til", "until") and r.at(k + 1).category in ("weekday", "weekdays"):
            through, ahead = True, k + 1
        if ahead == k or not (r.at(ahead).category in ("weekday", "weekdays") or r.at(ahead).name in _PERIODS):
            break
        k = ahead
    if not days or interval == 0:
        return (Every(None, trouble="too_fine"), k) if days else None
    return _with_part(r, Every("WEEKLY", interval, tuple(days), through), k)


def _plural_days(r: Reader, i: int) -> Found | None:
    """ "mondays and thursdays at 9", "weekdays", "weekends"."""
    return _every_weekdays(r, i, 1)


def _weekday_habit(r: Reader, i: int) -> Found | None:
    """Weekdays that repeat without "every": "Monday to Friday", "Monday and Thursday mornings", "weekday evenings"."""
    token = r.at(i)
    if token.category == "unit":
        ahead = r.at(i + 1)
        if ahead.category == "part" and (token.name == "workday" or ahead.text.endswith("s")):
            return _every_weekdays(r, i, 1)
        return None
    if r.text(i - 1) in ("next", "this", "last", "from", "between", "until", "till", "by", "coming"):
        if r.text(i - 1) != "from" or r.text(i - 2) == "starting":
            return None
    found = _every_weekdays(r, i, 1)
    if found is None or not isinstance(found[0], Every):
        return None
    every, end = found
    plural = any(r.at(at).category == "weekdays" or (r.at(at).category == "part" and r.text(at).endswith("s")) for at in range(i, end))
    numbers = [day.weekday or 0 for day in every.days]
    long_stretch = every.through and len(numbers) == 2 and (numbers[1] - numbers[0]) % 7 >= 3
    all_week = not every.through and len(numbers) >= 4
    return found if plural or long_stretch or all_week else None


def _often(r: Reader, i: int) -> Found | None:
    """ "daily", "weekly": unless it describes a thing ("send the weekly report")."""
    token = r.at(i)
    if token.name == "night":
        return Every("DAILY", part="night"), i + 1
    if token.name == "weeknight":
        return Every("WEEKLY", 1, WEEKDAYS, part="night"), i + 1
    ahead, before = r.at(i + 1), r.text(i - 1)
    describes = ahead.kind == "word" and not ahead.category and ahead.text not in _REMINDING and ahead.text not in _FOLLOWS
    if before in _OWNED and ahead.text not in ("reminder", "reminders", "alarm", "alarms"):
        return None
    if describes and before not in ("a", "an", "repeat", "repeats", "repeating", "recurring", "me", "calendar", "schedule", "", ","):
        return None
    if token.text == "everyday" and describes:
        return None
    frequency, times = _FREQUENCY[token.name]
    every = Every(frequency, token.number_as_int * times)
    return every, i + 1 + (ahead.text == "basis")


_FOLLOWS = frozenset(["except", "but", "starting", "beginning", "from", "until", "till", "that", "about", "with", "please", "pls", "before", "after", "between", "around", "by", "i", "remind", "ping", "in", "so", "or", "excluding", "when"])


def _unplaced(r: Reader, j: int, asked: bool) -> Found | None:
    """ "every so often", "every full moon": a repetition asked for that no rule says."""
    token = r.at(j)
    vague = token.text in _VAGUE or (token.kind in ("number", "ordinal", "decimal") and r.text(j + 1) in ("or", "to", "-"))
    if not vague and token.text != "other" and not (asked and token.kind == "word" and r.at(j - 1).text not in ("each",)):
        return None
    k = j + 1
    while k < j + 4 and r.at(k).kind == "word" and r.text(k) in ("often", "and", "then", "again", "in", "a", "while", "hours", "days", "weeks", "minutes", "months", "moon", "i", "of"):
        k += 1
    return Every(None, trouble="unclear"), k


_TIMES = frozenset({"times", "time", "x", "occurrences", "occasions", "repetitions", "repeats", "reminders", "instances"})


def _per(r: Reader, i: int) -> Found | None:
    """ "three times a day", "once a week", "twice every hour", "2x per day"."""
    token = r.at(i)
    if token.text in ("once", "twice", "thrice"):
        per, j = {"once": 1, "twice": 2, "thrice": 3}[token.text], i + 1
    elif token.kind == "number" and r.text(i + 1) in _TIMES and token.number >= 1:
        per, j = int(token.number), i + 2
    elif (token.text in ("several", "many", "multiple", "few") and r.text(i + 1) == "times") or (token.text == "couple" and r.text(i + 2) == "times"):
        per, j = -1, i + 2 + (token.text == "couple")
    else:
        return None
    if r.at(j).category == "often" and r.at(j).name in _FREQUENCY:
        frequency, times = _FREQUENCY[r.at(j).name]
        return Every(frequency, times * r.at(j).number_as_int, per=per if per > 1 else 0), j + 1
    if r.text(j) not in ("a", "an", "per", "every", "each", "in", "/"):
        return None
    j += 1
    j += r.text(j) in ("a", "single")
    found = _every(r, j)
    if found is None or not isinstance(found[0], Every) or (r.text(j - 1) == "in" and r.text(j) != "a"):
        return None
    every = found[0]
    if per == 1 or every.trouble:
        return every, found[1]
    return Every(every.frequency, every.interval, every.days, every.through, every.part, per), found[1]


_UNTIL = frozenset({"until", "till", "til", "untill", "'til", "thru", "through", "ending", "ends", "end"})
_START = frozenset({"starting", "starts", "start", "beginning", "begin", "begins", "commencing", "effective"})
_EXCEPT = frozenset({"except", "excluding", "exclude", "minus", "skip", "skipping", "excepting", "bar", "barring", "without"})
_ENDLESS = frozenset({"further", "deleted", "i", "we", "you", "told", "canceled", "cancelled", "stopped", "forever", "done", "it", "it's", "they", "he", "she", "otherwise"})


def bound_at(r: Reader, i: int) -> Found | None:
    """The end, start, number or exceptions of a repetition; a caller asks only where there is one."""
    return _until(r, i) or _starting(r, i) or _count(r, i) or _lasting(r, i) or except_at(r, i)


def _bounding_day(r: Reader, j: int) -> tuple[Day | None, int] | None:
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
    j = i + 1
    if word == "up" and r.text(j) in ("to", "until", "till", "through"):
        j += 1
    elif word in ("no", "not") and r.text(j) in ("later", "after", "past"):
        j += 1 + (r.text(j + 1) == "than")
    elif word == "and" and r.text(j) in ("ending", "end", "ends"):
        j += 1
    elif word not in _UNTIL or (word == "end" and r.text(j) != "on"):
        return None
    j += r.text(j) == "and" and r.text(j + 1) == "including"
    j += r.text(j) == "including"
    if r.text(j) in _ENDLESS:
        return Until(), j + 1 + (r.text(j + 1) in ("notice", "say", "stop", "tell", "turn"))
    found = _bounding_day(r, j)
    if found is not None:
        whole = word in ("through", "thru") or "including" in (r.text(j - 1), r.text(j - 2))
        period = found[0].day is None and found[0].nth is None and (found[0].month or found[0].months is not None or found[0].year or found[0].week is not None)
        return Until(replace(found[0], edge="end") if whole and period and not found[0].edge and found[0].weekday is None else found[0]), found[1]
    if word == "end":
        return None
    clock = bare_clock_at(r, j)
    return (Until(clock=clock[0]), clock[1]) if clock else None


def _starting(r: Reader, i: int) -> Found | None:
    word = r.text(i)
    j = i + 1
    if (word == "as" and r.text(j) == "of") or (word == "with" and r.text(j) in _START) or (word == "and" and r.text(j) in _START):
        j += 1
    elif word not in _START and word not in ("from", "after"):
        return None
    if word == "after" and not r.at(j).category:
        return None
    j += r.text(j) == "from"
    if r.text(j) in ("now", "immediately", "right", "asap"):
        return Starting(Day(days=0)), j + 1 + (r.text(j + 1) in ("now", "away", "on"))
    if r.text(j) == "in":
        ahead = length_at(r, j + 1)
        if ahead is not None:
            return Starting(shift=ahead[0]), ahead[1]
    found = _bounding_day(r, j)
    if found is not None:
        return Starting(found[0]), found[1] + (r.text(found[1]) in ("onwards", "onward", "on"))
    j += r.text(j) == "at"
    clock = bare_clock_at(r, j)
    return (Starting(clock=clock[0]), clock[1]) if clock else None


def _count(r: Reader, i: int) -> Found | None:
    j = i + (r.text(i) == "for")
    j = r.skip(j, frozenset({"a", "total", "of", "up", "to", "max", "at", "most", "maximum", "only", "just", "exactly"}))
    j += r.text(j) in ("the", "next")
    j += r.text(j) in ("next",)
    token = r.at(j)
    if token.kind == "number" and token.number >= 1 and r.text(j + 1) in _TIMES:
        end = j + 2 + (r.text(j + 2) in ("only", "total", "max")) + 2 * (r.text(j + 2) == "in" and r.text(j + 3) == "total")
        return Count(int(token.number)), end
    if r.text(i) == "for" and token.text in ("once", "twice"):
        return Count(1 if token.text == "once" else 2), j + 1
    return None


def _lasting(r: Reader, i: int) -> Found | None:
    """ "for the next three weeks", "for a month", "over the next 10 days", "for the rest of the month"."""
    if r.text(i) not in ("for", "over", "during", "within", "throughout"):
        return None
    j = r.skip(i + 1, frozenset({"the", "next", "up", "to", "another", "about", "following", "coming"}))
    if r.text(j) == "rest" and r.text(j + 1) == "of":
        found = day_at(r, j + 2)
        if found is None and r.text(j + 2) in ("the", "this"):
            name = r.at(j + 3).name
            periods = {"week": Day(week=0), "month": Day(months=0), "year": Day(years=0), "day": Day(days=0)}
            return (Until(periods[name]), j + 4) if name in periods else None
        return (Until(found[0]), found[1]) if found else None
    counted = _count_of_unit(r, j)
    return (Lasting(counted[0]), counted[1]) if counted else None


def _count_of_unit(r: Reader, j: int) -> tuple[Shift, int] | None:
    found = length_at(r, j)
    if found is None and r.at(j).category == "unit" and r.text(j - 1) in ("next", "the", "following", "coming"):
        single = amount_at(r, j, 1)
        return single
    return found


def except_at(r: Reader, i: int) -> Found | None:
    word = r.text(i)
    j = i + 1
    if (word == "but" and r.text(j) in ("not", "except", "skip")) or (word == "apart" and r.text(j) == "from") or (word == "other" and r.text(j) == "than"):
        j += 1
    elif word == "not" and r.text(j) in ("on", "the"):
        pass
    elif word not in _EXCEPT and word != "but":
        return None
    j = r.skip(j, frozenset({"for", "on", "the", "in", "every", "any", "each", ",", "not"} - {","}))
    token = r.at(j)
    if token.category in ("weekdays",) or token.name in ("weekend", "workday"):
        found = _every_weekdays(r, j, 1)
        return (Except(found[0].days), found[1]) if found and isinstance(found[0], Every) else None
    days = days_at(r, j - (r.text(j - 1) == "the")) or days_at(r, j)
    if days is not None:
        return Except(days[0].days), days[1]
    if token.category == "month":
        return Except((Day(month=token.number_as_int),)), j + 1
    return None
