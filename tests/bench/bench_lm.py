"""The default local model: how soon it answers, how fast it writes for one and for many, what it weighs.

    python -m tests.bench.bench_lm [--runs 3] [--tokens 48] [--streams 1 4 8] [--data DIR] [--skip-peer]

Beside it, in the same run and with as many threads, the peer: transformers' own `generate()` on the same weights, given
all prompts as one batch, as bfloat16 and as float32; the ratio is against the faster of the two. Greedy, no penalty,
prompts of about 40 tokens, of which the system message was read before as in any running bot. Tokens of a reply are counted by the model's tokenizer. Starts are processes of their own,
measured from before the process exists. One JSON line a figure, medians over the runs; `load` is the machine's load
average, which was not ours alone when it is above the number of threads.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import psutil

from core import lm
from core.lm import weights
from core.messages import Sampling, Utterance
from core.ports import LanguageModel
from core.settings import Settings, load_settings

_SYSTEM = "You are a helpful assistant. Answer in plain words."
_PLACES = ("harbour", "village", "mountain", "library", "market", "garden", "station")
_PEOPLE = ("sailor", "baker", "doctor", "teacher", "painter", "farmer", "clockmaker", "child", "king", "thief", "nurse")


def prompt(number: int) -> list[Utterance]:
    """A prompt of its own for each number, so that only the system message has been read before."""
    who, where = _PEOPLE[number % len(_PEOPLE)], _PLACES[number % len(_PLACES)]
    return [Utterance("system", _SYSTEM), Utterance("user", f"A {who} in a {where}: write a long and detailed story.")]


def sampling(tokens: int) -> Sampling:
    return Sampling(temperature=0, repetition_penalty=1.0, max_tokens=tokens)


def settings_of(data: Path) -> Settings:
    return load_settings(_env_file=None, REMORA_DATA_DIR=str(data), REMORA_MODEL_BACKEND="local")


def show(**figure: Any) -> None:
    rounded = {key: round(value, 3) if isinstance(value, float) else value for key, value in figure.items()}
    print(json.dumps({"bench": "lm", **rounded, "load": round(os.getloadavg()[0], 1)}), flush=True)


# --- a start, in a process of its own


def start(what: str, data: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.bench.bench_lm", "--data", str(data), "--child", what, str(time.time())]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


async def child_ours(data: Path, started: float) -> dict[str, float]:
    before = psutil.Process().memory_info().rss
    model = lm.create(settings_of(data))
    await model.ready()
    loaded = time.time()
    async with aclosing(model.generate(prompt(0), sampling(8))) as pieces:
        await anext(pieces)
        first = time.time()
        async for _ in pieces:
            pass
    rss = psutil.Process().memory_info().rss
    await model.aclose()
    return _start_figures(started, loaded, first, before, rss)


def child_peer(data: Path, started: float) -> dict[str, float]:
    before = psutil.Process().memory_info().rss
    peer = Peer(data, "bfloat16")
    loaded = time.time()
    peer.write([prompt(0)], 1)
    first = time.time()
    peer.write([prompt(0)], 8)
    return _start_figures(started, loaded, first, before, psutil.Process().memory_info().rss)


def _start_figures(started: float, loaded: float, first: float, before: int, rss: int) -> dict[str, float]:
    return {
        "ready_seconds": loaded - started,
        "first_token_seconds": first - started,
        "rss_without_mb": before / 1e6,
        "rss_with_mb": rss / 1e6,
    }


# --- writing, for one and for many


async def ours(model: LanguageModel, numbers: range, tokens: int, count: Callable[[str], int]) -> dict[str, float]:
    waits: list[float] = []

    async def one(number: int) -> str:
        began, text = time.perf_counter(), ""
        async with aclosing(model.generate(prompt(number), sampling(tokens))) as pieces:
            async for piece in pieces:
                if not text:
                    waits.append(time.perf_counter() - began)
                text += piece
        return text

    started = time.perf_counter()
    texts = await asyncio.gather(*(one(number) for number in numbers))
    seconds = time.perf_counter() - started
    return {
        "tokens_per_second": sum(map(count, texts)) / seconds,
        "first_token_seconds": statistics.median(waits),
        "last_first_token_seconds": max(waits),
    }


class Peer:
    """transformers as its documentation uses it."""

    def __init__(self, data: Path, dtype: str, threads: int | None = None) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        quiet: Any = logging
        quiet.disable_progress_bar()
        if threads:
            torch.set_num_threads(threads)
        folder = weights.folder_of(settings_of(data))
        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, padding_side="left")
        self.model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype))

    def write(self, prompts: list[list[Utterance]], tokens: int) -> int:
        """Tokens written; a reply's end ends it here too."""
        messages = [[{"role": turn.role, "content": turn.text} for turn in turns] for turns in prompts]
        inputs = self.tokenizer.apply_chat_template(
            messages, add_generation_prompt=True, return_tensors="pt", return_dict=True, padding=True
        )
        made = self.model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
        new = made[:, inputs["input_ids"].shape[1] :]
        return int((new != self.tokenizer.pad_token_id).sum())

    def tokens_per_second(self, numbers: range, tokens: int) -> float:
        started = time.perf_counter()
        written = self.write([prompt(number) for number in numbers], tokens)
        return written / (time.perf_counter() - started)

    def count(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False))


def medians(found: list[dict[str, float]]) -> dict[str, float]:
    return {key: statistics.median(one[key] for one in found) for key in found[0]}


async def main(arguments: argparse.Namespace) -> None:
    data: Path = arguments.data
    settings = settings_of(data)
    weights.ensure(settings, lambda line: print(line, file=sys.stderr))
    for what in ("ours",) if arguments.skip_peer else ("ours", "peer"):
        show(figure="start", who=what, **medians([start(what, data) for _ in range(arguments.runs)]))
    threads = settings.model_threads or max(1, (os.cpu_count() or 1) - 1)
    peers = {} if arguments.skip_peer else {dtype: Peer(data, dtype, threads) for dtype in ("bfloat16", "float32")}
    model = lm.create(settings)
    counter = peers["float32"].count if peers else (lambda text: len(text.split()) * 4 // 3)
    await ours(model, range(1), 4, counter)
    asked = 1
    for streams in arguments.streams:
        found: list[dict[str, float]] = []
        rates: dict[str, list[float]] = {dtype: [] for dtype in peers}
        for _ in range(arguments.runs):  # in turn, so that both meet the same machine
            numbers = range(asked, asked := asked + streams)
            found.append(await ours(model, numbers, arguments.tokens, counter))
            for dtype, peer in peers.items():
                rates[dtype].append(peer.tokens_per_second(numbers, arguments.tokens))
        figures = medians(found)
        beside = {f"peer_{dtype}_tokens_per_second": statistics.median(rate) for dtype, rate in rates.items()}
        if beside:
            figures["ratio_to_faster_peer"] = figures["tokens_per_second"] / max(beside.values())
        show(figure="writing", streams=streams, threads=threads, **figures, **beside)
    await model.aclose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=48, help="tokens of each reply")
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--data", type=Path, default=Path("data"), help="data folder; the model is fetched if absent")
    parser.add_argument("--skip-peer", action="store_true", help="leave transformers out; tokens are then estimated")
    parser.add_argument("--child", nargs=2, metavar=("WHO", "STARTED"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        who, begun = given.child[0], float(given.child[1])
        figures = asyncio.run(child_ours(given.data, begun)) if who == "ours" else child_peer(given.data, begun)
        print(json.dumps(figures))
    else:
        asyncio.run(main(given))
