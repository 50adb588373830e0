"""The tutor's record over weeks: a reminder for each rest, one at a time, and none once a topic is mastered."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from bots.tutor import bank, record
from core.store import memory, reminders
from core.store.memory import privacy
from tests.scenario.world import World, world_in


async def quiz(world: World, seed: int) -> str:
    await world.say("quiz geography")
    for place in range(bank.ROUND):
        await world.say(bank.question("geography", seed, place, "en").answers[0])
    return [world.heard("ann").reply.text for _ in range(bank.ROUND + 1)][-1]


async def test_a_topic_is_mastered_after_five_rests_and_rings_no_more(tmp_path: Path, migrated_sqlite: Path) -> None:
    async with world_in(tmp_path, migrated_sqlite, REMORA_BOT="tutor") as world:
        for seed, days in enumerate(record.DAYS):
            assert f"box {seed + 1} of 5" in await quiz(world, seed)
            async with world.store.read() as tx:
                (one,) = await reminders.open_of(tx, 1)
            assert one.next_due is not None
            assert (one.next_due - world.clock.now()).days in (days - 1, days)
            await world.forward(dt.timedelta(days=days))
            assert "practise geography" in world.heard("ann").reply.text
        assert "geography is mastered" in await quiz(world, len(record.DAYS))
        async with world.store.read() as tx:
            assert await reminders.open_of(tx, 1) == []
            assert [fact.text for fact in await memory.active(tx, 1)] == ["I have mastered geography"]
        async with world.store.write() as tx:
            await privacy.erase(tx, 1)
        async with world.store.read() as tx:
            assert await memory.everything(tx, 1) == []
