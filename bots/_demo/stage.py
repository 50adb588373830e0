"""What the page shows of both chats, and the clock that both live by."""

from __future__ import annotations

import asyncio
import datetime as dt
import html
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeAlias

from core.clock import SystemClock

Json: TypeAlias = dict[str, Any]
Side: TypeAlias = Literal["slack", "telegram"]


class JumpClock(SystemClock):
    """The system's clock, some way ahead."""

    def __init__(self) -> None:
        self.ahead = dt.timedelta()

    def now(self) -> dt.datetime:
        return super().now() + self.ahead

    def jump_to(self, moment: dt.datetime) -> None:
        """Never back."""
        self.ahead += max(moment - self.now(), dt.timedelta())


@dataclass(frozen=True, slots=True)
class Bubble:
    """One message on the screen."""

    side: Side
    id: str
    who: Literal["person", "bot"]
    html: str
    at: str
    buttons: list[str] = field(default_factory=list)
    draft: bool = False
    """It still grows."""


class Stage:
    """Keeps what stands in both chats, and tells every page that is open what changes."""

    def __init__(self, clock: JumpClock, zone: str) -> None:
        """`zone`: in which both people live."""
        self.clock = clock
        self._zone = zone
        self._shown: dict[str, Json] = {}
        self._pages: set[asyncio.Queue[Json]] = set()

    def put(self, bubble: Bubble) -> None:
        event = {"kind": "bubble", **asdict(bubble)}
        self._shown[f"{bubble.side}:{bubble.id}"] = event
        self._tell(event)

    def gone(self, side: Side, id: str) -> None:
        if self._shown.pop(f"{side}:{id}", None) is not None:
            self._tell({"kind": "gone", "side": side, "id": id})

    def note(self, side: Side, text: str) -> None:
        """What the assistant is doing, or a word that passes."""
        self._tell({"kind": "note", "side": side, "text": text})

    def tick(self) -> None:
        self._tell(self._time())

    def _time(self) -> Json:
        return {"kind": "clock", "ahead": self.clock.ahead.total_seconds(), "zone": self._zone}

    def time(self) -> str:
        return self.clock.now().isoformat()

    @asynccontextmanager
    async def page(self) -> AsyncIterator[asyncio.Queue[Json]]:
        """Everything that stands there, and then every change."""
        queue: asyncio.Queue[Json] = asyncio.Queue()
        for event in [self._time(), *self._shown.values()]:
            queue.put_nowait(event)
        self._pages.add(queue)
        try:
            yield queue
        finally:
            self._pages.discard(queue)

    def _tell(self, event: Json) -> None:
        for queue in self._pages:
            queue.put_nowait(event)


def lines(text: str) -> str:
    """Plain text as HTML."""
    return html.escape(text).replace("\n", "<br>")
