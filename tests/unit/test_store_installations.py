"""Workspaces that let the assistant in, on both databases: one renews a token, one state is good once, and who puts us
out is forgotten without touching the others."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from core.messages import Address, Reply, Sender
from core.store import Store, chats, crypto, installations, modes, outbox, people, reminders
from core.store.installations import REFRESH_PATIENCE, Installation
from core.store.outbox import Planned
from core.store.reminders import NewReminder
from core.store.tables import outbox as outbox_table
from tests.unit.rows import NOW, SECOND

ENDS = NOW + dt.timedelta(hours=12)
MINE = Installation("T1", "One", "U1", "B1", "https://one.example/", "chat:write", "xoxb-canary", "xoxe-canary", ENDS)


@pytest.fixture(autouse=True)
def key() -> None:
    crypto.unlock(b"k" * 32)


async def keep(store: Store, *found: Installation) -> None:
    async with store.write() as tx:
        for one in found:
            await installations.save(tx, "slack", one, NOW)


async def test_what_is_kept_comes_back_and_again_in_its_place(store: Store) -> None:
    await keep(store, MINE, replace(MINE, workspace="T2", refresh_token=None, expires_at=None))
    await keep(store, replace(MINE, token="xoxb-newer"))
    async with store.read() as tx:
        assert await installations.find(tx, "slack", "T1") == replace(MINE, token="xoxb-newer")
        assert await installations.find(tx, "slack", "T3") is None
        assert await installations.find(tx, "other", "T1") is None
        assert await installations.workspaces(tx, "slack") == ["T1", "T2"]
        raw = (await tx.rows(sa.text("select token, refresh_token from installation"))).__str__()
    assert "canary" not in raw
    assert "newer" not in raw
    assert "xoxb" not in repr(MINE)


async def test_one_alone_may_renew_and_after_a_while_another(store: Store, second_store: Store) -> None:
    await keep(store, MINE)

    async def may(where: Store, now: dt.datetime, ends: dt.datetime = ENDS) -> bool:
        async with where.write() as tx:
            return await installations.may_refresh(tx, "slack", "T1", ends, now)

    asked = await asyncio.gather(*(may(where, NOW) for _ in range(5) for where in (store, second_store)))
    assert sorted(asked) == [False] * 9 + [True]
    assert await may(second_store, NOW + REFRESH_PATIENCE + SECOND), "whoever had it may be dead"
    later = ENDS + dt.timedelta(hours=12)
    async with store.write() as tx:
        await installations.refreshed(tx, "slack", "T1", "xoxb-2", "xoxe-2", later)
    assert not await may(store, NOW + 3 * REFRESH_PATIENCE), "it has been renewed meanwhile"
    assert await may(store, NOW + 3 * REFRESH_PATIENCE, later)


async def test_who_puts_us_out_is_forgotten_and_what_was_due_there_waits(store: Store) -> None:
    await keep(store, MINE, replace(MINE, workspace="T12"))
    async with store.write() as tx:
        for number, team in enumerate(("T1", "T12", "T1%")):
            await outbox.add(tx, Planned(f"x:{number}", Address("slack", team, "C1"), Reply("hi"), NOW), NOW)
        await installations.remove(tx, "slack", "T1", NOW + SECOND, NOW)
        await installations.refreshed(tx, "slack", "T1", "too", "late", ENDS)
    async with store.read() as tx:
        assert await installations.workspaces(tx, "slack") == ["T12"]
        states = await tx.rows(sa.select(outbox_table.c.state).order_by(outbox_table.c.cause))
    assert [row.state for row in states] == ["parked", "planned", "planned"]


async def test_late_news_of_a_removal_touches_nothing_of_an_installation_since_then(store: Store) -> None:
    newer = replace(MINE, token="xoxb-newer")
    await keep(store, newer)
    async with store.write() as tx:
        await outbox.add(tx, Planned("x", Address("slack", "T1", "C1"), Reply("hi"), NOW), NOW)
        assert await installations.remove(tx, "slack", "T1", NOW, NOW + SECOND) is None
        assert await installations.find(tx, "slack", "T1") == newer
        assert await tx.rows(sa.select(outbox_table.c.state)) == [("planned",)]
        assert await installations.remove(tx, "slack", "T1", NOW + SECOND, NOW + SECOND) == 0
        assert await installations.find(tx, "slack", "T1") is None


async def test_a_workspace_whose_token_is_no_installation_is_parked_too(store: Store) -> None:
    async with store.write() as tx:
        await outbox.add(tx, Planned("x", Address("slack", "T1", "C1"), Reply("hi"), NOW), NOW)
        assert await installations.remove(tx, "slack", "T1", NOW + SECOND, NOW) == 0
        assert await tx.rows(sa.select(outbox_table.c.state)) == [("parked",)]


async def test_a_state_is_spent_once_and_forgotten_when_it_ends(store: Store) -> None:
    async with store.write() as tx:
        assert await installations.spend(tx, "state", NOW + SECOND, NOW)
        assert not await installations.spend(tx, "state", NOW + SECOND, NOW)
        assert await installations.spend(tx, "other", NOW + SECOND, NOW + 2 * SECOND)
        (left,) = (await tx.rows(sa.text("select count(*) from spent_state")))[0]
    assert left == 1


async def test_choices_of_channels_are_found_for_one_workspace_alone(store: Store) -> None:
    async with store.write() as tx:
        await modes.choose(tx, Address("slack", "T1", "C1", "17.1"), "strict", NOW)
        await modes.choose(tx, Address("slack", "T1", "C2"), "quiet", NOW)
        await modes.choose(tx, Address("slack", "T12", "C1"), "quiet", NOW)
        assert await modes.of_workspace(tx, "slack", "T1") == {"slack|T1|C1|": "strict", "slack|T1|C2|": "quiet"}
        assert await modes.mode(tx, Address("slack", "T1", "C1")) == "strict"
        assert await modes.mode(tx, Address("slack", "T1", "C3")) == "follow"


async def test_what_waited_for_a_workspace_goes_on_when_somebody_writes_there_again(store: Store) -> None:
    """Also a reminder of which nothing is left but a snooze."""
    await keep(store, MINE)
    here = Address("slack", "T1", "D1")
    async with store.write() as tx:
        person = await people.person_of(tx, "T1", "slack", Sender("ann"), NOW)
        new = NewReminder(person.id, "x", here, "tea", "en", "UTC", "2026-11-27T09:00:00", NOW, "2026-11-27T09:00:00")
        kept = await reminders.add(tx, new, NOW)
        await reminders.advance(tx, kept.id, None, None)
        snoozed = Planned(
            f"reminder:{kept.id}:snooze:1", here, Reply("tea"), ENDS, person_id=person.id, reminder_id=kept.id
        )
        await outbox.add(tx, snoozed, NOW)
        await installations.remove(tx, "slack", "T1", NOW + SECOND, NOW)
    async with store.write() as tx:
        assert await chats.reopen(tx, here, NOW + SECOND) == 1
    async with store.read() as tx:
        going = await reminders.get_any(tx, kept.id)
        (tried,) = await tx.rows(sa.select(outbox_table.c.next_try_at))
    assert tried.next_try_at == ENDS, "not before its moment"
    assert going is not None
    assert (going.state, going.rings) == ("active", ENDS)
