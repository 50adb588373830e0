"""Who of the team writes to a person in the assistant's place, and where."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from core.messages import Address, Message
from core.store.database import Tx
from core.store.reminders import address_key_prefix
from core.store.tables import Moment, session
from core.store.tables.admin import admin
from core.store.tables.talks import takeover


@dataclass(frozen=True, slots=True)
class Takeover:
    id: int
    person_id: int
    place: str
    held_by: str
    """Who, as the audit log names them: by the name that the account has now."""
    admin_id: int | None
    language: str
    began_at: dt.datetime
    until: dt.datetime


_NAMED = sa.func.coalesce("web:" + admin.c.name, takeover.c.held_by).label("held_by")
TAKEN = sa.select(*(_NAMED if column.name == "held_by" else column for column in takeover.c)).select_from(
    takeover.outerjoin(admin, admin.c.id == takeover.c.admin_id)
)
_LED = sa.select(takeover.c.id).where(
    takeover.c.person_id == sa.bindparam("whose"),
    takeover.c.place == sa.bindparam("place"),
    takeover.c.until > sa.bindparam("now", type_=Moment()),
)


_THIS_SESSION = sa.select(session.c.id).where(session.c.id == sa.bindparam("session")).with_for_update()


def place_of(address: Address, *, private: bool) -> str:
    """What a take-over at an address covers: a private chat with all its threads, or else this one address alone ("#")."""
    return address_key_prefix(address) if private else f"{address.key()}#"


def at(place: str) -> sa.ColumnElement[bool]:
    """The sessions at a place."""
    if place.endswith("#"):
        return session.c.address_key == place[:-1]
    return session.c.address_key.startswith(place, autoescape=True)


async def led(tx: Tx, person_id: int, message: Message, now: dt.datetime) -> bool:
    """Whether one of the team talks to this person where they just wrote."""
    place = place_of(message.address, private=message.private)
    values = {"whose": person_id, "place": place, "now": now}
    return await tx.row(_LED, values) is not None


async def led_meanwhile(tx: Tx, session_id: int, person_id: int, message: Message, now: dt.datetime) -> bool:
    """As `led`, for whoever is about to answer: who takes over at this moment waits for this transaction, or this for them."""
    await tx.row(_THIS_SESSION, {"session": session_id})
    return await led(tx, person_id, message, now)


async def holder(tx: Tx, person_id: int, place: str, now: dt.datetime) -> Takeover | None:
    found = TAKEN.where(takeover.c.person_id == person_id, takeover.c.place == place, takeover.c.until > now)
    row = await tx.row(found)
    return Takeover(**row._mapping) if row else None


async def take(
    tx: Tx, person_id: int, place: str, held_by: str, admin_id: int | None, language: str, now: dt.datetime,
    until: dt.datetime,
) -> Takeover | None:  # fmt: skip
    """None where somebody holds it already. The question that was open there is dropped."""
    values = {
        "person_id": person_id, "place": place, "held_by": held_by, "admin_id": admin_id, "language": language,
        "began_at": now, "until": until,
    }  # fmt: skip
    if await tx.insert_once(takeover, values, ("person_id", "place")) is None:
        return None
    await tx.run(sa.update(session).where(session.c.person_id == person_id, at(place)).values(pending=None))
    return await holder(tx, person_id, place, now)


async def extend(tx: Tx, takeover_id: int, until: dt.datetime) -> None:
    await tx.run(sa.update(takeover).where(takeover.c.id == takeover_id).values(until=until))


async def cut_short(tx: Tx, admin_id: int, now: dt.datetime) -> None:
    """What this account holds is over: the next tick hands it back."""
    await tx.run(sa.update(takeover).where(takeover.c.admin_id == admin_id, takeover.c.until > now).values(until=now))


async def give_back(tx: Tx, takeover_id: int) -> bool:
    """Ends it; False where it had ended."""
    return await tx.run(sa.delete(takeover).where(takeover.c.id == takeover_id)) > 0


async def over(tx: Tx, now: dt.datetime) -> list[Takeover]:
    """Those whose time is over."""
    return [Takeover(**row._mapping) for row in await tx.rows(TAKEN.where(takeover.c.until <= now))]
