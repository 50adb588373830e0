"""Models: what was trained and how it went, what is in force, and putting another one there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from functools import partial

from starlette.responses import Response, StreamingResponse

from adapters.web.admin.screen import Screen, Visit, get, post
from core.admin import models, unlearning
from core.errors import Refused
from core.serving import Serving
from core.training.data import versions

_EVERY = 2.0
"""Seconds between two looks at a run that goes on."""


async def listed(visit: Visit, problem: Refused | None = None) -> Response:
    every, release, history = await models.overview(visit.desk.store, visit.desk.settings)
    serving = visit.desk.model
    gone = await unlearning.tainted(visit.desk.store, {one.name: one.manifest for one in every if one.manifest})
    made = await asyncio.to_thread(versions.versions, visit.desk.settings.data_dir)
    return visit.page(
        "models.html", 422 if problem else 200, models=every, release=release, history=history, problem=problem, gone=gone,
        serving=serving.info, trouble=serving.trouble if isinstance(serving, Serving) else "", name=visit.field("name"),
        datasets=[*(one.name for one in made), *await models.datasets(visit.desk.settings)],
        data=visit.field("data") or visit.ask("data"), epochs=visit.field("epochs") or "3",
    )  # fmt: skip


async def shown(visit: Visit, problem: Refused | None = None) -> Response:
    name = visit.request.path_params["name"]
    trained = await models.one(visit.desk.store, visit.desk.settings, name)
    assert trained.manifest is not None, "the others are refused"
    return visit.page(
        "model.html", 422 if problem else 200, model=trained, manifest=trained.manifest, problem=problem,
        points=await models.points(visit.desk.settings, name), reports=models.figures(trained.manifest),
    )  # fmt: skip


async def events(visit: Visit) -> Response:
    """What is measured from now on, as server-sent events, until the run has finished or its reader is signed out. The id
    of an event is the place in the log from which a page that comes back goes on."""
    name, settings = visit.request.path_params["name"], visit.desk.settings
    last = visit.request.headers.get("last-event-id", "")
    start = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else 0
    after = -1 if start else visit.number("after") or -1
    new, start, going = await models.more_points(settings, name, after, start)

    async def follow() -> AsyncGenerator[str]:
        nonlocal new, start, going
        while True:
            if new:
                yield f"id: {start}\ndata: {json.dumps(new)}\n\n"
            if going != "on":
                yield f"event: {going}\ndata: 1\n\n"
                return
            await asyncio.sleep(_EVERY)
            if not await visit.holds():
                return
            new, start, going = await models.more_points(settings, name, -1, start)

    return StreamingResponse(follow(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def promote(visit: Visit) -> Response:
    name, share = visit.request.path_params["name"], visit.field("share").strip()
    canary = ("--canary", share) if share else ()
    try:
        if share and not (share.isascii() and share.isdigit() and len(share) < 4):
            raise Refused(visit.words["models"]["share_wrong"])
        await models.one(visit.desk.store, visit.desk.settings, name)
        message = visit.field("message").replace("\0", "")[:500]
        await models.verb(visit.desk.settings, "promote", name, *canary, f"--message={message}", *_by(visit))
    except Refused as refused:
        return await shown(visit, refused)
    return visit.go("/admin/models", "models.promoted")


async def rollback(visit: Visit) -> Response:
    try:
        await models.verb(visit.desk.settings, "rollback", *_by(visit))
    except Refused as refused:
        return await listed(visit, refused)
    return visit.go("/admin/models", "models.rolled_back")


async def train(visit: Visit) -> Response:
    name = visit.field("name").strip()
    try:
        note = partial(_note, visit, name)
        await models.train(visit.desk.settings, name, visit.field("data"), visit.field("epochs").strip(), note)
    except Refused as refused:
        return await listed(visit, refused)
    return visit.go("/admin/models", "models.started")


def _by(visit: Visit) -> tuple[str, str]:
    """The command line notes it in the transaction that does it, as this admin's doing."""
    return f"--by={visit.actor.name}", "--json"


async def _note(visit: Visit, name: str, verb: str) -> None:
    async with visit.desk.store.write() as tx:
        await visit.note(tx, verb, f"model:{name}")


SCREEN = Screen(
    "models",
    "cube",
    64,
    (
        get("/admin/models", listed),
        post("/admin/models/train", train, "models.edit"),
        post("/admin/models/rollback", rollback, "models.edit"),
        get("/admin/models/{name}", shown),
        get("/admin/models/{name}/events", events),
        post("/admin/models/{name}/promote", promote, "models.edit"),
    ),
)
