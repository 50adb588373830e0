"""Quiet hours: what would ring inside is held until they end. Wall-clock times of the person's zone."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from core.language.zones import known_zone
from core.store.people import Person
from core.store.planning import QuietHours


def zone_here(name: str) -> ZoneInfo:
    """A zone that was kept; UTC where this machine's time zones do not have it: an hour told wrongly is better than a
    reminder that is not sent."""
    return known_zone(name) or ZoneInfo("UTC")


def held_until(moment: dt.datetime, quiet: QuietHours, zone: str) -> dt.datetime | None:
    """When the quiet hours end in which a moment lies; None where it lies in none. `zone` counts where the person's is
    unknown."""
    if not quiet.start or not quiet.end or quiet.start == quiet.end:
        return None
    place = zone_here(quiet.zone or zone)
    start, end = dt.time.fromisoformat(quiet.start), dt.time.fromisoformat(quiet.end)
    local = moment.astimezone(place)
    clock, day = local.time(), local.date()
    if start < end:
        if not start <= clock < end:
            return None
    elif clock >= start:
        day += dt.timedelta(days=1)
    elif clock >= end:
        return None
    return dt.datetime.combine(day, end, place).astimezone(dt.UTC)


def held_for(person: Person, moment: dt.datetime, zone: str) -> dt.datetime | None:
    """The same for a person's own quiet hours."""
    return held_until(moment, QuietHours(person.quiet_from, person.quiet_until, person.zone), zone)
