"""HTTP to the Bot API: tells when a request has left, and keeps the token out of every log."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx
from telegram import Bot
from telegram.error import TelegramError
from telegram.request import BaseRequest, HTTPXRequest, RequestData

from core.logs import hide

_BODY_IS_OUT = frozenset({"http11.send_request_body.complete", "http2.send_request_body.complete"})
_POLL_SLACK = 10.0
"""Seconds that the answer to a long poll may come later than asked for."""

_Timeout: TypeAlias = Any  # the library's own type for it is private


@dataclass(slots=True)
class Flight:
    """What is known of the requests made within `watched`; the newest one counts."""

    on_leaving: Callable[[], None] | None = None
    left: bool = False
    """The last byte was handed to the network."""
    status: int = 0
    """The HTTP status of the answer; 0: none came."""

    async def trace(self, event: str, _info: object) -> None:
        if event in _BODY_IS_OUT:
            self.left = True
            if self.on_leaving is not None:
                tell, self.on_leaving = self.on_leaving, None
                tell()


_flight: ContextVar[Flight | None] = ContextVar("telegram_flight", default=None)


@contextmanager
def watched(on_leaving: Callable[[], None] | None = None) -> Iterator[Flight]:
    """Watches the requests made inside. `on_leaving` is called once, before the first answer is read."""
    flight = Flight(on_leaving)
    token = _flight.set(flight)
    try:
        yield flight
    finally:
        _flight.reset(token)


async def _attach_trace(request: httpx.Request) -> None:
    if (flight := _flight.get()) is not None:
        request.extensions["trace"] = flight.trace


class WatchedRequest(HTTPXRequest):
    """The library's HTTP client, which reports to the `Flight` it is used in."""

    def __init__(self, connections: int) -> None:
        super().__init__(
            connection_pool_size=connections,
            connect_timeout=10.0,
            read_timeout=20.0,
            write_timeout=10.0,
            pool_timeout=10.0,
            httpx_kwargs={"event_hooks": {"request": [_attach_trace]}},
        )

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: _Timeout = BaseRequest.DEFAULT_NONE,
        write_timeout: _Timeout = BaseRequest.DEFAULT_NONE,
        connect_timeout: _Timeout = BaseRequest.DEFAULT_NONE,
        pool_timeout: _Timeout = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        flight = _flight.get()
        if flight is not None:
            flight.left, flight.status = False, 0
        status, body = await super().do_request(
            url, method, request_data, read_timeout, write_timeout, connect_timeout, pool_timeout
        )
        if flight is not None:
            flight.status = status
        return status, body

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Refuses what no Bot API says (a proxy's page, a hotel's sign-in), which the library logs whole or trips over."""
        with suppress(ValueError):
            said: object = json.loads(payload)
            if isinstance(said, dict) and ("result" in said or "error_code" in said):
                return said
        raise TelegramError("Invalid server response")


class RawBot(Bot):
    """The library's bot, with the updates as Telegram sent them: one that cannot be read must not cost the others."""

    async def raw_updates(self, offset: int | None, seconds: int, kinds: Sequence[str]) -> list[object]:
        """Waits up to `seconds` for updates from `offset` on; confirms those before it."""
        result = await self._post(
            "getUpdates",
            {"offset": offset, "timeout": seconds, "limit": 100, "allowed_updates": list(kinds)},
            read_timeout=seconds + _POLL_SLACK,
        )
        return result if isinstance(result, list) else []


def build_bot(token: str, api_base_url: str) -> tuple[RawBot, tuple[BaseRequest, ...]]:
    """A bot that is not connected yet, and its HTTP clients. Polling has one of its own: it never waits for sending."""
    hide(token)
    for name in ("httpx", "httpcore", "telegram"):
        logging.getLogger(name).setLevel(logging.WARNING)  # below: the URL of each call, and what people write
    root = api_base_url.rstrip("/")
    sending, polling = WatchedRequest(connections=64), WatchedRequest(connections=2)
    bot = RawBot(
        token,
        base_url=f"{root}/bot",
        base_file_url=f"{root}/file/bot",
        request=sending,
        get_updates_request=polling,
    )
    return bot, (sending, polling)
