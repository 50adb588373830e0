"""Recurrence on the clock: times of a day, clock changes, counts and ends, downtime, moving, the batch form."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from core.reminders.recur_batch import recur_line
from core.reminders.recurrence import (
    Rule,
    last_at,
    moved,
    next_after,
    occurrences,
    rebased,
)
from tests.unit.recurrence_asked import BERLIN, at, local, moments

NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


# The clock


def test_clock_times_of_a_day_come_in_order() -> None:
    assert local("FREQ=DAILY;X-TIMES=1730,0900", "2026-05-01T12:00", 3) == [
        "2026-05-01 17:30",
        "2026-05-02 09:00",
        "2026-05-02 17:30",
    ]


def test_a_window_begins_anew_each_day_and_includes_both_ends() -> None:
    assert local("FREQ=HOURLY;INTERVAL=4;X-WINDOW=0900-1700;BYDAY=MO,TU", "2026-06-01T10:30", 5) == [
        "2026-06-01 13:00",
        "2026-06-01 17:00",
        "2026-06-02 09:00",
        "2026-06-02 13:00",
        "2026-06-02 17:00",
    ]
    assert local("FREQ=HOURLY;INTERVAL=5;X-WINDOW=0900-1700", "2026-06-01T00:00", 3)[2] == "2026-06-02 09:00"


def test_a_window_past_midnight_belongs_to_the_day_it_began() -> None:
    assert local("FREQ=HOURLY;X-WINDOW=2300-0100;BYDAY=FR", "2026-06-05T23:30", 4) == [
        "2026-06-06 00:00",
        "2026-06-06 01:00",
        "2026-06-12 23:00",
        "2026-06-13 00:00",
    ]


def test_a_rule_under_a_day_with_limits_fires_where_steps_and_limits_meet() -> None:
    assert local("FREQ=HOURLY;INTERVAL=5;BYDAY=SA", "2026-06-05T22:00", 4) == [
        "2026-06-06 03:00",
        "2026-06-06 08:00",
        "2026-06-06 13:00",
        "2026-06-06 18:00",
    ]
    assert local("FREQ=MINUTELY;INTERVAL=25;BYHOUR=8", "2026-06-05T08:00", 4) == [
        "2026-06-05 08:00",
        "2026-06-05 08:25",
        "2026-06-05 08:50",
        "2026-06-06 08:10",
    ]


# Clock changes


def test_a_time_in_the_gap_moves_forward_and_is_marked() -> None:
    found = list(islice(occurrences(Rule.parse("FREQ=DAILY"), at("2026-03-28T02:30"), BERLIN), 3))
    assert [one.note for one in found] == ["normal", "gap", "normal"]
    assert [f"{one.utc:%dT%H:%M}" for one in found] == ["28T01:30", "29T01:30", "30T00:30"]


def test_of_a_repeated_time_the_first_is_taken() -> None:
    found = list(islice(occurrences(Rule.parse("FREQ=DAILY"), at("2026-10-24T02:30"), BERLIN), 3))
    assert [one.note for one in found] == ["normal", "fold", "normal"]
    assert [f"{one.utc:%dT%H:%M}" for one in found] == ["24T00:30", "25T00:30", "26T01:30"]


def test_a_moment_within_the_gap_finds_what_the_gap_moved() -> None:
    moment = at("2026-03-29T01:10+00:00")  # 03:10 on the wall, past 02:30, which fires at 03:30
    found = next_after(Rule.parse("FREQ=DAILY"), at("2026-03-01T02:30"), BERLIN, moment)
    assert found is not None
    assert (found.note, f"{found.utc:%dT%H:%M}") == ("gap", "29T01:30")


def test_a_time_after_the_gap_comes_before_one_that_the_gap_moved() -> None:
    assert moments("FREQ=DAILY;X-TIMES=0230,0310", "2026-03-29T00:00", BERLIN, 3) == [
        "03-29T01:10",
        "03-29T01:30",
        "03-30T00:30",
    ]


def test_two_times_that_a_gap_brings_together_are_both_listed_and_ring_once() -> None:
    rule, start = Rule.parse("FREQ=DAILY;X-TIMES=0230,0330;COUNT=2"), at("2026-03-29T00:00")
    both = list(occurrences(rule, start, BERLIN))
    assert [one.note for one in both] == ["gap", "normal"]
    assert both[0].utc == both[1].utc
    assert next_after(rule, start, BERLIN, both[0].utc) is None


def test_every_two_hours_is_elapsed_time_across_both_changes() -> None:
    assert moments("FREQ=HOURLY;INTERVAL=2", "2026-03-28T23:00", BERLIN) == [
        "03-28T22:00",
        "03-29T00:00",
        "03-29T02:00",
        "03-29T04:00",
    ]
    assert moments("FREQ=MINUTELY;INTERVAL=120", "2026-10-24T23:00", BERLIN, 3) == [
        "10-24T21:00",
        "10-24T23:00",
        "10-25T01:00",
    ]


def test_both_passes_of_a_repeated_hour_fire_and_can_be_told_apart() -> None:
    found = list(islice(occurrences(Rule.parse("FREQ=HOURLY"), at("2026-10-25T02:00"), BERLIN), 3))
    assert [f"{one.nominal:%H:%M}" for one in found] == ["02:00", "02:00", "03:00"]
    assert len({one.key for one in found}) == 3


def test_a_rule_under_a_day_with_hours_keeps_to_the_clock() -> None:
    text, start = "FREQ=HOURLY;INTERVAL=2;BYHOUR=8,10", "2026-03-27T08:00"
    assert local(text, start, 6, BERLIN) == [
        f"2026-03-{day} {hour}:00" for day in (27, 28, 29) for hour in ("08", "10")
    ]


def test_a_minute_that_the_rule_names_stays_on_the_clock_where_it_changes_by_half_an_hour() -> None:
    shown = local("FREQ=HOURLY;BYMINUTE=15", "2026-10-03T23:15", 6, LORD_HOWE)
    assert {text[-2:] for text in shown} == {"15"}
    assert {text[-2:] for text in local("FREQ=HOURLY", "2026-10-03T23:15", 6, LORD_HOWE)} == {"15", "45"}


def test_elapsed_steps_look_at_the_weekday_on_the_wall() -> None:
    assert local("FREQ=HOURLY;INTERVAL=3;BYDAY=SU", "2026-03-28T22:00", 3, BERLIN) == [
        "2026-03-29 01:00",
        "2026-03-29 05:00",
        "2026-03-29 08:00",
    ]


def test_until_in_utc_ends_at_that_moment() -> None:
    assert local("FREQ=DAILY;UNTIL=20260703T060000Z", "2026-07-01T08:00", 9, BERLIN)[-1] == "2026-07-03 08:00"
    assert local("FREQ=DAILY;UNTIL=20260703T055959Z", "2026-07-01T08:00", 9, BERLIN)[-1] == "2026-07-02 08:00"


# Counting, ends and directness


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=8,20",
        "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1,2",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29,28",
        "FREQ=HOURLY;INTERVAL=5;BYDAY=MO,TH",
        "FREQ=HOURLY;INTERVAL=7;BYHOUR=3,6;BYMINUTE=5,50",
        "FREQ=HOURLY;BYMINUTE=10,40",
        "FREQ=MINUTELY;INTERVAL=45",
        "FREQ=MINUTELY;BYMINUTE=3,33;BYDAY=SA",
        "FREQ=MINUTELY;INTERVAL=25;X-WINDOW=2200-0130;BYDAY=FR",
    ],
)
@pytest.mark.parametrize("zone", [None, BERLIN])
def test_a_count_ends_the_rule_where_counting_does(text: str, zone: ZoneInfo | None) -> None:
    start = at("2026-03-20T05:20")
    endless = list(islice(occurrences(Rule.parse(text), start, zone), 60))
    for count in (1, 2, 37, 60):
        counted = list(islice(occurrences(Rule.parse(f"{text};COUNT={count}"), start, zone), 61))
        assert counted == endless[:count]


def test_the_next_one_is_strictly_later_and_none_after_the_end() -> None:
    rule, start = Rule.parse("FREQ=DAILY;COUNT=2"), at("2026-05-01T09:00")
    first = next_after(rule, start, BERLIN, at("2020-01-01T00:00+00:00"))
    assert first is not None
    second = next_after(rule, start, BERLIN, first.utc)
    assert second is not None
    assert second.nominal == at("2026-05-02T09:00")
    assert next_after(rule, start, BERLIN, second.utc) is None


def calls_in(work: Callable[[], object]) -> int:
    made = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return made


@pytest.mark.parametrize("zone", [None, BERLIN])
@pytest.mark.parametrize("text", ["FREQ=MINUTELY;INTERVAL=15", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", "FREQ=DAILY"])
def test_an_old_rule_takes_no_more_work_than_a_new_one(text: str, zone: ZoneInfo | None) -> None:
    rule, moment = Rule.parse(text), at("2026-06-15T11:11+00:00")
    old = calls_in(lambda: next_after(rule, at("1990-01-01T08:00"), zone, moment))
    new = calls_in(lambda: next_after(rule, at("2026-06-01T08:00"), zone, moment))
    assert old <= new + 5


# Downtime and moving


def test_the_last_one_before_a_moment_is_found_however_long_the_downtime() -> None:
    rule = Rule.parse("FREQ=MINUTELY;INTERVAL=15")
    found = last_at(rule, at("1996-01-01T00:00"), BERLIN, at("2026-05-01T12:20+00:00"))
    assert found is not None
    assert f"{found.utc:%H:%M}" == "12:15"
    assert last_at(rule, at("2026-05-01T00:00"), BERLIN, at("2026-04-01T00:00+00:00")) is None


def test_after_a_move_the_wall_time_stays_and_nothing_fires_twice() -> None:
    tokyo, lisbon = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Lisbon")
    rule, start = Rule.parse("FREQ=DAILY"), at("2026-01-01T08:00")
    landed = at("2026-06-10T05:00+00:00")  # 14:00 in Tokyo, 06:00 in Lisbon: 08:00 of that day has fired
    found = moved(rule, start, tokyo, lisbon, landed)
    assert found is not None
    assert (found.nominal, found.utc) == (at("2026-06-11T08:00"), at("2026-06-11T07:00+00:00"))


def test_a_move_leaves_elapsed_rules_at_their_moments() -> None:
    tokyo, lisbon = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Lisbon")
    rule, start = Rule.parse("FREQ=HOURLY;INTERVAL=5"), at("2026-06-01T08:00")
    landed = at("2026-06-10T05:00+00:00")
    assert rebased(rule, start, tokyo, lisbon) == at("2026-06-01T00:00")
    stay, go = next_after(rule, start, tokyo, landed), moved(rule, start, tokyo, lisbon, landed)
    assert stay is not None
    assert go is not None
    assert stay.utc == go.utc


# The batch form


def test_a_line_gives_local_times_without_a_zone_and_utc_with_one() -> None:
    ask = {"id": 1, "rrule": "FREQ=DAILY", "dtstart": "2026-06-01T09:00:00", "tz": None, "n": 2}
    assert recur_line(ask) == {"id": 1, "occurrences": ["2026-06-01T09:00:00", "2026-06-02T09:00:00"]}
    assert recur_line(ask | {"tz": "Europe/Berlin", "from": "2026-06-03T09:00:00"}) == {
        "id": 1,
        "occurrences": ["2026-06-03T07:00:00Z", "2026-06-04T07:00:00Z"],
    }


@pytest.mark.parametrize(
    "change",
    [
        {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"},
        {"rrule": "nonsense"},
        {"rrule": None},
        {"dtstart": "yesterday"},
        {"tz": "Mars/Olympus"},
        {"tz": "../etc"},
        {"n": "many"},
        {"from": 7},
    ],
)
def test_a_line_that_cannot_be_answered_says_why(change: dict[str, object]) -> None:
    ask = {"id": 1, "rrule": "FREQ=DAILY", "dtstart": "2026-06-01T09:00:00", "tz": None, "n": 2}
    answer = recur_line(ask | change)
    assert answer["id"] == 1
    assert answer["error"]
    assert "occurrences" not in answer


def test_new_york_is_no_special_case() -> None:
    assert moments("FREQ=WEEKLY;BYDAY=SU", "2026-03-01T09:00", NEW_YORK, 3) == [
        "03-01T14:00",
        "03-08T13:00",
        "03-15T13:00",
    ]
