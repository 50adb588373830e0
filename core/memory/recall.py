"""Finding again what a person said before: their own turns alone, as the database holds them at that moment."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.intents.encoders import Cached
from core.memory.past import Past, Said, day
from core.retrieval import meaning
from core.skills.base import Recalled, Turn
from core.store import Store
from core.store.memory import place, turns, vectors

_PEOPLE = 100
"""People whose past is kept ranked in memory."""
_AT_ONCE, _SPAN, _STRAGGLERS = 16, 500, 100
"""Turns whose meaning is found in a second, about 5 ms each; ids looked at for those that have none; and how far behind
the newest one a turn may still be committed."""
_NOT_SAID = frozenset(["memory_past", "memory_show", "memory_answer", "reminder_list", "help", "why"])
"""Answers that only repeat what stands elsewhere."""


@dataclass(slots=True)
class _Own:
    """The ranked past of one person."""

    past: Past[int]
    turns: dict[int, turns.Past] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Recall:
    """`recall(turn, question, k)`: the turns that a question is about, the likeliest first; never another person's, none
    that was deleted, and in a chat none of other chats. Opens a transaction of its own for reading."""

    def __init__(self, store: Store, encoders: Callable[[], Sequence[Cached]] = tuple) -> None:
        self._store, self._encoders = store, encoders
        self._people: OrderedDict[int, _Own] = OrderedDict()

    async def __call__(self, turn: Turn, question: str, k: int) -> Sequence[Recalled]:
        whose = turn.person.id
        own = self._people.setdefault(whose, _Own(Past(self._encoders)))
        self._people.move_to_end(whose)
        while len(self._people) > _PEOPLE:
            self._people.popitem(last=False)
        async with self._store.read() as tx:
            everywhere = await turns.ids(tx, whose, "")
            here = place(turn.message)
            allowed = set(everywhere if not here else await turns.ids(tx, whose, here))
            new = await turns.read(tx, whose, set(everywhere) - own.turns.keys())
            known = self._encoders()
            bare = {one.id for one in new} | own.past.bare()
            meant = await vectors.of(tx, whose, _kind(known), bare) if known else {}
        return await asyncio.to_thread(_found, own, everywhere, new, meant, allowed, question, k)


def _found(
    own: _Own, everywhere: Sequence[int], new: Sequence[turns.Past], meant: Mapping[int, bytes], allowed: set[int],
    question: str, k: int,
) -> list[Recalled]:  # fmt: skip
    with own.lock:
        for gone in own.turns.keys() - set(everywhere):
            del own.turns[gone]
            own.past.remove(gone)
        for one in new:
            if one.id not in own.turns:
                own.turns[one.id] = one
                own.past.add(_said(one))
        for name, rows in meant.items():
            if name in own.past:
                own.past.give(name, rows)
        ranked = own.past.search(question, k, allowed.__contains__)
        found = [(own.turns[name], score) for name, score in ranked]
    return [Recalled(one.said, one.replied, one.started_at, score) for one, score in found]


class Meanings:
    """Finds what turns mean, so that they are recalled by it: `tick`, called each second, a few at a time; what was said
    last comes first, then what is old. Where no encoder is, nothing is done, and words alone find."""

    def __init__(self, store: Store, encoders: Callable[[], Sequence[Cached]]) -> None:
        self._store, self._encoders = store, encoders
        self._name = ""
        self._high = self._low = 0
        """Newer turns than `high` and older ones than `low` are still to be looked at."""

    async def tick(self) -> None:
        known = self._encoders()
        if not known:
            return
        name = _kind(known)
        async with self._store.read() as tx:
            newest = await vectors.newest(tx)
            if self._name != name:
                self._name, self._high, self._low = name, newest, newest
            new = newest > self._high
            if not new and not self._low:
                return
            after, until = (self._high - _STRAGGLERS, newest) if new else (self._low - _SPAN, self._low)
            some = await vectors.bare(tx, name, after, until, _AT_ONCE)
        rows = await asyncio.to_thread(lambda: {one.id: _meaning(known, one) for one in some})
        if rows:
            async with self._store.write() as tx:
                await vectors.put(tx, name, rows)
        if len(some) < _AT_ONCE:
            self._high, self._low = (newest, self._low) if new else (self._high, max(after, 0))


def _meaning(known: Sequence[Cached], one: turns.Past) -> bytes:
    rows = meaning.vectors(known, _said(one).telling)
    return bytes(rows.astype(np.float16).tobytes()) if rows is not None else b""


def _kind(known: Sequence[Cached]) -> str:
    """Names the encoder, and that what was said and what was replied have rows of their own."""
    return f"{known[0].name}/2"


def _said(one: turns.Past) -> Said[int]:
    reply = "" if one.intent in _NOT_SAID else one.replied
    return Said(one.id, one.id, one.said, when=day(one.started_at.date()), reply=reply, talk=one.session_id)
