"""Reminders as iCalendar: what is written obeys RFC 5545, what is read is bounded, and what is not taken says why."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from core.errors import Refused
from core.messages import Address
from core.reminders import ical, ical_import
from core.reminders.recurrence import Rule, occurrences
from core.store.reminders import Reminder

NOW = dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC)
PARIS = ZoneInfo("Europe/Paris")


def reminder(
    text: str, *, rule: str | None = None, start: str = "2026-11-26T09:00:00", zone: str = "Europe/Paris"
) -> Reminder:
    begin = dt.datetime.fromisoformat(start)
    due = begin.replace(tzinfo=ZoneInfo(zone)).astimezone(dt.UTC)
    return Reminder(
        7, 1, Address("fake", "", "ann"), text, "en", zone, "active", rule, start, due, start, None, "", False,
        "reminder", None, NOW, due,
    )  # fmt: skip


def lines_of(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_lines_are_short_and_end_as_the_standard_says() -> None:
    text = ical.calendar([reminder("a long text, with commas; and 汉字 " * 30)], NOW, "Reminders")
    assert text.endswith("\r\nEND:VCALENDAR\r\n")
    assert "\n" not in text.replace("\r\n", "")
    for line in text.encode().split(b"\r\n"):
        assert len(line) <= 75
        line.decode()


def test_a_text_comes_back_as_it_went() -> None:
    hostile = 'semi; comma, back\\slash "quote"\nEND:VEVENT\nBEGIN:VEVENT 汉字 é'
    text = ical.calendar([reminder(hostile)], NOW, "Reminders")
    assert lines_of(text).count("BEGIN:VEVENT") == 1
    found, left = ical_import.read(text.encode(), NOW, PARIS, "en")
    assert left == []
    assert [one.text for one in found] == [" ".join(hostile.split())]
    assert found[0].due == dt.datetime(2026, 11, 26, 8, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("rule", "start"),
    [
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,FR;BYHOUR=9;BYMINUTE=0", "2026-11-27T09:00:00"),
        ("FREQ=MONTHLY;BYDAY=1MO;BYHOUR=8;BYMINUTE=30", "2026-12-07T08:30:00"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=18;BYMINUTE=0", "2026-11-30T18:00:00"),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=0;COUNT=10", "2026-11-26T09:00:00"),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=0;UNTIL=20270315T235959", "2026-11-26T09:00:00"),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=0;X-EXDATE=20261130", "2026-11-26T09:00:00"),
    ],
)
def test_a_rule_means_the_same_to_another_program(rule: str, start: str) -> None:
    """Read by dateutil, the event rings when we do."""
    lines = lines_of(ical.calendar([reminder("x", rule=rule, start=start)], NOW, "Reminders"))
    event = lines[lines.index("BEGIN:VEVENT") :]
    begin = next(line for line in event if line.startswith("DTSTART"))
    assert begin == f"DTSTART;TZID=Europe/Paris:{dt.datetime.fromisoformat(start):%Y%m%dT%H%M%S}"
    parts = [line.replace(";TZID=Europe/Paris", "") for line in event if line.startswith(("RRULE", "EXDATE"))]
    theirs = rrulestr(
        "\n".join(part.replace("T225959Z", "T235959") for part in parts),
        dtstart=dt.datetime.fromisoformat(start),
        forceset=True,
    )
    ours = occurrences(Rule.parse(rule), dt.datetime.fromisoformat(start), PARIS)
    assert [one.nominal for one, _ in zip(ours, range(10), strict=False)] == list(islice(theirs, 10))


def test_the_end_of_a_rule_is_given_in_utc() -> None:
    rule = "FREQ=DAILY;BYHOUR=9;BYMINUTE=0;UNTIL=20270315T235959"
    text = ical.calendar([reminder("x", rule=rule)], NOW, "Reminders")
    assert "UNTIL=20270315T225959Z" in text


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;X-LUNAR=8-15;BYHOUR=9;BYMINUTE=0",
        "FREQ=MONTHLY;BYMONTHDAY=31;X-SHORT=LAST;BYHOUR=9;BYMINUTE=0",
        "FREQ=HOURLY;INTERVAL=2;X-WINDOW=0900-1700",
    ],
)
def test_what_no_rule_of_icalendar_says_is_written_as_dates(rule: str) -> None:
    text = ical.calendar([reminder("x", rule=rule)], NOW, "Reminders")
    dates = next(line for line in lines_of(text) if line.startswith("RDATE"))
    assert "X-" not in dates
    ours = occurrences(Rule.parse(rule), dt.datetime(2026, 11, 26, 9), PARIS, NOW)
    expected = [f"{one.nominal:%Y%m%dT%H%M%S}" for one, _ in zip(ours, range(20), strict=False)]
    assert dates.partition(":")[2].split(",")[:20] == expected


def test_what_rests_is_left_out() -> None:
    daily = replace(
        reminder("x", rule="FREQ=DAILY;BYHOUR=9;BYMINUTE=0"), paused_until=NOW + dt.timedelta(days=2, hours=5)
    )
    body = lines_of(ical.calendar([daily], NOW, "t"))
    assert [line for line in body if line.startswith("EXDATE")] == [
        "EXDATE;TZID=Europe/Paris:20261126T090000",
        "EXDATE;TZID=Europe/Paris:20261127T090000",
    ]


def test_several_times_a_day_are_several_events() -> None:
    text = ical.calendar([reminder("x", rule="FREQ=DAILY;X-TIMES=0900,1730")], NOW, "Reminders")
    starts = [line for line in lines_of(text) if line.startswith("DTSTART;TZID=Europe/Paris")]
    assert [line[-6:] for line in starts] == ["090000", "173000"]
    assert len({line for line in lines_of(text) if line.startswith("UID")}) == 2


@pytest.mark.parametrize(("zone", "month"), [("Europe/Paris", 3), ("America/New_York", 3), ("Australia/Sydney", 4)])
def test_the_zone_comes_with_its_changes(zone: str, month: int) -> None:
    lines = lines_of(ical.calendar([reminder("x", zone=zone)], NOW, "Reminders"))
    body = lines[lines.index("BEGIN:VTIMEZONE") : lines.index("END:VTIMEZONE")]
    assert f"TZID:{zone}" in body
    changes = [line.partition(":")[2] for line in body if line.startswith("DTSTART:2027")]
    assert len(changes) == 2
    place = ZoneInfo(zone)
    for change in changes:
        wall = dt.datetime.strptime(change, "%Y%m%dT%H%M%S")  # noqa: DTZ007  # on the wall clock before the change
        before = (wall - dt.timedelta(hours=2)).replace(tzinfo=place).utcoffset()
        after = (wall + dt.timedelta(hours=3)).replace(tzinfo=place).utcoffset()
        assert before != after
    assert any(int(change[4:6]) == month for change in changes)


def alarm(trigger: str, *more: str) -> list[str]:
    return ["BEGIN:VALARM", "ACTION:DISPLAY", trigger, *more, "END:VALARM"]


def event(*lines: str) -> bytes:
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""]
    ).encode()


@pytest.mark.parametrize(
    ("lines", "due"),
    [
        (["DTSTART:20261201T120000Z"], "2026-12-01T12:00:00+00:00"),
        (["DTSTART;TZID=America/New_York:20261201T120000"], "2026-12-01T17:00:00+00:00"),
        (['DTSTART;TZID="Asia/Shanghai":20261201T120000'], "2026-12-01T04:00:00+00:00"),
        (["DTSTART:20261201T120000"], "2026-12-01T11:00:00+00:00"),
        (["DTSTART;VALUE=DATE:20261201"], "2026-12-01T08:00:00+00:00"),
        (["DTSTART:20200106T090000", "RRULE:FREQ=WEEKLY;BYDAY=MO"], "2026-11-30T08:00:00+00:00"),
        (["dtstart:20261201T", " 120000Z"], "2026-12-01T12:00:00+00:00"),
    ],
)
def test_times_are_read_where_they_stand(lines: list[str], due: str) -> None:
    found, left = ical_import.read(event("SUMMARY:x", *lines), NOW, PARIS, "en")
    assert left == []
    assert [one.due.isoformat() for one in found] == [due]


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["DTSTART:20201201T120000Z"], "is over"),
        (["DTSTART:20261201T120000Z", "STATUS:CANCELLED"], "is cancelled or completed"),
        (["SUMMARY:nothing"], "has no time that I can read"),
        (["DTSTART:20261399T120000Z"], "has no time that I can read"),
        (["DTSTART;TZID=Mars/Base:20261201T120000"], "is in a time zone that I don't know"),
        (["DTSTART;TZID=../../etc/passwd:20261201T120000"], "is in a time zone that I don't know"),
        (["DTSTART:20261201T120000Z", "RRULE:FREQ=SECONDLY"], "repeats more often than once a minute"),
        (
            ["DTSTART:20261201T120000Z", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"],
            "repeats by a rule that never fires",
        ),
        (["DTSTART:20261201T120000Z", "RRULE:FREQ=SOMETIMES"], "repeats by a rule that I cannot keep"),
        (["DTSTART:20261201T120000Z", "RRULE:FREQ=DAILY", "RRULE:FREQ=DAILY"], "repeats by a rule that I cannot keep"),
        (
            ["DTSTART:20261201T120000Z", "RRULE:FREQ=HOURLY;COUNT=5", "EXDATE:20261201T140000Z"],
            "leaves out single times of a day, which I cannot keep",
        ),
        (["DTSTART:20261201T120000Z", "EXDATE:20261201T120000Z"], "is over"),
        (["DTSTART:99991201T120000Z"], "is too far away"),
        (["DTSTART:99991231T235900", *alarm("TRIGGER:P300D")], "has no time that I can read"),
        (["DTSTART:00010101T000000", *alarm("TRIGGER:-P300D")], "has no time that I can read"),
    ],
)
def test_what_is_not_taken_says_why(lines: list[str], why: str) -> None:
    found, left = ical_import.read(event(*lines), NOW, PARIS, "en")
    assert (found, [one.why for one in left]) == ([], [why])


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xfe\x00", b"BEGIN:VEVENT\nEND:VEVENT", b"x" * 1_000_001])
def test_what_is_no_calendar_is_refused(data: bytes) -> None:
    with pytest.raises(Refused):
        ical_import.read(data, NOW, PARIS, "en")


def test_hostile_files_are_read_in_bounded_work() -> None:
    many = b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nDTSTART:20261201T120000Z\nEND:VEVENT\n" * 2_000
    found, left = ical_import.read(many, NOW, PARIS, "en")
    assert (len(found), len(left)) == (ical_import.MAX_EVENTS, 1)
    for body in (
        b"BEGIN:VEVENT\n" * 60_000,
        b"BEGIN:VEVENT\n" + b"SUMMARY:" + b"\n x" * 200_000,
        b"BEGIN:VEVENT\nRRULE:" + b"FREQ=DAILY;" * 50_000 + b"\nDTSTART:20261201T120000Z\nEND:VEVENT\n",
        b"BEGIN:VEVENT\nDTSTART;" + b"A=B;" * 200_000 + b":20261201T120000Z\nEND:VEVENT\n",
        b"BEGIN:VEVENT\n"
        + b"EXDATE:20261201T120000Z\n" * 30_000
        + b"RRULE:FREQ=DAILY\nDTSTART:20261201T120000Z\nEND:VEVENT",
        b"END:VEVENT\nEND:VALARM\n" * 20_000,
    ):
        data = b"BEGIN:VCALENDAR\n" + body
        assert len(data) <= ical_import.MAX_BYTES
        ical_import.read(data, NOW, PARIS, "en")


def test_alarms_inside_an_event_are_not_the_event() -> None:
    data = event("SUMMARY:outer", "BEGIN:VALARM", "SUMMARY:inner", "END:VALARM", "DTSTART:20261201T120000Z")
    found, _ = ical_import.read(data, NOW, PARIS, "en")
    assert [one.text for one in found] == ["outer"]


def rings(*lines: str) -> tuple[list[tuple[str, str, str | None]], list[str]]:
    """What an event becomes, as text, local time and rule; and why what is not taken is not."""
    found, left = ical_import.read(event("SUMMARY:x", *lines), NOW, PARIS, "en")
    return [(one.text, one.local, one.rule) for one in found], [one.why for one in left]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["RDATE:20261202T120000,20261204T130000", "EXDATE:20261201T120000"],
            ["2026-12-02T12:00:00", "2026-12-04T13:00:00"],
        ),
        (["RDATE;TZID=Asia/Shanghai:20261202T200000"], ["2026-12-01T12:00:00", "2026-12-02T13:00:00"]),
        (["RDATE;VALUE=PERIOD:20261202T110000Z/PT1H"], ["2026-12-01T12:00:00", "2026-12-02T12:00:00"]),
        (["RDATE:20201202T120000"], ["2026-12-01T12:00:00"]),
    ],
)
def test_a_list_of_dates_is_a_reminder_for_each_to_come(lines: list[str], expected: list[str]) -> None:
    found, left = rings("DTSTART:20261201T120000", *lines)
    assert (left, [local for _, local, _ in found]) == ([], expected)


def test_more_dates_than_are_taken_are_said() -> None:
    dates = ",".join(f"2027{month:02}{day:02}T120000" for month in range(1, 13) for day in range(1, 25))
    found, left = rings("DTSTART:20261201T120000", f"RDATE:{dates}")
    assert (len(found), left) == (100, ["lists more dates than I take: the next 100 are taken"])


def test_a_rule_with_dates_of_its_own_rings_for_both() -> None:
    found, left = rings(
        "DTSTART:20261201T120000", "RRULE:FREQ=WEEKLY", "RDATE:20261203T150000", "EXDATE:20261201T120000"
    )
    assert (left, [local for _, local, _ in found]) == ([], ["2026-12-08T12:00:00", "2026-12-03T15:00:00"])


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        (["TRIGGER:-PT15M"], ("x (12:00)", "2026-12-01T11:45:00")),
        (["TRIGGER:PT0S"], ("x", "2026-12-01T12:00:00")),
        (["TRIGGER;RELATED=END:-PT5M"], ("x (12:00)", "2026-12-01T12:55:00")),
        (["TRIGGER:-P1DT2H"], ("x (2026-12-01 12:00)", "2026-11-30T10:00:00")),
        (["TRIGGER;VALUE=DATE-TIME:20261201T100000Z"], ("x (12:00)", "2026-12-01T11:00:00")),
    ],
)
def test_an_alarm_says_when_it_rings(trigger: list[str], expected: tuple[str, str]) -> None:
    found, left = rings("DTSTART:20261201T120000", "DTEND:20261201T130000", *alarm(*trigger))
    assert (found, left) == ([(*expected, None)], [])


def test_each_alarm_is_a_reminder_and_one_for_a_whole_day_counts_from_midnight() -> None:
    found, _ = rings(
        "DTSTART:20261201T120000", *alarm("TRIGGER:-PT15M"), *alarm("TRIGGER:-PT1H"), *alarm("TRIGGER:-PT1H")
    )
    assert [local for _, local, _ in found] == ["2026-12-01T11:45:00", "2026-12-01T11:00:00"]
    found, _ = rings("DTSTART;VALUE=DATE:20261201", *alarm("TRIGGER:-PT15H"))
    assert found == [("x", "2026-11-30T09:00:00", None)]


@pytest.mark.parametrize(
    ("rule", "trigger", "first", "kept"),
    [
        ("FREQ=WEEKLY;BYDAY=TU", "-PT30M", "2026-12-01T11:30:00", "FREQ=WEEKLY;BYDAY=TU"),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH",
            "-P1D",
            "2026-11-30T12:00:00",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU",
        ),
        ("FREQ=DAILY;UNTIL=20261203T120000", "-P1D", "2026-11-30T12:00:00", "FREQ=DAILY;UNTIL=20261202T120000;WKST=SU"),
    ],
)
def test_an_alarm_before_a_repetition_repeats(rule: str, trigger: str, first: str, kept: str) -> None:
    found, left = rings("DTSTART:20261201T120000", f"RRULE:{rule}", *alarm(f"TRIGGER:{trigger}"))
    assert (left, found[0][1]) == ([], first)
    assert Rule.parse(found[0][2] or "") == Rule.parse(kept)


def test_an_alarm_that_no_rule_says_is_told_and_rings_at_its_time() -> None:
    found, left = rings("DTSTART:20261201T120000", "RRULE:FREQ=MONTHLY;BYMONTHDAY=1", *alarm("TRIGGER:-P1D"))
    assert [local for _, local, _ in found] == ["2026-12-01T12:00:00"]
    assert left == ["has an alarm that no rule says: it rings at its own time instead"]


def test_one_occurrence_that_was_moved_rings_at_its_new_time_alone() -> None:
    body = [
        "BEGIN:VEVENT", "UID:a", "SUMMARY:x", "DTSTART:20261201T120000", "RRULE:FREQ=DAILY;COUNT=3", "END:VEVENT",
        "BEGIN:VEVENT", "UID:a", "SUMMARY:x", "RECURRENCE-ID:20261201T120000", "DTSTART:20261201T170000", "END:VEVENT",
        "BEGIN:VEVENT", "UID:b", "SUMMARY:y", "DTSTART:20261205T120000", "END:VEVENT",
    ]  # fmt: skip
    data = "\r\n".join(["BEGIN:VCALENDAR", *body, "END:VCALENDAR"]).encode()
    found, left = ical_import.read(data, NOW, PARIS, "en")
    assert (left, [(one.text, one.local) for one in found]) == (
        [],
        [("x", "2026-12-02T12:00:00"), ("x", "2026-12-01T17:00:00"), ("y", "2026-12-05T12:00:00")],
    )


@pytest.mark.parametrize(
    "zone", ["Eastern Standard Time", "/citadel.org/20211207_1/America/New_York", "America/New_York", "US/Eastern"]
)
def test_names_that_programs_give_to_zones_are_known(zone: str) -> None:
    found, _ = ical_import.read(event(f"DTSTART;TZID={zone}:20261201T120000"), NOW, PARIS, "en")
    assert [one.due.isoformat() for one in found] == ["2026-12-01T17:00:00+00:00"]


def test_a_zone_of_three_parts_is_known() -> None:
    found, _ = ical_import.read(event("DTSTART;TZID=America/Argentina/Ushuaia:20261201T120000"), NOW, PARIS, "en")
    assert [one.zone for one in found] == ["America/Argentina/Ushuaia"]


def test_only_web_links_are_kept() -> None:
    for url, kept in (("https://example.org/a", "https://example.org/a"), ("javascript:alert(1)", "")):
        found, _ = ical_import.read(event(f"URL:{url}", "DTSTART:20261201T120000Z"), NOW, PARIS, "en")
        assert found[0].link == kept
