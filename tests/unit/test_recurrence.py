"""Recurrence: what a rule means, on the calendar, on the clock and across clock changes."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from core.language.values import Recurrence
from core.reminders.recur_batch import recur_line
from core.reminders.recurrence import (
    Rule,
    RuleError,
    catch_up,
    check,
    last_at,
    moved,
    next_after,
    occurrences,
    rebased,
)

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def local(text: str, start: str, most: int = 5, zone: ZoneInfo | None = None, since: str | None = None) -> list[str]:
    found = occurrences(Rule.parse(text), at(start), zone, at(since) if since else None)
    return [f"{one.nominal:%Y-%m-%d %H:%M}" for one in islice(found, most)]


def days(text: str, start: str, most: int = 5) -> list[str]:
    return [shown[:10] for shown in local(text, start, most)]


def moments(text: str, start: str, zone: ZoneInfo, most: int = 4) -> list[str]:
    return [f"{one.utc:%m-%dT%H:%M}" for one in islice(occurrences(Rule.parse(text), at(start), zone), most)]


# The text of a rule


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=7;BYDAY=TU,FR;WKST=SU",
        "FREQ=MONTHLY;UNTIL=20310430T120000Z;BYDAY=-1FR,2MO;BYSETPOS=-1,1",
        "FREQ=YEARLY;UNTIL=20310430T235959;BYMONTH=2,6;BYMONTHDAY=-1,29;BYHOUR=7,19;BYMINUTE=15",
        "FREQ=YEARLY;BYWEEKNO=-1,20;BYYEARDAY=-3,200",
        "FREQ=DAILY;X-TIMES=0900,1730,2215",
        "FREQ=HOURLY;INTERVAL=3;X-WINDOW=0900-1700;X-EXDAY=SA,SU",
        "FREQ=MONTHLY;BYMONTHDAY=31;X-SHORT=LAST;X-EXDATE=20261231,20270131",
        "FREQ=YEARLY;X-LUNAR=8-15",
    ],
)
def test_a_rule_and_its_text_say_the_same(text: str) -> None:
    rule = Rule.parse(text)
    assert Rule.parse(rule.text()) == rule
    assert sorted(rule.text().split(";")) == sorted(text.split(";"))


def test_the_order_of_a_list_and_its_doubles_mean_nothing() -> None:
    assert Rule.parse("FREQ=DAILY;BYHOUR=9,7,9") == Rule.parse("freq=daily;byhour=7,9;")
    assert Rule.parse("RRULE:FREQ=WEEKLY;BYDAY=FR,MO").text() == "FREQ=WEEKLY;BYDAY=MO,FR"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "FREQ=SOMETIMES",
        "INTERVAL=2",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=-3",
        "FREQ=DAILY;BYHOUR=24",
        "FREQ=DAILY;BYMONTH=0",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=XX",
        "FREQ=MONTHLY;BYDAY=--1MO",
        "FREQ=YEARLY;BYWEEKNO=54",
        "FREQ=DAILY;UNTIL=20260231",
        "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=DAILY;BYEASTER=1",
        "FREQ=DAILY;BYHOUR=",
        "FREQ=DAILY;BYHOUR=9,,10",
        "FREQ=DAILY;BYHOUR=٩x",
        "FREQ=DAILY;X-TIMES=9",
        "FREQ=HOURLY;X-TIMES=0900",
        "FREQ=DAILY;X-TIMES=0900;BYHOUR=9",
        "FREQ=DAILY;X-WINDOW=0900-1700",
        "FREQ=HOURLY;X-WINDOW=0900-1700;BYHOUR=10",
        "FREQ=MONTHLY;X-LUNAR=8-15",
        "FREQ=YEARLY;X-LUNAR=13-1",
        "FREQ=DAILY\nINTERVAL=2",
    ],
)
def test_what_is_no_rule_is_unreadable(text: str) -> None:
    with pytest.raises(RuleError) as refused:
        Rule.parse(text)
    assert refused.value.kind == "unreadable"


def test_a_text_that_goes_on_and_on_is_too_long() -> None:
    with pytest.raises(RuleError) as refused:
        Rule.parse("FREQ=DAILY;BYMINUTE=" + ",".join(["1"] * 5_000))
    assert refused.value.kind == "too_long"


def test_a_date_in_until_includes_that_day() -> None:
    assert days("FREQ=DAILY;UNTIL=20260503", "2026-05-01T18:00") == ["2026-05-01", "2026-05-02", "2026-05-03"]


def test_a_sentence_gives_hours_by_minutes_where_they_say_it() -> None:
    twice = Recurrence("DAILY", times=(dt.time(8), dt.time(20)))
    assert Rule.from_recurrence(twice).text() == "FREQ=DAILY;BYHOUR=8,20;BYMINUTE=0"
    uneven = Recurrence("DAILY", times=(dt.time(9), dt.time(17, 30)))
    assert Rule.from_recurrence(uneven).text() == "FREQ=DAILY;X-TIMES=0900,1730"


def test_a_sentence_keeps_all_its_fields() -> None:
    said = Recurrence(
        "MONTHLY",
        interval=2,
        by_month_day=(31,),
        times=(dt.time(9),),
        until=dt.date(2027, 6, 30),
        excluded=(dt.date(2026, 12, 31),),
        excluded_days=("SU",),
        last_day_if_short=True,
    )
    assert Rule.from_recurrence(said) == Rule.parse(
        "FREQ=MONTHLY;INTERVAL=2;UNTIL=20270630T235959;BYMONTHDAY=31;BYHOUR=9;BYMINUTE=0;"
        "X-SHORT=LAST;X-EXDATE=20261231;X-EXDAY=SU"
    )
    weekly = Recurrence("WEEKLY", by_day=("MO", "FR"), set_pos=(-1,), count=4)
    assert Rule.from_recurrence(weekly).text() == "FREQ=WEEKLY;COUNT=4;BYSETPOS=-1;BYDAY=MO,FR"
    windowed = Recurrence("HOURLY", interval=3, window=(dt.time(9), dt.time(17)))
    assert Rule.from_recurrence(windowed).text() == "FREQ=HOURLY;INTERVAL=3;X-WINDOW=0900-1700"
    assert Rule.from_recurrence(Recurrence("YEARLY", lunar=(1, 1))).text() == "FREQ=YEARLY;X-LUNAR=1-1"


# The calendar


def test_what_the_rule_leaves_open_comes_from_its_start() -> None:
    assert local("FREQ=WEEKLY", "2026-07-02T07:45", 2) == ["2026-07-02 07:45", "2026-07-09 07:45"]
    assert days("FREQ=MONTHLY", "2026-01-30T09:00", 3) == ["2026-01-30", "2026-03-30", "2026-04-30"]
    assert days("FREQ=YEARLY;BYMONTH=4", "2026-03-17T09:00", 2) == ["2026-04-17", "2027-04-17"]
    assert days("FREQ=YEARLY;BYMONTHDAY=5,-1", "2026-06-05T09:00", 3) == ["2026-06-05", "2026-06-30", "2027-06-05"]
    assert days("FREQ=YEARLY;BYWEEKNO=10", "2026-03-04T09:00", 2) == ["2026-03-04", "2027-03-10"]


def test_the_start_fires_only_where_the_rule_says_so() -> None:
    assert days("FREQ=WEEKLY;BYDAY=MO", "2026-07-02T09:00", 1) == ["2026-07-06"]


def test_the_week_start_decides_which_week_a_sunday_is_in() -> None:
    monday = days("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,WE;WKST=MO", "2026-03-04T09:00", 4)
    sunday = days("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,WE;WKST=SU", "2026-03-04T09:00", 4)
    assert monday == ["2026-03-04", "2026-03-08", "2026-03-18", "2026-03-22"]
    assert sunday == ["2026-03-04", "2026-03-15", "2026-03-18", "2026-03-29"]


def test_positions_in_the_first_week_count_from_the_start_of_the_week() -> None:
    assert days("FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2", "2026-03-04T09:00", 2) == ["2026-03-04", "2026-03-11"]


def test_the_last_working_day_of_a_month() -> None:
    rule = "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"
    assert days(rule, "2026-01-01T09:00", 3) == ["2026-01-30", "2026-02-27", "2026-03-31"]


def test_positions_count_each_time_of_each_day() -> None:
    rule = "FREQ=MONTHLY;BYDAY=SA;BYHOUR=8,20;BYMINUTE=0;BYSETPOS=2,-1"
    assert local(rule, "2026-08-01T00:00", 3) == ["2026-08-01 20:00", "2026-08-29 20:00", "2026-09-05 20:00"]


def test_a_weekday_with_and_one_without_a_number_both_count() -> None:
    assert days("FREQ=MONTHLY;BYDAY=SU,1MO", "2026-06-01T09:00", 5) == [
        "2026-06-01",
        "2026-06-07",
        "2026-06-14",
        "2026-06-21",
        "2026-06-28",
    ]


def test_a_numbered_weekday_counts_in_the_month_or_in_the_year() -> None:
    assert days("FREQ=YEARLY;BYDAY=-1TH;BYMONTH=11", "2026-01-01T09:00", 2) == ["2026-11-26", "2027-11-25"]
    assert days("FREQ=YEARLY;BYDAY=10TU", "2026-01-01T09:00", 2) == ["2026-03-10", "2027-03-09"]
    assert days("FREQ=MONTHLY;BYDAY=5WE", "2026-01-01T09:00", 3) == ["2026-04-29", "2026-07-29", "2026-09-30"]


def test_week_one_may_begin_in_the_old_year_and_the_last_week_end_in_the_new() -> None:
    assert days("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO,SU", "2025-06-01T09:00", 4) == [
        "2025-12-29",
        "2026-01-04",
        "2027-01-04",
        "2027-01-10",
    ]
    assert days("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=SA", "2026-06-01T09:00", 3) == ["2027-01-02", "2028-01-01", "2028-12-30"]
    assert days("FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO", "2026-01-01T09:00", 3) == ["2026-12-28", "2032-12-27", "2037-12-28"]


def test_every_other_year_of_weeks_counts_the_years_that_own_the_weeks() -> None:
    # 29 December 2025 is in week 1 of 2026, so its turn comes again in 2028.
    assert days("FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO", "2025-12-29T09:00", 3) == [
        "2025-12-29",
        "2028-01-03",
        "2029-12-31",
    ]


def test_leap_days_wait_for_leap_years_also_over_a_century() -> None:
    assert days("FREQ=YEARLY", "2092-02-29T09:00", 3) == ["2092-02-29", "2096-02-29", "2104-02-29"]


def test_the_thirty_first_is_skipped_or_moved_as_the_rule_says() -> None:
    start = "2027-01-31T09:00"
    assert days("FREQ=MONTHLY;BYMONTHDAY=31", start, 3) == ["2027-01-31", "2027-03-31", "2027-05-31"]
    assert days("FREQ=MONTHLY;BYMONTHDAY=31;X-SHORT=LAST", start, 3) == ["2027-01-31", "2027-02-28", "2027-03-31"]
    assert days("RSCALE=GREGORIAN;SKIP=FORWARD;FREQ=MONTHLY;BYMONTHDAY=31", start, 3) == [
        "2027-01-31",
        "2027-03-01",
        "2027-03-31",
    ]
    assert days("FREQ=YEARLY;X-SHORT=LAST", "2028-02-29T09:00", 3) == ["2028-02-29", "2029-02-28", "2030-02-28"]
    assert days("FREQ=YEARLY;X-SHORT=NEXT", "2028-02-29T09:00", 3) == ["2028-02-29", "2029-03-01", "2030-03-01"]


def test_a_day_of_the_chinese_calendar_follows_the_moon() -> None:
    assert days("FREQ=YEARLY;X-LUNAR=8-15", "2026-01-01T09:00", 3) == ["2026-09-25", "2027-09-15", "2028-10-03"]
    # New Year's Eve is the 29th where the last month has no 30th.
    assert days("FREQ=YEARLY;X-LUNAR=12-30", "2025-01-01T09:00", 3) == ["2025-01-28", "2026-02-16", "2027-02-05"]


def test_excluded_dates_use_up_the_count_and_excluded_weekdays_do_not() -> None:
    assert days("FREQ=DAILY;COUNT=3;X-EXDATE=20260502", "2026-05-01T09:00") == ["2026-05-01", "2026-05-03"]
    assert days("FREQ=DAILY;COUNT=3;X-EXDAY=SA,SU", "2026-05-01T09:00") == ["2026-05-01", "2026-05-04", "2026-05-05"]


def test_an_excluded_date_takes_the_night_that_began_on_it() -> None:
    assert local("FREQ=HOURLY;X-WINDOW=2300-0100;X-EXDATE=20260606", "2026-06-05T23:30", 4) == [
        "2026-06-06 00:00",
        "2026-06-06 01:00",
        "2026-06-07 23:00",
        "2026-06-08 00:00",
    ]


@pytest.mark.parametrize("zone", [None, BERLIN])
def test_an_excluded_date_silences_a_rule_under_a_day(zone: ZoneInfo | None) -> None:
    assert local("FREQ=MINUTELY;INTERVAL=15;X-EXDATE=20260329", "2026-03-28T23:45", 2, zone) == [
        "2026-03-28 23:45",
        "2026-03-30 00:00",
    ]


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


# Refusals


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("FREQ=SECONDLY", "too_fine"),
        ("FREQ=SECONDLY;INTERVAL=3600", "too_fine"),
        ("FREQ=MINUTELY;BYSECOND=0,30", "too_fine"),
        ("FREQ=DAILY;X-TIMES=090000,090030", "too_fine"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never"),
        ("FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2,4,6,9,11", "never"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "never"),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3", "never"),
        ("FREQ=WEEKLY;BYDAY=MO;X-EXDAY=MO", "never"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "never"),
        ("FREQ=HOURLY;INTERVAL=2;BYHOUR=9", "never"),
        ("FREQ=MINUTELY;INTERVAL=60;BYMINUTE=7", "never"),
        ("FREQ=HOURLY;INTERVAL=24;BYMONTH=2;BYMONTHDAY=30", "never"),
        ("FREQ=DAILY;UNTIL=20200101", "never"),
        ("FREQ=DAILY;COUNT=1;X-EXDATE=20260105", "never"),
        ("FREQ=DAILY;COUNT=99999", "too_long"),
    ],
)
@pytest.mark.parametrize("zone", [None, BERLIN])
def test_what_no_reminder_may_have_is_refused_at_once(text: str, kind: str, zone: ZoneInfo | None) -> None:
    with pytest.raises(RuleError) as refused:
        check(Rule.parse(text), at("2026-01-05T08:00"), zone)  # a Monday
    assert refused.value.kind == kind


@pytest.mark.parametrize(
    "text", ["FREQ=MINUTELY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=DAILY;X-TIMES=0900,0901"]
)
def test_a_rule_that_fires_passes(text: str) -> None:
    check(Rule.parse(text), at("2026-01-05T08:00"), BERLIN)


# Downtime and moving


def missed(policy: str, up_at: str, grace_minutes: int, text: str = "FREQ=HOURLY") -> tuple[list[str], int, str]:
    done = catch_up(
        policy,  # type: ignore[arg-type]
        Rule.parse(text),
        at("2026-05-01T08:00"),
        ZoneInfo("UTC"),
        last_fired=at("2026-05-01T08:00+00:00"),
        up_at=at(up_at),
        grace=dt.timedelta(minutes=grace_minutes),
    )
    return [f"{one.utc:%H:%M}" for one in done.send], done.skipped, f"{done.next.utc:%H:%M}" if done.next else ""


def test_after_downtime_the_policy_and_the_grace_decide() -> None:
    up = "2026-05-01T12:20+00:00"
    assert missed("latest", up, 30) == (["12:00"], 3, "13:00")
    assert missed("latest", up, 10) == ([], 4, "13:00")
    assert missed("all", up, 90) == (["11:00", "12:00"], 2, "13:00")
    assert missed("skip", up, 90) == ([], 4, "13:00")
    assert missed("latest", "2026-05-01T08:30+00:00", 30) == ([], 0, "09:00")


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
