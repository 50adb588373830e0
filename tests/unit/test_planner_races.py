"""A reminder is changed while a planner is just putting it into the outbox: what was planned meanwhile does not ring too."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable

import pytest

from core.messages import Address, Message, Reply, Sender
from core.reminders.planning import plan_due
from core.settings import load_settings
from core.skills.base import Turn
from core.skills.reminders import changing, editing, pausing, snoozing
from core.store import Store, Tx, people, reminders
from core.store.people import Session
from core.store.reminders import Reminder
from tests.fakes.ledger import keep, rows

NOW = dt.datetime(2026, 3, 2, 8, 59, 30, tzinfo=dt.UTC)
_BLOCKED_SECONDS = 0.3
CHANGES: dict[str, Callable[[Tx, Turn, Reminder], Awaitable[Reply]]] = {
    "done": snoozing.done,
    "cancelled": changing.cancelled,
    "paused": pausing.paused,
    "moved": lambda tx, turn, reminder: editing.moved_to(tx, turn, reminder, "18:00"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_what_is_planned_meanwhile_is_taken_back(store: Store, second_store: Store, change: str) -> None:
    number = await keep(store, NOW, "tea", "2026-03-02T09:00:00")
    async with store.read() as tx:
        person = await people.get(tx, 1)
    said = Message("1", Address("fake", "", "ann"), Sender("ann"), "", NOW)
    settings = load_settings(_env_file=None)
    turn = Turn(1, said, "", person, Session(1, None), (), "en", NOW, settings, {})

    async def changed() -> None:
        async with second_store.write() as tx:
            reminder = await reminders.get_any(tx, number)
            assert reminder is not None
            await CHANGES[change](tx, turn, reminder)

    async with store.write() as tx:
        assert await plan_due(tx, NOW) == 1
        task = asyncio.create_task(changed())
        await asyncio.wait({task}, timeout=_BLOCKED_SECONDS)  # it waits for us now, or would if it had to
    await task
    assert await rows(store, "state") == [("cancelled",)]
