"""Accounts of the admin side, their sessions and links, as rows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables.admin import admin, admin_link, admin_session

Role: TypeAlias = Literal["owner", "editor", "operator", "viewer"]
ROLES: tuple[Role, ...] = ("owner", "editor", "operator", "viewer")
Purpose: TypeAlias = Literal["setup", "login", "reset"]


@dataclass(frozen=True, slots=True)
class Account:
    """Who may sign in. `language` "" follows the browser."""

    id: int
    name: str
    role: Role
    language: str
    person_id: int | None
    disabled: bool
    has_password: bool
    has_totp: bool
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser."""

    id: int
    account: Account
    created_at: dt.datetime
    seen_at: dt.datetime


def account(row: sa.Row[Any]) -> Account:
    return Account(
        row.id, row.name, cast(Role, row.role), row.language, row.person_id, row.disabled, bool(row.password),
        row.totp is not None, row.created_at,
    )  # fmt: skip


async def count(tx: Tx) -> int:
    return await tx.count(admin, sa.true())


async def listed(tx: Tx) -> list[Account]:
    return [account(row) for row in await tx.rows(sa.select(admin).order_by(admin.c.name))]


async def by_name(tx: Tx, name: str) -> Account | None:
    row = await tx.row(sa.select(admin).where(admin.c.name == name))
    return account(row) if row else None


async def get(tx: Tx, admin_id: int) -> Account | None:
    row = await tx.row(sa.select(admin).where(admin.c.id == admin_id))
    return account(row) if row else None


async def add(tx: Tx, name: str, role: Role, now: dt.datetime) -> Account | None:
    """A new account, without any way in yet; None where the name is taken."""
    made = await tx.insert_once(admin, {"name": name, "role": role, "created_at": now}, ("name",))
    return None if made is None else await get(tx, made)


async def change(tx: Tx, admin_id: int, **values: Any) -> None:
    """Sets columns of an account."""
    await tx.run(sa.update(admin).where(admin.c.id == admin_id).values(**values))


async def put_link(tx: Tx, purpose: Purpose, digest: str, expires_at: dt.datetime, admin_id: int | None) -> None:
    """Keeps a link. Of set-up links only the newest works."""
    if purpose == "setup":
        await tx.run(sa.delete(admin_link).where(admin_link.c.purpose == "setup"))
    await tx.run(sa.delete(admin_link).where(admin_link.c.expires_at < expires_at - dt.timedelta(days=1)))
    values = {"purpose": purpose, "digest": digest, "expires_at": expires_at, "admin_id": admin_id}
    await tx.insert(admin_link, values)


async def take_link(tx: Tx, digest: str, now: dt.datetime) -> tuple[Purpose, int | None] | None:
    """What the link is for and whose it is, and it is used up; None if it is unknown, used or too old."""
    gone = sa.delete(admin_link).where(admin_link.c.digest == digest).returning(
        admin_link.c.purpose, admin_link.c.admin_id, admin_link.c.expires_at
    )  # fmt: skip
    row = await tx.row(gone)
    return (cast(Purpose, row.purpose), row.admin_id) if row is not None and row.expires_at > now else None


async def begin_session(tx: Tx, admin_id: int, digest: str, client: str, agent: str, now: dt.datetime) -> None:
    values = {"admin_id": admin_id, "digest": digest, "client": client, "agent": agent}
    await tx.insert(admin_session, {**values, "created_at": now, "seen_at": now})


_OF_DIGEST = (
    sa.select(
        admin, admin_session.c.id.label("session_id"), admin_session.c.created_at.label("began_at"), admin_session.c.seen_at
    )
    .join(admin, admin.c.id == admin_session.c.admin_id)
    .where(admin_session.c.digest == sa.bindparam("digest"), sa.text("NOT admin.disabled"))
)  # fmt: skip


async def session(tx: Tx, digest: str) -> Session | None:
    """The session of that cookie, whatever its age; None where it was ended, or its account closed."""
    row = await tx.row(_OF_DIGEST, {"digest": digest})
    return Session(row.session_id, account(row), row.began_at, row.seen_at) if row else None


async def seen(tx: Tx, session_id: int, now: dt.datetime) -> None:
    await tx.run(sa.update(admin_session).where(admin_session.c.id == session_id).values(seen_at=now))


async def end_session(tx: Tx, session_id: int) -> None:
    await tx.run(sa.delete(admin_session).where(admin_session.c.id == session_id))
