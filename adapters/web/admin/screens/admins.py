"""Who may enter the admin side, and as what. For owners."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get, post
from core.admin import accounts, signin
from core.admin.roles import GRANTS, Denied
from core.store import Tx
from core.store.admin import accounts as kept
from core.store.admin import audit
from core.store.admin.accounts import ROLES, Account, Role

_PATH = "/admin/admins"
_LATEST = 10


def _role(visit: Visit) -> Role:
    role = visit.field("role")
    if role not in ROLES:
        raise HTTPException(422)
    return role


async def show(visit: Visit, status: int = 200, problem: str = "") -> Response:
    async with visit.desk.store.read() as tx:
        listed = await kept.listed(tx)
        seen = await kept.last_seen(tx)
    return visit.page(
        "admins.html", status, admins=listed, seen=seen, roles=ROLES, problem=problem, name=visit.field("name"),
        role=visit.field("role") or "viewer",
    )  # fmt: skip


async def create(visit: Visit) -> Response:
    try:
        async with visit.desk.store.write() as tx:
            account, secret = await accounts.create(tx, visit.actor, visit.field("name"), _role(visit), visit.now)
    except Denied as denied:
        return await show(visit, 422, denied.said(visit.language))
    return _link(visit, account, secret, int(accounts.INVITATION_LIFE.total_seconds() // 3600), "hours")


def _link(visit: Visit, account: Account, secret: str, life: int, unit: str) -> Response:
    """The link, shown this once."""
    base = visit.desk.settings.public_url.rstrip("/") or str(visit.request.base_url).rstrip("/")
    return visit.page("admins_link.html", account=account, link=f"{base}/admin/enter#{secret}", life=life, unit=unit)


async def _account(visit: Visit) -> Account:
    async with visit.desk.store.read() as tx:
        account = await kept.get(tx, visit.row_id())
    if account is None:
        raise HTTPException(404)
    return account


async def one(visit: Visit, status: int = 200, problem: str = "") -> Response:
    account = await _account(visit)
    async with visit.desk.store.read() as tx:
        browsers = await signin.browsers(tx, account.id, visit.now)
        latest = await audit.entries(tx, who=f"web:{account.name}", limit=_LATEST)
    return visit.page(
        "admins_one.html", status, account=account, browsers=browsers, latest=latest, roles=ROLES, grants=GRANTS,
        problem=problem,
    )  # fmt: skip


async def _changed(visit: Visit, work: Callable[[Tx], Awaitable[object]], said: str, back: str = "") -> Response:
    """The account is changed, or its page says why not."""
    try:
        async with visit.desk.store.write() as tx:
            await work(tx)
    except Denied as denied:
        return await one(visit, 422, denied.said(visit.language))
    return visit.go(back or f"{_PATH}/{visit.row_id()}", said)


async def set_role(visit: Visit) -> Response:
    role, number = _role(visit), visit.row_id()
    return await _changed(visit, lambda tx: accounts.set_role(tx, visit.actor, number, role, visit.now), "admins.saved")


async def set_disabled(visit: Visit) -> Response:
    number, disabled = visit.row_id(), visit.field("disabled") == "yes"
    return await _changed(
        visit, lambda tx: accounts.set_disabled(tx, visit.actor, number, disabled, visit.now), "admins.saved"
    )


async def remove(visit: Visit) -> Response:
    number = visit.row_id()
    return await _changed(
        visit, lambda tx: accounts.remove(tx, visit.actor, number, visit.now), "admins.removed", _PATH
    )


async def link(visit: Visit) -> Response:
    """A way in for somebody; with `reset`, their password and second factor are taken away."""
    account, make = await _account(visit), accounts.reset if visit.field("reset") else accounts.sign_in_link
    try:
        async with visit.desk.store.write() as tx:
            secret = await make(tx, visit.actor, account.id, visit.now)
    except Denied as denied:
        return await one(visit, 422, denied.said(visit.language))
    return _link(visit, account, secret, signin.LINK_LIFE.seconds // 60, "minutes")


async def end_sessions(visit: Visit) -> Response:
    account = await _account(visit)
    return await _changed(visit, lambda tx: accounts.end_sessions(tx, visit.actor, account, visit.now), "admins.ended")


_ONE = f"{_PATH}/{{id:int}}"
SCREEN = Screen(
    "admins",
    "shield",
    91,
    (
        get(_PATH, show, "admins.edit"),
        post(_PATH, create, "admins.edit"),
        get(_ONE, one, "admins.edit"),
        post(f"{_ONE}/role", set_role, "admins.edit"),
        post(f"{_ONE}/disabled", set_disabled, "admins.edit"),
        post(f"{_ONE}/remove", remove, "admins.edit"),
        post(f"{_ONE}/link", link, "admins.edit"),
        post(f"{_ONE}/sessions/end", end_sessions, "admins.edit"),
    ),
    needs="admins.edit",
)
