"""The intents in force, in this process: watched in the database, compiled beside, swapped whole.

Polled rather than announced, on PostgreSQL too: one indexed row a second costs nothing, needs no connection of its own,
and cannot miss a notification while one is broken.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from core.intents.definition import Intent
from core.intents.documents import intent_of
from core.intents.encoders import Cached
from core.intents.recognition import Recognizer, changed, compiled
from core.store import Store, intents

log = logging.getLogger(__name__)
_BREAKS = (ArithmeticError, ImportError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)
"""What encoders and numbers may raise."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Catalog:
    """A release, compiled. Immutable: a turn keeps the one that it began with."""

    number: int
    recognizer: Recognizer


NOTHING = Catalog(0, compiled((), ()))
"""Before the first release is read: nothing is recognised."""


class Live:
    """Holds `current`; `tick`, called each second, follows the database."""

    def __init__(self, store: Store, bot: str, load: Callable[[], Sequence[Cached]]) -> None:
        self._store, self._bot, self._load = store, bot, load
        self._encoders: Sequence[Cached] | None = None
        self._fitting: asyncio.Task[None] | None = None
        self.current = NOTHING

    def encoders(self) -> Sequence[Cached]:
        """Those that are loaded by now."""
        return self._encoders or ()

    async def tick(self) -> None:
        """Swaps to a new release at once, with what is known of the old one; the calibrated fit follows in a thread."""
        async with self._store.read() as tx:
            number = await intents.live_number(tx, self._bot)
            if number == self.current.number:
                return
            documents = await intents.documents(tx, self._bot, number) or []
        read = [intent for document in documents if (intent := intent_of(document, [])) is not None]
        before = self.current.recognizer
        try:
            instant = await (
                asyncio.to_thread(changed, before, read) if before.head else asyncio.to_thread(compiled, read, ())
            )
        except (ArithmeticError, LookupError, ValueError, MemoryError) as error:
            log.error(
                "a release cannot be compiled: the one before stays",
                extra={"release": number, "error": type(error).__name__},
            )
            self.current = Catalog(number, before)
            return
        self.current = Catalog(number, instant)
        log.info("intents are in force", extra={"release": number, "intents": len(read)})
        if self._fitting is not None:
            self._fitting.cancel()
        self._fitting = asyncio.create_task(self._fit(number, read, fresh=before.head is None), name="intents-fit")
        self._fitting.add_done_callback(_told)

    async def _fit(self, number: int, read: Sequence[Intent], *, fresh: bool) -> None:
        if self._encoders is None:
            self._encoders = await _aside(self._load)
        if not self._encoders and fresh:
            return  # n-grams are all there is, and they are fitted
        fitted = await _aside(partial(compiled, read, self._encoders))
        if self.current.number == number:
            self.current = Catalog(number, fitted)

    async def settled(self) -> None:
        """Returns once the calibrated fit of the current release is done."""
        if self._fitting is not None:
            await self._fitting

    async def aclose(self) -> None:
        if self._fitting is not None:
            self._fitting.cancel()
            await asyncio.gather(self._fitting, return_exceptions=True)


async def _aside(work: Callable[[], _T]) -> _T:
    """The result of work that may take minutes (weights that are fetched), in a thread for which no process waits that
    wants to end."""
    result: Future[_T] = Future()

    def run() -> None:
        result.set_running_or_notify_cancel()
        try:
            result.set_result(work())
        except _BREAKS as error:
            result.set_exception(error)

    threading.Thread(target=run, name="intents", daemon=True).start()
    return await asyncio.wrap_future(result)


def _told(task: asyncio.Task[None]) -> None:
    """A fit that broke leaves the instant classifier in force."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("intents could not be fitted", extra={"error": type(error).__name__})
