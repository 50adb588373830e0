"""The rules about lateness as tables: until when an occurrence is worth sending, and when quiet hours end."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from core.messages import Address
from core.reminders.lateness import default_policy, expiry, why_late
from core.reminders.quiet import held_until
from core.store.planning import Due, QuietHours
from core.store.reminders import Reminder
from core.store.workers import Downtime

NINE = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
NO_QUIET = QuietHours(None, None, None)


@pytest.mark.parametrize(
    ("one_off", "gap", "policy"),
    [
        (True, None, "send"),
        (False, 7 * DAY, "limit"),
        (False, DAY, "limit"),
        (False, DAY - HOUR, "limit"),
        (False, 8 * HOUR, "next"),
        (False, 15 * MINUTE, "next"),
        (False, None, "limit"),
    ],
    ids=["once", "weekly", "daily", "daily in spring", "three times a day", "every 15 minutes", "the last one"],
)
def test_what_a_reminder_does_by_its_kind(one_off: bool, gap: dt.timedelta | None, policy: str) -> None:
    assert default_policy(one_off, gap) == policy


def due(policy: str, minutes: int = 0, rule: str | None = "FREQ=DAILY") -> Due:
    reminder = Reminder(
        1, 1, Address("fake", "", "c"), "text", "en", "UTC", "active", rule, "2026-03-02T09:00:00", NINE,
        "2026-03-02T09:00:00", None, "", False, "reminder", None, NINE, NINE,
    )  # fmt: skip
    return Due(reminder, policy, minutes, NO_QUIET)


@pytest.mark.parametrize(
    ("one", "following", "until"),
    [
        (due("", rule=None), None, None),
        (due("send"), NINE + DAY, None),
        (due(""), NINE + DAY, NINE + DAY),
        (due("limit"), None, None),
        (due("limit", 45), NINE + DAY, NINE + 45 * MINUTE),
        (due("limit", 30, rule=None), None, NINE + 30 * MINUTE),
        (due("skip"), NINE + DAY, NINE + MINUTE),
        (due(""), NINE + 2 * HOUR, NINE + 10 * MINUTE),
        (due(""), NINE + 15 * MINUTE, NINE + 7.5 * MINUTE),
        (due("next"), NINE + MINUTE, NINE + MINUTE),
        (due("next"), None, None),
    ],
    ids=[
        "once: for ever", "send: for ever", "daily: until it comes again", "the last one: for ever", "45 minutes",
        "once, 30 minutes", "skip: on time or not at all", "every two hours", "every 15 minutes", "every minute",
        "next, and the last one",
    ],
)  # fmt: skip
def test_until_when_an_occurrence_is_worth_sending(
    one: Due, following: dt.datetime | None, until: dt.datetime | None
) -> None:
    assert expiry(one, NINE, following) == until


@pytest.mark.parametrize(
    ("hours", "zone", "moment", "end"),
    [
        (("22:00", "07:00"), "UTC", "2026-03-02T23:30", "2026-03-03T07:00"),
        (("22:00", "07:00"), "UTC", "2026-03-03T06:59", "2026-03-03T07:00"),
        (("22:00", "07:00"), "UTC", "2026-03-03T07:00", None),
        (("22:00", "07:00"), "UTC", "2026-03-02T22:00", "2026-03-03T07:00"),
        (("22:00", "07:00"), "UTC", "2026-03-02T21:59", None),
        (("13:00", "14:30"), "UTC", "2026-03-02T13:59", "2026-03-02T14:30"),
        (("13:00", "14:30"), "UTC", "2026-03-02T12:59", None),
        (("22:00", "07:00"), "Asia/Shanghai", "2026-03-02T15:00", "2026-03-02T23:00"),
        (("22:00", "02:30"), "Europe/Paris", "2026-03-28T22:00", "2026-03-29T01:30"),
        (("22:00", "02:30"), "Europe/Paris", "2026-10-24T22:00", "2026-10-25T00:30"),
        (("07:00", "07:00"), "UTC", "2026-03-02T23:30", None),
        ((None, None), "UTC", "2026-03-02T23:30", None),
    ],
    ids=[
        "before midnight", "after midnight", "at the end", "at the start", "before", "at noon", "not yet", "elsewhere",
        "the end does not exist that night", "the end comes twice that night", "of no length", "none",
    ],
)  # fmt: skip
def test_when_quiet_hours_end(hours: tuple[str | None, str | None], zone: str, moment: str, end: str | None) -> None:
    def utc(text: str) -> dt.datetime:
        return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)

    assert held_until(utc(moment), QuietHours(*hours, zone), "UTC") == (None if end is None else utc(end))


def test_in_chinese_too_it_says_how_late_and_why() -> None:
    gap = Downtime(NINE - 48 * MINUTE, NINE + 91 * MINUTE)
    word = why_late("zh", ZoneInfo("Asia/Shanghai"), NINE, NINE + 91 * MINUTE, [gap], "")
    assert word == "（晚了1 小时 31 分钟：我在 16:12–18:31 期间没有运行。）"
    assert (
        why_late("en", ZoneInfo("UTC"), NINE, NINE + 5 * MINUTE, [], "503")
        == "(5 min late: it did not go through before.)"
    )
    assert (
        why_late("en", ZoneInfo("UTC"), NINE, NINE + 5 * MINUTE, [], "") == "(5 min late: many messages were waiting.)"
    )
