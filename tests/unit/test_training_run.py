"""A training run: what it leaves behind, what it refuses, and that nothing that happens in the middle changes it."""

from __future__ import annotations

import errno
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from bots._cli.train import command
from core.errors import ConfigurationError, Refused, RemoraError, Unavailable
from core.settings import Settings
from core.training import checkpoints, estimate, finetune
from core.training.base import Learner
from core.training.chat import Encoded
from core.training.finetune import TrainingFailed, resume, train
from core.training.options import Options
from core.training.runs import BadData, Manifest, Run, base_hash, log_lines, sha256_of
from core.training.runs import runs as every_run
from tests.fakes import tiny


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.model(tmp_path_factory.mktemp("base"))


class Bench:
    """A data folder, a base, and short runs on them."""

    def __init__(self, folder: Path, base: Path) -> None:
        self.folder, self.base = folder, base
        self.settings = Settings(_env_file=None, REMORA_DATA_DIR=folder / "kept")  # type: ignore[call-arg]
        self.data = tiny.rows(folder / "train.jsonl", 24, turns=1)
        self.val = tiny.rows(folder / "val.jsonl", 6, seed=2, turns=1)
        self.told: list[Mapping[str, Any]] = []

    def options(self, **values: Any) -> Options:
        usual = {"base": str(self.base), "data": str(self.data), "val": str(self.val), "batch": 4, "epochs": 1}
        return Options.of(
            {"name": "one", **usual, "threads": 1, "samples": 0, "precision": "fp32", "max_length": 144, **values}
        )

    def train(self, **values: Any) -> Manifest:
        made = train(self.settings, self.options(**values), self.told.append)
        assert made is not None
        return made

    def resume(self, name: str = "one") -> Manifest:
        made = resume(self.settings, name, self.told.append)
        assert made is not None
        return made

    def run(self, name: str = "one") -> Run:
        return Run.named(self.settings, name)

    def losses(self, name: str = "one") -> dict[int, float]:
        return {line["step"]: line["loss"] for line in log_lines(self.run(name).log) if "loss" in line}


def long_base(folder: Path) -> Path:
    """The same model, which can read more."""
    made = tiny.model(folder / "long")
    config = json.loads((made / "config.json").read_text())
    (made / "config.json").write_text(json.dumps(config | {"max_position_embeddings": 2048}))
    return made


@pytest.fixture
def bench(tmp_path: Path, base: Path) -> Bench:
    return Bench(tmp_path, base)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_run_learns_and_leaves_weights_a_log_and_a_manifest(bench: Bench, method: str) -> None:
    made = bench.train(method=method, epochs=4, learning_rate=0.01, samples=1, sample_tokens=4)
    found = made.metrics
    assert found.val_loss is not None
    assert found.base_val_loss is not None
    assert found.val_loss < 0.95 * found.base_val_loss
    run = bench.run()
    assert run.finished() == made == run.manifest()
    assert sorted(path.name for path in run.folder.iterdir()) == sorted(
        ["manifest.json", "log.jsonl", "adapter" if method == "lora" else "model"]
    )
    assert made.kind == ("adapter" if method == "lora" else "full")
    assert made.base.hash == base_hash(bench.base)
    assert {data.role: data.rows for data in made.data} == {"train": 24, "val": 6, "general": 20}
    assert made.data[0].sha256 == sha256_of(bench.data)
    assert (made.parameters["learning_rate"], made.parameters["precision"]) == (0.01, "fp32")
    assert made.data[0].path == made.parameters["data"] == str(bench.data.resolve())
    assert set(made.versions) == {"python", "torch", "transformers", "peft", "accelerate", "remora"}
    assert (found.steps, found.planned_steps, found.ended) == (24, 24, "planned")
    assert list(bench.losses()) == list(range(1, 25))
    looks = [line for line in log_lines(run.log) if "val_loss" in line]
    assert [line["step"] for line in looks] == [0, 4, 8, 12, 16, 20, 24]
    assert looks[0]["val_loss"] == found.base_val_loss
    assert set(looks[1]["samples"][0]) == {"asked", "reply", "wanted"}
    assert [one.name for one in every_run(bench.settings)] == ["one"]


def test_the_weights_that_are_kept_are_the_best_ones(bench: Bench) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    from core.training.chat import Chat
    from core.training.losses import mean_loss
    from core.training.prepared import conversations

    made = bench.train(
        epochs=3, learning_rate=0.3, schedule="constant", clip=0, patience=0, evaluate_every=2, lora_dropout=0
    )
    looks = [line for line in log_lines(bench.run().log) if "val_loss" in line]
    best = min((line["val_loss"], line["step"]) for line in looks if line["step"])
    assert (made.metrics.val_loss, made.metrics.best_step) == best
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(bench.base), bench.run().weights_of(made))
    rows = [Chat(tiny.tokenizer()).encode(row, 512) for row in conversations(bench.val)]
    assert mean_loss(Learner(model, torch.float32), rows, 4, 257) == pytest.approx(best[0], abs=1e-5)


def test_a_step_is_the_same_however_its_rows_are_divided_into_batches(bench: Bench) -> None:
    bench.train(name="whole", batch=24, lora_dropout=0)
    bench.train(name="parts", batch=6, accumulation=4, lora_dropout=0)
    first = [next(line for line in log_lines(bench.run(name).log) if "loss" in line) for name in ("whole", "parts")]
    assert first[0]["loss"] == pytest.approx(first[1]["loss"], abs=1e-5)
    assert first[0]["grad_norm"] == pytest.approx(first[1]["grad_norm"], rel=1e-4)


def test_packing_checkpointing_eager_attention_and_general_rows_learn_too(bench: Bench) -> None:
    more = {"packing": True, "max_length": 256, "gradient_checkpointing": True, "attention": "eager"}
    made = bench.train(
        epochs=4, learning_rate=0.02, batch=2, mix=str(bench.val), mix_share=0.2, schedule="linear", **more
    )
    assert made.metrics.val_loss is not None
    assert made.metrics.base_val_loss is not None
    assert made.metrics.val_loss < made.metrics.base_val_loss
    assert [data.role for data in made.data] == ["train", "val", "general", "mix"]


def test_a_model_without_a_template_is_trained_in_the_engines_plain_form(bench: Bench, tmp_path: Path) -> None:
    gpt2 = tiny.model(tmp_path / "gpt2", kind="gpt2", template=None)
    made = bench.train(base=str(gpt2), epochs=3, learning_rate=0.01, lora_targets="c_attn, c_fc")
    assert made.metrics.val_loss is not None
    assert made.metrics.base_val_loss is not None
    assert made.metrics.val_loss < made.metrics.base_val_loss


def test_it_stops_when_nothing_gets_better(bench: Bench) -> None:
    made = bench.train(epochs=4, learning_rate=1e-30, evaluate_every=2, patience=2)
    assert made.metrics.ended == "early"
    assert made.metrics.steps < made.metrics.planned_steps
    assert made.metrics.best_step == 2


def test_the_schedule_ends_in_the_minutes_that_are_given(bench: Bench) -> None:
    made = bench.train(epochs=1000, minutes=0.02)
    found = made.metrics
    assert 1 <= found.steps == found.planned_steps == made.parameters["steps"] < 6000
    assert found.ended == "planned"
    assert any("epochs fit into the time" in event.get("note", "") for event in bench.told)
    rates = [line["lr"] for line in log_lines(bench.run().log) if "lr" in line]
    assert rates[-1] == pytest.approx(rates[0] if len(rates) == 1 else 0.1 * made.parameters["learning_rate"])


def test_a_time_is_given_where_nothing_else_is() -> None:
    assert Options().most_seconds == 900
    assert Options(minutes=2, epochs=9).most_seconds == 120
    assert Options(epochs=9).most_seconds == Options(steps=9).most_seconds == math.inf


@pytest.mark.parametrize(("count", "batch"), [(5, 5), (30, 3), (400, 1)])
def test_a_batch_has_few_long_rows_or_many_short_ones(bench: Bench, tmp_path: Path, count: int, batch: int) -> None:
    said = {"messages": [{"role": "user", "content": "hm " * count}, {"role": "assistant", "content": "yes"}]}
    rows = tmp_path / "rows.jsonl"
    rows.write_text("\n".join(json.dumps(said) for _ in range(4)))
    made = bench.train(data=str(rows), batch=0, steps=1, max_length=1500, base=str(long_base(tmp_path)))
    assert made.parameters["batch"] == batch


def test_few_validation_rows_are_looked_at_where_all_would_take_longer_than_learning(bench: Bench) -> None:
    many = tiny.rows(bench.folder / "many.jsonl", 80, seed=2, turns=1)
    bench.train(val=str(many), epochs=1)
    assert any(event.get("note", "").startswith("8 of 80 validation rows") for event in bench.told)


def test_what_forgets_is_not_the_best_however_well_it_has_learned(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([(3.0, 3.0), (2.0, 3.02), (1.0, 3.2), (1.9, 3.02), (0.5, 3.1)])
    monkeypatch.setattr(finetune._Training, "_losses", lambda _self: next(losses))
    made = bench.train(steps=8, evaluate_every=2)
    assert (made.metrics.best_step, made.metrics.val_loss) == (6, 1.9)


def test_of_what_forgets_so_much_is_kept_as_does_not(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgetting grows with the square of what the adapter adds here: 5 % of loss at the end, of which about 2 may stay."""
    most = [0.0]

    def felt(self: finetune._Training, rows: Sequence[Encoded]) -> float:
        added = sum(float(value.detach().square().sum()) for name, value in self.weights.items() if "lora_B" in name)
        most[0] = max(most[0], added)
        share = added / most[0] if most[0] else 0.0
        return 1 + 0.05 * share if rows is self.data.general else 3 - share

    def pull(*_given: object) -> None:
        raise _Pulled

    monkeypatch.setattr(finetune._Training, "_loss", felt)
    with monkeypatch.context() as patch:
        patch.setattr(finetune, "hashes_under", pull)
        with pytest.raises(_Pulled):
            bench.train(steps=4, evaluate_every=4)
    made = bench.resume()
    assert made.metrics.strength == 0.6
    assert made.metrics.general_loss == pytest.approx(1 + 0.05 * 0.6**2)
    tried = {line["strength"]: line["best"] for line in log_lines(bench.run().log) if "strength" in line}
    assert tried == {0.6: True, 0.5: False}
    monkeypatch.setattr(finetune._Training, "_forgotten", lambda *_given: 0.0)
    assert bench.train(name="whole", steps=4, evaluate_every=4).metrics.strength == 1
    kept, whole = (load_file(bench.run(name).folder / "adapter/adapter_model.safetensors") for name in ("one", "whole"))
    assert set(kept) == set(whole)
    for name, value in whole.items():
        assert torch.allclose(kept[name], value * (0.6 if "lora_B" in name else 1.0))


def test_a_part_is_set_aside_where_no_validation_data_is_given(bench: Bench) -> None:
    made = bench.train(val="", val_share=0.25, steps=2)
    assert {data.role: data.rows for data in made.data} == {"train": 18, "val": 6, "general": 20}


def test_what_is_shortened_or_left_out_is_said_and_counted(bench: Bench) -> None:
    short = '{"messages": [{"role": "user", "content": "where"}, {"role": "assistant", "content": "there"}%s]}'
    more = ', {"role": "user", "content": "and then where?"}, {"role": "assistant", "content": "there, too"}'
    long = (
        '{"messages": [{"role": "user", "content": "'
        + "where is it " * 9
        + '"}, {"role": "assistant", "content": "x"}]}'
    )
    bench.data.write_text("\n".join([short % ""] * 18 + [long] + [short % more]))
    made = bench.train(steps=1, max_length=100, val="", val_share=0)
    assert [(data.rows, data.left_out, data.cut) for data in made.data if data.role == "train"] == [(19, 1, 1)]
    said = [str(event["note"]) for event in bench.told if "note" in event]
    assert any("train: 1 rows are left out, no answer fits into 100 tokens: lines 19" in text for text in said)
    assert any("train: 1 rows of more than 100 tokens end after" in text for text in said)


def test_people_whose_words_were_trained_on_are_named_and_their_words_stay_out_of_the_log(bench: Bench) -> None:
    lines = [json.loads(line) for line in bench.data.read_text().splitlines()]
    for number, line in enumerate(lines):
        line["meta"] = {"person": 7 if number % 2 else 3}
    bench.data.write_text("\n".join(map(json.dumps, lines)))
    made = bench.train(steps=1, val="", val_share=0.3, samples=2, sample_tokens=2)
    assert made.people == [3, 7]
    assert "where is" not in bench.run().log.read_text()


# --- interrupted


class _Pulled(Exception):
    """The plug."""


@pytest.mark.parametrize("at", [1, 3, 4, 6, 7])
def test_a_run_that_was_interrupted_goes_on_as_if_it_had_not_been(bench: Bench, at: int) -> None:
    options: dict[str, Any] = {"epochs": 2, "evaluate_every": 4, "checkpoint_every": 3, "lora_dropout": 0.1, "steps": 8}
    bench.train(name="whole", **options)

    def pull(event: Mapping[str, Any]) -> None:
        if event.get("step") == at and "loss" in event:
            raise _Pulled

    with pytest.raises(_Pulled):
        train(bench.settings, bench.options(name="one", **options), pull)
    assert bench.run().manifest().state == "running"
    with pytest.raises(Refused, match="has not finished"):
        bench.run().finished()
    again = bench.resume()
    whole = bench.run("whole").manifest()
    assert bench.losses() == pytest.approx(bench.losses("whole"), abs=1e-6)
    assert again.metrics.val_loss == pytest.approx(whole.metrics.val_loss, abs=1e-6)
    assert again.metrics.best_step == whole.metrics.best_step
    assert again.files["adapter/adapter_model.safetensors"] == whole.files["adapter/adapter_model.safetensors"]
    assert len(list(log_lines(bench.run().log))) == len(list(log_lines(bench.run("whole").log)))
    with pytest.raises(Refused, match="has finished"):
        bench.resume()


def test_a_run_that_was_interrupted_while_it_finished_can_be_finished(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pull(*_given: object) -> None:
        raise _Pulled

    with monkeypatch.context() as patch:
        patch.setattr(finetune, "hashes_under", pull)
        with pytest.raises(_Pulled):
            bench.train(steps=4)
    assert bench.resume().metrics.steps == 4
    assert bench.run().finished().files


def test_a_checkpoint_that_cannot_be_read_is_named(bench: Bench) -> None:
    made = bench.train(steps=2)
    bench.run().write(made.changed(state="running"))
    bench.run().checkpoint.write_bytes(b"half of it")
    with pytest.raises(Refused, match=r"checkpoint\.pt cannot be read"):
        bench.resume()


def test_a_full_disk_at_a_checkpoint_is_said_and_the_run_goes_on(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    save = torch.save

    def full(*given: Any) -> None:
        monkeypatch.setattr(torch, "save", save)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    bench.train(steps=4, checkpoint_every=2, evaluate_every=4)
    assert any("no checkpoint at step 2: the disk is full" in str(event.get("note")) for event in bench.told)
    assert bench.run().finished().metrics.steps == 4
    assert not list(bench.run().folder.glob("*.partial"))


def test_a_full_disk_at_the_best_weights_ends_the_run_which_can_go_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "save_weights", full)
        with pytest.raises(
            Unavailable, match="the best weights of step 4 could not be written: the disk is full"
        ) as said:
            bench.train(steps=8, checkpoint_every=2, evaluate_every=4)
    assert "remora train --resume one" in said.value.mend
    assert bench.resume().metrics.steps == 8


def test_a_full_disk_at_the_manifest_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Unavailable, match=r"manifest.json cannot be written: No space left on device"):
        bench.train()
    assert not (bench.run().folder / "manifest.json").exists()


def test_too_little_space_is_said_before_the_first_step(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints.shutil, "disk_usage", lambda _folder: type("usage", (), {"free": 1 << 20}))
    with pytest.raises(Unavailable, match="no space for checkpoints"):
        bench.train()
    assert bench.losses() == {}


def test_a_loss_that_is_no_number_ends_the_run_and_names_its_rows(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = Learner.losses

    def poisoned(self: Learner, batch: Any) -> torch.Tensor:
        return losses(self, batch) * (float("nan") if self.training and 7 in batch.lines else 1.0)

    with monkeypatch.context() as patch:
        patch.setattr(Learner, "losses", poisoned)
        with pytest.raises(TrainingFailed, match=r"the loss is no number; its rows are those of lines .*\b7\b") as said:
            bench.train(epochs=1, checkpoint_every=1)
    assert "a lower --learning-rate (it is 0.001)" in said.value.mend
    assert bench.resume().metrics.ended == "planned"


def test_a_base_whose_weights_are_damaged_is_named(bench: Bench, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(bench.base)
    model.model.norm.weight.data[0] = float("nan")
    model.save_pretrained(tmp_path / "damaged")
    tiny.tokenizer().save_pretrained(tmp_path / "damaged")
    with pytest.raises(TrainingFailed, match="the base model's loss is no number"):
        bench.train(base=str(tmp_path / "damaged"))
    assert not (bench.run().folder / "manifest.json").exists()  # its name is free


def test_base_and_data_must_be_those_that_the_run_began_with(bench: Bench, tmp_path: Path) -> None:
    mine = tiny.model(tmp_path / "mine")
    made = bench.train(base=str(mine), steps=2)
    run = bench.run()
    run.write(made.changed(state="running"))
    was = bench.data.read_bytes()
    bench.data.write_bytes(was + b"\n")
    with pytest.raises(Refused, match="is not what the run began with"):
        bench.resume()
    bench.data.write_bytes(was)
    tiny.model(mine, seed=2)
    with pytest.raises(Refused, match="is not the one that was adapted"):
        bench.resume()


def test_weights_that_were_changed_afterwards_are_not_used(bench: Bench) -> None:
    made = bench.train(steps=2)
    (bench.run().weights_of(made) / "adapter_config.json").write_text("{}")
    with pytest.raises(Refused, match="not those that were trained"):
        bench.run().finished()


# --- refused


def test_names_are_taken_once_and_by_one_process(bench: Bench) -> None:
    bench.train(steps=1)
    with pytest.raises(Refused, match="there is a model named 'one' already"):
        bench.train(steps=1)
    for wrong in ("", "../x", "A", "smollm2-135m-instruct"):
        with pytest.raises(Refused, match="can be no name"):
            bench.train(name=wrong)
    with bench.run("two").locked(), pytest.raises(Refused, match="another process is training"):
        bench.train(name="two", steps=1)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{"messages": [{"role": "user", "content": "hi"}]}', "line 25: no-assistant"),
        ('{"messages": [{"role": "user", "content": "hi"}, {"role": "bot!", "content": "x"}]}', "line 25: wrong-role"),
        ("{", "line 25: not-json"),
    ],
)
def test_a_row_that_cannot_be_trained_on_is_refused_by_its_line(bench: Bench, row: str, said: str) -> None:
    with bench.data.open("a") as file:
        file.write(row + "\n")
    with pytest.raises(BadData, match=said):
        bench.train()
    assert not bench.run().folder.exists()


def test_what_cannot_be_done_here_is_refused_before_anything_is_written(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for values, said in (
        ({"method": "qlora"}, "qlora cannot run here"),
        ({"lora_targets": "wings"}, "no layer of this model is called wings"),
        ({"base": str(tmp_path / "empty")}, "is no folder of a model"),
        ({"data": str(tmp_path / "none.jsonl")}, "cannot be read"),
    ):
        with pytest.raises(RemoraError, match=said):
            bench.train(**values)
    assert not bench.run().folder.exists()


def test_what_does_not_fit_into_memory_is_refused_unless_forced(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "_available", lambda: (1 << 20, 0))
    with pytest.raises(Refused, match=r"would not fit into memory: .* does not fit") as said:
        bench.train()
    assert "--gradient-checkpointing" in said.value.mend
    assert bench.train(steps=1, force=True).metrics.steps == 1


def test_an_estimate_trains_nothing_and_counts_what_would_be_trained(bench: Bench) -> None:
    assert train(bench.settings, bench.options(), bench.told.append, only_estimate=True) is None
    said = next(event for event in bench.told if "estimate" in event)
    assert said["seconds"] > 0
    assert "fits" in said["estimate"]
    assert not bench.run().folder.exists()
    made = bench.train(steps=1)
    assert (said["parameters"], said["trained"]) == (made.base.parameters, made.trainable)


def test_a_tokenizer_of_another_model_is_refused(bench: Bench, tmp_path: Path) -> None:
    mine = tiny.model(tmp_path / "mine")
    other = tiny.tokenizer()
    other.add_tokens([f"word{number}" for number in range(9)])
    other.save_pretrained(mine)
    with pytest.raises(BadData, match="has 267 tokens, the model knows 258"):
        bench.train(base=str(mine))


# --- options


@pytest.mark.parametrize("arguments", [["--resume", "one", "--batch", "2"], ["--name", "one"], ["--data", "a.jsonl"]])
def test_a_call_that_says_too_little_or_contradicts_itself_is_explained(arguments: list[str]) -> None:
    assert CliRunner().invoke(command, arguments).exit_code == 2


def test_every_knob_is_an_option_with_help_and_a_key_of_the_configuration_file(tmp_path: Path) -> None:
    shown = CliRunner().invoke(command, ["--help"], terminal_width=200).output
    for name, knob in Options.model_fields.items():
        assert f"--{name.replace('_', '-')}" in shown
        assert knob.description
        assert knob.description.endswith(".")
    file = tmp_path / "a.toml"
    file.write_text('learning-rate = 0.5\nlora_rank = 4\ndata = "rows.jsonl"\npacking = true\n')
    read = Options.read(file, {"lora_rank": 8})
    assert (read.learning_rate, read.lora_rank, read.packing) == (0.5, 8, True)
    assert read.data == str(tmp_path / "rows.jsonl")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rank = 4", "--rank: extra inputs are not permitted"),
        ("batch = -1", "--batch: input should be greater than or equal to 0"),
        ("method = 'magic'", "--method: input should be 'lora', 'full' or 'qlora'"),
        ("batch = ", "a.toml: Invalid value"),
    ],
)
def test_a_wrong_key_or_value_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(ConfigurationError) as error:
        Options.read(tmp_path / "a.toml", {})
    assert said in error.value.what
