"""The Telegram adapter: the library's `Bot` behind the port. Its own updater and application are not used: they confirm
updates from memory, before anything was kept."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from pydantic import ValidationError
from telegram.error import BadRequest, InvalidToken, RetryAfter, TelegramError

from adapters import Surroundings
from adapters.telegram.growing import Growths
from adapters.telegram.outbound import Outbound
from adapters.telegram.polling import Backoff, Pace, poll, reason, wait_of
from adapters.telegram.profile import present
from adapters.telegram.split import MAX_UNITS
from adapters.telegram.transport import build_bot
from adapters.telegram.updates import PLATFORM, Me, Update, to_message
from adapters.telegram.webhook import Webhook
from adapters.telegram.zone import zone_at
from core.errors import ConfigurationError, Unavailable
from core.messages import Address, Capabilities, Delivery, Receipt, ReplyEvent
from core.ports import Inbound

log = logging.getLogger(__name__)

_ANSWER_ATTEMPTS = 4
_QUERY_LIFE = 15.0
"""Seconds after which a press can no longer be answered."""
_CAPABILITIES = Capabilities(
    max_text=MAX_UNITS,
    unit="utf16",
    choices=True,
    preview=True,
    can_look=False,
    per_chat_per_second=1.0,
)


class TelegramAdapter:
    """One bot account."""

    def __init__(
        self,
        token: str,
        api_base_url: str,
        around: Surroundings,
        *,
        pace: Pace | None = None,
        rich: bool = False,
        per_second: float = 30.0,
    ) -> None:
        self._token = token
        self._api_base_url = api_base_url
        self._around = around
        self._pace = pace or Pace()
        self._bot, self._clients = build_bot(token, api_base_url)
        self._outbound = Outbound(self._bot, self._pace, Growths(around.store, around.clock), rich=rich)
        self._webhook: Webhook | None = None
        if around.public_url:
            self._webhook = Webhook(self._bot, around.public_url, around.key, self._receive, around.clock)
        self._capabilities = replace(_CAPABILITIES, per_second=per_second, hooked=self._webhook is not None)
        self._inbound: Inbound | None = None
        self._me = Me(0, "")

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def username(self) -> str:
        """Once connected: its name without "@"."""
        return self._me.username

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def where(self) -> str:
        how = "fetched" if self._webhook is None else "brought to PUBLIC_URL"
        sees = (
            "every message"
            if self._me.sees_all
            else "only what names it, answers it or is a command (privacy mode is on)"
        )
        return f"https://t.me/{self._me.username}; messages are {how}; in groups it is shown {sees}"

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        self._check_settings()
        for client in self._clients:
            await client.initialize()
        try:
            self._me = await self._introduce()
            link = f"https://t.me/{self._me.username}?start="
            self._capabilities = replace(self._capabilities, start_link=link)
            self._outbound.begin()
            if self._webhook is not None:
                self._around.hooks[PLATFORM] = self._webhook
            yield
        finally:
            if self._webhook is not None:
                self._around.hooks.pop(PLATFORM, None)
            await self._outbound.close()
            for client in self._clients:
                await client.shutdown()

    async def listen(self, inbound: Inbound) -> None:
        self._inbound = inbound
        presenting = asyncio.create_task(self._present_at_start(), name="telegram-profile")
        try:
            if self._webhook is not None and not self._around.has_web:
                await asyncio.Event().wait()
            if self._webhook is not None:
                await self._webhook.keep(self._pace, self._tell)
            await poll(self._bot, self._pace, self._receive, self._tell)
        finally:
            self._inbound = None
            presenting.cancel()
            await asyncio.wait([presenting])

    async def present(self) -> int:
        """Tells Telegram our commands and what the bot says of itself, where they changed; returns with how many calls.
        Raises `Unavailable`."""
        return await present(self._bot, self._around)

    async def _present_at_start(self) -> None:
        try:
            await self.present()
        except Unavailable as error:
            log.warning("the next start tells Telegram of our commands", extra={"why": error.what})

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        return await self._outbound.send(delivery, left)

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        await self._outbound.show(address, cause, events)

    def _check_settings(self) -> None:
        if not re.fullmatch(r"\d+:[\w-]+", self._token, re.ASCII):
            raise ConfigurationError(
                "TELEGRAM_BOT_TOKEN is not a bot token: those look like 123456:letters-and-digits",
                "copy it from @BotFather again, or empty it to switch Telegram off",
            )
        if not re.match(r"https?://[^/\s]+", self._api_base_url):
            raise ConfigurationError(
                "TELEGRAM_API_BASE_URL is not an address that begins with https:// or http://",
                "remove it to use https://api.telegram.org",
            )

    async def _introduce(self) -> Me:
        """Asks Telegram who we are, which also checks the token."""
        problem: ConfigurationError | Unavailable
        try:
            user = await self._bot.get_me()
            answers = frozenset(one.name for one in self._around.commands("en"))
            return Me(user.id, user.username or "", answers, sees_all=bool(user.can_read_all_group_messages))
        except InvalidToken:
            problem = ConfigurationError(
                "Telegram does not know the TELEGRAM_BOT_TOKEN",
                "copy it from @BotFather again; with a server of your own, check TELEGRAM_API_BASE_URL too",
            )
        except TelegramError as error:
            problem = Unavailable(
                f"Telegram cannot be reached: {reason(error)}",
                "check the network and TELEGRAM_API_BASE_URL, then start again",
            )
        raise problem  # outside the handlers, so that no library's error with the token in it hangs on to it

    async def _tell(self, key: str, what: str, mend: str) -> None:
        await self._around.trouble(f"{PLATFORM}:{key}", what, mend)

    async def _receive(self, raw: object) -> int | None:
        if self._inbound is None:
            raise Unavailable("Remora is starting or stopping")
        return await self._take(raw, self._inbound)

    async def _take(self, raw: object, inbound: Inbound) -> int | None:
        """Hands one update over. One that cannot be read is skipped: it would only come again and block the rest."""
        try:
            update = Update.model_validate(raw)
        except ValidationError as error:
            known = raw if isinstance(raw, dict) else {}
            update_id = known.get("update_id")
            fields = {"update": update_id, "kinds": sorted(known.keys() - {"update_id"}), "errors": error.error_count()}
            log.warning("an update of Telegram could not be read", extra=fields)
            return update_id if isinstance(update_id, int) else None
        message = to_message(update, self._me, self._around.clock.now())
        if message is not None and update.place is not None:
            message = replace(message, zone=await asyncio.to_thread(zone_at, update.place))
        toast = ""
        if update.stops:
            message, toast = await self._outbound.stopped(update, message)
        if message is not None:
            await inbound(message)
        if update.callback_query is not None:
            self._outbound.later(self._answer(update.callback_query.id, toast))
        if update.my_chat_member is not None:
            change = update.my_chat_member
            log.info("membership changed", extra={"in": change.chat.type, "now": change.new_chat_member.status})
        return update.update_id

    async def _answer(self, query: str, toast: str) -> None:
        """Stops the button's spinner. A query that is too old was answered before, or nobody waits for it."""
        backoff = Backoff(self._pace)
        for _ in range(_ANSWER_ATTEMPTS):
            try:
                await self._bot.answer_callback_query(query, toast or None)
                return
            except BadRequest:
                return
            except RetryAfter as error:
                if (wait := wait_of(error).total_seconds()) > _QUERY_LIFE:
                    return
                await asyncio.sleep(wait)
            except TelegramError as error:
                log.info("a button press could not be answered yet", extra={"why": reason(error)})
                await asyncio.sleep(backoff.next())
