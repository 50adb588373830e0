"""The bodies of requests, of which no more is kept than they may be long."""

from __future__ import annotations

from starlette.requests import Request

_DRAINED = 8 << 20
"""Bytes of a body that is too large which are still read, so that the sender gets to hear why it was refused."""


class TooLarge(Exception):
    """The body is longer than it may be."""


async def body(request: Request, limit: int) -> bytes:
    """The body, at most `limit` bytes; raises `TooLarge`."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= limit:
            parts.append(part)
        elif size > _DRAINED:
            break
    if size > limit:
        raise TooLarge
    return b"".join(parts)
