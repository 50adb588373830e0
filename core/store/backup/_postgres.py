"""PostgreSQL's own programs, `pg_dump` and `pg_restore`, and the exchange of two databases by their names."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import sqlalchemy as sa

from core.errors import Refused, StoreUnavailable, Unavailable
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


_GRANTS = sa.text("""
WITH object (kind, name, acl) AS (
  SELECT 'DATABASE', quote_ident(CAST(:fresh AS text)), datacl FROM pg_database WHERE datname = current_database()
  UNION ALL SELECT 'SCHEMA', 'public', nspacl FROM pg_namespace WHERE nspname = 'public'
  UNION ALL SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, 'public.' || quote_ident(relname), relacl
    FROM pg_class WHERE relnamespace = CAST('public' AS regnamespace) AND relkind IN ('r', 'v', 'm', 'S'))
SELECT format('REVOKE ALL ON %s %s FROM PUBLIC', kind, name) AS said FROM object WHERE acl IS NOT NULL
UNION ALL
SELECT format('GRANT %s ON %s %s TO %s%s', given.privilege_type, kind, name,
    CASE given.grantee WHEN 0 THEN 'PUBLIC' ELSE CAST(CAST(given.grantee AS regrole) AS text) END,
    CASE WHEN given.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM object CROSS JOIN LATERAL aclexplode(acl) AS given WHERE given.grantee NOT IN (given.grantor, CAST(current_user AS regrole))
ORDER BY said DESC""")
"""What other roles may do with the database, its schema, tables and sequences, as statements for the database `fresh`."""


async def _grants(url: sa.URL, fresh: str) -> Sequence[str]:
    async with aclosing(Store(url.render_as_string(hide_password=False))) as old, old.read() as tx:
        return [row.said for row in await tx.rows(_GRANTS, {"fresh": fresh})]


async def _given(url: sa.URL, grants: Sequence[str]) -> list[str]:
    """Gives the grants anew; those that cannot be given, as where the backup has no such table."""
    lost = []
    async with aclosing(Store(url.render_as_string(hide_password=False))) as new:
        for one in grants:
            try:
                await new.outside(one)
            except StoreUnavailable:
                lost.append(one)
    return lost


async def restore(url: sa.URL, file: Path, stamp: str) -> tuple[str, list[str]]:
    """Fills a new database, then gives it the name of the old one, which is kept under another; what other roles might do with
    the old one they may do with the new one. Returns the name and the grants that could not be given."""
    name, stamp = str(url.database), stamp.replace("-", "_")
    fresh, kept = f"{name[:32]}_restored_{stamp}", f"{name[:32]}_before_{stamp}"
    async with aclosing(Store(url.set(database="postgres").render_as_string(hide_password=False))) as server:
        async with server.read() as tx:
            there = await tx.row(sa.text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        await server.outside(f"CREATE DATABASE {_quoted(fresh)} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            put_in = ["pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", str(file)]
            await asyncio.to_thread(_run, put_in, url.set(database=fresh))
            lost = await _given(url.set(database=fresh), await _grants(url, fresh)) if there is not None else []
            if there is not None:
                await server.outside(f"ALTER DATABASE {_quoted(name)} RENAME TO {_quoted(kept)}")
        except (Refused, Unavailable):
            await server.outside(f"DROP DATABASE IF EXISTS {_quoted(fresh)}")
            raise
        await server.outside(f"ALTER DATABASE {_quoted(fresh)} RENAME TO {_quoted(name)}")
    return (kept if there is not None else "", lost)


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))


def _run(command: list[str], url: sa.URL | None = None) -> str:
    """What the program prints. The password goes by the environment: arguments are seen by all users of the machine."""
    program, password, where = shutil.which(command[0]), "", []
    if program is None:
        raise Unavailable(f"{command[0]} is not installed here", _INSTALL)
    if url is not None:
        named = {("sslmode" if key == "ssl" else key): value for key, value in url.query.items()}
        plain = url.set(drivername="postgresql", password=None, query=named)
        password, where = url.password or "", [f"--dbname={plain.render_as_string()}"]
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run([program, *where, *command[1:]], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.strip().splitlines()
    if "version" in done.stderr:
        raise Unavailable(f"{command[0]} is older than the server, or than what made the file", _INSTALL)
    raise Refused(
        f"{command[0]} failed: {said[0][:200] if said else done.returncode}", "mend what it says, then try again"
    )
