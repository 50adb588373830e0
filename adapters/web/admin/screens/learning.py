"""Learning from use: the data sets made of it, with their rows where that has a reason; corrected replies; and models compared
blind."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get, post
from core.admin import learning, models, reveal
from core.admin.jobs import Job
from core.admin.roles import Denied
from core.errors import Refused
from core.store import models as kept
from core.store.admin import conversations
from core.training.data import versions

_SHOWN, _MOST = 50, 20
_COMPARE = "/admin/comparisons"


async def make(visit: Visit) -> Response:
    try:
        made = await learning.make(visit.desk.store, visit.desk.settings, visit.actor, visit.desk.clock)
    except Refused as refused:
        return await listed(visit, refused)
    return visit.go(f"/admin/learning/{made.name}", "learning.made")


async def listed(visit: Visit, problem: Refused | None = None) -> Response:
    await learning.sweep(visit.desk.store, visit.desk.settings)
    found = await asyncio.to_thread(versions.versions, visit.desk.settings.data_dir)
    return visit.page("learning.html", 422 if problem else 200, versions=found, problem=problem)


async def shown(visit: Visit, problem: str = "") -> Response:
    """A version; its rows are hidden until they are revealed with a reason, which those whose words they are can read."""
    name, settings = visit.request.path_params["name"], visit.desk.settings
    version = await asyncio.to_thread(versions.version_of, settings.data_dir, name)
    rows = (await asyncio.to_thread(versions.rows_of, settings.data_dir, name))[:_SHOWN]
    subject, reason, opened = f"dataset:{name}", visit.field("reason"), False
    if visit.request.method == "POST":
        try:
            async with visit.desk.store.write() as tx:
                await learning.revealed(tx, visit.actor, name, rows, reveal.reason_of(reason), visit.desk.clock)
                await reveal.show(tx, visit.session_id, subject, visit.now)
        except Denied as denied:
            problem = denied.said(visit.language)
    async with visit.desk.store.read() as tx:
        opened = await reveal.open_until(tx, visit.actor, visit.session_id, subject, visit.now) is not None
    return visit.page(
        "learning_version.html", 422 if problem else 200, dataset=version, rows=rows, opened=opened, problem=problem, typed=reason,
    )  # fmt: skip


async def correct(visit: Visit) -> Response:
    turn = visit.row_id("turn")
    async with visit.desk.store.write() as tx:
        of = await conversations.get(tx, visit.row_id())
        if of is None:
            raise HTTPException(404)
        await learning.correct(tx, visit.actor, of, turn, visit.field("text"), visit.desk.clock)
    return visit.go(f"/admin/conversations/{of.id}/turns/{turn}", "learning.corrected")


async def comparisons(visit: Visit, problem: Refused | None = None) -> Response:
    desk = visit.desk
    job = desk.jobs.known.get(_COMPARE)
    if problem is None and job is not None and job.failed and not job.task.cancelled():
        error = job.task.exception()
        problem = error if isinstance(error, Refused) else Refused("it failed", "see the log")
    every, _, _ = await models.overview(desk.store, desk.settings)
    async with desk.store.read() as tx:
        past = await kept.comparisons(tx)
    names = ["base", *(one.name for one in every if one.state in ("candidate", "active", "canary"))]
    typed = {name: visit.field(name) for name in ("one", "other", "prompts", "data")}
    return visit.page(
        "comparisons.html", 422 if problem else 200, names=names, past=past, job=job, problem=problem, typed=typed,
        datasets=await models.datasets(desk.settings),
    )  # fmt: skip


async def compare(visit: Visit) -> Response:
    """Begins to ask both; that takes minutes, one comparison at a time."""
    desk, one, other = visit.desk, visit.field("one"), visit.field("other")
    prompts = [line for line in visit.field("prompts").splitlines() if line.strip()][:_MOST]

    async def work(_job: Job) -> int:
        pairs = await models.compare(desk.settings, one, other, prompts, visit.field("data"), visit.now.microsecond)
        async with desk.store.write() as tx:
            number = await kept.compare(tx, one, other, visit.actor.name, pairs, visit.now)
            await visit.note(tx, "model.compare", f"model:{one}", {"other": other, "pairs": len(pairs)})
        return number

    desk.jobs.begun(_COMPARE, work, 1, again=True)
    return visit.go(_COMPARE)


async def comparison(visit: Visit) -> Response:
    async with visit.desk.store.read() as tx:
        found = await kept.comparisons(tx, visit.row_id())
    if not found:
        raise HTTPException(404)
    (of,) = found
    decided = sum(of.counts.values())
    share = learning.interval(of.counts[of.other], decided) if decided else None
    return visit.page("comparison.html", of=of, pair=of.pairs[len(of.chosen) :][:1], share=share, decided=decided)


async def choose(visit: Visit) -> Response:
    """The better side of the pair that was looked at; what was said already stays."""
    async with visit.desk.store.write() as tx:
        for of in await kept.comparisons(tx, visit.row_id()):
            if visit.field("at") == str(len(of.chosen)) and visit.field("side") in ("0", "1", "2"):
                await kept.choose(tx, of, int(visit.field("side")))
                if len(of.chosen) + 1 == len(of.pairs):
                    await visit.note(tx, "model.compared", f"model:{of.one}", {"other": of.other, "comparison": of.id})
    return visit.go(f"{_COMPARE}/{visit.row_id()}")


SCREEN = Screen(
    "learning", "cube", 65,
    (
        get("/admin/learning", listed),
        post("/admin/learning/make", make, "models.edit"),
        get("/admin/learning/{name}", shown),
        post("/admin/learning/{name}", shown, "text.reveal"),
        post("/admin/conversations/{id:int}/turns/{turn:int}/correct", correct, "text.reveal"),
        get(_COMPARE, comparisons),
        post(_COMPARE, compare, "models.edit"),
        get(f"{_COMPARE}/{{id:int}}", comparison),
        post(f"{_COMPARE}/{{id:int}}", choose, "models.edit"),
    ),
    listed=False,
)  # fmt: skip
