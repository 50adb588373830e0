"""How the tests of recurrence ask: a rule as text, a start, and what is shown of the occurrences."""

from __future__ import annotations

import datetime as dt
from itertools import islice
from zoneinfo import ZoneInfo

from core.reminders.recurrence import Rule, occurrences

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def local(text: str, start: str, most: int = 5, zone: ZoneInfo | None = None) -> list[str]:
    return [f"{one.nominal:%Y-%m-%d %H:%M}" for one in islice(occurrences(Rule.parse(text), at(start), zone), most)]


def days(text: str, start: str, most: int = 5) -> list[str]:
    return [shown[:10] for shown in local(text, start, most)]


def moments(text: str, start: str, zone: ZoneInfo, most: int = 4) -> list[str]:
    return [f"{one.utc:%m-%dT%H:%M}" for one in islice(occurrences(Rule.parse(text), at(start), zone), most)]
