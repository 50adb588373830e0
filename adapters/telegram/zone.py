"""Which time zone a place is in; nothing is asked of anybody, the map is at hand."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.telegram.updates import Place


def zone_at(place: Place) -> str:
    """Its IANA name; "" where none is known here. Takes a tenth of a second the first time."""
    from tzfpy import get_tz  # 30 MB that most never need

    name: str = get_tz(place.longitude, place.latitude)
    try:
        return ZoneInfo(name).key if name else ""
    except (ZoneInfoNotFoundError, ValueError):
        return ""
