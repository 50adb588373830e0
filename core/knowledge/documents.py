"""Adding and removing a bot's documents. Those in its folder are the seed: they follow the folder's files."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import tomllib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeAlias

from core.intents.definition import Limits
from core.knowledge import reading
from core.knowledge.passages import Document, Unreadable
from core.ports import Clock
from core.store import Store, Tx, knowledge
from core.store.knowledge import Kept

log = logging.getLogger(__name__)

FOLDER, LIMITS = "knowledge", "limits.toml"
"""In a bot's folder: its documents, and beside them who may read which: a table a file, with the fields of `Limits`."""
MOST_PASSAGES = 50_000
"""Of a bot: what is searched within milliseconds."""
_FORM = b"1"
"""Another one where files are read otherwise than before, so that those of the folder are read anew."""
Pieces: TypeAlias = list[dict[str, Any]]
Noted: TypeAlias = Callable[[Tx], Awaitable[None]]
"""Notes who did it, in the transaction that does it."""
ROLES = ("owner", "member")
Stamp: TypeAlias = tuple[tuple[str, int, int], ...]


def limits_of(given: Mapping[str, Any], name: str) -> Limits:
    """Raises `Unreadable` where a limit is none, or is no list of words, or a role is none."""
    known = [field.name for field in fields(Limits)]
    for key, values in given.items():
        if key not in known or not isinstance(values, (list, tuple)) or not all(isinstance(one, str) for one in values):
            raise Unreadable("bad_limits", name=name, field=key, known=", ".join(known))
    if unknown := [one for one in given.get("roles", ()) if one.casefold() not in ROLES]:
        raise Unreadable("bad_role", name=name, role=unknown[0][:40], known=", ".join(ROLES))
    return Limits(**{key: tuple(values) for key, values in given.items()})


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of one bot, for whoever edits them. `author` is who is said to have changed one."""

    store: Store
    clock: Clock
    bot: str

    async def add(self, name: str, data: bytes, limits: Limits, author: str, noted: Noted | None = None) -> Kept:
        """Keeps a file's text in place of the document of that name; raises `Unreadable`."""
        document = await reading.read_apart(data, name)
        return await self._put(self._made(name, data, limits, author, document), noted)

    async def remove(self, name: str, noted: Noted | None = None) -> bool:
        """False where there is none of that name."""
        async with self.store.write() as tx:
            gone = await knowledge.remove(tx, self.bot, name, self.clock.now())
            if gone and noted is not None:
                await noted(tx)
            return gone

    async def listed(self) -> list[Kept]:
        """What answers may come from, by name."""
        async with self.store.read() as tx:
            return [one for one in await knowledge.kept(tx, self.bot) if not one.removed]

    async def take_seed(self, folder: Path) -> None:
        """Takes over what is new, has changed or is gone in the folder; what cannot be read is logged and left as it was.
        A document that was added by hand, or removed and not changed since, stays so."""
        async with self.store.read() as tx:
            there = {one.name: one for one in await knowledge.kept(tx, self.bot)}
        found = await asyncio.to_thread(_in_folder, folder)
        for name, (file, limits) in found.items():
            before = there.get(name)
            if before is not None and before.origin == "added":
                continue
            try:
                data = await asyncio.to_thread(reading.file_bytes, file, name)
                if before is None or before.digest != _digest(data, limits):
                    document = await reading.read_trusted(data, name)
                    new, pieces = self._made(name, data, limits, "", document)
                    await self._put((replace(new, origin="folder"), pieces))
            except Unreadable as error:
                log.warning("a document of the bot's folder cannot be read", extra={"why": error.what})
        for gone in [one.name for one in there.values() if one.origin == "folder" and one.name not in found]:
            async with self.store.write() as tx:
                await knowledge.remove(tx, self.bot, gone, self.clock.now(), by_folder=True)

    def _made(self, name: str, data: bytes, limits: Limits, author: str, document: Document) -> tuple[Kept, Pieces]:
        pieces = [one.stored() for one in document.passages]
        named, about = (name, document.kind, document.title), (_digest(data, limits), asdict(limits), len(pieces))
        return Kept(*named, "added", *about, self.clock.now(), author), pieces

    async def _put(self, new: tuple[Kept, Pieces], noted: Noted | None = None) -> Kept:
        document, pieces = new
        async with self.store.write() as tx:
            others = sum(one.pieces for one in await knowledge.kept(tx, self.bot) if one.name != document.name)
            if others + len(pieces) > MOST_PASSAGES:
                raise Unreadable("too_many", name=document.name, limit=MOST_PASSAGES)
            await knowledge.put(tx, self.bot, document, pieces)
            if noted is not None:
                await noted(tx)
        return document


def _digest(data: bytes, limits: Limits) -> str:
    return hashlib.sha256(_FORM + data + json.dumps(asdict(limits), sort_keys=True).encode()).hexdigest()[:32]


def stamp(folder: Path) -> Stamp:
    """Differs once a file of the folder has changed."""
    stats = [(file.name, file.stat()) for file in sorted(folder.rglob("*")) if file.is_file()]
    return tuple((name, one.st_mtime_ns, one.st_size) for name, one in stats)


def _in_folder(folder: Path) -> dict[str, tuple[Path, Limits]]:
    """The files that may be documents, by name, with their limits. Broken limits close a document to everybody."""
    try:
        text = (folder / LIMITS).read_text(encoding="utf-8") if (folder / LIMITS).is_file() else ""
        limited = {name: limits_of(table, name) for name, table in tomllib.loads(text).items()}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError, Unreadable) as error:
        log.error("limits of documents cannot be read: none is taken over", extra={"why": str(error).splitlines()[0]})
        return {}
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in reading.KINDS)
    return {
        name: (file, limited.get(name, Limits())) for file in files if (name := file.relative_to(folder).as_posix())
    }
