"""Walks an English sentence once from left to right and collects the pieces of time in it."""

from __future__ import annotations

from core.language.grammar.days import Day
from core.language.grammar.english_bounds import bound_at, except_at
from core.language.grammar.english_clock import TIMELY, clocks_at, idiom_at, part_behind, span_at, this_part
from core.language.grammar.english_dates import LAST, NEXT, THIS, is_verb, period_at
from core.language.grammar.english_days import days_at
from core.language.grammar.english_every import every_at, weekdays_at
from core.language.grammar.english_lexicon import WEAK_WEEKDAYS
from core.language.grammar.english_pieces import (
    MOST_LOOKS,
    MOST_PIECES,
    Clocks,
    Days,
    Every,
    Part,
    Piece,
    Reader,
    Shift,
    Value,
)
from core.language.grammar.english_shift import bare_shift_at, shift_at
from core.language.grammar.tokens import word_set

_DAY_PREPOSITIONS = word_set(
    "on by for from before after until till til since in at around b4 this due of over between"
)
_CLOCK_PREPOSITIONS = word_set("at @ by around before after until till til from b4 about approximately since past for")

_DETERMINERS = word_set("a an the my our your his her their")

_ALARM = word_set(
    "alarm alarms reminder alert notification call meeting appointment scheduled set up me timer snooze ping"
)
_LENGTH_BEFORE = frozenset({"me", "us", "alarm", "timer", "reminder", "snooze", "", "alert", "it", "nap", "again"})

_ASKING = word_set("remind ping nudge alert notify wake buzz poke rmd message tell for")


def pieces(r: Reader) -> list[Piece]:
    """The pieces in order; a token belongs to one piece at most (a word like "tonight" makes two of the same tokens)."""
    forced = r.repeats
    r.repeats = forced or any(token.category in ("every", "often", "weekdays") for token in r.tokens)
    rules = _repetitions(r)
    r.repeats = forced or bool(rules)
    found: list[Piece] = []
    i = 0
    ahead = 0
    while i < r.length and len(found) < MOST_PIECES and r.looks < MOST_LOOKS:
        while ahead < len(rules) and rules[ahead].start < i:
            ahead += 1
        if ahead < len(rules) and rules[ahead].start == i:
            found.append(rules[ahead])
            i = rules[ahead].end
            continue
        limit = rules[ahead].start if ahead < len(rules) else r.length
        new = _at(r, i, r.repeats, found)
        if any(piece.end > limit for piece in new):  # its words are taken by the next repetition: read up to there
            whole, r.length = r.length, limit
            new = _at(r, i, r.repeats, found)
            r.length = whole
        found.extend(new)
        i = max((piece.end for piece in new), default=i + 1)
    return found or _only_length(r)


_BEFORE_RULE = word_set("on at in from all repeat repeats repeating recurring recurs for during over")


def _repetitions(r: Reader) -> list[Piece]:
    """The repetitions of the sentence and, if there is one, the days left out of it; nothing else may take their words."""
    found: list[Piece] = []
    i = 0
    while i < r.length and len(found) < MOST_PIECES and r.looks < MOST_LOOKS // 2:
        kind = r.at(i).kind
        left_out = except_at(r, i) if kind == "word" else None
        every = left_out or (every_at(r, i) if kind in ("word", "number", "ordinal") else None)
        if every is None or every[1] <= i:
            i += 1
            continue
        start = i - 2 if r.says(i - 2, ("on", "a")) and r.text(i + 1) == "basis" else i
        taken = found[-1].end if found else 0
        if start - 1 > taken and r.text(start - 1) == "the" and r.text(start - 2) in _BEFORE_RULE:
            start -= 2
        while start > taken and r.text(start - 1) in _BEFORE_RULE and start > i - 2:
            start -= 1
        found.append(Piece(every[0], start, every[1], 3))
        i = every[1]
        if (further := _further_days(r, every[0], i)) is not None:
            found.append(further)
            i = further.end
    return found if any(isinstance(piece.value, Every) for piece in found) else []


def _further_days(r: Reader, value: Value, i: int) -> Piece | None:
    """ "... and Thursday evening" behind "every Monday morning": more of the same repetition."""
    joined = r.text(i) in ("and", "&", ",") and r.at(i + 1).category in ("weekday", "weekdays")
    if not joined or not isinstance(value, Every) or value.part is None:
        return None
    more = weekdays_at(r, i + 1, value.interval)
    return Piece(more[0], i, more[1], 3) if more is not None and more[0].part is not None else None


def _only_length(r: Reader) -> list[Piece]:
    """ "set an alarm for fifteen minutes": a length alone counts where nothing else was said."""
    for i in range(r.length):
        before = r.text(i - 1)
        opens = r.at(i).kind in ("number", "decimal") or r.text(i) in ("for", "a", "an", "half", "couple", "few")
        told = before not in ("me", "us") or r.text(i - 2) in _ASKING
        found = bare_shift_at(r, i) if opens and told and before in _LENGTH_BEFORE else None
        if found is not None and (i > 0 or r.at(found[1]).kind in ("end", "punct") or r.text(i) == "for"):
            return [Piece(found[0], i, found[1], 2)]
    return []


def _at(r: Reader, i: int, recurring: bool, before: list[Piece]) -> list[Piece]:
    token = r.at(i)
    if token.kind in ("other", "meridiem") or (token.kind == "punct" and token.text != "@"):
        return []
    if recurring and (bound := _bound(r, i)):
        return bound
    if (idiom := idiom_at(r, i)) is not None:
        return [idiom]
    shift = shift_at(r, i) if token.kind != "punct" else None
    if shift is not None and (before or not shift[0].anchored or r.at(shift[1]).kind not in ("end", "punct")):
        return _said(i, shift)
    beside_day = bool(before) and before[-1].end == i and isinstance(before[-1].value, Days | Every)
    return _said(i, span_at(r, i, expected=beside_day)) or _prepositional(r, i) or _plain(r, i, before)


def _said(start: int, found: tuple[Value, int] | None) -> list[Piece]:
    return [Piece(found[0], start, found[1], 3)] if found is not None else []


def _bound(r: Reader, i: int) -> list[Piece]:
    """A bound of a repetition; "from 9 to 5" and "from March to May" are looked for before "from March"."""
    days = days_at(r, i + 1) if r.text(i) in ("from", "between") else None
    through = days if days is not None and days[0].through else None
    return _said(i, span_at(r, i) or through or bound_at(r, i))


def _prepositional(r: Reader, i: int) -> list[Piece]:
    word, start = r.text(i), i
    if word == "than" and r.text(i - 1) == "later":
        word, start = "by", i - 2 if r.text(i - 2) == "no" else i
    j = i + 1
    part = part_behind(r, word, start, j)
    if part:
        return part
    if word in _DAY_PREPOSITIONS:
        j2 = j + (r.text(j) in ("around", "about"))
        days = days_at(r, j2) or _named_period(r, j2, word)
        weak = days and word == "in" and r.text(days[1] - 1) in WEAK_WEEKDAYS
        purpose = days and word == "for" and days[0].days[0].holiday and r.at(days[1]).kind == "word"
        if days is not None and word != "of" and not weak and not purpose:
            told = word == "due" and r.text(i - 1) in _IS  # "the rent is due Friday" goes on being due
            return [Piece(Days(days[0].days, days[0].through, word), j if told else start, days[1], 3)]
    if word in _CLOCK_PREPOSITIONS:
        bare = word != "for" or (r.text(i - 1) in _ALARM and _ends_here(r, j))
        clocks = clocks_at(r, j, bare and not _quantity(r, i, word))
        if clocks is not None:
            described = r.text(j) in ("a", "an", "the") and r.at(clocks[1]).kind == "word"
            return [Piece(Clocks(clocks[0].clocks, word), start, clocks[1], 1 if described else 3)]
    return []


def _quantity(r: Reader, i: int, word: str) -> bool:
    """ "about 5", "past 3", "divided by 2" are clock times only where nothing is counted."""
    if word == "by" and any(r.text(i - back)[:6] in ("divide", "multip", "dividi") for back in (1, 2, 3)):
        return True
    return word == "from" or (word in ("about", "past", "since") and not _ends_here(r, i + 1))


_IS = word_set("is are was were be 's it's that's")
_AFTER_NUMBER = word_set("at on in to so that o'clock ish sharp this next please pls for with and about")


def _ends_here(r: Reader, j: int) -> bool:
    """The number at j is followed by no noun that it could count."""
    ahead = r.at(j + 1)
    timely = ahead.kind in ("end", "punct", "meridiem", "number") or ahead.category in TIMELY
    return timely or ahead.text in _AFTER_NUMBER


def _named_period(r: Reader, j: int, word: str) -> tuple[Days, int] | None:
    """ "in June", "by September", "before 2027": a month or year named alone, where the preposition says that it is one."""
    if word in ("on", "at", "for", "of", "this", "around", "due"):
        return None
    found = period_at(r, j) if r.at(j + (r.text(j) == "the")).category != "unit" else None
    if found is None or not (found[0].month or 1990 <= (found[0].year or 2000) <= 2100):
        return None
    return (Days((found[0],)), found[1]) if word == "in" or not is_verb(r, found[1] - 1) else None


def _plain(r: Reader, i: int, before: list[Piece]) -> list[Piece]:
    token = r.at(i)
    if token.name == "tonight":
        weight = 1 if token.owner else 3
        return [Piece(Days((Day(days=0),)), i, i + 1, weight), Piece(Part("night"), i, i + 1, weight)]
    if token.text in ("early", "late", "mid") and r.at(i + 1).category == "part" and (i == 0 or bool(before)):
        return [Piece(Part(r.at(i + 1).name), i, i + 2, 2)]
    found = _softened(r, i) or this_part(r, i)
    if found:
        return found
    days = days_at(r, i)
    if days is not None:
        return _weighed_days(r, i, days, before)
    joined = r.repeats and bool(before) and before[-1].end == i - 1 and r.text(i - 1) in ("and", "&", ",")
    if joined and token.category == "part" and isinstance(before[-1].value, Every | Part):
        return [Piece(Part(token.name), i - 1, i + 1, 3)]
    if joined and token.kind == "number" and r.at(i + 1).category == "every" and r.at(i + 2).category == "part":
        return _said(i, clocks_at(r, i, bare=True))  # "at 8 every morning and 10 every night"
    beside = (before and before[-1].end == i) or r.text(i - 1) in ("", "early", "late")
    if beside and token.category == "part" and not token.text.endswith("s"):
        return [Piece(Part(token.name), i, i + 1, 2)]
    article = token.text in ("a", "the") and r.text(i + 1) not in ("half", "quarter")
    clocks = None if article else clocks_at(r, i, bare=False) or _next_to_day(r, i, before)
    if clocks is not None:
        weight = 1 if r.text(i - 1) in _DETERMINERS or (r.at(i - 1).owner and r.at(i - 1).category == "") else 2
        return [Piece(clocks[0], i, clocks[1], weight)]
    return []


def _softened(r: Reader, i: int) -> list[Piece]:
    """ "later today", "early tomorrow", "sometime next week", "later this afternoon"."""
    word, ahead = r.text(i), r.at(i + 1)
    coming = ahead.category == "relative" or (ahead.text in NEXT and r.at(i + 2).category == "unit")
    soft = coming and word in ("later", "earlier", "sometime", "early", "late")
    if soft or (word == "later" and ahead.text in THIS and r.at(i + 2).category in ("unit", "part")):
        return [Piece(piece.value, i, piece.end, piece.weight) for piece in _plain(r, i + 1, [])]
    return []


def _weighed_days(r: Reader, i: int, days: tuple[Days, int], before: list[Piece]) -> list[Piece]:
    """How surely a day without a preposition is the time asked for."""
    token, end = r.at(i), days[1]
    last, behind, first = r.at(end - 1), r.at(end), days[0].days[0]
    noun = behind.kind == "word" and not behind.category
    named = token.text == "the" and end == i + 2
    if (named and last.text in WEAK_WEEKDAYS) or r.text(i - 1) in ("happy", "merry"):
        return []
    if (last.owner and last.category in ("relative", "weekday")) or (named and noun and first.weekday is not None):
        return [Piece(days[0], i, end, 1)]
    beside = bool(before) and before[-1].end >= i - 1
    lone = i == 0 or end >= r.length or r.text(i - 1) in ("me", ",", ":", "-", "and") or behind.kind == "punct"
    if first.holiday is not None and not (beside or lone or behind.text in ("at", "@", "morning", "evening")):
        return []
    timed = beside or _time_behind(r, end) or (lone and i > 0 and token.text != "sat")
    if last.text in WEAK_WEEKDAYS and end <= i + 2 and not timed:
        return []
    if token.kind == "date" and token.parts[1:] in _FRACTIONS and noun and behind.text not in _AFTER_DATE:
        return []
    modified = token.text in NEXT or token.text in THIS or token.text in LAST
    return [Piece(days[0], i, end, 3 if token.category == "relative" or modified or token.kind == "date" else 2)]


_FRACTIONS = ((2,), (3,), (4,), (8,))

_AFTER_DATE = word_set("at to for in and please pls about i around by until we")


def _time_behind(r: Reader, j: int) -> bool:
    token = r.at(j)
    timely = token.kind in ("clock", "end", "number", "ordinal") or token.category in ("part", "noon")
    return timely or token.text in ("at", "@", ",", ".", "next", "&")


def _next_to_day(r: Reader, i: int, before: list[Piece]) -> tuple[Clocks, int] | None:
    """ "tomorrow 5", "Sunday 1925", "7 tomorrow": a bare number beside a day is a clock time."""
    if r.at(i).kind not in ("number", "decimal"):
        return None
    value, gap = (before[-1].value, i - before[-1].end) if before else (None, -1)
    anchored = gap == 0 and isinstance(value, Shift) and value.anchored
    behind = isinstance(value, Days | Part | Every) and (gap == 0 or (gap == 1 and r.text(i - 1) == ","))
    ahead = r.at(i + 1)
    relative = ahead.category == "relative" or (ahead.text == "this" and r.at(i + 2).category == "part")
    in_front = relative and r.text(i - 1) in ("", "me", "alarm", ",", "for")
    dotted = gap == 0 and isinstance(value, Every) and r.at(i).kind == "decimal"
    if in_front or dotted or ((anchored or behind) and _ends_here(r, i)):
        return clocks_at(r, i, bare=True)
    return None
