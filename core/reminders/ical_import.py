"""Reminders out of an iCalendar file. Whatever is in the file, the work is bounded, and what is not taken says why."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import Refused
from core.language.phrases import Language, say
from core.language.times import on_wall_clock
from core.reminders.creating import LATEST_YEAR, MAX_TEXT
from core.reminders.recurrence import Rule, RuleError, check, next_after
from core.render import shortened

MAX_BYTES = 1_000_000
MAX_EVENTS = 500
_MAX_LINES = 40_000
_MAX_LINE = 20_000
_DEFAULT_HOUR = 9


@dataclass(frozen=True, slots=True)
class Found:
    """A reminder that can be made of an event. Wall-clock times in `zone`; the same event has the same `cause`."""

    cause: str
    text: str
    link: str
    zone: str
    due: dt.datetime
    local: str
    starts_local: str
    rule: str | None


@dataclass(frozen=True, slots=True)
class Left:
    """An event that is not taken, and why."""

    text: str
    why: str


@dataclass(slots=True)
class _Component:
    name: str
    properties: dict[str, list[tuple[dict[str, str], str]]] = field(default_factory=dict)

    def one(self, name: str) -> tuple[dict[str, str], str] | None:
        values = self.properties.get(name)
        return values[0] if values else None

    def text(self, name: str) -> str:
        found = self.one(name)
        return _unescaped(found[1]) if found else ""


class _Unusable(Exception):
    """An event that cannot become a reminder; holds the key of the phrase that says why."""


def read(data: bytes, now: dt.datetime, zone: ZoneInfo, language: Language) -> tuple[list[Found], list[Left]]:
    """What the events and tasks of a file become; times without a zone are on the clock of `zone`. Raises `Refused`
    where it is no iCalendar file, or too big."""
    if len(data) > MAX_BYTES:
        raise Refused(say(language, "import_too_big", limit=MAX_BYTES // 1000))
    text = data.decode("utf-8", "replace").removeprefix("\ufeff").replace("\0", "")
    if "BEGIN:VCALENDAR" not in text[:1000].upper():
        raise Refused(say(language, "import_no_calendar"))
    found: list[Found] = []
    left: list[Left] = []
    for number, component in enumerate(_components(text)):
        if number >= MAX_EVENTS:
            left.append(Left("…", say(language, "import_too_many", limit=MAX_EVENTS)))
            break
        title = shortened(" ".join(component.text("SUMMARY").split()), MAX_TEXT)
        try:
            found.append(_reminder(component, title, now, zone))
        except _Unusable as reason:
            left.append(Left(shortened(title, 80), say(language, str(reason))))
    return found, left


def _components(text: str) -> Iterator[_Component]:
    """Each event and task with its own properties; what is inside of one (alarms) is passed over."""
    current: _Component | None = None
    inside = 0
    for name, parameters, value in _lines(text):
        if name == "BEGIN" and current is not None:
            inside += 1
        elif name == "BEGIN" and value.upper() in ("VEVENT", "VTODO"):
            current, inside = _Component(value.upper()), 0
        elif name == "END" and current is not None and inside:
            inside -= 1
        elif name == "END" and current is not None:
            yield current
            current = None
        elif current is not None and not inside:
            current.properties.setdefault(name, []).append((parameters, value))


def _lines(text: str) -> Iterator[tuple[str, dict[str, str], str]]:
    """The content lines, unfolded, as name, parameters and value."""
    line = ""
    for number, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
        if number > _MAX_LINES:
            break
        if raw[:1] in (" ", "\t") and line:
            line = line + raw[1:] if len(line) < _MAX_LINE else line
            continue
        if line:
            yield from _parsed(line)
        line = raw
    if line:
        yield from _parsed(line)


def _parsed(line: str) -> Iterator[tuple[str, dict[str, str], str]]:
    quoted = False
    for place, character in enumerate(line[:2_000]):
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            name, *parameters = line[:place].split(";")
            pairs = (part.partition("=") for part in parameters)
            yield name.strip().upper(), {key.upper(): value.strip('"') for key, _, value in pairs}, line[place + 1 :]
            return


def _unescaped(value: str) -> str:
    parts: list[str] = []
    escape = False
    for character in value:
        if escape:
            parts.append("\n" if character in "nN" else character)
            escape = False
        elif character == "\\":
            escape = True
        else:
            parts.append(character)
    return "".join(part for part in parts if part in "\n\t" or ord(part) >= 32)


def _reminder(component: _Component, title: str, now: dt.datetime, zone: ZoneInfo) -> Found:
    if component.one("RECURRENCE-ID") is not None:
        raise _Unusable("import_exception")
    if component.one("RDATE") is not None:
        raise _Unusable("import_dates")
    if component.text("STATUS").upper() in ("CANCELLED", "COMPLETED"):
        raise _Unusable("import_over")
    start = component.one("DTSTART") or component.one("DUE")
    if start is None:
        raise _Unusable("import_no_time")
    wall, place = _moment(*start, zone)
    rules = component.properties.get("RRULE", [])
    if len(rules) > 1:
        raise _Unusable("import_rule")
    rule = _rule(rules[0][1], component, wall, place) if rules else None
    if rule is None and place.key == "UTC":
        wall, place = wall.replace(tzinfo=dt.UTC).astimezone(zone).replace(tzinfo=None), zone
    due, local = _next(rule, wall, place, now)
    if due.year > LATEST_YEAR:
        raise _Unusable("import_too_far")
    uid = component.text("UID") or f"{title}{wall.isoformat()}"
    link = component.text("URL")
    return Found(
        cause=hashlib.sha256(f"{uid}\n{wall.isoformat()}\n{place.key}".encode()).hexdigest()[:40],
        text=title,
        link=link if link.startswith(("https://", "http://")) and len(link) <= 500 else "",
        zone=place.key,
        due=due,
        local=local,
        starts_local=wall.isoformat(),
        rule=rule.text() if rule else None,
    )


def _next(rule: Rule | None, wall: dt.datetime, zone: ZoneInfo, now: dt.datetime) -> tuple[dt.datetime, str]:
    if rule is None:
        due = on_wall_clock(wall, zone).at
        if due <= now:
            raise _Unusable("import_past")
        return due, wall.isoformat()
    occurrence = next_after(rule, wall, zone, now)
    if occurrence is None:
        raise _Unusable("import_past")
    return occurrence.utc, occurrence.key


def _rule(text: str, component: _Component, wall: dt.datetime, zone: ZoneInfo) -> Rule:
    try:
        rule = Rule.parse(text)
        excluded = []
        for parameters, value in component.properties.get("EXDATE", [])[:50]:
            for one in value.split(",")[:100]:
                excluded.append(_moment(parameters, one, zone)[0].date())
        if excluded:
            rule = replace(rule, excluded=tuple(excluded))
        check(rule, wall, zone)
    except RuleError as error:
        keys = {"too_fine": "import_too_fine", "never": "import_never"}
        raise _Unusable(keys.get(error.kind, "import_rule")) from error
    return rule


def _moment(parameters: dict[str, str], value: str, zone: ZoneInfo) -> tuple[dt.datetime, ZoneInfo]:
    """A wall-clock time and its zone; a day without a time is taken at nine."""
    value = value.strip()
    place = zone
    if name := parameters.get("TZID", ""):
        try:
            place = ZoneInfo(name.removeprefix("/"))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise _Unusable("import_zone") from error
    if not (value.isascii() and len(value) <= 16):
        raise _Unusable("import_no_time")
    try:
        if len(value) == 8:
            day = dt.datetime.strptime(value, "%Y%m%d")  # noqa: DTZ007  # on the wall clock of its zone
            return day.replace(hour=_DEFAULT_HOUR), place
        wall = dt.datetime.strptime(value.removesuffix("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    except ValueError as error:
        raise _Unusable("import_no_time") from error
    return wall, ZoneInfo("UTC") if value.endswith("Z") else place
