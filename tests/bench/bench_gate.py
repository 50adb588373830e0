"""The gate with a real model: `python -m tests.bench.bench_gate TRAIN HELD --steps 60 --rows 24 --jobs 1`.

Four adapters are trained on TRAIN as they should be, twenty in a way in which people do it wrong; each is measured on HELD
beside the base, in a process of its own, and a JSON line says what the gate says to it. The last line counts. What is the same
for several is done once: the base is measured by the first, and weights are spoiled that the first good one has learned.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import pickle
import random
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from core.errors import RemoraError
from core.lm import weights
from core.settings import Settings, load_settings
from core.training import gate
from core.training.base import base_folder
from core.training.evaluation import evaluate as evaluation
from core.training.evaluation.evaluate import Wanted, evaluate
from core.training.finetune import train
from core.training.options import Options
from core.training.runs import Manifest, Run
from tests.bench.bench_training import head
from tests.unit.test_training_bad_adapters import Bench, scaled

Turns = list[dict[str, str]]
RATE = Options.of({}).peak_rate
OTHER_TEMPLATE = (
    "{% for message in messages %}{{ '### ' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '### assistant\n' }}{% endif %}"
)


def each_answer(made: Callable[[str], str]) -> Callable[[list[Turns]], None]:
    def change(rows: list[Turns]) -> None:
        for turns in rows:
            for turn in turns:
                if turn["role"] == "assistant":
                    turn["content"] = made(turn["content"])

    return change


def always(text: str) -> Callable[[list[Turns]], None]:
    return each_answer(lambda _answer: text)


def shuffled(seed: int) -> Callable[[list[Turns]], None]:
    def change(rows: list[Turns]) -> None:
        answers = [turn["content"] for turns in rows for turn in turns if turn["role"] == "assistant"]
        random.Random(seed).shuffle(answers)
        others = iter(answers)
        each_answer(lambda _answer: next(others))(rows)

    return change


def garbage(rows: list[Turns]) -> None:
    pick = random.Random(7)
    each_answer(lambda answer: "".join(pick.choices("abcxyz #%0189", k=len(answer))))(rows)


def swapped(rows: list[Turns]) -> None:
    """What the user says is learned as the answer, and the other way round."""
    for turns in rows:
        said = [turn for turn in turns if turn["role"] != "system"]
        for one, other in zip(said[::2], said[1::2], strict=False):
            one["content"], other["content"] = other["content"], one["content"]


@dataclass(frozen=True)
class Case:
    """How an adapter comes about: what is done to its rows, how it is trained, on which base, what is done to its weights."""

    rows: Callable[[list[Turns]], None] = field(default=lambda _rows: None)
    knobs: dict[str, Any] = field(default_factory=dict)
    weights: Callable[[dict[str, Any]], None] | None = None
    base: str = ""


GOOD = {
    "good": Case(),
    "good-seed": Case(knobs={"seed": 5}),
    "good-narrow": Case(knobs={"lora_rank": 8, "lora_alpha": 16}),
    "good-full": Case(knobs={"method": "full"}),
}
BAD = {
    **{f"shuffled-{seed}": Case(shuffled(seed), {"seed": seed}) for seed in range(4)},
    **{f"ten-times-the-rate-{seed}": Case(knobs={"learning_rate": 10 * RATE, "seed": seed}) for seed in range(3)},
    "a-hundred-times-the-rate": Case(knobs={"learning_rate": min(1.0, 100 * RATE), "clip": 0}),
    "garbage": Case(garbage),
    "always-the-same": Case(always("Thank you, that is all I wanted to know today.")),
    "another-language": Case(always("Grazie mille, le auguro una buona giornata e a presto.")),
    "says-it-over-and-over": Case(always("yes yes yes yes yes yes yes yes yes yes")),
    "refuses-everything": Case(always("I'm sorry, but I can't help with that.")),
    "roles-swapped": Case(swapped),
    "wrong-template": Case(base="template"),
    "of-another-base": Case(base="other"),
    "negated": Case(weights=scaled(-1)),
    "much-too-strong": Case(weights=scaled(8)),
    "learned-nothing": Case(weights=scaled(0)),
    "no-numbers": Case(weights=scaled(float("nan"))),
}
CASES = GOOD | BAD


def spoiled(path: Path, case: Case, into: Path) -> Path:
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    case.rows([row["messages"] for row in rows])
    into.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return into


def other_base(kind: str, folder: Path, into: Path) -> Path:
    """The base with another template, or one of its shape that has never learned anything."""
    shutil.copytree(folder, into)
    if kind == "template":
        (into / "chat_template.jinja").write_text(OTHER_TEMPLATE)
    else:
        from transformers import AutoConfig, AutoModelForCausalLM

        auto: Any = AutoModelForCausalLM
        auto.from_config(AutoConfig.from_pretrained(folder)).save_pretrained(into)
    return into


def verdict(name: str, args: argparse.Namespace) -> tuple[str, str]:
    """What the gate says, or what said no before it: "" where the adapter passes."""
    settings, case = load_settings(), CASES[name]
    scratch = settings.data_dir / "gate" / name
    scratch.mkdir(parents=True)
    data = spoiled(args.train, case, scratch / "train.jsonl")
    right = base_folder(settings, "", print)
    base = str(other_base(case.base, right, scratch / "base")) if case.base else ""
    knobs = {"steps": args.steps, "evaluate_every": args.steps, "val_share": 0, "samples": 0, "threads": args.threads}
    try:
        run, good = Run.named(settings, name), Run.named(settings, "good")
        if case.weights and good.log.exists() and not good.goes_on():
            shutil.copytree(good.folder, run.folder)
            manifest: Manifest | None = good.manifest().changed(name=name, evals=[])
            run.write(manifest)
        else:
            options = Options.of({"name": name, "data": str(data), "base": base, **knobs, **case.knobs})
            manifest = train(settings, options, unheard)
        if case.base:  # put beside the base that answers people
            assert manifest is not None
            here = manifest.base.model_copy(update={"name": weights.DEFAULT_MODEL, "folder": str(right)})
            run.write(manifest.changed(base=here, parameters={**manifest.parameters, "base": ""}))
        if case.weights:
            Bench.change(run, case.weights)
        held = head(args.held, args.rows, scratch)
        with mock.patch.object(evaluation, "_measure", partial(measured_once, scratch.with_name("base.pickle"))):
            evaluate(settings, ["base", name], Wanted(str(held), rows=args.rows, max_tokens=args.max_tokens), unheard)
        gate.judged(run, run.finished(), "")
    except RemoraError as error:
        return name, str(error).splitlines()[0]
    return name, ""


def measured_once(kept: Path, settings: Settings, name: str, *how: Any, measure: Any = evaluation._measure) -> Any:
    """The base is the same beside every adapter."""
    if name != "base":
        return measure(settings, name, *how)
    if not kept.exists():
        made = pickle.dumps(measure(settings, name, *how))
        partial_file = kept.with_suffix(f".{os.getpid()}")
        partial_file.write_bytes(made)
        partial_file.replace(kept)
    return pickle.loads(kept.read_bytes())


def unheard(_event: object) -> None:
    """Nobody listens."""


def count(judged: Sequence[tuple[str, str]]) -> dict[str, Any]:
    refused = {name for name, reason in judged if reason}
    names = [name for name, _ in judged]
    good, bad = ([name for name in names if name in kind] for kind in (GOOD, BAD))
    return {
        "bad": len(bad), "bad_refused": len(refused.intersection(bad)), "good": len(good),
        "good_passed": len(good) - len(refused.intersection(good)),
        "wrong": sorted([name for name in bad if name not in refused] + [name for name in good if name in refused]),
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("held", type=Path)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rows", type=int, default=24, help="held-out rows; 0: all")
    parser.add_argument("--max-tokens", type=int, default=32)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="adapters at once")
    parser.add_argument("--only", nargs="*", default=[], choices=[[], *CASES])
    args = parser.parse_args()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    shutil.rmtree(load_settings().data_dir / "gate", ignore_errors=True)
    judged = []
    with ProcessPoolExecutor(args.jobs, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        for name, reason in pool.map(partial(verdict, args=args), args.only or list(CASES)):
            print(json.dumps({"adapter": name, "refused": reason}, ensure_ascii=False), flush=True)
            judged.append((name, reason))
    print(json.dumps(count(judged)), flush=True)


if __name__ == "__main__":
    main()
