"""The intents of a bot for whoever edits them: its own file as their seed, and its skills as what they may run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bots._skills import skills_of
from core.admin import intents
from core.errors import ConfigurationError
from core.intents import files
from core.intents.definition import Intent
from core.intents.problems import faults
from core.intents.releases import Editing
from core.settings import Settings
from core.store import Store, migrate

if TYPE_CHECKING:
    from core.intents.live import Live

FILE = "intents.yaml"
_T = TypeVar("_T")


def seed_of(folder: Path) -> tuple[Intent, ...]:
    """The intents in a bot's folder; none where it has no such file. Raises `ConfigurationError` with the first fault."""
    file = folder / FILE
    if not file.is_file():
        return ()
    read = files.read(file.read_bytes(), file.name)
    if wrong := faults(read.problems):
        raise ConfigurationError(f"{folder.name}/{FILE}: {wrong[0].text('en')}", "see: remora intents lint FILE")
    return read.intents


def editing(store: Store, settings: Settings, live: Live | None = None) -> Editing:
    """The intents of the bot that the settings name; with `live`, drafts are tested at once."""
    return intents.editing(store, settings, skills_of(settings.bot), live)


async def at_work(settings: Settings, author: str, work: Callable[[Editing], Awaitable[_T]]) -> _T:
    """Does the work on the database of the settings, brought to this version, with the bot's own file taken over; what
    `author` does is noted in the audit log."""
    async with aclosing(Store(settings.store_url)) as store:
        await migrate.upgrade(store)
        made = editing(store, settings)
        await made.take_seed(await asyncio.to_thread(seed_of, Path(__file__).parent / settings.bot))
        return await work(made.noting(partial(intents.note, author)))
