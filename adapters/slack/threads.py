"""In which threads the assistant takes part: only there does it read messages that do not mention it."""

from __future__ import annotations

import asyncio
import logging

from adapters.slack.recent import Recent
from adapters.slack.web import CallFailed, Json, Web
from core.errors import Unavailable

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 2.0


class Threads:
    """Remembers the threads of this process, and asks Slack about older ones once."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._taking_part: Recent[tuple[str, str], bool] = Recent(20_000)

    def join(self, channel: str, thread: str) -> None:
        self._taking_part.put((channel, thread), True)

    async def takes_part(self, channel: str, thread: str, bot_user: str) -> bool:
        """Whether the assistant was mentioned or wrote there. Raises `Unavailable` while Slack cannot tell: a message
        that is dropped for that would be lost, one that is not acknowledged comes again."""
        key = (channel, thread)
        if (known := self._taking_part.get(key)) is not None:
            return known
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                answer = await self._web.get("conversations.replies", {"channel": channel, "ts": thread, "limit": 100})
        except TimeoutError:
            raise Unavailable("cannot tell in time whether a thread is ours") from None
        except CallFailed as failure:
            if failure.limited or failure.temporary:
                raise Unavailable(f"cannot tell whether a thread is ours: {failure.what}") from None
            log.warning("cannot tell whether a thread is ours", extra={"why": failure.what})
            return False
        messages: list[Json] = answer.get("messages") or []
        found = any(
            message.get("user") == bot_user or f"<@{bot_user}>" in str(message.get("text", "")) for message in messages
        )
        if key not in self._taking_part:  # a mention may have come while we asked
            self._taking_part.put(key, found)
        return found or bool(self._taking_part.get(key))
