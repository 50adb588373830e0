"""Reminders out of an iCalendar file. Whatever is in the file, the work is bounded, and what is not taken says why."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

from tzlocal.windows_tz import win_tz

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
MOST_DATES = 100
"""Of the dates that an event lists one by one."""
_MOST_ALARMS = 3
_DAY = dt.timedelta(days=1)
_LENGTH = re.compile(
    r"(?P<sign>[+-]?)P(?:(?P<weeks>\d{1,4})W)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?:(?P<hours>\d{1,5})H)?(?:(?P<minutes>\d{1,6})M)?(?:(?P<seconds>\d{1,7})S)?)?"
)


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
    alarms: list[_Component] = field(default_factory=list)

    def add(self, name: str, parameters: dict[str, str], value: str) -> None:
        self.properties.setdefault(name, []).append((parameters, value))

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
    components = list(islice(_components(text), MAX_EVENTS + 1))
    if len(components) > MAX_EVENTS:
        left.append(Left("…", say(language, "import_too_many", limit=MAX_EVENTS)))
    events = components[:MAX_EVENTS]
    _leave_out(events)
    for component in events:
        title = shortened(" ".join(component.text("SUMMARY").split()), MAX_TEXT)
        try:
            taken, notes = _reminders(component, title, now, zone)
            found += taken
        except _Unusable as reason:
            notes = [str(reason)]
        except OverflowError:  # a date at the end of all calendars, and some time added to it
            notes = ["import_no_time"]
        left += [Left(shortened(title, 80), say(language, key, limit=MOST_DATES)) for key in notes]
    return found, left


def _leave_out(events: Sequence[_Component]) -> None:
    """An occurrence that another event of the file moves or cancels is none of the repeating one."""
    moved: defaultdict[str, list[tuple[dict[str, str], str]]] = defaultdict(list)
    for one in events:
        if (occurrence := one.one("RECURRENCE-ID")) is not None:
            moved[one.text("UID")].append(occurrence)
    for one in events:
        if one.one("RRULE") is not None and one.one("RECURRENCE-ID") is None and (uid := one.text("UID")):
            for occurrence in moved[uid]:
                one.add("EXDATE", *occurrence)


def _components(text: str) -> Iterator[_Component]:
    """Each event and task with its own properties and its alarms; what else is inside of one is passed over."""
    current: _Component | None = None
    alarm: _Component | None = None
    inside = 0
    for name, parameters, value in _lines(text):
        if name == "BEGIN" and current is not None:
            inside += 1
            alarm = _Component("VALARM") if inside == 1 and value.upper() == "VALARM" else alarm
        elif name == "BEGIN" and value.upper() in ("VEVENT", "VTODO"):
            current, inside = _Component(value.upper()), 0
        elif name == "END" and current is not None and inside:
            inside -= 1
            if not inside and alarm is not None:
                current.alarms.append(alarm)
                alarm = None
        elif name == "END" and current is not None:
            yield current
            current = None
        elif current is not None and inside == 1 and alarm is not None:
            alarm.add(name, parameters, value)
        elif current is not None and not inside:
            current.add(name, parameters, value)


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


def _reminders(component: _Component, title: str, now: dt.datetime, zone: ZoneInfo) -> tuple[list[Found], list[str]]:
    """One for each alarm of its rule and of its dates, as far as they are to come; and the keys of the phrases that say
    what was not taken. Raises `_Unusable` where nothing is."""
    if component.text("STATUS").upper() in ("CANCELLED", "COMPLETED"):
        raise _Unusable("import_over")
    start, rules = component.one("DTSTART") or component.one("DUE"), component.properties.get("RRULE", [])
    if start is None or len(rules) > 1:
        raise _Unusable("import_rule" if start else "import_no_time")
    wall, place = _moment(*start, zone)
    if not rules and place.key == "UTC":
        wall, place = _on_wall(wall, place, zone), zone
    excluded, dates = _listed(component, "EXDATE", place), _listed(component, "RDATE", place)
    rule = _rule(rules[0][1], excluded, wall, place) if rules else None
    dates = sorted({*dates, *([] if rule else [wall])} - set(excluded))
    whole_day = len(start[1].strip()) == len("20261201")
    begin = wall.replace(hour=0) if whole_day else wall
    notes: list[str] = []
    offsets = [*islice(dict.fromkeys(_offsets(component, begin, place, rule, notes)), _MOST_ALARMS)] or [wall - begin]
    uid, link = component.text("UID") or f"{title}{wall.isoformat()}", component.text("URL")

    def found(rings: dt.datetime, offset: dt.timedelta, due: dt.datetime, local: str, rule: Rule | None) -> Found:
        if due.year > LATEST_YEAR:
            raise _Unusable("import_too_far")
        starts = rings - offset
        clock = "%H:%M" if rule or starts.date() == rings.date() else "%Y-%m-%d %H:%M"
        return Found(
            cause=hashlib.sha256(f"{uid}\n{rings.isoformat()}\n{place.key}".encode()).hexdigest()[:40],
            text=f"{title} ({starts:{clock}})" if offset and not whole_day else title,
            link=link if link.startswith(("https://", "http://")) and len(link) <= 500 else "",
            zone=place.key,
            due=due,
            local=local,
            starts_local=rings.isoformat(),
            rule=rule.text() if rule else None,
        )

    taken: list[Found] = []
    for offset in offsets:
        if rule is not None:
            moved = _moved(rule, wall, begin + offset)
            notes += [] if moved else ["import_alarm"]
            rings = begin + offset if moved else wall
            if occurrence := next_after(moved or rule, rings, place, now):
                taken.append(found(rings, rings - begin, occurrence.utc, occurrence.key, moved or rule))
        coming = [rings for one in dates if on_wall_clock(rings := one - (wall - begin) + offset, place).at > now]
        notes += ["import_dates"] if len(coming) > MOST_DATES else []
        taken += [
            found(rings, offset, on_wall_clock(rings, place).at, rings.isoformat(), None)
            for rings in coming[:MOST_DATES]
        ]
    if not taken:
        raise _Unusable("import_past")
    return taken, notes


def _moved(rule: Rule, wall: dt.datetime, rings: dt.datetime) -> Rule | None:
    """The rule by which it rings so much before or after its time; None where no rule says that."""
    days, parts = (rings.date() - wall.date()).days, (rule.by_hour, rule.by_minute, rule.times, rule.window)
    if rings == wall:
        return rule
    plain = rule.freq in ("DAILY", "WEEKLY") and not any((rule.by_month, rule.by_set_pos, rule.by_month_day))
    if any(parts) or rule.counts_elapsed or (days and (not plain or rule.excluded_days)):
        return None
    return replace(
        rule,
        by_day=tuple((nth, (day + days) % 7) for nth, day in rule.by_day),
        week_start=(rule.week_start + days) % 7,
        excluded=tuple(day + days * _DAY for day in rule.excluded),
        until=rule.until and rule.until + (rings - wall),
    )


def _offsets(
    component: _Component, begin: dt.datetime, zone: ZoneInfo, rule: Rule | None, notes: list[str]
) -> Iterator[dt.timedelta]:
    """How long after the event begins each of its alarms is."""
    for alarm in component.alarms:
        trigger = alarm.one("TRIGGER")
        if trigger is None or alarm.text("ACTION").upper() == "NONE":
            continue
        offset = _length(trigger[1])
        if offset is not None and trigger[0].get("RELATED", "").upper() == "END":
            end, length = component.one("DTEND"), _length(component.text("DURATION"))
            offset += (_on_wall(*_moment(*end, zone), zone) - begin) if end else length or dt.timedelta()
        elif offset is None and rule is None:
            offset = _on_wall(*_moment(*trigger, zone), zone) - begin
        if offset is None or abs(offset) > 366 * _DAY:
            notes.append("import_alarm")
        else:
            yield offset


def _on_wall(wall: dt.datetime, before: ZoneInfo, after: ZoneInfo) -> dt.datetime:
    """The same moment on the clock of another zone."""
    if before.key == after.key:
        return wall
    return on_wall_clock(wall, before).at.astimezone(after).replace(tzinfo=None)


def _length(value: str) -> dt.timedelta | None:
    found = _LENGTH.fullmatch(value.strip().upper())
    if found is None:
        return None
    parts = {name: int(number) for name, number in found.groupdict().items() if name != "sign" and number}
    return dt.timedelta(**parts) * (-1 if found["sign"] == "-" else 1)


def _listed(component: _Component, name: str, zone: ZoneInfo) -> list[dt.datetime]:
    """The times of a property that lists them, on the wall clock of a zone; of a period its beginning."""
    return [
        _on_wall(*_moment(parameters, one.partition("/")[0], zone), zone)
        for parameters, value in component.properties.get(name, [])[:50]
        for one in value.split(",")[: 5 * MOST_DATES]
    ]


def _rule(text: str, excluded: list[dt.datetime], wall: dt.datetime, zone: ZoneInfo) -> Rule:
    try:
        rule = Rule.parse(text)
        if excluded:
            if rule.freq in ("HOURLY", "MINUTELY") or len(rule.by_hour) > 1 or len(rule.by_minute) > 1:
                raise _Unusable("import_exdate")
            rule = replace(rule, excluded=tuple(one.date() for one in excluded[:MOST_DATES]))
        check(rule, wall, zone)
    except RuleError as error:
        keys = {"too_fine": "import_too_fine", "never": "import_never"}
        raise _Unusable(keys.get(error.kind, "import_rule")) from error
    return rule


def _zone(name: str) -> ZoneInfo:
    """A zone by its name, by the one that Windows gives it, or at the end of a path."""
    parts = name.split("/")
    for last in (3, 2, 1):
        path = "/".join(parts[-last:])
        if path in _zones():
            return ZoneInfo(path)
    return ZoneInfo(win_tz[name])


@cache
def _zones() -> set[str]:
    return available_timezones()


def _moment(parameters: dict[str, str], value: str, zone: ZoneInfo) -> tuple[dt.datetime, ZoneInfo]:
    """A wall-clock time and its zone; a day without a time is taken at nine."""
    value = value.strip()
    place = zone
    if name := parameters.get("TZID", ""):
        try:
            place = _zone(name)
        except (KeyError, ValueError, OSError) as error:
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
