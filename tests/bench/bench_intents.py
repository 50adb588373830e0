"""Figures of recognition, a JSON line each: fitting, an edit in force, predicting, memory; beside a plain baseline.

remora bench intents --intents 150 --examples 10 --questions 300 --encoder light --releases 5
remora bench intents --train train.jsonl --test test.jsonl --encoder full
remora bench intents --idle                     memory of a process that holds the assistant's own intents, by encoder

Without files the sentences are made up from a small grammar: fine for time and memory, too easy for accuracy. A file has
a line {"text","intent"} for each sentence; --test gives accuracy, with {"intent": "oos"} for what is out of scope.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from bots._app import BOTS
from bots._intents import seed_of
from core.clock import SystemClock
from core.intents.definition import Intent
from core.intents.encoders import load
from core.intents.live import Live
from core.intents.recognition import Recognizer, changed, compiled
from core.intents.releases import Editing
from core.intents.slots import Situation
from core.intents.words import rarity, sketches, unit
from core.settings import load_settings
from core.store import Store, migrate

VERBS = [
    "show",
    "find",
    "move",
    "cancel",
    "book",
    "open",
    "close",
    "print",
    "send",
    "check",
    "order",
    "change",
    "count",
    "share",
    "hide",
]
THINGS = ["invoice", "ticket", "meeting", "parcel", "desk", "badge", "lamp", "contract", "report", "holiday"]
FRAMES = (
    "{v} the {t}", "please {v} my {t}", "can you {v} a {t} for me", "i want to {v} this {t}", "{v} {t} now",
    "would you {v} the old {t}", "i need to {v} that {t} today", "help me {v} one {t}", "how do i {v} a {t}",
    "time to {v} the {t} again", "{v} another {t} please", "let us {v} the new {t}",
)  # fmt: skip
Row = tuple[str, str]


def made(intents: int, examples: int, seed: int) -> list[Row]:
    chance = random.Random(seed)
    pairs = [(verb, thing) for verb in VERBS for thing in THINGS][:intents]
    return [
        (chance.choice(FRAMES).format(v=verb, t=thing) + f" {chance.randrange(100)}", f"{verb}_{thing}")
        for verb, thing in pairs
        for _ in range(examples)
    ]


def read(path: Path) -> list[Row]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [(row["text"], row["intent"]) for row in rows]


def catalog(rows: Sequence[Row]) -> list[Intent]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for text, name in rows:
        by_name[name].append(text)
    return [Intent(name, {"": tuple(said)}) for name, said in sorted(by_name.items())]


def baseline(train: Sequence[Row], test: Sequence[Row]) -> Callable[[], float]:
    """Word and character n-grams with logistic regression (softmax, full batches), what most bots start from."""

    def accuracy() -> float:
        names = sorted({name for _, name in train})
        place = {name: column for column, name in enumerate(names)}
        seen = sketches([text for text, _ in train])
        rare = rarity(seen)
        rows, targets = unit(seen * rare), np.eye(len(names), dtype=np.float32)[[place[name] for _, name in train]]
        weights = np.zeros((rows.shape[1], len(names)), np.float32)
        step = np.zeros_like(weights)
        for _ in range(200):
            scores = np.exp(rows @ weights)
            step = 0.9 * step + rows.T @ (targets - scores / scores.sum(axis=1, keepdims=True)) - 0.01 * weights
            weights = weights + 0.3 * step
        guesses = (unit(sketches([text for text, _ in test]) * rare) @ weights).argmax(axis=1)
        return float(
            sum(names[guess] == name for guess, (_, name) in zip(guesses, test, strict=True)) / max(len(test), 1)
        )

    return accuracy


def say(figure: str, value: float, unit_of: str, **more: object) -> None:
    print(json.dumps({"figure": figure, "value": round(value, 3), "unit": unit_of, **more}), flush=True)


def quality(recognizer: Recognizer, rows: Sequence[Row], situation: Situation) -> None:
    found = [(recognizer.recognize(text, situation), name) for text, name in rows]
    inside = [(each, name) for each, name in found if name != "oos"]
    outside = [each for each, name in found if name == "oos"]
    say("accuracy", 100 * sum(each.top == name for each, name in inside) / len(inside), "%", questions=len(inside))
    say("in_scope_rejected", 100 * sum(each.intent is None for each, _ in inside) / len(inside), "%")
    say("asked", 100 * sum(each.zone == "ask" for each, _ in inside) / len(inside), "%")
    if outside:
        say("out_of_scope_recall", 100 * sum(each.intent is None for each in outside) / len(outside), "%")


async def follow(url: str) -> None:
    """A worker: says when a release came into force, and when its calibrated fit did."""
    store = Store(url)
    live = Live(store, "bench", lambda: load("light"))
    await live.tick()
    print("ready", flush=True)
    shown = live.current
    while True:
        started = time.perf_counter()
        await live.tick()
        if live.current is not shown:
            shown = live.current
            print(live.current.number, live.current.recognizer.calibrated, time.time(), flush=True)
        await asyncio.sleep(max(0.0, 1 - (time.perf_counter() - started)))


async def publishing(intents: Sequence[Intent], releases: int, url: str) -> None:
    """From publishing to being in force on two workers, each a process that looks once a second as `remora run` does."""
    with tempfile.TemporaryDirectory() as folder:
        url = url or f"sqlite:///{folder}/remora.db"
        store = Store(url)
        await migrate.upgrade(store)
        editing, chance = Editing(store, SystemClock(), "bench", commands=()), random.Random(3)
        follower = [sys.executable, "-m", "tests.bench.bench_intents", "--follow", url]
        workers = [await asyncio.create_subprocess_exec(*follower, stdout=subprocess.PIPE) for _ in range(2)]
        for worker in workers:
            assert worker.stdout is not None
            await worker.stdout.readline()
        waits, commits = [], []
        for number in range(releases + 1):
            one = intents[number % len(intents)]
            after = replace(one, examples={"": (*one.examples[""], f"a sentence that was never said before {number}")})
            edited = [after if intent is one else intent for intent in intents]
            await editing.take_in(edited, "bench", examples_only=False, replace=True, dry=False)
            began = time.time()
            released = str((await editing.publish("", "bench")).number).encode()
            commits.append(1000 * (time.time() - began))
            waits.append([await _in_force(worker, released) - began for worker in workers])
            if number == 0:  # workers that had nothing before load their encoders now
                for worker in workers:
                    await _in_force(worker, released, b"True")
            await asyncio.sleep(chance.uniform(1, 3))
        for worker in workers:
            worker.kill()
            await worker.wait()
        await store.aclose()
    kind = url.partition(":")[0]
    say("publish", float(np.median(commits)), "ms", worst=round(max(commits), 1), database=kind)
    say("publish_first_to_in_force", max(waits[0]), "s", workers=2)
    say(
        "publish_to_in_force",
        float(np.median(waits[1:])),
        "s",
        worst=round(np.max(waits[1:]), 2),
        workers=2,
        releases=releases,
    )


async def _in_force(worker: asyncio.subprocess.Process, release: bytes, calibrated: bytes = b"") -> float:
    """When the worker said that it answers by that release."""
    assert worker.stdout is not None
    while True:
        number, fitted, at = (await worker.stdout.readline()).split()
        if number == release and calibrated in (b"", fitted):
            return float(at)


def idle() -> None:
    """Memory that stays, of a process of its own for each encoder."""
    for strength in ("off", "light", "full"):
        code = f"from tests.bench.bench_intents import resident; resident({strength!r})"
        subprocess.run([sys.executable, "-c", code], check=True)


def resident(strength: str) -> None:
    settings, intents = load_settings(), seed_of(BOTS / "assistant")
    before = _resident()
    started = time.perf_counter()
    encoders = load(strength, settings.data_dir / "vectors")  # type: ignore[arg-type]
    loaded = time.perf_counter()
    recognizer = compiled(intents, encoders)
    recognizer.recognize("hello", Situation())
    took = 1000 * (time.perf_counter() - loaded)
    more = {"load_ms": round(1000 * (loaded - started)), "compile_ms": round(took), "before": round(before)}
    say("memory_idle", _resident(), "MB", encoder=strength, intents=len(intents), **more)


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--intents", type=int, default=150)
    parser.add_argument("--examples", type=int, default=10)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--encoder", choices=["off", "light", "full"], default="light")
    parser.add_argument("--vectors", type=Path, help="Folder of the encoders' files, as REMORA_DATA_DIR/vectors.")
    parser.add_argument("--train", type=Path)
    parser.add_argument("--test", type=Path)
    parser.add_argument("--releases", type=int, default=0, help="So many are published and followed by two processes.")
    parser.add_argument("--database", default="", help="For --releases: its URL; without, a SQLite file of its own.")
    parser.add_argument("--idle", action="store_true", help="Only the memory that stays, by encoder.")
    parser.add_argument("--follow", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.follow:
        asyncio.run(follow(args.follow))
    if args.idle:
        idle()
    else:
        measure(args)


def measure(args: argparse.Namespace) -> None:
    train = read(args.train) if args.train else made(args.intents, args.examples, 1)
    test = read(args.test) if args.test else made(args.intents, -(-args.questions // args.intents), 2)
    situation = Situation()

    started = time.perf_counter()
    encoders = load(args.encoder, args.vectors)
    names = [encoder.name for encoder in encoders]
    say("load_encoders", 1000 * (time.perf_counter() - started), "ms", encoders=names)
    started = time.perf_counter()
    intents = catalog(train)
    recognizer = compiled(intents, encoders)
    say("compile_first", 1000 * (time.perf_counter() - started), "ms", intents=len(intents), examples=len(train))
    started, cpu = time.perf_counter(), time.process_time()
    recognizer = compiled(intents, encoders)
    processor = round(1000 * (time.process_time() - cpu))
    say("compile_again", 1000 * (time.perf_counter() - started), "ms", processor=processor)

    edits, spent = [], []
    for number in range(20):
        one = intents[number % len(intents)]
        after = replace(one, examples={"": (*one.examples[""], f"a sentence that was never said before {number}")})
        started, cpu = time.perf_counter(), time.process_time()
        changed(recognizer, [after if intent is one else intent for intent in intents])
        edits.append(1000 * (time.perf_counter() - started))
        spent.append(1000 * (time.process_time() - cpu))
    processor = round(float(np.median(spent)), 1)
    say("edit_in_force_p50", float(np.median(edits)), "ms", worst=round(max(edits), 1), processor=processor)

    times, busy = [], []
    for text, _ in test[: args.questions]:
        started, cpu = time.perf_counter(), time.process_time()
        recognizer.recognize(text, situation)
        times.append(1000 * (time.perf_counter() - started))
        busy.append(1000 * (time.process_time() - cpu))
    say("predict_p50", float(np.median(times)), "ms", questions=len(times))
    say("predict_p95", float(np.quantile(times, 0.95)), "ms", processor=round(float(np.quantile(busy, 0.95)), 2))
    quality(recognizer, test, situation)
    say("accuracy_baseline", 100 * baseline(train, [row for row in test if row[1] != "oos"])(), "%")
    if args.releases:
        asyncio.run(publishing(intents, args.releases, args.database))
    factor = 1024 if sys.platform != "darwin" else 1024 * 1024
    say("memory_peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / factor, "MB")


if __name__ == "__main__":
    main()
