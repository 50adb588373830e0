"""The closed vocabulary of English time words: what each means, and the spellings that stand for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, TypeVar

from core.language.grammar.tokens import toml_tables, word_set
from core.language.values import Frequency

Category: TypeAlias = Literal[
    "", "weekday", "weekdays", "month", "unit", "part", "relative", "often", "every", "half", "noon", "holiday"
]


Meant = TypeVar("Meant")


class Entry(NamedTuple):
    """A word's category, its one spelling, and a number where it has one (weekday from Monday = 0, month from 1)."""

    category: Category
    name: str
    number: int = 0


_TABLES = toml_tables("english")

WORDS = {
    spelling: Entry(category, name, number)
    for category, name, number, spellings in _TABLES["words"]
    for spelling in spellings.split()
}
CARDINALS: dict[str, int] = {word: number for number, word in enumerate(_TABLES["cardinals"].split())} | _TABLES["tens"]
ORDINALS: dict[str, int] = {word: number for number, word in enumerate(_TABLES["ordinals"].split(), 1)} | _TABLES[
    "further_ordinals"
]
Phrases: TypeAlias = dict[str, list[tuple[tuple[str, ...], Meant]]]


def _phrases(rows: Iterable[tuple[str, Meant]]) -> Phrases[Meant]:
    """Words that belong together and what they mean, by the first of them; longer ones stand first in the file."""
    found: Phrases[Meant] = {}
    for phrase, meant in rows:
        words = tuple(phrase.split())
        found.setdefault(words[0], []).append((words, meant))
    return found


def _by_meaning(tables: dict[str, list[str]]) -> Phrases[str]:
    return _phrases((phrase, meaning) for meaning, phrases in tables.items() for phrase in phrases)


HABITS: Phrases[tuple[Frequency | None, int]] = _phrases(
    (phrase, (frequency or None, interval)) for frequency, interval, phrases in _TABLES["habits"] for phrase in phrases
)
"""Words that repeat: their frequency (None: no rule says it) and interval."""
PER = _by_meaning(_TABLES["times"])
AMOUNTS = _by_meaning(_TABLES["amounts"])
IDIOMS = _by_meaning(_TABLES["idioms"])
"""The part of the day that they mean, or "end of work"."""
BOUNDS = {kind: _by_meaning({kind: phrases}) for kind, phrases in _TABLES["bounds"].items()}
"""How the end, the start and the exceptions of a repetition are opened."""
LISTS = {name: word_set(words) for name, words in _TABLES["lists"].items()}

WEAK_WEEKDAYS = frozenset({"sun", "sat", "mon", "wed"})
"""Also plain words ("the sun", "he sat"): days only beside another time word or a preposition."""

_TYPED_RIGHT = word_set(_TABLES["typed_right"])

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
    short = len(word) < 5
    slips = [meant for meant in near if not short or WORDS[meant].category in ("weekday", "every", "relative")]
    if (entry := _nearest(word, slips)) is not None or len(word) < 7:
        return entry
    far = [meant for meant in near if len(meant) >= 8 and meant[0] == word[0] and abs(len(meant) - len(word)) <= 1]
    return WORDS[min(far)] if far else None


def _nearest(word: str, meant: Iterable[str]) -> Entry | None:
    """The likeliest of these that the word is one slip away from."""
    slips = [(_slip_kind(word, each), each) for each in meant if _one_slip(word, each)]
    return WORDS[min(slips)[1]] if slips else None


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
    short = len(word) == 3  # "dya" for "day", but not any three letters
    units = [unit for unit in _UNIT_WORDS if not short or len(unit) > 3 or _slip_kind(word, unit) == 1]
    return _nearest(word, units)
