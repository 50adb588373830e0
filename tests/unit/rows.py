"""Rows for the tests of the store, and the moment at which they are all made."""

from __future__ import annotations

import datetime as dt
from itertools import count

from core.messages import Address, Message, Reply, Sender
from core.store import Store, outbox
from core.store.outbox import Planned

NOW = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
_numbers = count(1)


def address(chat: str = "c1", *, platform: str = "fake", workspace: str = "", thread: str = "") -> Address:
    return Address(platform, workspace, chat, thread)


def message(
    text: str,
    *,
    chat: str = "c1",
    thread: str = "",
    platform: str = "fake",
    event_id: str = "",
    person: str = "ann",
    zone: str | None = None,
) -> Message:
    event = event_id or f"event-{next(_numbers)}"
    where = address(chat, platform=platform, thread=thread)
    return Message(event, where, Sender(person, person.capitalize(), zone=zone), text, NOW)


def planned(
    cause: str,
    text: str = "hello",
    *,
    chat: str = "c1",
    due_at: dt.datetime = NOW,
    person_id: int | None = None,
    reminder_id: int | None = None,
) -> Planned:
    return Planned(cause, address(chat), Reply(text), due_at, person_id=person_id, reminder_id=reminder_id)


async def put(store: Store, *plans: Planned) -> None:
    async with store.write() as tx:
        for plan in plans:
            await outbox.add(tx, plan, NOW)
