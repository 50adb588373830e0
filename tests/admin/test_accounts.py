"""Who may enter: accounts are made and ended by owners, proven by links, passwords and codes, and one owner is always left."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import re
from functools import partial

import pytest
import sqlalchemy as sa

from adapters.web.admin.side import COOKIE
from core.admin import accounts, factors, signin
from core.admin.roles import Actor, Denied, Forbidden
from core.store import Store
from core.store.admin import accounts as kept
from core.store.admin import audit
from core.store.tables.signin import attempt
from tests.fakes.admin import AdminSide, Browser

OWNER = Actor("cli:root", "owner")
GOOD = "kettle orbit plum seven"


async def enter(browser: Browser, secret: str, code: str = "") -> tuple[int, dict]:
    body = f"{secret}\n{code}" if code else secret
    answer = await browser.client.post("/admin/enter", content=body, headers=browser.headers)
    return answer.status_code, answer.json()


async def sign_in(browser: Browser, name: str, password: str, code: str = "") -> int:
    fields = {"name": name, "password": password, "code": code}
    return (await browser.client.post("/admin/password", data=fields, headers=browser.headers)).status_code


async def with_password(admin: AdminSide, name: str = "ann", password: str = GOOD) -> None:
    """An owner of that name, with a password."""
    async with admin.browser("owner", name) as browser:
        answer = await browser.post("/admin/account/password", {"new": password, "again": password})
        assert answer.status_code == 303, answer.text


async def code_of(admin: AdminSide, name: str) -> str:
    async with admin.desk.store.read() as tx:
        proof = await kept.proof(tx, name=name)
    assert proof is not None
    assert proof.totp is not None
    return factors.code_at(proof.totp, int(admin.clock.now().timestamp()) // 30)


# --- owners


async def test_an_invitation_is_shown_once_and_lets_its_owner_choose_a_password(admin: AdminSide) -> None:
    async with admin.browser("owner") as owner:
        made = await owner.post("/admin/admins", {"name": "bob", "role": "editor"})
        secret = re.search(r"/admin/enter#([\w-]{43})", made.text)
        assert secret
        assert secret[1] not in (await owner.get("/admin/admins")).text
    async with admin.browser(None) as bob:
        assert await enter(bob, secret[1]) == (200, {"to": "/admin/account?said=account.choose"})
        assert (await bob.get("/admin/admins")).status_code == 403
    async with admin.browser(None) as other:
        assert (await enter(other, secret[1]))[0] == 401


@pytest.mark.parametrize("name", ["", " ", "-dash", "two words", "a" * 65, "<b>", "x/y"])
async def test_a_name_that_cannot_be_one_is_kept_in_the_form(admin: AdminSide, name: str) -> None:
    async with admin.browser("owner") as owner:
        answer = await owner.post("/admin/admins", {"name": name, "role": "viewer"})
    assert answer.status_code == 422
    assert "begins with a letter" in answer.text
    assert f'value="{name.replace("<", "&lt;").replace(">", "&gt;")}"' in answer.text


async def test_the_last_owner_stays(admin: AdminSide) -> None:
    async with admin.browser("owner") as owner:
        for what, fields in (("remove", {}), ("disabled", {"disabled": "yes"}), ("role", {"role": "viewer"})):
            answer = await owner.post(f"/admin/admins/1/{what}", fields)
            assert answer.status_code == 422, what
            assert "last owner" in answer.text
        assert (await owner.get("/admin/admins")).status_code == 200


async def test_of_two_owners_who_remove_each_other_at_once_one_is_left(store: Store) -> None:
    now = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    async with store.write() as tx:
        made = [await kept.add(tx, name, "owner", now) for name in ("ann", "bob")]
    ids = [account.id for account in made if account]
    other = Store(store.url.render_as_string(hide_password=False))
    try:

        async def removing(through: Store, whom: int) -> bool:
            try:
                async with through.write() as tx:
                    await accounts.remove(tx, OWNER, whom, now)
            except Denied:
                return False
            return True

        done = await asyncio.gather(removing(store, ids[0]), removing(other, ids[1]))
    finally:
        await other.aclose()
    assert sorted(done) == [False, True]
    async with store.read() as tx:
        assert len(await kept.listed(tx)) == 1


async def test_a_disabled_account_is_out_at_once_and_its_links_are_void(admin: AdminSide) -> None:
    async with admin.browser("owner") as owner, admin.browser("viewer") as viewer:
        assert (await viewer.get("/admin")).status_code == 200
        async with admin.desk.store.write() as tx:
            whom = await accounts.named(tx, "viewer")
            secret = await accounts.sign_in_link(tx, OWNER, whom.id, admin.clock.now())
        assert (await owner.post(f"/admin/admins/{whom.id}/disabled", {"disabled": "yes"})).status_code == 303
        assert (await viewer.get("/admin")).status_code == 303
        assert (await enter(viewer, secret))[0] == 401


async def test_only_an_owner_changes_accounts_also_past_the_pages(admin: AdminSide) -> None:
    async with admin.desk.store.write() as tx:
        for work in (
            accounts.create(tx, Actor("web:op", "operator"), "eve", "owner", admin.clock.now()),
            accounts.reset(tx, Actor("web:op", "operator"), 1, admin.clock.now()),
        ):
            with pytest.raises(Forbidden):
                await work


# --- passwords


@pytest.mark.parametrize(
    ("password", "said"),
    [("short", "12 to 200"), ("x" * 201, "12 to 200"), ("Password2026!", "anybody would try"),
     ("1234567890123", "anybody would try"), ("aaaaaaaaaaaab", "anybody would try")],
)  # fmt: skip
async def test_a_weak_password_is_refused_and_nothing_changes(admin: AdminSide, password: str, said: str) -> None:
    async with admin.browser("owner", "ann") as ann:
        answer = await ann.post("/admin/account/password", {"new": password, "again": password})
        assert (answer.status_code, said in answer.text, password in answer.text) == (422, True, False), answer.text[
            -900:
        ]
        assert (await sign_in(ann, "ann", password)) == 401


async def test_a_password_signs_in_anew_with_a_new_cookie(admin: AdminSide) -> None:
    await with_password(admin)
    async with admin.browser(None) as browser:
        browser.client.cookies.set(COOKIE, "chosen-by-somebody-else")
        answer = await browser.client.post(
            "/admin/password", data={"name": "ann", "password": GOOD}, headers=browser.headers
        )
        cookie = answer.headers["set-cookie"]
        assert (answer.status_code, answer.headers["location"]) == (303, "/admin")
        assert "chosen-by-somebody-else" not in cookie
        assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in cookie.split(";")}
        assert (await browser.get("/admin")).status_code == 200


async def test_changing_a_password_wants_the_one_before_and_ends_every_other_session(admin: AdminSide) -> None:
    await with_password(admin)
    async with admin.browser("owner", "ann") as here, admin.browser("owner", "ann") as there:
        fields = {"current": "not it at all", "new": GOOD + "!", "again": GOOD + "!"}
        assert (await here.post("/admin/account/password", fields)).status_code == 422
        assert (await there.get("/admin")).status_code == 200
        assert (await here.post("/admin/account/password", {**fields, "current": GOOD})).status_code == 303
        assert (await here.get("/admin")).status_code == 200
        assert (await there.get("/admin")).status_code == 303
        assert (await sign_in(there, "ann", GOOD)) == 401
        assert (await sign_in(there, "ann", GOOD + "!")) == 303


async def from_another_address(admin: AdminSide) -> None:
    """What the browsers of the tests have tried is not held against the next one."""
    mine = hashlib.sha256(b"127.0.0.1").hexdigest()
    async with admin.desk.store.write() as tx:
        await tx.run(sa.delete(attempt).where(attempt.c.key == mine))


async def test_guessing_is_limited_for_a_client_and_for_a_name_and_an_unknown_name_is_no_different(
    admin: AdminSide,
) -> None:
    await with_password(admin)
    async with admin.browser(None) as browser:
        known = [await sign_in(browser, "ann", "wrong") for _ in range(5)]
        unknown = [await sign_in(browser, "nobody", "wrong") for _ in range(5)]
        assert known == unknown == [401] * 5
        assert await sign_in(browser, "ann", GOOD) == 429  # ten failures of this client
    await from_another_address(admin)
    async with admin.browser(None) as browser:
        for _ in range(5):
            assert await sign_in(browser, "ann", "wrong") == 401
        await from_another_address(admin)
        assert await sign_in(browser, "ann", GOOD) == 429  # ten failures at this name, from anywhere
        admin.clock.jump(dt.timedelta(minutes=16))
        assert await sign_in(browser, "ann", GOOD) == 303


async def test_guesses_sent_at_once_are_limited_all_the_same_however_the_name_is_spelt(admin: AdminSide) -> None:
    await with_password(admin)
    async with admin.browser(None) as browser:
        many = [sign_in(browser, "\uff41nn" if number % 2 else "ann", "wrong") for number in range(24)]
        found = await asyncio.gather(*many)
    assert found.count(401) == 10
    assert found.count(429) == len(found) - found.count(401)
    await from_another_address(admin)
    async with admin.browser(None) as browser:
        assert await sign_in(browser, "\uff41nn", GOOD) == 429


async def test_another_sites_form_does_not_sign_anybody_in(admin: AdminSide) -> None:
    await with_password(admin)
    async with admin.browser(None) as browser:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}):
            fields = {"name": "ann", "password": GOOD}
            answer = await browser.client.post("/admin/password", data=fields, headers=headers)
            assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_a_password_is_kept_as_argon2id_and_an_unknown_one_is_checked_all_the_same() -> None:
    kept_as = factors.hashed(GOOD)
    assert kept_as.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert factors.fits(GOOD, kept_as)
    assert not factors.fits("other", kept_as)
    assert not factors.fits("", "")


# --- the second factor


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    """The examples of RFC 6238, their last six digits."""
    assert factors.code_at("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", seconds // 30) == code


async def test_a_second_factor_is_asked_for_by_password_and_by_link_and_each_code_works_once(admin: AdminSide) -> None:
    await with_password(admin)
    async with admin.browser("owner", "ann") as ann:
        await ann.post("/admin/account/factor")
        assert (await ann.get("/admin/account/factor.svg")).headers["content-type"] == "image/svg+xml"
        assert await sign_in(ann, "ann", GOOD) == 303, "it does not count before it was confirmed"
        assert (await ann.post("/admin/account/factor/confirm", {"code": "000000"})).status_code == 422
        code = await code_of(admin, "ann")
        assert (await ann.post("/admin/account/factor/confirm", {"code": code})).status_code == 200
        assert (await ann.get("/admin/account/factor.svg")).status_code == 404, "the secret is shown no more"
    async with admin.browser(None) as browser:
        assert await sign_in(browser, "ann", GOOD) == 401
        assert await sign_in(browser, "ann", GOOD, code) == 401, "used already"
        admin.clock.jump(dt.timedelta(seconds=30))
        assert await sign_in(browser, "ann", GOOD, await code_of(admin, "ann")) == 303
    async with admin.desk.store.write() as tx:
        secret = await accounts.sign_in_link(tx, OWNER, (await accounts.named(tx, "ann")).id, admin.clock.now())
    async with admin.browser(None) as browser:
        admin.clock.jump(dt.timedelta(seconds=30))
        assert await enter(browser, secret) == (
            401,
            {"error": "Type the code of your authenticator app, too.", "code": True},
        )
        assert (await enter(browser, secret, "123456"))[0] == 401
        assert (await enter(browser, secret, await code_of(admin, "ann")))[0] == 200


async def test_codes_of_a_stolen_link_are_guessed_ten_times_at_most_from_anywhere(admin: AdminSide) -> None:
    await with_password(admin)
    async with admin.desk.store.write() as tx:
        account = await accounts.named(tx, "ann")
        await kept.change(tx, account.id, totp=factors.new_secret(), totp_used=0)
        secret = await accounts.sign_in_link(tx, OWNER, account.id, admin.clock.now())
    async with admin.browser(None) as thief:
        for _ in range(10):
            assert (await enter(thief, secret, "000000"))[0] == 401
            await from_another_address(admin)
        assert (await enter(thief, secret, await code_of(admin, "ann")))[0] == 429


async def test_a_reset_takes_password_and_factor_away_and_signs_out(admin: AdminSide) -> None:
    await with_password(admin)
    async with admin.browser("owner", "ann") as ann:
        async with admin.desk.store.write() as tx:
            account = await accounts.named(tx, "ann")
            secret = await accounts.reset(tx, OWNER, account.id, admin.clock.now())
        assert (await ann.get("/admin")).status_code == 303
        assert await sign_in(ann, "ann", GOOD) == 401
        assert (await enter(ann, secret))[0] == 200


# --- sessions, and what is kept


async def test_signing_out_ends_the_session_itself_and_nothing_is_kept_by_the_browser(admin: AdminSide) -> None:
    async with admin.browser("viewer") as browser:
        cookie = browser.client.cookies[COOKIE]
        page = await browser.get("/admin")
        assert page.headers["cache-control"] == "no-store"
        await browser.post("/admin/out")
    async with admin.browser(None) as thief:
        thief.client.cookies.set(COOKIE, cookie)
        assert (await thief.get("/admin")).status_code == 303


async def test_signing_out_with_too_much_is_refused_in_words(admin: AdminSide) -> None:
    async with admin.browser("viewer") as viewer:
        answer = await viewer.post("/admin/out", {"more": "x" * 5_000})
    assert (answer.status_code, "<html" in answer.text) == (413, True)


async def test_one_ends_ones_own_sessions_and_nobody_elses(admin: AdminSide) -> None:
    async with admin.browser("viewer", "eve") as eve, admin.browser("owner", "ann") as ann:
        async with admin.desk.store.read() as tx:
            hers = (await kept.browsers(tx, (await accounts.named(tx, "ann")).id))[0]
        await eve.post(f"/admin/account/sessions/{hers.id}/end")
        assert (await ann.get("/admin")).status_code == 200
        await ann.post(f"/admin/account/sessions/{hers.id}/end")
        assert (await ann.get("/admin")).status_code == 303


async def test_a_session_that_is_over_is_not_listed(admin: AdminSide) -> None:
    async with admin.browser("owner", "ann"):
        admin.clock.jump(signin.IDLE + dt.timedelta(minutes=1))
    async with admin.browser("owner", "ann") as ann:
        page = (await ann.get("/admin/account")).text
        assert page.count("last seen") == 1
        assert "Sign out everywhere else" not in page


async def test_no_secret_is_in_the_audit_log(admin: AdminSide) -> None:
    await with_password(admin)
    async with admin.browser("owner", "ann") as ann:
        made = await ann.post("/admin/admins", {"name": "bob", "role": "viewer"})
        secret = re.search(r"#([\w-]{43})", made.text)
        code = re.search(r'value="/admin (\w+)"', (await ann.post("/admin/account/chat")).text)
    async with admin.desk.store.read() as tx:
        everything = "\n".join(audit.as_json(entry) for entry in await audit.entries(tx, limit=100))
    assert secret
    assert code
    assert not any(one in everything for one in (secret[1], code[1], GOOD, signin.digest(secret[1]), "argon2"))


# --- the command line


@pytest.mark.parametrize("path", ["/admin/admins/99", f"/admin/admins/{1 << 70}"])
async def test_an_account_that_is_not_there_is_said_to_be_gone(admin: AdminSide, path: str) -> None:
    async with admin.browser("owner") as owner:
        assert (await owner.get(path)).status_code == 404
        for what in ("role", "disabled", "remove", "link", "sessions/end"):
            assert (await owner.post(f"{path}/{what}", {"role": "viewer"})).status_code in (404, 422), what


async def test_behind_https_the_cookie_is_for_https_alone_and_so_is_the_site(store: Store, settings) -> None:
    import httpx2
    from starlette.applications import Starlette

    from adapters.web.admin.side import Side
    from adapters.web.guard import Guard
    from tests.fakes.admin import KEY, admin_side

    async with admin_side(store, settings) as admin:
        side = await asyncio.to_thread(partial(Side, lambda: admin.desk, KEY, admin.clock, "test", secure=True))
        app = Guard(Starlette(routes=list(side.routes())), ["remora.example"], secure=True)
        transport = httpx2.ASGITransport(app=app)
        async with admin.desk.store.write() as tx:
            secret = await signin.setup_link(tx, admin.clock.now())
        async with httpx2.AsyncClient(transport=transport, base_url="https://remora.example") as client:
            answer = await client.post("/admin/enter", content=secret, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 200
    assert "secure" in {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["cache-control"] == "no-store"
