"""What a screen is made of: its routes, each with the permission it needs, and the visit that a handler gets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from adapters.web.admin.door import COOKIE
from adapters.web.admin.guesses import Guesses
from adapters.web.admin.look import Look, Words
from core.admin import signin
from core.admin.desk import Desk
from core.admin.roles import Actor, Permission
from core.language.phrases import Language
from core.language.told import told
from core.store import Tx
from core.store.admin.accounts import Account


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in, and may do what the route needs."""

    request: Request
    desk: Desk
    account: Account
    actor: Actor
    look: Look
    form_token: str
    language: Language
    form: FormData
    """What was sent; empty where the page is only read."""
    now: dt.datetime
    session_id: int
    guesses: Guesses

    @property
    def words(self) -> Words:
        """What is said, by screen and key."""
        return self.look.words[self.language]

    def field(self, name: str) -> str:
        """A field of the form as text; "" where it is missing, or a file."""
        value = self.form.get(name)
        return value if isinstance(value, str) else ""

    def ask(self, name: str) -> str:
        """A value behind the "?" of the address; "" where it is missing."""
        return self.request.query_params.get(name, "")

    def number(self, name: str) -> int | None:
        """The same as a whole number that an id may be; None where it is none."""
        text = self.ask(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

    def row_id(self, name: str = "id") -> int:
        """The id in the path of a route like "/admin/people/{id:int}". Raises 404 where no row can have it."""
        number = int(self.request.path_params[name])
        if number >= 1 << 63:
            raise HTTPException(404)
        return number

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page, or a part of one where the script asked for it; `Cache-Control` is no-store for all of them."""
        return self.look.page(self, template, status, **values)

    def told(self, sentence: str) -> str:
        """What went wrong, or how a part is, in the reader's language."""
        return told(self.language, sentence)

    def go(self, path: str, said: str = "", **query: str) -> Response:
        """Back to a page after something was done; `said` names the words shown there, as "intents.saved"."""
        where = f"{path}?{urlencode({**query, **({'said': said} if said else {})})}" if said or query else path
        if self.request.headers.get("hx-request"):
            return Response(status_code=204, headers={"HX-Redirect": where})
        return RedirectResponse(where, 303)

    async def holds(self) -> bool:
        """Whether the browser is signed in still, with the same rights: asked by what goes on for long."""
        async with self.desk.store.read() as tx:
            found = await signin.session_of(tx, self.request.cookies.get(COOKIE, ""), self.desk.clock.now())
        return found is not None and found.account.role == self.account.role

    async def note(
        self, tx: Tx, verb: str, subject: str, detail: Mapping[str, Any] | None = None, *, reason: str = "",
        person_id: int | None = None,
    ) -> None:  # fmt: skip
        """Notes in the audit log what this admin does, in the transaction that does it."""
        await self.actor.note(tx, self.now, verb, subject, detail, reason=reason, person_id=person_id)


Handler: TypeAlias = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Way:
    """A route of a screen. What is sent to it ("POST") comes from our own page, signed by its form token, and is at most
    `most` bytes long."""

    method: str
    path: str
    handler: Handler
    needs: Permission = "see"
    most: int = 1 << 20


def get(path: str, handler: Handler, needs: Permission = "see") -> Way:
    return Way("GET", path, handler, needs)


def post(path: str, handler: Handler, needs: Permission, most: int = 1 << 20) -> Way:
    return Way("POST", path, handler, needs, most)


@dataclass(frozen=True, slots=True)
class Screen:
    """A screen as a value. `name` is its section of the words ("title" is what the menu says) and its place below
    `/admin/`; `icon` one of `icons.html`; `order` its place in the menu; it is shown to those whom `needs` allows."""

    name: str
    icon: str
    order: int
    ways: Sequence[Way]
    needs: Permission = "see"
    group: str = field(default="")
    """Heading of the menu under which it stands, a key of `common`."""
    listed: bool = True
    """Whether the menu shows it."""

    @property
    def path(self) -> str:
        return "/admin" if self.name == "dashboard" else f"/admin/{self.name}"
