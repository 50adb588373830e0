"""How one person finds another to remind them, and who wants to hear nothing of whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.messages import Address
from core.store import addresses
from core.store.codec import address_from_json
from core.store.database import Tx
from core.store.people import Person
from core.store.tables import account, inbox, muted, person, reminder, session

_MANY = 2


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom a person may mean by a name."""

    person: Person
    handle: str

    def is_called(self, name: str) -> bool:
        """By the whole name, the first name or the handle."""
        low, whole = name.casefold(), self.person.name.casefold()
        return low in (whole, self.handle.casefold()) or whole.startswith(f"{low} ")


async def known(
    tx: Tx, asker_id: int, platform: str, workspace: str, names: Sequence[str], *, at: bool = False
) -> list[Known]:
    """Those with one of these names in the asker's workspace; on a platform without workspaces, among those who have
    written in a chat in which the asker has, too. `at`: first whose account or handle that is. At most ten."""
    low, called = [name.casefold() for name in names], sa.func.lower(person.c.name)
    everybody = (
        sa.select(person, account.c.handle)
        .join(account, account.c.person_id == person.c.id)
        .where(account.c.platform == platform, account.c.workspace == workspace)
        .order_by(person.c.id)
        .limit(10)
    )
    handles = sa.func.lower(account.c.handle).in_(low)
    first_names = (called.startswith(f"{name} ", autoescape=True) for name in low)
    same = person.c.name.in_(names)  # SQLite lowers ASCII alone
    some = everybody.where(sa.or_(called.in_(low), same, handles, *first_names))
    if not workspace:
        met, mine = session.alias("met"), session.alias("mine")
        together = sa.and_(mine.c.address_key == met.c.address_key, mine.c.person_id == asker_id)
        both = sa.select(met.c.id).join(mine, together).where(met.c.person_id == person.c.id)
        some = some.where(sa.or_(person.c.id == asker_id, both.exists()))
    exact = everybody.where(sa.or_(sa.func.lower(account.c.account).in_(low), handles))
    rows = (await tx.rows(exact) if at else []) or await tx.rows(some)
    return [Known(Person(row.id, row.name, row.language, row.zone), row.handle) for row in rows]


async def private_address(tx: Tx, person_id: int, platform: str, workspace: str) -> Address | None:
    """Where this person last wrote to us alone on a platform; None if they never did."""
    known = await addresses.private(tx, person_id)
    return next((one for one in reversed(known) if (one.platform, one.workspace) == (platform, workspace)), None)


async def any_private_address(tx: Tx, person_id: int) -> Address | None:
    """Where this person wrote to us alone, on whichever platform."""
    return next(reversed(await addresses.private(tx, person_id)), None)


async def asked_from(tx: Tx, cause: str) -> Address | None:
    """Where the message stood for which something was made, by its cause "turn:17"."""
    number = cause.removeprefix("turn:").partition(":")[0]
    if not number.isdecimal():
        return None
    row = await tx.row(sa.select(inbox.c.message).where(inbox.c.id == int(number)))
    return address_from_json(row.message["address"]) if row else None


async def mute(tx: Tx, person_id: int, sender_id: int, now: dt.datetime) -> None:
    """From now on this person is not asked about reminders from that sender."""
    values = {"person_id": person_id, "sender_id": sender_id, "since": now}
    await tx.insert_once(muted, values, ("person_id", "sender_id"))


async def unmute_all(tx: Tx, person_id: int) -> int:
    """This person may be asked by everybody again; returns how many were muted."""
    return await tx.run(sa.delete(muted).where(muted.c.person_id == person_id))


async def is_muted(tx: Tx, person_id: int, sender_id: int) -> bool:
    row = await tx.row(sa.select(muted.c.id).where(muted.c.person_id == person_id, muted.c.sender_id == sender_id))
    return row is not None


async def count_proposed(tx: Tx, person_id: int, sender_id: int) -> int:
    """Reminders from this sender to which this person has not answered yet."""
    asked = sa.and_(reminder.c.person_id == person_id, reminder.c.asked_by == sender_id, reminder.c.state == "proposed")
    return await tx.count(reminder, asked)


async def called(tx: Tx, name: str) -> list[Person]:
    """Whom the owner means: "telegram:12345", or an account, a handle or a name on any platform; at most two."""
    platform, colon, account_id = name.partition(":")
    low = name.casefold()
    there = sa.or_(sa.func.lower(account.c.account) == low, sa.func.lower(account.c.handle) == low)
    if colon:
        there = sa.and_(account.c.platform == platform, account.c.account == account_id)
    people = sa.select(person).join(account, account.c.person_id == person.c.id).distinct().limit(_MANY)
    for condition in (there, sa.func.lower(person.c.name) == low):
        rows = await tx.rows(people.where(condition))
        if rows:
            return [Person(row.id, row.name, row.language, row.zone) for row in rows]
    return []
