"""Installing the app in further workspaces: `/install` sends a browser to Slack, `/oauth` is where it comes back.

The state that goes along is signed, ends after ten minutes, is good once, and only in the browser that set out with it:
otherwise somebody could have another person's browser finish an installation that they began.
"""

from __future__ import annotations

import datetime as dt
import hmac
import logging
import secrets
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.slack.manifest import SCOPES
from adapters.slack.web import CallFailed, Json
from adapters.slack.workspaces import Client, Workspaces, who
from core.errors import Unavailable
from core.language.phrases import language_of, say
from core.store import installations
from core.store.installations import Installation

log = logging.getLogger(__name__)

_LIFE = dt.timedelta(minutes=10)
_COOKIE = "remora_slack"


class Refusal(Exception):
    """Why a browser that came back is not let in: a phrase's key."""


class OAuth:
    """The two pages of an installation."""

    def __init__(self, workspaces: Workspaces, client: Client, public_url: str) -> None:
        self._workspaces = workspaces
        self._client = client
        self._around = workspaces.around
        self._back = f"{public_url}/hooks/slack/oauth"
        self._secure = public_url.startswith("https://")

    @property
    def routes(self) -> list[BaseRoute]:
        return [Route("/install", self._begin, methods=["GET"]), Route("/oauth", self._finish, methods=["GET"])]

    async def _begin(self, _request: Request) -> Response:
        browser = secrets.token_urlsafe(24)
        end = int((self._around.clock.now() + _LIFE).timestamp())
        asked = {
            "client_id": self._client["client_id"],
            "scope": ",".join(SCOPES),
            "redirect_uri": self._back,
            "state": f"{end}.{self._sign(end, browser)}",
        }
        root = self._workspaces.wire.base_url.removesuffix("api/")
        response = RedirectResponse(f"{root}oauth/v2/authorize?{urlencode(asked)}", 302)
        response.set_cookie(
            _COOKIE, browser, max_age=int(_LIFE.total_seconds()), path="/hooks/slack", httponly=True,
            secure=self._secure, samesite="lax",
        )  # fmt: skip
        return response

    async def _finish(self, request: Request) -> Response:
        language = language_of(request.headers.get("accept-language"))
        try:
            name = await self._exchanged(request)
        except Refusal as why:
            log.warning("an installation was refused", extra={"why": str(why)})
            return self._page(say(language, str(why)), 400)
        except (CallFailed, Unavailable) as error:
            log.error("an installation failed", extra={"why": error.what})
            return self._page(say(language, "slack_install_failed"), 502)
        return self._page(say(language, "slack_installed", workspace=name), 200)

    async def _exchanged(self, request: Request) -> str:
        """The name of the workspace that is installed now."""
        query, now = request.query_params, self._around.clock.now()
        end, _, mac = query.get("state", "").partition(".")
        wanted = self._sign(int(end) if end.isdecimal() and len(end) < 16 else 0, request.cookies.get(_COOKIE, ""))
        if not hmac.compare_digest(wanted.encode(), mac.encode()):
            raise Refusal("slack_install_foreign")
        until = dt.datetime.fromtimestamp(int(end), dt.UTC)
        async with self._around.store().write() as tx:
            spent = now >= until or not await installations.spend(tx, mac, until, now)
        if spent:
            raise Refusal("slack_install_spent")
        if not query.get("code"):
            raise Refusal("slack_install_declined")
        asked = {"code": query["code"], "redirect_uri": self._back, **self._client}
        answer = await self._workspaces.wire.call("oauth.v2.access", "", data=asked)
        found = await self._kept(answer, now)
        log.info("installed", extra={"workspace": found.workspace})
        return found.name

    async def _kept(self, answer: Json, now: dt.datetime) -> Installation:
        token, team = str(answer.get("access_token", "")), answer.get("team") or {}
        if not token or not team.get("id") or answer.get("is_enterprise_install"):
            raise Refusal("slack_install_whole_organisation")
        identity = await who(self._workspaces.wire, token)
        seconds = answer.get("expires_in")
        found = Installation(
            str(team["id"]), str(team.get("name", "")), identity.user, identity.bot, identity.url,
            str(answer.get("scope", "")), token, answer.get("refresh_token"),
            now + dt.timedelta(seconds=int(seconds)) if seconds else None,
        )  # fmt: skip
        await self._workspaces.installed(found)
        return found

    def _sign(self, end: int, browser: str) -> str:
        return hmac.digest(self._around.key, f"remora slack state\n{end}\n{browser}".encode(), "sha256").hex()

    def _page(self, words: str, status: int) -> Response:
        response = PlainTextResponse(f"{words}\n", status)
        response.delete_cookie(_COOKIE, path="/hooks/slack")
        return response
