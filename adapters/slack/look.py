"""Asking Slack whether a delivery has arrived: our messages carry its cause in their metadata."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.slack.inbound import Identity
from adapters.slack.render import DELIVERY, PREVIEW
from adapters.slack.web import Json, Web
from core.messages import Address

_PAGE = 200
_PAGES = 10


@dataclass(slots=True)
class Found:
    """What there is of one delivery. Several `of` are possible: a reply that was refused with blocks is cut anew."""

    parts: dict[int, dict[int, str]] = field(default_factory=dict)
    """By number of parts in all: the parts that are there, by their number, with their ts."""
    preview: str = ""
    """The ts of a preview that never became the delivery."""
    texts: dict[str, str] = field(default_factory=dict)
    """The text of each of our own messages that carries no cause, by ts: streams that were not ended by us."""

    def unended(self, since: str) -> str:
        """The ts of a stream that was begun after the message `since` and never ended; "" if there is none."""
        return max((ts for ts in self.texts if since and ts > since), default="")

    @property
    def complete(self) -> tuple[str, ...]:
        """The ids of all parts, in order, if nothing is missing; else ()."""
        for of, there in self.parts.items():
            if of and all(part in there for part in range(of)):
                return tuple(there[part] for part in range(of))
        return ()


async def look(web: Web, identity: Identity, address: Address, cause: str, since: str) -> Found:
    """Searches the conversation from the newest message back, or a thread from its start, for at most 2,000 messages;
    `since` (a ts, or "") is a message that is surely older. Raises `CallFailed`."""
    found = Found()
    where: Json = {"channel": address.chat, "limit": _PAGE, "include_all_metadata": True}
    method = "conversations.history"
    if address.thread:
        method = "conversations.replies"
        where["ts"] = address.thread
    if since:
        where["oldest"] = since
    for _ in range(_PAGES):
        answer = await web.get(method, where)
        for message in answer.get("messages") or []:
            if str(message.get("ts", "")) < since:
                continue
            if message.get("user") == identity.user or (identity.bot and message.get("bot_id") == identity.bot):
                _note(found, message, cause)
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if found.complete or not cursor:
            break
        where["cursor"] = cursor
    return found


def _note(found: Found, message: Json, cause: str) -> None:
    ts = str(message.get("ts", ""))
    metadata = message.get("metadata") or {}
    payload = metadata.get("event_payload") or {}
    if "cause" not in payload:
        found.texts[ts] = str(message.get("text", ""))
    if payload.get("cause") != cause:
        return
    if metadata.get("event_type") == PREVIEW:
        found.preview = ts
    elif metadata.get("event_type") == DELIVERY:
        there = found.parts.setdefault(int(payload.get("parts", 1)), {})
        there[int(payload.get("part", 0))] = ts
