"""The closed vocabulary of English time words: what each means, and the spellings that stand for it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from core.language.grammar.tokens import word_set

Category: TypeAlias = Literal[
    "", "weekday", "weekdays", "month", "unit", "part", "relative", "often", "every", "half", "noon", "holiday"
]


class Entry(NamedTuple):
    """A word's category, its one spelling, and a number where it has one (weekday from Monday = 0, month from 1)."""

    category: Category
    name: str
    number: int = 0


def _spread(category: Category, rows: dict[str, tuple[str, int]]) -> dict[str, Entry]:
    return {
        spelling: Entry(category, name, number)
        for spellings, (name, number) in rows.items()
        for spelling in spellings.split()
    }


_WEEKDAYS = {
    "monday mon": ("monday", 0),
    "tuesday tue tues": ("tuesday", 1),
    "wednesday wed weds": ("wednesday", 2),
    "thursday thu thur thurs": ("thursday", 3),
    "friday fri": ("friday", 4),
    "saturday sat": ("saturday", 5),
    "sunday sun": ("sunday", 6),
}
_MONTHS = {
    "january jan": ("january", 1),
    "february feb febr": ("february", 2),
    "march mar": ("march", 3),
    "april apr": ("april", 4),
    "may": ("may", 5),
    "june jun": ("june", 6),
    "july jul": ("july", 7),
    "august aug": ("august", 8),
    "september sep sept": ("september", 9),
    "october oct": ("october", 10),
    "november nov": ("november", 11),
    "december dec": ("december", 12),
}
_UNITS = {
    "second seconds sec secs": ("second", 1),
    "minute minutes min mins minuets": ("minute", 60),
    "hour hours hr hrs": ("hour", 3600),
    "day days": ("day", 1),
    "week weeks wk wks": ("week", 7),
    "fortnight fortnights": ("fortnight", 14),
    "month months mo mos mth mths": ("month", 1),
    "quarter quarters": ("quarter", 3),
    "year years yr yrs": ("year", 12),
    "decade decades": ("decade", 120),
    "weekend weekends wkend wkends wknd wknds": ("weekend", 0),
    "wkday": ("workday", 0),
    "workday workdays": ("workday", 0),
}
_PARTS = {
    "morning mornings mornin morn": ("morning", 0),
    "afternoon afternoons arvo aft": ("afternoon", 0),
    "evening evenings eve dusk sunset sundown": ("evening", 0),
    "night nights nite": ("night", 0),
    "dawn daybreak sunrise": ("dawn", 0),
    "lunchtime lunchtimes": ("lunch", 0),
}
_RELATIVE = {
    "today 2day tdy todays": ("today", 0),
    "tomorrow tmrw tmr tmrrw tmw tmro tomoz tomorow tommorow tommorrow tomorro 2moro 2morrow 2morro 2mrw 2mro "
    "2morow tomorrows tmrws": ("tomorrow", 1),
    "yesterday yday": ("yesterday", -1),
    "tonight tonite 2nite 2night tonights": ("tonight", 0),
    "overmorrow": ("tomorrow", 2),
}
_OFTEN = {
    "daily everyday evryday": ("day", 1),
    "hourly": ("hour", 1),
    "weekly wkly": ("week", 1),
    "biweekly fortnightly": ("week", 2),
    "monthly mthly": ("month", 1),
    "bimonthly": ("month", 2),
    "quarterly qtrly": ("month", 3),
    "semiannually semiannual biannually": ("month", 6),
    "yearly yrly annually annual": ("year", 1),
    "halfyearly": ("month", 6),
    "halfhourly": ("minute", 30),
    "biennially": ("year", 2),
    "nightly": ("night", 1),
    "weeknight weeknights": ("weeknight", 1),
}
_EVERY = {"every evry evrey evey everry eveyr each": ("every", 0)}
_NOON = {"noon midday noonish noontime": ("noon", 12), "midnight": ("midnight", 0)}

WORDS: dict[str, Entry] = {
    **_spread("weekday", _WEEKDAYS),
    **_spread("month", _MONTHS),
    **_spread("unit", _UNITS),
    **_spread("part", _PARTS),
    **_spread("relative", _RELATIVE),
    **_spread("often", _OFTEN),
    **_spread("every", _EVERY),
    **_spread("noon", _NOON),
    **{f"{name}s": Entry("weekdays", name, number) for name, number in _WEEKDAYS.values()},
    **{f"{short}s": Entry("weekdays", short, number) for short, number in
       (("mon", 0), ("fri", 4))},
    "weekday": Entry("unit", "workday"),
    "weekdays": Entry("weekdays", "workday", -1),
    "weekends": Entry("weekdays", "weekend", -2),
    "workdays": Entry("weekdays", "workday", -1),
    "wkdays": Entry("weekdays", "workday", -1),
}  # fmt: skip

CARDINALS = {
    word: number
    for number, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
    )
} | {"twenty": 20, "thirty": 30, "forty": 40, "fourty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}  # fmt: skip
ORDINALS = {
    word: number
    for number, word in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
        ],
        1,
    )
} | {"twelveth": 12, "twentieth": 20, "thirtieth": 30}

WEAK_WEEKDAYS = frozenset({"sun", "sat", "mon", "wed"})
"""Also plain words ("the sun", "he sat"): days only beside another time word or a preposition."""

_TYPED_RIGHT = word_set(
    "annul aprils augusta auguste avril dairy daisy dally decide decides decode ever main marcy marsh match math maths "
    "midnights mind mini minus minuet moaning monty most moths mourning mouth mouths quartet sets subset sundae sundry sunsets "
    "thus toady toddy tours weakly weeds yeah yearn"
)
"""Words of their own that are one slip away from a time word, never to be read as one."""

_FUZZY = tuple(word for word in WORDS if len(word) >= 5 and word.isalpha())


def _shorter(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))} | {word}


def _index() -> dict[str, list[str]]:
    index: dict[str, list[str]] = {}
    for word in _FUZZY:
        for key in _shorter(word):
            index.setdefault(key, []).append(word)
    return index


_INDEX = _index()


def _one_slip(typed: str, meant: str) -> bool:
    """One letter wrong, missing, too many, or two neighbours swapped; the first letter is nearly always right."""
    if typed[0] != meant[0] or abs(len(typed) - len(meant)) > 1:
        return False
    start = 0
    shortest = min(len(typed), len(meant))
    while start < shortest and typed[start] == meant[start]:
        start += 1
    rest_typed, rest_meant = typed[start:], meant[start:]
    if len(typed) == len(meant):
        swapped = rest_typed[:2] == rest_meant[:2][::-1] and rest_typed[2:] == rest_meant[2:]
        return swapped or rest_typed[1:] == rest_meant[1:]
    longer, shorter = (rest_typed, rest_meant) if len(typed) > len(meant) else (rest_meant, rest_typed)
    return longer[1:] == shorter


def _slip_kind(typed: str, meant: str) -> int:
    """How likely the slip is, most likely first: a letter left out, two swapped, one too many, one wrong."""
    if len(meant) > len(typed):
        return 0
    if len(meant) < len(typed):
        return 2
    return 1 if sorted(meant) == sorted(typed) else 3


@lru_cache(maxsize=4096)
def corrected(word: str) -> Entry | None:
    """The time word that an unknown word is one slip away from (two where it is long), else None."""
    if not 4 <= len(word) <= 16 or word in _TYPED_RIGHT or not word.isalpha():
        return None
    plain = _without_runs(word)
    if plain != word and plain in WORDS:
        return WORDS[plain]
    near = {meant for key in _shorter(word) for meant in _INDEX.get(key, ())}
    slips = [
        meant
        for meant in near
        if _one_slip(word, meant) and (len(word) >= 5 or WORDS[meant].category in ("weekday", "every", "relative"))
    ]
    if slips:
        return WORDS[min(slips, key=lambda meant: (_slip_kind(word, meant), meant))]
    if len(word) >= 7:
        far = [meant for meant in near if len(meant) >= 8 and meant[0] == word[0] and abs(len(meant) - len(word)) <= 1]
        if far:
            return WORDS[min(far)]
    return None


def _without_runs(word: str) -> str:
    """ "tomorrowww" and "nooon" with each run of three letters and more cut down."""
    twice = re.sub(r"(.)\1{2,}", r"\1\1", word)
    return twice if twice in WORDS else re.sub(r"(.)\1{2,}", r"\1", word)


_UNIT_WORDS = tuple(word for word, entry in WORDS.items() if entry.category == "unit" and len(word) >= 3)


@lru_cache(maxsize=1024)
def corrected_unit(word: str) -> Entry | None:
    """The unit one slip away, where the words before leave room for nothing else ("every moth", "in 3 dyas")."""
    if not 3 <= len(word) <= 12 or not word.isalpha() or word in _TYPED_RIGHT:
        return None
    near = [
        unit
        for unit in _UNIT_WORDS
        if unit[0] == word[0]
        and _one_slip(word, unit)
        and (len(word) > 3 or len(unit) > 3 or _slip_kind(word, unit) == 1)
    ]
    return WORDS[min(near, key=lambda unit: (_slip_kind(word, unit), unit))] if near else None
