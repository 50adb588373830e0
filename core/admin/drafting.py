"""One intent as it is being edited: what is wrong with it while somebody types, what a sentence would do, what it was before;
and the drafts put in force."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.admin.intents import catalogs, on_top, stamp
from core.errors import Refused
from core.intents.checks import same_words
from core.intents.definition import LONGEST_EXAMPLE, Intent, wording
from core.intents.documents import intent_of
from core.intents.problems import Problem
from core.intents.releases import Editing, Publication
from core.intents.slots import Situation
from core.intents.words import tidied
from core.ports import Clock
from core.store import Store
from core.store.admin import intents as kept
from core.store.admin.intents import InForce, Revision
from core.store.intents import Draft

if TYPE_CHECKING:
    from core.admin.desk import Desk
    from core.intents.live import Live
    from core.intents.recognition import Explanation, Recognizer

CLOSE = 0.88
"""Likeness from which an example is too near to one of another intent."""
_COMPARED = 300
"""Examples that are compared while somebody types; more would keep them waiting."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An intent as somebody opens it: its draft, and whether it is in force, and differs there."""

    draft: Draft
    live: Intent | None

    @property
    def state(self) -> str:
        now = intent_of(self.draft.document, [])
        if self.draft.deleted:
            return "deleted"
        return "new" if self.live is None else "live" if self.live == now else "changed"


async def opened(desk: Desk, name: str) -> Opened | None:
    """None where there is no intent of that name, deleted ones counted in."""
    found = await catalogs(desk)
    draft = found.drafts.get(name)
    return Opened(draft, next((intent for intent in found.live if intent.name == name), None)) if draft else None


async def looked_at(desk: Desk, typed: Intent) -> list[Problem]:
    """What is wrong with an intent as it stands in a form, among the others as they are drafted; without its tests."""
    rest = (await catalogs(desk)).without(typed.name)
    found = [
        problem
        for problem in await asyncio.to_thread(desk.editing.checked, [*rest, typed])
        if typed.name in (problem.intent, problem.fields.get("other"))
    ]
    known = {problem.where for problem in found}
    near = await asyncio.to_thread(lambda: _near(on_top(desk.settings, desk.live, rest), typed))
    return [*found, *_twice(typed), *(problem for problem in near if problem.where not in known)]


def _examples(typed: Intent) -> Iterator[tuple[str, str, str]]:
    for code, texts in typed.examples.items():
        for number, text in enumerate(texts, 1):
            if len(text) <= LONGEST_EXAMPLE:
                yield f"examples.{code}[{number}]", code, text


def _twice(typed: Intent) -> Iterator[Problem]:
    """The same sentence again."""
    seen = set[str]()
    for where, _, text in _examples(typed):
        said = same_words(wording(text))
        if said in seen:
            yield Problem("twice_example", typed.name, where, {"text": text[:80]}, warning=True)
        seen.add(said)


def _near(others: Recognizer, typed: Intent) -> list[Problem]:
    """Examples that lie close to one of another intent."""
    from core.intents.recognition import filled

    slots = {slot.name: slot for slot in typed.slots}
    lines = [(where, text, tidied(filled(text, slots, code))) for where, code, text in _examples(typed)][:_COMPARED]
    if others.space is None or others.head is None or not lines:
        return []
    near = others.head.points @ others.space.points([said for _, _, said in lines]).T
    found = []
    for column, (where, text, _) in enumerate(lines):
        place = int(near[:, column].argmax())
        like, owner = others.rows[place]
        if owner and near[place, column] >= CLOSE:
            fields = {"text": text[:80], "near": like[:80], "other": owner}
            found.append(Problem("near_example", typed.name, where, fields, warning=True))
    return found


_HOLE = re.compile(r"\{\w{1,64}\}")


def previewed(answer: str, typed: Intent | None, language: str) -> str:
    """An answer with something usual in each of its slots."""
    from core.intents.recognition import filled

    slots = {slot.name: slot for slot in typed.slots} if typed else {}
    return _HOLE.sub(lambda hole: filled(hole[0], slots, language), answer)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a sentence would do, with the reasons, by the intents as they are drafted."""

    why: Explanation
    intents: Mapping[str, Intent]


async def tried(desk: Desk, text: str, typed: Intent | None = None) -> Tried:
    """Of the drafts, with the intent as it stands in a form in place of its draft."""
    found = await catalogs(desk)
    wanted = found.edited if typed is None else (*found.without(typed.name), typed)
    situation = Situation(now=desk.clock.now())

    def work() -> Tried:
        recognizer = on_top(desk.settings, desk.live, wanted)
        return Tried(recognizer.explain(text[:LONGEST_EXAMPLE], situation), recognizer.intents)

    return await asyncio.to_thread(work)


async def history(desk: Desk, name: str, before: int | None = None, most: int = 51) -> list[Revision]:
    async with desk.store.read() as tx:
        return await kept.revisions(tx, desk.settings.bot, name, before=before, most=most)


async def revision(desk: Desk, name: str, number: int) -> Intent | None:
    """The intent as it was in a revision; None where that is not kept any more."""
    async with desk.store.read() as tx:
        found = await kept.revisions(tx, desk.settings.bot, name, exactly=number)
    return intent_of(found[0].document, []) if found else None


async def publish(editing: Editing, looked_at: str, message: str, author: str) -> Publication:
    """Publishes the drafts as they were when somebody looked at them: `looked_at` is their `stamp`."""
    if stamp(await editing.drafts()) != looked_at:
        raise Refused("the drafts are not what you looked at any more", "look at the changes again, then publish")
    return await editing.publish(message, author)


async def workers(desk: Desk) -> Sequence[InForce]:
    async with desk.store.read() as tx:
        return await kept.in_force(tx, desk.settings.bot)


class Told:
    """Lets everybody see by which release this process answers."""

    def __init__(self, store: Store, clock: Clock, live: Live, bot: str, name: str) -> None:
        self._store, self._clock, self._live, self._bot, self._name = store, clock, live, bot, name
        self._told: tuple[int, bool] | None = None

    async def tick(self) -> None:
        now = self._live.current.number, self._live.current.recognizer.calibrated
        if now != self._told:
            async with self._store.write() as tx:
                await kept.note_in_force(tx, self._name, self._bot, *now, self._clock.now())
            self._told = now
