"""From a meaning to one moment: zones, default hours, clock changes, short answers."""

from __future__ import annotations

import datetime as dt
import json
from io import StringIO
from zoneinfo import ZoneInfo

import pytest

from core.language.batch import main, when_line
from core.language.times import on_wall_clock, resolve, understand, understand_time
from core.language.values import Delta, Instant, Preferences, Recurrence, Window

BERLIN = ZoneInfo("Europe/Berlin")
NEW_YORK = ZoneInfo("America/New_York")
NOW = dt.datetime(2026, 9, 21, 8, 5, tzinfo=BERLIN)


def test_a_time_in_the_spring_gap_moves_forward_and_says_so() -> None:
    moment = on_wall_clock(dt.datetime(2027, 3, 28, 2, 30), BERLIN)
    assert moment.at == dt.datetime(2027, 3, 28, 1, 30, tzinfo=dt.UTC)
    assert moment.at.astimezone(BERLIN).hour == 3
    assert moment.note == "gap moved forward"


def test_of_a_time_that_happens_twice_the_first_is_taken() -> None:
    moment = on_wall_clock(dt.datetime(2026, 10, 25, 2, 30), BERLIN)
    assert moment.at == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)
    assert moment.note == "fold: first"


def test_an_ordinary_time_has_no_note() -> None:
    assert on_wall_clock(dt.datetime(2026, 9, 22, 9), BERLIN).note == ""


def test_a_delta_counts_elapsed_time_across_a_clock_change() -> None:
    before = dt.datetime(2027, 3, 27, 12, tzinfo=NEW_YORK)
    moment = resolve(Delta(86400), before, NEW_YORK)
    assert moment is not None
    assert moment.at - before.astimezone(dt.UTC) == dt.timedelta(days=1)


def test_one_day_on_keeps_the_wall_clock_across_a_clock_change() -> None:
    before = dt.datetime(2027, 3, 13, 12, tzinfo=NEW_YORK)
    when = understand("in 1 day", before, NEW_YORK, "en").when
    assert when is not None
    moment = resolve(when, before, NEW_YORK)
    assert moment is not None
    assert moment.at.astimezone(NEW_YORK) == dt.datetime(2027, 3, 14, 12, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("when", "local"),
    [
        (Instant(dt.datetime(2026, 9, 22), "day"), dt.datetime(2026, 9, 22, 9)),
        (Instant(dt.datetime(2026, 9, 22, 15), "minute"), dt.datetime(2026, 9, 22, 15)),
        (Window(dt.datetime(2026, 9, 22, 14), dt.datetime(2026, 9, 22, 16)), dt.datetime(2026, 9, 22, 14)),
        (Window(None, dt.datetime(2026, 9, 22, 16)), dt.datetime(2026, 9, 22, 16)),
    ],
)
def test_the_first_moment_of_a_meaning(when: Instant | Window, local: dt.datetime) -> None:
    moment = resolve(when, NOW, BERLIN)
    assert moment is not None
    assert moment.at.astimezone(BERLIN).replace(tzinfo=None) == local


def test_a_recurrence_has_no_one_moment() -> None:
    assert resolve(Recurrence("DAILY", times=(dt.time(8),)), NOW, BERLIN) is None


def test_a_person_chooses_the_default_hour() -> None:
    moment = resolve(Instant(dt.datetime(2026, 9, 22), "day"), NOW, BERLIN, Preferences(default_hour=7))
    assert moment is not None
    assert moment.at.astimezone(BERLIN).hour == 7


def test_a_day_whose_default_hour_is_over_still_gets_a_coming_moment() -> None:
    evening = dt.datetime(2026, 9, 21, 18, 20, tzinfo=BERLIN)
    for text in ("today", "this evening", "tonight", "this week"):
        when = understand(text, evening, BERLIN, "en").when
        assert when is not None
        moment = resolve(when, evening, BERLIN)
        assert moment is not None
        assert moment.at > evening


def test_an_open_clock_time_takes_the_next_waking_reading() -> None:
    late = dt.datetime(2026, 9, 21, 23, 30, tzinfo=BERLIN)
    when = understand("at 5", late, BERLIN, "en").when
    assert isinstance(when, Instant)
    assert when.local == dt.datetime(2026, 9, 22, 17)
    assert when.ambiguous


@pytest.mark.parametrize(
    ("answer", "local"),
    [
        ("tomorrow at 9", dt.datetime(2026, 9, 22, 9)),
        ("9", dt.datetime(2026, 9, 21, 9)),
        ("at 17:30", dt.datetime(2026, 9, 21, 17, 30)),
        ("730", dt.datetime(2026, 9, 21, 19, 30)),
        ("friday", dt.datetime(2026, 9, 25, 9)),
        ("half an hour", dt.datetime(2026, 9, 21, 8, 35)),
        ("2 hours", dt.datetime(2026, 9, 21, 10, 5)),
    ],
)
def test_a_short_answer_to_when_is_understood(answer: str, local: dt.datetime) -> None:
    when = understand_time(answer, NOW, BERLIN, "en").when
    assert when is not None
    moment = resolve(when, NOW, BERLIN)
    assert moment is not None
    assert moment.at.astimezone(BERLIN).replace(tzinfo=None) == local


def test_each_line_of_a_batch_gets_a_line() -> None:
    rows = [
        {
            "id": 1,
            "text": "tomorrow at 9",
            "lang": "en",
            "reference_time": "2026-09-21T08:05:00+02:00",
            "tz": "Europe/Berlin",
        },
        {"id": 2, "text": "every Monday at 9", "lang": "en", "reference_time": "2026-09-21T08:05", "tz": "+02:00"},
        {"id": 3, "text": "hello", "lang": "en", "reference_time": "2026-09-21T08:05", "tz": "UTC"},
        {"id": 4, "lang": "en"},
        {"id": 5, "text": "at 9", "reference_time": "never", "tz": "UTC"},
        {"id": 6, "text": "at 9", "reference_time": "2026-09-21T08:05", "tz": "Nowhere/Land"},
        {"id": 7, "text": 9},
    ]
    source = StringIO("".join(json.dumps(row) + "\n" for row in rows) + "not json\n[]\n")
    target = StringIO()
    main(source, target)
    answers = [json.loads(line) for line in target.getvalue().splitlines()]
    assert [answer["type"] for answer in answers] == ["instant", "rrule", *["none"] * 7]
    assert answers[0]["value"] == "2026-09-22T09:00:00+02:00"
    assert answers[1]["rrule"] == "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9;BYMINUTE=0"
    assert "error" not in answers[2]
    assert all("error" in answer for answer in answers[3:])


def test_a_row_carries_bounds_window_and_task() -> None:
    row = {"id": "x", "text": "remind me every 2 hours from 9 to 17 until Christmas to drink water", "lang": "en"}
    answer = when_line(row | {"reference_time": "2026-09-21T08:05:00", "tz": "Europe/Berlin"})
    assert answer["until"] == "2026-12-25"
    assert answer["window"] == ["09:00", "17:00"]
    assert answer["task"] == "drink water"
    assert answer["ms"] >= 0
