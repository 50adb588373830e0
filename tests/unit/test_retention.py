"""What is over and old is deleted, a page at a time; what is open, waits, or is young stays."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from core.messages import Address, Receipt, Sender
from core.retention import Retention
from core.store import Store, inbox, outbox, people, reminder_changes, reminders, retention, tables
from core.store.chats import WAITS_FOR_OWNER
from core.store.people import TurnRecord
from core.store.reminders import NewReminder
from tests.fakes.clock import SettableClock
from tests.fakes.ledger import rows
from tests.unit.rows import NOW, SECOND, message, planned

DAY = dt.timedelta(days=1)


async def _turn(store: Store, said: str, when: dt.datetime) -> None:
    """Somebody says something and is answered."""
    async with store.write() as tx:
        ann = await people.person_of(tx, "", "fake", Sender("ann", "Ann"), when)
        heard = message(said)
        await inbox.add(tx, heard, when)
        [claimed] = await inbox.claim(tx, "w", ["fake"], when, 1)
        session = await people.session_of(tx, ann.id, heard, when, DAY)
        record = TurnRecord(claimed.id, session.id, ann.id, said, f"yes, {said}", "chat", "fake", when)
        await people.save_turn(tx, record, None, when)
        await inbox.finish(tx, claimed, when)
        answer = await outbox.add_claimed(tx, planned(f"turn:{claimed.id}", said, due_at=when), "w", when)
        assert answer is not None
        await outbox.record(tx, [(answer, Receipt(("1",)))], when)


async def test_old_conversations_go_and_young_ones_stay(store: Store) -> None:
    await _turn(store, "old", NOW)
    await _turn(store, "young", NOW + 2 * DAY)
    await Retention(store, SettableClock(NOW + 4 * DAY), 3).tick()
    assert await rows(store, "said", of=tables.turn) == [("young",)]
    assert [kept["text"] for (kept,) in await rows(store, "message", of=tables.inbox)] == ["young"]
    assert [kept["text"] for (kept,) in await rows(store, "reply")] == ["young"]
    assert len(await rows(store, "id", of=tables.session)) == 1
    assert len(await rows(store, "id", of=tables.person)) == 1


async def test_what_is_open_or_waits_is_never_too_old(store: Store) -> None:
    async with store.write() as tx:
        await inbox.add(tx, message("not answered yet"), NOW)
        await outbox.add(tx, planned("planned"), NOW)
        for cause, reason in (
            ("closed", "chat closed: blocked"),
            ("told", WAITS_FOR_OWNER),
            ("over", "given up after 20 attempts"),
        ):
            await outbox.add(tx, planned(cause, chat=cause), NOW)
            waits = sa.update(tables.outbox).where(tables.outbox.c.cause == cause)
            await tx.run(waits.values(state="parked", finished_at=NOW, reason=reason))
    await Retention(store, SettableClock(NOW + 400 * DAY), 3).tick()
    assert await rows(store, "state", of=tables.inbox) == [("new",)]
    assert await rows(store, "cause") == [("planned",), ("closed",), ("told",)]


async def test_of_a_reminder_the_row_stays_and_what_was_changed_long_ago_goes(store: Store) -> None:
    async with store.write() as tx:
        ann = await people.person_of(tx, "", "fake", Sender("ann", "Ann"), NOW)
        far = NOW + 1000 * DAY
        wall = far.replace(tzinfo=None).isoformat()
        new = NewReminder(ann.id, "r", Address("fake", "", "ann"), "call mum", "en", "UTC", wall, far, wall)
        kept = await reminders.add(tx, new, NOW)
        await reminder_changes.remember(tx, kept.id, "rename", NOW)
        await reminder_changes.remember(tx, kept.id, "rename", NOW + 390 * DAY)
    await Retention(store, SettableClock(NOW + 400 * DAY), 90).tick()
    assert await rows(store, "state", of=tables.reminder) == [("active",)]
    assert await rows(store, "changed_at", of=tables.reminder_change) == [(NOW + 390 * DAY,)]


async def test_a_reminder_that_is_over_goes_when_its_time_and_its_last_change_are_long_ago(store: Store) -> None:
    states = {"old": "fired", "gone": "cancelled", "rang late": "fired", "changed late": "done", "waits": "active"}
    async with store.write() as tx:
        ann = await people.person_of(tx, "", "fake", Sender("ann", "Ann"), NOW)
        wall = NOW.replace(tzinfo=None).isoformat()
        for text, state in states.items():
            new = NewReminder(ann.id, text, Address("fake", "", "ann"), text, "en", "UTC", wall, NOW, wall)
            kept = await reminders.add(tx, new, NOW)
            changed = NOW + 390 * DAY if text == "changed late" else NOW
            rang = NOW + 390 * DAY if text == "rang late" else NOW
            await reminders.amend(tx, kept.id, changed, state=state, last_due=rang)
    await Retention(store, SettableClock(NOW + 400 * DAY), 90).tick()
    assert await rows(store, "text", of=tables.reminder) == [("rang late",), ("changed late",), ("waits",)]


async def test_pages_of_which_some_rows_stay_do_not_end_the_work(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "PAGE", 2)
    async with store.write() as tx:
        for number in range(9):
            await outbox.add(tx, planned(f"c{number}", chat=f"c{number}"), NOW + number * SECOND)
        over = sa.and_(tables.outbox.c.cause.not_in(("c0", "c1", "c4")))
        await tx.run(sa.update(tables.outbox).where(over).values(state="sent", finished_at=NOW + 10 * SECOND))
    await Retention(store, SettableClock(NOW + 400 * DAY), 90).tick()
    assert await rows(store, "cause") == [("c0",), ("c1",), ("c4",)]


async def test_with_zero_days_everything_is_kept(store: Store) -> None:
    await _turn(store, "old", NOW)
    await Retention(store, SettableClock(NOW + 4000 * DAY), 0).tick()
    assert len(await rows(store, "id", of=tables.turn)) == 1
