"""Recurrence against two oracles: dateutil, and the RFC's words tried out day by day."""

from __future__ import annotations

import datetime as dt
import random
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.reminders.recurrence import Rule, next_after, occurrences
from tests.bench.fuzz_recurrence import SPAN, difference, draw, stop_dateutil_after, week_of

ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo")]
BOUNDED = settings(max_examples=150, deadline=None, database=None)
stop_dateutil_after(SPAN)


@BOUNDED
@given(st.integers(0, 2**32))
def test_rules_fire_when_dateutil_says(seed: int) -> None:
    chance = random.Random(seed)
    rule, start = draw(chance)
    assert difference(rule, start, chance) in (None, {"asked": "weeks"})


@BOUNDED
@given(st.integers(0, 2**32))
def test_a_rule_survives_its_text(seed: int) -> None:
    rule, _ = draw(random.Random(seed))
    assert Rule.parse(rule.text()) == rule


# The RFC's words, day by day: slow, and with nothing of the engine's arithmetic.


def in_list(values: tuple[int, ...], number: int, length: int) -> bool:
    return not values or number in values or number - length - 1 in values


def month_length(day: dt.date) -> int:
    return (dt.date(day.year + day.month // 12, day.month % 12 + 1, 1) - dt.timedelta(days=1)).day


def on_weekday(rule: Rule, day: dt.date) -> bool:
    if not rule.by_day:
        return True
    if rule.freq == "MONTHLY" or rule.by_month:
        before, length = day.day - 1, month_length(day)
    else:
        length = (dt.date(day.year + 1, 1, 1) - dt.date(day.year, 1, 1)).days
        before = day.timetuple().tm_yday - 1
    numbers = 0, before // 7 + 1, -((length - 1 - before) // 7 + 1)
    return any(weekday == day.weekday() and number in numbers for number, weekday in rule.by_day)


def on_month_day(rule: Rule, day: dt.date) -> bool:
    length = month_length(day)
    clamped = rule.short == "LAST" and day.day == length and any(n > length for n in rule.by_month_day)
    return clamped or in_list(rule.by_month_day, day.day, length)


def allowed(rule: Rule, day: dt.date) -> bool:
    year_length = dt.date(day.year, 12, 31).timetuple().tm_yday
    _, week, weeks = week_of(day, rule.week_start)
    return (
        (not rule.by_month or day.month in rule.by_month)
        and on_month_day(rule, day)
        and in_list(rule.by_year_day, day.timetuple().tm_yday, year_length)
        and in_list(rule.by_week_no, week, weeks)
        and on_weekday(rule, day)
        and day.weekday() not in rule.excluded_days
    )


def period(rule: Rule, day: dt.date) -> int:
    match rule.freq:
        case "YEARLY":
            return week_of(day, rule.week_start)[0] if rule.by_week_no else day.year
        case "MONTHLY":
            return day.year * 12 + day.month
        case "WEEKLY":
            return (day.toordinal() - 1 - rule.week_start) // 7
    return day.toordinal()


def by_the_book(rule: Rule, start: dt.datetime, span: int) -> Iterator[dt.datetime]:
    """Every day tried, the periods' sets gathered, positions picked, all outside the span dropped."""
    end = start + dt.timedelta(days=span)
    sets: dict[int, list[dt.datetime]] = {}
    for offset in range(-400, span + 400):
        day = start.date() + dt.timedelta(days=offset)
        index = period(rule, day)
        if (index - period(rule, start.date())) % rule.interval == 0 and allowed(rule, day):
            times = [dt.time(hour, start.minute) for hour in rule.by_hour] or [start.time()]
            sets.setdefault(index, []).extend(dt.datetime.combine(day, time) for time in times)
    for _, moments in sorted(sets.items()):
        picked = {p - 1 if p > 0 else len(moments) + p for p in rule.by_set_pos} or set(range(len(moments)))
        for place in sorted(picked):
            if 0 <= place < len(moments) and start <= moments[place] < end:
                yield moments[place]


numbers = st.integers
day_rules = st.fixed_dictionaries(
    {
        "freq": st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY")),
        "interval": st.sampled_from((1, 1, 1, 2, 3, 5)),
    },
    optional={
        "week_start": numbers(0, 6),
        "by_month": st.lists(numbers(1, 12), min_size=1, max_size=4),
        "by_month_day": st.lists(numbers(1, 31) | numbers(-31, -1), min_size=1, max_size=4),
        "by_week_no": st.lists(numbers(1, 53) | numbers(-53, -1), min_size=1, max_size=6),
        "by_day": st.lists(st.tuples(st.just(0) | numbers(-5, 5), numbers(0, 6)), min_size=1, max_size=4),
        "by_hour": st.lists(numbers(0, 23), min_size=1, max_size=3),
        "by_set_pos": st.lists(numbers(1, 9) | numbers(-9, -1), min_size=1, max_size=3),
        "short": st.sampled_from(("SKIP", "LAST")),
        "excluded_days": st.lists(numbers(0, 6), min_size=1, max_size=2),
    },
)
starts = st.datetimes(dt.datetime(1990, 1, 1), dt.datetime(2060, 1, 1)).map(
    lambda d: d.replace(second=0, microsecond=0)
)


@BOUNDED
@given(day_rules, starts)
def test_rules_of_whole_days_fire_when_the_rfc_says(fields: dict[str, object], start: dt.datetime) -> None:
    rule = Rule(**fields)  # type: ignore[arg-type]
    if rule.freq in ("DAILY", "WEEKLY"):
        rule = replace(rule, by_day=tuple((0, day) for _, day in rule.by_day))
    if rule.freq != "YEARLY" or any(number for number, _ in rule.by_day):
        rule = replace(rule, by_week_no=())
    if rule.freq != "DAILY" and not (rule.by_day or rule.by_month_day):
        rule = replace(rule, by_day=((0, start.weekday()),))
    if rule.freq == "YEARLY" and rule.by_month_day and not (rule.by_month or rule.by_day or rule.by_week_no):
        rule = replace(rule, by_month=(start.month,))
    if rule.by_week_no:
        # Of a start outside the rule the RFC does not say which year it counts from.
        assume(rule.interval == 1 or allowed(rule, start.date()))
    want = list(islice(by_the_book(rule, start, 500), 12))
    got = [one.nominal for one in islice(occurrences(rule, start, None), len(want))]
    assert got == want


@BOUNDED
@given(st.integers(0, 2**32), st.sampled_from(ZONES), st.floats(0, 1))
def test_asking_for_the_next_agrees_with_the_list_in_every_zone(seed: int, zone: ZoneInfo, fraction: float) -> None:
    rule, start = draw(random.Random(seed))
    listed = list(islice(occurrences(rule, start, zone), 40))
    assume(len(listed) > 1)
    moments = [one.utc for one in listed]
    assert moments == sorted(moments)
    moment = (moments[0] + (moments[-1] - moments[0]) * fraction).replace(microsecond=0)
    following = bisect_right(moments, moment)
    found = next_after(rule, start, zone, moment)
    if following < len(listed):
        assert found == listed[following]
    resumed = list(islice(occurrences(rule, start, zone, moment), 3))
    assert resumed == listed[bisect_left(moments, moment) :][:3] or len(listed) - bisect_left(moments, moment) < 3


@BOUNDED
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_each_moment_shows_the_time_the_rule_names_unless_a_gap_moved_it(seed: int, zone: ZoneInfo) -> None:
    rule, start = draw(random.Random(seed))
    for one in islice(occurrences(rule, start, zone), 20):
        shown = one.utc.astimezone(zone).replace(tzinfo=None)
        assert (shown == one.nominal) == (one.note != "gap")
        assert shown >= one.nominal


@BOUNDED
@given(st.integers(0, 2**32), st.sampled_from(ZONES))
def test_a_zone_changes_the_moments_of_a_wall_clock_rule_and_not_its_times(seed: int, zone: ZoneInfo) -> None:
    rule, start = draw(random.Random(seed))
    assume(not rule.counts_elapsed)
    floating = [one.nominal for one in islice(occurrences(rule, start, None), 30)]
    zoned = [one.nominal for one in islice(occurrences(rule, start, zone), 30)]
    # Two hours is the widest gap of these zones: only there may moments come in another order than times.
    settled = floating[-1] - dt.timedelta(hours=2) if len(floating) == 30 else dt.datetime(9999, 1, 1)
    assert {time for time in floating if time < settled} == {time for time in zoned if time < settled}


@BOUNDED
@given(
    st.sampled_from(("HOURLY", "MINUTELY")),
    st.integers(1, 200),
    st.lists(st.integers(0, 6), max_size=3),
    st.sampled_from(ZONES),
    st.integers(0, 3000),
    st.integers(1, 40),
)
def test_rules_under_a_day_step_in_elapsed_time(
    freq: str, interval: int, weekdays: list[int], zone: ZoneInfo, hours: int, count: int
) -> None:
    start = dt.datetime(2026, 2, 1, 0, 20) + dt.timedelta(hours=hours)
    rule = Rule(freq=freq, interval=interval, by_day=tuple((0, day) for day in weekdays), count=count)  # type: ignore[arg-type]
    step = dt.timedelta(minutes=interval * (60 if freq == "HOURLY" else 1))
    moment, want = start.replace(tzinfo=zone).astimezone(dt.UTC), []
    for _ in range(3000):
        if not weekdays or moment.astimezone(zone).weekday() in weekdays:
            want.append(moment)
        moment += step
    assume(len(want) >= count)
    assert [one.utc for one in occurrences(rule, start, zone)] == want[:count]
