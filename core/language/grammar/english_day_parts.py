"""English parts of the day: "in the morning", "this evening", "later today", "end of day", "after lunch"."""

from __future__ import annotations

from core.language.grammar.days import Day
from core.language.grammar.english_dates import THIS
from core.language.grammar.english_lexicon import IDIOMS
from core.language.grammar.english_pieces import Clock, Clocks, Days, Part, Piece, Reader
from core.language.grammar.tokens import word_set

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
