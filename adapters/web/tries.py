"""What is tried at a door may fail a few times only, whichever process is asked."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.web.signin import network
from core.errors import Unavailable
from core.ports import Clock
from core.store import Store
from core.store.admin import signin

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Try:
    """`wait`: seconds until it may be made, 0 at once. It has failed unless `passed` is set."""

    wait: int = 0
    passed: bool = False


class Tries:
    """`store` raises `Unavailable` until Remora runs."""

    def __init__(self, store: Callable[[], Store], clock: Clock) -> None:
        self._store, self._clock = store, clock

    @asynccontextmanager
    async def one(self, client: str, *others: str) -> AsyncGenerator[Try]:
        """A try that counts against the client, and against what it wants to be; the log does not say what: people type
        passwords there."""
        keys = [
            hashlib.sha256(network(key).encode("utf-8", "replace")).hexdigest()
            for key in (client, *filter(None, others))
        ]
        store, now = self._store(), self._clock.now()
        async with store.read() as tx:
            made: Sequence[int] | int = await signin.wait(tx, keys, now)
        if not made:
            async with store.write() as tx:
                made = await signin.begin(tx, keys, now)
        if isinstance(made, int):
            yield Try(wait=made)
            return
        trying = Try()
        try:
            yield trying
        except Unavailable:
            trying.passed = True  # nobody looked at it
            raise
        finally:
            if trying.passed:
                async with store.write() as tx:
                    await signin.passed(tx, made)
            else:
                log.warning("a sign-in failed", extra={"client": client})
