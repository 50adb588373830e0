"""People as the admin side lists them: names, accounts, what was given to them. Nothing of what they wrote."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from core.messages import Address
from core.store.access import Place, Role
from core.store.codec import address_from_json
from core.store.database import Tx
from core.store.tables import account, person, reminder, session, turn
from core.store.tables.access import access
from core.store.tables.memory import memory_pause

PAGE = 50
MANY = 200
"""People that a search for conversations may mean."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account with what was given to it itself; `role` "" : nothing."""

    place: Place
    handle: str
    role: Role | str
    private: Address | None
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Somebody:
    id: int
    name: str
    language: str | None
    zone: str | None
    zone_source: str
    quiet_from: str | None
    quiet_until: str | None
    created_at: dt.datetime
    accounts: Sequence[Account] = ()
    last_at: dt.datetime | None = None
    """When they were last in a conversation."""

    @property
    def blocked(self) -> bool:
        return any(one.role == "removed" for one in self.accounts)


@dataclass(frozen=True, slots=True)
class Counts:
    """What there is of a person; of turns and conversations at most `most`."""

    turns: int
    conversations: int
    reminders: int
    today: int
    paused_everywhere: bool
    """They switched their memory off."""


_GIVEN = sa.and_(
    *(access.c[name] == account.c[name] for name in ("platform", "workspace", "account")), access.c.chat == ""
)
_LAST = sa.select(sa.func.max(session.c.last_at, type_=session.c.last_at.type)).where(
    session.c.person_id == person.c.id
)
_PEOPLE = sa.select(
    person.c.id, person.c.name, person.c.language, person.c.zone, person.c.zone_source, person.c.quiet_from,
    person.c.quiet_until, person.c.created_at, _LAST.scalar_subquery().label("last_at"),
)  # fmt: skip


def _named(words: str) -> sa.ColumnElement[bool]:
    """By a part of the name or handle in either case, by the account, or by "telegram:12345"."""
    low = words.strip().casefold().lstrip("@")
    part = (sa.func.lower(column).contains(low, autoescape=True) for column in (person.c.name, account.c.handle))
    exact = person.c.name.contains(words.strip(), autoescape=True)  # SQLite lowers ASCII alone
    platform, _, rest = words.strip().partition(":")
    there = sa.and_(account.c.platform == platform.lower(), account.c.account == rest.rpartition("/")[2])
    mine = sa.or_(*part, exact, account.c.account == words.strip(), there)
    return person.c.id.in_(sa.select(person.c.id).outerjoin(account, account.c.person_id == person.c.id).where(mine))


async def listed(tx: Tx, words: str = "", *, blocked: bool = False, before: int | None = None) -> list[Somebody]:
    """The newest first, one more than a page; `words` as people look for somebody."""
    wanted = _PEOPLE.order_by(person.c.id.desc()).limit(PAGE + 1)
    if words.strip():
        wanted = wanted.where(_named(words))
    if before is not None:
        wanted = wanted.where(person.c.id < before)
    if blocked:
        removed = sa.select(account.c.person_id).join(access, _GIVEN).where(access.c.role == "removed")
        wanted = wanted.where(person.c.id.in_(removed))
    return await _with_accounts(tx, wanted)


async def get(tx: Tx, number: int) -> Somebody | None:
    return next(iter(await _with_accounts(tx, _PEOPLE.where(person.c.id == number))), None)


async def _with_accounts(tx: Tx, wanted: sa.Select[tuple[int]]) -> list[Somebody]:
    rows = await tx.rows(wanted)
    theirs = sa.select(account, access.c.role).outerjoin(access, _GIVEN)
    found = await tx.rows(theirs.where(account.c.person_id.in_([row.id for row in rows])).order_by(account.c.id))
    return [
        Somebody(
            **row._mapping,
            accounts=tuple(
                Account(
                    Place(one.platform, one.workspace, one.account), one.handle, one.role or "",
                    address_from_json(one.private_address) if one.private_address else None, one.created_at,
                )
                for one in found
                if one.person_id == row.id
            ),
        )
        for row in rows
    ]  # fmt: skip


async def meant(tx: Tx, words: str) -> list[int]:
    """Whom a search means, at most `MANY`; a number is a person's id."""
    if words.strip().isascii() and words.strip().isdecimal() and len(words.strip()) < 10:
        row = await tx.row(sa.select(person.c.id).where(person.c.id == int(words)))
        if row is not None:
            return [row.id]
    return [row.id for row in await tx.rows(sa.select(person.c.id).where(_named(words)).limit(MANY))]


async def counts(tx: Tx, number: int, since: dt.datetime, most: int = 10_001) -> Counts:
    """`since`: when today began."""

    async def some(table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        few = sa.select(table.c.id).where(table.c.person_id == number, *where).limit(most).subquery()
        row = await tx.row(sa.select(sa.func.count()).select_from(few))
        return int(row[0]) if row else 0

    everywhere = sa.and_(memory_pause.c.person_id == number, memory_pause.c.address_key == "")
    return Counts(
        await some(turn),
        await some(session),
        await some(reminder, reminder.c.state.in_(("active", "paused", "proposed", "parked"))),
        await _today(tx, number, since),
        await tx.count(memory_pause, everywhere) > 0,
    )


async def _today(tx: Tx, number: int, since: dt.datetime) -> int:
    lately = sa.select(session.c.id).where(session.c.person_id == number, session.c.last_at >= since)
    return await tx.count(turn, sa.and_(turn.c.session_id.in_(lately), turn.c.started_at >= since))
