"""The intents of a bot for whoever edits them: its own file taken over, drafts and releases, and their tests run."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bots._skills import skills_of
from core.clock import SystemClock
from core.errors import ConfigurationError
from core.intents import files
from core.intents.definition import SAY, Intent
from core.intents.problems import Problem, faults
from core.intents.releases import Editing
from core.settings import Settings
from core.store import Store, migrate

if TYPE_CHECKING:
    from core.intents.quality import Confused, Measured, Replayed
    from core.intents.recognition import Recognizer

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
    known = skills_of(settings.bot)
    return Editing(
        store,
        SystemClock(),
        settings.bot,
        commands=frozenset({SAY, *(command for skill in known for command in skill.commands)}),
        reserved=frozenset(skill.name for skill in known),
        tester=partial(run_tests, settings),
    )


def _recognizers(settings: Settings, *catalogs: Sequence[Intent]) -> list[Recognizer]:
    """Each catalog compiled with the encoders that the settings name. Takes seconds: for a thread."""
    from core.intents.encoders import load
    from core.intents.recognition import compiled

    encoders = load(settings.intent_encoder, settings.data_dir / "vectors")
    return [compiled(wanted, encoders) for wanted in catalogs]


async def run_tests(settings: Settings, wanted: Sequence[Intent]) -> list[Problem]:
    """The tests of these intents that fail; nothing is loaded where there are none."""

    def work() -> list[Problem]:
        from core.intents.checks import failed_tests
        from core.intents.slots import Situation

        [recognizer], here = _recognizers(settings, wanted), Situation()
        return list(failed_tests(wanted, lambda text: recognizer.recognize(text, here).intent))

    tested = any(intent.must_match or intent.must_not_match for intent in wanted)
    return await asyncio.to_thread(work) if tested else []


async def compared(settings: Settings, editing: Editing, days: int) -> Comparison:
    """The drafts measured, and last week's messages replayed on what is in force and on the drafts."""
    live, edited, said = await editing.live(), await editing.edited(), await editing.said(dt.timedelta(days=days))

    def work() -> Comparison:
        from core.intents.quality import measured, overlaps, replayed

        before, after = _recognizers(settings, live, edited)
        return Comparison(*measured(after), overlaps(after), len(said), replayed(before, after, said))

    return await asyncio.to_thread(work)


async def explained(settings: Settings, editing: Editing, text: str) -> list[str]:
    """How the drafts understand a sentence, in English, a line each."""
    edited = await editing.edited()

    def work() -> list[str]:
        from core.intents.slots import Situation
        from core.skills.why import told

        [recognizer] = _recognizers(settings, edited)
        return told(recognizer.explain(text, Situation()), text, {name: name for name in recognizer.names}, "en")

    return await asyncio.to_thread(work)


async def at_work(settings: Settings, work: Callable[[Editing], Awaitable[_T]]) -> _T:
    """Does the work on the database of the settings, brought to this version, with the bot's own file taken over."""
    async with aclosing(Store(settings.store_url)) as store:
        await migrate.upgrade(store)
        made = editing(store, settings)
        await made.take_seed(await asyncio.to_thread(seed_of, Path(__file__).parent / settings.bot))
        return await work(made)
