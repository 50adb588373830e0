"""What every test gets: both databases, and the rules: no network but this machine, no blocking of the loop, no sleeping."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest
from blockbuster import BlockBuster

from core.settings import Settings
from core.store import Store, migrate
from core.store import database as database_module
from tests.fakes.compiled import once
from tests.fakes.postgres import Server, server_of_run

hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], database=None
)
hypothesis.settings.load_profile("any machine")
"""How long an example takes says how busy the machine is."""

_T = TypeVar("_T")
EVERYBODY = {"REMORA_ALLOW": "*", "REMORA_RATE_PER_MINUTE": 0}
"""Tests of anything but access: whoever writes is answered, however much."""
DATABASES = ("sqlite", "postgresql")
_TESTS = str(Path(__file__).parent)
_LONGEST_SLEEP = 0.5
_MAY_BLOCK = (
    ("core/journal.py", ("left", "__init__", "close", "drop")),
    ("core/catalog.py", ("load_bot",)),
    ("zoneinfo/_tzpath.py", ("find_tzfile", "available_timezones")),
    ("zoneinfo/_common.py", ("load_tzdata", "load_data")),
    ("core/store/database.py", ("_prepare_folder", "__init__")),
    ("core/store/_writer.py", ("_begin", "_leave", "run")),
    ("core/language/phrases.py", ("phrases",)),
    ("core/skills/__init__.py", ("available",)),
    ("bots/_skills.py", ("skills_of",)),
    ("core/store/migrate.py", ("newest", "work")),
    ("asyncpg/connect_utils.py", ("_parse_connect_dsn_and_args",)),
)
"""Where our code may touch a file on the loop: once at start, or for microseconds by design (the journal, and what a message
needs of SQLite)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


# --- the rules


@pytest.fixture(autouse=True)
def _only_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Connecting anywhere but to loopback or a unix socket fails, and so does asking for a name's address."""
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def refuse(address: object) -> None:
        raise AssertionError(f"a test may not use the network: {address!r}")

    def checked(call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(self: socket.socket, address: Any) -> Any:
            if self.family != socket.AF_UNIX and not _is_local(address[0]):
                refuse(address)
            return call(self, address)

        return guarded

    def resolved(host: Any, *arguments: Any, **more: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and name.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        if name and not _is_local(name) and not _is_number(name):
            refuse(name)
        return getaddrinfo(host, *arguments, **more)

    monkeypatch.setattr(socket.socket, "connect", checked(connect))
    monkeypatch.setattr(socket.socket, "connect_ex", checked(connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", resolved)


def _is_local(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("localhost", "", "0.0.0.0", "::"):
        return True
    return _is_number(name) and ipaddress.ip_address(name).is_loopback


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@pytest.fixture(autouse=True)
def _no_sleeping(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test waits for what it waits for, not for a time."""
    sleep = asyncio.sleep

    def checked(delay: float, result: Any = None) -> Any:
        caller = sys._getframe(1).f_code.co_filename
        if delay > _LONGEST_SLEEP and caller.startswith(_TESTS):
            raise AssertionError(f"a test may not sleep for {delay} s: wait for what is to happen")
        return sleep(delay, result)

    monkeypatch.setattr(asyncio, "sleep", checked)


@pytest.fixture(autouse=True)
def _patient_postgres(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The product gives a transaction in which nothing happens 5 s; a busy machine may take longer to let a test go on."""
    if "gauntlet" not in request.path.parts:
        rules = {"idle_in_transaction_session_timeout": "120s"}
        monkeypatch.setitem(database_module._POSTGRESQL, "connect_args", {"server_settings": rules})


@pytest.fixture(autouse=True)
def _no_blocking(request: pytest.FixtureRequest) -> Iterator[None]:
    """A call of ours that blocks the event loop fails the test."""
    if request.node.get_closest_marker("process") is not None:
        yield
        return
    guard = BlockBuster(["core", "adapters", "bots"])
    for name in ("threading.Lock.acquire", "threading.Lock.acquire_lock"):
        guard.functions.pop(name, None)  # starting a thread takes one, for microseconds
    for function in guard.functions.values():
        for file, names in _MAY_BLOCK:
            function.can_block_in(file, names)
    guard.activate()
    yield
    guard.deactivate()


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.intents.live.compiled", once)
        yield


# --- the databases


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def postgres(run_folder: Path) -> Server:
    return server_of_run(run_folder)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    file = tmp_path_factory.mktemp("template") / "remora.db"

    async def make() -> None:
        store = Store(f"sqlite:///{file}")
        try:
            await migrate.upgrade(store)
        finally:
            await store.aclose()

    asyncio.run(make())
    return file


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """Runs the test once on each database; its name."""
    return str(request.param)


@pytest.fixture
def new_database(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., str]]:
    """Makes databases of the kind that this run of the test is about: migrated ones, or `empty=True`; gives the URL."""
    server: Server | None = request.getfixturevalue("postgres") if database == "postgresql" else None
    template: Path = request.getfixturevalue("migrated_sqlite")
    names: list[str] = []
    lent: list[str] = []

    def make(*, empty: bool = False) -> str:
        if server is not None:
            these = names if empty else lent
            these.append(_in_own_loop(server.create(empty=True) if empty else server.lend()))
            return server.url_of(these[-1])
        file = tmp_path / f"remora{len(names)}.db"
        names.append(file.name)
        if not empty:
            shutil.copyfile(template, file)
        return f"sqlite:///{file}"

    yield make
    if server is not None:
        for name in names:
            _in_own_loop(server.drop(name))
        for name in lent:
            _in_own_loop(server.take_back(name))


def _in_own_loop(work: Coroutine[Any, Any, _T]) -> _T:
    """Runs it to its end, also where a loop is running already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@pytest.fixture
def database_url(new_database: Callable[..., str]) -> str:
    """A migrated database of this test's own."""
    return new_database()


@pytest.fixture
def empty_database_url(new_database: Callable[..., str]) -> str:
    """A database without any tables."""
    return new_database(empty=True)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """A migrated store, once on SQLite and once on PostgreSQL."""
    store = Store(database_url)
    yield store
    await store.aclose()


@pytest.fixture
async def second_store(database_url: str) -> AsyncIterator[Store]:
    """The same database as `store`, as another process would open it."""
    store = Store(database_url)
    yield store
    await store.aclose()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that read no file and no environment of the machine; SQLite in the test's folder, no model, no encoder."""
    return make_settings(tmp_path)


def make_settings(folder: Path, **more: Any) -> Settings:
    from core.settings import load_settings

    return load_settings(
        _env_file=None,
        **{
            "REMORA_DATA_DIR": folder / "data",
            "REMORA_MODEL_BACKEND": "off",
            "REMORA_INTENT_ENCODER": "off",
            "HOST": "127.0.0.1",
            **EVERYBODY,
            **more,
        },
    )
