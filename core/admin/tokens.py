"""Keys for machines: each has scopes, and never more rights than its owner's role has at that moment."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from core.admin.roles import GRANTS, Actor, Permission
from core.admin.signin import digest
from core.errors import Refused
from core.store import Tx
from core.store.admin import audit, tokens
from core.store.admin.accounts import Account
from core.store.admin.tokens import Token

SCOPES: Final[dict[str, Permission]] = {
    "chat": "see",
    "intents.read": "see",
    "intents.write": "intents.edit",
    "reminders.read": "reminders.edit",
    "reminders.write": "reminders.edit",
    "people.read": "people.edit",
    "audit.read": "audit.see",
}
"""What a key may be for, and which permission its owner needs for it."""
_PREFIX = "rmr_"
_USED_AGAIN = dt.timedelta(minutes=1)
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Machine:
    """A key that was shown, and whose it is."""

    token: Token
    owner: Account

    @property
    def actor(self) -> Actor:
        """As the audit log and people are told of it: keys are named by their owners, who could name them like others."""
        return Actor(f"api:{self.owner.name}/{self.token.name}", self.owner.role)

    def may(self, scope: str) -> bool:
        return scope in self.token.scopes and SCOPES[scope] in GRANTS[self.owner.role]


async def create(
    tx: Tx, owner: Account, name: str, scopes: Collection[str], now: dt.datetime, *, days: int = 0, by: str = ""
) -> str:
    """A new key, which is shown this once; `days` 0: it does not expire. Raises `Refused` with what is wrong."""
    name = name.strip()
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():  # people are told it
        raise Refused("a key needs a name of at most 80 printable characters", "name what will use it")
    if not scopes or (unknown := set(scopes) - set(SCOPES)):
        said = f"unknown: {', '.join(sorted(unknown))}" if scopes else "no scope was chosen"
        raise Refused(said, f"choose from: {', '.join(SCOPES)}")
    if too_much := sorted(scope for scope in scopes if SCOPES[scope] not in GRANTS[owner.role]):
        raise Refused(f"the role {owner.role} does not allow {', '.join(too_much)}", "leave it out, or ask an owner")
    if not 0 <= days <= 3_650:
        raise Refused("a key may last up to 3650 days", "give fewer, or 0 for no end")
    key = _PREFIX + secrets.token_urlsafe(32)
    end = now + dt.timedelta(days=days) if days else None
    made = await tokens.add(tx, owner.id, name, digest(key), scopes, now, end)
    await audit.add(tx, now, by or f"web:{owner.name}", "token.create", f"token:{made}", {"scopes": sorted(scopes)})
    return key


async def machine(tx: Tx, key: str, now: dt.datetime) -> Machine | None:
    """Whose key it is; None if it is none of ours, was taken back or has expired."""
    found = await tokens.of_digest(tx, digest(key)) if key.startswith(_PREFIX) else None
    if found is None or (found[0].expires_at is not None and found[0].expires_at <= now):
        return None
    return Machine(*found)


def to_be_noted(token: Token, now: dt.datetime) -> bool:
    """Whether it is time to note that the key is in use."""
    return token.used_at is None or now - token.used_at > _USED_AGAIN


async def revoke(tx: Tx, token_id: int, now: dt.datetime, by: str, admin_id: int | None = None) -> None:
    """Takes a key back at once, one of that account if it is given; raises `Refused` where there is no such key."""
    if await tokens.remove(tx, token_id, admin_id) is None:
        raise Refused("there is no such key", "see: remora token list")
    await audit.add(tx, now, by, "token.revoke", f"token:{token_id}")
