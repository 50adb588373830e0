"""A row that cannot be read stands for itself: the other reminders are planned and ring."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.messages import Reply, Sender
from core.reminders.planning import plan_due
from core.store import Store, outbox, people, reminders, tables
from core.store.outbox import Planned
from core.store.reminders import NewReminder
from tests.unit.rows import NOW, address


async def test_a_late_message_that_cannot_be_read_stops_no_other_reminder(store: Store) -> None:
    wall = NOW.replace(tzinfo=None).isoformat()
    async with store.write() as tx:
        ann = await people.person_of(tx, "", "fake", Sender("ann"), NOW)
        kept = [
            await reminders.add(tx, NewReminder(ann.id, cause, address(), "x", "en", "UTC", wall, NOW, wall), NOW)
            for cause in ("one", "two")
        ]
        before = NOW - dt.timedelta(minutes=5)
        late = Planned("late", address(), Reply("hi"), before, person_id=ann.id, reminder_id=kept[0].id)
        await outbox.add(tx, late, NOW)
        await tx.run(sa.update(tables.outbox).values(address={"damaged": 1}))
    async with store.write() as tx:
        await plan_due(tx, NOW)
    async with store.read() as tx:
        rows = await tx.rows(sa.select(tables.outbox.c.state).order_by(tables.outbox.c.id))
    assert [row.state for row in rows] == ["parked", "planned", "planned"]
