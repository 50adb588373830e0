"""`kill -9` in the middle of a training run, then `--resume`: the losses are those of a run that nobody killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.settings import Settings
from core.training.finetune import resume, train
from core.training.options import Options
from core.training.runs import Run, log_lines
from tests.fakes import tiny

pytestmark = [pytest.mark.process, pytest.mark.timeout(400)]
ROOT = Path(__file__).parents[2]
KILLED_AFTER = 5
LIMIT = 200.0


def losses(run: Run) -> dict[int, float]:
    return {line["step"]: line["loss"] for line in log_lines(run.log) if "loss" in line}


def test_a_killed_run_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, REMORA_DATA_DIR=tmp_path)  # type: ignore[call-arg]
    knobs = {
        "base": str(tiny.model(tmp_path / "base")),
        "data": str(tiny.rows(tmp_path / "train.jsonl", 24, turns=1)),
        "val": str(tiny.rows(tmp_path / "val.jsonl", 6, seed=2, turns=1)),
        "batch": 4,
        "steps": 4000,
        "threads": 1,
        "samples": 0,
        "max_length": 144,
        "precision": "fp32",
        "checkpoint_every": 2,
        "evaluate_every": 100,
        "lora_dropout": 0.1,
    }
    config = tmp_path / "run.toml"
    config.write_text("\n".join(f"{name} = {json.dumps(value)}" for name, value in knobs.items()))
    environment = {**os.environ, "REMORA_DATA_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    run = Run.named(settings, "killed")
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "bots", "train", "--config", str(config), "--name", "killed"],
            env=environment, cwd=tmp_path, stdout=said, stderr=said,
        )  # fmt: skip
    try:
        deadline = time.monotonic() + LIMIT
        while len(losses(run)) < KILLED_AFTER:
            assert process.poll() is None, (tmp_path / "said").read_text()
            assert time.monotonic() < deadline, "it never came so far"
            time.sleep(0.02)
    finally:
        process.kill()
        process.wait()
    reached = max(losses(run))
    assert run.manifest().state == "running"

    class Enough(Exception):
        """A few steps beyond the kill are enough to compare."""

    def until(event: object) -> None:
        if isinstance(event, dict) and event.get("step", 0) >= reached + 6 and "loss" in event:
            raise Enough

    with pytest.raises(Enough):
        resume(settings, "killed", until)
    with pytest.raises(Enough):
        train(settings, Options.read(config, {"name": "whole"}), until)
    again, whole = losses(run), losses(Run.named(settings, "whole"))
    assert list(again) == list(range(1, reached + 7)) == list(whole)
    assert again == pytest.approx(whole, abs=1e-6)
