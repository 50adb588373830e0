"""Messages through the whole product as its own process, against the small fake of the platform in this one.

    python -m tests.bench.bench_platforms [--rates 80 120] [--seconds 10] [--people 200]

People who were answered once before write at a steady rate, whether or not they were answered again. `ack`: from sending
to the moment the platform is told that we have the message; `reply`: until the reply stands in the chat; `cpu_ms`:
processor time of the product for one message, which says on a busy machine too what it could do (0 where there is no
/proc). One JSON line a rate.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.fakes.telegram_server import Person, TelegramServer

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0


@asynccontextmanager
async def product(platform: dict[str, str]) -> AsyncIterator[int]:
    """`remora run` with the scripted model, which says what it heard; its process id."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "REMORA_DATA_DIR": folder, "REMORA_MODEL_BACKEND": "scripted", "REMORA_ALLOW": "*", "PORT": "0",
            "REMORA_RATE_PER_MINUTE": "0", "LOG_LEVEL": "ERROR", "REMORA_TELEGRAM_PER_SECOND": "1000",
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bots", "run", cwd=ROOT, env={**os.environ, **settings, **platform},
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield process.pid
        finally:
            process.terminate()
            await process.wait()


async def telegram(rate: float, seconds: float, people: int) -> dict[str, float]:
    server = await TelegramServer().start()
    try:
        async with product(server.env()) as pid:
            everybody = [server.person(f"P{number}") for number in range(people)]
            for person in everybody:
                person.say("hello")
            async with asyncio.timeout(PATIENCE):
                while not all(person.chat.texts for person in everybody):
                    await asyncio.sleep(0.05)
            before = _cpu_seconds(pid)
            figures = await _telegram_load(server, rate, seconds, everybody)
            return figures | {"cpu_ms": (_cpu_seconds(pid) - before) / round(rate * seconds) * 1000}
    finally:
        await server.stop()
        if server.problems:
            raise SystemExit(f"Telegram refused: {server.problems[:3]}")


async def _telegram_load(
    server: TelegramServer, rate: float, seconds: float, everybody: list[Person]
) -> dict[str, float]:
    sent: dict[str, float] = {}
    acks: list[float] = []
    replies: dict[str, float] = {}

    async def acked(taken: asyncio.Event, at: float) -> None:
        await taken.wait()
        acks.append(time.perf_counter() - at)

    def arrived(text: str) -> None:
        if text in sent:
            replies.setdefault(text, time.perf_counter() - sent[text])

    server.on_text = arrived
    waiting = []
    began = time.perf_counter()
    for number, person in zip(range(round(rate * seconds)), itertools.cycle(everybody)):
        await asyncio.sleep(max(began + number / rate - time.perf_counter(), 0))
        text = f"message {number}"
        sent[text] = time.perf_counter()
        waiting.append(asyncio.create_task(acked(server.taken(person.say(text)), sent[text])))
    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*waiting)
        while len(replies) < len(sent):
            await asyncio.sleep(0.02)
    took = time.perf_counter() - began
    return {"a_second": len(sent) / took, **_spread("ack", acks), **_spread("reply", list(replies.values()))}


def _cpu_seconds(pid: int) -> float:
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _spread(name: str, spans: list[float]) -> dict[str, float]:
    spans.sort()
    at = {"p50": len(spans) // 2, "p99": int(len(spans) * 0.99), "max": -1}
    return {f"{name}_{key}_ms": spans[place] * 1000 for key, place in at.items()}


async def main(arguments: argparse.Namespace) -> None:
    for rate in arguments.rates:
        figures = await telegram(rate, arguments.seconds, arguments.people)
        rounded = {key: round(value, 1) for key, value in figures.items()}
        print(json.dumps({"bench": "platforms", "platform": "telegram", "rate": rate, **rounded}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rates", type=float, nargs="+", default=[80, 120], help="messages a second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--people", type=int, default=200)
    asyncio.run(main(parser.parse_args()))
