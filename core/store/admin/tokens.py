"""Keys of machines, as rows. The key itself is kept nowhere: only its digest is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from core.store.admin.accounts import Account, account
from core.store.database import Tx
from core.store.tables.admin import admin, api_token


@dataclass(frozen=True, slots=True)
class Token:
    """A key, and whose it is. Without `expires_at` it holds until it is taken back."""

    id: int
    name: str
    owner: str
    scopes: frozenset[str]
    created_at: dt.datetime
    used_at: dt.datetime | None
    expires_at: dt.datetime | None


_LISTED = sa.select(api_token, admin.c.name.label("owner")).join(admin, admin.c.id == api_token.c.admin_id)


def _token(row: sa.Row[Any]) -> Token:
    scopes = frozenset(row.scopes.split())
    return Token(row.id, row.name, row.owner, scopes, row.created_at, row.used_at, row.expires_at)


async def listed(tx: Tx, admin_id: int | None = None) -> list[Token]:
    """The newest first; of one account, or of all."""
    wanted = _LISTED.order_by(api_token.c.id.desc())
    if admin_id is not None:
        wanted = wanted.where(api_token.c.admin_id == admin_id)
    return [_token(row) for row in await tx.rows(wanted)]


async def add(
    tx: Tx, admin_id: int, name: str, digest: str, scopes: Collection[str], now: dt.datetime, expires_at: dt.datetime | None
) -> int:  # fmt: skip
    kept = {"admin_id": admin_id, "name": name, "digest": digest, "scopes": " ".join(sorted(scopes))}
    return await tx.insert(api_token, {**kept, "created_at": now, "expires_at": expires_at})


async def of_digest(tx: Tx, digest: str) -> tuple[Token, Account] | None:
    """The key with that digest and its owner, whose account is open; whether it has expired is for the caller."""
    wanted = _LISTED.where(api_token.c.digest == digest, admin.c.disabled.is_(sa.false()))
    row = await tx.row(wanted)
    if row is None:
        return None
    owner = await tx.row(sa.select(admin).where(admin.c.id == row.admin_id))
    return (_token(row), account(owner)) if owner is not None else None


async def used(tx: Tx, token_id: int, now: dt.datetime) -> None:
    await tx.run(sa.update(api_token).where(api_token.c.id == token_id).values(used_at=now))


async def remove(tx: Tx, token_id: int, admin_id: int | None = None) -> str | None:
    """Takes a key back, one of that account if it is given; its name, None where there is no such key."""
    gone = sa.delete(api_token).where(api_token.c.id == token_id).returning(api_token.c.name)
    if admin_id is not None:
        gone = gone.where(api_token.c.admin_id == admin_id)
    row = await tx.row(gone)
    return str(row.name) if row else None


async def remove_all(tx: Tx, admin_id: int) -> None:
    """Takes all keys of an account back."""
    await tx.run(sa.delete(api_token).where(api_token.c.admin_id == admin_id))
