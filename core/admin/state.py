"""How Remora is doing, for whoever looks after it: figures, checks, processes, and what is left to set up."""

from __future__ import annotations

import datetime as dt
import math
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib import metadata

from core import health
from core.admin.desk import Desk
from core.admin.intents import overlapping_live
from core.errors import RemoraError
from core.reminders.quiet import zone_here
from core.store import intents, migrate, workers
from core.store.admin import audit, figures
from core.store.admin.accounts import Account
from core.store.admin.audit import Entry
from core.store.admin.figures import Answered, Figures, Process, Spent
from core.store.workers import ALIVE, Downtime

_LATEST = 8
_VERSION = metadata.version("remora")
_DOWN = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Checked:
    """A check of health: how it is, or what is wrong and how to mend it."""

    name: str
    well: bool
    what: str
    mend: str = ""


@dataclass(frozen=True, slots=True)
class Platform:
    """A chat platform that somebody serves, or that is heard of. `heard`: when somebody wrote there, if lately."""

    name: str
    served: bool
    heard: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page."""

    figures: Figures
    p95: float | None
    """Seconds within which nineteen of twenty of the newest messages were answered; None where there are none."""
    overlapping: int
    """Pairs of intents in force with examples that lie close to each other."""
    platforms: Sequence[Platform]
    checks: Sequence[Checked]
    answered: Sequence[Answered]
    latest: Sequence[Entry]
    """What admins did last."""
    to_set_up: Sequence[tuple[str, bool]]
    """Each step, and whether it is done; empty once all are."""
    week: Sequence[Spent]
    """The last seven days where Remora is, today as the last."""


@dataclass(frozen=True, slots=True)
class System:
    """The system page. `size` in bytes."""

    checks: Sequence[Checked]
    figures: Figures
    processes: Sequence[Process]
    downtimes: Sequence[Downtime]
    """The newest first."""
    size: int
    versions: Sequence[tuple[str, str]]


def percentile(sorted_seconds: Sequence[float], share: float) -> float | None:
    """The smallest value that is not exceeded by that share of them."""
    return sorted_seconds[math.ceil(share * len(sorted_seconds)) - 1] if sorted_seconds else None


async def checked(desk: Desk) -> list[Checked]:
    """Every check that a running process can make, those that found something wrong first."""
    checks: dict[str, health.Check] = {
        **desk.checks,
        "troubles": partial(health.troubles, desk.store, desk.clock),
        "data folder": partial(health.data_folder, desk.settings.data_dir),
    }
    found = []
    for name, check in checks.items():
        try:
            found.append(Checked(name, True, await check()))
        except RemoraError as error:
            found.append(Checked(name, False, error.what, error.mend))
    return sorted(found, key=lambda one: one.well)


async def overview(desk: Desk, account: Account, *, audited: bool) -> Overview:
    """`audited`: the reader may see what admins did."""
    now = desk.clock.now()
    here = now.astimezone(zone_here(desk.settings.default_timezone or "UTC"))
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    checks = await checked(desk)
    week = [(midnight - dt.timedelta(days=back), midnight - dt.timedelta(days=back - 1)) for back in range(6, -1, -1)]
    async with desk.store.read() as tx:
        counted = await figures.figures(tx, desk.bot.name, midnight, now)
        spent = await figures.spent(tx, [day for day in week if day[0] not in desk.spent])
        answered = await figures.answered(tx, _LATEST)
        latest = await audit.entries(tx, limit=_LATEST) if audited else []
        alive = [one for one in await figures.processes(tx) if not one.stopped and now - one.seen_at < ALIVE]
        somebody, release = await figures.anybody_in(tx), await intents.live_number(tx, desk.bot.name)
    served = {name for one in alive for name in one.serves} | set(desk.adapters)
    platforms = [
        Platform(name, name in served, counted.heard.get(name)) for name in sorted(served | set(counted.heard))
    ]
    known = desk.spent | {day.start: day for day in spent}
    desk.spent.clear()
    desk.spent.update((start, known[start]) for start, end in week if end <= now)
    steps = (
        ("sign_in", account.has_password or account.person_id is not None),
        ("platform", bool(served - {"web", "console"})),
        ("people", somebody or desk.settings.allow.strip() != "" or not served - {"web", "console"}),
        ("model", any(one.name == "model" and one.well for one in checks)),
        ("intents", release > 0),
        ("zone", bool(desk.settings.default_timezone)),
    )
    return Overview(
        counted, percentile(counted.seconds, 0.95), len(await overlapping_live(desk)), platforms, checks, answered, latest,
        () if all(done for _, done in steps) else steps, [known[start] for start, _ in week],
    )  # fmt: skip


async def system(desk: Desk) -> System:
    now, checks = desk.clock.now(), await checked(desk)
    async with desk.store.read() as tx:
        counted = await figures.figures(tx, desk.bot.name, now, now)
        processes = await figures.processes(tx)
        downtimes = (await workers.downtimes(tx, now - _DOWN))[::-1]
        size, database = await figures.size(tx, sqlite=desk.store.is_sqlite)
    kind = "SQLite" if desk.store.is_sqlite else "PostgreSQL"
    versions = [
        ("Remora", _VERSION),
        ("Python", platform.python_version()),
        (kind, database),
        ("migration", migrate.newest()),
        ("model", f"{desk.model.info.name} ({desk.model.info.backend})"),
    ]
    return System(checks, counted, processes, downtimes, size, versions)
