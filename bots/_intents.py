"""The intents of a bot for whoever edits them: its own file taken over, drafts and releases, and their tests run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from core import skills
from core.clock import SystemClock
from core.errors import ConfigurationError
from core.intents import files
from core.intents.definition import Intent
from core.intents.problems import Problem, faults
from core.intents.releases import Editing
from core.settings import Settings
from core.store import Store, migrate

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


def editing(store: Store, settings: Settings) -> Editing:
    """The intents of the bot that the settings name."""
    known = skills.available()
    return Editing(
        store,
        SystemClock(),
        settings.bot,
        commands=frozenset(command for skill in known for command in skill.commands),
        reserved=frozenset(skill.name for skill in known),
        tester=partial(run_tests, settings),
    )


async def run_tests(settings: Settings, intents: Sequence[Intent]) -> list[Problem]:
    """The tests of these intents that fail; nothing is loaded where there are none."""
    if not any(intent.must_match or intent.must_not_match for intent in intents):
        return []
    return await asyncio.to_thread(_run_tests, settings, intents)


def _run_tests(settings: Settings, intents: Sequence[Intent]) -> list[Problem]:
    from core.intents.checks import failed_tests
    from core.intents.encoders import load
    from core.intents.recognition import compiled
    from core.intents.slots import Situation

    recognizer = compiled(intents, load(settings.intent_encoder, settings.data_dir / "vectors"))
    situation = Situation()
    return list(failed_tests(intents, lambda text: recognizer.recognize(text, situation).intent))


async def at_work(settings: Settings, work: Callable[[Editing], Awaitable[_T]]) -> _T:
    """Does the work on the database of the settings, brought to this version, with the bot's own file taken over."""
    store = Store(settings.store_url)
    try:
        await migrate.upgrade(store)
        made = editing(store, settings)
        await made.take_seed(seed_of(Path(__file__).parent / settings.bot))
        return await work(made)
    finally:
        await store.aclose()
