"""A bot's documents as admins may see them: one that is not for everybody is read by owners alone, wherever it is quoted."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.admin.desk import Desk
from core.admin.roles import Actor
from core.intents.definition import Limits
from core.knowledge.answers import Ranked, ranked
from core.knowledge.passages import Passage
from core.language.phrases import Language, say
from core.store import Tx, knowledge
from core.store.admin.conversations import TurnRow
from core.store.knowledge import Kept
from core.trace import LONGEST_NAME


async def listed(desk: Desk, actor: Actor) -> list[Kept]:
    """By name. Of those that are not for everybody, editors see that they are there, and nobody but owners what they are called
    within; others see nothing of them."""
    async with desk.store.read() as tx:
        found = [one for one in await knowledge.kept(tx, desk.bot.name) if not one.removed]
    if actor.may("knowledge.limited"):
        return found
    return [
        replace(one, title="") if one.limited else one
        for one in found
        if not one.limited or actor.may("knowledge.edit")
    ]


async def read(desk: Desk, actor: Actor, name: str) -> tuple[Kept, list[Passage]] | None:
    """A document with its passages; None where there is none that the actor may read."""
    async with desk.store.read() as tx:
        found = [one for one in await knowledge.kept(tx, desk.bot.name) if one.name == name and not one.removed]
        if not found or (found[0].limited and not actor.may("knowledge.limited")):
            return None
        return found[0], [Passage.of(piece) for piece in await knowledge.passages(tx, desk.bot.name, name)]


async def asked(desk: Desk, actor: Actor, question: str) -> Ranked:
    """What the documents that the actor may read say to a question."""
    if desk.library is None or not question:
        return []
    every = actor.may("knowledge.limited")
    return ranked(question, await asyncio.to_thread(desk.library.find, question, lambda of: every or of == Limits(), 5))


async def closed_to(tx: Tx, actor: Actor) -> frozenset[str]:
    """The names of documents that the actor may not read."""
    return frozenset() if actor.may("knowledge.limited") else await knowledge.limited(tx)


def quotes(trace: Mapping[str, Any], closed: Collection[str]) -> bool:
    """A reply that came out like this says what one of these documents says."""
    return any(str(one).startswith(f"{name}:"[:LONGEST_NAME]) for one in trace.get("passages", ()) for name in closed)


def without(rows: Sequence[TurnRow], closed: Collection[str], language: Language) -> list[TurnRow]:
    """The turns, those that quote one of these documents without what they say of it."""
    hidden = say(language, "reply_limited")
    return [
        replace(row, replied=row.replied and hidden, trace={**row.trace, "passages": []})
        if quotes(row.trace, closed)
        else row
        for row in rows
    ]
