"""`/api/v1`: reminders of people, as admins see and change them; whose they are is told of what was changed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from pydantic import BaseModel, Field

from adapters.web.api.keys import TheDesk, needing
from core.admin.desk import Desk
from core.admin.reminders import editing, finding
from core.admin.reminders.desk import ReminderDesk
from core.admin.tokens import Machine
from core.store.admin.reminders import Listed

router = APIRouter(tags=["reminders"])
_Reader = Annotated[Machine, Depends(needing("reminders.read"))]
_Writer = Annotated[Machine, Depends(needing("reminders.write"))]
_Id = Annotated[int, Path(ge=1, lt=2**63)]


class Wanted(BaseModel):
    """`person` as people look for somebody: a name, "telegram:12345", "#7"; `text` as one would say it: "tomorrow at 9 call
    the bank"."""

    person: str = Field(min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=4_000)


def _desk(desk: Desk, machine: Machine) -> ReminderDesk:
    return ReminderDesk(desk.store, desk.clock, desk.settings, machine.actor)


@router.get("/reminders")
async def listed(
    desk: TheDesk,
    machine: _Reader,
    person: Annotated[str, Query(max_length=200)] = "",
    status: Annotated[str, Query(max_length=40)] = "",
    after: Annotated[str, Query(max_length=200)] = "",
) -> dict[str, Any]:
    """A page of reminders, and `after` for the next one ("" on the last)."""
    at = _desk(desk, machine)
    page = await finding.page(at, await finding.filter_of(at, {"person": person, "status": status}), after)
    return {"reminders": [_row(one) for one in page.listed], "after": page.after, "count": page.count}


@router.get("/reminders/{id}")
async def shown(id: _Id, desk: TheDesk, machine: _Reader) -> dict[str, Any]:
    found = await finding.whole(_desk(desk, machine), id)
    if found is None:
        raise HTTPException(404, "there is no reminder of that number")
    return _row(found[0])


@router.post("/reminders", status_code=201)
async def made(wanted: Wanted, desk: TheDesk, machine: _Writer) -> dict[str, str]:
    """Sets a reminder in a person's name; what is not understood is asked back in `reply`."""
    reply = await _desk(desk, machine).remind(wanted.person, wanted.text)
    desk.wake()
    return {"reply": reply}


@router.post("/reminders/{id}/{verb}")
async def acted(
    id: _Id, verb: Literal["pause", "resume", "cancel", "undo"], desk: TheDesk, machine: _Writer
) -> dict[str, Any]:
    """Changes one; its person is told."""
    at = _desk(desk, machine)
    found = await finding.whole(at, id)
    if found is None:
        raise HTTPException(404, "there is no reminder of that number")
    await editing.act(at, id, verb, found[0].reminder.updated_at.isoformat(), "en")
    desk.wake()
    changed = await finding.whole(at, id)
    assert changed is not None, "it was there"
    return _row(changed[0])


def _row(one: Listed) -> dict[str, Any]:
    reminder = one.reminder
    rings = reminder.rings
    return {
        "id": reminder.id, "person": one.person, "person_id": reminder.person_id, "text": reminder.text,
        "state": reminder.state, "rings": rings and rings.isoformat(), "zone": reminder.zone, "rule": reminder.rule,
        "platform": reminder.address.platform, "failed": one.failed,
    }  # fmt: skip
