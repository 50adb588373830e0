"""People with reminders, put straight into the database of a test."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from core.messages import Address, Sender
from core.reminders.recurrence import Rule, next_after
from core.store import Store, people, reminders
from core.store.reminders import NewReminder, Reminder

_CAUSES = iter(range(10_000_000))


async def person(store: Store, name: str, now: dt.datetime, zone: str = "Europe/Paris", **more: Any) -> int:
    """Somebody who has written in private, on the platform "fake"."""
    async with store.write() as tx:
        sender = Sender(name, name.capitalize(), zone=zone, handle=f"{name}_h", **more)
        return (await people.person_of(tx, "", "fake", sender, now, Address("fake", "", name))).id


async def reminder(
    store: Store, whose: int, text: str, local: str, now: dt.datetime, *, rule: str | None = None, chat: str = "ann",
    zone: str = "Europe/Paris", **more: Any,
) -> Reminder:  # fmt: skip
    """One that rings at a local time, or from then on by a rule."""
    start, place = dt.datetime.fromisoformat(local), ZoneInfo(zone)
    due = start.replace(tzinfo=place)
    if rule is not None:
        found = next_after(Rule.parse(rule), start, place, now)
        assert found is not None
        due = found.utc
    new = NewReminder(
        person_id=whose, cause=f"test:{next(_CAUSES)}", address=Address("fake", "", chat), text=text, language="en",
        zone=zone, starts_local=start.isoformat(), next_due=due.astimezone(dt.UTC),
        next_local=due.astimezone(place).replace(tzinfo=None).isoformat(), rule=rule, **more,
    )  # fmt: skip
    async with store.write() as tx:
        return await reminders.add(tx, new, now)
