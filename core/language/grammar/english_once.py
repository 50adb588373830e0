"""One moment or stretch from the pieces of an English sentence that asks for no repetition."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TypeAlias

from core.language.grammar.days import Dated, Day, resolved, resolved_end, shifted
from core.language.grammar.english_choice import FROM, LATEST, UP_TO, Chosen, choose
from core.language.grammar.english_pieces import Clock, ClockRange, Clocks, Days, Meaning, Piece, Shift, Trouble
from core.language.grammar.parts import hour_in_part, next_of_both, part_window, usual_hour, usual_time
from core.language.values import Delta, Instant, Preferences, When, Window

_FURTHEST = dt.datetime(9998, 1, 1)


@dataclass(frozen=True, slots=True)
class Scene:
    """The moment a sentence is read at, and what its writer prefers. `waking`: "wake me up at 7" means the morning; `alarm`: on a day named, an alarm at 5 or 6 does too."""

    now: dt.datetime
    preferences: Preferences
    waking: bool = False
    alarm: bool = False


_MOST_AT_ONCE = 31


def once(found: list[Piece], scene: Scene, asked_at: int) -> Meaning:
    """The meaning of the pieces. `asked_at` is the token behind "remind me" (-1: nowhere)."""
    chosen = choose(found, asked_at)
    days = _days_said(chosen, scene)
    clocks = next((piece.value.clocks for piece in chosen.used if isinstance(piece.value, Clocks)), ())
    if chosen.shift is None and (len(days) > 1 or len(clocks) > 1):
        return _several(chosen, days, clocks, scene)
    when, trouble = _meaning(chosen, scene) if chosen.used else (None, None)
    if when is None and trouble is None:
        return Meaning()
    return Meaning(when, chosen.used, chosen.preposition in LATEST, trouble)


def _days_said(chosen: Chosen, scene: Scene) -> tuple[Day, ...]:
    """The days that were said together; each one of "Monday to Wednesday" where a clock time goes with them."""
    if chosen.day is not None and chosen.through is not None and chosen.clock is not None:
        start = resolved(chosen.day, scene.now.date())
        end = resolved_end(chosen.through, scene.now.date(), start.date) if start else None
        if start is None or end is None:
            return ()
        length = min((end.date - start.date).days + 1, _MOST_AT_ONCE)
        return tuple(Day(fixed=start.date + dt.timedelta(days=number)) for number in range(length))
    if chosen.through is not None:
        return ()
    return next((piece.value.days for piece in chosen.used if isinstance(piece.value, Days)), ())


def _several(chosen: Chosen, days: tuple[Day, ...], clocks: tuple[Clock, ...], scene: Scene) -> Meaning:
    """ "at 8 and 18", "on Monday and Wednesday": each of them once, the first one first; those that are over are left out."""
    moments: list[Instant] = []
    for day in days if len(days) > 1 else (chosen.day,):
        for clock in clocks or (chosen.clock,):
            when, trouble = _meaning(replace(chosen, day=day, through=None, clock=clock, preposition=""), scene)
            if trouble == "impossible":
                return Meaning(None, chosen.used, trouble=trouble)
            if isinstance(when, Instant) and trouble is None and when not in moments:
                moments.append(when)
    if not moments:
        when, trouble = _meaning(chosen, scene)
        return Meaning(when, chosen.used, trouble=trouble)
    first, *others = sorted(moments, key=lambda moment: moment.local)[:_MOST_AT_ONCE]
    return Meaning(first, chosen.used, chosen.preposition in LATEST, also=tuple(others))


Outcome: TypeAlias = tuple[When | None, Trouble | None]


def _meaning(chosen: Chosen, scene: Scene) -> Outcome:
    try:
        when, kind = _shifted(chosen, scene) if chosen.shift is not None else _moment(chosen, scene)
    except (OverflowError, ValueError):
        return None, "impossible"
    latest = when.local if isinstance(when, Instant) else None
    return (None, "impossible") if latest is not None and latest > _FURTHEST else (when, kind)


def _shifted(chosen: Chosen, scene: Scene) -> Outcome:
    shift = chosen.shift
    assert shift is not None
    if not shift.anchored:
        return _from_now(chosen, shift, scene)
    base, kind = _moment(replace(chosen, shift=None), scene)
    if not isinstance(base, Instant) or kind == "impossible":
        return base, kind
    in_part = base.grain == "part" and chosen.part is not None and shift.seconds
    clock = usual_time(chosen.part or "", scene.preferences) if in_part else base.local.time()
    local = moved(dt.datetime.combine(base.local.date(), clock), shift)
    coarse = base.grain in ("day", "week", "month", "quarter", "year")
    if coarse and shift.seconds:
        return None, None
    if local < scene.now and not (coarse and local.date() >= scene.now.date()):
        later = _next_cycle(chosen, scene, shift)
        if later is not None and later >= scene.now:
            return Instant(later, "day" if coarse else "minute", ambiguous=base.ambiguous), None
        return Instant(local, "day" if coarse else "minute"), "past"
    return Instant(local, "day" if coarse else "minute", ambiguous=base.ambiguous), None


def _next_cycle(chosen: Chosen, scene: Scene, shift: Shift) -> dt.datetime | None:
    """ "2 days before the 3rd" said on the 2nd means the 3rd of the next month."""
    day = chosen.day
    if day is not None and (day.days is not None or day.year is not None or day.fixed is not None):
        return None
    beyond = replace(scene, now=moved(scene.now, replace(shift, sign=-shift.sign)))
    base, _ = _moment(replace(chosen, shift=None), beyond)
    return moved(base.local, shift) if isinstance(base, Instant) else None


def moved(local: dt.datetime, shift: Shift) -> dt.datetime:
    """That wall-clock time so much later or earlier; a shorter month ends on its last day."""
    date = shifted(local.date(), shift.sign * shift.months)
    return dt.datetime.combine(date, local.time()) + shift.sign * dt.timedelta(days=shift.days, seconds=shift.seconds)


def _from_now(chosen: Chosen, shift: Shift, scene: Scene) -> Outcome:
    if not shift.days and not shift.months and chosen.clock is None:
        if shift.sign < 0:
            return Instant(moved(scene.now, shift)), "past"
        return Delta(shift.seconds), None
    local = moved(scene.now, shift)
    if chosen.day is not None:
        monday = local - dt.timedelta(days=local.weekday())
        local = monday + dt.timedelta(days=chosen.day.weekday or 0)
        if chosen.clock is None and chosen.part is None:
            return Instant(dt.datetime.combine(local.date(), dt.time()), "day"), None
    if chosen.clock is None and chosen.part is None:
        return Instant(local), "past" if shift.sign < 0 else None
    return _moment(replace(chosen, shift=None, day=Day(fixed=local.date())), scene)


def _moment(chosen: Chosen, scene: Scene) -> Outcome:
    if chosen.span is not None:
        return _stretch(chosen, chosen.span, scene)
    if chosen.clock is not None:
        when, kind = _at_clock(chosen, chosen.clock, scene)
    elif chosen.part is not None:
        when, kind = _in_part(chosen, chosen.part, scene)
    elif chosen.day is not None:
        when, kind = _on_day(chosen, chosen.day, scene)
    else:
        return None, None
    if kind is None and isinstance(when, Instant) and chosen.preposition in FROM | UP_TO:
        before = chosen.preposition in UP_TO
        window = Window(None, when.local, when.grain) if before else Window(when.local, None, when.grain)
        return window, None
    return when, kind


def _on_day(chosen: Chosen, day: Day, scene: Scene) -> Outcome:
    today = scene.now.date()
    dated = resolved(day, today)
    if dated is None:
        return None, "impossible"
    if chosen.through is not None:
        return _through(dated, chosen.through, today)
    midnight = dt.datetime.combine(dated.date, dt.time())
    if dated.end is not None:
        window = midnight, dt.datetime.combine(dated.end, dt.time())
        past = dated.end <= today
        start = midnight if past else max(midnight, dt.datetime.combine(today, dt.time()))
        return Instant(start, dated.grain, window), "past" if past else None
    return Instant(midnight, dated.grain), "past" if dated.date < today else None


def _through(first: Dated, last: Day, today: dt.date) -> Outcome:
    end = resolved_end(last, today, first.date)
    if end is None or end.date < first.date:
        return None, "impossible"
    day_after = end.end or end.date + dt.timedelta(days=1)
    start = dt.datetime.combine(first.date, dt.time())
    return Window(start, dt.datetime.combine(day_after, dt.time()), "day"), "past" if day_after <= today else None


def _in_part(chosen: Chosen, part: str, scene: Scene) -> Outcome:
    today = scene.now.date()
    if chosen.day is None:
        date = today
        if part_window(part, date)[0 if part in ("morning", "dawn") else 1] <= scene.now:
            date += dt.timedelta(days=1)
    else:
        dated = resolved(chosen.day, today)
        if dated is None:
            return None, "impossible"
        date = dated.date
    window = part_window(part, date)
    return Instant(window[0], "part", window), "past" if window[1] <= scene.now else None


def _at_clock(chosen: Chosen, clock: Clock, scene: Scene) -> Outcome:
    now = scene.now
    if chosen.day is None:
        return _next_clock(clock, chosen.part, scene), None
    dated = resolved(chosen.day, now.date())
    if dated is None:
        return None, "impossible"
    local, open_half = clock_on(dated.date, clock, chosen.part, scene)
    if local <= now:
        again = resolved(chosen.day, now.date(), after=True) if dated.date == now.date() else None
        if again is not None and again.date > now.date():
            local, open_half = clock_on(again.date, clock, chosen.part, scene)
        elif dated.date == now.date() and (evening := _later_half(local, clock, chosen.part)) > now:
            return Instant(evening, ambiguous=True), None
    return Instant(local, ambiguous=open_half), "past" if local < now else None


def _later_half(local: dt.datetime, clock: Clock, part: str | None) -> dt.datetime:
    """The evening reading of an open clock time; the midnight at the end of today for "today at midnight"."""
    if clock.exact and clock.hour == 0 and clock.minute == 0:
        return local + dt.timedelta(days=1)
    return local + dt.timedelta(hours=12) if clock.is_open and part is None and local.hour < 12 else local


def clock_on(date: dt.date, clock: Clock, part: str | None, scene: Scene) -> tuple[dt.datetime, bool]:
    """That clock time on that day, and whether morning or evening was left open."""
    midnight = dt.datetime.combine(date, dt.time())
    hour, days, open_half = hour_of(clock, part, scene)
    local = midnight + dt.timedelta(days=days, hours=hour, minutes=clock.minute)
    if open_half and date == scene.now.date() and not scene.waking:
        readings = [midnight + dt.timedelta(hours=clock.hour % 12 + late, minutes=clock.minute) for late in (0, 12)]
        local = next((reading for reading in readings if reading > scene.now), local)
    return local, open_half


def hour_of(clock: Clock, part: str | None, scene: Scene) -> tuple[int, int, bool]:
    """The hour of 24, the days it lies after the day named, and whether the half of the day was left open."""
    small = part == "night" and (clock.meridiem == "am" or (clock.exact and clock.hour < 5))
    if clock.meridiem is not None:
        return clock.hour % 12 + (12 if clock.meridiem == "pm" else 0), int(small and clock.hour % 12 < 5), False
    if clock.exact:
        return clock.hour, int(small), False
    if part is not None:
        hour, days = hour_in_part(clock.hour, part)
        return hour, days, False
    if scene.waking and clock.hour != 12:
        return clock.hour, 0, False
    if scene.alarm and clock.hour in (5, 6):
        return clock.hour, 0, True
    return usual_hour(clock.hour, scene.preferences), 0, True


def _next_clock(clock: Clock, part: str | None, scene: Scene) -> Instant:
    now = scene.now
    if clock.is_open and part is None and not scene.waking:
        return Instant(next_of_both(clock.hour, clock.minute, now, scene.preferences), ambiguous=True)
    for days in (-1, 0, 1):
        local, _ = clock_on(now.date() + dt.timedelta(days=days), clock, part, scene)
        if local > now:
            return Instant(local)
    return Instant(local + dt.timedelta(days=1))


def _stretch(chosen: Chosen, span: ClockRange, scene: Scene) -> Outcome:
    first = _at_clock(replace(chosen, span=None), _with_half(span.first, span.last, chosen, scene), scene)
    start = first[0]
    if not isinstance(start, Instant):
        return first
    hour, _, open_half = hour_of(span.last, chosen.part, scene)
    end = dt.datetime.combine(start.local.date(), dt.time(hour, span.last.minute))
    if open_half:
        end = dt.datetime.combine(start.local.date(), dt.time(span.last.hour % 12, span.last.minute))
        while end <= start.local:
            end += dt.timedelta(hours=12)
    elif end <= start.local:
        end += dt.timedelta(days=1)
    return Window(start.local, end, "minute"), first[1]


def _with_half(first: Clock, last: Clock, chosen: Chosen, scene: Scene) -> Clock:
    """ "9 to 5" starts in the morning, "2 to 4" in the afternoon."""
    if not first.is_open or chosen.part is not None:
        return first
    if last.exact and last.hour > 12:
        return replace(first, hour=first.hour if first.hour < last.hour else first.hour % 12, exact=True)
    return replace(first, meridiem="am" if usual_hour(first.hour, scene.preferences) < 12 else "pm")
