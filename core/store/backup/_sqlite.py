"""SQLite's own online backup, its proof, and the exchange of the files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from core.errors import Refused, StoreUnavailable

_TABLES = "SELECT version_num FROM alembic_version WHERE EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'outbox')"


def copy(source: Path, made: Path) -> None:
    """As of one moment, which nobody who writes waits for; one file, that needs no log beside it."""
    with _explained(source), closing(_opened(source)) as old, closing(sqlite3.connect(made)) as new:
        old.backup(new)
        new.execute("PRAGMA journal_mode = DELETE")


def migration_of(file: Path) -> str:
    """The migration of a database of ours that is whole. Raises `Refused` for any other file."""
    with _explained(file), closing(_opened(file)) as opened:
        [state] = opened.execute("PRAGMA integrity_check(1)").fetchone()
        found = opened.execute(_TABLES).fetchone() if state == "ok" else None
        if found is None:
            raise sqlite3.DatabaseError(state)
    return str(found[0])


def swap(database: Path, fresh: Path, kept: Path) -> str:
    """`fresh` becomes the database; there is one under its name at every moment. Returns the name of what was kept."""
    if not database.exists() or not database.stat().st_size:
        fresh.replace(database)
        return ""
    try:
        with closing(sqlite3.connect(database, timeout=0)) as old:
            old.execute("PRAGMA journal_mode = DELETE")  # takes the log in, and is refused while anybody has it open
    except sqlite3.DatabaseError as error:
        if "locked" in str(error):
            fresh.unlink()
            raise Refused("another program has the database open", "stop Remora and what else uses it") from error
    for log in ("-wal", "-shm"):  # of a damaged database: one that is whole has taken it in
        beside = database.with_name(database.name + log)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + log))
    try:
        kept.hardlink_to(database)
    except OSError:  # a file system without links
        database.rename(kept)
    fresh.replace(database)
    return str(kept)


def _opened(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=10)


@contextmanager
def _explained(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if "full" in str(error):
            raise StoreUnavailable("the disk is full", "free some space, then try again") from error
        if "open" in str(error) or "readonly" in str(error):
            raise StoreUnavailable(f"{file} cannot be opened", "mend the rights of the file and its folder") from error
        raise Refused(f"{file.name} is damaged, or no database of Remora", "choose another backup") from error
