"""A day of virtual time: people write and are reminded all along; nothing is lost or doubled, and memory stays flat."""

from __future__ import annotations

import datetime as dt
import gc
from collections import Counter
from pathlib import Path

import psutil

from tests.scenario.world import World, world_in

PEOPLE, HOURS = 8, 24
_GROWTH_MB = 24


def resident_mb() -> float:
    gc.collect()
    return float(psutil.Process().memory_info().rss) / 2**20


async def test_a_day_goes_by(tmp_path: Path, migrated_sqlite: Path) -> None:
    async with world_in(tmp_path, migrated_sqlite) as world:
        for n in range(PEOPLE):
            await world.say("remind me every 30 minutes to stretch", who=f"p{n}")
        memory: list[float] = []
        for hour in range(HOURS):
            for n in range(PEOPLE):
                await world.say(f"hour {hour}", who=f"p{n}")
            await world.forward(dt.timedelta(hours=1))
            memory.append(resident_mb())
        assert_nothing_lost_or_doubled(world)
        assert max(memory[HOURS // 2 :]) - memory[HOURS // 4] < _GROWTH_MB, memory


def assert_nothing_lost_or_doubled(world: World) -> None:
    causes = Counter(delivery.cause for delivery in world.platform.sent)
    assert [cause for cause, times in causes.items() if times > 1] == []
    rang = Counter(delivery.address.chat for delivery in world.platform.sent if delivery.cause.startswith("reminder:"))
    answered = Counter(delivery.address.chat for delivery in world.platform.sent if delivery.cause.startswith("turn:"))
    assert set(rang.values()) == {2 * HOURS}, rang
    assert set(answered.values()) == {HOURS + 1}, answered
