"""Codes and passwords are guessed a few times only, also by whoever sits at a browser that is signed in; and who has lost the phone
gets in by a recovery code, once each."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from adapters.web.signin import network
from core.admin import accounts
from core.store import crypto
from core.store.admin import accounts as kept
from core.store.admin import audit
from core.store.tables.admin import admin_code
from tests.admin.test_accounts import GOOD, OWNER, code_of, enter, sign_in, with_password
from tests.fakes.admin import AdminSide, Browser

CODE = re.compile(r"<code>((?:[a-z2-7]{4}-){3}[a-z2-7]{4})</code>")


async def protected(admin: AdminSide, ann: Browser) -> list[str]:
    """Turns her second factor on; the recovery codes that she is shown."""
    await ann.post("/admin/account/factor")
    page = await ann.post("/admin/account/factor/confirm", {"code": await code_of(admin, "ann")})
    assert page.status_code == 200, page.text
    return CODE.findall(page.text)


async def left(admin: AdminSide) -> int:
    async with admin.desk.store.read() as tx:
        return await tx.count(admin_code, sa.true())


async def test_each_recovery_code_signs_in_once_however_it_is_typed(admin: AdminSide) -> None:
    await with_password(admin)
    async with admin.browser("owner", "ann") as ann:
        codes = await protected(admin, ann)
        assert len(set(codes)) == 10
        page = (await ann.get("/admin/account")).text
        assert not any(code in page for code in codes), "shown once"
        assert "left: 10 of 10" in page
    async with admin.browser(None) as browser:
        assert await sign_in(browser, "ann", GOOD, codes[0].upper().replace("-", " ")) == 303
    async with admin.browser(None) as browser:
        assert await sign_in(browser, "ann", GOOD, codes[0]) == 401, "used already"
        async with admin.desk.store.write() as tx:
            secret = await accounts.sign_in_link(tx, OWNER, (await accounts.named(tx, "ann")).id, admin.clock.now())
        assert (await enter(browser, secret, codes[1]))[0] == 200
        assert "left: 8 of 10" in (await browser.get("/admin/account")).text
    async with admin.desk.store.read() as tx:
        noted = await audit.entries(tx, verb="admin.recovery")
        stored = str(await tx.rows(sa.select(admin_code.c.digest)))
    assert [dict(one.detail) for one in noted] == [{"left": 8}, {"left": 9}]
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


async def test_a_recovery_code_belongs_to_its_account_and_to_its_key(admin: AdminSide) -> None:
    await with_password(admin)
    await with_password(admin, "bob")
    async with admin.browser("owner", "ann") as ann, admin.browser("owner", "bob") as bob:
        codes = await protected(admin, ann)
        await bob.post("/admin/account/factor")
        await bob.post("/admin/account/factor/confirm", {"code": await code_of(admin, "bob")})
        assert (await bob.post("/admin/account/factor/drop", {"code": codes[0]})).status_code == 422
    async with admin.desk.store.read() as tx:
        [first, *_] = await tx.rows(sa.select(admin_code.c.digest).order_by(admin_code.c.id))
    plain = codes[0].replace("-", "")
    assert first.digest == crypto.keyed("admin_code.1", plain)
    crypto.unlock(b"another key, of thirty-two bytes")
    assert first.digest != crypto.keyed("admin_code.1", plain)


async def test_new_codes_take_the_place_of_the_old_ones_and_all_go_with_the_factor(admin: AdminSide) -> None:
    await with_password(admin)
    async with admin.browser("owner", "ann") as ann:
        old = await protected(admin, ann)
        assert (await ann.post("/admin/account/factor/codes", {"code": "000000"})).status_code == 422
        new = CODE.findall((await ann.post("/admin/account/factor/codes", {"code": old[0]})).text)
        assert len(set(old + new)) == 20
        assert (await ann.post("/admin/account/factor/drop", {"code": old[1]})).status_code == 422
        assert await left(admin) == 10
        assert (await ann.post("/admin/account/factor/drop", {"code": new[0]})).status_code == 303
        assert await left(admin) == 0
        await protected(admin, ann)
        async with admin.desk.store.write() as tx:
            await accounts.reset(tx, OWNER, (await accounts.named(tx, "ann")).id, admin.clock.now())
    assert await left(admin) == 0


@pytest.mark.parametrize("path", ["/admin/account/factor/drop", "/admin/account/factor/codes"])
async def test_a_stolen_session_does_not_guess_codes_without_end(admin: AdminSide, path: str) -> None:
    await with_password(admin)
    async with admin.browser("owner", "ann") as ann:
        await protected(admin, ann)
        told = [(await ann.post(path, {"code": f"{number:06}"})).status_code for number in range(11)]
        admin.clock.jump(dt.timedelta(seconds=30))
        right = await ann.post(path, {"code": await code_of(admin, "ann")})
        assert (told, right.status_code) == ([422] * 10 + [429], 429)
        assert int(right.headers["retry-after"]) > 0
        admin.clock.jump(dt.timedelta(minutes=16))
        assert (await ann.post(path, {"code": await code_of(admin, "ann")})).status_code in (200, 303)


async def test_a_stolen_session_does_not_guess_the_password_without_end(admin: AdminSide) -> None:
    await with_password(admin)
    new = {"new": f"{GOOD} and more", "again": f"{GOOD} and more"}
    async with admin.browser("owner", "ann") as ann:
        told = [
            (await ann.post("/admin/account/password", {"current": f"guess {number}", **new})).status_code
            for number in range(11)
        ]
        right = (await ann.post("/admin/account/password", {"current": GOOD, **new})).status_code
    assert (told, right) == ([422] * 10 + [429], 429)
    async with admin.browser(None) as browser:
        assert await sign_in(browser, "ann", GOOD) == 429, "it is the same account at the door"
    async with admin.desk.store.read() as tx:
        proof = await kept.proof(tx, name="ann")
    assert proof is not None


@pytest.mark.parametrize(
    ("client", "whose"),
    [("10.0.0.1", "10.0.0.1"), ("", ""), ("name:a:b", "name:a:b"), ("fe80::1%eth0", "fe80::/64")],
)
def test_whoever_has_a_network_of_addresses_is_one(client: str, whose: str) -> None:
    assert network(client) == whose
