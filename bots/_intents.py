"""The intents of a bot for whoever edits them: its own file taken over, drafts and releases, and their tests run."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from core import skills
from core.clock import SystemClock
from core.errors import ConfigurationError
from core.intents import files
from core.intents.definition import Intent
from core.intents.problems import Problem, faults
from core.intents.releases import Editing
from core.settings import Settings
from core.store import Store, intents, migrate

if TYPE_CHECKING:
    from core.intents.quality import Confused, Measured, Replayed

FILE = "intents.yaml"
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What publishing the drafts would mean."""

    measured: Sequence[Measured]
    confused: Sequence[Confused]
    overlaps: Sequence[Problem]
    replayed: int
    """How many different sentences were replayed."""
    changes: Sequence[Replayed]


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


async def run_tests(settings: Settings, wanted: Sequence[Intent]) -> list[Problem]:
    """The tests of these intents that fail; nothing is loaded where there are none."""
    if not any(intent.must_match or intent.must_not_match for intent in wanted):
        return []
    return await asyncio.to_thread(_run_tests, settings, wanted)


def _run_tests(settings: Settings, wanted: Sequence[Intent]) -> list[Problem]:
    from core.intents.checks import failed_tests
    from core.intents.encoders import load
    from core.intents.recognition import compiled
    from core.intents.slots import Situation

    recognizer = compiled(wanted, load(settings.intent_encoder, settings.data_dir / "vectors"))
    situation = Situation()
    return list(failed_tests(wanted, lambda text: recognizer.recognize(text, situation).intent))


async def compared(settings: Settings, editing: Editing, days: int) -> Comparison:
    """The drafts measured, and last week's messages replayed on what is in force and on the drafts."""
    store = Store(settings.store_url)
    try:
        async with store.read() as tx:
            said = await intents.said_since(tx, SystemClock().now() - dt.timedelta(days=days))
    finally:
        await store.aclose()
    return await asyncio.to_thread(_compared, settings, await editing.live(), await editing.edited(), said)


def _compared(
    settings: Settings, live: Sequence[Intent], edited: Sequence[Intent], said: Sequence[tuple[str, int]]
) -> Comparison:
    from core.intents.encoders import load
    from core.intents.quality import measured, overlaps, replayed
    from core.intents.recognition import compiled

    encoders = load(settings.intent_encoder, settings.data_dir / "vectors")
    before, after = compiled(live, encoders), compiled(edited, encoders)
    return Comparison(*measured(after), overlaps(after), len(said), replayed(before, after, said))


async def explained(settings: Settings, editing: Editing, text: str) -> list[str]:
    """How the drafts understand a sentence, in English, a line each."""
    return await asyncio.to_thread(_explained, settings, await editing.edited(), text)


def _explained(settings: Settings, wanted: Sequence[Intent], text: str) -> list[str]:
    from core.intents.encoders import load
    from core.intents.recognition import compiled
    from core.intents.slots import Situation
    from core.skills.why import told

    recognizer = compiled(wanted, load(settings.intent_encoder, settings.data_dir / "vectors"))
    return told(recognizer.explain(text, Situation()), text, {name: name for name in recognizer.names}, "en")


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
