"""What there is of a person, and where they just wrote, that an answer has to look at: mostly nothing, seen in one statement."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from core.messages import Message
from core.store.admin.takeovers import place_of
from core.store.chats import PARKED_HERE, WAITING
from core.store.database import Tx
from core.store.reminders import address_key_prefix
from core.store.tables import Moment, reminder
from core.store.tables.memory import fact, memory_pause
from core.store.tables.talks import takeover

_WHOSE: sa.BindParameter[int] = sa.bindparam("whose")
_SINCE = sa.bindparam("since", type_=Moment())
_GLANCE = sa.select(
    sa.or_(PARKED_HERE.exists(), WAITING.exists()).label("waits"),
    sa.exists()
    .where(reminder.c.person_id == _WHOSE, sa.or_(reminder.c.updated_at >= _SINCE, reminder.c.last_due >= _SINCE))
    .label("touched"),
    sa.or_(
        sa.exists().where(fact.c.person_id == _WHOSE, fact.c.replaced_at.is_(None)),
        sa.exists().where(memory_pause.c.person_id == _WHOSE),
    ).label("memory"),
    sa.exists()
    .where(
        takeover.c.person_id == _WHOSE,
        takeover.c.place == sa.bindparam("place"),
        takeover.c.until > sa.bindparam("now", type_=Moment()),
    )
    .label("led"),
)


@dataclass(frozen=True, slots=True)
class Glance:
    waits: bool
    """Reminders or messages that are to go on because this person writes here."""
    touched: bool
    """A reminder of theirs was changed or rang lately."""
    memory: bool
    """Something is remembered of them, or must not be."""
    led: bool
    """One of the team talks to them here."""


async def glance(tx: Tx, person_id: int, message: Message, now: dt.datetime, since: dt.datetime) -> Glance:
    """`since`: what is lately."""
    address = message.address
    values = {
        "whose": person_id, "where": address_key_prefix(address), "here": address.key(), "since": since, "now": now,
        "place": place_of(address, private=message.private),
    }  # fmt: skip
    row = await tx.row(_GLANCE, values)
    assert row is not None, "it has no condition"
    return Glance(*map(bool, row))
