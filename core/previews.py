"""What a platform shows of a reply while it is written."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator

from core.messages import Begun, ReplyEvent
from core.ports import WITHDRAWN, Adapter
from core.skills.base import Turn

log = logging.getLogger(__name__)


class Preview:
    """Of one reply: nothing before there is something, and nothing where it cannot be shown."""

    def __init__(self, adapter: Adapter | None, turn: Turn) -> None:
        can = adapter is not None and adapter.capabilities.preview and not turn.message.hidden and not turn.again
        self._adapter, self._turn = adapter if can else None, turn
        self._events: asyncio.Queue[ReplyEvent | None] = asyncio.Queue()
        self._showing: asyncio.Task[None] | None = None

    def add(self, event: ReplyEvent) -> None:
        if self._showing is None and self._adapter is not None:
            self._showing = asyncio.create_task(_show(self._adapter, self._turn, self._events))
        self._events.put_nowait(event)

    def end(self, comes: bool | None) -> None:
        """The reply comes in its place, or never (then it is taken away), or (None) by another attempt."""
        self._events.put_nowait(None)
        if self._showing is not None and not comes:
            self._showing.cancel(WITHDRAWN if comes is False else None)


async def _show(adapter: Adapter, turn: Turn, queue: asyncio.Queue[ReplyEvent | None]) -> None:
    async def events() -> AsyncGenerator[ReplyEvent]:
        yield Begun(turn.message.message_id, turn.language)
        while (event := await queue.get()) is not None:
            yield event

    try:
        await adapter.show(turn.message.address, f"turn:{turn.id}", events())
    except Exception as error:  # noqa: BLE001  # boundary: a preview; the reply itself is delivered all the same
        log.warning("the preview broke", extra={"platform": adapter.name, "error": type(error).__name__})
