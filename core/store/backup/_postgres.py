"""PostgreSQL's own programs, `pg_dump` and `pg_restore`, and the exchange of two databases by their names."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from contextlib import aclosing
from pathlib import Path

import sqlalchemy as sa

from core.errors import Refused, Unavailable
from core.store.database import Store

_INSTALL = "install PostgreSQL's client programs of the server's version (Debian: apt install postgresql-client)"


def dump(url: sa.URL, made: Path) -> None:
    """As of one moment, in PostgreSQL's own packed form."""
    _run(["pg_dump", "--format=custom", f"--file={made}"], url)


def migration_of(file: Path) -> str:
    """The migration of a dump of ours. Raises `Refused` where it has none."""
    table = _run(["pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(file)])
    _, copied, rows = table.partition("COPY ")
    lines = rows.splitlines()[1:2]
    if not copied or not lines or lines == ["\\."]:
        raise Refused(f"{file.name} is damaged, or no database of Remora", "choose another backup")
    return lines[0]


async def restore(url: sa.URL, file: Path, stamp: str) -> str:
    """Fills a new database, then gives it the name of the old one, which is kept under another."""
    name, stamp = str(url.database), stamp.replace("-", "_")
    fresh, kept = f"{name[:32]}_restored_{stamp}", f"{name[:32]}_before_{stamp}"
    async with aclosing(Store(url.set(database="postgres").render_as_string(hide_password=False))) as server:
        async with server.read() as tx:
            there = await tx.row(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        await server.outside(f"CREATE DATABASE {_quoted(fresh)} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            put_in = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={fresh}", str(file)]
            await asyncio.to_thread(_run, put_in, url.set(database=fresh))
            if there is not None:
                await server.outside(f"ALTER DATABASE {_quoted(name)} RENAME TO {_quoted(kept)}")
        except (Refused, Unavailable):
            await server.outside(f"DROP DATABASE IF EXISTS {_quoted(fresh)}")
            raise
        await server.outside(f"ALTER DATABASE {_quoted(fresh)} RENAME TO {_quoted(name)}")
    return kept if there is not None else ""


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def _run(command: list[str], url: sa.URL | None = None) -> str:
    """What the program prints. The password goes by the environment: arguments are seen by all users of the machine."""
    program = shutil.which(command[0])
    if program is None:
        raise Unavailable(f"{command[0]} is not installed here", _INSTALL)
    done = subprocess.run([program, *command[1:]], env=_environment(url), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.strip().splitlines()
    if "version" in done.stderr:
        raise Unavailable(f"{command[0]} is older than the server, or than what made the file", _INSTALL)
    if "No space left" in done.stderr:
        raise Unavailable("the disk is full", "free some space, then try again")
    raise Refused(
        f"{command[0]} failed: {said[0][:200] if said else done.returncode}", "mend what it says, then try again"
    )


def _environment(url: sa.URL | None) -> dict[str, str]:
    if url is None:
        return dict(os.environ)
    query = {key: value for key, value in url.query.items() if isinstance(value, str)}
    given = {
        "PGHOST": url.host or query.get("host"),
        "PGPORT": str(url.port) if url.port else query.get("port"),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("ssl") or query.get("sslmode"),
    }
    return {**os.environ, **{key: value for key, value in given.items() if value}}
