"""A version is in force on every worker within a tick, without a failed or a mixed reply; one that cannot be loaded changes nothing."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

from core.errors import ModelUnavailable
from core.messages import Sampling, Utterance
from core.ports import LanguageModel
from core.serving import Serving
from core.store import Store, models
from core.store.models import ModelRelease
from tests.fakes.model import FakeModel

NOW = dt.datetime(2026, 11, 25, 12, tzinfo=dt.UTC)
ASKED = [Utterance("user", "hi")]


class Shelf:
    """Versions that say their names, word for word; "broken" cannot be loaded."""

    def __init__(self) -> None:
        self.made: dict[str, FakeModel] = {}

    def load(self, name: str) -> LanguageModel:
        if name == "broken":
            raise ModelUnavailable("there is no such model")
        self.made[name] = FakeModel(lambda _turns: f"{name} " * 5)
        return self.made[name]


@asynccontextmanager
async def serving(store: Store, shelf: Shelf) -> AsyncIterator[Serving]:
    made = Serving(store, shelf.load(""), shelf.load)
    try:
        yield made
    finally:
        await made.aclose()


async def put(store: Store, active: str, canary: str = "", share: int = 0) -> None:
    async with store.write() as tx:
        after = (await models.current(tx)).number
        assert await models.put(tx, ModelRelease(0, active, canary, share, "cli:ann"), after, NOW) == after + 1


async def changed(made: Serving) -> None:
    await made.tick()
    await made.settled()


async def said(model: LanguageModel) -> str:
    async with aclosing(model.generate(ASKED, Sampling())) as pieces:
        return "".join([piece async for piece in pieces])


async def test_every_worker_follows_the_pointer_and_back(store: Store, second_store: Store) -> None:
    shelf, other = Shelf(), Shelf()
    async with serving(store, shelf) as one, serving(second_store, other) as two:
        for active in ("shop-1", "shop-2", "shop-1", ""):
            await put(store, active)
            for worker in (one, two):
                await changed(worker)
                assert set((await said(worker)).split()) == ({active} if active else set())


async def test_a_reply_that_was_begun_is_finished_by_the_version_that_began_it(store: Store) -> None:
    shelf = Shelf()
    async with serving(store, shelf) as made:
        await put(store, "old")
        await changed(made)
        shelf.made["old"].hold.clear()
        begun = asyncio.create_task(said(made))
        while not shelf.made["old"].prompts[1:]:
            await asyncio.sleep(0)
        for following in ("new", "newer"):  # two steps further, the old one is let go of
            await put(store, following)
            await changed(made)
        assert set((await said(made)).split()) == {"newer"}
        shelf.made["old"].hold.set()
        assert set((await begun).split()) == {"old"}


async def test_what_cannot_be_loaded_changes_nothing_and_is_told(store: Store) -> None:
    async with serving(store, Shelf()) as made:
        await put(store, "good")
        await changed(made)
        await put(store, "broken")
        await changed(made)
        assert set((await said(made)).split()) == {"good"}
        assert made.trouble == "there is no such model"
        await put(store, "good")
        for _ in range(40):  # it is not tried again at once
            await changed(made)
        assert (made.trouble, made.release.number) == ("", 3)


async def test_a_canary_answers_its_share_of_the_people_and_always_the_same(store: Store) -> None:
    async with serving(store, Shelf()) as made:
        await put(store, "old", "new", 20)
        await changed(made)
        first = [made.of(person).info for person in range(2_000)]
        names = Counter([(await said(made.of(person))).split()[0] for person in range(300)])
        assert [made.of(person).info for person in range(2_000)] == first
        assert 30 < names["new"] < 90
        assert set(names) == {"old", "new"}


async def test_two_that_promote_at_once_are_one_after_the_other(store: Store, second_store: Store) -> None:
    async def promote(where: Store, name: str) -> int | None:
        async with where.write() as tx:
            return await models.put(tx, ModelRelease(0, name, author="cli:ann"), 0, NOW)

    done = await asyncio.gather(promote(store, "one"), promote(second_store, "two"))
    assert sorted(done, key=str) == [1, None]
