"""Nobody sees a page without an account, acts without its page's token, or gets in twice by one link."""

from __future__ import annotations

import datetime as dt

import pytest

from adapters.web.admin.look import load_words
from adapters.web.admin.side import all_screens
from core.admin import signin
from core.store.admin import accounts, audit
from core.store.admin.accounts import ROLES
from tests.fakes.admin import AdminSide

WAYS = [way for screen in all_screens() for way in screen.ways]


async def test_no_page_is_open_to_strangers(admin: AdminSide) -> None:
    async with admin.browser(None) as stranger:
        for way in WAYS:
            answer = await stranger.client.request(way.method, _filled(way.path), headers=stranger.headers)
            assert (answer.status_code, answer.headers["location"]) == (303, "/admin/enter"), way.path


@pytest.mark.parametrize("fault", ["no token", "a wrong token", "another site"])
async def test_nothing_is_done_for_another_sites_page(admin: AdminSide, fault: str) -> None:
    async with admin.browser("owner") as owner:
        token = await owner.form_token()
        headers = {**owner.headers, **({"Sec-Fetch-Site": "cross-site"} if fault == "another site" else {})}
        fields = {"no token": {}, "a wrong token": {"form_token": "0" * 64}}.get(fault, {"form_token": token})
        for way in WAYS:
            if way.method == "POST":
                answer = await owner.client.post(_filled(way.path), data=fields, headers=headers)
                assert answer.status_code == 403, way.path


@pytest.mark.parametrize("role", ROLES)
async def test_a_role_opens_what_it_grants_and_nothing_else(admin: AdminSide, role) -> None:
    async with admin.browser(role) as browser:
        token = await browser.form_token()
        for way in WAYS:
            if way.method == "POST" and not _may(role, way):
                sent = await browser.client.post(_filled(way.path), data={"form_token": token}, headers=browser.headers)
                assert sent.status_code == 403, way.path
            elif not _may(role, way):
                assert (await browser.get(_filled(way.path))).status_code == 403, way.path


async def test_a_link_works_once_and_makes_the_first_owner(admin: AdminSide) -> None:
    async with admin.desk.store.write() as tx:
        secret = await signin.setup_link(tx, admin.clock.now())
    assert secret is not None
    async with admin.browser(None) as browser:
        first = await browser.client.post("/admin/enter", content=secret, headers=browser.headers)
        assert (await browser.get("/admin")).status_code == 200
        second = await browser.client.post("/admin/enter", content=secret, headers=browser.headers)
    assert (first.status_code, second.status_code) == (200, 401)
    async with admin.desk.store.write() as tx:
        assert await signin.setup_link(tx, admin.clock.now()) is None
        assert [(one.name, one.role) for one in await accounts.listed(tx)] == [("owner", "owner")]
        assert [one.verb for one in await audit.entries(tx)] == ["admin.sign_in", "admin.create"]


async def test_a_session_ends_by_itself_and_when_it_is_told_to(admin: AdminSide) -> None:
    async with admin.browser("viewer") as browser:
        assert (await browser.get("/admin")).status_code == 200
        admin.clock.jump(signin.IDLE + dt.timedelta(minutes=1))
        assert (await browser.get("/admin")).status_code == 303
    async with admin.browser("viewer") as browser:
        assert (await browser.post("/admin/out")).status_code == 303
        assert (await browser.get("/admin")).status_code == 303


@pytest.mark.parametrize(
    ("back", "where"),
    [("/admin/people/5", "/admin/people/5"), ("https://evil.example/admin", "/admin"), ("//evil.example", "/admin"),
     ("/admin//evil.example", "/admin"), ("", "/admin")],
)  # fmt: skip
async def test_the_chosen_language_stays_and_leads_back_to_a_page_of_ours(admin: AdminSide, back, where) -> None:
    async with admin.browser("viewer") as browser:
        answer = await browser.post("/admin/language", {"language": "zh", "back": back})
        assert (answer.status_code, answer.headers["location"]) == (303, where)
        assert 'lang="zh"' in (await browser.get("/admin")).text


async def test_whoever_is_signed_in_stays_who_they_are_at_the_door(admin: AdminSide) -> None:
    async with admin.browser("viewer") as browser:
        door = await browser.get("/admin/enter")
        assert (door.status_code, door.headers["location"]) == (303, "/admin")


async def test_nobody_sends_a_large_file_to_be_told_that_they_may_not(admin: AdminSide) -> None:
    async with admin.browser("viewer") as viewer:
        for size, status in ((100, 403), (1 << 20, 413)):
            answer = await viewer.post("/admin/knowledge", files={"file": ("a.md", b"x" * size)})
            assert answer.status_code == status


async def test_the_audit_log_shows_where_it_was_tampered_with(admin: AdminSide) -> None:
    import sqlalchemy as sa

    from core.store.tables.admin import audit as table

    now = admin.clock.now()
    async with admin.desk.store.write() as tx:
        for number in range(5):
            await audit.add(tx, now, "web:ann", "intent.save", f"intent:{number}", {"threshold": number})
    async with admin.desk.store.write() as tx:
        assert await audit.first_broken(tx) == (5, 0)
        third = (await audit.entries(tx))[2]
        await tx.run(sa.update(table).where(table.c.id == third.id).values(who="web:bob"))
        assert (await audit.first_broken(tx))[1] == third.id


def test_both_languages_say_everything() -> None:
    words = load_words()
    english, chinese = (
        {f"{section}.{key}" for section, said in words[language].items() for key in said} for language in ("en", "zh")
    )
    assert english == chinese
    assert all(screen.name in words["en"] and "title" in words["en"][screen.name] for screen in all_screens())


async def test_a_word_named_like_a_method_is_the_word(admin: AdminSide) -> None:
    async with admin.browser("owner") as owner:
        page = (await owner.post("/admin/admins", {"name": "bob", "role": "viewer"})).text
    assert ">Copy</button>" in page
    assert "built-in method" not in page


def _may(role, way) -> bool:
    from core.admin.roles import GRANTS

    return way.needs in GRANTS[role]


def _filled(path: str) -> str:
    import re

    return re.sub(r"\{\w+(:\w+)?\}", "1", path)
