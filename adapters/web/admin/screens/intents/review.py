"""What publishing the drafts would mean, publishing them, and the releases with their ways back."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.web.admin.screen import Visit, get, post
from adapters.web.admin.screens.quality import DAYS, job
from core.admin import drafting
from core.admin.intents import catalogs, differing, stamp
from core.admin.quality import DRAFTS
from core.errors import Refused
from core.intents.problems import faults
from core.intents.releases import NotPublishable, changes

_SHOWN = 200


async def show(visit: Visit) -> Response:
    return await _page(visit)


async def _page(visit: Visit, status: int = 200, *, wrong: str = "", message: str = "") -> Response:
    now = await catalogs(visit.desk)
    found = changes(now.live, now.edited)
    return visit.page(
        "intents_review.html", status, changes=[(change, differing(change)) for change in found[:_SHOWN]],
        more=max(len(found) - _SHOWN, 0), problems=faults(now.problems)[:_SHOWN], drafts=stamp([*now.drafts.values()]),
        number=now.number, job=await job(visit, str(now.number), DRAFTS, begin=True) if found and not faults(now.problems) else None,
        wrong=wrong, message=message, revealed=(), days=DAYS, a=now.number, b=DRAFTS, oob=False,
    )  # fmt: skip


async def publish(visit: Visit) -> Response:
    message = visit.field("message").strip()[:500]
    editing = visit.desk.editing.noting(visit.note)
    checked = await job(visit, str(await editing.in_force()), DRAFTS)
    if checked is not None and not checked.task.done():
        return await _page(visit, 422, wrong="publish_early", message=message)
    try:
        made = await drafting.publish(editing, visit.field("drafts"), message, visit.actor.name)
    except NotPublishable:
        return await _page(visit, 422, wrong="publish_faults", message=message)
    except Refused:
        return await _page(visit, 422, wrong="publish_stale", message=message)
    return visit.go("/admin/intents/releases", "intents.published", number=str(made.number))


async def releases(visit: Visit) -> Response:
    editing = visit.desk.editing
    return visit.page(
        "intents_releases.html", releases=await editing.releases(), number=await editing.in_force(),
        workers=await drafting.workers(visit.desk),
    )  # fmt: skip


async def in_force(visit: Visit) -> Response:
    """By which release each worker answers at this moment."""
    number = await visit.desk.editing.in_force()
    return visit.page("intents_workers.html", number=number, workers=await drafting.workers(visit.desk))


def _number(visit: Visit) -> int:
    text = str(visit.request.path_params["number"])
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise HTTPException(404)
    return int(text)


async def release(visit: Visit) -> Response:
    """What a release changed, and how it differs from what is in force."""
    editing, number = visit.desk.editing, _number(visit)
    known = {one.number: one for one in await editing.releases()}
    if number not in known:
        raise HTTPException(404)
    live = await editing.in_force()
    before = await editing.live(live if visit.ask("with") == "live" else number - 1) if number - 1 in known else ()
    found = changes(before, await editing.live(number))
    return visit.page(
        "intents_release.html", one=known[number], live=live, compared=visit.ask("with"), more=max(len(found) - _SHOWN, 0),
        changes=[(change, differing(change)) for change in found[:_SHOWN]],
    )  # fmt: skip


async def rollback(visit: Visit) -> Response:
    number = _number(visit)
    try:
        await visit.desk.editing.noting(visit.note).rollback(number, visit.actor.name)
    except Refused:
        return visit.go("/admin/intents/releases", "intents.rollback_nothing")
    return visit.go("/admin/intents/releases", "intents.rolled_back")


WAYS = (
    get("/admin/intents/review", show),
    post("/admin/intents/publish", publish, "intents.edit"),
    get("/admin/intents/releases", releases),
    get("/admin/intents/releases/in-force", in_force),
    get("/admin/intents/releases/{number}", release),
    post("/admin/intents/releases/{number}/rollback", rollback, "intents.edit"),
)
