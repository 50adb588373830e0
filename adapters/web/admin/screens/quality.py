"""How well the intents are told apart: by cross-validation, by their tests, and one release against another."""

from __future__ import annotations

from collections.abc import Collection

from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get, post
from core.admin import quality
from core.admin.intents import COMPARISON_STEPS
from core.admin.jobs import Job
from core.admin.roles import Denied
from core.store.admin import audit

DAYS = 7


def _side(text: str, default: str) -> str:
    """A release's number, or "drafts"."""
    return text if text == "drafts" or (text.isascii() and text.isdigit() and len(text) < 10) else default


async def _chosen(visit: Visit) -> tuple[str, str]:
    live = str(await visit.desk.editing.in_force())
    return _side(visit.ask("a") or visit.field("a"), live), _side(visit.ask("b") or visit.field("b"), "drafts")


async def job(visit: Visit, one: str, other: str, *, begin: bool = False, again: bool = False) -> Job | None:
    """The comparison of two catalogs; begun only where somebody asks for it."""
    about = ("quality", one, other, await quality.said_by(visit.desk, one), await quality.said_by(visit.desk, other))

    async def work(job: Job) -> object:
        return await quality.compared_sides(visit.desk, one, other, DAYS, job.next, visit.actor)

    jobs = visit.desk.jobs
    wanted = begin or again or about in jobs.known
    return jobs.begun(about, work, COMPARISON_STEPS, again=again) if wanted else None


async def show(visit: Visit) -> Response:
    return await _page(visit)


async def _page(visit: Visit, status: int = 200, *, wrong: str = "", revealed: Collection[str] = ()) -> Response:
    one, other = await _chosen(visit)
    async with visit.desk.store.read() as tx:
        past = await audit.entries(tx, verb="intent.test", limit=20)
    return visit.page(
        "quality.html", status, job=await job(visit, one, other), a=one, b=other, past=past, days=DAYS,
        releases=await visit.desk.editing.releases(), wrong=wrong, revealed=revealed,
    )  # fmt: skip


async def run(visit: Visit) -> Response:
    one, other = await _chosen(visit)
    await job(visit, one, other, again=True)
    return visit.go("/admin/quality", a=one, b=other)


async def progress(visit: Visit) -> Response:
    """How far it is, for this page and for the one that publishes."""
    one, other = await _chosen(visit)
    found = await job(visit, one, other)
    if found is not None and found.failed and visit.ask("again") and visit.actor.may("intents.edit"):
        found = await job(visit, one, other, again=True)
    template = "intents_findings.html" if visit.ask("of") else "quality_findings.html"
    return visit.page(template, job=found, a=one, b=other, revealed=(), days=DAYS, oob=True)


async def reveal(visit: Visit) -> Response:
    """The sentences that would be understood otherwise, with a reason that whoever wrote them gets to see."""
    found, shown = await job(visit, *await _chosen(visit)), frozenset[str]()
    try:
        if found is not None and found.ready:
            shown = await quality.revealed(visit.desk, visit.actor, found.task.result(), visit.field("reason"))
    except Denied:
        return await _page(visit, 422, wrong="reason_missing")
    return await _page(visit, revealed=shown)


SCREEN = Screen(
    "quality", "chart", 14,
    (
        get("/admin/quality", show),
        get("/admin/quality/progress", progress),
        post("/admin/quality/run", run, "intents.edit"),
        post("/admin/quality/reveal", reveal, "text.reveal"),
    ),
)  # fmt: skip
