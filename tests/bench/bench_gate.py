"""The gate with a real model: `python -m tests.bench.bench_gate TRAIN HELD --steps 12 --rows 12 [GOOD ...]`.

Trains one adapter on TRAIN as it is and others on it spoiled, spoils finished weights, measures all of them beside the base,
and prints what the gate says to each. GOOD are finished runs of the same base, measured too: trained ones that should pass.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.errors import RemoraError
from core.settings import Settings, load_settings
from core.training import gate
from core.training.evaluation.evaluate import Wanted, evaluate
from core.training.finetune import train
from core.training.options import Options
from core.training.runs import Run
from tests.bench.bench_training import head
from tests.unit.test_training_bad_adapters import Bench, scaled

SPOILED = {"negated": -1.0, "much-too-strong": 8.0, "learned-nothing": 0.0}


def spoiled_rows(path: Path, into: Path, seed: int) -> dict[str, Path]:
    """The last answers of all conversations shuffled, or all of them letters at random."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    pick, made = random.Random(seed), {}
    answers = [turn["content"] for row in rows for turn in row["messages"] if turn["role"] == "assistant"]
    pick.shuffle(answers)
    for name in ("shuffled", "garbage"):
        others = iter(answers)
        for row in rows:
            for turn in row["messages"]:
                if turn["role"] == "assistant":
                    told = next(others)
                    turn["content"] = told if name == "shuffled" else "".join(pick.choices("abcxyz %01", k=len(told)))
        made[name] = into / f"{name}.jsonl"
        made[name].write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return made


def trained(settings: Settings, args: argparse.Namespace) -> list[str]:
    wrong = spoiled_rows(args.train, settings.data_dir, args.seed)
    knobs = {"steps": args.steps, "val_share": 0, "samples": 0, "threads": args.threads, "evaluate_every": args.steps}
    cases: dict[str, tuple[Path, dict[str, Any]]] = {
        "good": (args.train, {}),
        "shuffled": (wrong["shuffled"], {}),
        "garbage": (wrong["garbage"], {}),
        "ten-times-the-rate": (args.train, {"learning_rate": 0.01}),
    }
    names = [f"{name}{args.suffix}" for name in cases if not args.only or name in args.only]
    for name in names:
        data, more = cases[name.removesuffix(args.suffix) if args.suffix else name]
        train(settings, Options.of({"name": name, "data": str(data), **knobs, **more}), print)
    return names


def spoiled(settings: Settings, good: str, suffix: str) -> list[str]:
    names = []
    for name, by in SPOILED.items():
        run = Run.named(settings, f"{name}{suffix}")
        shutil.copytree(Run.named(settings, good).folder, run.folder, ignore=shutil.ignore_patterns("merged"))
        run.write(run.manifest().changed(name=run.name, evals=[]))
        Bench.change(run, scaled(by))
        names.append(run.name)
    return names


def judged(settings: Settings, names: Sequence[str]) -> None:
    for name in names:
        run = Run.named(settings, name)
        try:
            said = ["passes", *gate.judged(run, run.finished(), "").lines]
        except RemoraError as error:
            said = ["refused", str(error).splitlines()[0]]
        print(json.dumps({"adapter": name, "gate": said[0], "figures": said[1:]}, ensure_ascii=False), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("train", type=Path)
    parser.add_argument("held", type=Path)
    parser.add_argument("good", nargs="*")
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--rows", type=int, default=0, help="held-out rows; 0: all")
    parser.add_argument("--max-tokens", type=int, default=32)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", default=[], help="of the trained ones")
    parser.add_argument("--suffix", default="")
    args = parser.parse_args()
    settings = load_settings()
    names = [*args.good, *trained(settings, args)]
    names += spoiled(settings, names[0], args.suffix)
    held = str(head(args.held, args.rows, settings.data_dir))
    evaluate(settings, ["base", *names], Wanted(held, rows=args.rows, max_tokens=args.max_tokens), print)
    judged(settings, names)


if __name__ == "__main__":
    main()
