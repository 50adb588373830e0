"""English clock times, parts of the day and ranges of clock times."""

from __future__ import annotations

from dataclasses import replace

from core.language.grammar.days import Day
from core.language.grammar.english_dates import THIS
from core.language.grammar.english_lexicon import IDIOMS, LISTS
from core.language.grammar.english_pieces import Clock, ClockRange, Clocks, Days, Meridiem, Part, Piece, Reader
from core.language.grammar.tokens import word_set

_APPROXIMATELY = word_set("around about approximately approx circa roughly exactly precisely like ~ just")
_PAST = frozenset({"past", "after"})
_TO = frozenset({"to", "till", "til", "before", "of"})
_OCLOCK = frozenset({"o'clock", "oclock", "oclok", "clock"})
_NOT_A_CLOCK = LISTS["not_a_clock"]
_AGAIN = frozenset({"again", "at"})
_JOINS = frozenset({",", "and", "&", "/", "+"})
_DASHES = word_set("- to until till til through thru and ~")


def clock_at(r: Reader, i: int) -> tuple[Clock, int] | None:
    """A clock time that needs no preposition to be one: "9am", "17:30", "half past six", "noon", "5ish"."""
    token = r.at(i)
    match token.kind:
        case "clock":
            return _finished(r, token.parts[0], token.parts[1], i + 1, exact=token.text[0] == "0")
        case "decimal" if r.at(i + 1).kind == "meridiem":
            return _finished(r, token.parts[0], token.parts[1], i + 1)
        case "number":
            return _number_clock(r, i)
        case "word":
            return _word_clock(r, i)
    return None


def _noon(name: str) -> Clock:
    return Clock(12 if name == "noon" else 0, exact=True)


def _finished(r: Reader, hour: int, minute: int, j: int, exact: bool = False) -> tuple[Clock, int] | None:
    """Takes am, pm, "o'clock", "sharp" and "ish" behind the digits."""
    j += r.text(j) in ("ish", "h") and r.at(j).glued
    j += 2 * r.says(j, ("-", "ish"))
    j += r.text(j) in _OCLOCK
    j += 2 * (r.says(j, ("in", "the")) and r.at(j + 2).kind == "meridiem")
    meridiem: Meridiem | None = None
    if r.at(j).kind == "meridiem":
        meridiem = "am" if r.text(j)[0] == "a" else "pm"
        j = r.past_dot(j + 1)
    j += r.text(j) in ("sharp", "ish", "approximately", "approx")
    j += 3 * r.says(j, ("on", "the", "dot"))
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return None
    if hour > 12 or hour == 0:
        meridiem, exact = None, True
    return Clock(hour % 24, minute, meridiem, exact and meridiem is None), j


def _number_clock(r: Reader, i: int) -> tuple[Clock, int] | None:
    token, ahead = r.at(i), r.at(i + 1)
    number = int(token.number)
    if len(token.text) == 4 and ahead.text in ("hours", "hrs") and number % 100 < 60 and number < 2400:
        return Clock(number // 100, number % 100, exact=True), i + 2
    verb = ahead.text == "am" and not ahead.glued and r.text(i + 2) in ("going", "not", "so")
    if ahead.kind == "meridiem" and not verb:
        hour, minute = divmod(number, 100) if number >= 100 else (number, 0)
        return _finished(r, hour, minute, i + 1)
    ish = ahead.glued and (ahead.text == "ish" or (ahead.text == "h" and 12 < number < 24))
    if ish or ahead.text in _OCLOCK or (1 <= number <= 12 and _part_follows(r, i + 1)):
        return _finished(r, number, 0, i + 1)
    if ahead.category == "noon" and number == 12:
        return _noon(ahead.name), i + 2
    k = i + 1 + (ahead.text == "oh")
    minutes = r.at(k)
    sure = minutes.kind == "number" and (k > i + 1 or minutes.name == "word" or len(minutes.text) == 2)
    if sure and r.at(k + 1).kind == "meridiem" and 1 <= number <= 12 and minutes.number < 60:
        return _finished(r, number, int(minutes.number), k + 1)
    return _minutes_from_hour(r, i, number)


_AFTER_CLOCK = word_set("on to in and for please pls at so i about this every")


def _part_follows(r: Reader, j: int) -> bool:
    """ "3 in the morning", "eleven at night"."""
    inside = r.says(j, ("in", "the")) and (r.at(j + 2).category == "part" or r.at(j + 2).kind == "meridiem")
    return inside or (r.text(j) == "at" and r.at(j + 1).name == "night")


def _minutes_from_hour(r: Reader, i: int, minutes: int) -> tuple[Clock, int] | None:
    """ "20 past 3", "10 minutes to noon", "five to nine am"."""
    named = r.at(i + 1).name == "minute"
    j = i + 1 + named
    word = r.text(j)
    if not 1 <= minutes <= 59 or word == "of" or word not in _PAST | _TO:
        return None
    if named and word in ("after", "before", "to") and r.at(j + 1).category != "noon":
        return None
    target = _hour_target(r, j + 1)
    if target is None:
        return None
    digits = not named and r.at(i).name != "word"
    behind = r.at(target[1])
    counts = behind.kind == "word" and not behind.category and behind.text not in _AFTER_CLOCK
    odd = word in _TO and minutes % 5
    if digits and (minutes < 5 or (target[0].meridiem is None and (counts or odd))):
        return None
    return _moved(target, minutes if word in _PAST else -minutes)


def _moved(target: tuple[Clock, int] | None, minutes: int) -> tuple[Clock, int] | None:
    if target is None:
        return None
    clock, j = target
    total = clock.hour * 60 + clock.minute + minutes
    hour = total // 60 % 24 or (0 if clock.exact else 12)
    flips = clock.meridiem and clock.hour == 12 and minutes < 0
    meridiem: Meridiem | None = ("am" if clock.meridiem == "pm" else "pm") if flips else clock.meridiem
    return Clock(hour, total % 60, meridiem, clock.exact), j


def _hour_target(r: Reader, j: int) -> tuple[Clock, int] | None:
    token = r.at(j)
    if token.category == "noon":
        return _noon(token.name), j + 1
    if token.kind != "number" or not 1 <= token.number <= 24 or r.at(j + 1).category == "unit":
        return None
    return _finished(r, int(token.number), 0, j + 1)


def _word_clock(r: Reader, i: int) -> tuple[Clock, int] | None:
    token = r.at(i)
    if token.category == "noon":
        return _noon(token.name), i + 1
    j = i + (token.text in ("a", "the"))
    if r.text(j) == "half":
        j += 1 + (r.text(j + 1) == "-")
        if r.text(j) in _PAST:
            return _moved(_hour_target(r, j + 1 + (r.text(j + 1) == "-")), 30)
        ahead = r.at(j + 1)
        alone = ahead.kind in ("end", "punct") or ahead.category in ("relative", "part") or ahead.text in ("on", "this")
        if r.at(j).kind == "number" and (alone or r.at(j).name == "word"):
            return _moved(_hour_target(r, j), 30)
    elif r.at(j).name == "quarter":
        sign = 1 if r.text(j + 1) in _PAST else -1 if r.text(j + 1) in _TO else 0
        return _moved(_hour_target(r, j + 2), 15 * sign) if sign else None
    return None


def bare_clock_at(r: Reader, i: int) -> tuple[Clock, int] | None:
    """A clock time where one is expected (behind "at", "by", "from"): also "6", "730", "three twenty", "17.30"."""
    i = r.skip(i, _APPROXIMATELY)
    if (strong := clock_at(r, i)) is not None:
        return strong
    token, ahead = r.at(i), r.at(i + 1)
    if token.kind == "decimal" and token.parts[1:] and len(token.text.split(".")[1]) == 2 and ahead.category != "unit":
        return _finished(r, token.parts[0], token.parts[1], i + 1, exact=token.text[0] == "0")
    if token.kind == "number" and ahead.text in ("hours", "hrs") and r.text(i - 1) == "at" and token.number <= 24:
        return Clock(int(token.number) % 24, 0, None, True), i + 2
    if token.kind != "number" or _counts_things(r, i + 1):
        return None
    number = int(token.number)
    if len(token.text) >= 3 and token.name != "word":
        four = len(token.text) == 4
        if number % 100 < 60 and number // 100 < 25 and not (four and 1900 < number < 2100 and number % 5):
            return _finished(r, number // 100, number % 100, i + 1, exact=four and (number < 1000 or number >= 1300))
        return None
    if number > 24:
        return None
    two_digits = ahead.number >= 10 if ahead.name == "word" else len(ahead.text) == 2
    if ahead.kind == "number" and ahead.number < 60 and two_digits and not _counts_things(r, i + 2):
        return _finished(r, number, int(ahead.number), i + 2)
    return _finished(r, number, 0, i + 1)


def _counts_things(r: Reader, j: int) -> bool:
    """The number before counts something: "at 20 percent", "in 5 minutes"."""
    token = r.at(j)
    if token.glued and token.kind == "word" and token.text not in ("h", "ish", "o", "hrs", "oclock", "o'clock"):
        return True
    length = token.text == "-" and r.at(j + 1).category == "unit"
    return length or token.category in ("unit", "half") or token.text in _NOT_A_CLOCK


def clocks_at(r: Reader, i: int, bare: bool) -> tuple[Clocks, int] | None:
    """One clock time or several in a row; `bare` numbers count where a preposition came before."""
    first = bare_clock_at(r, i) if bare else clock_at(r, i)
    if first is None:
        return None
    found, j = [first[0]], first[1]
    for _ in range(12):
        k = r.skip(j, _JOINS, 2)
        if k == j:
            break
        k = r.skip(k, _AGAIN, 2)
        more = _listed(r, k)
        if more is None:
            break
        found.append(more[0])
        j = more[1]
    return Clocks((*(_sided(clock, found[-1], before=True) for clock in found[:-1]), found[-1])), j


_AFTER_LISTED = word_set("on and to in until for starting o'clock each from")
TIMELY: frozenset[str] = frozenset({"every", "weekday", "relative", "part", "weekdays", "often"})
"""Kinds of time words behind a bare number that make it a clock time."""


def _listed(r: Reader, k: int) -> tuple[Clock, int] | None:
    if (strong := clock_at(r, k)) is not None:
        return strong
    after = r.at(k + 1)
    if r.at(k).kind != "number" or (len(r.text(k)) > 2 and r.at(k).name != "word") or after.kind == "number":
        return None
    timely = after.kind in ("end", "punct", "meridiem") or after.category in TIMELY
    return bare_clock_at(r, k) if timely or after.text in _AFTER_LISTED else None


def _sided(clock: Clock, other: Clock, *, before: bool) -> Clock:
    """ "7 and 9pm": the half of the day that puts an open clock time before (else behind) the other, which says its own."""
    if not clock.is_open or other.meridiem is None:
        return clock
    first, last = (clock, other) if before else (other, clock)
    in_order = (first.hour % 12, first.minute) < (last.hour % 12, last.minute)
    flipped: Meridiem = "am" if other.meridiem == "pm" else "pm"
    return replace(clock, meridiem=other.meridiem if in_order else flipped)


def span_at(r: Reader, i: int, expected: bool = False) -> tuple[ClockRange, int] | None:
    """ "from 9 to 5", "between 2pm and 4pm", "9am-5pm", "3:30 to 6 PM"."""
    opener = r.text(i)
    if opener in ("during", "in", "within") and (hours := _office_hours(r, i + 1)) is not None:
        return ClockRange(Clock(9, exact=True), Clock(17, exact=True)), hours
    prefixed = opener in ("from", "between", "btw", "b/w")
    j = i + prefixed
    if opener == "between" and r.text(j) in ("the", "hours"):
        j = r.skip(j, frozenset({"the", "hours", "of"}))
    j += r.text(j) == "at"
    plain = _before_dash(r, j) if prefixed or (r.at(j).name != "word" and opener != "at") else None
    first = _in_its_part(r, plain or bare_clock_at(r, j))
    if first is None or r.text(first[1]) not in _DASHES:
        return None
    dash = r.text(first[1])
    if dash == "and" and opener not in ("between", "btw"):
        return None
    if r.text(first[1] + 1) == "at" and opener not in ("from", "between", "at"):
        return None
    last = _in_its_part(r, bare_clock_at(r, first[1] + 1 + (r.text(first[1] + 1) == "at")))
    if last is None:
        return None
    clear = not first[0].is_open or last[0].meridiem
    surely = clear or r.at(j).kind == "clock" or r.text(first[1] - 1) in _OCLOCK
    if not prefixed and not surely and not expected:
        return None
    start, end = ordered(first[0], last[0])
    return ClockRange(start, end), last[1]


def _office_hours(r: Reader, j: int) -> int | None:
    j += r.text(j) in ("the", "my", "our")
    if r.text(j) == "day" and r.repeats and r.text(j - 1) == "the":
        return j + 1
    named = r.text(j) in ("work", "working", "business", "office") and r.text(j + 1) in ("hours", "hrs", "day", "time")
    return j + 2 if named else None


def _in_its_part(r: Reader, found: tuple[Clock, int] | None) -> tuple[Clock, int] | None:
    """ "6 in the evening" inside a range."""
    if found is None:
        return None
    clock, j = found
    named = 2 * (r.text(j) == "in" and r.text(j + 1) == "the") or (r.text(j) == "at" and r.at(j + 1).name == "night")
    part = r.at(j + named)
    if not named or part.category != "part" or not clock.is_open:
        return found
    return Clock(clock.hour, clock.minute, "am" if part.name in ("morning", "dawn") else "pm"), j + named + 1


def _before_dash(r: Reader, j: int) -> tuple[Clock, int] | None:
    """ "10" of "10 to 5", which is no "ten minutes to five" here."""
    token = r.at(j)
    if token.kind != "number" or (len(token.text) > 2 and token.name != "word") or r.text(j + 1) not in _DASHES:
        return None
    return _finished(r, int(token.number), 0, j + 1)


def ordered(first: Clock, last: Clock) -> tuple[Clock, Clock]:
    """Both with the half of the day that one of them says, so that the first comes before the last."""
    first = _sided(first, last, before=True)
    return first, _sided(last, first, before=False)


_EARLY = word_set("early late mid very -")


def idiom_at(r: Reader, i: int) -> Piece | None:
    found = r.phrase(i, IDIOMS)
    if found is None:
        return None
    meaning, end = found
    near = r.at(end).category in ("relative", "weekday") or r.text(end) in ("on", "")
    if r.text(end - 1) == "thing" and not near:
        return None
    by = "by" if r.text(i - 1) == "by" else ""
    value = Clocks((Clock(17, exact=True),), by) if meaning == "end of work" else Part(meaning)
    start = i - 1 if r.text(i - 1) in ("by", "at", "before") else i
    if r.text(i - 1) == "the" and r.text(i - 2) in ("by", "at", "before"):
        start = i - 2
    return Piece(value, start, end, 3)


_OPENERS = word_set("in at during by on for before around about")


def part_behind(r: Reader, word: str, i: int, j: int) -> list[Piece]:
    """ "in the morning", "at night", "by this evening", "in the early afternoon"; `word` is the preposition before `j`."""
    the = r.text(j) == "the"
    j += the
    this = r.text(j) in ("this", "dis")
    j = r.skip(j + this, _EARLY, 2)
    token = r.at(j)
    bare = word in ("on", "before") or (word == "for" and not the)
    if token.category != "part" or word not in _OPENERS or (bare and not this):
        return []
    found = [Piece(Part(token.name), i, j + 1, 3)]
    return [Piece(Days((Day(days=0),), preposition=word), i, j + 1, 3), *found] if this else found


def this_part(r: Reader, i: int) -> list[Piece]:
    """ "this morning", "last night"."""
    word = r.text(i)
    k = i + 1 + (r.text(i + 1) in ("early", "late", "coming"))
    if (word in THIS or word == "last") and r.at(k).category == "part" and not r.text(k).endswith("s"):
        day = Day(days=0 if word in THIS else -1)
        return [Piece(Days((day,)), i, k + 1, 3), Piece(Part(r.at(k).name), i, k + 1, 3)]
    return []
