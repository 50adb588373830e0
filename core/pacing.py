"""How fast a platform lets us send: so many a second in all, fewer to each chat, pauses it asks for, and a breaker.

Times are seconds of the monotonic clock and are given by the caller.
"""

from __future__ import annotations

import random
from collections import OrderedDict, deque

_REMEMBERED_CHATS = 10_000
_BURST = 3.0
"""Messages that a quiet chat takes at once."""
_MARGIN = 0.01
"""Seconds by which a second's worth of messages is stretched, since clocks and networks are not exact."""
_CATCH_UP = 1.0
"""Seconds of slots that may be made up for after the loop was busy; the rate of any one second holds all the same."""
_MOST_COUNTED = 2_000
"""Messages a second up to which those of the last second are counted."""


class Pacer:
    """When the next message may go to one platform."""

    def __init__(self, per_second: float, per_chat_per_second: float) -> None:
        self.per_second = per_second
        self._rate = per_second
        self._chat_gap = 1.0 / per_chat_per_second
        self._slot = 0.0
        self._sent: deque[float] = deque()
        """When the last messages went, as many as a second takes."""
        self._chats: OrderedDict[str, float] = OrderedDict()
        self._paused: dict[str, float] = {}

    def share(self, workers: int) -> None:
        """So many workers send to this platform: each takes its part of the rate."""
        self._rate = self.per_second / max(workers, 1)

    @property
    def rate(self) -> float:
        """Messages a second that this worker may send."""
        return self._rate

    def ready_at(self) -> float:
        """When the platform takes the next message."""
        most = max(int(self._rate), 1)
        if len(self._sent) < most:
            return self._slot
        return max(self._slot, self._sent[-most] + max(1.0, 1.0 / self._rate) + _MARGIN)

    def chat_ready_at(self, chat: str) -> float:
        """When this chat takes the next message."""
        return max(self._chats.get(chat, 0.0) - (_BURST - 1) * self._chat_gap, self._paused.get(chat, 0.0))

    def sent(self, chat: str, now: float, ready: float) -> None:
        """A message goes to this chat now that has been ready since then: slots missed meanwhile are made up for."""
        self._slot = max(self._slot, ready, now - _CATCH_UP) + 1.0 / self._rate
        if self._rate <= _MOST_COUNTED:
            self._sent.append(now)
            if len(self._sent) > self._rate + 1:
                self._sent.popleft()
        self._chats[chat] = max(self._chats.get(chat, 0.0), now) + self._chat_gap
        self._chats.move_to_end(chat)
        if len(self._chats) > _REMEMBERED_CHATS:
            self._chats.popitem(last=False)

    def left(self, planned: float, now: float) -> None:
        """The message that was to go then goes only now: the loop was busy."""
        for place in range(len(self._sent) - 1, -1, -1):
            if self._sent[place] == planned:
                self._sent[place] = now
                return

    def pause(self, chat: str, seconds: float, now: float) -> None:
        """The platform asked for silence in this chat. No other chat waits for it."""
        self._paused = {name: until for name, until in self._paused.items() if until > now}
        self._paused[chat] = now + seconds


class Breaker:
    """Stops sending to a platform that does not answer, and lets one message try now and then."""

    _FAILURES = 5
    _FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0

    def __init__(self) -> None:
        self._failures = 0
        self._pause = self._FIRST_PAUSE
        self._until = 0.0
        self._probing = False

    @property
    def is_open(self) -> bool:
        """The platform is taken to be down."""
        return self._failures >= self._FAILURES

    def ready_at(self) -> float:
        """When the next message may try; infinity while one is trying."""
        if not self.is_open:
            return 0.0
        return float("inf") if self._probing else self._until

    def trying(self) -> None:
        """A message is being sent now."""
        self._probing = self.is_open

    def not_tried(self) -> None:
        """It was not sent after all."""
        self._probing = False

    def succeeded(self) -> None:
        """The platform answered, whatever it said."""
        self._failures, self._pause, self._probing = 0, self._FIRST_PAUSE, False

    def failed(self, now: float) -> None:
        """No connection, no answer, or an error of the platform's own."""
        was_open = self.is_open
        self._failures += 1
        if self.is_open and (self._probing or not was_open):
            self._until = now + self._pause * random.uniform(0.75, 1.25)
            self._pause = min(self._pause * 2, self._LONGEST_PAUSE)
            self._probing = False
