"""Reminders at scale: how late they are, beside APScheduler's own job store; what they cost; and how fast a limit is used.

    python -m tests.bench.bench_reminders [--stored 1000000] [--due 10000] [--limited 900] [--databases sqlite postgresql]

`late`: so many reminders are kept, and of them `--due` ring at moments spread evenly over 60 seconds, and then all at the
same moment (`--windows`), each at a chat of its own; the platform, in the same process, takes `--send` seconds for each. A lateness is from the moment a
reminder is due to the moment its request goes out. `block_ms` is the longest time for which the event loop did not come
round, `block_cpu_ms` what of the longest such times this thread computed itself (the rest is other programs' work on
the same cores). `idle_ms` is what a tick takes when nothing is due, `memory_mb` the peak of the process.

`peer`: the same reminders as jobs of APScheduler's SQLAlchemyJobStore on an AsyncIOScheduler, one job a reminder, no grace
time, as many stored, sends that are coroutines of the same length; on each database as it opens it, and on SQLite also in
WAL mode as ours, which it does not do by itself. `ratio`: its p99 by ours on the same database.

`limited`: so many reminders due at once, on a platform that takes `--rate` messages in any second and answers 429 to more;
the time from the first request to the last by the least that the limit allows, and the 429s.

Every run is a process of its own. One JSON line a figure.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import gc
import json
import random
import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from core.errors import RetryLater
from core.messages import Address, Capabilities, Delivery, Receipt, ReplyEvent
from core.ports import Inbound
from core.store import Store, migrate
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import Ledger, keep, keep_many, rows, running
from tests.fakes.postgres import server_of_run

ROOT = Path(__file__).parents[2]
_LEAD = dt.timedelta(seconds=20)
"""How long before the first one rings the process starts."""


class Timed:
    """An `Adapter` that notes when each request goes out."""

    name = "fake"
    where = "here"

    def __init__(self, clock: SettableClock, send: float, rate: float) -> None:
        self.capabilities = Capabilities(
            max_text=4096, per_second=rate or 1e5, per_chat_per_second=1e5 if not rate else 1
        )
        self._clock, self._send, self._rate = clock, send, rate
        self._window: deque[float] = deque()
        self.went: dict[str, dt.datetime] = {}
        self.moments: list[float] = []
        self.refused = 0
        self.doubled = 0

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        yield

    async def listen(self, inbound: Inbound) -> None:
        await asyncio.Event().wait()

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        async for _ in events:
            pass

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        now = time.monotonic()
        if self._rate:
            while self._window and self._window[0] <= now - 1.0:
                self._window.popleft()
            if len(self._window) >= self._rate:
                self.refused += 1
                raise RetryLater("429", dt.timedelta(seconds=1))
            self._window.append(now)
        self.doubled += delivery.cause in self.went
        self.went.setdefault(delivery.cause, self._clock.now())
        self.moments.append(now)
        left()
        await asyncio.sleep(self._send)
        return Receipt((str(len(self.went)),))


def peak_memory() -> float:
    """Of this process, in MB: `ru_maxrss` would count the parent's, from which it was forked."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


class LoopWatch:
    """The longest time for which the event loop did not come round."""

    def __init__(self) -> None:
        self.worst: list[tuple[float, float]] = []
        """By wall clock, and by what this thread computed in it."""

    async def run(self) -> None:
        while True:
            wall, cpu = time.perf_counter(), time.thread_time()
            await asyncio.sleep(0.001)
            self.worst.append((time.perf_counter() - wall - 0.001, time.thread_time() - cpu))
            if len(self.worst) > 1000:
                self.worst = sorted(self.worst, reverse=True)[:100] + sorted(self.worst, key=lambda one: -one[1])[:100]

    def figures(self) -> dict[str, float]:
        return {
            "block_ms": round(1000 * max(one[0] for one in self.worst), 1),
            "block_cpu_ms": round(1000 * max(one[1] for one in self.worst), 1),
        }


def percentiles(lateness: list[float]) -> dict[str, float]:
    ordered = sorted(lateness)
    return {
        "p50_s": round(ordered[len(ordered) // 2], 4),
        "p99_s": round(ordered[int(len(ordered) * 0.99)], 4),
        "worst_s": round(ordered[-1], 4),
    }


# --- ours


async def fill(url: str, options: argparse.Namespace) -> dt.datetime:
    """Keeps the reminders; returns when the first one rings."""
    store, chance = Store(url), random.Random(5)
    await migrate.upgrade(store)
    starts = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
    soon = [
        starts + dt.timedelta(seconds=options.window * number / max(options.due, 1)) for number in range(options.due)
    ]
    later = [
        starts + dt.timedelta(seconds=chance.uniform(86_400, 365 * 86_400)) for _ in range(options.stored - options.due)
    ]
    await keep_many(store, starts - dt.timedelta(days=1), soon + later, people_each=5)
    await store.aclose()
    return starts


async def ours(url: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    starts = dt.datetime.fromisoformat(options.starts)
    clock = SettableClock(starts - _LEAD)
    platform = Timed(clock, options.send, options.rate)
    watch = LoopWatch()
    async with running(url, folder, clock, platform, lease=10.0, settle=1.0) as ledger:
        await warmed_up(ledger, clock, platform)
        gc.collect()
        gc.freeze()  # as `remora run` does
        watching = asyncio.create_task(watch.run())
        began = time.monotonic()
        while len(platform.went) < options.due and time.monotonic() - began < options.patience:
            await asyncio.sleep(0.1)
        figures = watch.figures()
        await asyncio.sleep(1.0)
        memory = peak_memory()
        idle = []
        for _ in range(50):
            at = time.perf_counter()
            await ledger.planner.tick()
            idle.append((time.perf_counter() - at) * 1000)
        watching.cancel()
        due = dict(await rows(ledger.store, "cause", "due_at"))
        open_rows = len(await rows(ledger.store, "id", state="planned"))
    lateness = [(went - due[cause]).total_seconds() for cause, went in platform.went.items()]
    moments = sorted(platform.moments)
    return {
        "sent": len(lateness), "doubled": platform.doubled, "open": open_rows, **percentiles(lateness),
        "early": sum(one < 0 for one in lateness), **figures, "memory_mb": round(memory, 1),
        "idle_ms_p50": round(statistics.median(idle), 2), "idle_ms_p99": round(sorted(idle)[-1], 2),
        "makespan_s": round(moments[-1] - moments[0], 2), "refused": platform.refused,
    }  # fmt: skip


async def warmed_up(ledger: Ledger, clock: SettableClock, platform: Timed) -> None:
    """One reminder has gone all the way: every statement is compiled."""
    await keep(
        ledger.store, clock.now(), "warm up", (clock.now() + dt.timedelta(seconds=1)).replace(tzinfo=None).isoformat()
    )
    while not platform.went or await rows(ledger.store, "id", state="attempting"):
        await asyncio.sleep(0.05)
    platform.went.clear()
    platform.moments.clear()


# --- the peer

_PEER: dict[str, Any] = {"went": []}


async def peer_send(due: float) -> None:
    _PEER["went"].append(time.time() - due)
    await asyncio.sleep(_PEER["send"])


async def peer(url: str, options: argparse.Namespace) -> dict[str, Any]:
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.triggers.date import DateTrigger

    engine = sa.create_engine(url)
    if options.wal:
        sa.event.listen(
            engine, "connect", lambda one, _: one.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL")
        )
    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.add_jobstore(SQLAlchemyJobStore(engine=engine))
    scheduler.start(paused=True)
    _PEER["send"] = options.send

    def add(due: float) -> None:
        trigger = DateTrigger(dt.datetime.fromtimestamp(due, dt.UTC))
        scheduler.add_job(peer_send, trigger, args=[due], misfire_grace_time=None)

    began = time.time()
    for _ in range(200):
        add(began + 1e6)
    scheduler.remove_all_jobs()
    starts = time.time() + 5.0 + options.stored * 0.000_04 + 2.0 * options.due * (time.time() - began) / 200
    for number in range(options.due):
        add(starts + options.window * number / options.due)
    with engine.begin() as connection:
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :more) "
        one = "SELECT 'later' || i, CAST(:later AS FLOAT) + i, (SELECT job_state FROM apscheduler_jobs LIMIT 1) FROM n"
        if options.stored > options.due:
            more = {"more": options.stored - options.due, "later": starts + 1e6}
            connection.execute(
                sa.text(f"INSERT INTO apscheduler_jobs (id, next_run_time, job_state) {numbers}{one}"), more
            )
    late_start = max(time.time() - starts, 0.0)
    watch = LoopWatch()
    watching = asyncio.create_task(watch.run())
    scheduler.resume()
    began = time.monotonic()
    while len(_PEER["went"]) < options.due and time.monotonic() - began < options.patience:
        await asyncio.sleep(0.1)
    watching.cancel()
    figures = watch.figures()
    await asyncio.sleep(4 * options.send)
    scheduler.shutdown(wait=False)
    return {"sent": len(_PEER["went"]), **percentiles(_PEER["went"]), **figures, "late_start_s": round(late_start, 2)}


# --- runs


async def child(mode: str, url: str, folder: Path, options: argparse.Namespace, **more: Any) -> dict[str, Any]:
    wishes = {**vars(options), **more, "child": mode, "url": url, "folder": str(folder)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.bench_reminders", "--orders", json.dumps(wishes), cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    if process.returncode:
        raise SystemExit(f"the {mode} run ended with {process.returncode}")
    answer: dict[str, Any] = json.loads(out.decode().strip().splitlines()[-1])
    return answer


async def obey(orders: dict[str, Any]) -> None:
    options, folder = argparse.Namespace(**orders), Path(orders["folder"])
    if options.child == "ours":
        print(json.dumps(await ours(options.url, folder, options)))
    else:
        print(json.dumps(await peer(options.url, options)))


async def measure(
    database: str, folder: Path, options: argparse.Namespace, p99: dict[tuple[str, float], float]
) -> None:
    server = await asyncio.to_thread(server_of_run, folder) if database == "postgresql" else None

    async def run(**more: Any) -> dict[str, Any]:
        home = Path(tempfile.mkdtemp(dir=folder))
        url = server.url_of(await server.create()) if server else f"sqlite:///{home / 'bench.db'}"
        wishes = argparse.Namespace(**{**vars(options), **more})
        starts = await fill(url, wishes)
        return await child("ours", url, home, wishes, starts=starts.isoformat())

    for window in options.windows if options.due else ():
        got = await run(window=window, rate=0.0)
        p99[database, window] = got["p99_s"]
        tell("late", database=database, stored=options.stored, due=options.due, window_s=window, **got)
    if options.limited:
        got = await run(window=0.0, due=options.limited, stored=options.limited)
        optimum = (options.limited - 1) / options.rate
        tell(
            "limited", database=database, messages=options.limited, rate=options.rate, makespan_s=got["makespan_s"],
            optimum_s=round(optimum, 2), of_optimum=round(got["makespan_s"] / optimum, 4), refused=got["refused"],
            sent=got["sent"], doubled=got["doubled"],
        )  # fmt: skip


async def measure_peer(folder: Path, options: argparse.Namespace, p99: dict[tuple[str, float], float]) -> None:
    for (database, window), ours in p99.items():
        server = await asyncio.to_thread(server_of_run, folder) if database == "postgresql" else None
        for wal in (False, True) if server is None else (False,):
            url = f"sqlite:///{folder / f'peer{window}{wal}.db'}"
            if server is not None:
                url = server.url_of(await server.create(empty=True)).replace("://", "+psycopg2://", 1)
            got = await child("peer", url, folder, options, wal=wal, window=window)
            ratio = round(got["p99_s"] / ours, 1)
            store = f"SQLAlchemyJobStore on {database}" + (" in WAL mode" if wal else "")
            tell("peer", store=store, stored=options.stored, due=options.due, window_s=window, **got, ratio=ratio)


def tell(figure: str, **values: Any) -> None:
    print(json.dumps({"bench": "reminders", "figure": figure, **values}), flush=True)


async def main(options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as name:
        p99: dict[tuple[str, float], float] = {}
        for database in options.databases:
            await measure(database, Path(name), options, p99)
        if options.peer and options.due:
            await measure_peer(Path(name), options, p99)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=10_000, help="of the stored ones, how many ring; 0: skip `late`")
    parser.add_argument("--windows", type=float, nargs="+", default=[60.0, 0.0], help="seconds over which they ring")
    parser.add_argument("--send", type=float, default=0.05, help="seconds that the platform takes for one")
    parser.add_argument("--limited", type=int, default=900, help="messages of the rate-limited run; 0: skip it")
    parser.add_argument("--rate", type=float, default=30.0, help="messages a second that the limited platform takes")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--no-peer", dest="peer", action="store_false")
    parser.add_argument("--patience", type=float, default=400.0, help="seconds after which a run is broken off")
    parser.add_argument("--orders", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    asyncio.run(obey(json.loads(arguments.orders)) if arguments.orders else main(arguments))
