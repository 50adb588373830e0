"""The team's own sign-in lets in whom an owner named or a rule names, by a flow that only the browser that began it ends."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import pytest
from joserfc.jwk import ECKey

from adapters.web.admin.side import COOKIE
from core.admin.accounts import set_disabled
from core.admin.roles import Actor
from core.settings import Settings
from core.store import Store
from core.store.admin import accounts, audit
from tests.fakes.admin import AdminSide, Browser, admin_side
from tests.fakes.issuer import CLIENT, SECRET, Issuer, issuer

ANN = {"email": "ann@example.com", "email_verified": True}


@asynccontextmanager
async def team(store: Store, settings: Settings, roles: str = "") -> AsyncIterator[tuple[AdminSide, Issuer]]:
    async with issuer() as there:
        given = {"OIDC_ISSUER": there.url, "OIDC_CLIENT_ID": CLIENT, "OIDC_CLIENT_SECRET": SECRET, "OIDC_ROLES": roles}
        own = Settings(REMORA_DATA_DIR=settings.data_dir, PUBLIC_URL="http://localhost", _env_file=None, **given)
        async with admin_side(store, own) as side:
            there.now = int(side.clock.now().timestamp())
            yield side, there


async def begun(browser: Browser) -> str:
    answer = await browser.client.get("/admin/team", headers=browser.headers)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


async def came_back(browser: Browser, query: dict[str, str]) -> int:
    headers = {**browser.headers, "Sec-Fetch-Site": "cross-site"}
    return (await browser.client.get(f"/admin/team/back?{urlencode(query)}", headers=headers)).status_code


async def test_whose_address_an_account_is_named_after_gets_in_and_is_known_from_then_on(
    store: Store, settings: Settings
) -> None:
    async with team(store, settings) as (admin, there):
        async with store.write() as tx:
            await accounts.add(tx, "ann@example.com", "editor", admin.clock.now())
        for claims in (ANN, {"email": "other@example.com"}):  # the second time her address is no longer asked for
            async with admin.browser(None) as browser:
                assert "/admin/team" in (await browser.get("/admin/enter")).text
                assert await came_back(browser, there.approve(await begun(browser), **claims)) == 303
                assert (await browser.get("/admin")).status_code == 200
        assert there.asked[0]["redirect_uri"] == "http://localhost/admin/team/back"
        async with store.read() as tx:
            verbs = [entry.verb for entry in await audit.entries(tx)]
            assert verbs == ["admin.sign_in", "admin.sign_in", "admin.link_team"]


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        (ANN, "viewer"),
        ({**ANN, "groups": ["ops"]}, "operator"),
        ({"groups": ["ops"]}, "operator"),
        ({**ANN, "email_verified": False}, None),
        ({"email": "eve@evil.example", "email_verified": True}, None),
        ({"email": "eve@evilexample.com", "email_verified": True}, None),
        ({"email": "ann@example.com@evil.example", "email_verified": True}, None),
        ({"groups": "ops"}, None),
        ({}, None),
    ],
)
async def test_a_rule_gives_a_role_for_a_verified_domain_or_a_group(
    store: Store, settings: Settings, claims, role
) -> None:
    async with team(store, settings, "@example.com=viewer, group:ops=operator") as (admin, there):
        async with admin.browser(None) as browser:
            assert await came_back(browser, there.approve(await begun(browser), **claims)) == (303 if role else 403)
        async with store.read() as tx:
            assert [account.role for account in await accounts.listed(tx)] == ([role] if role else [])


@pytest.mark.parametrize(
    "wrong",
    [{"aud": "another"}, {"iss": "https://evil.example"}, {"nonce": "another"}, {"nonce": None}, {"exp": 1}, {"sub": None},
     {"azp": "another", "aud": [CLIENT, "another"]}],
    ids=str,
)  # fmt: skip
async def test_a_token_that_is_not_for_us_and_this_flow_lets_nobody_in(store: Store, settings: Settings, wrong) -> None:
    async with team(store, settings, "@example.com=owner") as (admin, there), admin.browser(None) as browser:
        assert await came_back(browser, there.approve(await begun(browser), **ANN, **wrong)) == 401
        assert COOKIE not in browser.client.cookies


async def test_a_token_signed_by_another_key_lets_nobody_in(store: Store, settings: Settings) -> None:
    async with team(store, settings, "@example.com=owner") as (admin, there), admin.browser(None) as browser:
        there.key = ECKey.generate_key("P-256", {"kid": "one"})
        assert await came_back(browser, there.approve(await begun(browser), **ANN)) == 401


async def test_a_flow_ends_only_in_the_browser_that_began_it_once_and_in_time(store: Store, settings: Settings) -> None:
    async with (
        team(store, settings, "@example.com=viewer") as (admin, there),
        admin.browser(None) as thief,
        admin.browser(None) as victim,
    ):
        theirs = there.approve(await begun(thief), **ANN)
        assert await came_back(victim, theirs) == 401, "it has no flow"
        await begun(victim)
        assert await came_back(victim, theirs) == 401, "nor is it this one"
        mine = there.approve(await begun(victim), **ANN)
        assert await came_back(victim, {**mine, "iss": "https://evil.example"}) == 401
        assert await came_back(victim, {"error": "access_denied", "state": mine["state"]}) == 401
        admin.clock.jump(dt.timedelta(minutes=11))
        assert await came_back(victim, mine) == 401, "too late"
        there.now = int(admin.clock.now().timestamp())
        again = there.approve(await begun(victim), **ANN)
        assert await came_back(victim, again) == 303
        victim.client.cookies.clear()
        assert await came_back(victim, again) == 401, "used up"


async def test_a_disabled_account_stays_out_and_a_name_that_has_an_identity_is_not_taken_over(
    store: Store, settings: Settings
) -> None:
    async with team(store, settings, "@example.com=viewer") as (admin, there):
        async with admin.browser(None) as browser:
            assert await came_back(browser, there.approve(await begun(browser), **ANN)) == 303
        async with admin.browser(None) as browser:
            assert await came_back(browser, there.approve(await begun(browser), **ANN, sub="another")) == 403
        async with store.write() as tx:
            account = await accounts.by_name(tx, "ann@example.com")
            assert account is not None
            await accounts.change(tx, account.id, disabled=True)
        async with admin.browser(None) as browser:
            assert await came_back(browser, there.approve(await begun(browser), **ANN)) == 403


async def test_the_role_is_what_the_groups_give_at_each_sign_in_and_goes_with_them(
    store: Store, settings: Settings
) -> None:
    async def comes(groups: list[str]) -> int:
        async with admin.browser(None) as browser:
            return await came_back(browser, there.approve(await begun(browser), **ANN, groups=groups))

    async def state() -> tuple[str, bool]:
        async with store.read() as tx:
            account = await accounts.by_name(tx, "ann@example.com")
        assert account is not None
        return account.role, account.disabled

    async with team(store, settings, "group:ops=operator, group:heads=editor") as (admin, there):
        assert (await comes(["ops"]), await state()) == (303, ("operator", False))
        async with admin.browser("operator", "ann@example.com") as elsewhere:
            assert (await comes(["heads"]), await state()) == (303, ("editor", False))
            assert (await elsewhere.get("/admin")).status_code == 303, "what began with another role is over"
        async with admin.browser("editor", "ann@example.com") as elsewhere:
            assert (await comes([]), await state()) == (403, ("editor", True))
            assert (await elsewhere.get("/admin")).status_code == 303
        assert (await comes(["ops"]), await state()) == (303, ("operator", False)), "they give one again"
        async with store.write() as tx:
            account = await accounts.by_name(tx, "ann@example.com")
            assert account is not None
            await set_disabled(tx, Actor("cli:root", "owner"), account.id, True, admin.clock.now())
        assert await comes(["ops"]) == 403, "whom an owner disabled stays so"
        async with store.read() as tx:
            roles = [dict(one.detail) for one in await audit.entries(tx, who="team", verb="admin.role")]
        assert roles[-1] == {"from": "operator", "to": "editor", "by": "team"}


async def test_the_last_owner_stays_one_whatever_the_groups_say_and_is_told(store: Store, settings: Settings) -> None:
    async with team(store, settings, "group:heads=owner") as (admin, there):
        for groups, page in ((["heads"], "/admin"), ([], "/admin/account?said=account.last_owner")):
            async with admin.browser(None) as browser:
                query = there.approve(await begun(browser), **ANN, groups=groups)
                answer = await browser.client.get(f"/admin/team/back?{urlencode(query)}", headers=browser.headers)
                assert answer.headers["location"] == page
                said = (await browser.get(page)).text
        assert "since you are the last" in said
        async with store.write() as tx:
            await accounts.add(tx, "bob", "owner", admin.clock.now())
        async with admin.browser(None) as browser:
            assert await came_back(browser, there.approve(await begun(browser), **ANN, groups=[])) == 403


@pytest.mark.parametrize("roles", ["group:ops=operator", "@example.com=viewer"])
async def test_the_groups_touch_no_account_that_an_owner_made_and_domains_none_that_has_a_role(
    store: Store, settings: Settings, roles: str
) -> None:
    async with team(store, settings, roles) as (admin, there):
        async with store.write() as tx:
            await accounts.add(tx, "ann@example.com", "editor", admin.clock.now())
        for groups in (["ops"], []):
            async with admin.browser(None) as browser:
                query = there.approve(await begun(browser), **ANN, groups=groups)
                assert await came_back(browser, query) == 303
        async with store.read() as tx:
            [account] = await accounts.listed(tx)
        assert (account.role, account.disabled, account.team) == ("editor", False, "")


async def test_an_issuer_that_is_down_is_said_and_none_is_none(
    store: Store, settings: Settings, admin: AdminSide
) -> None:
    async with team(store, settings) as (side, there), side.browser(None) as browser:
        there.down = True
        answer = await browser.client.get("/admin/team", headers=browser.headers)
        assert (answer.status_code, "cannot be reached" in answer.text) == (503, True)
    async with admin.browser(None) as browser:
        assert (await browser.client.get("/admin/team", headers=browser.headers)).status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [("OIDC_ISSUER", "http://issuer.example"), ("OIDC_ISSUER", "issuer"), ("OIDC_ROLES", "example.com=viewer"),
     ("OIDC_ROLES", "@example.com=king")],
)  # fmt: skip
def test_a_setting_that_would_open_too_much_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"https|ROLE"):
        Settings(OIDC_CLIENT_ID="x", _env_file=None, **{name: value})
