"""What an admin does about a person: who they are, keeping them out and letting them in again. What is remembered of them is
in `core/memory/desk.py`, as are the copy of everything and its erasure."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from core.admin import knowledge
from core.admin.reveal import reason_of
from core.admin.roles import Actor, Denied
from core.memory import desk as memory
from core.store import Tx, access
from core.store.admin import signin
from core.store.admin.people import Somebody


async def export(tx: Tx, actor: Actor, person: Somebody, reason: str, now: dt.datetime) -> dict[str, Any]:
    """All that is kept of a person, unless answers to them quote what the actor may not read."""
    data = await memory.export(tx, actor, person.id, reason_of(reason), now)
    closed = await knowledge.closed_to(tx, actor)
    if any(knowledge.quotes(json.loads(one["trace"] or "{}"), closed) for one in data["turn"]):
        raise Denied("export_limited")
    return data


async def block(tx: Tx, actor: Actor, person: Somebody, reason: str, now: dt.datetime) -> None:
    """From now on none of their accounts is answered, and their reminders rest. Owners are not kept out from here."""
    actor.need("people.edit")
    told = reason_of(reason)
    if any(one.role == "owner" for one in person.accounts):
        raise Denied("person_is_owner")
    for one in person.accounts:
        await access.put(tx, one.place, "removed", None, now)
    await actor.note(tx, now, "person.block", f"person:{person.id}", reason=told, person_id=person.id)


async def sign_out(tx: Tx, actor: Actor, person: Somebody, now: dt.datetime) -> None:
    """Ends their sessions in the browser chat, on all devices."""
    actor.need("people.edit")
    for one in person.accounts:
        if one.place.platform == "web":
            await signin.end(tx, one.place.account, now)
    await actor.note(tx, now, "person.sign_out", f"person:{person.id}", person_id=person.id)


async def unblock(tx: Tx, actor: Actor, person: Somebody, now: dt.datetime) -> None:
    """Those of their accounts that were kept out are members again; what rested goes on when they write."""
    actor.need("people.edit")
    for one in person.accounts:
        if one.role == "removed":
            await access.put(tx, one.place, "member", None, now)
    await actor.note(tx, now, "person.unblock", f"person:{person.id}", person_id=person.id)
