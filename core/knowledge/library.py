"""The documents in force, in this process: watched in the database and in the bot's folder, indexed, searched.

Polled, as intents are: a change is in force on every worker within about a second.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from core.intents.definition import Limits
from core.intents.encoders import Cached
from core.knowledge.documents import Documents, Stamp, stamp
from core.knowledge.passages import Passage
from core.retrieval.index import Hit, Index
from core.retrieval.meaning import vectors
from core.store import knowledge
from core.store.knowledge import Kept

log = logging.getLogger(__name__)

Place: TypeAlias = tuple[str, int]
"""A document's name, and the position of a passage in it."""
_AT_ONCE = 32


@dataclass(frozen=True, slots=True)
class Source:
    """A document with its passages."""

    about: Kept
    limits: Limits
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that has to do with a question."""

    source: Source
    passage: Passage
    hit: Hit[Place]


class Library:
    """Call `tick` each second. `strict`: what the documents do not say, nobody says."""

    def __init__(
        self,
        documents: Documents,
        folder: Path,
        load: Callable[[], Awaitable[Sequence[Cached]]],
        *,
        strict: bool = False,
    ) -> None:
        self._documents, self._folder, self._load = documents, folder, load
        self._sources: Mapping[str, Source] = {}
        self._index: Index[Place] = Index()
        self._encoders: Sequence[Cached] = ()
        self._number = 0
        self._stamp: Stamp | None = None
        self._encoding: asyncio.Task[None] | None = None
        self.strict = strict

    def __len__(self) -> int:
        """How many passages there are."""
        return len(self._index)

    async def tick(self) -> None:
        """Follows the folder, and then the database."""
        now = await asyncio.to_thread(stamp, self._folder)
        if now != self._stamp:
            await self._documents.take_seed(self._folder)
            self._stamp = now
        async with self._documents.store.read() as tx:
            number = await knowledge.version(tx, self._documents.bot)
            if number == self._number:
                return
            kept = {one.name: one for one in await knowledge.kept(tx, self._documents.bot) if one.pieces}
            changed = [
                one for one in kept.values() if one.name not in self._sources or self._sources[one.name].about != one
            ]
            read = {one.name: await knowledge.passages(tx, self._documents.bot, one.name) for one in changed}
        new = {
            one.name: Source(
                one,
                Limits(**{key: tuple(values) for key, values in one.limits.items()}),
                tuple(map(Passage.of, read[one.name])),
            )
            for one in changed
        }
        gone = {name: source for name, source in self._sources.items() if name not in kept or name in new}
        await asyncio.to_thread(self._swap, gone, new)
        self._number = number
        log.info("documents are in force", extra={"documents": len(kept), "passages": len(self._index)})
        if self._encoding is not None:
            self._encoding.cancel()
        self._encoding = asyncio.create_task(self._encode(), name="knowledge-meaning")

    def _swap(self, gone: Mapping[str, Source], new: Mapping[str, Source]) -> None:
        for name, source in gone.items():
            for place in range(len(source.passages)):
                self._index.remove((name, place))
        self._sources = {name: one for name, one in self._sources.items() if name not in gone} | dict(new)
        for name, source in new.items():
            for place in range(len(source.passages)):
                self._index.add((name, place), _searched(source, place))

    async def _encode(self) -> None:
        """Gives every passage its meaning, a few at a time; until then it is found by its words."""
        self._encoders = await self._load()
        places = [(name, place) for name, one in self._sources.items() for place in range(len(one.passages))]
        for start in range(0, len(places), _AT_ONCE):
            some = places[start : start + _AT_ONCE]
            await asyncio.to_thread(self._give, some)

    def _give(self, places: Sequence[Place]) -> None:
        sources = self._sources
        texts = [_searched(sources[name], place) if name in sources else "" for name, place in places]
        rows = vectors(self._encoders, texts, keep=True)
        for place, row in zip(places, () if rows is None else rows, strict=False):
            self._index.give(place, row)

    async def settled(self) -> None:
        """Returns once every passage has its meaning."""
        if self._encoding is not None:
            await self._encoding

    async def aclose(self) -> None:
        if self._encoding is not None:
            self._encoding.cancel()
            await asyncio.gather(self._encoding, return_exceptions=True)

    def find(self, question: str, allowed: Callable[[Limits], bool], k: int = 5) -> list[Found]:
        """Passages of documents that are allowed, best first. Takes milliseconds: for a thread."""
        sources = self._sources
        readable = {name for name, one in sources.items() if allowed(one.limits)}
        rows = vectors(self._encoders, [question])
        hits = self._index.search(
            question, k, allowed=lambda place: place[0] in readable, vector=None if rows is None else rows[0]
        )
        return [
            Found(sources[name], sources[name].passages[place], hit)
            for hit in hits
            for name, place in [hit.id]
            if name in sources and place < len(sources[name].passages)
        ]


def _searched(source: Source, place: int) -> str:
    """What a passage is found by: its place in the document says what it is about."""
    passage = source.passages[place]
    return "\n".join([source.about.title, *passage.headings, *passage.questions, passage.text])
