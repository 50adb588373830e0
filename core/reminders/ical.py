"""Reminders as an iCalendar file (RFC 5545), for a calendar program to show: each an event with an alarm at its start."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from core.reminders.quiet import zone_here
from core.reminders.recurrence import Rule, occurrences
from core.store.reminders import Reminder

_LINE = 75
"""Octets of a line, its break not counted."""
_DATES_LISTED = 200
"""Occurrences written out one by one where no rule of iCalendar says the same."""
_YEARS_BEFORE, _YEARS_AHEAD = 1, 10
"""Around now: for which years a zone's clock changes are given."""
_MINUTES = dt.timedelta(minutes=15)


def calendar(reminders: Sequence[Reminder], now: dt.datetime, title: str) -> str:
    """The whole file, its lines folded and ended by CRLF."""
    zones = sorted({zone_here(one.zone).key for one in reminders} - {"UTC"})
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Remora//Reminders//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]
    lines.append(f"X-WR-CALNAME:{escaped(title)}")
    for zone in zones:
        lines += _zone(ZoneInfo(zone), now)
    for reminder in reminders:
        lines += _events(reminder, now)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded(line)}\r\n" for line in lines)


def escaped(text: str) -> str:
    """A value of type TEXT; line breaks become "\\n", and what no file may hold is left out."""
    clean = "".join(c for c in text.replace("\r\n", "\n").replace("\r", "\n") if c in "\n\t" or ord(c) >= 32)
    return clean.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def folded(line: str) -> str:
    """The line in pieces of at most 75 octets, cut between characters."""
    if len(line.encode()) <= _LINE:
        return line
    pieces: list[str] = []
    piece, size, room = "", 0, _LINE
    for character in line:
        octets = len(character.encode())
        if size + octets > room:
            pieces.append(piece)
            piece, size, room = "", 0, _LINE - 1
        piece += character
        size += octets
    return "\r\n ".join([*pieces, piece])


def _events(reminder: Reminder, now: dt.datetime) -> Iterator[str]:
    """The events of a reminder: one, or one for each clock time of a day."""
    zone = zone_here(reminder.zone)
    if reminder.rule is None:
        if reminder.rings is not None:
            yield from _event(reminder, "", _local("DTSTART", _wall(reminder.rings, zone), zone), [])
        return
    rule, start = Rule.parse(reminder.rule), dt.datetime.fromisoformat(reminder.starts_local)
    for number, (part, begins) in enumerate(_parts(rule, start)):
        suffix = f"-{number}" if number else ""
        if part is None:
            listed = [one.nominal for one in islice(occurrences(rule, start, zone, now), _DATES_LISTED)]
            if not listed:
                continue
            dates = f"RDATE{_parameter(zone)}:" + ",".join(_stamp(one, zone) for one in listed)
            yield from _event(reminder, suffix, _local("DTSTART", listed[0], zone), [dates])
        else:
            lines = list(_rule_lines(part, begins, zone))
            if (until := reminder.rests_until(now)) is not None:
                resting = takewhile(lambda one: one.utc < until, occurrences(part, begins, zone, now))
                lines += [
                    f"EXDATE{_parameter(zone)}:{_stamp(one.nominal, zone)}" for one in islice(resting, _DATES_LISTED)
                ]
            yield from _event(reminder, suffix, _local("DTSTART", begins, zone), lines)


def _parts(rule: Rule, start: dt.datetime) -> Iterable[tuple[Rule | None, dt.datetime]]:
    """The rule as rules that iCalendar can say, each with its start; None: its dates have to be written out."""
    beyond = rule.window or rule.excluded_days or rule.lunar or rule.short != "SKIP"
    if beyond or (rule.times and (rule.count or rule.by_set_pos)):
        return [(None, start)]
    if not rule.times:
        return [(rule, start)]
    parts = []
    for clock in rule.times:
        part = replace(rule, times=(), by_hour=(clock.hour,), by_minute=(clock.minute,))
        first = next(occurrences(part, dt.datetime.combine(start.date(), clock), None), None)
        if first is not None:
            parts.append((part, first.nominal))
    return parts


def _rule_lines(rule: Rule, start: dt.datetime, zone: ZoneInfo) -> Iterator[str]:
    plain = replace(rule, excluded=())
    if plain.until is not None and plain.until.tzinfo is None:
        # RFC 5545: with a start in a zone the end of the rule has to be given in UTC.
        plain = replace(plain, until=plain.until.replace(tzinfo=zone).astimezone(dt.UTC))
    yield f"RRULE:{plain.text()}"
    if rule.excluded:
        dates = (dt.datetime.combine(day, start.time()) for day in rule.excluded)
        yield f"EXDATE{_parameter(zone)}:" + ",".join(_stamp(one, zone) for one in dates)


def _event(reminder: Reminder, suffix: str, start: str, more: list[str]) -> Iterator[str]:
    title = escaped(reminder.text or "⏰")
    yield from ("BEGIN:VEVENT", f"UID:reminder-{reminder.id}{suffix}@remora")
    yield f"DTSTAMP:{reminder.updated_at.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    yield from (start, f"DURATION:PT{int(_MINUTES.total_seconds() // 60)}M", *more, f"SUMMARY:{title}")
    if reminder.link:
        yield f"URL:{''.join(reminder.link.split())}"
    yield f"STATUS:{'TENTATIVE' if reminder.state == 'paused' else 'CONFIRMED'}"
    yield "TRANSP:TRANSPARENT"
    yield from ("BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:PT0S", f"DESCRIPTION:{title}", "END:VALARM", "END:VEVENT")


def _wall(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


def _parameter(zone: ZoneInfo) -> str:
    return "" if zone.key == "UTC" else f";TZID={zone.key}"


def _stamp(wall: dt.datetime, zone: ZoneInfo) -> str:
    return f"{wall:%Y%m%dT%H%M%S}" + ("Z" if zone.key == "UTC" else "")


def _local(name: str, wall: dt.datetime, zone: ZoneInfo) -> str:
    return f"{name}{_parameter(zone)}:{_stamp(wall, zone)}"


def _zone(zone: ZoneInfo, now: dt.datetime) -> Iterator[str]:
    """A zone's clock around now: how it stands at first, then each change by itself."""
    first = dt.datetime(now.year - _YEARS_BEFORE, 1, 1, tzinfo=dt.UTC)
    last = dt.datetime(now.year + _YEARS_AHEAD, 1, 1, tzinfo=dt.UTC)
    yield from ("BEGIN:VTIMEZONE", f"TZID:{zone.key}")
    offset = _offset(first, zone)
    yield from _observance(first, offset, offset, zone)
    for change in _changes(zone, first, last):
        after = _offset(change, zone)
        yield from _observance(change, offset, after, zone)
        offset = after
    yield "END:VTIMEZONE"


def _observance(moment: dt.datetime, before: dt.timedelta, after: dt.timedelta, zone: ZoneInfo) -> Iterator[str]:
    local = moment.astimezone(zone)
    kind = "DAYLIGHT" if local.dst() else "STANDARD"
    wall = (moment + before).replace(tzinfo=None)
    yield from (f"BEGIN:{kind}", f"DTSTART:{wall:%Y%m%dT%H%M%S}")
    yield from (f"TZOFFSETFROM:{_signed(before)}", f"TZOFFSETTO:{_signed(after)}")
    yield from (f"TZNAME:{escaped(local.tzname() or zone.key)}", f"END:{kind}")


def _signed(offset: dt.timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def _offset(moment: dt.datetime, zone: ZoneInfo) -> dt.timedelta:
    return moment.astimezone(zone).utcoffset() or dt.timedelta()


def _changes(zone: ZoneInfo, first: dt.datetime, last: dt.datetime) -> Iterator[dt.datetime]:
    """The moments at which the zone's offset changes: looked for week by week, then by halving."""
    week = dt.timedelta(days=7)
    moment = first
    while moment < last:
        if _offset(moment, zone) != _offset(moment + week, zone):
            low, high = moment, moment + week
            while high - low > dt.timedelta(seconds=1):
                middle = low + (high - low) // 2
                middle = middle.replace(microsecond=0)
                low, high = (middle, high) if _offset(middle, zone) == _offset(low, zone) else (low, middle)
            yield high
        moment += week
