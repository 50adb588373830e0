"""What is done to models and documents stands in the audit log together with the deed, whoever did it and wherever; and runs are
followed by whoever is still signed in."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapters.web.admin.screens import models as screen
from bots.__main__ import remora
from bots._cli import models as cli
from bots._database import done
from core.knowledge import reading
from core.settings import Settings
from core.store import Store, knowledge
from core.store.admin import accounts, audit
from core.store.models import ModelRelease
from core.training.runs import Run, log_from
from tests.admin.test_models import trained
from tests.fakes.admin import AdminSide, admin_side


@pytest.fixture
async def side(store: Store, settings: Settings) -> AdminSide:
    await asyncio.to_thread(trained, settings, "shop-1")
    await asyncio.to_thread(trained, settings, "shop-2", "running")
    async with admin_side(store, settings) as made:
        yield made


@pytest.fixture
def command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """A program in place of the command line; gives where it writes what it was called with."""

    def make(code: str) -> Path:
        (tmp_path / "elsewhere").mkdir()
        heard = tmp_path / "heard.json"
        head = f"import json, pathlib, sys\npathlib.Path({str(heard)!r}).write_text(json.dumps(sys.argv[1:]))\n"
        (tmp_path / "elsewhere" / "bots.py").write_text(head + code, encoding="utf-8")
        monkeypatch.setattr("core.admin.models._ROOT", tmp_path / "elsewhere")
        return heard

    return make


async def noted(side: AdminSide, verb: str) -> list[tuple[str, str, str]]:
    async with side.desk.store.read() as tx:
        return [(one.who, one.verb, one.subject) for one in await audit.entries(tx, verb=verb)]


async def test_pages_promote_in_their_admins_name(side: AdminSide, command_line: Callable[[str], Path]) -> None:
    heard = await asyncio.to_thread(command_line, "print('{}')")
    async with side.browser("editor") as editor:
        for path, verb in (("/admin/models/shop-1/promote", "promote"), ("/admin/models/rollback", "rollback")):
            assert (await editor.post(path, {"share": "20", "message": "a try"})).status_code == 303
            said = json.loads(await asyncio.to_thread(heard.read_text))
            assert said[:2] == ["models", verb]
            assert "--by=web:editor" in said


async def test_a_run_is_noted_before_it_begins_and_its_refusal_behind(
    side: AdminSide, settings: Settings, command_line: Callable[[str], Path]
) -> None:
    def put() -> None:
        command_line("sys.exit('remora: not today')")
        (settings.data_dir / "datasets").mkdir()
        (settings.data_dir / "datasets" / "talks.jsonl").write_text("{}\n", encoding="utf-8")

    await asyncio.to_thread(put)
    async with side.browser("editor") as editor:
        answer = await editor.post("/admin/models/train", {"name": "new", "data": "talks.jsonl", "epochs": "1"})
    assert (answer.status_code, "not today" in answer.text) == (422, True)
    assert await noted(side, "model.") == [
        ("web:editor", "model.train_refused", "model:new"), ("web:editor", "model.train", "model:new"),
    ]  # fmt: skip


def test_a_release_and_its_entry_are_kept_together_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("REMORA_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def entries() -> list[dict[str, Any]]:
        listed = CliRunner().invoke(remora, ["audit", "list", "--verb", "model.", "--json"]).stdout
        return [json.loads(line) for line in listed.splitlines()]

    def promoted(wanted: ModelRelease) -> int:
        return done(lambda tx, now: cli._put(tx, now, ModelRelease(), "promote", wanted))

    async def broken(*_given: object, **_more: object) -> None:
        raise OSError("killed here")

    with monkeypatch.context() as patch:
        patch.setattr(audit, "add", broken)
        with pytest.raises(Exception, match=r"database|killed"):
            promoted(ModelRelease(active="shop-1"))
    assert (cli._release().number, entries()) == (0, [])
    assert promoted(ModelRelease(active="shop-1", author="web:ann")) == 1
    assert CliRunner().invoke(remora, ["models", "rollback"]).exit_code == 0
    last, first = entries()
    assert (first["who"], first["verb"], first["subject"]) == ("web:ann", "model.promote", "model:shop-1")
    assert (last["who"].partition(":")[0], last["verb"], last["subject"]) == ("cli", "model.rollback", "model:base")


async def test_a_document_and_its_entry_are_kept_together_or_not_at_all(
    side: AdminSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_given: object, **_more: object) -> None:
        raise OSError("killed here")

    files = {"file": ("lamps.md", b"# Lamps\n\nA lamp may be brought back.")}
    async with side.browser("editor") as editor:
        with monkeypatch.context() as patch:
            patch.setattr(audit, "add", broken)
            assert (await editor.post("/admin/knowledge", {"name": ""}, files=files)).status_code == 503
        async with side.desk.store.read() as tx:
            assert await knowledge.kept(tx, side.desk.bot.name) == []
        assert (await editor.post("/admin/knowledge", {"name": ""}, files=files)).status_code == 303
    assert await noted(side, "knowledge.") == [("web:editor", "knowledge.add", "document:lamps.md")]


async def test_unknown_roles_and_too_many_files_at_once_are_refused(
    side: AdminSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"file": ("lamps.md", b"# Lamps\n\nA lamp may be brought back.")}
    async with side.browser("editor") as editor:
        king = await editor.post("/admin/knowledge", {"roles": "king"}, files=files)
        monkeypatch.setattr(reading, "MOST_APART", 0)
        busy = await editor.post("/admin/knowledge", {"roles": "Owner"}, files=files)
    assert (king.status_code, busy.status_code) == (422, 422)
    assert "Roles are: owner, member" in king.text
    assert "Try again in a minute" in busy.text


async def test_no_more_simulations_than_two_are_worked_out_at_once(
    side: AdminSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.admin.reminders.ahead.MOST_AT_ONCE", 0)
    day = f"{side.clock.now() + dt.timedelta(days=1):%Y-%m-%d}"
    async with side.browser("operator") as operator:
        answer = await operator.get(f"/admin/reminders/simulator?zone=UTC&from={day}T02:00&until={day}T05:00")
    assert (answer.status_code, "Try again in a few seconds" in answer.text) == (422, True)


# --- a run that goes on


@asynccontextmanager
async def going_on(run: Run) -> AsyncIterator[None]:
    """A process trains it."""
    lock = run.locked()
    await asyncio.to_thread(lock.__enter__)
    yield
    await asyncio.to_thread(lock.__exit__, None, None, None)


def looking(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once a page that follows a run is asked whether its reader is still signed in; that is every few milliseconds."""
    looks, holds = asyncio.Event(), screen.Visit.holds

    async def looked(visit: screen.Visit) -> bool:
        looks.set()
        return await holds(visit)

    monkeypatch.setattr(screen.Visit, "holds", looked)
    monkeypatch.setattr(screen, "_EVERY", 0.005)
    return looks


async def test_a_run_is_followed_to_its_end_and_each_step_is_told_once(
    side: AdminSide, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, looks = Run.named(settings, "shop-2"), looking(monkeypatch)

    def goes_further() -> None:
        with run.log.open("a", encoding="utf-8") as log:
            log.write(json.dumps({"step": 4, "loss": 0.5}) + "\n")
        run.write(run.manifest().changed(state="finished"))

    async with side.browser("viewer") as viewer, going_on(run), asyncio.timeout(20):
        following = asyncio.create_task(viewer.get("/admin/models/shop-2/events"))
        await looks.wait()
        await asyncio.to_thread(goes_further)
        told = (await following).text
    told_points = [json.loads(line[6:]) for line in told.splitlines() if line.startswith("data: [")]
    assert [point["step"] for part in told_points for point in part] == [1, 2, 3, 3, 4]
    assert told.endswith("event: done\ndata: 1\n\n")


async def test_whoever_is_signed_out_follows_no_further(
    side: AdminSide, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = looking(monkeypatch)
    async with side.browser("viewer") as viewer, going_on(Run.named(settings, "shop-2")), asyncio.timeout(20):
        following = asyncio.create_task(viewer.get("/admin/models/shop-2/events"))
        await looks.wait()
        async with side.desk.store.write() as tx:
            viewer_account = await accounts.by_name(tx, "viewer")
            assert viewer_account is not None
            await accounts.end_sessions(tx, viewer_account.id)
        told = (await following).text
    assert "event:" not in told


async def test_a_run_whose_process_is_gone_ends_what_follows_it(side: AdminSide) -> None:
    async with side.browser("viewer") as viewer:
        told = (await viewer.get("/admin/models/shop-2/events", **{"Last-Event-ID": "9" * 12})).text
    assert told.endswith("event: stopped\ndata: 1\n\n")


def test_a_log_is_read_from_where_it_was_left_and_a_half_line_waits(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    assert log_from(log, 0) == ([], 0)
    log.write_text('{"step": 1}\n{"step": 2}\n{"ste')
    first, place = log_from(log, 0)
    assert [line["step"] for line in first] == [1, 2]
    assert log_from(log, place) == ([], place)
    log.write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n')
    assert [line["step"] for line in log_from(log, place)[0]] == [3]
    log.write_text('{"step": 1}\n')  # begun anew
    assert [line["step"] for line in log_from(log, place)[0]] == [1]
