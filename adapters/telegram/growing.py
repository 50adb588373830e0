"""Which message of ours a reply grows in, while it grows in a group.

The delivery makes that very message its first part, by an edit: done twice it changes nothing. So its id is kept in the
database before the message has a word of the reply, for whoever delivers it after a crash.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from core.errors import Unavailable
from core.ports import Clock
from core.store import Store, notes

_KEY = "telegram:growing:"
_FORGOTTEN_AFTER = dt.timedelta(hours=24)


def draft_id(cause: str) -> int:
    """The same for the same cause, never 0, and within 31 bits, which every client can hold."""
    return int.from_bytes(hashlib.blake2b(cause.encode(), digest_size=4).digest(), "big") % (2**31 - 1) + 1


@dataclass(frozen=True, slots=True)
class Growth:
    """A message that a reply grows in."""

    cause: str
    chat: int
    message: int


class Growths:
    """What is kept of them, by whichever process."""

    def __init__(self, store: Callable[[], Store], clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def keep(self, growth: Growth) -> None:
        """Returns once it is committed; raises `Unavailable` where it cannot be kept."""
        async with self._store().write() as tx:
            await notes.put(
                tx, _KEY + growth.cause, f"{growth.chat} {growth.message} {growth.cause}", self._clock.now()
            )

    async def of(self, cause: str) -> Growth | None:
        """The message in which the reply with this cause grew."""
        with suppress(Unavailable):
            async with self._store().read() as tx:
                return _read(await notes.get(tx, _KEY + cause))
        return None

    async def forget(self, cause: str) -> None:
        with suppress(Unavailable):
            async with self._store().write() as tx:
                await notes.drop(tx, _KEY + cause)

    async def noted(self, *, abandoned: bool = False) -> list[Growth]:
        """Those that are kept; `abandoned`: for more than a day, so that nobody will deliver them."""
        before = self._clock.now() - (_FORGOTTEN_AFTER if abandoned else dt.timedelta())
        with suppress(Unavailable):
            async with self._store().read() as tx:
                return [growth for note in await notes.older(tx, _KEY, before) if (growth := _read(note)) is not None]
        return []


def _read(note: str) -> Growth | None:
    chat, _, rest = note.partition(" ")
    message, _, cause = rest.partition(" ")
    return Growth(cause, int(chat), int(message)) if cause else None
