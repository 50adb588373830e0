"""Fine-tuning on real conversations: `python -m tests.bench.bench_training FOLDER [NAME ...]`.

The folder holds NAME.train.jsonl and NAME.val.jsonl. Each set is trained with the defaults of `remora train`, then measured
beside the base on held-out rows; a JSON line a set, with the processor's seconds beside the clock's: those hold on a busy
machine, too. Validation rows choose nothing here but the best of the evaluations.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.settings import Settings, load_settings
from core.training.evaluation.evaluate import Wanted, base_of, evaluate
from core.training.finetune import train
from core.training.options import Options
from core.training.runs import Manifest


@dataclass(slots=True)
class Watch:
    """The moment of each step, by the processor and by the clock."""

    steps: list[tuple[float, float]] = field(default_factory=list)

    def __call__(self, event: Mapping[str, Any]) -> None:
        if "loss" in event:
            self.steps.append((time.process_time(), time.monotonic()))
        print(json.dumps({"at": time.strftime("%H:%M:%S"), **event}, ensure_ascii=False)[:300], flush=True)

    def a_step(self) -> tuple[float, float]:
        """Seconds of the processor and of the clock a step, without evaluations: medians would hide long rows."""
        (first, began), (last, ended), count = self.steps[0], self.steps[-1], len(self.steps) - 1
        return (last - first) / max(1, count), (ended - began) / max(1, count)


def head(path: Path, rows: int, into: Path) -> Path:
    """The first rows of a file, or the file itself."""
    if not rows:
        return path
    made = into / f"{path.stem}.{rows}.jsonl"
    made.write_text("".join(path.read_text("utf-8").splitlines(keepends=True)[:rows]), "utf-8")
    return made


def measured(settings: Settings, args: argparse.Namespace, name: str) -> dict[str, Any]:
    held = args.folder / f"{name}.val.jsonl"
    looked_at = head(held, args.looked_at, settings.data_dir)
    given = {"name": name.replace("_", "-") + args.suffix, "data": str(args.folder / f"{name}.train.jsonl")}
    knobs = dict(knob.split("=") for knob in args.set)
    options = Options.of({**given, "val": str(looked_at), "threads": args.threads, "samples": 0, **knobs})
    watch, began = Watch(), time.process_time()
    made = train(settings, options, watch)
    assert isinstance(made, Manifest)
    trained = time.process_time() - began
    wanted = Wanted(
        str(head(held, args.rows, settings.data_dir)), rows=args.replies, max_tokens=args.max_tokens, safety=args.safety
    )
    report = evaluate(settings, [base_of(settings, made.name), made.name], wanted, print)
    base, tuned = (model["metrics"] for model in report["models"])
    processor, clock = watch.a_step()
    return {
        "set": name, "steps": made.metrics.steps, "batch": made.parameters["batch"], "tokens": made.metrics.tokens,
        "processor_s_a_step": round(processor, 2), "clock_s_a_step": round(clock, 2), "processor_s": round(trained),
        "rows": base["perplexity"]["count"],
        **{key: {"base": base.get(key), "tuned": tuned.get(key), "change": report["changes"][0]["metrics"].get(key)}
           for key in ("perplexity", "general_perplexity", "values", "chrf", "ended")},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--set", nargs="*", default=[], metavar="KNOB=VALUE", help="options of remora train")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rows", type=int, default=0, help="held-out rows that are measured; 0: all")
    parser.add_argument("--looked-at", type=int, default=0, help="validation rows while training; 0: all")
    parser.add_argument("--replies", type=int, default=32)
    parser.add_argument("--max-tokens", type=int, default=64, help="of a reply")
    parser.add_argument("--safety", action="store_true")
    parser.add_argument("--suffix", default="")
    args = parser.parse_args()
    names = args.names or sorted(path.name.removesuffix(".train.jsonl") for path in args.folder.glob("*.train.jsonl"))
    for name in names:
        print(json.dumps(measured(load_settings(), args, name), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
