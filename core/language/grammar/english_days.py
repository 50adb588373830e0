"""English names of days: relative, weekdays, dates, the nth weekday, the last day, holidays; and lists of them."""

from __future__ import annotations

from dataclasses import replace

from core.language.grammar.days import Day, Edge, merged_days
from core.language.grammar.english_pieces import Days, Reader
from core.language.grammar.english_tokens import Token
from core.language.grammar.holidays import SPELLINGS

NEXT = frozenset({"next", "nxt", "following", "upcoming", "coming", "forthcoming"})
THIS = frozenset({"this", "current", "dis"})
LAST = frozenset({"last", "past", "previous", "prior"})
_THE = frozenset({"the", "that", "da"})
_OF = frozenset({"of", "in", "for"})
_BEGIN = frozenset({"beginning", "begin", "start", "top"})
_MIDDLE = frozenset({"middle", "mid"})
_SHORT_EDGES = {"eom": "month", "eow": "week", "eoy": "year", "bom": "month"}
_HOLIDAY_STARTS = frozenset(name.split()[0].split("'")[0] for name in SPELLINGS) | {"4th", "fourth", "x", "mother's", "father's"}
_HOLIDAY_LENGTH = 4
_PERIOD_UNITS = frozenset({"week", "month", "quarter", "year", "weekend"})


def _modifier(word: str) -> int | None:
    return 1 if word in NEXT else 0 if word in THIS else -1 if word in LAST else None


def day_at(r: Reader, i: int) -> tuple[Day, int] | None:
    """One day or period named at this token, with what belongs to it ("Friday next week", "March 3rd, 2027")."""
    j = i + 1 if r.text(i) in _THE else i
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
    k += r.text(k) in _THE
    before = r.text(j)
    if before in (".",) and not r.at(j).glued:
        return None
    token = r.at(k)
    found = _one_day(r, k, the=k > j and r.text(k - 1) in _THE)
    if found is None and day.weekday is not None and token.kind == "ordinal":
        found = _ordinal_day(r, k, the=True)
    if found is None or (before == "-" and day.weekday is None):
        return None
    both = merged_days(day, found[0])
    if both is None or both == day:
        return None
    if found[0].weekday is not None and day.weekday is None and day.nth is None and (day.days is None and day.day is None and day.week is None):
        return None
    return both, found[1]


def _one_day(r: Reader, i: int, the: bool) -> tuple[Day, int] | None:
    token = r.at(i)
    match token.kind:
        case "date":
            return _written_date(token, i)
        case "decimal":
            return _dotted(r, i)
        case "ordinal":
            return _holiday_at(r, i) or _ordinal_day(r, i, the)
        case "number":
            return _number_day(r, i)
        case "word":
            return _word_day(r, i, the)
    return None


def _word_day(r: Reader, i: int, the: bool) -> tuple[Day, int] | None:
    token = r.at(i)
    word = token.text
    if word.removesuffix("'s") in _HOLIDAY_STARTS or token.category == "month" or word in ("easter", "xmas"):
        holiday = _holiday_at(r, i)
        if holiday is not None:
            return holiday
    match token.category:
        case "relative" if token.name != "tonight":
            return Day(days=token.number_as_int), i + 1
        case "weekday":
            return _weekday(r, i)
        case "month":
            return _month_day(r, i)
        case "unit" if token.name == "day":
            return _day_words(r, i, the)
        case "unit" if word == "second" or token.name in ("week", "weekend"):
            return _ordinal_day(r, i, the) if word == "second" else _week_words(r, i, the)
    if word in ("last", "past") and (nth := _ordinal_day(r, i, the)) is not None and nth[1] > i + 2:
        return nth
    modifier = _modifier(word)
    if modifier is not None:
        found = _modified(r, i + 1, modifier)
        if found is not None:
            return found
    if word in _SHORT_EDGES:
        return replace(_period(_SHORT_EDGES[word], 0), edge="start" if word == "bom" else "end"), i + 1
    if word in ("end", "beginning", "begin", "start", "middle", "mid"):
        return _edge(r, i)
    if word in ("last", "final", "penultimate") or token.category == "half":
        return _ordinal_day(r, i, the)
    return None


def _week_words(r: Reader, i: int, the: bool) -> tuple[Day, int] | None:
    """ "the week after next", "the weekend", "week on Tuesday"."""
    name = r.at(i).name
    if r.text(i + 1) == "after" and r.text(i + 2) == "next":
        return (Day(week=2) if name == "week" else Day(week=2, weekend=True)), i + 3
    if name == "weekend" and (the or r.text(i - 1) == "on") and r.text(i + 1) != "of":
        return Day(weekend=True), i + 1
    return None


def _day_words(r: Reader, i: int, the: bool) -> tuple[Day, int] | None:
    """ "day after tomorrow", "the day before yesterday", "day 5 of next month"."""
    word, ahead = r.text(i + 1), r.at(i + 2)
    if word in ("after", "aftr") and ahead.category == "relative" and ahead.name == "tomorrow":
        return Day(days=2), i + 3
    if word in ("before", "b4") and ahead.name == "yesterday":
        return Day(days=-2), i + 3
    if r.at(i).text == "day" and r.at(i + 1).kind == "number" and 1 <= r.at(i + 1).number <= 31:
        period = _of_period(r, i + 2)
        day = Day(day=int(r.at(i + 1).number))
        if period is None and r.text(i - 1) not in ("on", "month", "the", "each", "every") and r.at(i - 1).category != "month":
            return None
        return (_with(day, period[0]), period[1]) if period else (day, i + 2)
    return None


def _with(day: Day, period: Day) -> Day:
    return merged_days(day, period) or day


def _weekday(r: Reader, i: int) -> tuple[Day, int] | None:
    """A weekday with what may follow: "next week", "after next", "week" (a week later)."""
    day, j = Day(weekday=r.at(i).number_as_int), i + 1
    j += r.text(j) == "." and r.at(j).glued and r.at(j + 1).kind != "end"
    if r.text(j) == "after" and r.text(j + 1) == "next":
        return replace(day, weeks_later=1), j + 2
    if r.text(j) == "week" and r.at(j + 1).category != "day" and r.text(j + 1) not in ("day", "days", "of"):
        return replace(day, weeks_later=1), j + 1
    if r.at(j).kind == "number" and 13 <= r.at(j).number <= 31 and len(r.text(j)) == 2 and r.at(j + 1).category in ("", "month") and r.at(j + 1).kind in ("end", "punct"):
        return replace(day, day=int(r.at(j).number)), j + 1
    if r.text(j) == "of" and _modifier(r.text(j + 1)) is not None and r.at(j + 2).name == "week":
        return replace(day, week=_modifier(r.text(j + 1))), j + 3
    if r.text(j) == "coming":
        return day, j + 1
    return day, j


def _modified(r: Reader, j: int, modifier: int) -> tuple[Day, int] | None:
    """What "next", "this" and "last" stand before."""
    token = r.at(j)
    match token.category:
        case "weekday":
            day = Day(weekday=token.number_as_int)
            word = r.text(j - 1)
            j += 1 + (r.text(j + 1) == "." and r.at(j + 1).glued)
            if modifier < 0:
                return replace(day, past=True), j
            return (replace(day, week=1) if word in ("next", "nxt", "following") else day), j
        case "month":
            found = _month_day(r, j, modified=True)
            day, j = found if found else (Day(month=token.number_as_int), j + 1)
            if modifier < 0:
                day = replace(day, past=True, years=-1)
            return day, j
        case "unit" if token.name in _PERIOD_UNITS and not token.text.endswith("s"):
            return _period(token.name, modifier), j + 1
    if modifier == 1 and (holiday := _holiday_at(r, j)) is not None:
        return holiday
    if modifier == 0 and (holiday := _holiday_at(r, j)) is not None:
        return holiday
    return None


def _period(name: str, offset: int) -> Day:
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
    j += r.text(j) in _THE
    j += r.text(j) == "month" and r.text(j + 1) == "of"
    token = r.at(j)
    modifier = _modifier(token.text)
    if modifier is not None and r.at(j + 1).category == "unit" and r.at(j + 1).name in _PERIOD_UNITS:
        return _period(r.at(j + 1).name, modifier), j + 2
    if modifier is not None and r.at(j + 1).category == "month":
        return Day(month=r.at(j + 1).number_as_int), j + 2
    if token.category == "unit" and token.name in _PERIOD_UNITS and not token.text.endswith("s"):
        if r.text(j + 1) == "after" and r.text(j + 2) == "next":
            return _period(token.name, 2), j + 3
        return _period(token.name, 0), j + 1
    if token.category == "month":
        day, k = Day(month=token.number_as_int), j + 1
        year = _year_at(r, k + (r.text(k) in (",", "of", "in")))
        return (replace(day, year=year[0]), year[1]) if year else (day, k)
    year = _year_at(r, j)
    return (Day(year=year[0]), year[1]) if year else None


def _of_period(r: Reader, j: int) -> tuple[Day, int] | None:
    return period_at(r, j + 1) if r.text(j) in _OF else None


def _year_at(r: Reader, j: int) -> tuple[int, int] | None:
    token = r.at(j)
    if token.kind != "number" or r.at(j + 1).category == "unit" or r.at(j + 1).kind == "meridiem":
        return None
    number = int(token.number)
    if 1900 <= number <= 2199 and (token.name == "word" or len(token.text) == 4):
        return number, j + 1
    ahead = r.at(j + 1)
    if token.name == "word" and number in (19, 20) and ahead.name == "word" and ahead.kind == "number" and 10 <= ahead.number <= 99:
        return number * 100 + int(ahead.number), j + 2
    return None


def _month_day(r: Reader, i: int, modified: bool = False) -> tuple[Day, int] | None:
    """ "March 3rd[, 2027]", "april twenty", "March 2027"; a bare month only where a caller knows that it is one."""
    month = r.at(i).number_as_int
    j = i + 1
    j += r.text(j) == "." and r.at(j).glued
    dash = r.text(j) in ("-", "/") and r.at(j).glued
    j += dash
    year = _year_at(r, j + (r.text(j) in (",", "of")))
    if year is not None:
        return Day(month=month, year=year[0]), year[1]
    j += r.text(j) == "the"
    token = r.at(j)
    number = int(token.number)
    day_number = token.kind == "ordinal" or (token.kind == "number" and not _is_time_number(r, j)) or (token.text == "second" and token.category == "unit")
    if token.text == "second":
        number = 2
    if not day_number or not 1 <= number <= 31 or (r.at(i).text == "may" and token.kind == "number" and r.text(j - 1) != "may"):
        return None
    return _with_year(r, Day(month=month, day=number), j + 1)


def _is_time_number(r: Reader, j: int) -> bool:
    """The number opens a clock time or counts something, so it is no day of the month."""
    ahead = r.at(j + 1)
    if ahead.kind == "meridiem" or ahead.text in ("o'clock", "oclock") or ahead.category == "unit" or ahead.text in ("times", "x"):
        return True
    return ahead.kind == "number" and r.at(j + 2).kind == "meridiem" and ahead.name == "word" and ahead.number >= 10 and r.at(j).number <= 12


def _with_year(r: Reader, day: Day, j: int) -> tuple[Day, int]:
    k = j + (r.text(j) in (",", "of", "in", "-", "/", "."))
    year = _year_at(r, k)
    if year is not None and not (k == j and r.at(k).kind == "number" and r.at(k).name != "word" and r.at(k).number % 100 < 60 and r.at(k).number < 2000):
        return replace(day, year=year[0]), year[1]
    return day, j


def _written_date(token: Token, i: int) -> tuple[Day, int] | None:
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


def _dotted(r: Reader, i: int) -> tuple[Day, int] | None:
    """ "23.08" is a date behind a weekday or "on", and a clock time elsewhere."""
    token = r.at(i)
    day, month = token.parts[0], token.parts[1]
    before = r.at(i - 1)
    if not (1 <= day <= 31 and 1 <= month <= 12) or len(token.text.split(".")[1]) != 2:
        return None
    return (Day(day=day, month=month), i + 1) if before.category == "weekday" or before.text == "on" else None


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
    number = 2 if second else int(token.number)
    if r.text(i + 1) == "last" and (r.at(i + 2).category in ("weekday", "unit") or r.at(i + 2).kind == "end" or r.text(i + 2) in ("of", "in", "working", "business")):
        return -number, i + 2
    k = i + 1 + (r.text(i + 1) == "-")
    if r.text(k) == "to" and (r.text(k + 1) == "last" or (r.text(k + 1) == "-" and r.text(k + 2) == "last")):
        return -number, k + 2 + (r.text(k + 1) == "-")
    return number, i + 1


def _ordinal_day(r: Reader, i: int, the: bool) -> tuple[Day, int] | None:
    """What an ordinal opens: "the 3rd [of March]", "first Monday of next month", "last day of the month"."""
    numbered = ordinal_number(r, i)
    if numbered is None:
        return None
    nth, j = numbered
    counted = _counted(r, j, nth)
    if counted is not None:
        day, j = counted
        period = _of_period(r, j) or (period_at(r, j) if _modifier(r.text(j)) is not None else None)
        if period is not None:
            return _with(day, period[0]), period[1]
        return (day, j) if _each_behind(r, j) or (day.nth is not None and day.weekday is not None) or (the and day.working) or (day.day == -1 and the) else None
    if nth < 0:
        return (Day(day=nth), j) if nth < -1 and (the or _each_behind(r, j)) else None
    if _each_behind(r, j) and 1 <= nth <= 31:
        return Day(day=nth), j
    return _plain_ordinal(r, i, j, nth, the)


def _each_behind(r: Reader, j: int) -> bool:
    """ "of every month" follows: what stands before repeats."""
    return r.at(j).category == "every" or (r.text(j) in _OF and r.at(j + 1).category == "every")


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
        counted = _counted(r, numbered[1], numbered[0])
        end = counted[1] if counted else numbered[1]
        if counted is not None:
            found.extend(replace(counted[0], **{"nth" if counted[0].nth else "day": number}) for number in numbers)
            numbers = []
        j = end
        while j < end + 2 and r.text(j) in _LIST:
            j += 1
        j += r.text(j) in _THE
    return (Days(tuple(found)), end) if found and not numbers else None


def _counted(r: Reader, j: int, nth: int) -> tuple[Day, int] | None:
    """What the ordinal counts: a weekday, a working day, a day, a weekend."""
    token = r.at(j)
    if token.category == "weekday" and r.text(j - 1) not in ("past",):
        return Day(nth=nth, weekday=token.number_as_int), j + 1 + (r.text(j + 1) == "." and r.at(j + 1).glued)
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
        return _with_year(r, replace(day, month=r.at(k).number_as_int), k + 1 + (r.text(k + 1) == "." and r.at(k + 1).glued and r.at(k + 2).kind != "end"))
    period = _of_period(r, j) or (period_at(r, j) if _modifier(r.text(j)) is not None else None)
    if period is not None and period[0].week is None:
        return _with(day, period[0]), period[1]
    ahead = r.at(j)
    if the and ahead.kind == "word" and ahead.category in ("", "unit") and ahead.text not in _AFTER_DAY and r.at(i).kind != "end":
        return None
    if the or r.text(i - 1) in ("on", "by", "until", "till", "before", "after", "since") or r.at(i - 1).category == "weekday":
        return day, j
    return None


_AFTER_DAY = frozenset(
    ["at", "by", "on", "in", "to", "and", "or", "so", "that", "for", "i", "we", "please", "pls", "around", "about", "until", "till", "from", "remind", "call", "@", "of", "each", "every", "with", "before", "after"]
)


def _number_day(r: Reader, i: int) -> tuple[Day, int] | None:
    """ "21 August [2027]", "20 of this month"."""
    number = int(r.at(i).number)
    if not 1 <= number <= 31:
        return None
    if r.at(i + 1).category == "weekdays" and r.at(i + 1).number >= 0 and r.text(i + 2) == "from" and r.text(i + 3) in ("now", "today"):
        return Day(weekday=r.at(i + 1).number_as_int, weeks_later=number - 1), i + 4
    k = i + 1 + (r.text(i + 1) in ("of", "-", "/", "."))
    if r.at(k).category == "month" and not (r.at(k).text == "may" and r.at(k + 1).kind == "word" and not r.at(k + 1).category):
        end = k + 1 + (r.text(k + 1) == "." and r.at(k + 1).glued and r.at(k + 2).kind != "end")
        return _with_year(r, Day(day=number, month=r.at(k).number_as_int), end)
    if r.text(i + 1) == "of":
        period = period_at(r, i + 2)
        if period is not None and (period[0].months is not None or period[0].month is not None):
            return _with(Day(day=number), period[0]), period[1]
    return None


def _edge(r: Reader, i: int) -> tuple[Day, int] | None:
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
    elif word == "end" and _modifier(r.text(j)) is not None:
        found = period_at(r, j)
        return (replace(found[0], edge=edge), found[1]) if found else None
    return None


def _holiday_at(r: Reader, i: int) -> tuple[Day, int] | None:
    """The longest holiday name that starts here."""
    words: list[str] = []
    found: tuple[Day, int] | None = None
    for j in range(i, min(i + _HOLIDAY_LENGTH, r.length)):
        token = r.at(j)
        words.append(token.text if not token.owner or token.text.endswith("'s") else f"{token.text}'s")
        name = SPELLINGS.get(" ".join(words))
        if name is None and token.owner:
            name = SPELLINGS.get(" ".join(words)[:-2]) if j + 1 == r.length or r.text(j + 1) not in ("day", "eve") else None
        if name is not None:
            found = Day(holiday=name), j + 1
    if found is None:
        return None
    year = _year_at(r, found[1] + (r.text(found[1]) in ("in", "of", ",")))
    return (replace(found[0], year=year[0]), year[1]) if year else found


_LIST = frozenset({",", "and", "&", "+", "/", "or", "plus"})


def days_at(r: Reader, i: int, bare_numbers: bool = False) -> tuple[Days, int] | None:
    """A day, a list of them ("Tuesday and Friday", "the 1st and 15th of March") or a stretch ("Monday to Friday")."""
    counted = _counted_list(r, i)
    if counted is not None:
        return counted
    first = day_at(r, i)
    if first is None and bare_numbers:
        first = _bare_number(r, i)
    if first is None:
        return None
    found, j = [first[0]], first[1]
    through = r.text(j) in ("-", "to", "through", "thru", "till", "until", "til")
    if through:
        last = _through(r, found[0], j + 1)
        return (Days((found[0], last[0]), through=True), last[1]) if last else (Days(tuple(found)), j)
    for _ in range(12):
        k = j
        while k < j + 2 and r.text(k) in _LIST:
            k += 1
        k += r.text(k) == "on"
        more = _like(r, found[0], k) if k > j else None
        if more is None:
            break
        found.append(more[0])
        j = more[1]
    return Days(_sharing(found)), j


def _counted_list(r: Reader, i: int) -> tuple[Days, int] | None:
    """ "the first and third Monday [of next month]"."""
    j = i + (r.text(i) in _THE)
    numbered = ordinal_number(r, j)
    if numbered is None or r.text(numbered[1]) not in _LIST:
        return None
    found = counted_days_at(r, j)
    if found is None or len(found[0].days) < 2:
        return None
    period = _of_period(r, found[1])
    if period is not None and not _each_behind(r, found[1]):
        return Days(tuple(_with(day, period[0]) for day in found[0].days)), period[1]
    return found if _each_behind(r, found[1]) or found[0].days[0].nth is not None else None


def _bare_number(r: Reader, i: int) -> tuple[Day, int] | None:
    token = r.at(i)
    if token.kind in ("number", "ordinal") and 1 <= token.number <= 31 and r.at(i + 1).category != "unit":
        return Day(day=int(token.number)), i + 1
    return None


def _like(r: Reader, first: Day, k: int) -> tuple[Day, int] | None:
    """A further day of a list: of the same sort as the first."""
    found = day_at(r, k)
    if found is None and first.nth is not None and (numbered := ordinal_number(r, k)) is not None:
        found = _counted(r, numbered[1], numbered[0])
    if found is None and first.day is not None and r.at(k).kind in ("ordinal", "number") and not _is_time_number(r, k) and 1 <= r.at(k).number <= 31:
        found = Day(day=int(r.at(k).number)), k + 1
        if r.at(k).kind == "number" and (r.at(k + 1).kind == "number" or r.at(k).name == "word"):
            return None
    if found is None:
        return None
    same = (first.weekday is None) == (found[0].weekday is None) and (first.day is None) == (found[0].day is None)
    return found if same and (first.days is None) == (found[0].days is None) and first.holiday == found[0].holiday else None


def _sharing(found: list[Day]) -> tuple[Day, ...]:
    """ "the 1st and 15th of March": what only the last one says of the month holds for all, and the other way round."""
    last, first = found[-1], found[0]
    if len(found) == 1 or first.day is None:
        return tuple(found)
    source = last if last.month is not None or last.months is not None else first
    period = Day(month=source.month, months=source.months, year=source.year)
    return tuple(merged_days(day, period) or day for day in found)


def _through(r: Reader, first: Day, k: int) -> tuple[Day, int] | None:
    k += r.text(k) in _THE
    found = day_at(r, k)
    if found is None and first.day is not None and r.at(k).kind in ("number", "ordinal") and not _is_time_number(r, k) and 1 <= r.at(k).number <= 31:
        found = Day(day=int(r.at(k).number), month=first.month, months=first.months, year=first.year), k + 1
    return found
