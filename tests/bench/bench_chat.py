"""What a person at the terminal waits for, and what the process weighs.

    python -m tests.bench.bench_chat [--runs 5] [--data DIR]

Starts `remora chat` as `make chat` does on a set-up clone, on a pseudo-terminal, types one message as soon as the prompt
is there, and measures from the start of the process to the first word of the real model's reply on the screen. Then the resident memory
of a serving process with the model switched off and with the local one, after one answer. One JSON line a figure.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import pty
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from bots._prepare import prepare
from core.settings import load_settings

_ASK = "Tell me about oceans."
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_WHERE_IS_THE_CURSOR = b"\x1b[6n"


async def first_word(environment: dict[str, str]) -> tuple[float, float]:
    """Seconds from the start to the first streamed word on a terminal, and resident megabytes by then."""
    main_end, its_end = pty.openpty()
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bots", "chat", "--person", f"bench{time.time_ns()}",
        stdin=its_end, stdout=its_end, stderr=asyncio.subprocess.DEVNULL, env={**environment, "TERM": "xterm"},
    )  # fmt: skip
    os.close(its_end)
    loop, seen, shown = asyncio.get_running_loop(), asyncio.Event(), bytearray()

    def read() -> None:
        try:
            shown.extend(os.read(main_end, 65536))
        except OSError:
            loop.remove_reader(main_end)
        seen.set()

    loop.add_reader(main_end, read)
    asked = answered = 0
    while True:
        await asyncio.wait_for(seen.wait(), 120)
        seen.clear()
        for _ in range(shown.count(_WHERE_IS_THE_CURSOR) - answered):
            os.write(main_end, b"\x1b[1;1R")
            answered += 1
        text = shown.decode(errors="replace")
        if not asked and "❯" in text:
            os.write(main_end, _ASK.encode() + b"\r")
            asked = len(text)
        shown_since = _ESCAPES.sub("", text[asked:]).replace(_ASK, "").replace("thinking", "")
        if asked and re.search(r"[A-Za-z]{2,}", shown_since):
            break
    seconds = time.perf_counter() - started
    megabytes = psutil.Process(process.pid).memory_info().rss / 2**20
    loop.remove_reader(main_end)
    process.kill()
    await process.wait()
    os.close(main_end)
    return seconds, megabytes


async def piped(environment: dict[str, str]) -> float:
    """Seconds from the start to the whole reply, lines in and out."""
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bots", "chat", "--person", f"bench{time.time_ns()}",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=environment,
    )  # fmt: skip
    await process.communicate(_ASK.encode() + b"\n")
    return time.perf_counter() - started


async def idle_memory(environment: dict[str, str]) -> float:
    """Resident megabytes of a serving process without a model."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bots", "run", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={**environment, "REMORA_MODEL_BACKEND": "off", "PORT": "0"},
    )  # fmt: skip
    assert process.stdout is not None
    async for line in process.stdout:
        if line.strip() == b"ready":
            break
    megabytes = psutil.Process(process.pid).memory_info().rss / 2**20
    process.terminate()
    await process.communicate()
    return megabytes


async def main(runs: int, data: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "REMORA_DATA_DIR": data or folder, "REMORA_SEED": "1"}
        prepare(
            load_settings(_env_file=None, REMORA_DATA_DIR=Path(environment["REMORA_DATA_DIR"])),
            lambda line: print(line, file=sys.stderr),
        )
        await piped(environment)
        words = [await first_word(environment) for _ in range(runs)]
        wholes = [await piped(environment) for _ in range(runs)]
        idles = [await idle_memory(environment) for _ in range(runs)]
    figures = {
        "first_word_seconds": statistics.median(seconds for seconds, _ in words),
        "whole_piped_reply_seconds": statistics.median(wholes),
        "memory_mb_with_model": statistics.median(megabytes for _, megabytes in words),
        "memory_mb_without_model": statistics.median(idles),
    }
    for name, value in figures.items():
        print(json.dumps({"bench": "chat", "figure": name, "value": round(value, 2), "runs": runs}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--data", help="data folder that holds the model weights already; default: a new one")
    options = parser.parse_args()
    asyncio.run(main(options.runs, options.data))
