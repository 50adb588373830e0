"""A person ends their sessions in the browser chat on all devices at once, and nobody else does it for them."""

from __future__ import annotations

import asyncio
from unittest import mock

from adapters.web import pages
from core.store import Store
from core.store.tables import metadata
from tests.contract.adapter_suite import PATIENCE
from tests.contract.test_adapter_web import Browser, chatting, database, new_id  # noqa: F401  (each test gets the database)


async def test_signing_out_everywhere_ends_every_device_its_open_page_and_links_that_wait() -> None:
    async with chatting() as (rig, browser, _):
        phone, late = Browser(rig.adapter), Browser(rig.adapter)
        await phone.sign_in()
        other = Browser(rig.adapter)
        await other.sign_in("bob")
        waiting = (await browser.post("/link")).json()["url"]
        with mock.patch.object(pages, "_LOOK_AGAIN", 0.0):
            async with asyncio.timeout(PATIENCE), phone.events() as events:
                assert (await browser.post("/out/everywhere")).status_code == 204
                rig.adapter._streams.publish("ada", "mark", {})
                assert [event.name async for event in events] == [], "it is over, and says nothing more"
        assert [(await one.http.get("/session")).status_code for one in (browser, phone, other)] == [401, 401, 204]
        assert (await phone.send(new_id(), "still me?")).status_code == 401
        assert (await late.enter(waiting)).status_code == 401
        assert (await late.enter(rig.adapter.sign_in.new_link("ada"))).status_code == 204
        assert (await late.http.get("/session")).status_code == 204
        for one in (phone, late, other):
            await one.http.aclose()


async def test_nobody_else_signs_a_person_out_everywhere() -> None:
    async with chatting() as (_, browser, _):
        for headers in ({"X-Form-Token": "forged"}, {"Sec-Fetch-Site": "cross-site"}):
            assert (await browser.post("/out/everywhere", **headers)).status_code == 403
        assert (await browser.http.get("/session")).status_code == 204


async def test_while_the_database_does_not_answer_nobody_is_let_in_and_it_is_said(database: Store) -> None:
    async with chatting() as (rig, browser, _):
        await database.run_sync(metadata.drop_all)
        assert [(await browser.http.get(path)).status_code for path in ("/", "/session", "/events")] == [503] * 3
        assert (await browser.enter(rig.adapter.sign_in.new_link("ada"))).status_code == 503


async def test_guessing_links_is_slowed_down() -> None:
    async with chatting() as (rig, _, _):
        guesser = Browser(rig.adapter)
        answers = [await guesser.enter("/in#guess") for _ in range(11)]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429]
        assert int(answers[-1].headers["retry-after"]) > 0
        await guesser.http.aclose()


async def test_behind_a_proxy_each_client_is_slowed_down_for_itself_and_cannot_pretend_to_be_another() -> None:
    async with chatting() as (rig, _, _):
        browser = Browser(rig.adapter)

        async def guess(forwarded: str) -> int:
            headers = {"Sec-Fetch-Site": "same-origin", "X-Forwarded-For": forwarded}
            url = f"{rig.adapter.url}/in"
            return (await browser.http.post(url, json={"token": "guess"}, headers=headers)).status_code

        assert [await guess("203.0.113.7") for _ in range(11)] == [401] * 10 + [429]
        assert await guess("203.0.113.8") == 401
        assert await guess("198.51.100.1, 203.0.113.7") == 429, "what the client itself puts before it is not believed"
        await browser.http.aclose()


async def test_signing_out_ends_it() -> None:
    async with chatting() as (_, browser, _):
        assert (await browser.post("/out")).status_code == 204
        assert (await browser.http.get("/")).status_code == 401
