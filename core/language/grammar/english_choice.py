"""Which pieces of an English sentence say when; the others are left to the task."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.language.grammar.days import Day, merged_days
from core.language.grammar.english_pieces import Clock, ClockRange, Clocks, Days, Part, Piece, Shift

LATEST = frozenset({"by", "before", "b4"})

FROM = frozenset({"after", "since", "from"})

UP_TO = frozenset({"until", "till", "til"})


@dataclass(frozen=True, slots=True)
class Chosen:
    """The pieces that together say when; the others stay part of the task."""

    day: Day | None = None
    through: Day | None = None
    clock: Clock | None = None
    span: ClockRange | None = None
    part: str | None = None
    shift: Shift | None = None
    preposition: str = ""
    used: tuple[Piece, ...] = ()


def _rank(piece: Piece, asked_at: int) -> tuple[int, int]:
    return -(piece.weight + (2 if piece.start == asked_at else 0)), piece.start


def choose(found: list[Piece], asked_at: int) -> Chosen:
    """The pieces that say when. `asked_at` is the token behind "remind me", where the time most likely stands."""
    ranked = sorted(found, key=lambda piece: _rank(piece, asked_at))
    shifts = [piece for piece in ranked if isinstance(piece.value, Shift)]
    plain = [piece for piece in shifts if isinstance(piece.value, Shift) and not piece.value.anchored]
    if plain and _leads(plain[0], ranked, asked_at):
        return _choose_shift(plain[0], ranked)
    anchored = next((piece for piece in shifts if isinstance(piece.value, Shift) and piece.value.anchored), None)
    if anchored is not None:
        return _choose_anchored(anchored, ranked)
    return _choose_moment([piece for piece in ranked if not isinstance(piece.value, Shift)], found)


def _leads(shift: Piece, ranked: list[Piece], asked_at: int) -> bool:
    """Whether "in 3 days" is what is asked for: nothing says it more surely, or what does is only a clock time of that day."""
    if _rank(shift, asked_at) <= _rank(ranked[0], asked_at):
        return True
    sure = [piece for piece in ranked if piece.weight >= 3 and not isinstance(piece.value, Shift)]
    by_days = isinstance(shift.value, Shift) and _by_days(shift.value)
    return not sure or (by_days and not any(isinstance(piece.value, Days) for piece in sure))


def _by_days(shift: Shift) -> bool:
    return bool(shift.days or shift.months) and not shift.seconds


def _choose_shift(head: Piece, ranked: list[Piece]) -> Chosen:
    shift = head.value
    assert isinstance(shift, Shift)
    chosen = Chosen(shift=shift, used=(head,))
    if not _by_days(shift):
        return chosen
    only_clock = sum(isinstance(piece.value, Clocks) for piece in ranked) == 1
    for piece in ranked:
        alone = only_clock and isinstance(piece.value, Clocks) and piece.weight == 2
        if piece.weight < 3 and not alone and not piece.near(head.start, head.end):
            continue
        used = _in_order(*chosen.used, piece)
        match piece.value:
            case Clocks(clocks=clocks, preposition=preposition) if chosen.clock is None:
                chosen = replace(chosen, clock=clocks[0], preposition=preposition, used=used)
            case Days(days=days) if chosen.day is None and only_weekday(days[0]):
                chosen = replace(chosen, day=days[0], used=used)
            case Part(name=name) if chosen.part is None and piece.weight >= 2:
                chosen = replace(chosen, part=name, used=used)
    return chosen


def only_weekday(day: Day) -> bool:
    return day.weekday is not None and day == Day(weekday=day.weekday)


def _choose_anchored(head: Piece, ranked: list[Piece]) -> Chosen:
    """ "10 minutes before my 3pm meeting tomorrow": the pieces behind are what it is counted from.

    Counted in days, the clock time is that of the reminder wherever it stands ("at 9am two days before Christmas").
    """
    shift = head.value
    assert isinstance(shift, Shift)
    rest = [piece for piece in ranked if not isinstance(piece.value, Shift)]
    behind = sorted((piece for piece in rest if piece.start >= head.end), key=lambda piece: piece.start) or rest
    if _by_days(shift):
        times = [piece for piece in rest if isinstance(piece.value, Clocks | Part)]
        sure = [piece for piece in times if piece.weight >= 3] or times
        behind = [*(piece for piece in behind if piece not in times), *sure]
    base = _choose_moment(behind, behind)
    if not base.used:
        return Chosen()
    return replace(base, shift=shift, preposition="", used=_in_order(head, *base.used))


def _choose_moment(ranked: list[Piece], found: list[Piece]) -> Chosen:
    chosen = Chosen()
    for piece in ranked:
        if not (
            isinstance(piece.value, Clocks) and chosen.day is not None and _belongs_elsewhere(chosen, piece, found)
        ):
            chosen = _with_piece(chosen, piece)
    return chosen


def _belongs_elsewhere(chosen: Chosen, clock: Piece, found: list[Piece]) -> bool:
    """ "on Thursday about the meeting on Friday at 3": the clock time is the other day's."""
    if _beside(chosen, clock):
        return False
    return any(
        isinstance(other.value, Days) and other.value.days[0] != chosen.day and other not in chosen.used
        for other in found
        if other.end == clock.start or other.start == clock.end
    )


def _with_piece(chosen: Chosen, piece: Piece) -> Chosen:
    value = piece.value
    used = _in_order(*chosen.used, piece)
    match value:
        case Days(days=days, through=through, preposition=preposition):
            if preposition in UP_TO and chosen.clock is not None and not _beside(chosen, piece):
                return chosen
            if chosen.day is None:
                last = days[-1] if through else None
                return replace(
                    chosen, day=days[0], through=last, preposition=preposition or chosen.preposition, used=used
                )
            if days[0] == chosen.day and len(days) == 1:
                return replace(chosen, used=used)
            joins = _beside(chosen, piece) or _complement(chosen.day, days[0])
            both = merged_days(chosen.day, days[0]) if joins else None
            return replace(chosen, day=both, used=used) if both is not None else chosen
        case Clocks(clocks=clocks, preposition=preposition) if chosen.clock is None and chosen.span is None:
            return replace(chosen, clock=clocks[0], preposition=_stronger(preposition, chosen.preposition), used=used)
        case ClockRange() if chosen.clock is None and chosen.span is None:
            return replace(chosen, span=value, used=used)
        case ClockRange() if chosen.span is None and chosen.clock == value.first:
            return replace(chosen, span=value, used=used)
        case Part(name=name) if chosen.part is None and (
            piece.weight >= 3 or _beside(chosen, piece) or not chosen.used
        ):
            return replace(chosen, part=name, used=used)
    return chosen


def _stronger(new: str, old: str) -> str:
    return new if new in LATEST | FROM | UP_TO else old or new


def _beside(chosen: Chosen, piece: Piece) -> bool:
    return any(piece.near(other.start, other.end) for other in chosen.used)


def _complement(one: Day, other: Day) -> bool:
    """ "on Friday ... next week": one names the day, the other the period."""
    names = [day.weekday is not None or day.day is not None or day.nth is not None for day in (one, other)]
    periods = [day.week is not None or day.months is not None or day.month is not None for day in (one, other)]
    return names[0] != names[1] and periods[0] != periods[1] and names[0] == periods[1]


def _in_order(*used: Piece) -> tuple[Piece, ...]:
    return tuple(sorted(used, key=lambda piece: piece.start))
