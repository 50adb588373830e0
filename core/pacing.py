"""How fast a platform lets us send: a steady rate in all, a slower one for each chat, and pauses it asks for."""

from __future__ import annotations

import time
from collections import OrderedDict

_REMEMBERED_CHATS = 10_000
_BURST = 3.0
"""Messages that a quiet chat takes at once."""


class Pacer:
    """Hands out send times for one platform. Times are seconds of the monotonic clock."""

    def __init__(self, per_second: float, per_chat_per_second: float) -> None:
        self._gap = 1.0 / per_second
        self._chat_gap = 1.0 / per_chat_per_second
        self._next = 0.0
        self._chats: OrderedDict[str, float] = OrderedDict()
        self._paused: dict[str, float] = {}

    def reserve(self, chat: str, patience: float) -> float:
        """Seconds to wait before the next message to this chat. Up to `patience` it is counted as sent then; a longer
        wait is only told, and nothing is reserved."""
        now = time.monotonic()
        free = self._chats.get(chat, 0.0)
        at = max(now, self._next, free - (_BURST - 1) * self._chat_gap, self._paused.get(chat, 0.0))
        if at - now > patience:
            return at - now
        self._next = max(self._next, now) + self._gap
        self._chats[chat] = max(free, at) + self._chat_gap
        self._chats.move_to_end(chat)
        if len(self._chats) > _REMEMBERED_CHATS:
            self._chats.popitem(last=False)
        return at - now

    def pause(self, chat: str, seconds: float) -> None:
        """The platform asked for silence in this chat."""
        self._paused = {name: until for name, until in self._paused.items() if until > time.monotonic()}
        self._paused[chat] = time.monotonic() + seconds
