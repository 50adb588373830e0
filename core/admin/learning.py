"""Learning from use: data sets made of what people allow to be learned, trained on by hand or at night, and made smaller where
somebody wants their data gone. Nothing of the training is loaded here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.admin import models, reveal
from core.admin.roles import Actor, Denied
from core.errors import Refused
from core.intents.definition import Answer, Intent
from core.intents.documents import intent_of
from core.ports import Clock
from core.reminders.quiet import zone_here
from core.settings import Settings
from core.store import Store, Tx, intents, notes, training
from core.store.admin import conversations
from core.store.admin.conversations import Conversation as Talk
from core.training.data import chats, versions
from core.training.data.rows import Conversation
from core.training.data.scrub import Scrubber
from core.training.data.versions import Version
from core.training.runs import runs

log = logging.getLogger(__name__)

LONGEST = 4_000
NIGHT = 3
"""The hour of `DEFAULT_TIMEZONE` in which it is learned by itself."""
_LEARNED = "learning:night"


async def gathered(tx: Tx, bot: str, scrubber: Scrubber) -> list[Conversation]:
    """What may be learned now: praised, corrected and labelled, of those who agreed, scrubbed."""
    turns, labelled = await training.learnable(tx), await training.labelled(tx, bot)
    number = await intents.live_number(tx, bot)
    documents = await intents.documents(tx, bot, number) or []
    return chats.chosen(turns, labelled, _answers([intent_of(one, []) for one in documents]), scrubber)


def _answers(known: Sequence[Intent | None]) -> dict[tuple[str, str], str]:
    """By intent and language, the first fixed answer that names no slot."""
    return {
        (intent.name, language): texts[0]
        for intent in known
        if intent is not None and isinstance(intent.action, Answer)
        for language, texts in intent.action.variants.items()
        if texts and "{" not in texts[0]
    }


async def make(store: Store, settings: Settings, actor: Actor, clock: Clock, fewest: int = 1) -> Version:
    """Makes a version of what may be learned now, after those who want it have been taken out of the others. Raises `Refused`
    where there is nothing, or less new than `fewest` rows."""
    actor.need("models.edit")
    await sweep(store, settings)
    scrubber, now = Scrubber(), clock.now()
    async with store.read() as tx:
        rows = await gathered(tx, settings.bot, scrubber)
    new = await asyncio.to_thread(versions.new_rows, settings.data_dir, rows)
    if new < fewest and fewest > 1:
        raise Refused(f"there are {new} new rows, fewer than {fewest}", "wait for more, or ask for fewer: --rows")
    made = await asyncio.to_thread(versions.make, settings.data_dir, rows, scrubber.counts, actor.name, now)
    async with store.write() as tx:
        detail = {"rows": made.rows, "held": made.held, "added": made.added, "dropped": made.dropped}
        await actor.note(tx, now, "dataset.make", f"dataset:{made.name}", detail)
    return made


async def sweep(store: Store, settings: Settings) -> dict[str, int]:
    """Takes rows out of the data sets of this machine whose people want them gone; how many, by version. What was erased
    while this machine was down is found the next time."""
    async with store.read() as tx:
        gone = await training.to_unlearn(tx)
    return await asyncio.to_thread(versions.swept, settings.data_dir, gone)


def nightly(store: Store, settings: Settings, clock: Clock) -> Callable[[], Awaitable[None]]:
    """An hourly tick: takes out what people want gone; and once a night, where a setting says so, begins `remora models learn`
    in a process of its own."""

    async def noted(verb: str) -> None:
        async with store.write() as tx:
            await Actor("remora", "owner").note(tx, clock.now(), verb, "model:use", {"by": "night"})

    async def tick() -> None:
        await sweep(store, settings)
        night = clock.now().astimezone(zone_here(settings.default_timezone or "UTC"))
        if not settings.learn_rows or night.hour != NIGHT:
            return
        async with store.write() as tx:
            if await notes.get(tx, _LEARNED) == str(night.date()):
                return
            await notes.put(tx, _LEARNED, str(night.date()), clock.now())
        promote = ("--promote",) if settings.learn_promote else ()
        try:
            await models.begin(
                settings, "learn", noted, "models", "learn", "--rows", str(settings.learn_rows), *promote
            )
        except Refused as refused:
            log.warning("nothing was learned", extra={"why": refused.what})

    return tick


async def unlearned(store: Store, settings: Settings, whose: int) -> dict[str, Any]:
    """After an erasure: the data sets that lost rows, and the models that were trained with some of them."""
    swept = await sweep(store, settings)
    return {"datasets": swept, "models": await asyncio.to_thread(_saw, settings, {whose})}


def _saw(settings: Settings, people: set[int]) -> list[str]:
    found = []
    for run in runs(settings):
        with contextlib.suppress(Refused):  # damaged: it is no use to anybody
            if people & set(run.manifest().people):
                found.append(run.name)
    return found


async def revealed(
    tx: Tx, actor: Actor, name: str, rows: Sequence[Mapping[str, Any]], reason: str, clock: Clock
) -> None:
    """Notes with everybody whose words these rows of a version are that this admin reads them."""
    known = await training.behind(tx)
    for whose in sorted({row["meta"]["person"] for row in rows} & set(known)):
        await reveal.noted(tx, actor, "dataset.read", f"dataset:{name}", known[whose], reason, clock.now())


def interval(won: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    share, z = won / of, 1.96
    middle, spread = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return (middle - spread) / (1 + z * z / of), (middle + spread) / (1 + z * z / of)


async def correct(tx: Tx, actor: Actor, of: Talk, turn_id: int, text: str, clock: Clock) -> None:
    """Keeps what should have been replied in a turn of this conversation; "" takes it back. It is learned from only where its
    person allows that."""
    actor.need("text.reveal")
    if len(text) > LONGEST:
        raise Denied("lead_words", limit=LONGEST)
    if await conversations.turn_of(tx, turn_id, words=False, of=of) is None:
        raise Refused("there is no such turn", "see the conversation")
    await training.correct(tx, turn_id, of.person_id, text.strip(), actor.name, clock.now())
    detail = {"turn": turn_id, "characters": len(text.strip())}
    await actor.note(tx, clock.now(), "conversation.correct", f"conversation:{of.id}", detail, person_id=of.person_id)


def data_file(settings: Settings, data: str) -> Path:
    """The file that `--data` names: a path, or the rows of a version by its name."""
    path, version = Path(data), versions.file_of(settings.data_dir, data)
    return version if not path.exists() and data == Path(data).name and version.is_file() else path
