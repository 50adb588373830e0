"""`kill -9` at random moments while reminders go out: how many are lost, and how many come twice.

    python -m tests.bench.kill_reminders [--kills 17] [--reminders 8400] [--workers 1 2 4] [--databases sqlite postgresql]

For each database, each number of workers, and a platform that can be looked at and one that cannot: the reminders are
due one after the other, for as long as the kills and restarts are expected to take by the first starts; all the while
a worker, chosen by chance, is killed a random time after the last one was replaced, and a new one takes its place. When
the kills are done and everything has settled, what the platform was given is compared with what was promised.
`doubled_said`: of the doubled ones, those whose second copy says that it may be one.
The defaults are 204 kills and 100,800 reminders in all. One JSON line a figure; the last one sums up.
"""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import json
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from core.store import Store, migrate
from core.store.tables import worker
from tests.fakes.ledger import keep_many, rows
from tests.fakes.postgres import server_of_run
from tests.gauntlet.processes import Rig, rig_on

_HONEST = "You may have got this already"


async def killing(rig: Rig, options: argparse.Namespace, chance: random.Random) -> None:
    patience, team = {"lease": options.lease, "settle": options.settle}, list(rig.processes)
    for _ in range(options.kills):
        await asyncio.sleep(chance.uniform(*options.pause))
        victim = chance.randrange(len(team))
        await rig.end(team[victim], signal.SIGKILL)
        team[victim] = await rig.start(**patience)


async def measure(url: str, workers: int, options: argparse.Namespace, *, looks: bool, seed: int) -> dict[str, Any]:
    """Lost and doubled over some kills."""
    store, chance = Store(url), random.Random(seed)
    await migrate.upgrade(store)
    async with rig_on(url, looks=looks) as rig:
        began = time.monotonic()
        for _ in range(workers):
            await rig.start(lease=options.lease, settle=options.settle)
        restart = (time.monotonic() - began) / workers
        begin = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=3)
        span = options.kills * (sum(options.pause) / 2 + restart)
        dues = [begin + dt.timedelta(seconds=span * number / options.reminders) for number in range(options.reminders)]
        await keep_many(store, dt.datetime.now(dt.UTC), dues, people_each=5)
        began = time.monotonic()
        await killing(rig, options, chance)
        killed_s = time.monotonic() - began
        quiet = 0
        while len(rig.posted) < options.reminders and quiet < options.patience:
            await asyncio.sleep(1.0)
            quiet += 1
        await asyncio.sleep(options.lease + options.settle)
        left_open = [state for (state,) in await rows(store, "state") if state != "sent"]
        said = Counter(post["cause"] for post in rig.platform.posts if _HONEST in post["text"])
        doubled = [cause for cause, times in rig.posted.items() if times > 1]
        figures = {
            "kills": options.kills, "reminders": options.reminders, "lost": options.reminders - len(rig.posted),
            "doubled": len(doubled), "doubled_said": sum(cause in said for cause in doubled),
            "not_settled": len(left_open), "killed_s": round(killed_s, 1), "due_s": round(span, 1),
        }  # fmt: skip
        figures["log_lines"] = len(rig.log().splitlines())
        if options.show_log:
            print(rig.log(), Counter(await rows(store, "state", "reason", "claimed_by", "attempts")).most_common(12))
            print(await rows(store, "name", "seen_at", "stopped", of=worker), dt.datetime.now(dt.UTC))
        for process in list(rig.processes):
            await rig.end(process)
    await store.aclose()
    return figures


async def main(options: argparse.Namespace) -> None:
    sums: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
    with tempfile.TemporaryDirectory() as name:
        for database in options.databases:
            server = await asyncio.to_thread(server_of_run, Path(name)) if database == "postgresql" else None
            for workers in options.workers:
                for looks in (True, False):
                    seed = options.seed + workers + 10 * looks
                    home = Path(tempfile.mkdtemp(dir=name))
                    url = server.url_of(await server.create()) if server else f"sqlite:///{home / 'kill.db'}"
                    figures = await measure(url, workers, options, looks=looks, seed=seed)
                    kind = {"database": database, "workers": workers, "platform": "looked at" if looks else "not"}
                    print(json.dumps({"bench": "kill_reminders", **kind, **figures}), flush=True)
                    for key in ("kills", "reminders", "lost", "doubled", "doubled_said", "not_settled"):
                        sums[looks][key] += figures[key]
    for looks, total in sums.items():
        kind = {"platform": "looked at" if looks else "not", "sum": True}
        print(json.dumps({"bench": "kill_reminders", **kind, **total}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=17, help="of each combination")
    parser.add_argument("--reminders", type=int, default=8_400, help="of each combination")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--pause", type=float, nargs=2, default=[0.1, 1.5], help="seconds before a kill, from and to")
    parser.add_argument(
        "--lease", type=float, default=3.0, help="seconds of silence after which a worker counts as dead"
    )
    parser.add_argument("--settle", type=float, default=3.0, help="seconds before a doubtful delivery is looked for")
    parser.add_argument("--patience", type=int, default=90, help="seconds that are waited for the rest")
    parser.add_argument("--show-log", action="store_true", help="the last lines that the workers logged")
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(main(parser.parse_args()))
