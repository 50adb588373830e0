"""One's own account: password, second factor, chat account, and where one is signed in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from starlette.exceptions import HTTPException
from starlette.responses import Response

from adapters.web.admin.guesses import of_code, of_password
from adapters.web.admin.screen import Screen, Visit, get, post
from core.admin import accounts, factors, signin
from core.admin.roles import Denied
from core.store import Tx, people
from core.store.admin import accounts as kept

_PATH = "/admin/account"
_T = TypeVar("_T")


async def show(visit: Visit, status: int = 200, problem: str = "", about: str = "") -> Response:
    """`about`: the form in which something is wrong."""
    async with visit.desk.store.read() as tx:
        proof = await kept.proof(tx, admin_id=visit.account.id)
        browsers = await signin.browsers(tx, visit.account.id, visit.now)
        person = await people.get(tx, visit.account.person_id) if visit.account.person_id else None
        left = await kept.codes_left(tx, visit.account.id)
    assert proof is not None, "it is signed in"
    return visit.page(
        "account.html", status, account=proof.account, begun=proof.totp if proof.totp_used < 0 else None,
        browsers=browsers, here_id=visit.session_id, person=person, problem=problem, about=about,
        least=factors.SHORTEST, most=factors.LONGEST, left=left, codes=factors.RECOVERY_CODES,
    )  # fmt: skip


async def _guessed(
    visit: Visit, key: str, about: str, work: Callable[[], Awaitable[_T]]
) -> _T | Response:  # fmt: skip
    """What `work` gives, or the page that says why not. Too many wrong passwords or codes, and it has to wait: who sits at a
    browser that is signed in may be somebody else."""
    async with visit.guesses.one(key) as tried:
        if tried.wait:
            page = await show(visit, 429, visit.words["enter"]["wait"], about)
            page.headers["Retry-After"] = str(tried.wait)
            return page
        try:
            done = await work()
        except Denied as denied:
            tried.passed = denied.key not in ("admin_password_wrong", "admin_code_wrong")
            problem = denied.said(visit.language)
        else:
            tried.passed = True
            return done
    return await show(visit, 422, problem, about)


async def set_password(visit: Visit) -> Response:
    new, current = visit.field("new"), visit.field("current")

    async def work() -> Response:
        if new != visit.field("again"):
            raise Denied("admin_password_twice")
        who = (visit.actor, visit.account, visit.session_id)
        async with visit.guesses.hashing:
            await accounts.set_password(visit.desk.store, *who, current, new, visit.now)
        return visit.go(_PATH, "account.password_saved")

    return await _guessed(visit, of_password(visit.account.name), "password", work)


async def _by_code(visit: Visit, done: Callable[..., Awaitable[_T]]) -> _T | Response:
    """What is done for the code that was typed."""

    async def work() -> _T:
        async with visit.desk.store.write() as tx:
            return await done(tx, visit.actor, visit.account, visit.field("code"), visit.now)

    return await _guessed(visit, of_code(visit.account), "factor", work)


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
    made = await _by_code(visit, accounts.confirm_factor)
    return made if isinstance(made, Response) else visit.page("account_codes.html", made=made)


async def new_codes(visit: Visit) -> Response:
    made = await _by_code(visit, accounts.new_recovery_codes)
    return made if isinstance(made, Response) else visit.page("account_codes.html", made=made)


async def drop_factor(visit: Visit) -> Response:
    wrong = await _by_code(visit, accounts.drop_factor)
    return wrong or visit.go(_PATH, "account.factor_gone")


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
        post(f"{_PATH}/factor/codes", new_codes, "see"),
        post(f"{_PATH}/factor/drop", drop_factor, "see"),
        post(f"{_PATH}/chat", chat_code, "see"),
        post(f"{_PATH}/chat/drop", unlink_chat, "see"),
        post(f"{_PATH}/sessions/end", end_others, "see"),
        post(f"{_PATH}/sessions/{{id:int}}/end", end_session, "see"),
    ),
    listed=False,
)
