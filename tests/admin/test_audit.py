"""The audit log: whole also when many write at once, found by filters, exported to whoever may see it."""

from __future__ import annotations

import asyncio
import datetime as dt
import json

import sqlalchemy as sa

from core.store import Store
from core.store.admin import accounts, audit
from core.store.tables import person
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


async def test_who_notes_early_and_who_notes_late_never_wait_for_each_other_in_a_circle(store: Store) -> None:
    async with store.write() as tx:
        shared = await accounts.add(tx, "ann", "owner", NOW)
        assert shared is not None

    async def noting(number: int, *, early: bool) -> None:
        steps = [
            lambda tx: audit.add(tx, NOW, f"web:{number}", "admin.role", "admin:ann"),
            lambda tx: accounts.change(tx, shared.id, language="en"),
        ]
        for _ in range(3):
            async with store.write() as tx:
                for step in steps if early else reversed(steps):
                    await step(tx)
                    await asyncio.sleep(0.001)  # the others have their turn

    await asyncio.gather(*(noting(number, early=number % 2 == 0) for number in range(16)))
    async with store.read() as tx:
        assert await audit.first_broken(tx) == (48, 0)


async def test_an_entry_about_a_person_who_goes_in_the_same_transaction_stays(store: Store) -> None:
    async with store.write() as tx:
        whose = await tx.insert(person, {"name": "Zoe", "created_at": NOW})
        await audit.add(tx, NOW, "web:ann", "person.forget", f"person:{whose}", person_id=whose)
        await tx.run(sa.delete(person).where(person.c.id == whose))
    async with store.read() as tx:
        assert await audit.first_broken(tx) == (1, 0)
        assert await audit.entries(tx, person_id=whose) == []


async def test_what_is_read_in_one_transaction_is_one_state(store: Store) -> None:
    async with store.read() as reading:
        before = await accounts.count(reading)
        async with store.write() as tx:
            await accounts.add(tx, "ann", "owner", NOW)
        assert await accounts.count(reading) == before == 0
    async with store.read() as reading:
        assert await accounts.count(reading) == 1


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
        assert first.count("intent:i") >= 50
        assert "intent i119<" not in first
        older = first.split("before=")[1].split('"')[0]
        second = (await browser.get(f"/admin/audit?who=web:ann&before={older}")).text
        assert "intent i0<" in second
        assert "before=" not in second.split('class="pager"')[1]
        assert "intent i7<" in (await browser.get("/admin/audit?subject=intent:i7")).text
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
