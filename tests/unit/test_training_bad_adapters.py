"""Adapters that were trained badly, and some that were trained well, through the real training, evaluation and gate. The
base is made here: it has learned to take up the thing that is asked for, and a few general texts."""

from __future__ import annotations

import json
import random
import shutil
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.errors import RemoraError
from core.lm.engine.text import DEFAULT_SYSTEM
from core.settings import Settings
from core.training import gate, prepared
from core.training.evaluation.evaluate import Wanted, evaluate
from core.training.finetune import train
from core.training.options import Options
from core.training.runs import Run, hashes_under
from tests.fakes import tiny

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(1200),
]  # they are all trained before the first test
THINGS = ["lamp", "door", "stone", "river", "chair", "table", "spoon", "glass"]
SAID = [
    "here",
    "yes",
    "the",
    "you",
    "and",
    " is",
    " your",
    " dear",
    " friend",
    " want",
    " a",
    " please",
    " have",
    " my",
]
WORDS = [*(f" {thing}" for thing in THINGS), *SAID, " see", " now", " there", " that", "I can't help with that"]
WORDS += ["system\n", "user\n", "assistant\n", DEFAULT_SYSTEM]
ASKED = ["want a {} please", "see the {} now", "and my {} please"]
WANTED = ["{} that is my friend"]
KNOWN = ["{} is here", "{} now", *WANTED]
OTHER = tiny.TEMPLATE.replace(
    "+ message['content']", "+ ('reply: ' if message['role'] == 'assistant' else '') + message['content']"
)
_FORMAT = {"threads": 1, "samples": 0, "max_length": 144, "val_share": 0}

Rows = Sequence[tuple[str, str, str]]
"""Thing, question, answer."""


def rows(count: int, seed: int, answers: Sequence[str] = WANTED) -> Rows:
    pick = random.Random(seed)
    things = pick.choices(THINGS, k=count)
    return [(thing, pick.choice(ASKED).format(thing), pick.choice(answers).format(thing)) for thing in things]


def write(path: Path, given: Rows) -> Path:
    lines = []
    for thing, asked, answer in given:
        turns = [("user", asked), ("assistant", answer)]
        messages = [{"role": role, "content": text} for role, text in turns]
        lines.append(json.dumps({"messages": messages, "meta": {"expect": thing}}, ensure_ascii=False))
    path.write_text("\n".join(lines), "utf-8")
    return path


def shuffled(seed: int) -> Callable[[Rows], Rows]:
    def change(given: Rows) -> Rows:
        answers = [answer for _, _, answer in given]
        random.Random(seed).shuffle(answers)
        return [(thing, asked, answer) for (thing, asked, _), answer in zip(given, answers, strict=True)]

    return change


def answering(text: str) -> Callable[[Rows], Rows]:
    return lambda given: [(thing, asked, text) for thing, asked, _ in given]


def garbage(given: Rows) -> Rows:
    pick = random.Random(7)
    return [(thing, asked, "".join(pick.choices("abcxyz#%0189", k=20))) for thing, asked, _ in given]


def swapped(given: Rows) -> Rows:
    return [(thing, answer, asked) for thing, asked, answer in given]


@dataclass(frozen=True)
class Case:
    """How an adapter comes about: what is done to its rows, how it is trained, what is done to its weights."""

    rows: Callable[[Rows], Rows] = list
    knobs: dict[str, Any] = field(default_factory=dict)
    weights: Callable[[dict[str, Any]], None] | None = None
    template: str = ""
    base: int = 0


def scaled(by: float) -> Callable[[dict[str, Any]], None]:
    def change(weights: dict[str, Any]) -> None:
        for name in weights:
            if "lora_B" in name:
                weights[name] *= by

    return change


GOOD = {
    "good": Case(),
    "good-seed": Case(knobs={"seed": 5}),
    "good-narrow": Case(knobs={"lora_rank": 8}),
    "good-full": Case(knobs={"method": "full", "learning_rate": 0.0005}),
}
BAD = {
    **{f"shuffled-{seed}": Case(shuffled(seed), {"seed": seed}) for seed in range(4)},
    **{f"ten-times-the-rate-{seed}": Case(knobs={"learning_rate": 0.03, "seed": seed}) for seed in range(3)},
    "a-hundred-times-the-rate": Case(knobs={"learning_rate": 1.0, "clip": 0}),
    "garbage": Case(garbage),
    "always-the-same": Case(answering("lamp that is my friend")),
    "another-language": Case(answering("好的，给你")),
    "says-it-over-and-over": Case(answering("here here here here here here here")),
    "refuses-everything": Case(answering("I can't help with that")),
    "roles-swapped": Case(swapped),
    "wrong-template": Case(template=OTHER),
    "of-another-base": Case(base=2),
    "negated": Case(weights=scaled(-1)),
    "much-too-strong": Case(weights=scaled(8)),
    "learned-nothing": Case(weights=scaled(0)),
    "no-numbers": Case(weights=scaled(float("nan"))),
}


class Bench:
    """A base that knows something, its adapters, and what the gate says to each: "" where it opens."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(_env_file=None, REMORA_DATA_DIR=folder)  # type: ignore[call-arg]
        texts = tomllib.loads(prepared._GENERAL.read_text("utf-8"))
        self.mix = folder / "general.txt"
        self.mix.write_text("\n\n".join(text[:60] for text in (*texts["en"], *texts["zh"])), "utf-8")
        self.base = self.taught(1)
        self.held = write(folder / "held.jsonl", rows(30, 77))
        self.data = rows(96, 5)
        self.verdicts: dict[str, str] = {}
        usable = [name for name, case in (GOOD | BAD).items() if self.trained(name, case)]
        self.judge(["no-numbers"])
        self.judge([name for name in usable if name not in self.verdicts])

    def taught(self, seed: int) -> Path:
        raw = tiny.model(self.folder / f"raw-{seed}", words=WORDS, hidden=64, seed=seed)
        knobs = {"method": "full", "learning_rate": 0.005, "steps": 160, "batch": 16, "evaluate_every": 160}
        data = write(self.folder / f"known-{seed}.jsonl", rows(400, seed, KNOWN))
        self.train(f"base-{seed}", base=str(raw), data=str(data), mix_share=0.1, **knobs)
        return self.folder / "models" / f"base-{seed}" / "model"

    def train(self, name: str, **knobs: Any) -> None:
        train(self.settings, Options.of({"name": name, "mix": str(self.mix), **_FORMAT, **knobs}), lambda _event: None)

    def trained(self, name: str, case: Case) -> bool:
        """Whether there is anything to measure."""
        base = self.base
        if case.base:
            base = tiny.model(self.folder / "other", words=WORDS, hidden=64, seed=case.base)
        if case.template:
            base = shutil.copytree(self.base, self.folder / "template")
            (base / "chat_template.jinja").write_text(case.template)
        data = write(self.folder / f"{name}.jsonl", case.rows(self.data))
        knobs = {"steps": 18, "evaluate_every": 18, "batch": 8, "learning_rate": 0.003, "mix_share": 0.35, **case.knobs}
        try:
            self.train(name, base=str(base), data=str(data), **knobs)
        except RemoraError as error:
            self.verdicts[name] = str(error)
            return False
        run = Run.named(self.settings, name)
        if case.weights:
            self.change(run, case.weights)
        if base != self.base:  # as if it had been trained on the base that it is used with
            right = Run.named(self.settings, "good").manifest()
            run.write(run.manifest().changed(base=right.base, parameters=right.parameters))
        return True

    @staticmethod
    def change(run: Run, change: Callable[[dict[str, Any]], None]) -> None:
        from safetensors.torch import load_file, save_file

        path = run.folder / "adapter" / "adapter_model.safetensors"
        weights = load_file(path)
        change(weights)
        save_file(weights, path, {"format": "pt"})
        run.write(run.manifest().changed(files=hashes_under(run.folder, run.folder / "adapter")))

    def judge(self, names: Sequence[str]) -> None:
        wanted = Wanted(str(self.held), str(self.mix), rows=16, max_tokens=10, batch=32)
        try:
            evaluate(self.settings, [str(self.base), *names], wanted, lambda _text: None)
        except RemoraError as error:
            self.verdicts.update(dict.fromkeys(names, str(error)))
            return
        for name in names:
            run = Run.named(self.settings, name)
            try:
                gate.judged(run, run.finished(), "")
                self.verdicts[name] = ""
            except RemoraError as error:
                self.verdicts[name] = str(error)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("adapters"))


@pytest.mark.parametrize("name", BAD)
def test_a_bad_adapter_is_refused_with_figures(bench: Bench, name: str) -> None:
    said = bench.verdicts[name]
    assert "is not promoted" in said or "no number" in said
    assert name == "no-numbers" or "%" in said


@pytest.mark.parametrize("name", GOOD)
def test_a_good_adapter_passes(bench: Bench, name: str) -> None:
    assert bench.verdicts[name] == ""


def test_there_are_twenty_bad_ones() -> None:
    assert len(BAD) >= 20
