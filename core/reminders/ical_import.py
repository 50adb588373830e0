"""Reminders out of an iCalendar file. Whatever is in the file, the work is bounded, and what is not taken says why."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
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
    for component in (events := components[:MAX_EVENTS]):
        title = shortened(" ".join(component.text("SUMMARY").split()), MAX_TEXT)
        _leave_out(component, events)
        try:
            event = _Event.of(component, title, zone)
            taken = list(event.reminders(now))
            if not taken:
                raise _Unusable("import_past")
            found += taken
            left += [Left(shortened(title, 80), say(language, key, limit=MOST_DATES)) for key in event.notes]
        except _Unusable as reason:
            left.append(Left(shortened(title, 80), say(language, str(reason))))
    return found, left


def _leave_out(component: _Component, events: Sequence[_Component]) -> None:
    """An occurrence that another event of the file moves or cancels is none of this one."""
    uid = component.text("UID")
    if uid and component.one("RRULE") is not None and component.one("RECURRENCE-ID") is None:
        for other in events:
            if (moved := other.one("RECURRENCE-ID")) is not None and other.text("UID") == uid:
                component.add("EXDATE", *moved)


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


@dataclass(slots=True)
class _Event:
    """An event or a task, with its times on the wall clock of `zone`."""

    uid: str
    title: str
    link: str
    wall: dt.datetime
    zone: ZoneInfo
    whole_day: bool
    rule: Rule | None
    dates: list[dt.datetime]
    """Single ones: its own where it does not repeat, and those that it lists."""
    offsets: list[dt.timedelta | None]
    """From its time to when it rings; None: no alarm says so."""
    notes: list[str] = field(default_factory=list)
    """Keys of the phrases that say what of it was not taken."""

    @classmethod
    def of(cls, component: _Component, title: str, zone: ZoneInfo) -> _Event:
        """Raises `_Unusable` where no reminder can be made of it."""
        if component.text("STATUS").upper() in ("CANCELLED", "COMPLETED"):
            raise _Unusable("import_over")
        start = component.one("DTSTART") or component.one("DUE")
        if start is None:
            raise _Unusable("import_no_time")
        wall, place = _moment(*start, zone)
        rules = component.properties.get("RRULE", [])
        if len(rules) > 1:
            raise _Unusable("import_rule")
        excluded = _listed(component, "EXDATE", place)
        rule = _rule(rules[0][1], excluded, wall, place) if rules else None
        dates = _listed(component, "RDATE", place)
        if rule is None:
            dates.append(wall)
        if rule is None and place.key == "UTC":
            wall, *dates = (one.replace(tzinfo=dt.UTC).astimezone(zone).replace(tzinfo=None) for one in [wall, *dates])
            excluded = [one.replace(tzinfo=dt.UTC).astimezone(zone).replace(tzinfo=None) for one in excluded]
            place = zone
        link = component.text("URL")
        event = cls(
            uid=component.text("UID") or f"{title}{wall.isoformat()}",
            title=title,
            link=link if link.startswith(("https://", "http://")) and len(link) <= 500 else "",
            wall=wall,
            zone=place,
            whole_day=len(start[1].strip()) == len("20261201"),
            rule=rule,
            dates=sorted(set(dates) - set(excluded)),
            offsets=[None],
        )
        event.offsets = [*islice(dict.fromkeys(_offsets(component, event)), _MOST_ALARMS)] or event.offsets
        return event

    def reminders(self, now: dt.datetime) -> Iterator[Found]:
        """One for each alarm of its rule and of its dates, as far as they are to come."""
        for offset in self.offsets:
            if self.rule is not None and (repeated := self._repeated(self.rule, offset, now)) is not None:
                yield repeated
            coming = [found for wall in self.dates if (found := self._once(wall, offset, now)) is not None]
            if len(coming) > MOST_DATES:
                self.notes.append("import_dates")
            yield from coming[:MOST_DATES]

    def _once(self, wall: dt.datetime, offset: dt.timedelta | None, now: dt.datetime) -> Found | None:
        rings = self._shifted(wall, offset)
        due = on_wall_clock(rings, self.zone).at
        return self._found(wall, rings, due, rings.isoformat(), None) if due > now else None

    def _repeated(self, rule: Rule, offset: dt.timedelta | None, now: dt.datetime) -> Found | None:
        rings = self._shifted(self.wall, offset)
        moved = _moved(rule, self.wall, rings)
        if moved is None:
            self.notes.append("import_alarm")
            moved, rings = rule, self.wall
        occurrence = next_after(moved, rings, self.zone, now)
        if occurrence is None:
            return None
        return self._found(self.wall, rings, occurrence.utc, occurrence.key, moved)

    def _shifted(self, wall: dt.datetime, offset: dt.timedelta | None) -> dt.datetime:
        """When it rings: an alarm of a whole day counts from its midnight."""
        if offset is None:
            return wall
        return (wall.replace(hour=0) if self.whole_day else wall) + offset

    def _found(self, wall: dt.datetime, rings: dt.datetime, due: dt.datetime, local: str, rule: Rule | None) -> Found:
        if due.year > LATEST_YEAR:
            raise _Unusable("import_too_far")
        begins = "" if self.whole_day or rings == wall else f" ({wall:%H:%M})"
        if begins and rule is None and wall.date() != rings.date():
            begins = f" ({wall:%Y-%m-%d %H:%M})"
        return Found(
            cause=hashlib.sha256(f"{self.uid}\n{rings.isoformat()}\n{self.zone.key}".encode()).hexdigest()[:40],
            text=f"{self.title}{begins}",
            link=self.link,
            zone=self.zone.key,
            due=due,
            local=local,
            starts_local=rings.isoformat(),
            rule=rule.text() if rule else None,
        )


def _moved(rule: Rule, wall: dt.datetime, rings: dt.datetime) -> Rule | None:
    """The rule by which it rings so much before or after its time; None where no rule says that."""
    days, parts = (rings.date() - wall.date()).days, (rule.by_hour, rule.by_minute, rule.times, rule.window)
    if rings == wall or (not days and not any(parts) and not rule.counts_elapsed):
        return rule
    plain = rule.freq in ("DAILY", "WEEKLY") and not any((*parts, rule.by_month, rule.by_set_pos, rule.by_month_day))
    if not plain or rule.counts_elapsed or rule.excluded_days:
        return None
    return replace(
        rule,
        by_day=tuple((nth, (day + days) % 7) for nth, day in rule.by_day),
        week_start=(rule.week_start + days) % 7,
        excluded=tuple(day + days * _DAY for day in rule.excluded),
        until=rule.until and rule.until + (rings - wall),
    )


def _offsets(component: _Component, event: _Event) -> Iterator[dt.timedelta]:
    """How long after the event's time each of its alarms is."""
    for alarm in component.alarms:
        trigger = alarm.one("TRIGGER")
        if trigger is None or alarm.text("ACTION").upper() == "NONE":
            continue
        parameters, value = trigger
        offset = _length(value)
        if offset is not None and parameters.get("RELATED", "").upper() == "END":
            end, length = component.one("DTEND"), _length(component.text("DURATION"))
            offset += (_moment(*end, event.zone)[0] - event.wall) if end else length or dt.timedelta()
        elif offset is None and event.rule is None:
            wall, place = _moment(parameters, value, event.zone)
            local = wall.replace(tzinfo=place).astimezone(event.zone).replace(tzinfo=None)
            offset = local - (event.wall.replace(hour=0) if event.whole_day else event.wall)
        if offset is None or abs(offset) > 366 * _DAY:
            event.notes.append("import_alarm")
        else:
            yield offset


def _length(value: str) -> dt.timedelta | None:
    found = _LENGTH.fullmatch(value.strip().upper())
    if found is None:
        return None
    parts = {name: int(number) for name, number in found.groupdict().items() if name != "sign" and number}
    return dt.timedelta(**parts) * (-1 if found["sign"] == "-" else 1)


def _listed(component: _Component, name: str, zone: ZoneInfo) -> list[dt.datetime]:
    """The times of a property that lists them, on the wall clock of a zone; of a period its beginning."""
    listed = []
    for parameters, value in component.properties.get(name, [])[:50]:
        for one in value.split(",")[: 5 * MOST_DATES]:
            wall, place = _moment(parameters, one.partition("/")[0], zone)
            same = place.key == zone.key
            listed.append(wall if same else on_wall_clock(wall, place).at.astimezone(zone).replace(tzinfo=None))
    return listed


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
