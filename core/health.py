"""Is every part well? Each check returns one line of how it is, or raises a `RemoraError` with what is wrong and its mend."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from core.errors import ConfigurationError, ModelUnavailable, StoreUnavailable, Unavailable
from core.ports import Clock, LanguageModel
from core.store import Store, inbox, migrate, notes, outbox

Check: TypeAlias = Callable[[], Awaitable[str]]

PARTS = ("database", "model", "queues")
_LEAST_FREE = 500 * 1024 * 1024
_MODEL_PATIENCE = 0.05


def running_checks(store: Store, model: LanguageModel, clock: Clock, platforms: list[str]) -> Mapping[str, Check]:
    """Of a process that serves: what `/readyz` shows."""
    return {
        "database": lambda: database(store),
        "model": lambda: loaded(model),
        "queues": lambda: queues(store, clock, platforms),
    }


async def database(store: Store) -> str:
    """Reachable, and its tables are those of this version."""
    found, needed = await migrate.revision(store), migrate.newest()
    if found != needed:
        raise StoreUnavailable(f"the database is at {found or 'nothing'}, not at {needed}", "run: remora db upgrade")
    return f"{store.url.get_backend_name()}, migration {found}"


async def loaded(model: LanguageModel) -> str:
    """The model can answer now; does not wait for it to load."""
    try:
        await asyncio.wait_for(model.ready(), _MODEL_PATIENCE)
    except TimeoutError:
        raise ModelUnavailable("the language model is still loading", "wait a little") from None
    return f"{model.info.name} ({model.info.backend})"


async def queues(store: Store, clock: Clock, platforms: list[str]) -> str:
    """How much waits to be answered and to be delivered."""
    async with store.read() as tx:
        waiting = await inbox.count_open(tx, platforms)
        late = await outbox.count_open(tx, platforms, clock.now())
    return f"{waiting} messages to answer, {late} to deliver"


async def troubles(store: Store, clock: Clock) -> str:
    """What the processes that serve have noted lately: another program that takes our messages, a token that ended."""
    async with store.read() as tx:
        found = [line.partition("\n") for line in await notes.troubles(tx, clock.now() - notes.RECENT)]
    if found:
        raise Unavailable("; ".join(what for what, _, _ in found), "; ".join(mend for _, _, mend in found))
    return f"none within {notes.RECENT.seconds // 60} minutes"


async def data_folder(folder: Path) -> str:
    """Can be written, and the disk has room."""

    def look() -> int:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_text("x", encoding="ascii")
        probe.unlink(missing_ok=True)  # two may look at once
        return shutil.disk_usage(folder).free

    try:
        free = await asyncio.to_thread(look)
    except OSError as error:
        raise ConfigurationError(
            f"REMORA_DATA_DIR cannot be written: {error.strerror}", "mend its permissions, or choose another folder"
        ) from error
    if free < _LEAST_FREE:
        raise Unavailable(f"only {free // 2**20} MB of disk are free", "free at least 500 MB")
    return f"can be written, {free // 2**30} GB free"


async def port_free(host: str, port: int) -> str:
    """Nobody else listens where the web side wants to."""
    if port == 0:
        return "any free port"
    try:
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), host, port)
    except OSError as error:
        raise ConfigurationError(
            f"PORT {port} is in use, or HOST is not an address of this machine ({error.strerror})",
            "if this is Remora itself, all is well; else choose another PORT",
        ) from error
    server.close()
    await server.wait_closed()
    return f"{host}:{port} is free"
