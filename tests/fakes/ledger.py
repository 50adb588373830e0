"""A worker that keeps reminders: planner, deliverer and heartbeat of the product, without the chat around them."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from core.errors import StoreUnavailable
from core.journal import Journal
from core.messages import Address, Sender
from core.outbox import Deliverer
from core.ports import Adapter, Clock, served
from core.reminders.planning import Planner
from core.reminders.recurrence import Rule, next_after
from core.store import Store, people, reminders
from core.store.reminders import NewReminder
from core.store.tables import outbox, person, reminder
from core.worker import Worker, new_name

_numbers = count(1)


@dataclass
class Ledger:
    """One worker: its delivery, and `beat` for each of its ticks."""

    store: Store
    clock: Clock
    deliverer: Deliverer
    worker: Worker
    planner: Planner
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def beat(self, tick: Callable[[], Awaitable[None]]) -> None:
        """Calls a tick again and again, as the heartbeat does: one that takes long holds up no other."""
        while True:
            with suppress(StoreUnavailable):
                await tick()
            await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """As far as one process can: everything stops where it is, and nothing is written any more."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.store.aclose()

    async def stop(self) -> None:
        """In order, as the product does on SIGTERM."""
        self.deliverer.drain()
        await self.tasks[0]
        for task in self.tasks:
            task.cancel()
        with suppress(StoreUnavailable):
            await self.worker.leave()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.store.aclose()


def started(
    url: str,
    folder: Path,
    clock: Clock,
    adapters: Mapping[str, Adapter],
    *,
    lease: float = 1.0,
    settle: float = 0.05,
    name: str = "",
) -> Ledger:
    """A running worker; the caller stops or kills it."""
    store, name = Store(url), name or new_name()
    deliverer = Deliverer(store, adapters, clock, Journal(folder / "journal", name), name, dt.timedelta(seconds=settle))
    worker = Worker(name, store, clock, dt.timedelta(seconds=lease), deliverer, served(adapters.values()))
    ledger = Ledger(store, clock, deliverer, worker, Planner(store, clock, deliverer.wake))
    ledger.tasks = [
        asyncio.create_task(deliverer.run()),
        asyncio.create_task(ledger.beat(worker.tick)),
        asyncio.create_task(ledger.beat(ledger.planner.tick)),
    ]
    for task in ledger.tasks:
        task.add_done_callback(_told)
    return ledger


def _told(task: asyncio.Task[None]) -> None:
    """A worker that breaks says so at once, not only as something that never arrives."""
    if not task.cancelled() and (error := task.exception()) is not None:
        logging.getLogger(__name__).error("the worker broke", exc_info=error)


@asynccontextmanager
async def running(url: str, folder: Path, clock: Clock, *platforms: Adapter, **more: Any) -> AsyncIterator[Ledger]:
    ledger = started(url, folder, clock, {platform.name: platform for platform in platforms}, **more)
    try:
        yield ledger
    finally:
        if not all(task.done() for task in ledger.tasks):
            await ledger.stop()


async def keep(
    store: Store,
    now: dt.datetime,
    text: str,
    local: str,
    *,
    who: str = "ann",
    zone: str = "UTC",
    rule: str | None = None,
    chat: str = "",
    platform: str = "fake",
    quiet: tuple[str, str] | None = None,
    **columns: Any,
) -> int:
    """Keeps a reminder as a skill would; `local` is its first wall-clock time. `columns`: further columns of its row."""
    start, place = dt.datetime.fromisoformat(local), ZoneInfo(zone)
    due, key = start.replace(tzinfo=place).astimezone(dt.UTC), start.isoformat()
    if rule is not None and (first := next_after(Rule.parse(rule), start, place, now - dt.timedelta(days=3650))):
        due, key = first.utc, first.key
    async with store.write() as tx:
        owner = await people.person_of(tx, "", platform, Sender(who, who.capitalize(), zone=zone), now)
        if quiet is not None:
            hours = {"quiet_from": quiet[0], "quiet_until": quiet[1]}
            await tx.run(sa.update(person).where(person.c.id == owner.id).values(**hours))
        new = NewReminder(
            owner.id, f"test:{next(_numbers)}", Address(platform, "", chat or who), text, "en", zone, start.isoformat(),
            due, key, rule,
        )  # fmt: skip
        number = (await reminders.add(tx, new, now)).id
        if columns:
            await tx.run(sa.update(reminder).where(reminder.c.id == number).values(**columns))
    return number


async def rows(store: Store, *columns: str, of: sa.Table = outbox, **where: Any) -> list[tuple[Any, ...]]:
    """Columns of a table in the order of its rows."""
    conditions = [of.c[name] == value for name, value in where.items()]
    statement = sa.select(*(of.c[name] for name in columns)).where(*conditions).order_by(*of.primary_key.columns)
    async with store.read() as tx:
        return [tuple(row) for row in await tx.rows(statement)]


async def until(what: Any, seconds: float = 60.0) -> Any:
    """Waits until `await what()` is true; returns it."""
    async with asyncio.timeout(seconds):
        while not (found := await what()):
            await asyncio.sleep(0.01)
    return found


async def keep_many(store: Store, now: dt.datetime, dues: list[dt.datetime], *, people_each: int = 1) -> None:
    """Keeps one-off reminders in bulk, each at a chat of its own, `people_each` to a person."""
    owners = -(-len(dues) // people_each)
    async with store.write() as tx:
        row = await tx.row(sa.select(sa.func.coalesce(sa.func.max(person.c.id), 0)))
        first = int(row[0]) + 1 if row else 1
    for start in range(0, owners, 10_000):
        numbers = range(start, min(start + 10_000, owners))
        async with store.write() as tx:
            await tx.many(
                sa.insert(person),
                [{"id": first + n, "name": f"p{n}", "zone": "UTC", "created_at": now} for n in numbers],
            )
    for start in range(0, len(dues), 10_000):
        async with store.write() as tx:
            await tx.many(
                sa.insert(reminder),
                [
                    _one_off(first + number // people_each, number, due, now)
                    for number, due in enumerate(dues[start : start + 10_000], start)
                ],
            )
    if not store.is_sqlite:
        async with store.write() as tx:
            await tx.run(sa.text("SELECT setval(pg_get_serial_sequence('person', 'id'), (SELECT max(id) FROM person))"))


def _one_off(owner: int, number: int, due: dt.datetime, now: dt.datetime) -> dict[str, Any]:
    address = Address("fake", "", f"chat{number}")
    local = due.replace(tzinfo=None).isoformat()
    return {
        "person_id": owner, "cause": f"many:{next(_numbers)}:{number}", "platform": "fake",
        "address": {"platform": "fake", "workspace": "", "chat": address.chat, "thread": ""},
        "address_key": address.key(), "text": f"reminder {number}", "zone": "UTC", "starts_local": local,
        "next_due": due, "next_local": local, "created_at": now, "updated_at": now,
    }  # fmt: skip
