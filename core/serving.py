"""Which version of the model answers whom: the pointer in the database, followed by every worker.

A version is loaded beside the one in force, warmed up, and swapped in; answers that were begun are finished by the version
that began them. A version that cannot be loaded changes nothing: the one before goes on, and `trouble` says why.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace

from core.errors import ModelUnavailable
from core.messages import ModelInfo, Sampling, Utterance
from core.ports import LanguageModel
from core.store import Store, models
from core.store.models import ModelRelease

log = logging.getLogger(__name__)

_WARMING = (Utterance("user", "Hello"),)
_AGAIN = 30
"""Ticks after which a version that could not be loaded is tried again."""


class Version:
    """A `LanguageModel` that closes once nobody uses it and it is out of force."""

    def __init__(self, name: str, model: LanguageModel) -> None:
        self.name, self._model = name, model
        self._running = 0
        self._retired = False

    @property
    def info(self) -> ModelInfo:
        info = self._model.info
        return replace(info, name=self.name) if self.name else info

    async def ready(self) -> None:
        await self._model.ready()

    async def generate(self, turns: Sequence[Utterance], sampling: Sampling) -> AsyncGenerator[str]:
        self._running += 1
        try:
            async with aclosing(self._model.generate(turns, sampling)) as pieces:
                async for piece in pieces:
                    yield piece
        finally:
            self._running -= 1
            if self._retired and not self._running:
                await self._model.aclose()

    def count_tokens(self, turns: Sequence[Utterance]) -> int:
        return self._model.count_tokens(turns)

    async def retire(self) -> None:
        """Out of force: what it began is finished."""
        self._retired = True
        if not self._running:
            await self._model.aclose()

    async def aclose(self) -> None:
        self._retired = True
        await self._model.aclose()


class Serving:
    """A `LanguageModel`: the version in force. `of(person)` is the one for them, which a canary may be."""

    def __init__(self, store: Store, first: LanguageModel, load: Callable[[str], LanguageModel]) -> None:
        """`first` is the model of the settings; `load` makes that of a version by its name ("" is the settings' own), not
        yet loaded, and raises `ModelUnavailable` where there is none."""
        self._store, self._load = store, load
        self._versions = {"": Version("", first)}
        self._now = ModelRelease()
        self._changing: asyncio.Task[None] | None = None
        self._wait = 0
        self.trouble = ""
        """Why the version that should be in force is not."""

    @property
    def release(self) -> ModelRelease:
        """What is in force here."""
        return self._now

    @property
    def info(self) -> ModelInfo:
        return self._active.info

    @property
    def _active(self) -> Version:
        return self._versions[self._now.active]

    def of(self, person_id: int) -> LanguageModel:
        """The same version for the same person as long as a canary lasts."""
        release = self._now
        if release.canary and release.canary in self._versions:
            digest = hashlib.sha256(f"{release.canary}:{person_id}".encode()).digest()
            if int.from_bytes(digest[:4]) % 100 < release.share:
                return self._versions[release.canary]
        return self._active

    async def ready(self) -> None:
        await self._active.ready()

    async def generate(self, turns: Sequence[Utterance], sampling: Sampling) -> AsyncGenerator[str]:
        async with aclosing(self._active.generate(turns, sampling)) as pieces:
            async for piece in pieces:
                yield piece

    def count_tokens(self, turns: Sequence[Utterance]) -> int:
        return self._active.count_tokens(turns)

    async def aclose(self) -> None:
        if self._changing is not None:
            self._changing.cancel()
            with suppress(asyncio.CancelledError):
                await self._changing
        for version in self._versions.values():
            await version.aclose()

    async def tick(self) -> None:
        """Called each second. Returns at once: loading takes seconds, and goes on beside."""
        if self._changing is not None and not self._changing.done():
            return
        async with self._store.read() as tx:
            wanted = await models.current(tx)
        if wanted.number == self._now.number:
            return
        self._wait -= 1
        if self.trouble and self._wait > 0:
            return
        self._changing = asyncio.create_task(self._change(wanted), name="model-version")

    async def settled(self) -> None:
        """Returns when the change that is going on is over."""
        if self._changing is not None:
            await self._changing

    async def _change(self, wanted: ModelRelease) -> None:
        made: list[Version] = []
        try:
            for name in {wanted.active, wanted.canary or wanted.active} - set(self._versions):
                version = Version(name, await asyncio.to_thread(self._load, name))
                made.append(version)
                await _warmed(version)
        except ModelUnavailable as error:
            for version in made:
                await version.aclose()
            self.trouble, self._wait = error.what, _AGAIN
            log.error("a model version cannot be put in force", extra={"version": wanted.active, "why": error.what})
            return
        self._versions |= {version.name: version for version in made}
        before, self._now, self.trouble = self._now.active, wanted, ""
        log.info("a model version is in force", extra={"release": wanted.number, "version": wanted.active})
        for name in set(self._versions) - {
            wanted.active,
            wanted.canary,
            before,
        }:  # the one before may come back at once
            await self._versions.pop(name).retire()


async def _warmed(version: Version) -> None:
    """One word said: what is slow the first time is done before somebody waits for it."""
    await version.ready()
    async with aclosing(version.generate(_WARMING, Sampling(temperature=0, max_tokens=1))) as pieces:
        async for _ in pieces:
            pass
