"""The admin side as routes: who is signed in, whether they may, and what an error looks like to them."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from importlib import import_module
from pkgutil import iter_modules

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from adapters._bodies import TooLarge
from adapters.web import guard
from adapters.web.admin import screens
from adapters.web.admin.door import COOKIE, SMALL, Door
from adapters.web.admin.guesses import Guesses
from adapters.web.admin.look import Look
from adapters.web.admin.requests import client_of, form_of, language_of_browser
from adapters.web.admin.screen import Screen, Visit, Way, post
from core.admin import signin
from core.admin.desk import Desk
from core.admin.roles import Actor, Denied, Forbidden
from core.errors import Refused, RemoraError, Unavailable
from core.language.phrases import language_of
from core.language.told import told
from core.ports import Clock
from core.store.admin import accounts
from core.store.admin.accounts import Session

_STATUS = {422: "forbidden"}
"""What is said of an error; of others, that there is nothing."""
_OWN_PAGE = re.compile(r"/admin(/[\w.~%-]+)*", re.ASCII)
"""Where a form may send its reader back to: a page of ours, never another host."""


def all_screens() -> list[Screen]:
    """Every screen, in the order of the menu."""
    names = sorted(module.name for module in iter_modules(screens.__path__))
    found: list[Screen] = [import_module(f"{screens.__name__}.{name}").SCREEN for name in names]
    return sorted(found, key=lambda screen: screen.order)


class Side:
    """The routes under `/admin`."""

    def __init__(self, desk: Callable[[], Desk], key: bytes, clock: Clock, version: str, *, secure: bool) -> None:
        """`desk` raises `Unavailable` until Remora runs; `secure`: people reach us by https."""
        self._desk, self._key = desk, key
        self.look = Look(version)
        self.look.screens = all_screens()
        self._guesses = Guesses(lambda: desk().store, clock)
        self._door = Door(desk, self.look, self._guesses, self._session, key, secure=secure)

    def routes(self) -> Sequence[BaseRoute]:
        ways = [way for screen in self.look.screens for way in screen.ways]
        own = [
            Route("/admin/out", self._caught(self.leave), methods=["POST"]),
            Route(
                "/admin/language",
                self._served(post("/admin/language", _choose_language, "see", SMALL)),
                methods=["POST"],
            ),
        ]
        return [*self._door.routes(), *own, *(Route(way.path, self._served(way), methods=[way.method]) for way in ways)]

    # --- the way out

    async def leave(self, request: Request) -> Response:
        session = await self._session(request)
        if session is not None:
            if not await self._ours(request, await form_of(request, SMALL)):
                return self._failed(request, 403, None)
            async with self._desk().store.write() as tx:
                await accounts.end_session(tx, session.id)
        response = RedirectResponse("/admin/enter", 303)
        self._door.forget(response)
        return response

    # --- every screen

    def _served(self, way: Way) -> Callable[[Request], object]:
        return self._caught(partial(self._visit, way=way))

    def _caught(self, work: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], object]:
        async def serve(request: Request) -> Response:
            try:
                return await work(request)
            except Unavailable as error:
                return self._failed(request, 503, error)
            except TooLarge:
                return self._failed(request, 413, None)

        return serve

    async def _visit(self, request: Request, way: Way) -> Response:
        desk = self._desk()
        session = await self._session(request)
        if session is None:
            return _to_the_door(request)
        account = session.account
        actor = Actor(f"web:{account.name}", account.role, client_of(request), account.id)
        most = way.most if actor.may(way.needs) else SMALL  # nobody sends a file to be told that they may not
        form = await form_of(request, most) if way.method == "POST" else FormData()
        if way.method == "POST" and not await self._ours(request, form):
            return self._failed(request, 403, None)
        language = language_of(account.language) if account.language else language_of_browser(request)
        visit = Visit(
            request, desk, account, actor, self.look, self._form_token(request), language, form, desk.clock.now(), session.id,
            self._guesses,
        )  # fmt: skip
        try:
            actor.need(way.needs)
            return await way.handler(visit)
        except HTTPException as error:
            return visit.page(
                "error.html",
                error.status_code,
                what=visit.words["common"][_STATUS.get(error.status_code, "gone")],
                mend="",
            )
        except Forbidden:
            return visit.page("error.html", 403, what=visit.words["common"]["not_yours"], mend="")
        except Unavailable as error:
            return visit.page("error.html", 503, what=visit.told(error.what), mend=visit.told(error.mend))
        except Denied as error:
            return visit.page("error.html", 422, what=error.said(visit.language), mend="")
        except Refused as error:
            return visit.page("error.html", 422, what=visit.told(error.what), mend=visit.told(error.mend))
        finally:
            await form.close()

    async def _session(self, request: Request) -> Session | None:
        cookie = request.cookies.get(COOKIE, "")
        if not cookie:
            return None
        desk = self._desk()
        now = desk.clock.now()
        async with desk.store.read() as tx:
            session = await signin.session_of(tx, cookie, now)
        if session is not None and signin.to_be_noted(session, now):
            async with desk.store.write() as tx:
                await accounts.seen(tx, session.id, now)
        return session

    def _form_token(self, request: Request) -> str:
        cookie = request.cookies.get(COOKIE, "")
        return hmac.digest(self._key, f"remora admin form\n{cookie}".encode(), "sha256").hex()

    async def _ours(self, request: Request, form: FormData) -> bool:
        """It comes from a page of ours, with the token that only our pages know."""
        given = request.headers.get("x-form-token") or form.get("form_token") or ""
        fits = isinstance(given, str) and hmac.compare_digest(given.encode(), self._form_token(request).encode())
        return fits and guard.from_our_page(request)

    def _failed(self, request: Request, status: int, error: RemoraError | None) -> Response:
        language = language_of_browser(request)
        words = self.look.words[language]["common"]
        said = {403: words["forbidden"], 413: words["too_large"], 503: words["starting"]}[status]
        what, mend = (told(language, error.what), told(language, error.mend)) if error is not None else (said, "")
        return self.look.outside("failed.html", language, status, what=what, mend=mend)


async def _choose_language(visit: Visit) -> Response:
    back = visit.field("back")
    async with visit.desk.store.write() as tx:
        await accounts.change(tx, visit.account.id, language=language_of(visit.field("language")))
    return visit.go(back if _OWN_PAGE.fullmatch(back) else "/admin")


def _to_the_door(request: Request) -> Response:
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": "/admin/enter"})
    return RedirectResponse("/admin/enter", 303)
