"""The admin side without a socket: signed-in browsers of each role, on a database of the test."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
from starlette.applications import Starlette

from adapters.web.admin.side import COOKIE, Side
from adapters.web.guard import Guard
from bots._intents import editing
from core.admin import intents, signin
from core.admin.desk import Desk
from core.catalog import load_bot
from core.intents.live import Live
from core.settings import Settings
from core.store import Store, crypto
from core.store.admin import accounts
from core.store.admin.accounts import Role
from tests.fakes.clock import SettableClock
from tests.fakes.model import FakeModel

BOTS = Path(__file__).parents[2] / "bots"
SITE = "http://localhost"
KEY = secrets.token_bytes(32)


@dataclass
class Browser:
    """Somebody's browser. `post` sends the fields of a form with the token of the page, as the page's own form does."""

    client: httpx2.AsyncClient
    headers: dict[str, str] = field(default_factory=lambda: {"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"})
    _tokens: dict[str, str] = field(default_factory=dict)
    """By the cookies that they belong to."""

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.client.get(path, headers={**self.headers, **headers})

    async def post(
        self, path: str, fields: Mapping[str, Any] | None = None, *, files: Any = None, **headers: str
    ) -> httpx2.Response:
        token = await self.form_token()
        data = {**(fields or {}), "form_token": token}
        return await self.client.post(path, data=data, files=files, headers={**self.headers, **headers})

    async def form_token(self) -> str:
        cookie = "; ".join(f"{one.domain}{one.path} {one.name}={one.value}" for one in self.client.cookies.jar)
        if cookie not in self._tokens:
            found = re.search(r'data-form-token="([0-9a-f]*)"', (await self.get("/admin")).text)
            assert found, "the page carries no token"
            self._tokens[cookie] = found[1]
        return self._tokens[cookie]


@dataclass
class AdminSide:
    desk: Desk
    side: Side
    clock: SettableClock
    app: Any

    @asynccontextmanager
    async def browser(self, role: Role | None = "owner", name: str = "") -> AsyncIterator[Browser]:
        """A browser that is signed in as an account of this role, made now; None: nobody is signed in."""
        cookies = {}
        if role is not None:
            async with self.desk.store.write() as tx:
                known = await accounts.by_name(tx, name or role)
                account = known or await accounts.add(tx, name or role, role, self.clock.now())
                assert account is not None
                cookies[COOKIE] = await signin.begin(tx, account, "127.0.0.1", "test", self.clock.now())
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(transport=transport, base_url=SITE, cookies=cookies) as client:
            yield Browser(client)


@asynccontextmanager
async def admin_side(
    store: Store, settings: Settings, clock: SettableClock | None = None, **parts: Any
) -> AsyncIterator[AdminSide]:
    """The admin side on a store; `parts` replace those of its `Desk`."""
    crypto.unlock(KEY)
    intents._counted.clear()  # databases are lent: another test's may have had the same address
    intents._catalogs.clear()
    clock = clock or SettableClock()
    made = partial(_made, store, settings, clock, parts)
    desk, side = await asyncio.to_thread(made)  # it reads files, as at every start
    app = Guard(Starlette(routes=list(side.routes())), ["localhost"])
    try:
        yield AdminSide(desk, side, clock, app)
    finally:
        await desk.live.aclose()


def _made(store: Store, settings: Settings, clock: SettableClock, parts: Mapping[str, Any]) -> tuple[Desk, Side]:
    live = Live(store, settings.bot, lambda: ())
    bot, edited = load_bot(BOTS / settings.bot), editing(store, settings, live)
    desk = Desk(store, clock, settings, bot, FakeModel(), edited, live, {}, {}, lambda: None)
    desk = replace(desk, **parts)
    return desk, Side(lambda: desk, KEY, clock, "test", secure=False)
