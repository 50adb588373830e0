"""Workspaces that let us in: their tokens, who may exchange them, and what happens when they put us out."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa

from core.store.database import Tx
from core.store.outbox import CLOSED
from core.store.tables import outbox, reminder
from core.store.tables.installations import installation, spent_state

REFRESH_PATIENCE = dt.timedelta(seconds=30)
"""For so long one worker alone may exchange a token; if it dies meanwhile, another one may after that."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One workspace, as it let us in."""

    workspace: str
    name: str
    bot_user: str
    bot_id: str
    url: str
    scopes: str
    """Joined by commas."""
    token: str
    refresh_token: str | None = None
    expires_at: dt.datetime | None = None
    """Until when the token is good; None: for ever."""

    def __repr__(self) -> str:
        return f"Installation({self.workspace})"


def _mine(platform: str, workspace: str) -> sa.ColumnElement[bool]:
    return sa.and_(installation.c.platform == platform, installation.c.workspace == workspace)


async def save(tx: Tx, platform: str, found: Installation, now: dt.datetime) -> None:
    """Keeps what a workspace gave us, in place of what it gave before."""
    values: dict[str, Any] = {field.name: getattr(found, field.name) for field in fields(Installation)}
    values |= {"platform": platform, "installed_at": now}
    if await tx.insert_once(installation, values, ("platform", "workspace")) is None:
        again = values | {"removed_at": None, "refreshing_until": None}
        await tx.run(sa.update(installation).where(_mine(platform, found.workspace)).values(**again))


async def find(tx: Tx, platform: str, workspace: str) -> Installation | None:
    """What this workspace gave us; None if it did not let us in, or put us out."""
    there = sa.and_(_mine(platform, workspace), installation.c.token.is_not(None))
    row = await tx.row(sa.select(installation).where(there))
    return Installation(*(getattr(row, field.name) for field in fields(Installation))) if row else None


async def workspaces(tx: Tx, platform: str) -> list[str]:
    """Every workspace that let us in."""
    there = sa.and_(installation.c.platform == platform, installation.c.token.is_not(None))
    return [
        row[0] for row in await tx.rows(sa.select(installation.c.workspace).where(there).order_by(installation.c.id))
    ]


async def may_refresh(tx: Tx, platform: str, workspace: str, expires_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether we are the one that may now exchange the token that is good until `expires_at`."""
    free = sa.or_(installation.c.refreshing_until.is_(None), installation.c.refreshing_until < now)
    same = sa.and_(_mine(platform, workspace), installation.c.expires_at == expires_at, free)
    claim = sa.update(installation).where(same).values(refreshing_until=now + REFRESH_PATIENCE)
    return await tx.run(claim) == 1


async def refreshed(tx: Tx, platform: str, workspace: str, token: str, refresh: str, expires_at: dt.datetime) -> None:
    """Keeps the tokens that the old ones were exchanged for."""
    values = {"token": token, "refresh_token": refresh, "expires_at": expires_at, "refreshing_until": None}
    there = sa.and_(_mine(platform, workspace), installation.c.token.is_not(None))
    await tx.run(sa.update(installation).where(there).values(**values))


async def remove(tx: Tx, platform: str, workspace: str, until: dt.datetime, now: dt.datetime) -> int | None:
    """Erases the tokens of a workspace that put us out before `until`, and parks what was due there; it goes on, chat by
    chat, when somebody writes from there again. Returns how many reminders; None, with nothing done, if the workspace
    let us in again since then."""
    gone = {"token": None, "refresh_token": None, "removed_at": now}
    before = sa.and_(_mine(platform, workspace), installation.c.installed_at < until)
    erased = await tx.run(sa.update(installation).where(before).values(**gone))
    if not erased and await find(tx, platform, workspace) is not None:
        return None
    prefix = f"{platform}|{workspace}|"
    waiting = sa.and_(outbox.c.address_key.startswith(prefix, autoescape=True), outbox.c.state == "planned")
    why = {"state": "parked", "finished_at": now, "reason": f"{CLOSED}the workspace removed the app"}
    await tx.run(sa.update(outbox).where(waiting).values(**why))
    active = sa.and_(reminder.c.address_key.startswith(prefix, autoescape=True), reminder.c.state == "active")
    return await tx.run(sa.update(reminder).where(active).values(state="parked", updated_at=now))


async def spend(tx: Tx, state: str, expires_at: dt.datetime, now: dt.datetime) -> bool:
    """Whether this state comes back for the first time; from now on it does not."""
    await tx.run(sa.delete(spent_state).where(spent_state.c.expires_at < now))
    values = {"digest": hashlib.sha256(state.encode()).hexdigest(), "expires_at": expires_at}
    return await tx.insert_once(spent_state, values, ("digest",)) is not None
