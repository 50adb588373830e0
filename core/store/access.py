"""Who may use the assistant on closed platforms, the codes that let people in, and strangers who knock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import sqlalchemy as sa

from core.messages import Address
from core.store.database import Tx
from core.store.outbox import CLOSED
from core.store.tables import account, outbox, person, reminder
from core.store.tables.access import access, access_code, stranger

Role: TypeAlias = Literal["owner", "member", "removed"]
Standing: TypeAlias = Literal["host", "owner", "member"]
"""As what a person is answered; "host": whoever runs Remora, at the terminal or in the browser."""

REMOVED = f"{CLOSED}their access was taken away"
_FORGET_STRANGERS = dt.timedelta(days=2)
_UNIQUE = ("platform", "workspace", "account", "chat")
_SAME = sa.and_(*(access.c[name] == account.c[name] for name in ("platform", "workspace", "account")))


@dataclass(frozen=True, slots=True)
class Place:
    """An account; without `account` everybody in a workspace, or in one chat."""

    platform: str
    workspace: str
    account: str = ""
    chat: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of who is in."""

    place: Place
    role: Role
    since: dt.datetime
    person_id: int | None
    name: str
    handle: str


_FIND = sa.select(access.c.role, access.c.account, access.c.chat).where(
    access.c.platform == sa.bindparam("on_platform"),
    access.c.workspace == sa.bindparam("in_workspace"),
    access.c.account.in_((sa.bindparam("named"), "")),
    access.c.chat.in_((sa.bindparam("there"), "")),
)


async def role(tx: Tx, place: Place, *, guest: bool = False) -> Role | None:
    """What was given to this account itself, else "member" where its workspace or chat is open; None: nothing. To a
    guest, an open workspace is closed."""
    found = await tx.rows(
        _FIND,
        {
            "on_platform": place.platform, "in_workspace": place.workspace, "named": place.account,
            "there": place.chat,
        },
    )  # fmt: skip
    own = next((row.role for row in found if row.account), None)
    return own or ("member" if any(row.chat or not guest for row in found) else None)


async def places_of(tx: Tx, person_id: int) -> list[Place]:
    """The accounts of a person."""
    theirs = sa.select(account.c.platform, account.c.workspace, account.c.account)
    rows = await tx.rows(theirs.where(account.c.person_id == person_id))
    return [Place(row.platform, row.workspace, row.account) for row in rows]


async def put(tx: Tx, place: Place, role: Role, given_by: int | None, now: dt.datetime) -> None:
    """Gives a role, in place of the one before. "removed" parks what is due to the person, and voids the
    codes that they gave out."""
    values = {name: getattr(place, name) for name in Place.__slots__}
    given = {"role": role, "since": now, "given_by": given_by}
    if await tx.insert_once(access, {**values, **given}, _UNIQUE) is None:
        await tx.run(sa.update(access).where(_is(place)).values(**given))
    if role == "removed":
        await park(tx, place, now)
        await tx.run(sa.delete(access_code).where(access_code.c.given_by.in_(_persons(place))))
    elif role == "owner":
        await drop_first_codes(tx, place.platform)


async def drop(tx: Tx, place: Place) -> bool:
    """Forgets what was given to a place; whether there was anything."""
    return await tx.run(sa.delete(access).where(_is(place))) > 0


def _is(place: Place) -> sa.ColumnElement[bool]:
    return sa.and_(*(access.c[name] == getattr(place, name) for name in Place.__slots__))


def _persons(place: Place) -> sa.Select[tuple[int]]:
    return sa.select(account.c.person_id).where(
        account.c.platform == place.platform, account.c.workspace == place.workspace, account.c.account == place.account
    )


async def owed(tx: Tx, place: Place) -> list[Place]:
    """The accounts for which something is going to ring in a workspace, or in a chat."""
    rings = sa.exists().where(reminder.c.person_id == account.c.person_id, reminder.c.state == "active", _rings(place))
    there = sa.and_(account.c.platform == place.platform, account.c.workspace == place.workspace, rings)
    return [replace(place, account=row.account) for row in await tx.rows(sa.select(account.c.account).where(there))]


def _rings(place: Place) -> sa.ColumnElement[bool]:
    """A reminder for a whole channel goes on: others count on it."""
    chat = Address(place.platform, place.workspace, place.chat).key() if place.chat else ""
    there = reminder.c.address_key.startswith(chat, autoescape=True)
    return sa.and_(reminder.c.platform == place.platform, reminder.c.kind != "channel", there)


async def park(tx: Tx, place: Place, now: dt.datetime) -> None:
    """What is to ring for an account waits until they may write again; with `chat`, what is to ring there."""
    theirs = _persons(place)
    active = sa.and_(reminder.c.person_id.in_(theirs), reminder.c.state == "active", _rings(place))
    await tx.run(sa.update(reminder).where(active).values(state="parked", updated_at=now))
    parked = sa.select(reminder.c.id).where(reminder.c.person_id.in_(theirs), reminder.c.state == "parked")
    due = sa.and_(
        outbox.c.state == "planned",
        outbox.c.platform == place.platform,
        sa.or_(
            outbox.c.reminder_id.in_(parked),
            *([] if place.chat else [sa.and_(outbox.c.person_id.in_(theirs), outbox.c.reminder_id.is_(None))]),
        ),
    )
    await tx.run(sa.update(outbox).where(due).values(state="parked", finished_at=now, reason=REMOVED))


def is_removed(person_id: sa.ColumnElement[int]) -> sa.ColumnElement[bool]:
    """A person who was put out stays silent, also where their chat is open again."""
    return sa.exists().where(account.c.person_id == person_id, _SAME, access.c.role == "removed")


async def listed(tx: Tx) -> list[Entry]:
    """Everybody and everything that is in or was put out, the oldest first."""
    rows = await tx.rows(
        sa.select(access, person.c.id.label("person_id"), person.c.name, account.c.handle)
        .outerjoin(account, _SAME)
        .outerjoin(person, person.c.id == account.c.person_id)
        .order_by(access.c.id)
    )
    return [
        Entry(
            Place(row.platform, row.workspace, row.account, row.chat), row.role, row.since, row.person_id,
            row.name or "", row.handle or "",
        )
        for row in rows
    ]  # fmt: skip


async def met(tx: Tx, platform: str, workspace: str, name: str) -> list[Entry]:
    """Accounts in a workspace by id, handle or name, whether they were let in or not; at most two."""
    low = name.casefold()
    named = sa.or_(*(sa.func.lower(one) == low for one in (account.c.account, account.c.handle, person.c.name)))
    there = sa.and_(account.c.platform == platform, account.c.workspace == workspace, named)
    rows = await tx.rows(
        sa.select(account, person.c.name).join(person, person.c.id == account.c.person_id).where(there).limit(2)
    )
    return [
        Entry(Place(platform, workspace, row.account), "member", row.created_at, row.person_id, row.name, row.handle)
        for row in rows
    ]


async def count_owners(tx: Tx, platform: str | None = None) -> int:
    """Owners on a platform, or on all of them."""
    owners = access.c.role == "owner"
    return await tx.count(access, owners if platform is None else sa.and_(owners, access.c.platform == platform))


# --- codes


@dataclass(frozen=True, slots=True)
class Code:
    id: int
    digest: str
    role: Role
    given_by: int | None


async def add_code(
    tx: Tx, digest: str, role: Role, given_by: int | None, platform: str, now: dt.datetime, life: dt.timedelta
) -> None:
    """Keeps a code, and forgets those that are too old."""
    await tx.run(sa.delete(access_code).where(access_code.c.expires_at <= now))
    values = {"digest": digest, "role": role, "given_by": given_by, "platform": platform, "expires_at": now + life}
    await tx.insert(access_code, values)


async def codes(tx: Tx, platform: str, now: dt.datetime) -> Sequence[Code]:
    """The codes that work on a platform now."""
    valid = sa.and_(access_code.c.platform.in_((platform, "")), access_code.c.expires_at > now)
    return [
        Code(row.id, row.digest, row.role, row.given_by) for row in await tx.rows(sa.select(access_code).where(valid))
    ]


async def use_code(tx: Tx, code: Code) -> bool:
    """Takes a code away; False where somebody else was faster."""
    return await tx.run(sa.delete(access_code).where(access_code.c.id == code.id)) > 0


async def drop_first_codes(tx: Tx, platform: str) -> None:
    """The codes printed at a start are void: there is an owner now, or a newer code."""
    printed = sa.and_(access_code.c.platform == platform, access_code.c.given_by.is_(None))
    await tx.run(sa.delete(access_code).where(printed))


async def count_codes(tx: Tx, given_by: int, now: dt.datetime) -> int:
    """Open invitations of a person."""
    theirs = sa.and_(access_code.c.given_by == given_by, access_code.c.expires_at > now)
    return await tx.count(access_code, theirs)


# --- strangers


async def tried(tx: Tx, place: Place, now: dt.datetime, window: dt.timedelta) -> int:
    """Counts a code that was tried; returns how many this account tried within the window."""
    await _met(tx, place, now)
    over = stranger.c.since <= now - window
    counted = sa.update(stranger).where(_knocks(place)).values(
        tries=sa.case((over, 1), else_=stranger.c.tries + 1), since=sa.case((over, now), else_=stranger.c.since)
    )  # fmt: skip
    row = await tx.row(counted.returning(stranger.c.tries))
    return int(row[0]) if row else 1


async def may_tell(tx: Tx, place: Place, now: dt.datetime, pause: dt.timedelta) -> bool:
    """Whether this account is to be told how to get in: not if it was, within the pause."""
    await _met(tx, place, now)
    due = sa.or_(stranger.c.told_at.is_(None), stranger.c.told_at <= now - pause)
    return await tx.run(sa.update(stranger).where(_knocks(place), due).values(told_at=now)) > 0


def _knocks(place: Place) -> sa.ColumnElement[bool]:
    return sa.and_(*(stranger.c[name] == getattr(place, name) for name in ("platform", "workspace", "account")))


async def _met(tx: Tx, place: Place, now: dt.datetime) -> None:
    values = {"platform": place.platform, "workspace": place.workspace, "account": place.account, "since": now}
    if await tx.insert_once(stranger, values, ("platform", "workspace", "account")) is not None:
        await tx.run(sa.delete(stranger).where(stranger.c.since <= now - _FORGET_STRANGERS))
