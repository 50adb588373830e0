"""Slack over HTTP: events, interactions and commands, all at one address.

Nothing of a request is parsed before its signature and time are checked; 200 is said only when what it brought is kept,
so that Slack sends again what is not.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from adapters._bodies import TooLarge, body
from adapters.slack.web import Json
from core.ports import Clock

log = logging.getLogger(__name__)

_LARGEST = 1 << 20
"""Bytes of a body."""
_OLDEST_SECONDS = 300
"""A request that was signed longer ago may be a recording."""


class Events:
    """Takes in what Slack posts."""

    def __init__(self, secret: str, clock: Clock, take: Callable[[Json], Awaitable[Json | None]]) -> None:
        """`take` deals with a payload and returns what Slack is to be answered, or None where it was not kept."""
        self._secret = secret.encode()
        self._clock = clock
        self._take = take

    async def take_in(self, request: Request) -> Response:
        try:
            sent = await body(request, _LARGEST)
        except ClientDisconnect:
            return _refuse(400, "the request broke off")
        except TooLarge:
            return _refuse(413, "the body is too large")
        stamp, signature = (request.headers.get(f"x-slack-{name}", "") for name in ("request-timestamp", "signature"))
        if why := self._forged(stamp, signature, sent):
            return _refuse(401, why)
        payload = _payload(request.headers.get("content-type", ""), sent)
        if payload is None:
            return _refuse(400, "the body is not what Slack sends")
        if payload.get("type") == "url_verification":
            return PlainTextResponse(str(payload.get("challenge", "")))
        answer = await self._take(payload)
        if answer is None:
            return _refuse(503, "not kept")
        return JSONResponse(answer) if answer else Response()

    def _forged(self, stamp: str, signature: str, sent: bytes) -> str:
        """Why this is not from Slack, or not from now; "" if it is."""
        if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 16):
            return "the timestamp is not a number"
        if abs(self._clock.now().timestamp() - int(stamp)) > _OLDEST_SECONDS:
            return "the timestamp is too old or in the future"
        wanted = "v0=" + hmac.digest(self._secret, f"v0:{stamp}:".encode() + sent, "sha256").hex()
        return "" if hmac.compare_digest(wanted.encode(), signature.encode()) else "the signature is wrong"


def _refuse(status: int, why: str) -> Response:
    log.warning("a request to Slack's address was refused", extra={"status": status, "why": why})
    return PlainTextResponse(f"{why}\n", status)


def _payload(content_type: str, sent: bytes) -> Json | None:
    """Events are JSON; interactions are JSON in a form; slash commands are the form itself."""
    try:
        if not content_type.startswith("application/x-www-form-urlencoded"):
            found = json.loads(sent)
        else:
            form = {name: values[0] for name, values in parse_qs(sent.decode(), keep_blank_values=True).items()}
            found = json.loads(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
