"""A zone is found by a city in English or Chinese, by its name, or by an offset; anything else is no zone."""

from __future__ import annotations

from zoneinfo import ZoneInfo, available_timezones

import pytest

from core.language.zones import find_zone, known_zone


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("Paris", "Europe/Paris"), ("paris", "Europe/Paris"), ("  PARIS. ", "Europe/Paris"), ("I'm in Berlin", "Europe/Berlin"),
        ("I live in New York", "America/New_York"), ("new york time", "America/New_York"), ("NYC", "America/New_York"),
        ("Los Angeles", "America/Los_Angeles"), ("San Francisco", "America/Los_Angeles"), ("Paris, France", "Europe/Paris"),
        ("Europe/Paris", "Europe/Paris"), ("europe/paris", "Europe/Paris"), ("America/Argentina/Buenos_Aires", "America/Argentina/Buenos_Aires"),
        ("Ho Chi Minh", "Asia/Ho_Chi_Minh"), ("上海", "Asia/Shanghai"), ("北京", "Asia/Shanghai"), ("我在东京", "Asia/Tokyo"),
        ("上海时间", "Asia/Shanghai"), ("纽约市", "America/New_York"), ("香港", "Asia/Hong_Kong"), ("UTC", "UTC"), ("utc+8", "Etc/GMT-8"),
        ("GMT-5", "Etc/GMT+5"), ("UTC +0", "UTC"), ("+8", "Etc/GMT-8"), ("Tel Aviv", "Asia/Jerusalem"), ("Kyiv", "Europe/Kyiv"),
    ],
)  # fmt: skip
def test_a_place_has_a_zone(said: str, zone: str) -> None:
    found = find_zone(said)
    assert found is not None
    assert ZoneInfo(found).key == found
    assert found == zone or ZoneInfo(found).utcoffset(None) == ZoneInfo(zone).utcoffset(None) is not None


@pytest.mark.parametrize(
    "said",
    [
        "",
        " ",
        "Atlantis",
        "tomorrow",
        "utc+15",
        "utc+99",
        "+5:30",
        "../../etc/passwd",
        "a" * 5000,
        "\x00",
        "🎉",
        "一",
        "posixrules",
    ],
)
def test_what_is_no_place_has_none(said: str) -> None:
    assert find_zone(said) is None


def test_every_zone_is_found_by_its_own_name() -> None:
    missing = [zone for zone in available_timezones() if "/" in zone and find_zone(zone) is None]
    assert missing == []


@pytest.mark.parametrize("name", ["Mars/Olympus", "", None, "../../etc/passwd", "x" * 5_000, "\0"])
def test_a_zone_that_this_machine_does_not_have_is_none(name: str | None) -> None:
    assert known_zone(name) is None
    assert known_zone("Europe/Paris") == ZoneInfo("Europe/Paris")
