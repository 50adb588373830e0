"""Keys for machines: made here and shown once, listed, taken back. Each admin sees their own; an owner sees all."""

from __future__ import annotations

from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get, post
from core.admin import tokens
from core.admin.roles import GRANTS
from core.errors import Refused
from core.store.admin import tokens as kept


async def listed(visit: Visit, key: str = "", problem: Refused | None = None) -> Response:
    mine = None if visit.actor.may("admins.edit") else visit.account.id
    async with visit.desk.store.read() as tx:
        found = await kept.listed(tx, mine)
    scopes = [scope for scope, needed in tokens.SCOPES.items() if needed in GRANTS[visit.account.role]]
    chosen = visit.form.getlist("scope") if problem else []
    return visit.page(
        "tokens.html", 422 if problem else 200, tokens=found, scopes=scopes, chosen=chosen, key=key, problem=problem,
        name=visit.field("name") if problem else "", days=visit.field("days") if problem else "",
        now=visit.now,
    )  # fmt: skip


async def create(visit: Visit) -> Response:
    scopes = [scope for scope in visit.form.getlist("scope") if isinstance(scope, str)]
    days = visit.field("days").strip() or "0"
    try:
        if not (days.isascii() and days.isdigit() and len(days) < 6):
            raise Refused(visit.words["tokens"]["days_wrong"])
        async with visit.desk.store.write() as tx:
            key = await tokens.create(
                tx, visit.account, visit.field("name"), scopes, visit.now, days=int(days), by=visit.actor.name
            )  # fmt: skip
    except Refused as refused:
        return await listed(visit, problem=refused)
    return await listed(visit, key)


async def revoke(visit: Visit) -> Response:
    mine = None if visit.actor.may("admins.edit") else visit.account.id
    async with visit.desk.store.write() as tx:
        await tokens.revoke(tx, visit.row_id(), visit.now, visit.actor.name, mine)
    return visit.go("/admin/tokens", "tokens.revoked")


SCREEN = Screen(
    "tokens",
    "key",
    85,
    (
        get("/admin/tokens", listed),
        post("/admin/tokens", create, "see"),
        post("/admin/tokens/{id:int}/revoke", revoke, "see"),
    ),
)
