"""What is ahead: a calendar by month or week, its file, and a downtime tried out."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from starlette.responses import Response

from adapters.web.admin.screen import Visit
from adapters.web.admin.screens.reminders.shared import at, fields_of, query
from core.admin.reminders import ahead, finding
from core.admin.roles import Denied
from core.language.zones import find_zone, known_zone
from core.reminders.creating import on_wall
from core.reminders.schedule import day_said

_IN_MONTH, _IN_WEEK = 4, 30
_WEEK = dt.timedelta(days=7)


async def _zone(visit: Visit, fields: dict[str, str]) -> tuple[ZoneInfo, str]:
    """The clock that the page shows: the one asked for, else that of the one person it is about; and what was asked for
    that is no zone."""
    words = visit.ask("zone").strip()[:60]
    chosen = known_zone(words) or known_zone(find_zone(words) if words else None)
    person = await finding.person_called(at(visit), fields.get("person", ""))
    usual = known_zone(person.zone if person else None) or known_zone(visit.desk.settings.default_timezone)
    return chosen or usual or ZoneInfo("UTC"), words if words and chosen is None else ""


async def calendar(visit: Visit) -> Response:
    desk, fields = at(visit), fields_of(visit)
    zone, unknown = await _zone(visit, fields)
    today = visit.now.astimezone(zone).date()
    week = visit.ask("view") == "week"
    day = _day(visit.ask("day")) or today
    first = day - dt.timedelta(days=day.weekday())
    days, before, after = 7, day - _WEEK, day + _WEEK
    if not week:
        begin = day.replace(day=1)
        first, after = begin - dt.timedelta(days=begin.weekday()), (begin + dt.timedelta(days=32)).replace(day=1)
        before = (begin - dt.timedelta(days=1)).replace(day=1)
        days = ((after - first).days + 6) // 7 * 7
    asked = await finding.filter_of(desk, fields)
    seen = await ahead.calendar(desk, asked, first, days, zone, _IN_WEEK if week else _IN_MONTH)
    kept = {**fields, "zone": zone.key}
    return visit.page(
        "reminders_calendar.html", seen=seen, fields=fields, zone=zone.key, unknown=unknown, week=week, day=day,
        today=today, here_is=query(kept), before=before, after=after, clock=_clock(zone),
        named=lambda one: day_said(one, visit.language, today), weekdays=[visit.words["reminders"][f"weekday_{n}"] for n in range(7)],
    )  # fmt: skip


def _clock(zone: ZoneInfo) -> Any:
    return lambda moment: moment.astimezone(zone).strftime("%H:%M")


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2098 else None


async def export(visit: Visit) -> Response:
    desk = at(visit)
    text = await ahead.exported(desk, await finding.filter_of(desk, fields_of(visit)), visit.language)
    headers = {"Content-Disposition": 'attachment; filename="reminders.ics"'}
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)


async def simulator(visit: Visit) -> Response:
    desk, fields = at(visit), fields_of(visit)
    zone, unknown = await _zone(visit, fields)
    local = visit.now.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    tomorrow = dt.datetime.combine(local.date() + dt.timedelta(days=1), dt.time())
    typed = {
        "from": visit.ask("from") or f"{tomorrow.replace(hour=2):%Y-%m-%dT%H:%M}",
        "until": visit.ask("until") or f"{tomorrow.replace(hour=5):%Y-%m-%dT%H:%M}",
    }
    begin, end = (_moment(typed[name], zone) for name in ("from", "until"))
    problem = _wrong(visit, begin, end, unknown)
    asked = bool(visit.ask("from")) and not problem
    seen = None
    if asked and begin is not None and end is not None:
        try:
            seen = await ahead.simulated(desk, await finding.filter_of(desk, fields), begin, end)
        except Denied as denied:
            problem = denied.said(visit.language)
    return visit.page(
        "reminders_simulator.html", 422 if problem and visit.ask("from") else 200, seen=seen, typed=typed, fields=fields,
        zone=zone.key, problem=problem if visit.ask("from") else "", end=end, fates=("late", "gathered", "told", "skipped", "missed"),
        lines=ahead.SHOWN,
    )  # fmt: skip


def _wrong(visit: Visit, begin: dt.datetime | None, end: dt.datetime | None, unknown: str) -> str:
    words = visit.words["reminders"]
    if unknown:
        return words["zone_unknown"].format(zone=unknown)
    if begin is None or end is None:
        return words["simulator_times"]
    if end <= begin or begin < visit.now - dt.timedelta(minutes=1):
        return words["simulator_order"]
    return words["simulator_far"] if end > visit.now + ahead.LONGEST else ""


def _moment(text: str, zone: ZoneInfo) -> dt.datetime | None:
    """A time on the zone's clock, "2026-11-27T02:00"."""
    try:
        local = dt.datetime.fromisoformat(text.strip()[:19])
    except ValueError:
        return None
    return on_wall(local, zone) if local.tzinfo is None and 2000 <= local.year <= 2098 else None
