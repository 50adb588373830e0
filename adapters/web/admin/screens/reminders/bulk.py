"""All of a filter at once: first what would be done, then done, some hundred a request."""

from __future__ import annotations

import secrets

from starlette.responses import Response

from adapters.web.admin.screen import Visit
from adapters.web.admin.screens.reminders.shared import at, fields_of, query
from core.admin.reminders import bulk, finding
from core.admin.reminders.bulk import FURTHEST, VERBS, Asked, Done, Verb
from core.store.admin import reminders as looking


async def look(visit: Visit) -> Response:
    return await _look(visit, visit.ask("verb"), visit.ask("minutes"))


async def _look(visit: Visit, verb: str, minutes: str, problem: str = "") -> Response:
    desk, fields = at(visit), fields_of(visit)
    chosen: Verb = next((one for one in VERBS if one == verb), "pause")
    length = _minutes(minutes)
    if chosen == "move" and length is None and not problem and minutes:
        problem = visit.words["reminders"]["bulk_minutes_bad"].format(most=FURTHEST)
    asked = Asked(await finding.filter_of(desk, fields), chosen, length or 0, secrets.token_urlsafe(12))
    seen = await bulk.outlook(desk, asked, visit.language)
    ready = chosen != "move" or length is not None
    return visit.page(
        "reminders_bulk.html", 422 if problem else 200, asked=asked, seen=seen, fields=fields, filtered=query(fields),
        verbs=VERBS, minutes=minutes, ready=ready, problem=problem, furthest=FURTHEST, counted=looking.COUNTED,
    )  # fmt: skip


def _minutes(words: str) -> int | None:
    """A length to move by: whole minutes, not none, and not too many."""
    text = words.strip()
    digits = text.removeprefix("-").removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 6):
        return None
    return int(text) if 0 < int(digits) <= FURTHEST else None


async def do(visit: Visit) -> Response:
    """One step of it; the page goes on by itself, or by a button, until everybody's are done."""
    verb, minutes, token = visit.field("verb"), visit.field("minutes"), visit.field("token")
    length, chosen = _minutes(minutes), next((one for one in VERBS if one == verb), None)
    if chosen is None or (chosen == "move" and length is None) or not 8 <= len(token) <= 40:
        return await _look(visit, verb, minutes, visit.words["reminders"]["bulk_minutes_bad"].format(most=FURTHEST))
    desk, fields = at(visit), fields_of(visit)
    asked = Asked(await finding.filter_of(desk, fields), chosen, length or 0, token)
    after = _whole(visit, "after")
    if not after:
        await bulk.begin(desk, asked)
    done = await bulk.step(desk, asked, after)
    visit.desk.wake()
    total = Done(
        _whole(visit, "changed") + done.changed, _whole(visit, "left") + done.left, _whole(visit, "told") + done.people,
        done.after,
    )  # fmt: skip
    part = "reminders_bulk_step.html" if visit.request.headers.get("hx-request") else "reminders_bulk_done.html"
    return visit.page(part, done=total, asked=asked, fields=fields, minutes=minutes, filtered=query(fields))


def _whole(visit: Visit, name: str) -> int:
    text = visit.field(name)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0
