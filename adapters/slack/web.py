"""Slack's Web API: one call, one request. Nothing is repeated here: the outbox decides about that.

The library's own retry handlers stay off. Its default one sends a request again when the connection breaks, and a
message whose answer was lost would then be posted twice.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, TypeAlias

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.quiet import library_logger
from core.errors import RemoraError

Json: TypeAlias = dict[str, Any]

_TEMPORARY = {
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "messaging_processing_failed",
}


class CallFailed(RemoraError):
    """A call did not succeed. `reason` is Slack's own word for it, or "connection"."""

    def __init__(self, method: str, reason: str, status: int, left: bool, after: dt.timedelta | None) -> None:
        super().__init__(f"{method}: {reason}" + (f" (HTTP {status})" if status not in (0, 200) else ""))
        self.reason = reason
        self.status = status
        self.left = left
        """The request went out whole, so that it may have had its effect."""
        self.after = after
        """With a rate limit: how long Slack wants us to wait."""

    @property
    def limited(self) -> bool:
        return self.status == 429 or self.reason in ("ratelimited", "rate_limited")

    @property
    def temporary(self) -> bool:
        """Nobody refused: the same call may succeed later. Rate limits are not counted here."""
        return not self.limited and (self.status == 0 or self.status >= 500 or self.reason in _TEMPORARY)


class _Mark:
    """Notes that one request has left, and passes it on."""

    def __init__(self, then: Callable[[], None] | None) -> None:
        self.left = False
        self._then = then

    def __call__(self) -> None:
        if not self.left:
            self.left = True
            if self._then is not None:
                self._then()


_mark: ContextVar[_Mark | None] = ContextVar("slack_request_mark", default=None)


async def _body_sent(_session: aiohttp.ClientSession, _context: SimpleNamespace, _params: object) -> None:
    # aiohttp calls this right before it hands the body to the transport, in the same step of the same task; a callback
    # put on the loop now runs right after that step, and before the loop can read an answer.
    if (mark := _mark.get()) is not None:
        asyncio.get_running_loop().call_soon(mark)


class Web:
    """The calls, over one shared pool of connections. Open it inside a running loop, and close it there."""

    def __init__(self, token: str, base_url: str, timeout: float = 20.0) -> None:
        self._token = token
        self._base_url = base_url
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self._client: AsyncWebClient | None = None

    async def open(self) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_request_chunk_sent.append(_body_sent)
        self._session = aiohttp.ClientSession(
            trust_env=True,
            trace_configs=[trace],
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=30),
        )
        self._client = AsyncWebClient(
            token=self._token,
            base_url=self._base_url,
            session=self._session,
            logger=library_logger(),
            retry_handlers=[],
        )
        # The library reads HTTPS_PROXY but not NO_PROXY; the session reads both.
        self._client.proxy = None

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        assert self._session is not None, "connect() was not entered"
        return self._session

    async def post(
        self, method: str, body: Json, left: Callable[[], None] | None = None, token: str | None = None
    ) -> Json:
        """Calls with a JSON body; `left` is called once the body is with the network. Raises `CallFailed`."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        given = {name: value for name, value in body.items() if value is not None}
        return await self._call(method, left, json=given, headers=headers)

    async def get(self, method: str, params: Json) -> Json:
        """Calls a reading method, whose arguments go into the address. Raises `CallFailed`."""
        return await self._call(method, None, http_verb="GET", params=params)

    async def _call(self, method: str, left: Callable[[], None] | None, **how: Any) -> Json:
        assert self._client is not None, "connect() was not entered"
        mark = _Mark(left)
        before = _mark.set(mark)
        try:
            answer = await self._client.api_call(method, **how)
        except SlackApiError as error:
            raise _refused(method, error, mark.left) from None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            # ValueError: a body that is not JSON although it says so. Messages may hold addresses with secrets.
            raise CallFailed(method, "connection", 0, mark.left, None) from None
        finally:
            _mark.reset(before)
        return answer.data if isinstance(answer.data, dict) else {}


def _refused(method: str, error: SlackApiError, left: bool) -> CallFailed:
    response: Any = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    data = getattr(response, "data", None)
    reason = str(data.get("error", "")) if isinstance(data, dict) else ""
    return CallFailed(method, reason or f"http_{status}", status, left, _wait(response))


def _wait(response: Any) -> dt.timedelta | None:
    headers = getattr(response, "headers", None) or {}
    value = str(headers.get("Retry-After", ""))
    return dt.timedelta(seconds=int(value)) if value.isdecimal() else None
