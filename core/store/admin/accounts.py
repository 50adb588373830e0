"""Accounts of the admin side, their sessions and links, as rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, cast

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables.admin import admin, admin_code, admin_link, admin_session, audit

Role: TypeAlias = Literal["owner", "editor", "operator", "viewer"]
ROLES: tuple[Role, ...] = ("owner", "editor", "operator", "viewer")
Purpose: TypeAlias = Literal["setup", "login", "reset", "chat"]

_FORGET = dt.timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Account:
    """Who may sign in. `language` "" follows the browser. `team`: "follows" where the role is what the team's groups give,
    "lost" where they give none any more; "" where an owner made the account."""

    id: int
    name: str
    role: Role
    language: str
    person_id: int | None
    disabled: bool
    has_password: bool
    has_totp: bool
    created_at: dt.datetime
    team: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser."""

    id: int
    account: Account
    created_at: dt.datetime
    seen_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Proof:
    """What an account proves itself by: the hash of its password ("": it has none), the secret of its second factor, and
    the newest time step of that which was used up; below 0: the factor was begun, and not confirmed yet."""

    account: Account
    password: str
    totp: str | None
    totp_used: int


@dataclass(frozen=True, slots=True)
class Browser:
    """Where somebody is signed in."""

    id: int
    client: str
    agent: str
    created_at: dt.datetime
    seen_at: dt.datetime

    @property
    def browser(self) -> str:
        """What its `agent` means, as "Firefox, Linux"; "" where it says nothing that we know."""
        known = (next((name for mark, name in marks if mark in self.agent), "") for marks in (_BROWSERS, _SYSTEMS))
        return ", ".join(filter(None, known))


_BROWSERS = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def account(row: sa.Row[Any]) -> Account:
    return Account(
        row.id, row.name, cast(Role, row.role), row.language, row.person_id, row.disabled, bool(row.password),
        row.totp is not None and row.totp_used >= 0, row.created_at, row.team,
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


async def proof(tx: Tx, *, name: str = "", admin_id: int = 0) -> Proof | None:
    """Of the account with that name, or that id."""
    which = admin.c.name == name if name else admin.c.id == admin_id
    row = await tx.row(sa.select(admin).where(which))
    return Proof(account(row), row.password, row.totp, row.totp_used) if row else None


async def of_person(tx: Tx, person_id: int) -> Account | None:
    """The account of somebody in the chats."""
    row = await tx.row(sa.select(admin).where(admin.c.person_id == person_id).order_by(admin.c.id).limit(1))
    return account(row) if row else None


async def of_identity(tx: Tx, identity: str) -> Account | None:
    """The account of somebody at the team's own sign-in."""
    row = await tx.row(sa.select(admin).where(admin.c.identity == identity))
    return account(row) if row else None


async def has_identity(tx: Tx, admin_id: int) -> bool:
    """Whether the account belongs to somebody at the team's own sign-in already."""
    return await tx.count(admin, sa.and_(admin.c.id == admin_id, admin.c.identity.is_not(None))) > 0


async def was_removed(tx: Tx, person_id: int) -> bool:
    """Whether somebody in the chats had an account that an owner took away."""
    return await tx.count(audit, sa.and_(audit.c.person_id == person_id, audit.c.verb == "admin.remove")) > 0


async def locked_owners(tx: Tx) -> set[int]:
    """The owners who can sign in. None of them changes until this transaction ends: of two who remove each other, one is
    second and sees what the first did."""
    owners = sa.select(admin.c.id).where(admin.c.role == "owner", sa.not_(admin.c.disabled)).order_by(admin.c.id)
    return {row.id for row in await tx.rows(owners.with_for_update())}


async def add(tx: Tx, name: str, role: Role, now: dt.datetime) -> Account | None:
    """A new account, without any way in yet; None where the name is taken."""
    made = await tx.insert_once(admin, {"name": name, "role": role, "created_at": now}, ("name",))
    return None if made is None else await get(tx, made)


async def change(tx: Tx, admin_id: int, **values: Any) -> None:
    """Sets columns of an account."""
    await tx.run(sa.update(admin).where(admin.c.id == admin_id).values(**values))


async def remove(tx: Tx, admin_id: int) -> None:
    """With its sessions, links and keys."""
    await tx.run(sa.delete(admin).where(admin.c.id == admin_id))


async def link_person(tx: Tx, admin_id: int, person_id: int | None) -> None:
    """Says who in the chats this is; a person belongs to one account."""
    if person_id is not None:
        await tx.run(sa.update(admin).where(admin.c.person_id == person_id).values(person_id=None))
    await change(tx, admin_id, person_id=person_id)


async def use_step(tx: Tx, admin_id: int, step: int) -> bool:
    """Uses up a time step of the second factor, and all before it; False where it was used already."""
    unused = sa.and_(admin.c.id == admin_id, admin.c.totp_used < step)
    return await tx.run(sa.update(admin).where(unused).values(totp_used=step)) > 0


async def put_codes(tx: Tx, admin_id: int, digests: Sequence[str]) -> None:
    """These are the recovery codes of an account, and none of those before."""
    await tx.run(sa.delete(admin_code).where(admin_code.c.admin_id == admin_id))
    await tx.many(sa.insert(admin_code), [{"admin_id": admin_id, "digest": digest} for digest in digests])


async def use_code(tx: Tx, admin_id: int, digest: str) -> bool:
    """Uses up a recovery code; False where there is none such."""
    return (
        await tx.run(sa.delete(admin_code).where(admin_code.c.admin_id == admin_id, admin_code.c.digest == digest)) > 0
    )


async def codes_left(tx: Tx, admin_id: int) -> int:
    return await tx.count(admin_code, admin_code.c.admin_id == admin_id)


async def drop_factor(tx: Tx, admin_id: int) -> None:
    """The second factor is gone, and its recovery codes with it."""
    await put_codes(tx, admin_id, ())
    await change(tx, admin_id, totp=None, totp_used=0)


async def drop_all_codes(tx: Tx) -> None:
    """Nobody has recovery codes any more: they are known by a key that is not there any more."""
    await tx.run(sa.delete(admin_code))


async def put_link(tx: Tx, purpose: Purpose, digest: str, expires_at: dt.datetime, admin_id: int | None) -> None:
    """Keeps a link. Of set-up links only the newest works."""
    if purpose == "setup":
        await tx.run(sa.delete(admin_link).where(admin_link.c.purpose == "setup"))
    await tx.run(sa.delete(admin_link).where(admin_link.c.expires_at < expires_at - dt.timedelta(days=1)))
    values = {"purpose": purpose, "digest": digest, "expires_at": expires_at, "admin_id": admin_id}
    await tx.insert(admin_link, values)


async def drop_links(tx: Tx, admin_id: int, purpose: Purpose | None = None) -> None:
    """The links of an account, or those of one purpose, work no more."""
    theirs = admin_link.c.admin_id == admin_id
    await tx.run(
        sa.delete(admin_link).where(theirs if purpose is None else sa.and_(theirs, admin_link.c.purpose == purpose))
    )


async def link_of(tx: Tx, digest: str, now: dt.datetime) -> tuple[Purpose, int | None] | None:
    """As `take_link`, and the link goes on working."""
    row = await tx.row(sa.select(admin_link).where(admin_link.c.digest == digest, admin_link.c.expires_at > now))
    return (cast(Purpose, row.purpose), row.admin_id) if row else None


async def take_link(tx: Tx, digest: str, now: dt.datetime) -> tuple[Purpose, int | None] | None:
    """What the link is for and whose it is, and it is used up; None if it is unknown, used or too old."""
    gone = sa.delete(admin_link).where(admin_link.c.digest == digest).returning(
        admin_link.c.purpose, admin_link.c.admin_id, admin_link.c.expires_at
    )  # fmt: skip
    row = await tx.row(gone)
    return (cast(Purpose, row.purpose), row.admin_id) if row is not None and row.expires_at > now else None


async def begin_session(tx: Tx, admin_id: int, digest: str, client: str, agent: str, now: dt.datetime) -> None:
    """Forgets sessions of nobody for long, too."""
    await tx.run(sa.delete(admin_session).where(admin_session.c.created_at < now - _FORGET))
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


async def browsers(tx: Tx, admin_id: int) -> list[Browser]:
    """Every session of an account, however old, the one in use last first."""
    theirs = sa.select(admin_session).where(admin_session.c.admin_id == admin_id)
    rows = await tx.rows(theirs.order_by(admin_session.c.seen_at.desc(), admin_session.c.id.desc()).limit(100))
    return [Browser(row.id, row.client, row.agent, row.created_at, row.seen_at) for row in rows]


async def last_seen(tx: Tx) -> dict[int, dt.datetime]:
    """When each account that is signed in somewhere was here last."""
    newest = sa.func.max(admin_session.c.seen_at, type_=admin_session.c.seen_at.type)
    grouped = sa.select(admin_session.c.admin_id, newest.label("seen")).group_by(admin_session.c.admin_id)
    return {row.admin_id: row.seen for row in await tx.rows(grouped)}


async def end_session(tx: Tx, session_id: int, admin_id: int | None = None) -> bool:
    """Whether there was such a session, of that account where it is named."""
    which = admin_session.c.id == session_id
    which = which if admin_id is None else sa.and_(which, admin_session.c.admin_id == admin_id)
    return await tx.run(sa.delete(admin_session).where(which)) > 0


async def end_sessions(tx: Tx, admin_id: int, but: int = 0) -> None:
    """Every session of an account, but that one."""
    await tx.run(sa.delete(admin_session).where(admin_session.c.admin_id == admin_id, admin_session.c.id != but))
