"""What open pages see, as it happens: server-sent events, and a memory of the latest so that none is lost.

A phone that slept comes back with the id of the last event it saw and gets what it missed. If that is more than we
remember, or from another life of this process, it is told to load the history again.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import OrderedDict, deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field

_REMEMBERED = 200
"""Events of a conversation."""
_CONVERSATIONS = 1_000
_PREVIEWS = 8
"""Growing replies of a conversation; more than one only if some never came to an end."""
_BEHIND = 1_000
"""Events a page may lag behind before it is cut off; it comes back by itself and resumes."""


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: Mapping[str, object]
    number: int = 0
    """Its place among all events; 0 for those that are not remembered."""


@dataclass(slots=True)
class _Conversation:
    forgotten: int
    """Number of the newest event that is not in `latest` any more."""
    latest: deque[Event] = field(default_factory=deque)
    previews: OrderedDict[str, str] = field(default_factory=OrderedDict)
    pages: set[asyncio.Queue[Event | None]] = field(default_factory=set)


class Streams:
    """Every conversation's events. All of it happens on the event loop; nothing here waits for a page."""

    def __init__(self, heartbeat: float = 15.0) -> None:
        self._heartbeat = heartbeat
        self._life = secrets.token_hex(4)
        self._number = 0
        self._conversations: OrderedDict[str, _Conversation] = OrderedDict()

    def publish(self, chat: str, name: str, data: Mapping[str, object]) -> str:
        """Shows an event on every open page and remembers it for the others; its id."""
        conversation = self._conversation(chat)
        self._number += 1
        event = Event(name, data, self._number)
        conversation.latest.append(event)
        while len(conversation.latest) > _REMEMBERED:
            conversation.forgotten = conversation.latest.popleft().number
        _tell(conversation, event)
        return self._id(event.number)

    def grow(self, chat: str, cause: str, piece: str) -> None:
        conversation = self._conversation(chat)
        conversation.previews[cause] = conversation.previews.get(cause, "") + piece
        while len(conversation.previews) > _PREVIEWS:
            conversation.previews.popitem(last=False)
        _tell(conversation, Event("delta", {"cause": cause, "text": piece}))

    def status(self, chat: str, cause: str, words: str) -> None:
        _tell(self._conversation(chat), Event("status", {"cause": cause, "text": words}))

    def settle(self, chat: str, cause: str) -> None:
        """The preview is over: its reply has come."""
        self._conversation(chat).previews.pop(cause, None)

    def drop(self, chat: str, cause: str) -> None:
        """The preview is over and nothing came of it yet: pages take it away."""
        conversation = self._conversation(chat)
        conversation.previews.pop(cause, None)
        _tell(conversation, Event("drop", {"cause": cause}))

    def find(self, chat: str, cause: str) -> str | None:
        """The id of the remembered event with this cause."""
        latest = self._conversation(chat).latest
        return next((self._id(event.number) for event in latest if event.data.get("cause") == cause), None)

    def now(self, chat: str) -> str:
        """The id from which a page that has just loaded the history goes on."""
        self._conversation(chat)
        return self._id(self._number)

    async def follow(self, chat: str, last: str) -> AsyncGenerator[bytes]:
        """What happens after the event `last`, as text/event-stream; ends when the product stops."""
        nothing = b"retry: 2000\n\n"
        async with aclosing(self.events(chat, last)) as events:
            async for event in events:
                yield nothing if event is None else self._encode(event)
                nothing = b"event: beat\ndata: 1\n\n"

    async def events(self, chat: str, last: str) -> AsyncGenerator[Event | None]:
        """What happens after the event `last`; None once it is listened to, and now and then while nothing happens; ends
        when the product stops."""
        conversation = self._conversation(chat)
        page: asyncio.Queue[Event | None] = asyncio.Queue(_BEHIND)
        conversation.pages.add(page)
        try:
            yield None
            for event in self._missed(conversation, last):
                yield event
            while True:
                try:
                    async with asyncio.timeout(self._heartbeat):
                        next_event = await page.get()
                except TimeoutError:
                    yield None
                    continue
                if next_event is None:
                    return
                yield next_event
        finally:
            conversation.pages.discard(page)

    def close(self) -> None:
        """Ends every page's stream at once."""
        for conversation in self._conversations.values():
            for page in list(conversation.pages):
                _cut(conversation, page)

    def _missed(self, conversation: _Conversation, last: str) -> list[Event]:
        life, _, number = last.partition("-")
        known = life == self._life and number.isascii() and number.isdigit()
        if not known or int(number) < conversation.forgotten:
            return [Event("reset", {}, self._number)]
        missed = [event for event in conversation.latest if event.number > int(number)]
        growing = [Event("preview", {"cause": key, "text": text}) for key, text in conversation.previews.items()]
        return missed + growing

    def _conversation(self, chat: str) -> _Conversation:
        conversation = self._conversations.get(chat)
        if conversation is None:
            conversation = self._conversations[chat] = _Conversation(forgotten=self._number)
            idle = [key for key, one in self._conversations.items() if not one.pages and key != chat]
            for key in idle[: len(self._conversations) - _CONVERSATIONS]:
                del self._conversations[key]
        self._conversations.move_to_end(chat)
        return conversation

    def _id(self, number: int) -> str:
        return f"{self._life}-{number}"

    def _encode(self, event: Event) -> bytes:
        place = f"id: {self._id(event.number)}\n" if event.number else ""
        return f"{place}event: {event.name}\ndata: {json.dumps(event.data)}\n\n".encode()


def _tell(conversation: _Conversation, event: Event) -> None:
    for page in list(conversation.pages):
        try:
            page.put_nowait(event)
        except asyncio.QueueFull:
            _cut(conversation, page)


def _cut(conversation: _Conversation, page: asyncio.Queue[Event | None]) -> None:
    """Ends a page's stream, even if what waits for it must go: it asks for that again when it is back."""
    conversation.pages.discard(page)
    while not page.empty():
        page.get_nowait()
    page.put_nowait(None)
