"""The door of the admin side: one-time links, passwords, and the way out. Everything here is open to strangers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeAlias

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from adapters._bodies import TooLarge, body
from adapters.web import guard
from adapters.web.admin.guesses import Guesses, of_code, of_password
from adapters.web.admin.look import Look
from adapters.web.admin.requests import client_of, form_of, language_of_browser
from adapters.web.admin.team import BACK, FLOW_SECONDS, NotProven, Team
from core.admin import accounts, signin
from core.admin.desk import Desk
from core.errors import Unavailable
from core.store.admin import accounts as kept
from core.store.admin.accounts import Account, Purpose, Session

log = logging.getLogger(__name__)

COOKIE = "remora_admin"
_FLOW = "remora_team"
SMALL = 4_096
Known: TypeAlias = Callable[[Request], Awaitable[Session | None]]


class Door:
    """`session` says who is in already."""

    def __init__(
        self, desk: Callable[[], Desk], look: Look, guesses: Guesses, session: Known, key: bytes, *, secure: bool
    ) -> None:  # fmt: skip
        self._desk, self._look, self._session, self._secure = desk, look, session, secure
        self._guesses, self._team = guesses, Team(key)

    def routes(self) -> Sequence[Route]:
        return [
            Route("/admin/enter", self.entrance),
            Route("/admin/enter", self.by_link, methods=["POST"]),
            Route("/admin/password", self.by_password, methods=["POST"]),
            Route("/admin/team", self.to_team),
            Route(BACK, self.by_team),
        ]

    async def entrance(self, request: Request) -> Response:
        """Where a one-time link leads. Reading it uses nothing up; the page itself exchanges the link. Whoever is in
        stays who they are: a link of somebody else's does not take their place."""
        with suppress(Unavailable):
            if await self._session(request) is not None:
                return RedirectResponse("/admin", 303)
        return self._page(request)

    def _page(self, request: Request, status: int = 200, problem: str = "", name: str = "") -> Response:
        language = language_of_browser(request)
        words = self._look.words[language]
        said = (words["enter"].get(problem) or words["common"][problem]) if problem else ""
        team = False
        with suppress(Unavailable):
            team = bool(self._desk().settings.oidc_issuer)
        return self._look.outside("enter.html", language, status, problem=said, name=name, team=team)

    def _too_often(self, request: Request, wait: int, name: str = "") -> Response:
        response = self._page(request, 429, "wait", name)
        response.headers["Retry-After"] = str(wait)
        return response

    async def by_link(self, request: Request) -> Response:
        """The secret of the link, and in a second line the code of a second factor where there is one."""
        words = self._look.words[language_of_browser(request)]
        if not guard.from_our_page(request):
            return JSONResponse({"error": words["common"]["forbidden"]}, 403)
        try:
            desk, given = self._desk(), (await body(request, SMALL)).decode("utf-8", "replace")
        except TooLarge:
            return JSONResponse({"error": words["enter"]["failed"]}, 413)
        except Unavailable:
            return JSONResponse({"error": words["common"]["starting"]}, 503, headers={"Retry-After": "5"})
        secret, _, code = given.partition("\n")
        now = desk.clock.now()
        async with desk.store.read() as tx:
            owner = await signin.wants_code(tx, secret, now)
        async with self._guesses.one(client_of(request), of_code(owner) if owner else "") as tried:
            if tried.wait:
                return JSONResponse({"error": words["enter"]["wait"]}, 429, headers={"Retry-After": str(tried.wait)})
            async with desk.store.write() as tx:
                proof = await kept.proof(tx, admin_id=owner.id) if owner and code.strip() else None
                proven = owner is None or (proof is not None and await accounts.uses_factor(tx, proof, code, now))
                found = await signin.redeem(tx, secret, now) if proven else None
            tried.passed = found is not None or not (proven or code.strip())
        if found is None:
            said = words["enter"]["failed" if proven else "code_wrong" if code.strip() else "code_wanted"]
            return JSONResponse({"error": said, "code": not proven}, 401)
        response = JSONResponse({"to": _first_page(found[1])})
        await self.let_in(request, response, found[0])
        return response

    async def by_password(self, request: Request) -> Response:
        """The form of the page, with or without a script."""
        try:
            desk, form = self._desk(), await form_of(request, SMALL)
        except TooLarge:
            return self._page(request, 413, "wrong")
        except Unavailable:
            return self._page(request, 503, "starting")
        name, password, code = (_text(form, field) for field in ("name", "password", "code"))
        if not guard.from_our_page(request):
            return self._page(request, 403, "forbidden", name)
        async with self._guesses.hashing, self._guesses.one(client_of(request), of_password(name)) as tried:
            if tried.wait:
                return self._too_often(request, tried.wait, name)
            account = await accounts.by_password(desk.store, name, password, code, desk.clock.now())
            tried.passed = account is not None
        if account is None:
            return self._page(request, 401, "wrong", name)
        response = RedirectResponse("/admin", 303)
        await self.let_in(request, response, account)
        return response

    async def to_team(self, request: Request) -> Response:
        """To the team's own sign-in. A prefetch or a foreign page begins a flow at most, which only this browser ends."""
        try:
            desk = self._desk()
            if not desk.settings.oidc_issuer:
                return self._page(request, 404)
            url, flow = await self._team.begin(desk.settings, desk.clock.now())
        except Unavailable:
            return self._page(request, 503, "team_down")
        response = RedirectResponse(url, 303)
        response.set_cookie(
            _FLOW, flow, max_age=FLOW_SECONDS, httponly=True, samesite="lax", secure=self._secure, path=BACK
        )
        return response

    async def by_team(self, request: Request) -> Response:
        """Where the team's sign-in sends people back to."""
        query = dict(request.query_params)
        try:
            desk = self._desk()
            now, settings = desk.clock.now(), desk.settings
            async with self._guesses.one(client_of(request)) as tried:
                if tried.wait:
                    return self._too_often(request, tried.wait)
                identity = await self._team.end(settings, query, request.cookies.get(_FLOW, ""), now)
                tried.passed = True
            async with desk.store.write() as tx:
                came = await accounts.by_team(tx, identity, settings.oidc_roles, now)
        except Unavailable:
            return self._page(request, 503, "team_down")
        except NotProven as error:
            log.warning("the team's sign-in let nobody in", extra={"why": error.what})
            return self._page(request, 401, "team_failed")
        if came is None:
            return self._page(request, 403, "team_unknown")
        response = RedirectResponse("/admin/account?said=account.last_owner" if came.stays else "/admin", 303)
        response.delete_cookie(_FLOW, httponly=True, samesite="lax", secure=self._secure, path=BACK)
        await self.let_in(request, response, came.account)
        return response

    async def let_in(self, request: Request, response: Response, account: Account) -> None:
        """A new session and a new cookie for it, whatever the browser brought; what it had before ends."""
        desk, before = self._desk(), await self._session(request)
        now, agent = desk.clock.now(), request.headers.get("user-agent", "")
        async with desk.store.write() as tx:
            if before is not None:
                await kept.end_session(tx, before.id)
            cookie = await signin.begin(tx, account, client_of(request), agent, now)
        response.set_cookie(
            COOKIE, cookie, max_age=int(signin.LONGEST.total_seconds()), httponly=True, samesite="lax",
            secure=self._secure, path="/",
        )  # fmt: skip

    def forget(self, response: Response) -> None:
        """The browser holds no cookie any more."""
        response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=self._secure, path="/")


def _first_page(purpose: Purpose) -> str:
    return "/admin" if purpose == "login" else "/admin/account?said=account.choose"


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""
