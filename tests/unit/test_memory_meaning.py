"""What was said before is found by what it means, too: for its own person alone, and until it is gone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from core.admin.roles import Actor
from core.intents.encoders import Cached
from core.intents.words import Matrix, unit
from core.memory import desk
from core.memory.recall import Meanings, Recall
from core.skills.base import Turn
from core.store import Store, people
from core.store.people import Session
from core.store.tables import turn
from core.store.tables.memory import turn_vector
from tests.unit.rows import NOW, message
from tests.unit.spine import column, settings_in, spine_on

ASKED = "which pets live with us?"


class Topics:
    """An encoder that knows two topics."""

    size, shares = 3, (0.5, 0.5)

    def __init__(self, name: str = "topics-1") -> None:
        self.name, self.calls = name, 0

    def encode(self, texts: Sequence[str]) -> Matrix:
        self.calls += 1
        topics = (("pets", "kitten", "puppy"), ("boat", "harbour"))
        rows = [[sum(word in text for word in topic) for topic in topics] + [0.1] for text in texts]
        return unit(np.array(rows, np.float32))


async def recalled(store: Store, recall: Recall, who: str, tmp_path: Path) -> list[str]:
    async with store.read() as tx:
        person = await people.find(tx, "", "fake", who)
    assert person is not None
    said = message(ASKED, person=who)
    asking = Turn(1, said, ASKED, person, Session(1, None), (), "en", NOW, settings_in(tmp_path), {})
    return [one.said for one in await recall(asking, ASKED, 1)]


async def told(store: Store, url: str, tmp_path: Path) -> None:
    async with spine_on(settings_in(tmp_path, DATABASE_URL=url)) as spine:
        for who, words in (("ann", "the kitten sleeps"), ("ann", "the harbour froze"), ("bob", "a puppy barked")):
            await spine.platform.ask(words, person=who)
        await spine.app.settled()


async def test_what_was_said_in_other_words_is_recalled_of_its_own_person(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    await told(store, database_url, tmp_path)
    known = (Cached(Topics()),)
    recall, meanings = Recall(store, lambda: known), Meanings(store, lambda: known)
    assert await recalled(store, recall, "ann", tmp_path) == []
    await meanings.tick()
    assert await recalled(store, recall, "ann", tmp_path) == ["the kitten sleeps"]
    assert await recalled(store, recall, "bob", tmp_path) == ["a puppy barked"]
    assert await recalled(store, Recall(store), "ann", tmp_path) == []


async def test_meanings_are_found_once_anew_for_another_encoder_and_go_with_the_person(
    store: Store, database_url: str, tmp_path: Path
) -> None:
    await told(store, database_url, tmp_path)
    first, other = Topics(), Topics("topics-2")
    await Meanings(store, lambda: (Cached(first),)).tick()
    calls = first.calls
    resumed = Meanings(store, lambda: (Cached(first),))
    await resumed.tick()
    await resumed.tick()
    assert first.calls == calls
    assert await column(store, turn_vector, "encoder") == ["topics-1/2"] * 3
    await Meanings(store, lambda: (Cached(other),)).tick()
    assert await column(store, turn_vector, "encoder") == ["topics-2/2"] * 3
    async with store.write() as tx:
        ann = (await desk.person_called(tx, "fake:ann")).id
        await desk.erase(tx, Actor("cli:root", "owner"), ann, NOW)
    assert await column(store, turn_vector, "turn_id") == await column(store, turn, "id")
    assert len(await column(store, turn, "id")) == 1


async def test_without_an_encoder_nothing_is_kept(store: Store, database_url: str, tmp_path: Path) -> None:
    await told(store, database_url, tmp_path)
    await Meanings(store, tuple).tick()
    assert await column(store, turn_vector, "id") == []
