"""A person's reminders for calendar programs, at an address that only they know. No sign-in: the secret is the key."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from core.errors import Unavailable

Calendar: TypeAlias = Callable[[str], Awaitable[str | None]]
"""The iCalendar file of the person whose secret it is; None: nobody's."""

_SECRET = re.compile(r"[A-Za-z0-9_-]{20,64}")
_HEADERS = {"cache-control": "private, no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}


def routes(calendar: Calendar) -> list[Route]:
    """`/calendar/SECRET.ics`; a wrong secret is answered like a missing page."""

    async def feed(request: Request) -> Response:
        secret = str(request.path_params["secret"])
        try:
            text = await calendar(secret) if _SECRET.fullmatch(secret) else None
        except Unavailable:
            return PlainTextResponse("not now, try again\n", status_code=503, headers={"retry-after": "60"})
        if text is None:
            return PlainTextResponse("there is no calendar here\n", status_code=404, headers=_HEADERS)
        return Response(text, media_type="text/calendar; charset=utf-8", headers=_HEADERS)

    return [Route("/calendar/{secret}.ics", feed, methods=["GET", "HEAD"])]
