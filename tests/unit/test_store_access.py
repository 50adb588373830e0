"""Who is in, on both databases: one role an account, a code for one person, strangers counted, and what removal parks."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest
import sqlalchemy as sa

from core.access import TRIES_IN_ALL, Door, Entered, code_in, digest, first_code, shut
from core.messages import Address, Sender
from core.settings import Settings, load_settings
from core.store import Store, access, chats, crypto, people, reminders, tables
from core.store.access import Place
from core.store.reminders import NewReminder
from tests.unit.rows import NOW, message

ANN, HOUR = Place("telegram", "", "ann"), dt.timedelta(hours=1)
CLOSED = load_settings(_env_file=None, REMORA_ALLOW="")


@pytest.fixture(autouse=True)
def key() -> None:
    crypto.unlock(b"the key of whoever starts it, 32 b")


async def role(store: Store, place: Place) -> str | None:
    async with store.read() as tx:
        return await access.role(tx, place)


async def test_an_account_has_one_role_the_newest(store: Store) -> None:
    for given in ("member", "owner", "removed", "member"):
        async with store.write() as tx:
            await access.put(tx, ANN, given, None, NOW)
        assert await role(store, ANN) == given
    async with store.write() as tx:
        assert len(await access.listed(tx)) == 1
        assert await access.drop(tx, ANN)
        assert not await access.drop(tx, ANN)
    assert await role(store, ANN) is None


async def test_what_stands_of_an_account_comes_before_an_open_chat(store: Store) -> None:
    async with store.write() as tx:
        await access.put(tx, Place("telegram", "", "", "-100"), "member", None, NOW)
        await access.put(tx, ANN, "removed", None, NOW)
    assert await role(store, replace(ANN, chat="-100")) == "removed"
    assert await role(store, Place("telegram", "", "bob", "-100")) == "member"
    assert await role(store, Place("telegram", "", "bob", "bob")) is None
    assert await role(store, Place("slack", "", "bob", "-100")) is None


async def entered(store: Store, who: str, text: str, settings: Settings = CLOSED) -> Entered:
    said = replace(
        message(text), address=Address("telegram", "", who), sender=Sender(who, who.capitalize()), private=True
    )
    async with store.write() as tx:
        return await Door(settings, []).enter(tx, said, "en", NOW, again=False)


async def test_of_many_who_send_the_same_code_at_once_one_gets_in(store: Store, second_store: Store) -> None:
    async with store.write() as tx:
        code = await first_code(tx, "telegram", NOW)
    assert code is not None
    where = (store, second_store)
    found = await asyncio.gather(*(entered(where[n % 2], f"p{n}", code) for n in range(8)))
    assert sorted(one.note for one in found) == ["paired", *["wrong code"] * 7]
    async with store.read() as tx:
        assert await access.count_owners(tx, "telegram") == 1


async def test_tries_are_counted_by_all_workers_together_and_forgotten_after_the_window(
    store: Store, second_store: Store
) -> None:
    async def one(at: Store, now: dt.datetime = NOW) -> int:
        async with at.write() as tx:
            return await access.tried(tx, ANN, now, HOUR)

    counts = await asyncio.gather(*(one((store, second_store)[n % 2]) for n in range(10)))
    assert sorted(counts) == list(range(1, 11))
    assert await one(store, NOW + HOUR) == 1


async def test_one_account_that_tries_on_and_on_keeps_nobody_else_out(store: Store) -> None:
    async with store.write() as tx:
        code = await first_code(tx, "telegram", NOW)
    assert code is not None
    for _ in range(TRIES_IN_ALL + 1):
        await entered(store, "mallory", "BBBB-BBBB")
    assert (await entered(store, "ann", code)).note == "paired"


async def test_a_stranger_is_told_once_by_all_workers_together(store: Store, second_store: Store) -> None:
    async def told(at: Store, now: dt.datetime = NOW) -> bool:
        async with at.write() as tx:
            return await access.may_tell(tx, ANN, now, HOUR)

    assert sum(await asyncio.gather(*(told((store, second_store)[n % 2]) for n in range(6)))) == 1
    assert await told(store, NOW + HOUR)


async def test_strangers_are_forgotten_after_some_days(store: Store) -> None:
    for number, days in enumerate((0, 1, 3)):
        async with store.write() as tx:
            await access.may_tell(tx, Place("telegram", "", f"p{number}"), NOW + days * 24 * HOUR, HOUR)
    async with store.read() as tx:
        rows = await tx.rows(sa.text("SELECT account FROM stranger ORDER BY account"))
    assert [row[0] for row in rows] == ["p2"]


async def test_codes_that_have_run_out_are_gone(store: Store) -> None:
    async with store.write() as tx:
        await access.add_code(tx, digest("AAAA-AAAA"), "member", None, "", NOW, HOUR)
        assert len(await access.codes(tx, "slack", NOW)) == 1
        assert await access.codes(tx, "slack", NOW + HOUR) == []
        await access.add_code(tx, digest("BBBB-BBBB"), "member", None, "slack", NOW + HOUR, HOUR)
        assert [one.digest for one in await access.codes(tx, "slack", NOW)] == [digest("BBBB-BBBB")]
        assert await access.codes(tx, "telegram", NOW) == []


async def test_removal_parks_a_persons_reminders_and_no_others(store: Store) -> None:
    async with store.write() as tx:
        ids = {}
        for who in ("ann", "bob"):
            person = await people.person_of(tx, "", "telegram", Sender(who), NOW)
            for kind in ("reminder", "channel"):
                new = NewReminder(
                    person.id, f"{who}:{kind}", Address("telegram", "", who), "tea", "en", "Europe/Paris",
                    "2026-11-27T09:00:00", NOW + HOUR, "2026-11-27T09:00:00", kind=kind,
                )  # fmt: skip
                ids[who, kind] = (await reminders.add(tx, new, NOW)).id
        await access.put(tx, ANN, "removed", None, NOW)
    async with store.read() as tx:
        rows = await tx.rows(sa.select(tables.reminder.c.id, tables.reminder.c.state))
    states = {row.id: row.state for row in rows}
    assert states[ids["ann", "reminder"]] == "parked"
    assert [states[ids[one]] for one in (("ann", "channel"), ("bob", "reminder"), ("bob", "channel"))] == ["active"] * 3


async def test_a_chat_that_is_shut_parks_what_rings_there_for_who_was_in_by_that_alone(store: Store) -> None:
    team, allowed = Place("telegram", "", "", "-100"), load_settings(_env_file=None, REMORA_ALLOW="telegram:cas")
    async with store.write() as tx:
        for who in ("ann", "bob", "cas", "dan"):
            person = await people.person_of(tx, "", "telegram", Sender(who), NOW)
            for chat, kind in (("-100", "reminder"), ("-100", "channel"), ("-1009", "reminder")):
                new = NewReminder(
                    person.id, f"{who}:{chat}:{kind}", Address("telegram", "", chat, "7"), f"{who} {chat} {kind}", "en",
                    "Europe/Paris", "2026-11-27T09:00:00", NOW + HOUR, "2026-11-27T09:00:00", kind=kind,
                )  # fmt: skip
                await reminders.add(tx, new, NOW)
        await access.put(tx, ANN, "member", None, NOW)
        assert await shut(tx, allowed, team, NOW) is None, "it was not open"
        await access.put(tx, team, "member", None, NOW)
        assert await shut(tx, allowed, team, NOW) == 2
    async with store.read() as tx:
        rows = await tx.rows(sa.select(tables.reminder.c.text).where(tables.reminder.c.state == "parked"))
    assert sorted(row.text for row in rows) == ["bob -100 reminder", "dan -100 reminder"]

    async def may(person: int) -> bool:
        return person == 2

    async with store.write() as tx:
        assert await chats.reopen(tx, Address("telegram", "", "-100"), NOW, may) == 1
        assert await chats.reopen(tx, Address("telegram", "", "-100"), NOW) == 1


async def test_the_codes_of_who_is_put_out_let_nobody_in(store: Store) -> None:
    async with store.write() as tx:
        for who in ("ann", "bob"):
            person = await people.person_of(tx, "", "telegram", Sender(who), NOW)
            await access.add_code(tx, digest(who), "member", person.id, "", NOW, HOUR)
        await access.put(tx, ANN, "removed", None, NOW)
        assert [one.digest for one in await access.codes(tx, "telegram", NOW)] == [digest("bob")]


async def test_the_allow_list_of_the_settings_lets_in_without_a_code(store: Store) -> None:
    settings = load_settings(_env_file=None, REMORA_ALLOW="telegram:ann")
    assert (await entered(store, "ann", "hello", settings)).standing == "member"
    assert (await entered(store, "bob", "hello", settings)).standing is None


async def test_who_is_on_the_list_can_still_become_the_owner(store: Store) -> None:
    settings = load_settings(_env_file=None, REMORA_ALLOW="telegram:ann")
    async with store.write() as tx:
        code = await first_code(tx, "telegram", NOW)
    assert (await entered(store, "ann", f"hello {code_in(str(code))}", settings)).note == "paired"
    assert (await entered(store, "ann", "hello", settings)).standing == "owner"
    assert (await entered(store, "ann", "BCDF-GHJK", settings)).standing == "owner", "it may speak of codes"
