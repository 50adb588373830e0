"""Turns through the whole spine with the scripted model, on SQLite and PostgreSQL.

    python -m tests.bench.bench_turns [--turns 40] [--runs 3] [--conversations 1 8 32] [--encoder off]

A turn is counted from the moment the platform hands the message over to the moment the platform gets the reply; intents are
fitted before the first one. `cpu_ms` is the processor time of this process a turn, which other work beside it hardly
changes; PostgreSQL's own is not in it. Beside it, in the same run: `floor`, the same number of bare two-row transactions a
turn on the same database, one after the other, as what the database alone takes. One JSON line a figure; medians over the
runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from bots._app import running
from core.lm.scripted import create as scripted
from core.settings import load_settings
from core.store import Store, migrate
from core.store.tables import worker
from tests.fakes.platform import FakePlatform
from tests.fakes.postgres import server_of_run

TRANSACTIONS_A_TURN = 5
"""Accepted, claimed, loaded, finished, delivered."""


async def measure(url: str, folder: Path, conversations: int, turns: int, encoder: str) -> dict[str, float]:
    """Every conversation sends its next message when it has the reply to the last one."""
    settings = load_settings(_env_file=None, DATABASE_URL=url, REMORA_DATA_DIR=str(folder), LOG_LEVEL="ERROR",
                             REMORA_MODEL_BACKEND="scripted", REMORA_ALLOW="*", REMORA_RATE_PER_MINUTE=0,
                             REMORA_INTENT_ENCODER=encoder)  # fmt: skip
    platform = FakePlatform()
    spans: list[float] = []
    async with running(settings, [platform], model=scripted(settings)) as app:
        await app.intents.settled()
        await asyncio.gather(
            *(platform.reply_to("warm up", person=f"person{number}") for number in range(conversations))
        )
        started, used = time.perf_counter(), time.process_time()

        async def talk(person: str) -> None:
            for number in range(turns):
                at = time.perf_counter()
                await platform.reply_to(f"message {number}", person=person)
                spans.append((time.perf_counter() - at) * 1000)

        await asyncio.gather(*(talk(f"person{number}") for number in range(conversations)))
        seconds, used = time.perf_counter() - started, time.process_time() - used
    spans.sort()
    return {
        "cpu_ms": used / (conversations * turns) * 1000,
        "turns_per_second": conversations * turns / seconds,
        "p50_ms": spans[len(spans) // 2],
        "p99_ms": spans[int(len(spans) * 0.99)],
    }


async def floor(url: str, turns: int) -> float:
    """Turns a second if a turn were nothing but its transactions, each with one row read and one written."""
    store = Store(url)
    read = sa.select(worker.c.name).where(worker.c.name == "floor")
    write = sa.update(worker).where(worker.c.name == "floor").values(pid=worker.c.pid + 1)
    try:
        started = time.perf_counter()
        for _ in range(turns * TRANSACTIONS_A_TURN):
            async with store.write() as tx:
                await tx.row(read)
                await tx.run(write)
        return turns / (time.perf_counter() - started)
    finally:
        await store.aclose()


async def main(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for database in arguments.databases:
            for conversations in arguments.conversations:
                results = [
                    await one(database, folder, conversations, arguments.turns, arguments.encoder)
                    for _ in range(arguments.runs)
                ]
                figure = {key: round(statistics.median(result[key] for result in results), 2) for key in results[0]}
                print(
                    json.dumps({"bench": "turns", "database": database, "conversations": conversations, **figure}),
                    flush=True,
                )


async def one(database: str, folder: Path, conversations: int, turns: int, encoder: str) -> dict[str, float]:
    run = Path(tempfile.mkdtemp(dir=folder))
    if database == "sqlite":
        url, server, made = f"sqlite:///{run / 'bench.db'}", None, ""
        store = Store(url)
        await migrate.upgrade(store)
        await store.aclose()
    else:
        server = await asyncio.to_thread(server_of_run, folder)
        made = await server.create()
        url = server.url_of(made)
    try:
        result = await measure(url, run, conversations, turns, encoder)
        result["floor_turns_per_second"] = await floor(url, max(turns, 50))
        result["of_floor"] = result["turns_per_second"] / result["floor_turns_per_second"]
        return result
    finally:
        if server is not None:
            await server.drop(made)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=40, help="turns of each conversation")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--conversations", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument(
        "--encoder", choices=["off", "light", "full"], default="off", help="of intents; off: n-grams alone"
    )
    asyncio.run(main(parser.parse_args()))
