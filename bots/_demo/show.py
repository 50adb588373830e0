"""The demo's server: the page, both platforms, and the product among them."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import SecretStr
from tzlocal import get_localzone_name

from adapters.web.server import listening_sockets
from bots._app import App, made, running
from bots._demo.slack import Slack
from bots._demo.stage import JumpClock, Stage
from bots._demo.telegram import Telegram
from bots._virtual import NEVER, forward
from core.settings import Settings

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_FILES = {"": "index.html", "demo.js": "demo.js", "demo.css": "demo.css"}
_KINDS = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
_HOST = "127.0.0.1"
_LONGEST = 4_000


class Demo:
    """One page's worth of product, on this machine alone. `url` is where it is shown."""

    def __init__(self, settings: Settings, folder: Path, port: int) -> None:
        """What it has to keep goes into `folder`; the models are those of the settings."""
        zone = settings.default_timezone or get_localzone_name() or "UTC"
        self._settings, self._folder, self._zone, self._port = settings, folder, zone, port
        models = settings.data_dir / "models"
        if models.is_dir():
            (folder / "models").symlink_to(models.absolute())
        self.clock = JumpClock()
        self.stage = Stage(self.clock, zone)
        language = settings.default_language
        self.slack = Slack(self.stage, secrets.token_hex(16), {"zh": "安娜"}.get(language, "Ann"), language, zone)
        self.telegram = Telegram(self.stage, secrets.token_hex(20), {"zh": "小波"}.get(language, "Bob"), language)
        self.url = ""
        self._jumping = asyncio.Lock()
        self._app: App | None = None

    @asynccontextmanager
    async def playing(self) -> AsyncIterator[App]:
        """Everything runs, from the page to the last answer."""
        page = web.Application(client_max_size=2**20)
        page.add_routes([*self.slack.routes(), *self.telegram.routes(), web.get("/events", self._events)])
        page.add_routes([web.post("/do", self._do), web.get("/{name:[a-z.]*}", self._file)])
        page.on_response_prepare.append(_close_doors)
        runner = web.AppRunner(page, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        sockets = await listening_sockets(_HOST, self._port)
        for one in sockets:
            await web.SockSite(runner, one).start()
        self._port = sockets[0].getsockname()[1]
        self.url = f"http://{_HOST}:{self._port}"
        try:
            settings = self._inside()
            here: list[App] = []
            adapters = [
                await asyncio.to_thread(made, name, settings, here, clock=self.clock) for name in ("slack", "telegram")
            ]
            found = [adapter for adapter in adapters if adapter is not None]
            async with running(settings, found, clock=self.clock) as app:
                here.append(app)
                self._app = app
                await self.slack.open()
                yield app
        finally:
            await runner.cleanup()

    def _inside(self) -> Settings:
        """The settings as they are, but for where things are kept and who is spoken to."""
        ours = {
            "data_dir": self._folder, "database_url": "", "default_timezone": self._zone,
            "public_url": "", "slack_client_id": "", "slack_events": "socket", "allow": "*", "rate_per_minute": 0.0,
            "lease_seconds": NEVER, "telegram_api_base_url": self.url, "slack_api_base_url": f"{self.url}/api/",
            "telegram_bot_token": SecretStr(self.telegram.token), "slack_bot_token": SecretStr(self.slack.token),
            "slack_app_token": SecretStr(self.slack.app_token), "slack_signing_secret": SecretStr(""),
        }  # fmt: skip
        return self._settings.model_copy(update=ours)

    async def forward(self, length: dt.timedelta | None) -> None:
        """Time passes, and stops wherever something rings; without `length` at the next reminder."""
        app = self._app
        assert app is not None, "playing() was not entered"
        async with self._jumping:
            await forward(app, length, self._jump_to)

    def _jump_to(self, moment: dt.datetime) -> None:
        self.clock.jump_to(moment)
        self.stage.tick()

    # the page

    async def _file(self, request: web.Request) -> web.Response:
        name = _FILES.get(request.match_info["name"])
        if name is None:
            raise web.HTTPNotFound
        text = await asyncio.to_thread((resources.files("bots._demo") / "page" / name).read_text, "utf-8")
        return web.Response(text=text, content_type=_KINDS[name.rpartition(".")[2]])

    async def _events(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        async with self.stage.page() as queue:
            with suppress(ConnectionError):
                while True:
                    event = await queue.get()
                    await response.write(f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode())
        return response

    async def _do(self, request: web.Request) -> web.Response:
        """What a person does: {"side", "say"}, {"side", "id", "press"}, or {"hours"} (0: to the next reminder)."""
        origin = request.headers.get("Origin", "")
        if urlsplit(origin).netloc != request.host:
            raise web.HTTPForbidden(text="not from this page")
        try:
            match json.loads(await request.text()):
                case {"side": "slack" | "telegram" as side, "say": str(text)} if 0 < len(text.strip()) <= _LONGEST:
                    await getattr(self, side).say(text.strip())
                case {"side": "slack" | "telegram" as side, "id": str(bubble), "press": int(number)}:
                    await getattr(self, side).press(bubble, number)
                case {"hours": int(hours)} if 0 <= hours <= 24 * 366:
                    await self.forward(dt.timedelta(hours=hours) if hours else None)
                case _:
                    raise web.HTTPBadRequest(text="no such thing to do")
        except ValueError as error:
            raise web.HTTPBadRequest(text="not JSON") from error
        return web.json_response({})


async def _close_doors(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
