"""A trained model as one folder: the same logits as base and adapter side by side, and refused where it cannot be."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from bots._cli.models import command
from core.errors import Refused, RemoraError, Unavailable
from core.settings import Settings
from core.training import merge
from core.training.finetune import train
from core.training.options import Options
from core.training.runs import Run, hashes_under
from tests.fakes import tiny


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path]:
    """Runs "lora" and "gpt" of two families, and "full"."""
    folder = tmp_path_factory.mktemp("merge")
    settings = Settings(_env_file=None, REMORA_DATA_DIR=folder)
    data = str(tiny.rows(folder / "a.jsonl", 12, turns=1))
    common = {"data": data, "threads": 1, "samples": 0, "max_length": 144, "steps": 4, "learning_rate": 0.05}
    for name, kind, method in (("lora", "llama", "lora"), ("gpt", "gpt2", "lora"), ("full", "llama", "full")):
        base = tiny.model(folder / f"base-{name}", kind=kind, template=tiny.TEMPLATE if kind == "llama" else None)
        train(settings, Options.of({"name": name, "base": str(base), "method": method, **common}), lambda _event: None)
    return settings, folder


@pytest.fixture
def copied(made: tuple[Settings, Path], tmp_path: Path) -> tuple[Settings, Run]:
    """A run of its own, to be damaged."""
    _, folder = made
    settings = Settings(_env_file=None, REMORA_DATA_DIR=tmp_path)
    shutil.copytree(folder / "models/lora", tmp_path / "models/lora", ignore=shutil.ignore_patterns("merged"))
    return settings, Run.named(settings, "lora")


def logits(model: torch.nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        out: torch.Tensor = model.eval()(torch.arange(3, 40)[None]).logits
        return out


@pytest.mark.parametrize("name", ["lora", "gpt"])
def test_the_merged_models_logits_are_those_of_base_and_adapter(made: tuple[Settings, Path], name: str) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    settings, folder = made
    run = Run.named(settings, name)
    whole = merge.merged(settings, run)
    base = AutoModelForCausalLM.from_pretrained(folder / f"base-{name}")
    before = logits(base)
    apart = logits(PeftModel.from_pretrained(base, run.folder / "adapter"))
    found = logits(AutoModelForCausalLM.from_pretrained(whole))
    assert float((found - apart).abs().max()) <= merge.AGREE
    assert float((found - before).abs().max()) > 100 * merge.AGREE
    assert AutoTokenizer.from_pretrained(whole)("red").input_ids == tiny.tokenizer()("red").input_ids
    written = (whole / "model.safetensors").stat().st_mtime_ns
    assert merge.merged(settings, run) == whole
    assert (whole / "model.safetensors").stat().st_mtime_ns == written, "what is there is not made again"


def test_a_whole_model_needs_no_merging(made: tuple[Settings, Path]) -> None:
    settings, folder = made
    assert merge.merged(settings, Run.named(settings, "full")) == folder / "models" / "full" / "model"


def test_an_export_is_a_copy_in_a_folder_that_was_not_there(made: tuple[Settings, Path], tmp_path: Path) -> None:
    settings, _ = made
    run = Run.named(settings, "lora")
    into = merge.exported(settings, run, tmp_path / "out")
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in into.iterdir()}
    with pytest.raises(Refused, match="is there already"):
        merge.exported(settings, run, into)
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="cannot be written"):
        merge.exported(settings, run, tmp_path / "file" / "out")


def test_the_verb_says_where_it_is_and_what_is_wrong(
    made: tuple[Settings, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, _ = made
    monkeypatch.setenv("REMORA_DATA_DIR", str(settings.data_dir))
    shown = CliRunner().invoke(command, ["export", "lora", str(tmp_path / "out")])
    assert (shown.exit_code, shown.stdout.strip()) == (0, str(tmp_path / "out"))


def truncated(run: Run) -> None:
    path = run.folder / "adapter" / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def truncated_and_signed(run: Run) -> None:
    truncated(run)
    run.write(run.manifest().changed(files=hashes_under(run.folder, run.folder / "adapter")))


def unfinished(run: Run) -> None:
    run.write(run.manifest().changed(state="running"))


def other_base(run: Run) -> None:
    manifest = run.manifest()
    folder = str(tiny.model(run.folder.parent / "other", seed=2))
    run.write(manifest.changed(base=manifest.base.model_copy(update={"folder": folder})))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (truncated, "are not those that were trained"),
        (truncated_and_signed, "cannot be loaded"),
        (unfinished, "remora train --resume lora"),
        (other_base, "is not the one that was adapted"),
    ],
)
def test_what_is_damaged_is_refused_and_leaves_nothing(
    copied: tuple[Settings, Run], damage: Callable[[Run], None], said: str
) -> None:
    settings, run = copied
    damage(run)
    with pytest.raises(RemoraError, match=said):
        merge.merged(settings, run)
    assert not [path.name for path in run.folder.iterdir() if "merged" in path.name]


def test_two_processes_do_not_merge_at_once(copied: tuple[Settings, Run]) -> None:
    settings, run = copied
    with run.locked(), pytest.raises(Refused, match="another process"):
        merge.merged(settings, run)
    assert (merge.merged(settings, run) / "config.json").is_file()


def test_a_base_that_is_gone_is_named(copied: tuple[Settings, Run]) -> None:
    settings, run = copied
    manifest = run.manifest()
    run.write(manifest.changed(base=manifest.base.model_copy(update={"folder": str(run.folder / "gone")})))
    with pytest.raises(Refused, match="is no folder of a model"):
        merge.merged(settings, run)


def test_a_sum_that_is_not_the_same_is_refused(copied: tuple[Settings, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    settings, run = copied
    monkeypatch.setattr(merge, "AGREE", -1.0)
    with pytest.raises(Refused, match="logits differ"):
        merge.merged(settings, run)
    assert not (run.folder / "merged").exists()


def test_a_full_disk_leaves_no_half_of_a_model(copied: tuple[Settings, Run], monkeypatch: pytest.MonkeyPatch) -> None:
    settings, run = copied

    def full(*_paths: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(merge, "_merge", full)
    with pytest.raises(Unavailable, match="No space left on device"):
        merge.merged(settings, run)
    assert not (run.folder / "merged").exists()


def test_logits_are_compared_by_their_size() -> None:
    """SmolLM2's reach 41; merged and apart they differ by 1.3e-4 there in single precision, and by 1.6e-5 in double."""
    large, small = torch.tensor([41.0, -3.0]), torch.tensor([4.0, -3.0])
    assert merge.difference(large + torch.tensor([0.0, 1.3e-4]), large) < merge.AGREE
    assert merge.difference(large + torch.tensor([0.0, 5e-4]), large) > merge.AGREE
    assert merge.difference(small + torch.tensor([0.0, 1.3e-4]), small) > merge.AGREE
