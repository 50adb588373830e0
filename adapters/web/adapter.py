"""The browser as a chat platform: `Adapter` on the core's side, HTTP on the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from starlette.applications import Starlette

from adapters import Surroundings
from adapters.web import calendar, health, hooks, metrics
from adapters.web.admin.side import Side
from adapters.web.api import app as api
from adapters.web.api.talk import PREFIX, Talk
from adapters.web.guard import Guard
from adapters.web.look import Look
from adapters.web.markdown import to_html
from adapters.web.pages import Pages
from adapters.web.server import listening_sockets, serving
from adapters.web.signin import LINK_LIFE, SignIn
from adapters.web.streams import Streams
from core.errors import Unavailable
from core.messages import Address, Capabilities, Delivery, Message, Receipt, ReplyEvent, Status, TextDelta
from core.ports import Inbound
from core.settings import Settings

OWNER = "owner"
"""The person whom the link printed at start signs in."""


class WebAdapter:
    """Serves from `connect` on; takes messages while `listen` runs, and answers 503 otherwise."""

    name = "web"
    capabilities = Capabilities(max_text=1_000_000, can_look=True, open=True, per_second=1e3, per_chat_per_second=1e2)

    def __init__(self, settings: Settings, around: Surroundings) -> None:
        self._host, self._port, self._proxies = settings.host, settings.port, settings.trusted_proxies
        self._public = settings.public_url.rstrip("/")
        self.sign_in = SignIn(around.key, around.clock, lambda: self.url)
        self._streams = Streams()
        self._inbound: Inbound | None = None
        self._serving: asyncio.Task[None] | None = None
        look, secure = Look(), self._public.startswith("https://")
        pages = Pages(
            self._take,
            sign_in=self.sign_in,
            streams=self._streams,
            clock=around.clock,
            history=around.history,
            store=around.store,
            look=look,
            secure=secure,
        )
        admin = Side(around.desk, around.key, around.clock, look.version, secure=secure)
        parts = (
            pages.routes(),
            health.routes(around.checks),
            metrics.routes(around.desk),
            calendar.routes(around.calendar),
            hooks.routes(around.hooks),
            admin.routes(),
            api.routes(around.desk, Talk(self._take, self._streams, around.clock)),
        )
        app = Starlette(
            routes=[route for part in parts for route in part], exception_handlers={Unavailable: pages.unavailable}
        )
        self._app = Guard(app, [self._host, urlsplit(self._public).hostname or ""], secure=secure)

    @property
    def port(self) -> int:
        """The port that is really listened on: with PORT=0 known once connected."""
        return self._port

    @property
    def url(self) -> str:
        """The address for people; PUBLIC_URL if there is one."""
        host = "localhost" if self._host in ("", "0.0.0.0", "::") else self._host  # noqa: S104
        return self._public or f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

    @property
    def where(self) -> str:
        """What is said of it at start: how the owner gets in. Each time it is asked, a new link is made."""
        return f"{self.sign_in.new_link(OWNER)} (works once, within {LINK_LIFE.seconds // 60} minutes)"

    def admin_link(self, secret: str) -> str:
        """The one-time link of an admin that holds this secret."""
        return f"{self.url}/admin/enter#{secret}"

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        wanted = self._port
        sockets = await listening_sockets(self._host, wanted)
        self._port = sockets[0].getsockname()[1]
        try:
            async with serving(self._app, sockets, self._proxies) as self._serving:
                try:
                    yield
                finally:
                    self._streams.close()
        finally:
            self._serving, self._port = None, wanted

    async def listen(self, inbound: Inbound) -> None:
        if self._serving is None:
            raise Unavailable("the web side is not connected")
        self._inbound = inbound
        try:
            await asyncio.shield(self._serving)
        finally:
            self._inbound = None

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        """Pages that are closed get it when they are opened: from what is remembered, or from the history."""
        chat = delivery.address.chat
        if delivery.doubtful and (found := self._streams.find(chat, delivery.cause)) is not None:
            left()
            return Receipt((found,), found=True)
        reply = delivery.reply
        html = await to_html(reply.text, plain=reply.plain)
        choices = [{"label": choice.label, "data": choice.data} for choice in reply.choices]
        self._streams.settle(chat, delivery.cause)
        data = {"cause": delivery.cause, "html": html, "choices": choices, "answers": delivery.reply_to}
        if chat.startswith(PREFIX):
            data["text"] = reply.text
        event = self._streams.publish(chat, "reply", data)
        left()
        return Receipt((event,))

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        try:
            async for event in events:
                match event:
                    case TextDelta(piece):
                        self._streams.grow(address.chat, cause, piece)
                    case Status(words):
                        self._streams.status(address.chat, cause, words)
        except asyncio.CancelledError:
            self._streams.drop(address.chat, cause)
            raise

    async def _take(self, message: Message) -> None:
        if self._inbound is None:
            raise Unavailable("Remora is starting or stopping")
        await self._inbound(message)
