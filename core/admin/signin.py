"""Getting in: one-time links and sessions. Whoever has no account gets one from an owner; nothing is open by default."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from core.store import Tx
from core.store.admin import accounts, audit
from core.store.admin.accounts import Account, Browser, Purpose, Session

LINK_LIFE = dt.timedelta(minutes=30)
IDLE, LONGEST = dt.timedelta(days=7), dt.timedelta(days=30)
"""A session ends after so much silence, and in any case after the second."""
_SEEN_AGAIN = dt.timedelta(minutes=1)
FIRST_OWNER = "owner"


def digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


async def new_link(
    tx: Tx, purpose: Purpose, now: dt.datetime, admin_id: int | None = None, life: dt.timedelta = LINK_LIFE
) -> str:
    """The secret of a link that works once, within `life`."""
    secret = secrets.token_hex(10) if purpose == "chat" else secrets.token_urlsafe(32)
    await accounts.put_link(tx, purpose, digest(secret), now + life, admin_id)
    return secret


async def setup_link(tx: Tx, now: dt.datetime) -> str | None:
    """The secret that makes the first owner; None where somebody is in already."""
    return None if await accounts.count(tx) else await new_link(tx, "setup", now)


async def take(tx: Tx, secret: str, now: dt.datetime, purpose: Purpose) -> Account | None:
    """Whose link of that purpose it is, and it is used up; None if it is unknown, used or too old, or of another."""
    found = await accounts.link_of(tx, digest(secret.strip()), now)
    if found is None or found[0] != purpose or await accounts.take_link(tx, digest(secret.strip()), now) is None:
        return None
    account = await accounts.get(tx, found[1]) if found[1] is not None else None
    return account if account is not None and not account.disabled else None


async def wants_code(tx: Tx, secret: str, now: dt.datetime) -> Account | None:
    """Whose second factor is asked for beside the link; None where the link alone does. Nothing is used up."""
    purpose, admin_id = await accounts.link_of(tx, digest(secret), now) or ("setup", None)
    account = await accounts.get(tx, admin_id) if purpose == "login" and admin_id is not None else None
    return account if account is not None and account.has_totp else None


async def redeem(tx: Tx, secret: str, now: dt.datetime) -> tuple[Account, Purpose] | None:
    """Whose link it was and what for, and the link is used up; None if it is unknown, used or too old."""
    found = await accounts.link_of(tx, digest(secret), now)
    if found is None or found[0] == "chat" or await accounts.take_link(tx, digest(secret), now) is None:
        return None
    purpose, admin_id = found
    if admin_id is not None:
        account = await accounts.get(tx, admin_id)
        return (account, purpose) if account is not None and not account.disabled else None
    if await accounts.count(tx):
        return None  # somebody was quicker
    account = await accounts.add(tx, FIRST_OWNER, "owner", now)
    assert account is not None, "there was none of any name"
    await audit.add(tx, now, f"web:{account.name}", "admin.create", f"admin:{account.name}", {"role": "owner"})
    return account, purpose


async def begin(tx: Tx, account: Account, client: str, agent: str, now: dt.datetime) -> str:
    """A new session; returns its cookie."""
    cookie = secrets.token_urlsafe(32)
    await accounts.begin_session(tx, account.id, digest(cookie), client, agent[:200], now)
    await audit.add(tx, now, f"web:{account.name}", "admin.sign_in", f"admin:{account.name}", client=client)
    return cookie


async def session_of(tx: Tx, cookie: str, now: dt.datetime) -> Session | None:
    """The session of a cookie that still holds."""
    found = await accounts.session(tx, digest(cookie)) if cookie else None
    return found if found is not None and _holds(found, now) else None


def _holds(session: Session | Browser, now: dt.datetime) -> bool:
    return now - session.seen_at <= IDLE and now - session.created_at <= LONGEST


async def browsers(tx: Tx, admin_id: int, now: dt.datetime) -> list[Browser]:
    """Where an account is signed in, the one in use last first."""
    return [one for one in await accounts.browsers(tx, admin_id) if _holds(one, now)]


def to_be_noted(session: Session, now: dt.datetime) -> bool:
    """Whether it is time to note that the session is in use."""
    return now - session.seen_at > _SEEN_AGAIN
