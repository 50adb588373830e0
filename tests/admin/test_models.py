"""What was trained is shown as it is, with what it may and may not become; nothing of the training is loaded for it."""

from __future__ import annotations

import asyncio
import fcntl
import json
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest

from core.settings import Settings
from core.store import Store, models
from core.store.models import ModelRelease
from core.training.runs import Base, Data, Manifest, Metrics, Run
from tests.fakes.admin import AdminSide, admin_side

REPORT = {
    "at": "2026-11-25T12:00:00+00:00",
    "models": [
        {"name": name, "version": "v", "metrics": {"perplexity": {"value": value, "low": 1.0, "high": 9.0, "count": 20}}}
        for name, value in (("base", 8.5), ("shop-1", 5.25))
    ],
    "changes": [
        {"name": "shop-1", "against": "base", "metrics": {"perplexity": {"value": -0.38, "low": -0.4, "high": -0.3, "verdict": "better"}}}
    ],
}  # fmt: skip


def trained(settings: Settings, name: str, state: str = "finished") -> None:
    base = Base(name="smollm2", folder="/x", hash="b" * 64, version="v", parameters=1)
    data = Data(role="train", path="/x/<b>.jsonl", sha256="c" * 64, rows=7, tokens=9, trained_tokens=5)
    manifest = Manifest(
        name=name, kind="adapter", state=state, created_at="2026-11-25T10:00:00+00:00", base=base, data=[data],
        parameters={"lr": 1e-4}, seed=7, versions={}, metrics=Metrics(steps=3, planned_steps=3, val_loss=1.5, base_val_loss=2.5),
        evals=[REPORT] if state == "finished" else [],
    )  # fmt: skip
    run = Run.named(settings, name)
    run.write(manifest)
    lines = [{"step": step, "loss": 3 - step / 2} for step in range(1, 4)] + [{"step": 3, "val_loss": 1.5}]
    run.log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


@pytest.fixture
async def side(store: Store, settings: Settings) -> AdminSide:
    await asyncio.to_thread(trained, settings, "shop-1")
    await asyncio.to_thread(trained, settings, "shop-2", "running")
    async with admin_side(store, settings) as made:
        yield made


async def test_runs_their_curve_and_their_report_are_shown(side: AdminSide) -> None:
    async with side.desk.store.write() as tx:
        await models.put(tx, ModelRelease(0, "", "shop-1", 20, "cli:ann", "a try"), 0, side.clock.now())
    async with side.browser("viewer") as viewer:
        listed = (await viewer.get("/admin/models")).text
        one = (await viewer.get("/admin/models/shop-1")).text
    assert all(words in listed for words in ("shop-1", "shop-2", "canary, for 20 %", "training", "1.500"))
    assert "5.25" in one
    assert "&lt;b&gt;.jsonl" in one
    assert "3 - step" not in one
    assert "/promote" not in one  # a viewer looks on


async def test_a_run_that_goes_on_is_followed(side: AdminSide) -> None:
    async with side.browser("viewer") as viewer:
        done = await viewer.get("/admin/models/shop-1/events?after=2")
    first = json.loads(done.text.split("\n\n")[0].partition("data: ")[2])
    assert [point["step"] for point in first] == [3, 3]
    assert "event: done" in done.text


@pytest.mark.parametrize("path", ["/admin/models/nothing", "/admin/models/..%2F..", "/admin/models/nothing/events"])
async def test_what_is_not_there_is_said(side: AdminSide, path: str) -> None:
    async with side.browser("viewer") as viewer:
        assert (await viewer.get(path)).status_code in (404, 422)


async def test_the_verbs_are_those_of_the_command_line_with_their_words(side: AdminSide, settings: Settings) -> None:
    async with side.browser("editor") as editor:
        refused = await editor.post("/admin/models/shop-1/promote", {"share": "", "message": ""})
        wrong = await editor.post("/admin/models/shop-1/promote", {"share": "lots"})
    assert (refused.status_code, wrong.status_code) == (422, 422)
    assert "weights of" in refused.text  # it has none here, and the gate looks at them first


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "new", "data": "../remora.db", "epochs": "3"}, "no such data set"),
        ({"name": "new", "data": "talks.jsonl", "epochs": "many"}, "whole number"),
        ({"name": "new", "data": "talks.jsonl", "epochs": "9" * 5_000}, "whole number"),
        ({"name": "shop-1", "data": "talks.jsonl", "epochs": "1"}, "already"),
        ({"name": "../x", "data": "talks.jsonl", "epochs": "1"}, "no name of a model"),
    ],
)
async def test_training_that_cannot_begin_is_refused_at_once(
    side: AdminSide, settings: Settings, fields: dict[str, str], said: str
) -> None:
    def put() -> None:
        (settings.data_dir / "datasets").mkdir()
        (settings.data_dir / "datasets" / "talks.jsonl").write_text("{}\n", encoding="utf-8")

    await asyncio.to_thread(put)
    async with side.browser("editor") as editor:
        answer = await editor.post("/admin/models/train", fields)
    assert answer.status_code == 422
    assert said in answer.text


async def test_a_run_is_begun_only_where_none_goes_on(
    side: AdminSide, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put() -> IO[bytes]:
        (settings.data_dir / "datasets").mkdir()
        (settings.data_dir / "datasets" / "talks.jsonl").write_text("{}\n", encoding="utf-8")
        (settings.data_dir / "models").mkdir(exist_ok=True)
        other = (settings.data_dir / "models" / ".begun-here").open("wb")
        fcntl.flock(other, fcntl.LOCK_EX)
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "bots.py").write_text("", encoding="utf-8")  # in place of the command line
        return other

    monkeypatch.setattr("core.admin.models._ROOT", tmp_path / "elsewhere")
    running = await asyncio.to_thread(put)
    async with side.browser("editor") as editor:
        busy = await editor.post("/admin/models/train", {"name": "new", "data": "talks.jsonl", "epochs": "1"})
        await asyncio.to_thread(running.close)
        free = await editor.post("/admin/models/train", {"name": "new", "data": "talks.jsonl", "epochs": "1"})
    assert (busy.status_code, "goes on" in busy.text) == (422, True)
    assert free.status_code == 303


def test_the_page_loads_nothing_of_the_training() -> None:
    code = "import sys, core.admin.models, core.admin.learning; print({'torch', 'transformers', 'peft'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert done.stdout.strip() == "set()"
