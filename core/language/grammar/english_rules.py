"""One recurrence from the pieces of an English sentence that asks for a repetition."""

from __future__ import annotations

import datetime as dt
from itertools import product

from core.language.grammar.days import DAY_CODES, Day, resolved_end
from core.language.grammar.english_clock import ordered
from core.language.grammar.english_once import Scene, hour_of, moved
from core.language.grammar.english_pieces import (
    Clock,
    ClockRange,
    Clocks,
    Count,
    Days,
    Every,
    Except,
    Lasting,
    Meaning,
    Part,
    Piece,
    Shift,
    Starting,
    Until,
)
from core.language.grammar.english_rule_days import UNDER_A_DAY, Rule, Unplaced, add_days, says_only, start_at
from core.language.grammar.parts import PARTS, usual_time
from core.language.values import Frequency, Preferences, Recurrence

_ORDER: tuple[Frequency, ...] = ("MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")

_WAKING_END = 21


def recurrence(found: list[Piece], scene: Scene) -> Meaning:
    """The rule that the pieces say together; with its trouble and no rule where they do not make one."""
    used = _told(found)
    try:
        rules = [_finished(_rule(group, scene), scene) for group in _groups(list(used))]
        return Meaning(rules[0], used, also=tuple(rules[1:]))
    except Unplaced as unplaced:
        return Meaning(None, used, trouble=unplaced.trouble)
    except (ValueError, OverflowError):
        return Meaning(None, used, trouble="impossible")


def _told(found: list[Piece]) -> tuple[Piece, ...]:
    """The pieces that say the rule; clock times of other things in the sentence are left to the task."""
    dayed = any(isinstance(piece.value, Every) and piece.value.days for piece in found)
    used = [piece for piece in found if piece.weight >= (3 if dayed and _weekdays_only(piece) else 2)]
    clocks = _clock_pieces(used)
    return tuple(piece for piece in used if not isinstance(piece.value, Clocks) or piece in clocks)


def _weekdays_only(piece: Piece) -> bool:
    """ "my Sunday class" in "every Saturday remind me of my Sunday class" is a detail of the task."""
    return isinstance(piece.value, Days) and all(says_only(day, "weekday") for day in piece.value.days)


def _rule(used: list[Piece], scene: Scene) -> Rule:
    everies = [piece.value for piece in used if isinstance(piece.value, Every)]
    for every in everies:
        if every.trouble == "too_fine" or every.interval < 1:
            raise Unplaced("too_fine")
        if every.trouble:
            raise Unplaced
    rule = _joined(everies, used)
    for every in everies:
        add_days(rule, every.days, every.through, scene, own=True)
    for piece in used:
        if isinstance(piece.value, Days):
            add_days(rule, piece.value.days, piece.value.through, scene, own=False)
    _add_times(rule, used, scene)
    for every in everies:
        if every.minute and rule.frequency == "HOURLY":
            first, last = rule.window or (dt.time(0), dt.time(23, 59))
            rule.window = first.replace(minute=every.minute), last
    between = _clock_bounds(used) is not None
    for piece in used:
        if not (between and isinstance(piece.value, Starting | Until) and piece.value.clock is not None):
            _add_bound(rule, piece.value, scene)
    for piece in used:
        if isinstance(piece.value, Except):
            _add_exceptions(rule, piece.value, scene)
    return rule


def _groups(used: list[Piece]) -> list[list[Piece]]:
    """The pieces of each rule: "weekdays at 8 and weekends at 10" are two, with the bounds in common.

    Different days with clock times of their own make different rules; everything else is one.
    """
    groups: list[list[Piece]] = []
    shared: list[Piece] = []
    for piece in used:
        if isinstance(piece.value, Every) and (piece.value.days or piece.value.frequency == "DAILY"):
            groups.append([piece])
        elif isinstance(piece.value, Clocks | Part) and groups:
            groups[-1].append(piece)
        else:
            shared.append(piece)
    clocks = [_times_of(group) for group in groups]
    early = any(isinstance(piece.value, Clocks | Part | Every) for piece in shared)
    daily = not any(isinstance(group[0].value, Every) and group[0].value.days for group in groups)
    if daily or len(groups) < 2 or early or not all(clocks) or all(times == clocks[0] for times in clocks):
        return [used]
    return [[*group, *shared] for group in groups]


def _times_of(group: list[Piece]) -> list[Clocks | Part]:
    """The clock times and parts of the day that one phrase says of its own days."""
    said = [piece.value for piece in group if isinstance(piece.value, Clocks | Part)]
    parts = [Part(piece.value.part) for piece in group if isinstance(piece.value, Every) and piece.value.part]
    return [*parts, *said]


def _inferred(used: list[Piece]) -> Frequency:
    """ "a recurring reminder on the first Monday": the days say how often."""
    day = next((day for piece in used if isinstance(piece.value, Days) for day in piece.value.days), Day())
    counted = day.nth is not None or day.day is not None
    if day.holiday is not None or (day.month is not None and counted):
        return "YEARLY"
    if counted:
        return "MONTHLY"
    if says_only(day, "weekday") or day.weekend:
        return "WEEKLY"
    raise Unplaced


def _joined(everies: list[Every], used: list[Piece]) -> Rule:
    """One frequency of several phrases: "once a week on Sundays", "every weekday every 2 hours"."""
    known = [every for every in everies if every.frequency is not None]
    if not known:
        return Rule(_inferred(used))
    finest = min(known, key=lambda every: _ORDER.index(every.frequency or "DAILY"))
    frequency: Frequency = finest.frequency or "DAILY"
    coarser = [every for every in known if every.frequency != frequency]
    if frequency == "DAILY" and any(every.days for every in coarser) and finest.interval == 1:
        dayed = next(every for every in coarser if every.days)
        frequency, finest = dayed.frequency or "WEEKLY", dayed
    same = [every.interval for every in known if every.frequency == frequency]
    monthly = [every for every in known if every.frequency == "MONTHLY"]
    clash = len({interval for interval in same if interval != 1}) > 1
    clash = clash or (frequency == "WEEKLY" and not all(every.days for every in monthly))
    if clash or sum(bool(every.days) for every in monthly) > 1:
        raise Unplaced
    rule = Rule(frequency, max(same))
    rule.per = max((every.per for every in known), key=abs)
    return rule


def _add_times(rule: Rule, used: list[Piece], scene: Scene) -> None:
    parts = [(piece.start, piece.value.name) for piece in used if isinstance(piece.value, Part)]
    parts += [(piece.start, piece.value.part) for piece in used if isinstance(piece.value, Every) and piece.value.part]
    ranges = [piece.value for piece in used if isinstance(piece.value, ClockRange)]
    if (bounds := _clock_bounds(used)) is not None:
        ranges.append(bounds)
    clocks = _clock_pieces(used)
    for piece in clocks:
        said = piece.value.clocks if isinstance(piece.value, Clocks) else ()
        nearest = [min(parts, key=lambda other: abs(other[0] - piece.start))[1]] if parts else [None]
        shared = len(clocks) == 1 and len(said) == 1  # "every morning and evening at 8"
        for clock, part in product(said, {name for _, name in parts} if shared and parts else nearest):
            time, is_open = _time(clock, part, scene)
            rule.ambiguous |= is_open
            if time not in rule.times:
                rule.times.append(time)
    _lead(rule, used)
    if ranges and not rule.times:
        first, _ = _time(ranges[0].first, None, scene)
        if rule.frequency in UNDER_A_DAY:
            rule.window = first, _ending(ranges[0].last, first, scene)
        else:
            rule.times = [first]
    if rule.frequency in UNDER_A_DAY and rule.window is None and (rule.times or parts):
        _set_window(rule, parts)
    if not rule.times and parts and rule.frequency not in UNDER_A_DAY:
        rule.times = list(dict.fromkeys(usual_time(name, scene.preferences) for _, name in parts))
    _spread_over_day(rule, scene.preferences)


def _lead(rule: Rule, used: list[Piece]) -> None:
    """ "ten minutes before 5pm every Friday" moves the times; what crosses midnight cannot be told simply, nor days."""
    ends = {piece.start for piece in used if isinstance(piece.value, Clocks | Every | Days)}
    for piece in used:
        shift = piece.value
        if not (isinstance(shift, Shift) and shift.anchored and piece.end in ends):
            continue
        minutes = [60 * time.hour + time.minute + shift.sign * shift.seconds // 60 for time in rule.times]
        crosses = any(not 0 <= minute < 24 * 60 for minute in minutes) and (rule.frequency != "DAILY" or rule.by_day)
        if shift.days or shift.months or not minutes or crosses:
            raise Unplaced
        rule.times = [dt.time(minute // 60 % 24, minute % 60) for minute in minutes]


def _set_window(rule: Rule, parts: list[tuple[int, str]]) -> None:
    """ "hourly at 9" starts at nine each day, "every hour in the morning" keeps to the morning."""
    if rule.times:
        rule.window, rule.times = (min(rule.times), dt.time(23, 59)), []
        return
    first, end = PARTS[parts[0][1]]
    rule.window = dt.time(first), dt.time(end) if end < 24 else dt.time(23, 59)


def _clock_pieces(used: list[Piece]) -> list[Piece]:
    """The clock times of the rule; of several far apart only those beside another piece of time, or the first."""
    clocks = [piece for piece in used if isinstance(piece.value, Clocks)]
    if len(clocks) < 2:
        return clocks
    others = [piece for piece in used if not isinstance(piece.value, Clocks)]
    beside = [
        piece for piece in clocks
        if any(piece.near(other.start, other.end) for other in [*others, *clocks] if other is not piece)
    ]  # fmt: skip
    return beside or clocks[:1]


def _time(clock: Clock, part: str | None, scene: Scene) -> tuple[dt.time, bool]:
    hour, _, is_open = hour_of(clock, part, scene)
    return dt.time(hour, clock.minute), is_open


def _ending(clock: Clock, first: dt.time, scene: Scene) -> dt.time:
    """The end of a stretch of the day: the evening reading where an open clock time would lie before its start."""
    last, _ = _time(clock, None, scene)
    return last.replace(hour=last.hour + 12) if clock.is_open and last <= first and last.hour < 12 else last


def _spread_over_day(rule: Rule, preferences: Preferences) -> None:
    """ "three times a day" without times: spread from the default hour to the evening, and said to be a guess."""
    per, said = rule.per, len(rule.by_day) + len(rule.by_month_day)
    if not per or rule.times:
        return
    if rule.frequency == "MINUTELY" and per > 0:
        rule.count = per
    elif rule.frequency == "HOURLY" and rule.interval == 1 and per > 1 and 60 % per == 0:
        rule.frequency, rule.interval = "MINUTELY", 60 // per
    elif rule.frequency == "DAILY" and rule.interval == 1 and 1 < per <= 12:
        first = preferences.default_hour * 60
        step = max(60, (_WAKING_END * 60 - first) // (per - 1))
        minutes = range(first, first + step * per, step)
        rule.times = [dt.time(minute // 60 % 24, minute % 60 // 30 * 30) for minute in minutes]
        rule.ambiguous = True
    elif said != per or rule.frequency not in ("WEEKLY", "MONTHLY", "YEARLY"):
        raise Unplaced


def _clock_bounds(used: list[Piece]) -> ClockRange | None:
    """ "starting at 5:30 and ending at 6 am" is a stretch of each day like "from 5:30 to 6 am"."""
    first = next((piece.value.clock for piece in used if isinstance(piece.value, Starting) and piece.value.clock), None)
    last = next((piece.value.clock for piece in used if isinstance(piece.value, Until) and piece.value.clock), None)
    return ClockRange(*ordered(first, last)) if first and last else None


def _add_bound(rule: Rule, value: object, scene: Scene) -> None:
    match value:
        case Count(times=times):
            rule.count = times
        case Until(day=day, clock=clock):
            _add_until(rule, day, clock, scene)
        case Starting(day=day, clock=clock, shift=shift):
            _add_start(rule, day, clock, shift, scene)
        case Lasting(shift=shift):
            _add_length(rule, shift, scene)
        case Shift(anchored=False, sign=1) if value.days or value.months:
            rule.start = moved(scene.now, value).date()


def _add_until(rule: Rule, day: Day | None, clock: Clock | None, scene: Scene) -> None:
    if day is not None:
        dated = resolved_end(day, scene.now.date(), rule.start or scene.now.date())
        if dated is None:
            raise Unplaced("impossible")
        whole = (dated.end is not None and dated.date <= scene.now.date()) or day.quarters is not None
        rule.until = dated.end - dt.timedelta(days=1) if whole and dated.end else dated.date
    elif clock is not None and rule.frequency in UNDER_A_DAY:
        first = rule.window[0] if rule.window else scene.now.time().replace(second=0, microsecond=0)
        if not rule.window and not rule.by_day:
            rule.until = rule.start or scene.now.date()
        rule.window = first, _ending(clock, first, scene)


def _add_start(rule: Rule, day: Day | None, clock: Clock | None, shift: Shift | None, scene: Scene) -> None:
    if day is not None:
        if rule.frequency == "WEEKLY" and says_only(day, "weekday") and not rule.by_day and rule.interval == 1:
            rule.by_day.append(DAY_CODES[day.weekday or 0])
        start_at(rule, day, scene)
    elif shift is not None:
        rule.start = moved(scene.now, shift).date()
    if clock is not None:
        time, is_open = _time(clock, None, scene)
        rule.ambiguous |= is_open
        if rule.frequency in UNDER_A_DAY:
            rule.window = time, dt.time(23, 59)
        elif not rule.times:
            rule.times = [time]


def _add_length(rule: Rule, shift: Shift, scene: Scene) -> None:
    """ "for 20 minutes", "for the next three weeks": a number of times where it is whole, else a last day."""
    unit, length = {
        "MINUTELY": (60, shift.seconds),
        "HOURLY": (3600, shift.seconds),
        "DAILY": (1, shift.days),
        "WEEKLY": (7, shift.days),
        "MONTHLY": (1, shift.months),
        "YEARLY": (12, shift.months),
    }[rule.frequency]
    step = unit * rule.interval
    pure = length and [bool(shift.seconds), bool(shift.days), bool(shift.months)].count(True) == 1
    if pure and rule.frequency in UNDER_A_DAY:
        rule.count = max(1, length // step)
    elif pure and (rule.frequency == "DAILY" or length % step == 0):
        days = 1 if rule.set_pos else max(1, len(rule.by_day) + len(rule.by_month_day))
        rule.count = -(-length // step) * days * max(1, len(rule.times))
    else:
        first = rule.start or scene.now.date()
        rule.until = moved(dt.datetime.combine(first, dt.time()), shift).date()


def _add_exceptions(rule: Rule, left_out: Except, scene: Scene) -> None:
    if not left_out.days:  # "except holidays" cannot be kept
        raise Unplaced
    today = scene.now.date()
    for day in left_out.days:
        if says_only(day, "weekday"):
            _leave_out(rule, DAY_CODES[day.weekday or 0])
        elif day.weekend and says_only(day, "weekend"):
            _leave_out(rule, "SA")
            _leave_out(rule, "SU")
        elif says_only(day, "month"):
            rule.by_month = [month for month in rule.by_month or range(1, 13) if month != day.month]
        elif says_only(day, "day") and rule.until is None and rule.count is None:
            raise Unplaced  # of every month, which no rule of days says
        elif (dated := resolved_end(day, today, rule.start or today)) is not None:
            days = min((dated.end - dated.date).days, 366) if dated.end else 1
            rule.excluded.extend(dated.date + dt.timedelta(days=number) for number in range(days))


def _leave_out(rule: Rule, code: str) -> None:
    if rule.frequency == "DAILY" and rule.interval == 1:
        rule.frequency, rule.by_day = "WEEKLY", list(DAY_CODES)
    if rule.frequency in UNDER_A_DAY and not rule.by_day:
        rule.by_day = list(DAY_CODES)
    if code in rule.by_day:
        rule.by_day.remove(code)
        if not rule.by_day:
            raise Unplaced("never")
    elif rule.frequency in ("DAILY", "MONTHLY", "YEARLY"):
        rule.excluded_days.append(code)


def _finished(rule: Rule, scene: Scene) -> Recurrence:
    crossed = {(month, day) for month in rule.by_month for day in rule.by_month_day}
    if rule.dates and crossed != set(rule.dates):  # "every March 3 and April 5" are two rules
        raise Unplaced
    if rule.frequency == "YEARLY" and rule.by_month_day and not rule.by_month and -1 in rule.by_month_day:
        rule.by_month = [12]
    if rule.until is not None and rule.until < (rule.start or scene.now.date()):
        raise Unplaced("never")
    short = rule.frequency == "MONTHLY" and any(number > 28 for number in rule.by_month_day)
    return Recurrence(
        rule.frequency,
        rule.interval,
        by_day=tuple(sorted(set(rule.by_day), key=lambda code: (DAY_CODES.index(code[-2:]), code))),
        by_month_day=tuple(sorted(set(rule.by_month_day), key=lambda day: (day < 0, day))),
        by_month=tuple(sorted(set(rule.by_month))),
        set_pos=tuple(sorted(set(rule.set_pos))),
        times=tuple(sorted(rule.times)),
        window=rule.window,
        start=rule.start,
        until=rule.until,
        count=rule.count,
        excluded=tuple(sorted(set(rule.excluded))),
        excluded_days=tuple(dict.fromkeys(rule.excluded_days)),
        last_day_if_short=short,
        lunar=rule.lunar,
        ambiguous=rule.ambiguous,
    )
