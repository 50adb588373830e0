"""Passwords and codes can be tried a few times only: counted for the door and for the account's own page together."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from typing import Final

from adapters.web.signin import Tries
from core.ports import Clock
from core.store import Store
from core.store.admin.accounts import Account

_AT_ONCE: Final = 2


class Guesses(Tries):
    """Passwords are hashed within `hashing`: each takes 19 MiB and a core meanwhile."""

    def __init__(self, store: Callable[[], Store], clock: Clock) -> None:
        super().__init__(store, clock)
        self.hashing = asyncio.Semaphore(_AT_ONCE)


def of_password(name: str) -> str:
    """What tries of a password count against, however the name is spelt."""
    return f"name:{unicodedata.normalize('NFKC', name.strip()).casefold()[:64]}"


def of_code(account: Account) -> str:
    """What tries of a second factor's code count against."""
    return f"code:{account.id}"
