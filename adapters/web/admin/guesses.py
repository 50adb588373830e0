"""Passwords and codes can be tried a few times only: counted for the door and for the account's own page together."""

from __future__ import annotations

import asyncio
import logging
import unicodedata
from typing import Final

from adapters.web.signin import Attempts
from core.ports import Clock
from core.store.admin.accounts import Account

log = logging.getLogger(__name__)
_AT_ONCE: Final = 2
"""Passwords that are hashed: each takes 19 MiB and a core meanwhile."""


class Guesses:
    """Ask and count within `hashing` (passwords) or `reading` (codes), so that many sent at once are counted one by one."""

    def __init__(self, clock: Clock) -> None:
        self.attempts = Attempts(clock)
        self.hashing, self.reading = asyncio.Semaphore(_AT_ONCE), asyncio.Semaphore(_AT_ONCE)

    def failed(self, client: str, *keys: str) -> None:
        """Counts against the client, and against whom it wanted to be; the log does not say whom: people type passwords there."""
        log.warning("a sign-in failed", extra={"client": client})
        for key in filter(None, (client, *keys)):
            self.attempts.failed(key)


def of_password(name: str) -> str:
    """What tries of a password count against, however the name is spelt."""
    return f"name:{unicodedata.normalize('NFKC', name.strip()).casefold()[:64]}"


def of_code(account: Account) -> str:
    """What tries of a second factor's code count against."""
    return f"code:{account.id}"
