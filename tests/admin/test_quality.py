"""Quality: measured beside the page, kept as runs, and of two releases only what differs."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from core.intents.definition import Intent
from core.store.admin import audit
from tests.admin.said import said_in_turns
from tests.fakes.admin import AdminSide

HOURS = Intent(
    "hours", {"en": ("when are you open", "opening times", "open today", "are you open now", "till when")}, must_match=("open today",)
)  # fmt: skip
PRICE = Intent("price", {"en": ("what does it cost", "how much", "price list", "is it dear", "when are you cheap")})


async def test_two_releases_are_compared_and_only_differences_listed(admin: AdminSide) -> None:
    editing = admin.desk.editing
    for intents in (
        (HOURS, PRICE),
        (HOURS, replace(PRICE, examples={"en": (*PRICE.examples["en"], "gibt es rabatt")})),
    ):
        for intent in intents:
            await editing.save(intent, "ann")
        await editing.publish("", "ann")
    told = ("gibt es Rabatt?", "gibt es Rabatt?", "opening times")
    ann, bob = [await said_in_turns(admin.desk.store, admin.clock.now(), *words) for words in (told, told[:1])]
    await said_in_turns(admin.desk.store, admin.clock.now(), "opening times")
    async with admin.browser("editor") as editor, admin.browser("owner") as owner:
        assert "Choose two sides" in (await editor.get("/admin/quality")).text
        sent = await editor.post("/admin/quality/run", {"a": "1", "b": "2"})
        assert sent.headers["location"] == "/admin/quality?a=1&b=2"
        while "<progress" in (page := await editor.get("/admin/quality/progress?a=1&b=2")).text:
            await asyncio.sleep(0.02)
        words = re.sub(r"<[^>]+>", " ", page.text)
        assert "3 answers would change (1 different sentences of 2" in words
        assert "1 / 1" in words
        assert "gibt es Rabatt?" not in page.text
        assert 'href="/admin/intents/i/price"' in page.text
        assert (await editor.post("/admin/quality/reveal", {"a": "1", "b": "2", "reason": "x"})).status_code == 403
        assert (await owner.post("/admin/quality/reveal", {"a": "1", "b": "2", "reason": " "})).status_code == 422
        revealed = await owner.post("/admin/quality/reveal", {"a": "1", "b": "2", "reason": "to see them"})
        assert "gibt es Rabatt?" in revealed.text
        assert (
            "opening times"
            not in re.sub(r"“[^”]*”", "", revealed.text).partition("Only differences")[2].partition("Runs")[0]
        )
        assert "Release 2" in (await editor.get("/admin/quality")).text
    async with admin.desk.store.read() as tx:
        for whose in (ann, bob):  # each of them sees it; who wrote nothing that was shown has nothing to see
            [entry] = await audit.entries(tx, person_id=whose)
            assert (entry.who, entry.subject, entry.reason) == ("web:owner", "intents:replay", "to see them")
        assert len(await audit.entries(tx, verb="text.reveal")) == 2
        [run] = await audit.entries(tx, verb="intent.test")
    assert (run.who, run.subject) == ("web:editor", "release:2")
    assert (run.detail["tests"], run.detail["failed"], run.detail["changed"]) == (1, 0, 1)
    assert 0 < run.detail["f1"] <= 1


async def test_a_side_that_does_not_exist_is_said(admin: AdminSide) -> None:
    async with admin.browser("editor") as editor:
        for query in ("a=99&b=drafts", "a=x&b=<b>", f"a={'9' * 40}&b=2"):
            assert (await editor.get(f"/admin/quality?{query}")).status_code == 200
            sent = await editor.post("/admin/quality/run", dict(part.split("=") for part in query.split("&")))
            assert sent.status_code == 303
            where = sent.headers["location"].replace("/quality?", "/quality/progress?")
            while "<progress" in (page := await editor.get(where)).text:
                await asyncio.sleep(0.02)
            assert page.status_code == 200


async def test_a_viewer_reads_figures_and_begins_nothing(admin: AdminSide) -> None:
    async with admin.browser("viewer") as viewer:
        assert (await viewer.get("/admin/quality")).status_code == 200
        assert (await viewer.post("/admin/quality/run", {"a": "0", "b": "drafts"})).status_code == 403
        assert (await viewer.get("/admin/quality/progress?a=0&b=drafts&again=1")).status_code == 200
    assert not admin.desk.jobs.known
