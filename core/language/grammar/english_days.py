"""English names of days: relative, weekdays, dates, the nth weekday, the last day, holidays; and lists of them."""

from __future__ import annotations

from dataclasses import replace

from core.language.grammar.days import Day, merged_days
from core.language.grammar.english_dates import (
    PERIOD_UNITS,
    SHORT_EDGES,
    THE,
    counted_at,
    dated_at,
    each_behind,
    edge_at,
    is_time_number,
    is_verb,
    month_day_at,
    named_period,
    of_period_at,
    offset_word,
    ordinal_day_at,
    ordinal_number,
    with_period,
    year_at,
)
from core.language.grammar.english_pieces import Days, Reader
from core.language.grammar.holidays import SPELLINGS
from core.language.grammar.tokens import word_set

_HOLIDAY_STARTS = frozenset(name.split()[0].split("'")[0] for name in SPELLINGS)
_HOLIDAY_LENGTH = 4


def day_at(r: Reader, i: int) -> tuple[Day, int] | None:
    """One day or period named at this token, with what belongs to it ("Friday next week", "March 3rd, 2027")."""
    j = i + 1 if r.text(i) in THE else i
    the = j > i
    found = _one_day(r, j, the)
    if found is None:
        return None
    day, j = found
    for _ in range(3):
        more = _joined_part(r, day, j)
        if more is None:
            break
        day, j = more
    return day, j


def _joined_part(r: Reader, day: Day, j: int) -> tuple[Day, int] | None:
    """A further description of the same day directly behind: ", the 19th", "next week", "of 2027"."""
    k = j + 1 if r.text(j) in (",", ".", "of", "in", "on", "-") else j
    k += r.text(k) in THE
    before = r.text(j)
    if before == "." and not r.at(j).glued:
        return None
    token = r.at(k)
    found = _one_day(r, k, the=k > j and r.text(k - 1) in THE)
    if found is None and day.weekday is not None and token.kind == "ordinal":
        found = ordinal_day_at(r, k, the=True)
    if found is None or (before == "-" and day.weekday is None):
        return None
    end = found[1]
    while end < found[1] + 8 and (r.at(end).kind == "ordinal" or r.text(end) in (",", "and", "&", "the")):
        end += 1
    both = None if each_behind(r, end) else merged_days(day, found[0])
    if both is None or both == day:
        return None
    anchors = (day.weekday, day.nth, day.days, day.day, day.week)
    if found[0].weekday is not None and all(said is None for said in anchors):
        return None
    return both, found[1]


def _one_day(r: Reader, i: int, the: bool) -> tuple[Day, int] | None:
    token = r.at(i)
    match token.kind:
        case "ordinal":
            if token.number == 1 and r.at(i + 1).category == "weekday" and r.text(i + 2) in ("before", "after"):
                return _weekday(r, i + 1)
            return _holiday_at(r, i) or ordinal_day_at(r, i, the)
        case "word":
            return _word_day(r, i, the)
    return dated_at(r, i)


def _word_day(r: Reader, i: int, the: bool) -> tuple[Day, int] | None:
    token = r.at(i)
    word = token.text
    if word.removesuffix("'s") in _HOLIDAY_STARTS and (holiday := _holiday_at(r, i)) is not None:
        return holiday
    match token.category:
        case "relative" if token.name != "tonight":
            return Day(days=token.number_as_int), i + 1
        case "weekday":
            return _weekday(r, i)
        case "month":
            return month_day_at(r, i)
        case "unit" if token.name == "day":
            return _day_words(r, i)
        case "unit" if word == "month" and "end" in (r.text(i + 1), r.text(i + 2)) and r.text(i + 1) in ("end", "-"):
            return Day(months=0, edge="end"), i + 2 + (r.text(i + 1) == "-")
        case "unit" if word == "second" or token.name in ("week", "weekend", "month", "year", "quarter"):
            return ordinal_day_at(r, i, the) if word == "second" else _week_words(r, i, the)
    nth = ordinal_day_at(r, i, the) if word in ("last", "past") else None
    if nth is not None and (nth[1] > i + 2 or r.repeats or each_behind(r, nth[1])):
        return nth
    modifier = offset_word(word)
    if modifier is not None and (found := _modified(r, i + 1, modifier)) is not None:
        return found
    if word in SHORT_EDGES:
        return replace(named_period(SHORT_EDGES[word], 0), edge="start" if word == "bom" else "end"), i + 1
    if word in ("end", "beginning", "begin", "start", "middle", "mid"):
        return edge_at(r, i)
    if word in ("last", "final", "penultimate") or token.category == "half":
        return ordinal_day_at(r, i, the)
    return None


def _week_words(r: Reader, i: int, the: bool) -> tuple[Day, int] | None:
    """ "the week after next", "the weekend", "week on Tuesday"."""
    name = r.at(i).name
    if r.text(i + 1) == "after" and r.text(i + 2) == "next":
        return (Day(week=2, weekend=True) if name == "weekend" else named_period(name, 2)), i + 3
    if name == "weekend" and (the or r.text(i - 1) == "on") and r.text(i + 1) != "of":
        return Day(weekend=True), i + 1
    return None


def _day_words(r: Reader, i: int) -> tuple[Day, int] | None:
    """ "day after tomorrow", "the day before yesterday", "day 5 of next month"."""
    word, ahead = r.text(i + 1), r.at(i + 2)
    if word in ("after", "aftr") and ahead.category == "relative" and ahead.name == "tomorrow":
        return Day(days=2), i + 3
    if word in ("before", "b4") and ahead.name == "yesterday":
        return Day(days=-2), i + 3
    if r.at(i).text == "day" and r.at(i + 1).kind == "number" and 1 <= r.at(i + 1).number <= 31:
        period = of_period_at(r, i + 2)
        day = Day(day=int(r.at(i + 1).number))
        if period is None and not r.repeats:
            return None
        return (with_period(day, period[0]), period[1]) if period else (day, i + 2)
    return None


def _weekday(r: Reader, i: int) -> tuple[Day, int] | None:
    """A weekday with what may follow: "next week", "after next", "week" (a week later)."""
    day, j = Day(weekday=r.at(i).number_as_int), r.past_dot(i + 1)
    if r.text(j) == "after" and r.text(j + 1) == "next":
        return replace(day, weeks_later=1), j + 2
    if r.text(j) in ("before", "after") and (beside := _weekday_beside(r, day, j)) is not None:
        return beside
    if r.text(j) == "week" and r.text(j + 1) not in ("day", "days", "of"):
        return replace(day, weeks_later=1), j + 1
    closes = r.at(j + 1).kind in ("end", "punct") or r.text(j + 1) in ("at", "@", "by")
    if closes and r.at(j).kind == "number" and 13 <= r.at(j).number <= 31 and len(r.text(j)) == 2:
        return replace(day, day=int(r.at(j).number)), j + 1
    if r.text(j) == "of" and offset_word(r.text(j + 1)) is not None and r.at(j + 2).name == "week":
        return replace(day, week=offset_word(r.text(j + 1))), j + 3
    return day, j + (r.text(j) == "coming")


def _weekday_beside(r: Reader, day: Day, j: int) -> tuple[Day, int] | None:
    """ "the Friday before Christmas", "the first Monday after the 5th"."""
    found = day_at(r, j + 1)
    if found is None or found[0].weekday is not None or (found[0].holiday is None and found[0].day is None):
        return None
    return replace(found[0], weekday=day.weekday, toward=-1 if r.text(j) == "before" else 1), found[1]


def _modified(r: Reader, j: int, modifier: int) -> tuple[Day, int] | None:
    """What "next", "this" and "last" stand before."""
    token = r.at(j)
    if modifier == 0 and token.text == "date":
        return Day(days=0), j + 1
    match token.category:
        case "weekday" | "weekdays" if token.number >= 0:
            day = Day(weekday=token.number_as_int)
            word = r.text(j - 1)
            j = r.past_dot(j + 1)
            if modifier < 0:
                return replace(day, past=True), j
            return (replace(day, week=1) if word in ("next", "nxt", "following") else day), j
        case "month" if not is_verb(r, j):
            day, j = month_day_at(r, j) or (Day(month=token.number_as_int), j + 1)
            return (replace(day, past=True, years=-1) if modifier < 0 else day), j
        case "unit" if token.name in PERIOD_UNITS and not token.text.endswith("s"):
            return named_period(token.name, modifier), j + 1
    holiday = _holiday_at(r, j)
    return (replace(holiday[0], past=True), holiday[1]) if holiday and modifier < 0 else holiday


def _holiday_at(r: Reader, i: int) -> tuple[Day, int] | None:
    """The longest holiday name that starts here."""
    words: list[str] = []
    found: tuple[Day, int] | None = None
    for j in range(i, min(i + _HOLIDAY_LENGTH, r.length)):
        token = r.at(j)
        words.append(token.text if not token.owner or token.text.endswith("'s") else f"{token.text}'s")
        said = " ".join(words)
        name = SPELLINGS.get(said)
        if name is None and token.owner and r.text(j + 1) not in ("day", "eve"):
            name = SPELLINGS.get(said.removesuffix("'s"))
        if name is not None:
            found = Day(holiday=name), j + 1
    if found is None:
        return None
    year = year_at(r, found[1] + (r.text(found[1]) in ("in", "of", ",")))
    return (replace(found[0], year=year[0]), year[1]) if year else found


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
