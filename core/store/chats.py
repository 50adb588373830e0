"""Chats that are closed to us: what was to ring there is parked, and goes on when somebody writes from there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

import sqlalchemy as sa

from core.messages import Address
from core.store.access import is_removed
from core.store.codec import address_to_json
from core.store.database import Tx
from core.store.outbox import CLOSED
from core.store.reminders import address_key_prefix
from core.store.tables import Moment, outbox, reminder

May: TypeAlias = Callable[[int], Awaitable[bool]]
WAITS_FOR_OWNER = "waits until its owner writes"


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose reminders were parked."""

    person_id: int
    reminders: int
    newest: int
    language: str


_WHERE = sa.bindparam("where", type_=sa.Text())
_IN_CHAT = sa.func.substr(reminder.c.address_key, 1, sa.func.length(_WHERE)) == _WHERE
"""At any address of a chat, whatever its thread."""
_PARK = (
    sa.update(reminder)
    .where(_IN_CHAT, reminder.c.state == "active")
    .values(state="parked", updated_at=sa.bindparam("now", type_=Moment()))
    .returning(reminder.c.id, reminder.c.person_id, reminder.c.language)
)


async def park(tx: Tx, address: Address, now: dt.datetime, reason: str) -> list[Owner]:
    """Parks every reminder of a chat and what is planned for it; returns the owners. `reason` begins with `CLOSED`."""
    rows = await tx.rows(_PARK, {"where": address_key_prefix(address), "now": now})
    if not rows:
        return []
    theirs = sa.and_(outbox.c.reminder_id.in_([row.id for row in rows]), outbox.c.state == "planned")
    await tx.run(sa.update(outbox).where(theirs).values(state="parked", finished_at=now, reason=reason))
    owners = sorted({row.person_id for row in rows})
    by_owner = {owner: [row for row in rows if row.person_id == owner] for owner in owners}
    return [Owner(owner, len(mine), max(row.id for row in mine), mine[-1].language) for owner, mine in by_owner.items()]


async def keep_for_owner(tx: Tx, outbox_id: int, now: dt.datetime) -> None:
    """Sets a message aside until its person writes."""
    values = {"state": "parked", "finished_at": now, "reason": WAITS_FOR_OWNER}
    await tx.run(sa.update(outbox).where(outbox.c.id == outbox_id).values(**values))


_PARKED: sa.ColumnElement[str] = sa.literal_column("'parked'")
"""As a literal: SQLite uses a partial index only where it sees its very condition."""
_FOR_CLOSED = sa.and_(outbox.c.state == "parked", outbox.c.reason.startswith(CLOSED))
PARKED_HERE = (
    sa.select(reminder.c.id, reminder.c.person_id)
    .where(
        _IN_CHAT,
        reminder.c.state == _PARKED,
        ~is_removed(reminder.c.person_id),
        sa.or_(reminder.c.next_due.is_not(None), sa.exists().where(outbox.c.reminder_id == reminder.c.id, _FOR_CLOSED)),
    )
    .limit(1_000)
)
"""What is broken has no next moment, and nothing that waits for the chat."""
WAITING = (
    sa.select(outbox.c.id)
    .where(
        outbox.c.person_id == sa.bindparam("whose"),
        outbox.c.state == _PARKED,
        sa.or_(
            outbox.c.reason == WAITS_FOR_OWNER,
            sa.and_(outbox.c.address_key == sa.bindparam("here"), outbox.c.cause.like("digest:%")),
        ),
    )
    .limit(100)
)


async def reopen(tx: Tx, address: Address, now: dt.datetime, may: May | None = None) -> int:
    """Reminders of this chat go on, and what of them waited for it is planned again; returns how many go on. `may` says of
    a person whether they are still to be written to."""
    rows = await tx.rows(PARKED_HERE, {"where": address_key_prefix(address)})
    owners = [one for one in {row.person_id for row in rows} if may is None or await may(one)]
    ids = [row.id for row in rows if row.person_id in owners]
    if not ids:
        return 0
    await tx.run(sa.update(reminder).where(reminder.c.id.in_(ids)).values(state="active", updated_at=now))
    theirs = sa.and_(outbox.c.reminder_id.in_(ids), _FOR_CLOSED)
    due = sa.case((outbox.c.due_at > now, outbox.c.due_at), else_=sa.literal(now, Moment()))
    again = {"state": "planned", "next_try_at": due, "finished_at": None, "attempts": 0, "judged": False}
    await tx.run(sa.update(outbox).where(theirs).values(**again))
    return len(ids)


async def tell_here(tx: Tx, person_id: int, address: Address, now: dt.datetime) -> int:
    """Sends a person here what could not be told before, and the digests that found this chat closed; returns how many
    messages."""
    ids = [row.id for row in await tx.rows(WAITING, {"whose": person_id, "here": address.key()})]
    if ids:
        here = {
            "platform": address.platform, "address_key": address.key(), "address": address_to_json(address),
            "state": "planned", "due_at": now, "next_try_at": now, "finished_at": None, "reason": "",
        }  # fmt: skip
        await tx.run(sa.update(outbox).where(outbox.c.id.in_(ids)).values(**here))
    return len(ids)
