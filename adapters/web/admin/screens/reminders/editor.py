"""One reminder: seen, changed, sent again; and a new one."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.web.admin.screen import Visit
from adapters.web.admin.screens.reminders.shared import at, number_in
from core.admin.reminders import editing, finding, proposing
from core.admin.reminders.editing import Edit, NoSuch, Preview, Stale
from core.admin.reminders.proposing import New
from core.errors import Refused
from core.language.until_done import LONGEST_MINUTES, MOST
from core.reminders.creating import MAX_TEXT

_VERBS = ("pause", "resume", "cancel", "undo")
_POLICIES = ("usual", "send", "limit", "skip", "next")
_NEW = ("whose", "channel", "text", "when", "policy", "late_minutes", "token")
_LONGEST = {"minutes": LONGEST_MINUTES, "most": MOST, "text": MAX_TEXT}


async def show(visit: Visit) -> Response:
    return await _shown(visit)


async def _shown(visit: Visit, status: int = 200, refused: Refused | None = None) -> Response:
    """The page; after something was refused with what was typed, and beside it what is kept."""
    desk = at(visit)
    found = await finding.whole(desk, number_in(visit))
    if found is None:
        raise HTTPException(404)
    listed, person, deliveries, undo = found
    one, sent = listed.reminder, visit.request.method == "POST"
    kept = {
        "text": one.text, "when": "", "policy": one.late_policy or "usual", "late_minutes": str(one.late_minutes or 60),
        "nag_minutes": str(one.nag_minutes), "nag_most": str(one.nag_most), "until": "",
    }  # fmt: skip
    typed = {**kept, **({name: visit.field(name) for name in kept if name in visit.form} if sent else {})}
    coming = editing.preview(one, person, "", visit.language, desk)
    return visit.page(
        "reminder.html", status, listed=listed, one=one, person=person, deliveries=deliveries, undo=undo, kept=kept,
        typed=typed, coming=coming, refused=refused, stale=isinstance(refused, Stale), policies=_POLICIES,
        longest=_LONGEST, revision=one.updated_at.isoformat(), newest=deliveries[0].id if deliveries else 0,
        may_act=visit.actor.may("reminders.edit"), pending=_preview(visit, typed["when"], listed.reminder, person),
        now=visit.now,
        verbs=[verb for verb, states in editing.MAY.items() if one.state in states],
    )  # fmt: skip


def _preview(visit: Visit, when: str, one: Any, person: Any) -> Preview | None:
    return editing.preview(one, person, when, visit.language, at(visit)) if when.strip() else None


async def preview(visit: Visit) -> Response:
    """What rings at the time that is being typed; a part of the page."""
    found = await finding.whole(at(visit), number_in(visit))
    if found is None:
        raise HTTPException(404)
    listed, person, _, _ = found
    seen = editing.preview(listed.reminder, person, visit.ask("when")[:500], visit.language, at(visit))
    return visit.page("reminder_preview.html", coming=seen)


async def save(visit: Visit) -> Response:
    policy = visit.field("policy")
    lateness = f"limit:{visit.field('late_minutes').strip()}" if policy == "limit" else policy
    given = Edit(
        visit.field("text"), visit.field("when")[:500], lateness, visit.field("nag_minutes"), visit.field("nag_most"),
        visit.field("revision"),
    )  # fmt: skip
    number = number_in(visit)
    try:
        await editing.edit(at(visit), number, given, visit.language)
    except NoSuch as error:
        raise HTTPException(404) from error
    except Refused as refused:
        return await _shown(visit, 422, refused)
    visit.desk.wake()
    return visit.go(f"/admin/reminders/{number}", "reminders.saved")


async def act(visit: Visit) -> Response:
    number, verb = number_in(visit), str(visit.request.path_params["verb"])
    if verb not in _VERBS:
        raise HTTPException(404)
    try:
        until = visit.field("until")[:200]
        await editing.act(at(visit), number, verb, visit.field("revision"), visit.language, until)
    except NoSuch as error:
        raise HTTPException(404) from error
    except Refused as refused:
        return await _shown(visit, 422, refused)
    visit.desk.wake()
    return visit.go(f"/admin/reminders/{number}", f"reminders.did_{verb}")


async def run(visit: Visit) -> Response:
    number, seen = number_in(visit), visit.field("newest")
    try:
        known = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 19 else -1
        due_at = await editing.run(at(visit), number, known, visit.language)
    except NoSuch as error:
        raise HTTPException(404) from error
    except Refused as refused:
        return await _shown(visit, 422, refused)
    visit.desk.wake()
    return visit.go(f"/admin/reminders/{number}", "reminders.ran" if due_at <= visit.now else "reminders.ran_held")


# --- a new one


async def new(visit: Visit) -> Response:
    typed = {**dict.fromkeys(_NEW, ""), "whose": visit.ask("person")[:200]}
    return visit.page("reminder_new.html", typed=typed, **_blank(visit))


def _blank(visit: Visit) -> dict[str, Any]:
    linked = visit.account.person_id is not None
    return {
        "token": secrets.token_urlsafe(12), "policies": _POLICIES, "longest": _LONGEST, "refused": None, "coming": None,
        "linked": linked,
    }  # fmt: skip


async def preview_new(visit: Visit) -> Response:
    return visit.page("reminder_preview.html", coming=await _preview_new(visit, visit.ask("whose"), visit.ask("when")))


async def _preview_new(visit: Visit, whose: str, when: str) -> Preview:
    desk = at(visit)
    person = await finding.person_called(desk, whose[:200]) or finding.NOBODY
    return editing.preview(None, person, when[:500], visit.language, desk)


async def propose(visit: Visit) -> Response:
    typed = {name: visit.field(name) for name in _NEW}
    policy = typed["policy"]
    lateness = f"limit:{typed['late_minutes'].strip()}" if policy == "limit" else policy
    wanted = New(
        typed["whose"][:200], typed["channel"][:200], typed["text"], typed["when"][:500], lateness, typed["token"]
    )
    try:
        number = await proposing.propose(at(visit), wanted, visit.account.person_id, visit.language)
    except Refused as refused:
        coming = await _preview_new(visit, typed["whose"], typed["when"]) if typed["when"].strip() else None
        shown = {**_blank(visit), "refused": refused, "coming": coming}
        return visit.page("reminder_new.html", 422, typed=typed, **shown)
    visit.desk.wake()
    said = "reminders.set_channel" if wanted.channel.strip() else "reminders.proposed_now"
    return visit.go(f"/admin/reminders/{number}", said)
