"""Updates that Telegram brings: an address that only it knows, and an answer only once our side has kept what it brought."""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hmac
import json
import logging
from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from telegram import Bot
from telegram.error import BadRequest, TelegramError

from adapters._bodies import TooLarge, body
from adapters.telegram.polling import Backoff, Pace, Tell, recover
from adapters.telegram.updates import KINDS, PLATFORM
from core.errors import Unavailable
from core.logs import hide
from core.ports import Clock

log = logging.getLogger(__name__)

MOST = 1 << 20
"""Bytes of one update. Telegram's own are far shorter: none of its chats can be blocked by this."""
_LATELY = dt.timedelta(minutes=5)
"""How long ago a failure may have been to be told; none from before we were there."""


class Webhook:
    """An ASGI app for the updates, and the care that Telegram knows its address.

    Telegram brings the updates of one chat one after the other, and the next only when the one before was answered with
    2xx; so whatever will never be understood is answered so, and what cannot be kept now is not.
    """

    def __init__(
        self, bot: Bot, public_url: str, key: bytes, take: Callable[[object], Awaitable[object]], clock: Clock
    ) -> None:
        """The address holds a secret made from `key`, which is the same after a restart, and from what we ask for: if
        Telegram has this very address, it has all of our wishes."""

        def secret(purpose: str) -> str:
            told = f"telegram webhook {purpose}\n{bot.token}\n{' '.join(KINDS)}".encode()
            return base64.urlsafe_b64encode(hmac.digest(key, told, "sha256")).decode().rstrip("=")

        self._bot, self._take, self._clock = bot, take, clock
        self._path, self._token = secret("path"), secret("token")
        hide(self._path)
        hide(self._token)
        self._url = f"{public_url}/hooks/{PLATFORM}/{self._path}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope, receive)
            status, why = await self._answer(request, scope["path"].removeprefix(scope["root_path"]).strip("/"))
            if why:
                log.warning("a call of the webhook was not taken", extra={"status": status, "why": why})
            answer: Response = PlainTextResponse(f"{why}\n" if status >= 400 else "", status)
            await answer(scope, receive, send)

    async def _answer(self, request: Request, path: str) -> tuple[int, str]:
        """The status, and what is wrong if anything is."""
        if not _same(path, self._path):
            return 404, "not the address of the webhook"
        if request.method != "POST":
            return 405, "not a POST"
        if not _same(request.headers.get("x-telegram-bot-api-secret-token", ""), self._token):
            return 401, "the secret token is wrong"
        try:
            await self._take(json.loads(await body(request, MOST)))
        except TooLarge:
            return 413, "the body is longer than an update can be"
        except ClientDisconnect:
            return 400, "the caller went away"
        except (ValueError, RecursionError):
            return 200, "the body is not JSON"
        except Unavailable as error:
            return 503, error.what
        return 200, ""

    async def keep(self, pace: Pace, tell: Tell) -> None:
        """Sees to it that Telegram has our address, again and again: another program may take it away. Returns when
        Telegram refuses the address itself."""
        backoff, began = Backoff(pace), self._clock.now().replace(microsecond=0)
        while True:
            try:
                await self._ensure(tell, began)
            except BadRequest as error:
                log.error("Telegram refuses PUBLIC_URL as a webhook", extra={"why": error.message})
                mend = "PUBLIC_URL must begin with https:// and be reached from outside; without it Remora polls"
                await tell("webhook", f"Telegram refuses PUBLIC_URL: {error.message}", mend)
                return
            except TelegramError as error:
                await recover(self._bot, error, backoff, tell)
                continue
            backoff.failures = 0
            await asyncio.sleep(pace.between_looks)

    async def _ensure(self, tell: Tell, began: dt.datetime) -> None:
        info = await self._bot.get_webhook_info()
        if info.url != self._url:
            if info.url:
                log.warning("another webhook was set for this bot; it is replaced by ours")
            await self._bot.set_webhook(self._url, secret_token=self._token, allowed_updates=KINDS, max_connections=40)
            log.info("Telegram brings updates to PUBLIC_URL from now on")
        elif info.last_error_date and info.last_error_date >= max(began, self._clock.now() - _LATELY):
            said = (info.last_error_message or "").replace(self._path, "***")
            log.warning("Telegram could not bring updates", extra={"why": said, "wait": info.pending_update_count})
            mend = "check that PUBLIC_URL leads to this machine, with a certificate that is known"
            await tell("webhook", f"Telegram could not bring updates to PUBLIC_URL: {said}", mend)


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode())
