"""A database that cannot be used says what is wrong and how to mend it, loses nothing, and gives no secret away."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.errors import ConfigurationError, RemoraError, StoreUnavailable
from core.store import Store, Tx, inbox, migrate
from core.store import _sqlite as sqlite_module
from core.store import database as database_module
from tests.fakes.postgres import LOCKED, URL_SETTING, Server
from tests.unit.rows import NOW, message


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A locked SQLite file is waited for a moment only."""
    for module in (database_module, sqlite_module):
        monkeypatch.setattr(module, "BUSY_MILLISECONDS", 50)


@pytest.fixture
def file(migrated_sqlite: Path, tmp_path: Path) -> Path:
    return Path(shutil.copyfile(migrated_sqlite, tmp_path / "remora.db"))


async def accepted(store: Store, text: str = "hi", event_id: str = "") -> int | None:
    async with store.write() as tx:
        return await inbox.add(tx, message(text, event_id=event_id), NOW)


async def waiting(store: Store) -> int:
    async with store.read() as tx:
        return await inbox.count_open(tx, ["fake"])


async def trouble(store: Store, work: Callable[[Store], Any] = accepted) -> RemoraError:
    """The error that `work` ends with; the store is closed after it."""
    try:
        with pytest.raises(StoreUnavailable) as caught:
            await work(store)
    finally:
        await store.aclose()
    assert caught.value.mend, "every error says how to mend it"
    return caught.value


@pytest.mark.usefixtures("patience")
async def test_a_locked_file_is_said_to_be_locked_and_used_again_afterwards(file: Path) -> None:
    store = Store(f"sqlite:///{file}")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(StoreUnavailable, match="locked"):
            await accepted(store)
        assert await waiting(store) == 0, "reading goes on while another program writes"
        other.execute("ROLLBACK")
        assert await accepted(store) is not None
    finally:
        other.close()
        await store.aclose()


async def test_a_file_opened_read_only_is_said_to_be_read_only(file: Path) -> None:
    error = await trouble(Store(f"sqlite:///file:{file}?mode=ro&uri=true"))
    assert "read-only" in error.what
    assert "write access" in error.mend
    assert not Path("file:").exists(), "an address is no folder to be made"


async def test_a_file_that_is_no_database_is_said_to_be_damaged(tmp_path: Path) -> None:
    (tmp_path / "remora.db").write_bytes(b"this has never been a database, but it is long enough to look " * 100)
    error = await trouble(Store(f"sqlite:///{tmp_path / 'remora.db'}"))
    assert "damaged" in error.what
    assert "backup" in error.mend


async def test_a_damaged_file_is_said_to_be_damaged(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)
    file.write_bytes(content)
    error = await trouble(Store(f"sqlite:///{file}"))
    assert "damaged" in error.what


async def test_a_folder_in_place_of_the_file_is_an_error_with_a_mend(tmp_path: Path) -> None:
    (tmp_path / "remora.db").mkdir()
    error = await trouble(Store(f"sqlite:///{tmp_path / 'remora.db'}"))
    assert "cannot be opened" in error.what


async def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'a' / 'b' / 'remora.db'}")
    await migrate.upgrade(store)
    assert await accepted(store) is not None
    await store.aclose()


async def test_a_folder_that_cannot_be_made_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreUnavailable, match="REMORA_DATA_DIR") as caught:
        Store(f"sqlite:///{tmp_path / 'file' / 'data' / 'remora.db'}")
    assert "data folder" in caught.value.what


async def test_a_folder_that_vanished_is_an_error_with_a_mend(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'gone' / 'remora.db'}")
    (tmp_path / "gone").rmdir()
    error = await trouble(store)
    assert "cannot be opened" in error.what


async def test_a_database_without_tables_names_the_command(empty_database_url: str) -> None:
    error = await trouble(Store(empty_database_url))
    assert error.what == "the database has no tables yet"
    assert "remora db upgrade" in error.mend


async def test_a_database_of_an_older_version_names_the_command(database_url: str) -> None:
    import sqlalchemy as sa

    async def older(tx: Tx) -> None:
        await tx.run(sa.text("ALTER TABLE inbox RENAME COLUMN event_id TO event"))

    store = Store(database_url)
    async with store.write() as tx:
        await older(tx)
    error = await trouble(store)
    assert "older" in error.what
    assert "remora db upgrade" in error.mend


async def test_a_full_disk_keeps_what_was_there_and_goes_on_when_there_is_room(file: Path) -> None:
    store = Store(f"sqlite:///{file}")
    assert await accepted(store, "before", "e0") is not None
    await limit_pages(store, extra=8)
    failed, refusal = 0, ""
    for number in range(1, 30):
        try:
            await accepted(store, "x" * 5000, f"e{number}")
        except StoreUnavailable as error:
            failed, refusal = number, str(error)
            break
    assert refusal == "the disk is full\nfree some space; Remora goes on by itself"
    assert failed > 1, "some fitted, then the disk was full"
    assert await waiting(store) == failed, "those that were accepted are there, the failed one is not"
    await limit_pages(store, extra=100_000)
    assert await accepted(store, "x" * 5000, f"e{failed}") is not None
    assert await waiting(store) == failed + 1
    await store.aclose()


async def limit_pages(store: Store, *, extra: int) -> None:
    import sqlalchemy as sa

    async with store.write() as tx:
        [[pages]] = await tx.rows(sa.text("PRAGMA page_count"))
        await tx.rows(sa.text(f"PRAGMA max_page_count={pages + extra}"))


async def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    with pytest.raises(ValueError, match="on purpose"):
        async with store.write() as tx:
            await inbox.add(tx, message("a"), NOW)
            raise ValueError("on purpose")
    assert await waiting(store) == 0


async def test_a_cancelled_transaction_leaves_nothing_and_holds_no_lock(store: Store) -> None:
    entered = asyncio.Event()

    async def stuck() -> None:
        async with store.write() as tx:
            await inbox.add(tx, message("a"), NOW)
            entered.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(stuck())
    await entered.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await waiting(store) == 0
    async with asyncio.timeout(60):
        assert await accepted(store) is not None


async def test_nothing_is_kept_that_is_written_while_reading(store: Store) -> None:
    with suppress(StoreUnavailable):  # PostgreSQL refuses it
        async with store.read() as tx:
            await inbox.add(tx, message("a"), NOW)
    assert await waiting(store) == 0


async def test_a_moment_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="without a zone"):
        async with store.write() as tx:
            await inbox.add(tx, message("a"), NOW.replace(tzinfo=None))


# --- PostgreSQL that cannot be reached


def secretless(error: BaseException, *secrets: str) -> None:
    shown = f"{error} {getattr(error, 'what', '')} {getattr(error, 'mend', '')} {error!r}"
    for secret in secrets:
        assert secret not in shown


@pytest.mark.skipif(URL_SETTING in os.environ, reason="the given server has its own rules")
async def test_a_wrong_password_is_said_without_showing_it(postgres: Server) -> None:
    url = postgres.url.replace("postgres:@", f"{LOCKED}:wrong-guess-99@")
    assert LOCKED in url
    error = await trouble(Store(url))
    assert "user or password" in error.what
    assert "DATABASE_URL" in error.mend
    secretless(error, "wrong-guess-99")
    right = Store(url.replace("wrong-guess-99", "open-sesame-4711"))
    async with right.read():
        pass
    await right.aclose()


@pytest.mark.skipif(URL_SETTING in os.environ, reason="the given server has its own rules")
async def test_a_user_that_does_not_exist_is_said_to_be_refused(postgres: Server) -> None:
    error = await trouble(Store(postgres.url.replace("postgres:@", "nobody-here:pass-1234@")))
    assert "DATABASE_URL" in error.mend
    secretless(error, "pass-1234")


async def test_a_database_that_does_not_exist_is_named_as_the_fault(postgres: Server) -> None:
    error = await trouble(Store(postgres.url_of("no_such_database")))
    assert "does not exist" in error.what
    assert "DATABASE_URL" in error.mend


@pytest.mark.parametrize(
    "place",
    ["nowhere.invalid", "127.0.0.1:1", "[::1]:1"],
    ids=["unknown host", "closed port", "closed port, IPv6"],
)
async def test_a_server_that_cannot_be_reached_is_an_error_with_a_mend(place: str) -> None:
    error = await trouble(Store(f"postgresql://ann:hush-hush-7@{place}/remora"))
    assert "reached" in error.what
    assert "DATABASE_URL" in error.mend
    secretless(error, "hush-hush-7")


async def test_no_secret_stands_in_the_traceback_of_our_own_words(postgres: Server) -> None:
    store = Store("postgresql://ann:hush-hush-7@127.0.0.1:1/remora")
    try:
        with pytest.raises(StoreUnavailable) as caught:
            await accepted(store)
    finally:
        await store.aclose()
    assert "hush-hush-7" not in "".join(traceback.format_exception(caught.value))


async def test_a_connection_that_breaks_is_replaced(postgres: Server) -> None:
    import sqlalchemy as sa

    name = await postgres.create()
    store = Store(postgres.url_of(name))
    try:
        assert await accepted(store, event_id="e1") is not None
        with pytest.raises(StoreUnavailable):
            async with store.write() as tx:
                await inbox.add(tx, message("lost", event_id="e2"), NOW)
                await tx.run(sa.text("SELECT pg_terminate_backend(pg_backend_pid())"))
        assert await waiting(store) == 1
        assert await accepted(store, event_id="e2") is not None
    finally:
        await store.aclose()
        await postgres.drop(name)


@pytest.mark.parametrize(
    "url",
    [
        "", "nonsense", "mysql://u:p-secret-1@h/d", "postgresql+psycopg2://u:p-secret-1@h/d", "sqlite+nothing:///x",
        "oracle://u:p-secret-1@h/d", "http://u:p-secret-1@h/d", "postgresql://u:p-secret-1@h:port/d",
    ],
)  # fmt: skip
def test_a_url_that_cannot_be_used_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL") as caught:
        Store(url)
    assert caught.value.exit_code == 78
    secretless(caught.value, "p-secret-1")


async def test_a_transaction_can_be_cancelled_at_any_step(store: Store) -> None:
    """Whatever it was doing: afterwards nothing is half written, and the next transaction begins at once."""
    for step in range(60):
        task = asyncio.create_task(accepted(store, event_id=f"e{step}"))
        for _ in range(step % 20):
            await asyncio.sleep(0 if step < 40 else 0.0005)
        task.cancel()
        [result] = await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(60):
            kept = await accepted(store, event_id=f"e{step}")
            assert (kept is None) == isinstance(result, int) or isinstance(result, asyncio.CancelledError)
    assert await waiting(store) == 60


async def test_a_file_that_another_is_making_is_waited_for(tmp_path: Path) -> None:
    """SQLite itself refuses at once to turn a file to WAL that another program writes to."""
    file = tmp_path / "remora.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("CREATE TABLE t (a)")
    other.execute("BEGIN IMMEDIATE")
    asyncio.get_running_loop().call_later(0.05, other.execute, "COMMIT")
    store = Store(f"sqlite:///{file}")
    async with store.write() as tx:
        assert await tx.rows(sa.text("SELECT a FROM t")) == []
    await store.aclose()
    other.close()
