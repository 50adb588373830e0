"""The inbox: sentences that were not understood, or narrowly, or displeased, the least certain first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from core.admin import knowledge
from core.admin.intents import catalogs, on_top
from core.admin.reveal import noted
from core.admin.roles import Actor
from core.intents.slots import Situation
from core.intents.words import plain
from core.language.phrases import Language, say
from core.store.admin import intents as kept
from core.store.intents import Waiting

if TYPE_CHECKING:
    from core.admin.desk import Desk
    from core.intents.recognition import Recognition, Recognizer

REASONS = ("unmatched", "narrow", "displeased")
SHOWN = 50
_READ = 200


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence, and what the drafts make of it now."""

    said: Waiting
    guess: Recognition

    @property
    def others(self) -> Sequence[tuple[str, float]]:
        return [(name, score) for name, score in self.guess.ranking if name != self.guess.top][:3]


@dataclass(frozen=True, slots=True)
class Inbox:
    items: Sequence[Item]
    total: int
    """Sentences that nobody has labelled; counted up to 1,000."""


@lru_cache(maxsize=1_000)
def _guess(recognizer: Recognizer, text: str) -> Recognition:
    return recognizer.recognize(text, Situation())


async def inbox(desk: Desk, *, reason: str = "", language: str = "", platform: str = "", review: bool = False) -> Inbox:
    """Of the most frequent sentences those that the drafts, as they are at this moment, are least certain of."""
    bot = desk.settings.bot
    async with desk.store.read() as tx:
        label = kept.REVIEW if review else None
        said = await kept.sentences(
            tx, bot, reason=reason, language=language, platform=platform, label=label, most=_READ
        )
        total = await kept.waiting_count(tx, bot)
    edited = (await catalogs(desk)).edited

    def work() -> list[Item]:
        recognizer = on_top(desk.settings, desk.live, edited)
        if recognizer.space is not None and said:
            recognizer.space.points([plain(one.text) for one in said])  # all at once is faster than one by one
        found = [Item(one, _guess(recognizer, one.text)) for one in said]
        return sorted(found, key=lambda item: (item.guess.confidence, -item.said.times))

    return Inbox((await asyncio.to_thread(work))[:SHOWN], total)


async def sentence(desk: Desk, key: str) -> Waiting | None:
    """The sentence that waits under a key, whether for anybody or for a second look."""
    async with desk.store.read() as tx:
        return await kept.sentence(tx, desk.settings.bot, key)


async def around(desk: Desk, key: str, actor: Actor, reason: str, language: Language) -> list[tuple[str, str]] | None:
    """What was said and replied around the newest time that somebody wrote it; the reason is noted, and shown to that
    person. None where it is not kept any more; raises `Refused` without a reason."""
    async with desk.store.write() as tx:
        found = await kept.context(tx, desk.settings.bot, key)
        if found is not None:
            await noted(tx, actor, "text.reveal", "inbox", found[0], reason, desk.clock.now())
        closed, hidden = await knowledge.closed_to(tx, actor), say(language, "reply_limited")
    return (
        [(said, hidden if knowledge.quotes(trace, closed) else replied) for said, replied, trace in found[1]]
        if found
        else None
    )
