"""In which threads the assistant takes part: only there does it read messages that do not mention it."""

from __future__ import annotations

import logging

from adapters.slack.recent import Recent
from adapters.slack.web import CallFailed, Json, Web

log = logging.getLogger(__name__)


class Threads:
    """Remembers the threads of this process, and asks Slack about older ones once."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._taking_part: Recent[tuple[str, str], bool] = Recent(20_000)

    def join(self, channel: str, thread: str) -> None:
        self._taking_part.put((channel, thread), True)

    async def takes_part(self, channel: str, thread: str, bot_user: str) -> bool:
        """Whether the assistant was mentioned or wrote there. False where Slack cannot be asked, until it can."""
        key = (channel, thread)
        if (known := self._taking_part.get(key)) is not None:
            return known
        try:
            answer = await self._web.get("conversations.replies", {"channel": channel, "ts": thread, "limit": 100})
        except CallFailed as failure:
            log.warning("cannot tell whether a thread is ours", extra={"why": failure.what})
            return False
        messages: list[Json] = answer.get("messages") or []
        found = any(
            message.get("user") == bot_user or f"<@{bot_user}>" in str(message.get("text", "")) for message in messages
        )
        if key not in self._taking_part:  # a mention may have come while we asked
            self._taking_part.put(key, found)
        return found or bool(self._taking_part.get(key))
