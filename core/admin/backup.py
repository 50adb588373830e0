"""Backups as the System page makes them: one at a time, beside the pages, noted."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.admin.desk import Desk
from core.admin.jobs import Job
from core.admin.roles import Actor
from core.errors import Refused, RemoraError
from core.store import backup
from core.store.backup import Backup

_ABOUT = "backup"
_ONCE = dt.timedelta(seconds=10)
"""Who asks again within it gets the one that was just made."""


@dataclass(frozen=True, slots=True)
class Backups:
    """Those of the data folder, the newest first; whether one is being made, or why the last one failed."""

    known: Sequence[Backup]
    working: bool
    failed: RemoraError | None
    most: int
    """So many are kept."""


async def shown(desk: Desk) -> Backups:
    job = desk.jobs.known.get(_ABOUT)
    error = job.task.exception() if job is not None and job.failed and not job.task.cancelled() else None
    return Backups(
        await asyncio.to_thread(backup.listed, backup.folder_of(desk.settings.data_dir)),
        job is not None and not job.task.done(),
        error if isinstance(error, RemoraError) else None,
        desk.settings.backups_kept,
    )


async def make(desk: Desk, actor: Actor) -> None:
    """Begins one, unless one is being made or was made just now."""
    folder, now = backup.folder_of(desk.settings.data_dir), desk.clock.now()

    async def work(_: Job) -> None:
        made = await backup.backup(desk.store, folder, now)
        gone = await backup.prune(made, desk.settings.backups_kept)
        detail = {"bytes": made.size, **({"deleted": gone} if gone else {})}
        async with desk.store.write() as tx:
            await actor.note(tx, now, "backup.make", f"backup:{made.path.name}", detail)

    found = (await shown(desk)).known
    if not found or now - found[0].at >= _ONCE:
        desk.jobs.begun(_ABOUT, work, 1, again=True)


async def taken(desk: Desk, name: str, actor: Actor) -> Path:
    """The file of a backup, for somebody who takes a copy along: noted. Raises `Refused` where there is none."""
    path = await _one(desk, name)
    async with desk.store.write() as tx:
        await actor.note(tx, desk.clock.now(), "backup.download", f"backup:{name}")
    return path


async def delete(desk: Desk, name: str, actor: Actor) -> None:
    path = await _one(desk, name)
    async with desk.store.write() as tx:
        await actor.note(tx, desk.clock.now(), "backup.delete", f"backup:{name}")
    await asyncio.to_thread(path.unlink, missing_ok=True)


async def _one(desk: Desk, name: str) -> Path:
    for one in (await shown(desk)).known:
        if one.path.name == name:
            return one.path
    raise Refused("there is no such backup", "see the list of backups")
