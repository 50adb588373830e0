"""Backups of the database: made while Remora runs, put back while it does not. What one replaces is kept beside it."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import re
from collections.abc import Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from core.errors import Refused, StoreUnavailable, Unavailable
from core.store import migrate
from core.store.admin import figures
from core.store.backup import _postgres, _sqlite
from core.store.database import Store
from core.store.workers import ALIVE

_NAMED = re.compile(r"remora-(\d{8}-\d{6})-(\w+)\.(sqlite|dump)", re.ASCII)
_STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup. `migration` is that of its tables; `size` in bytes."""

    path: Path
    at: dt.datetime
    migration: str
    size: int


def folder_of(data_dir: Path) -> Path:
    """Where backups go that are given no other place."""
    return data_dir / "backups"


def listed(folder: Path) -> list[Backup]:
    """The backups of a folder that have the names we give, the newest first. Reads the disk."""
    found = []
    for file in sorted(folder.iterdir(), reverse=True) if folder.is_dir() else ():
        if named := _NAMED.fullmatch(file.name):
            at = dt.datetime.strptime(f"{named[1]}+0000", f"{_STAMP}%z")
            found.append(Backup(file, at, named[2], file.stat().st_size))
    return found


async def prune(made: Backup, most: int) -> list[str]:
    """Deletes the oldest beside one that was just made, so that `most` of its folder are left with it; their names. Those that
    are being written have no such names yet."""

    def work() -> list[str]:
        old = [one.path for one in listed(made.path.parent) if one.path != made.path][max(most, 1) - 1 :]
        for path in old:
            with suppress(OSError):
                path.unlink()
        return [path.name for path in old if not path.exists()]

    return await asyncio.to_thread(work)


async def backup(store: Store, folder: Path, now: dt.datetime, name: str = "") -> Backup:
    """A consistent copy of the database, whoever writes meanwhile; proven to be whole before it has its name, and to be
    read by its owner alone. Without a name it gets a dated one; a file that is there already is left alone."""
    migration = await migrate.revision(store)
    if migration is None:
        raise Refused("there is nothing to back up: the database has no tables", "run: remora db upgrade")

    def work() -> Backup:
        dated = f"remora-{now.astimezone(dt.UTC):{_STAMP}}-{migration}.{'sqlite' if store.is_sqlite else 'dump'}"
        file = folder / (name or dated)
        with _written(file) as made:
            if store.is_sqlite:
                _sqlite.copy(Path(str(store.url.database)), made)
                found = _sqlite.migration_of(made)
            else:
                _postgres.dump(store.url, made)
                found = _postgres.migration_of(made)
        return Backup(file, now, found, file.stat().st_size)

    return await asyncio.to_thread(work)


async def restore(url: str, file: Path, now: dt.datetime) -> tuple[str, list[str]]:
    """Puts a backup in the place of the database, and returns the name under which the one before is kept ("" where
    there was none), and what others than its owner might do there and may not any more. Refused while a process serves on
    it, and where the file is no backup that this version knows."""
    async with aclosing(Store(url)) as store:
        await asyncio.to_thread(_examine, file, store.is_sqlite)
        await _nobody_serves(store, now)
    stamp = f"{now.astimezone(dt.UTC):{_STAMP}}"
    if not store.is_sqlite:
        return await _postgres.restore(store.url, file, stamp)
    database = Path(str(store.url.database))

    def work() -> str:
        fresh = database.with_name(f"{database.name}-restored-{stamp}")
        with _written(fresh) as made:
            _sqlite.copy(file, made)
            _sqlite.migration_of(made)
        return _sqlite.swap(database, fresh, database.with_name(f"{database.stem}-before-{stamp}{database.suffix}"))

    return await asyncio.to_thread(work), []


def _examine(file: Path, sqlite: bool) -> None:
    try:
        with file.open("rb") as opened:
            begins = opened.read(16)
    except OSError as error:
        raise Refused(f"{file} cannot be read: {error.strerror}", "name a file that remora db backup made") from error
    kind = {b"SQLite format 3\0": True, b"PGDMP": False}.get(begins if begins[:6] == b"SQLite" else begins[:5])
    if kind is None:
        raise Refused(f"{file.name} is no backup of Remora", "name a file that remora db backup made")
    if kind is not sqlite:
        held, wanted = ("SQLite", "PostgreSQL") if kind else ("PostgreSQL", "SQLite")
        raise Refused(f"{file.name} is a backup of {held}, the database is {wanted}", "correct DATABASE_URL")
    migration = _sqlite.migration_of(file) if kind else _postgres.migration_of(file)
    if not migrate.knows(migration):
        raise Refused(
            f"{file.name} is of another version of Remora (migration {migration})", "update Remora, then restore it"
        )


async def _nobody_serves(store: Store, now: dt.datetime) -> None:
    try:
        async with store.read() as tx:
            found = await figures.processes(tx)
    except StoreUnavailable:
        return  # damaged, empty or not there: what a backup is for
    for one in found:
        if not one.stopped and now - one.seen_at < ALIVE:
            raise Refused(
                f"Remora is running on this database: process {one.pid} on {one.host}",
                f"stop it, then restore; one that was killed is forgotten after {ALIVE.seconds} seconds",
            )


@contextmanager
def _written(target: Path) -> Iterator[Path]:
    """A private file to write; at the end it is on the disk under the name of `target`, or there is none."""
    made = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if target.exists():
            raise Refused(f"{target.name} is there already", "choose another name")
        os.close(os.open(made, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
        yield made
        with made.open("rb+") as file:
            os.fsync(file.fileno())
        made.rename(target)
    except OSError as error:
        raise Unavailable(
            f"{target} cannot be written: {error.strerror}", "choose another folder, or mend its rights or its space"
        ) from error
    finally:
        with suppress(OSError):
            made.unlink()
