"""Finding again what a person said before: their own turns alone, as the database holds them at that moment."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from core.intents.encoders import Cached
from core.memory.past import Past, Said, day
from core.skills.base import Recalled, Turn
from core.store import Store
from core.store.memory import place, turns

_PEOPLE = 100
"""People whose past is kept ranked in memory."""
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
        return await asyncio.to_thread(_found, own, everywhere, new, allowed, question, k)


def _found(
    own: _Own, everywhere: Sequence[int], new: Sequence[turns.Past], allowed: set[int], question: str, k: int
) -> list[Recalled]:
    with own.lock:
        for gone in own.turns.keys() - set(everywhere):
            del own.turns[gone]
            own.past.remove(gone)
        for one in new:
            if one.id not in own.turns:
                own.turns[one.id] = one
                own.past.add(Said(one.id, one.id, _text(one), when=day(one.started_at.date())))
        own.past.learn()
        ranked = own.past.search(question, k, allowed.__contains__)
        found = [(own.turns[name], score) for name, score in ranked]
    return [Recalled(one.said, one.replied, one.started_at, score) for one, score in found]


def _text(one: turns.Past) -> str:
    return one.said if one.intent in _NOT_SAID else f"{one.said}\n{one.replied}"
