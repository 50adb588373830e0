"""English lengths of time and distances from now: "two and a half hours", "in 10 minutes", "3 days before"."""

from __future__ import annotations

from core.language.grammar.english_lexicon import AMOUNTS
from core.language.grammar.english_pieces import Reader, Shift
from core.language.grammar.tokens import word_set

_SECONDS = {"second": 1, "minute": 60, "hour": 3600}
_DAYS = {"day": 1, "week": 7, "fortnight": 14}
_MONTHS = {"month": 1, "quarter": 3, "year": 12, "decade": 120}
_LETTERS = {"s": "second", "m": "minute", "h": "hour", "d": "day", "w": "week", "y": "year"}
_LARGEST = 10_000_000


def _unit(r: Reader, j: int) -> str:
    token = r.at(j)
    if token.category == "unit":
        return token.name
    lone = token.text == "h" and r.at(j - 1).kind == "date"
    return _LETTERS.get(token.text, "") if token.kind == "word" and (token.glued or lone) else ""


def _sized(unit: str, amount: float) -> Shift | None:
    if amount > _LARGEST:
        return None
    if unit in _SECONDS:
        return Shift(seconds=round(amount * _SECONDS[unit]))
    if unit in _DAYS:
        days = amount * _DAYS[unit]
        return Shift(days=int(days), seconds=round((days - int(days)) * 86400))
    if unit in _MONTHS:
        months = amount * _MONTHS[unit]
        return Shift(months=int(months), days=round((months - int(months)) * 30))
    return None


def amount_at(r: Reader, j: int, amount: float) -> tuple[Shift, int] | None:
    """So many of the unit named at this token; a decade and more than ten million are refused."""
    unit = _unit(r, j)
    shift = _sized(unit, amount) if unit else None
    return (shift, r.past_dot(j + 1) if len(r.text(j)) <= 4 else j + 1) if shift else None


_ABOUT = word_set("another about approximately around roughly exactly like only just ~")


def _amount(r: Reader, i: int) -> tuple[float, int] | None:
    """ "2", "2.5", "a", "a couple of", "half a", "two and a half", "3/4"."""
    i += r.text(i) in _ABOUT
    token = r.at(i)
    clock = r.text(i + 2) in ("past", "to", "after", "before")
    for words, amount in AMOUNTS.get(token.text, ()):
        end = i + len(words)
        if r.says(i, words) and _unit(r, end) and not (clock and r.at(i + 1).name == "quarter"):
            return float(amount), end
    if token.kind in ("number", "decimal"):
        if r.says(i + 1, ("and", "a", "half")) or r.says(i + 1, ("and", "an", "half")):
            return token.number + 0.5, i + 4
        return (token.number, i + 1 + (r.text(i + 1) in ("-", "more"))) if r.text(i + 1) != "or" else None
    if token.kind == "date" and "/" in token.text and len(token.parts) == 2 and token.parts[1]:
        return token.parts[0] / token.parts[1], i + 1
    return None


def length_at(r: Reader, i: int) -> tuple[Shift, int] | None:
    """A length of time: "an hour and a half", "1 hour 20 minutes", "1h30", "half an hour", "3 quarters of an hour"."""
    if r.at(i).kind == "clock" and "h" in r.text(i):
        hours, minutes = r.at(i).parts[:2]
        return Shift(seconds=3600 * hours + 60 * minutes), i + 1 + (_unit(r, i + 1) == "minute")
    amount = _amount(r, i)
    if amount is None:
        return None
    found = amount_at(r, amount[1], amount[0])
    if found is None or (found[0] == Shift(seconds=1) and r.text(i) in ("a", "one")):
        return None
    total, j = found
    unit = _unit(r, amount[1])
    if r.text(j) == "and" and r.text(j + 1) == "a" and r.text(j + 2) in ("half", "quarter"):
        half = _sized(unit, 0.5 if r.text(j + 2) == "half" else 0.25)
        return (_sum(total, half), j + 3) if half else (total, j)
    if unit == "hour" and r.at(j).kind == "number" and r.at(j).glued and r.at(j).number < 60:
        return _sum(total, Shift(seconds=60 * int(r.at(j).number))), j + 1 + (_unit(r, j + 1) == "minute")
    for _ in range(6):
        k = j + (r.text(j) in ("and", ",", "&"))
        k += r.text(k) == "and"
        again = _amount(r, k) if r.at(k).kind in ("number", "decimal") or r.text(k) in ("half", "a", "an") else None
        more = amount_at(r, again[1], again[0]) if again else None
        if more is None or more[0].months > total.months > 0 or (k > j and r.text(k) in ("a", "an")):
            break
        total, j = _sum(total, more[0]), more[1]
    return total, j


def _sum(one: Shift, other: Shift) -> Shift:
    return Shift(one.seconds + other.seconds, one.days + other.days, one.months + other.months)


def signed(shift: Shift, sign: int, anchored: bool = False) -> Shift:
    """The same length in the given direction."""
    return Shift(shift.seconds, shift.days, shift.months, anchored, sign)


_AHEAD = frozenset({"in", "after", "within", "w/in", "n"})
_BEHIND_AHEAD = frozenset({"later", "hence", "ahead"})


def shift_at(r: Reader, i: int) -> tuple[Shift, int] | None:
    """A distance from now ("in 2 hours", "5 minutes from now", "3 days ago") or from what comes next ("an hour before")."""
    opener = r.text(i) in _AHEAD
    j = i + opener
    j += opener and r.text(j) in ("the", "next") and r.text(i) != "after"
    j += opener and r.text(j) == "next"
    day = j + (r.text(j) == "the")
    if r.text(day) == "day" and r.text(day + 1) in ("before", "after") and not (opener and day == j):
        return _day_beside(r, day)
    found = length_at(r, j) if opener or r.at(j).kind != "clock" else None
    found = found or (_unsaid_unit(r, i, j) if opener else None)
    if found is None:
        return None
    length, end = found
    end += 2 * (r.text(end) == "or" and r.text(end + 1) in ("so", "two", "three"))
    end = r.skip(end, frozenset({"'", "time"}), 2)
    word = r.text(end)
    if word == "from" and r.text(end + 1) in ("now", "today", "right"):
        return signed(length, 1), end + 2 + (r.text(end + 1) == "right")
    if word in _BEHIND_AHEAD:
        return signed(length, 1), end + 1
    if word in ("ago", "back", "earlier") and not opener:
        return signed(length, -1), end + 1
    if word in ("before", "b4", "prior", "ahead"):
        end += 1 + (r.text(end + 1) == {"prior": "to", "ahead": "of"}.get(word, "-"))
        return signed(length, -1, anchored=True), end
    if word in ("after", "from", "past", "following") and not opener:
        return signed(length, 1, anchored=True), end + 1
    weekday = r.at(end + (word == "on")).category == "weekday"
    if word in ("on", "this", "next") and weekday and length.days and not opener:
        return signed(length, 1, anchored=True), end + (word == "on")
    return (signed(length, 1), end) if opener else None


def _unsaid_unit(r: Reader, i: int, j: int) -> tuple[Shift, int] | None:
    """ "ping me in 5" means minutes; "within the hour" and "in the next hour" mean one."""
    token, ahead = r.at(j), r.at(j + 1)
    if token.name in ("hour", "minute") and r.text(j - 1) in ("the", "next") and not token.text.endswith("s"):
        return amount_at(r, j, 1)
    ends = ahead.kind in ("end", "punct") or ahead.text in ("to", "please", "pls", "about", "that", "2")
    if r.text(i) == "in" and j == i + 1 and token.kind == "number" and ends and r.text(i - 1) in ("me", "us", ""):
        return Shift(seconds=60 * int(token.number)), j + 1
    return None


def _day_beside(r: Reader, j: int) -> tuple[Shift, int] | None:
    if r.text(j + 1) == "after" and (r.at(j + 2).name == "tomorrow" or r.at(j + 2).kind in ("end", "punct")):
        return None
    return Shift(days=1, anchored=True, sign=-1 if r.text(j + 1) == "before" else 1), j + 2


def bare_shift_at(r: Reader, i: int) -> tuple[Shift, int] | None:
    """ "for fifteen minutes", "15 min": a length alone, a distance from now for an alarm or a timer."""
    j = i + (r.text(i) == "for")
    found = length_at(r, j)
    return (signed(found[0], 1), found[1]) if found else None
