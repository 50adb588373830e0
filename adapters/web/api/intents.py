"""`/api/v1`: intents as documents, their drafts and releases, and what a sentence is recognised as."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, HTTPException, Path, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from adapters.web.api.errors import said
from adapters.web.api.keys import TheDesk, needing
from core.admin.desk import Desk
from core.admin.tokens import Machine
from core.intents.documents import intent_of
from core.intents.problems import Problem, faults
from core.intents.releases import Conflict, Editing, NotPublishable, changes
from core.intents.slots import Situation
from core.store import Tx

router = APIRouter(tags=["intents"])
_Reader = Annotated[Machine, Depends(needing("intents.read"))]
_Writer = Annotated[Machine, Depends(needing("intents.write"))]
_Name = Annotated[str, Path(max_length=100)]


class Message(BaseModel):
    message: str = Field(max_length=1_000)


class Text(BaseModel):
    text: str = Field(min_length=1, max_length=16_000)


@router.get("/intents")
async def listed(desk: TheDesk, _machine: _Reader) -> list[dict[str, Any]]:
    """The intents as they are edited, and how each differs from what is in force ("add", "change", "delete", "")."""
    edited = await desk.editing.edited()
    kinds = {change.name: change.kind for change in changes(await desk.editing.live(), edited)}
    shown = [
        {"name": one.name, "description": one.description, "examples": sum(map(len, one.examples.values())),
         "enabled": one.enabled, "draft": kinds.pop(one.name, "")}
        for one in edited
    ]  # fmt: skip
    gone = [{"name": name, "description": "", "examples": 0, "enabled": False, "draft": "delete"} for name in kinds]
    return shown + gone


@router.get("/intents/{name}")
async def shown(name: _Name, desk: TheDesk, _machine: _Reader) -> dict[str, Any]:
    """One intent as a document, with the `revision` that a change of it must name."""
    for draft in await desk.editing.drafts():
        if draft.name == name and not draft.deleted:
            return {"revision": draft.revision, "document": draft.document}
    raise HTTPException(404, "there is no intent of that name")


@router.put("/intents/{name}")
async def saved(
    name: _Name,
    document: Annotated[dict[str, Any], Body(description="As GET gives it, or an item of an intents.yaml.")],
    desk: TheDesk,
    machine: _Writer,
    revision: Annotated[int | None, Query(ge=0, le=2**31 - 1)] = None,
) -> JSONResponse:
    """Writes a draft over that `revision`; without one over whatever is there. 409: somebody was faster. 422: faults."""
    found: list[Problem] = []
    intent = intent_of({**document, "name": name}, found)
    if intent is None or faults(found):
        return _problems(found)
    try:
        warnings = await _editing(desk, machine).save(intent, machine.actor.name, revision)
    except NotPublishable as refused:
        return _problems(refused.problems)
    except Conflict as conflict:
        return said(409, conflict.what, conflict.mend, theirs=conflict.theirs.document if conflict.theirs else None)
    return JSONResponse({"name": name, "warnings": [problem.text("en") for problem in warnings]})


@router.delete("/intents/{name}", status_code=204)
async def deleted(name: _Name, desk: TheDesk, machine: _Writer) -> None:
    """Takes the intent out of the next release."""
    await _editing(desk, machine).delete(name, machine.actor.name)


@router.post("/releases", status_code=201)
async def published(wanted: Message, desk: TheDesk, machine: _Writer) -> JSONResponse:
    """Puts the drafts in force on every worker."""
    try:
        made = await _editing(desk, machine).publish(wanted.message, machine.actor.name)
    except NotPublishable as refused:
        return _problems(refused.problems)
    changed = [{"name": change.name, "kind": change.kind} for change in made.changes]
    return JSONResponse({"number": made.number, "changes": changed}, 201)


@router.get("/releases")
async def releases(desk: TheDesk, _machine: _Reader) -> list[dict[str, Any]]:
    """What was published, the newest first."""
    return [
        {"number": one.number, "at": one.released_at.isoformat(), "author": one.author, "message": one.message}
        for one in await desk.editing.releases()
    ]


@router.post("/releases/{number}/rollback", status_code=201)
async def rolled_back(number: Annotated[int, Path(ge=1, lt=2**31)], desk: TheDesk, machine: _Writer) -> JSONResponse:
    """Puts an earlier release in force again, as a new one."""
    made = await _editing(desk, machine).rollback(number, machine.actor.name)
    return JSONResponse({"number": made.number}, 201)


@router.post("/recognize")
async def recognized(wanted: Text, desk: TheDesk, _machine: _Reader) -> dict[str, Any]:
    """What a sentence is recognised as by the release in force."""
    recognizer = desk.live.current.recognizer
    found = await asyncio.to_thread(recognizer.recognize, wanted.text, Situation(desk.clock.now()))
    return {
        "release": desk.live.current.number, "intent": found.intent, "top": found.top, "confidence": found.confidence,
        "zone": found.zone, "how": found.how, "ranking": dict(found.ranking),
        "slots": {name: slot.text for name, slot in found.slots.items()},
    }  # fmt: skip


def _problems(found: list[Problem] | tuple[Problem, ...]) -> JSONResponse:
    texts = [problem.text("en") for problem in faults(found)]
    return said(422, texts[0] if texts else "this is no intent", problems=texts)


def _editing(desk: Desk, machine: Machine) -> Editing:
    """What the machine does is noted in the transaction that does it."""

    async def note(tx: Tx, verb: str, subject: str, detail: Mapping[str, Any]) -> None:
        await machine.actor.note(tx, desk.clock.now(), verb, subject, detail)

    return desk.editing.noting(note)
