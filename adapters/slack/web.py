"""Slack's Web API: one pool of connections for every workspace, one token a call.

What writes is one request and never repeated here: the outbox decides about that. The library's own retry handlers stay
off, since a message whose answer was lost would be posted twice, and an hour's rate limit slept through. What only
reads is asked again after a moment (`Web.get`), but never for longer than somebody who waits for it can stand.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any, TypeAlias
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.quiet import library_logger
from core.errors import RemoraError

Json: TypeAlias = dict[str, Any]
Left: TypeAlias = Callable[[], None] | None
"""Told as soon as a request's body is with the network, where somebody wants to know."""

_TEMPORARY = {
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "messaging_processing_failed",
}

_REFUSING = {"account_inactive", "invalid_auth", "missing_scope", "not_authed", "token_expired", "token_revoked"}
"""Not this call was wrong but what the workspace allows us: its owner has to mend it."""
_LONGEST_PAUSE = 2.0
"""Seconds that a reading call waits before it is repeated; a longer wait is for the caller to decide."""


class CallFailed(RemoraError):
    """A call did not succeed. `reason` is Slack's own word for it, or "connection"."""

    def __init__(
        self, method: str, reason: str, status: int, left: bool, after: dt.timedelta | None, needed: str = ""
    ) -> None:
        super().__init__(f"{method}: {reason}" + (f" (HTTP {status})" if status not in (0, 200) else ""))
        self.reason = reason
        self.status = status
        self.left = left
        """The request went out whole, so that it may have had its effect."""
        self.after = after
        """With a rate limit: how long Slack wants us to wait."""
        self.needed = needed
        """With "missing_scope": the scopes of which one would do."""

    @property
    def limited(self) -> bool:
        return self.status == 429 or self.reason in ("ratelimited", "rate_limited")

    @property
    def temporary(self) -> bool:
        """Nobody refused: the same call may succeed later. Rate limits are not counted here."""
        return not self.limited and (self.status == 0 or self.status >= 500 or self.reason in _TEMPORARY)


class Mark:
    """Notes that a request has left, and passes that on: once, also where one that was refused is followed by another."""

    def __init__(self, then: Left) -> None:
        self.left = False
        self._then = then

    def __call__(self) -> None:
        if not self.left:
            self.left = True
            if self._then is not None:
                self._then()


_mark: ContextVar[Mark | None] = ContextVar("slack_request_mark", default=None)


async def _body_sent(_session: aiohttp.ClientSession, _context: SimpleNamespace, _params: object) -> None:
    # aiohttp calls this right before it hands the body to the transport, in the same step of the same task; a callback
    # put on the loop now runs right after that step, and before the loop can read an answer.
    if (mark := _mark.get()) is not None:
        asyncio.get_running_loop().call_soon(mark)


class Wire:
    """The connections to Slack, shared by every workspace. Open it inside a running loop, and close it there."""

    def __init__(self, base_url: str, timeout: float = 20.0, pause: float = 0.3) -> None:
        """`pause`: seconds before a reading call is repeated, and twice as many before the last time."""
        self.base_url = base_url
        self.pause = pause
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self._client: AsyncWebClient | None = None

    async def open(self) -> None:
        trace = aiohttp.TraceConfig()
        trace.on_request_chunk_sent.append(_body_sent)
        self._session = aiohttp.ClientSession(
            # Not trust_env: it also looks for a ~/.netrc before every request, in a thread; that took a sixth of the time.
            proxy=_proxy(self.base_url),
            trace_configs=[trace],
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            connector=aiohttp.TCPConnector(limit=100, keepalive_timeout=30),
        )
        self._client = AsyncWebClient(
            base_url=self.base_url, session=self._session, logger=library_logger(), retry_handlers=[]
        )
        self._client.proxy = None  # the session's holds: the library knows no NO_PROXY

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        assert self._session is not None, "connect() was not entered"
        return self._session

    async def call(self, method: str, token: str, left: Left = None, **how: Any) -> Json:
        """One request; `left` is called once its body is with the network. Raises `CallFailed`."""
        assert self._client is not None, "connect() was not entered"
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        mark = Mark(left)
        before = _mark.set(mark)
        try:
            answer = await self._client.api_call(method, headers=headers, **how)
        except SlackApiError as error:
            raise _refused(method, error, mark.left) from None
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            # ValueError: a body that is not JSON although it says so. Messages may hold addresses with secrets.
            raise CallFailed(method, "connection", 0, mark.left, None) from None
        finally:
            _mark.reset(before)
        if not isinstance(answer.data, dict):
            return {}
        # What the token may do stands beside the answer, and only there.
        scopes = {"scopes": answer.headers.get("x-oauth-scopes", "")} if method == "auth.test" else {}
        return answer.data | scopes

    async def answer(self, url: str, body: Json, left: Left) -> None:
        """Answers an interaction at the address that came with it. Raises `CallFailed`, which says what Slack did with
        it: refused it, or perhaps took it."""
        mark = Mark(left)
        before = _mark.set(mark)
        try:
            async with self.session.post(url, json=body) as response:
                if not response.ok:
                    raise CallFailed("response_url", f"http_{response.status}", response.status, mark.left, None)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            raise CallFailed("response_url", "connection", 0, mark.left, None) from None
        finally:
            _mark.reset(before)


class Web:
    """The calls in one workspace."""

    def __init__(
        self,
        wire: Wire,
        token: Callable[[], Awaitable[str]],
        refused: Callable[[CallFailed], Awaitable[None]] | None = None,
    ) -> None:
        """`token` is asked before each call, since tokens change; it may raise `CallFailed`. `refused` hears of each
        call that the workspace does not allow us."""
        self._wire = wire
        self._token = token
        self._refused = refused

    async def post(self, method: str, body: Json, left: Left = None) -> Json:
        """Calls with a JSON body; `left` is called once the body is with the network. Raises `CallFailed`."""
        given = {name: value for name, value in body.items() if value is not None}
        return await self._call(method, left, json=given)

    async def get(self, method: str, params: Json) -> Json:
        """Calls a reading method, up to three times. Raises `CallFailed`."""
        for pause in (self._wire.pause, 2 * self._wire.pause):
            try:
                return await self._call(method, None, http_verb="GET", params=params)
            except CallFailed as failure:
                wait = failure.after.total_seconds() if failure.limited and failure.after else pause
                if wait > _LONGEST_PAUSE or not (failure.limited or failure.temporary):
                    raise
            await asyncio.sleep(wait)
        return await self._call(method, None, http_verb="GET", params=params)

    async def _call(self, method: str, left: Left, **how: Any) -> Json:
        try:
            return await self._wire.call(method, await self._token(), left, **how)
        except CallFailed as failure:
            if failure.reason in _REFUSING and self._refused is not None:
                await self._refused(failure)
            raise


def _proxy(url: str) -> str | None:
    """What HTTPS_PROXY, HTTP_PROXY and NO_PROXY say of this address."""
    where = urlsplit(url)
    return None if proxy_bypass(where.hostname or "") else getproxies().get(where.scheme)


def _refused(method: str, error: SlackApiError, left: bool) -> CallFailed:
    response: Any = error.response
    status = int(getattr(response, "status_code", 0) or getattr(response, "status", 0))
    data = getattr(response, "data", None)
    reason = str(data.get("error", "")) if isinstance(data, dict) else ""
    needed = str(data.get("needed", "")) if isinstance(data, dict) else ""
    return CallFailed(method, reason or f"http_{status}", status, left, _wait(response), needed)


def _wait(response: Any) -> dt.timedelta | None:
    headers = getattr(response, "headers", None) or {}
    value = str(headers.get("Retry-After", ""))
    return dt.timedelta(seconds=int(value)) if value.isdecimal() else None
