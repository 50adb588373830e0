"""A part that nothing can do without ends the process with the reason when it breaks, instead of looking well."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import NoReturn

import pytest

from bots._app import running
from core.messages import Address, Reply
from core.ports import Inbound
from core.store import outbox
from core.store.outbox import Planned
from tests.fakes.model import FakeModel
from tests.fakes.platform import FakePlatform
from tests.unit.spine import settings_in


class _Breaking(FakePlatform):
    async def listen(self, inbound: Inbound) -> None:
        raise RuntimeError("a mistake in an adapter")


async def test_an_adapter_that_breaks_while_it_listens_is_not_silent(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(settings_in(tmp_path), [_Breaking()], model=FakeModel()) as app, asyncio.timeout(60):
            await app.broken.wait()

    with pytest.raises(RuntimeError, match="a mistake in an adapter"):
        await run()


@pytest.mark.parametrize(
    "part", ["core.store.outbox.record", "core.store.outbox.still_claimed", "core.lanes.Lane._start"]
)
async def test_a_part_of_the_delivery_that_breaks_is_not_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def broken(*_: object, **_more: object) -> NoReturn:
        raise RuntimeError("a mistake in the delivery")

    heard: list[bool] = []

    async def run() -> None:
        platform = FakePlatform()
        async with running(settings_in(tmp_path), [platform], model=FakeModel()) as app, asyncio.timeout(60):
            monkeypatch.setattr(part, broken)
            async with app.store.write() as tx:
                soon = app.clock.now() + dt.timedelta(seconds=0.5)
                await outbox.add(tx, Planned("x", Address("fake", "", "ann"), Reply("hi"), soon), app.clock.now())
            heard.append(await app.broken.wait())

    with pytest.raises(RuntimeError, match="a mistake in the delivery"):
        await run()
    assert heard, "it ended by itself"
