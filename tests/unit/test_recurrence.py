"""Recurrence: the text of a rule, what it means on the calendar, and what is refused."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from core.language.values import Recurrence
from core.reminders.recurrence import (
    Rule,
    RuleError,
    check,
)
from tests.unit.recurrence_asked import BERLIN, at, days, local

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
