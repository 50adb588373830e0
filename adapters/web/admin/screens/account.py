"""One's own account: password, second factor, chat account, and where one is signed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.web.admin.screen import Screen, Visit, get, post
from core.admin import accounts, factors, signin
from core.admin.roles import Denied
from core.store import Tx, people
from core.store.admin import accounts as kept

_PATH = "/admin/account"


async def show(visit: Visit, status: int = 200, problem: str = "", about: str = "") -> Response:
    """`about`: the form in which something is wrong."""
    async with visit.desk.store.read() as tx:
        proof = await kept.proof(tx, admin_id=visit.account.id)
        browsers = await signin.browsers(tx, visit.account.id, visit.now)
        person = await people.get(tx, visit.account.person_id) if visit.account.person_id else None
    assert proof is not None, "it is signed in"
    return visit.page(
        "account.html", status, account=proof.account, begun=proof.totp if proof.totp_used < 0 else None,
        browsers=browsers, here_id=visit.session_id, person=person, problem=problem, about=about,
        least=factors.SHORTEST, most=factors.LONGEST,
    )  # fmt: skip


async def set_password(visit: Visit) -> Response:
    new = visit.field("new")
    try:
        if new != visit.field("again"):
            raise Denied("admin_password_twice")
        await accounts.set_password(
            visit.desk.store, visit.actor, visit.account, visit.session_id, visit.field("current"), new, visit.now
        )
    except Denied as denied:
        return await show(visit, 422, denied.said(visit.language), "password")
    return visit.go(_PATH, "account.password_saved")


async def _changed(visit: Visit, work: Callable[[Tx], Awaitable[object]], said: str = "") -> Response:
    """The account is changed, or its page says why not."""
    try:
        async with visit.desk.store.write() as tx:
            await work(tx)
    except Denied as denied:
        return await show(visit, 422, denied.said(visit.language), "factor")
    return visit.go(_PATH, said)


async def begin_factor(visit: Visit) -> Response:
    return await _changed(visit, lambda tx: accounts.begin_factor(tx, visit.account))


async def picture(visit: Visit) -> Response:
    """The secret of a factor that was begun, for the camera of a phone."""
    async with visit.desk.store.read() as tx:
        proof = await kept.proof(tx, admin_id=visit.account.id)
    if proof is None or proof.totp is None or proof.totp_used >= 0:
        raise HTTPException(404)
    return Response(factors.picture(proof.totp, proof.account.name), media_type="image/svg+xml")


async def confirm_factor(visit: Visit) -> Response:
    given = (visit.actor, visit.account, visit.field("code"), visit.now)
    return await _changed(visit, lambda tx: accounts.confirm_factor(tx, *given), "account.factor_saved")


async def drop_factor(visit: Visit) -> Response:
    given = (visit.actor, visit.account, visit.field("code"), visit.now)
    return await _changed(visit, lambda tx: accounts.drop_factor(tx, *given), "account.factor_gone")


async def chat_code(visit: Visit) -> Response:
    """Shown this once."""
    async with visit.desk.store.write() as tx:
        code = await accounts.chat_code(tx, visit.account, visit.now)
    return visit.page("account_chat.html", line=f"/admin {code}", minutes=signin.LINK_LIFE.seconds // 60)


async def unlink_chat(visit: Visit) -> Response:
    mine = (visit.actor, visit.account)
    return await _changed(visit, lambda tx: accounts.unlink_chat(tx, *mine, visit.now), "account.unlinked")


async def end_session(visit: Visit) -> Response:
    given = (visit.actor, visit.account, visit.row_id(), visit.now)
    return await _changed(visit, lambda tx: accounts.end_session(tx, *given), "account.ended")


async def end_others(visit: Visit) -> Response:
    given = (visit.actor, visit.account, visit.now, visit.session_id)
    return await _changed(visit, lambda tx: accounts.end_sessions(tx, *given), "account.ended")


SCREEN = Screen(
    "account",
    "person",
    99,
    (
        get(_PATH, show),
        post(f"{_PATH}/password", set_password, "see"),
        post(f"{_PATH}/factor", begin_factor, "see"),
        get(f"{_PATH}/factor.svg", picture),
        post(f"{_PATH}/factor/confirm", confirm_factor, "see"),
        post(f"{_PATH}/factor/drop", drop_factor, "see"),
        post(f"{_PATH}/chat", chat_code, "see"),
        post(f"{_PATH}/chat/drop", unlink_chat, "see"),
        post(f"{_PATH}/sessions/end", end_others, "see"),
        post(f"{_PATH}/sessions/{{id:int}}/end", end_session, "see"),
    ),
    listed=False,
)
