"""The audit log: whole also when many write at once, found by filters, exported to whoever may see it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json

from core.store import Store
from core.store.admin import audit
from tests.fakes.admin import AdminSide

NOW = dt.datetime(2026, 3, 1, 9, 30, tzinfo=dt.UTC)


async def test_two_processes_at_once_add_to_one_chain(store: Store) -> None:
    other = Store(store.url.render_as_string(hide_password=False))
    try:

        async def adding(through: Store, who: str) -> None:
            for number in range(15):
                async with through.write() as tx:
                    await audit.add(tx, NOW, who, "intent.save", f"intent:{number}")

        await asyncio.gather(
            adding(store, "web:ann"), adding(store, "web:eve"), adding(other, "web:bob"), adding(other, "cli:root")
        )
    finally:
        await other.aclose()
    async with store.read() as tx:
        assert await audit.first_broken(tx) == (60, 0)


async def test_what_is_rolled_back_is_not_in_the_log_and_leaves_no_gap(store: Store) -> None:
    for number in range(3):
        try:
            async with store.write() as tx:
                await audit.add(tx, NOW, "web:ann", "intent.save", f"intent:{number}")
                if number == 1:
                    raise ValueError("it did not work")
        except ValueError:
            pass
    async with store.read() as tx:
        assert [entry.subject for entry in await audit.entries(tx)] == ["intent:2", "intent:0"]
        assert await audit.first_broken(tx) == (2, 0)


async def seeded(admin: AdminSide, count: int) -> None:
    async with admin.desk.store.write() as tx:
        for number in range(count):
            who = ("web:ann", "web:bob")[number % 2]
            await audit.add(tx, NOW, who, "intent.save", f"intent:i{number}", {"threshold": 0.5}, client="10.0.0.7")


async def test_entries_are_found_by_who_what_and_on_what_a_page_at_a_time(admin: AdminSide) -> None:
    await seeded(admin, 120)
    async with admin.browser("operator") as browser:
        first = (await browser.get("/admin/audit?who=web:ann")).text
        assert first.count("intent:i") // 1 >= 50
        assert "intent:i119<" not in first
        older = first.split("before=")[1].split('"')[0]
        second = (await browser.get(f"/admin/audit?who=web:ann&before={older}")).text
        assert "intent:i0<" in second
        assert "before=" not in second.split('class="pager"')[1]
        assert "intent:i7<" in (await browser.get("/admin/audit?subject=intent:i7")).text
        assert "Nothing matches" in (await browser.get("/admin/audit?verb=%25")).text
        assert (await browser.get(f"/admin/audit?before={'9' * 30}&who=%00")).status_code == 200


async def test_the_export_holds_every_entry_that_the_filters_find(admin: AdminSide) -> None:
    await seeded(admin, 1_001)
    async with admin.browser("operator") as browser:
        answer = await browser.get("/admin/audit/export?who=web:bob")
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert (len(lines), {line["who"] for line in lines}) == (500, {"web:bob"})
        assert "attachment" in answer.headers["content-disposition"]
    async with admin.browser("editor") as browser:
        assert (await browser.get("/admin/audit/export")).status_code == 403


async def test_the_page_says_whether_the_chain_is_whole(admin: AdminSide) -> None:
    import sqlalchemy as sa

    from core.store.tables.admin import audit as table

    await seeded(admin, 3)
    async with admin.browser("operator") as browser:
        assert "whole: 4 entries" in (await browser.get("/admin/audit/verify")).text
        async with admin.desk.store.write() as tx:
            await tx.run(sa.delete(table).where(table.c.subject == "intent:i1"))
        assert "broken at entry" in (await browser.get("/admin/audit/verify")).text
