"""The bot's documents: added, looked through, removed, and asked what they say."""

from __future__ import annotations

import re

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get, post
from core.admin import knowledge as acts
from core.errors import Refused
from core.knowledge.answers import ASKED
from core.knowledge.documents import Documents, Noted, limits_of
from core.knowledge.passages import Unreadable

_LARGEST = 17 << 20
_SHOWN = 200
"""Passages of one document on its page."""
_BETWEEN = re.compile(r"[\s,，;；]+")
_LIMITS = ("roles", "platforms", "channels")


def _documents(visit: Visit) -> Documents:
    return Documents(visit.desk.store, visit.desk.clock, visit.desk.bot.name)


async def listed(visit: Visit, problem: str = "") -> Response:
    question = visit.ask("question").strip()[:1_000]
    typed = (
        {name: visit.field(name) for name in ("name", *_LIMITS)} if problem else dict.fromkeys(("name", *_LIMITS), "")
    )
    return visit.page(
        "knowledge.html", 422 if problem else 200, documents=await acts.listed(visit.desk, visit.actor),
        question=question, found=await acts.asked(visit.desk, visit.actor, question), enough=ASKED, problem=problem, typed=typed,
    )  # fmt: skip


async def shown(visit: Visit) -> Response:
    found = await acts.read(visit.desk, visit.actor, visit.request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    return visit.page("document.html", document=found[0], passages=found[1][:_SHOWN])


async def add(visit: Visit) -> Response:
    file = visit.form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return await listed(visit, visit.words["knowledge"]["no_file"])
    name = visit.field("name").strip() or file.filename.replace("\\", "/").rsplit("/", 1)[-1]
    given = {field: [part for part in _BETWEEN.split(visit.field(field)) if part] for field in _LIMITS}
    try:
        limits = limits_of(
            {field: values for field, values in given.items() if values}, visit.words["knowledge"]["limits"]
        )
        note = _noted(visit, "knowledge.add", name)
        await _documents(visit).add(name, await file.read(), limits, visit.actor.name, note)
    except Unreadable as error:
        return await listed(visit, error.text(visit.language))
    except Refused as error:
        return await listed(visit, visit.told(f"{error.what}; {error.mend}" if error.mend else error.what))
    return visit.go("/admin/knowledge", "knowledge.added")


async def remove(visit: Visit) -> Response:
    name = visit.request.path_params["name"]
    if not await _documents(visit).remove(name, _noted(visit, "knowledge.remove", name)):
        raise HTTPException(404)
    return visit.go("/admin/knowledge", "knowledge.removed")


def _noted(visit: Visit, verb: str, name: str) -> Noted:
    return lambda tx: visit.note(tx, verb, f"document:{name}")


SCREEN = Screen(
    "knowledge",
    "book",
    62,
    (
        get("/admin/knowledge", listed),
        post("/admin/knowledge", add, "knowledge.edit", _LARGEST),
        post("/admin/knowledge/{name:path}/remove", remove, "knowledge.edit"),
        get("/admin/knowledge/{name:path}", shown),
    ),
)
