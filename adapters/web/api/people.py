"""`/api/v1`: who the people are, without a word of theirs; and the audit log."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from adapters.web.api.keys import TheDesk, needing
from core.admin.tokens import Machine
from core.store.admin import audit, people

router = APIRouter(tags=["people"])
_Before = Annotated[int | None, Query(ge=1, lt=2**63)]


@router.get("/people")
async def listed(
    desk: TheDesk,
    _machine: Annotated[Machine, Depends(needing("people.read"))],
    name: Annotated[str, Query(max_length=200)] = "",
    before: _Before = None,
) -> list[dict[str, Any]]:
    """The newest first; `before` an id for the next page."""
    async with desk.store.read() as tx:
        found = (await people.listed(tx, name, before=before))[: people.PAGE]
    return [
        {"id": one.id, "name": one.name, "language": one.language, "zone": one.zone, "blocked": one.blocked,
         "since": one.created_at.isoformat()}
        for one in found
    ]  # fmt: skip


@router.get("/audit")
async def entries(
    desk: TheDesk,
    _machine: Annotated[Machine, Depends(needing("audit.read"))],
    verb: Annotated[str, Query(max_length=100)] = "",
    before: _Before = None,
) -> list[dict[str, Any]]:
    """What admins did, the newest first."""
    async with desk.store.read() as tx:
        found = await audit.entries(tx, before=before, verb=verb, limit=100)
    return [
        {"id": one.id, "at": one.at.isoformat(), "who": one.who, "verb": one.verb, "subject": one.subject,
         "detail": dict(one.detail), "reason": one.reason, "digest": one.digest}
        for one in found
    ]  # fmt: skip
