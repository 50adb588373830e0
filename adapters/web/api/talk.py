"""A machine talks to the bot in somebody's name: the message goes the way of every message, and its reply is waited for."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from weakref import WeakValueDictionary

from adapters.web.streams import Streams
from core.messages import Address, Message, Sender
from core.ports import Clock

PREFIX = "api:"
"""Of the chats that machines hold: no browser has one of these."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came: a piece of a reply that grows, or the reply as it is meant (`whole`)."""

    text: str
    whole: bool = False


class Talk:
    """Each (key, user) is a person of its own, with its own memory and reminders: somebody else than who runs Remora, whoever
    made the key."""

    def __init__(self, take: Callable[[Message], Awaitable[None]], streams: Streams, clock: Clock) -> None:
        self._take, self._streams, self._clock = take, streams, clock
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ask(self, token_id: int, user: str, text: str, seconds: float) -> AsyncGenerator[Said]:
        """Yields the reply's pieces, then the reply; raises `TimeoutError` after so many seconds, `Unavailable` where the
        message cannot be kept now."""
        chat = f"{PREFIX}{token_id}:{hashlib.sha256(user.encode()).hexdigest()[:16]}"
        id_ = secrets.token_hex(12)
        message = Message(
            event_id=f"{chat}:{id_}",
            address=Address("web", "", chat),
            sender=Sender(account=chat, name=user, guest=True),
            text=text,
            sent_at=self._clock.now(),
            message_id=id_,
        )
        turn = self._turns.setdefault(chat, asyncio.Lock())  # pieces do not say which message they answer
        async with (
            asyncio.timeout(seconds),
            turn,
            aclosing(self._streams.events(chat, self._streams.now(chat))) as events,
        ):
            await anext(events)  # from here on nothing is missed
            await self._take(message)
            async for event in events:
                if event is None or event.data.get("answers", id_) != id_:
                    continue
                if event.name == "delta":
                    yield Said(str(event.data["text"]))
                elif event.name == "reply":
                    yield Said(str(event.data["text"]), whole=True)
                    return
