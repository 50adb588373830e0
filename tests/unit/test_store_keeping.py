"""What is kept of people's wishes and of what they do with reminders, on both databases."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from core.messages import Address, Sender
from core.store import Store, acquaintances, people, preferences, reminder_changes, reminders
from core.store.people import Person
from core.store.reminders import NewReminder, Reminder
from tests.unit.rows import NOW, SECOND, address

HOUR = dt.timedelta(hours=1)


async def person(store: Store, name: str, *, private: Address | None = None, handle: str = "") -> Person:
    async with store.write() as tx:
        return await people.person_of(tx, "", "fake", Sender(name, name.capitalize(), handle=handle), NOW, private)


def new(owner: Person, cause: str, **more: object) -> NewReminder:
    start = NOW + HOUR
    usual = NewReminder(owner.id, cause, address("c1"), cause, "en", "UTC", start.isoformat(), start, start.isoformat())
    return replace(usual, **more)  # type: ignore[arg-type]  # checked by the dataclass at run time


async def kept(store: Store, reminder: NewReminder, now: dt.datetime = NOW) -> Reminder:
    async with store.write() as tx:
        return await reminders.add(tx, reminder, now)


async def test_the_last_private_address_is_the_one(store: Store) -> None:
    ann = await person(store, "ann")
    async with store.read() as tx:
        assert await acquaintances.private_address(tx, ann.id, "fake", "") is None
        assert await acquaintances.any_private_address(tx, ann.id) is None
    for chat in ("p1", "p2", "p2"):
        await person(store, "ann", private=address(chat))
    await person(store, "ann")  # what is said in a channel changes nothing
    async with store.read() as tx:
        assert await acquaintances.private_address(tx, ann.id, "fake", "") == address("p2")
        assert await acquaintances.private_address(tx, ann.id, "other", "") is None
        assert await acquaintances.any_private_address(tx, ann.id) == address("p2")


@pytest.mark.parametrize("name", ["u-bob", "U-BOB", "bobby", "Bobby", "u-bob jones"])
async def test_a_person_is_found_by_account_handle_or_name(store: Store, name: str) -> None:
    bob = await person(store, "u-bob jones" if " " in name else "u-bob", handle="bobby")
    await person(store, "u-bo")
    async with store.read() as tx:
        found = await acquaintances.known(tx, bob.id, "fake", "", [name], at=True)
        assert [one.person.id for one in found] == [bob.id]
        assert await acquaintances.known(tx, bob.id, "fake", "elsewhere", [name], at=True) == []
        assert await acquaintances.known(tx, bob.id, "fake", "", ["u%"], at=True) == []
        assert [one.id for one in await acquaintances.called(tx, name)] == [bob.id]


async def test_two_of_the_same_first_name_are_two(store: Store) -> None:
    async with store.write() as tx:
        for account in ("1", "2"):
            await people.person_of(tx, "T1", "fake", Sender(account, f"Kim {account}"), NOW)
    async with store.read() as tx:
        assert len(await acquaintances.known(tx, 1, "fake", "T1", ["kim"])) == 2
        assert await acquaintances.known(tx, 1, "fake", "T2", ["kim"]) == []


async def test_muting_is_of_one_sender_and_can_be_taken_back(store: Store) -> None:
    ann, bob, carl = [await person(store, name) for name in ("ann", "bob", "carl")]
    async with store.write() as tx:
        await acquaintances.mute(tx, ann.id, bob.id, NOW)
        await acquaintances.mute(tx, ann.id, bob.id, NOW)
        assert await acquaintances.is_muted(tx, ann.id, bob.id)
        assert not await acquaintances.is_muted(tx, ann.id, carl.id)
        assert not await acquaintances.is_muted(tx, bob.id, ann.id)
        assert await acquaintances.unmute_all(tx, ann.id) == 1
        assert not await acquaintances.is_muted(tx, ann.id, bob.id)


async def test_it_is_the_reminder_last_changed_or_rung_here(store: Store) -> None:
    ann, bob = await person(store, "ann"), await person(store, "bob")
    first = await kept(store, new(ann, "a"))
    second = await kept(store, new(ann, "b"), NOW + SECOND)
    await kept(store, new(ann, "elsewhere", address=address("c2")), NOW + 2 * SECOND)
    await kept(store, new(bob, "another's"), NOW + 2 * SECOND)
    async with store.write() as tx:
        found = await reminders.last_touched(tx, ann.id, address("c1"), NOW - HOUR)
        assert found is not None
        assert (found.id, found.at, found.rang) == (second.id, NOW + SECOND, False)
        await reminders.rename(tx, first.id, "new", NOW + 3 * SECOND)
        found = await reminders.last_touched(tx, ann.id, address("c1"), NOW - HOUR)
        assert found is not None
        assert found.id == first.id
        await reminders.set_state(tx, first.id, "cancelled", NOW + 4 * SECOND)
        found = await reminders.last_touched(tx, ann.id, address("c1"), NOW - HOUR)
        assert found is not None
        assert found.id == second.id
        assert await reminders.last_touched(tx, ann.id, address("c1"), NOW + HOUR) is None


async def test_a_channels_reminders_are_those_of_all_its_threads_and_of_no_other(store: Store) -> None:
    ann = await person(store, "ann")
    for number, where in enumerate(
        [address("c1"), address("c1", thread="t"), address("c10"), address("c_1"), address("c%")]
    ):
        await kept(store, new(ann, f"{number}", address=where, kind="channel"))
    await kept(store, new(ann, "private", address=address("c1")))
    async with store.read() as tx:
        found = await reminders.of_channel(tx, address("c1", thread="other"), 10)
        assert [one.text for one in found] == ["0", "1"]
        assert [one.text for one in await reminders.of_channel(tx, address("c%"), 10)] == ["4"]
        everywhere = await reminders.open_everywhere(tx, "fake", "c1", 10)
        assert [one.text for one in everywhere] == ["0", "1", "private"]
        assert len(await reminders.open_everywhere(tx, "", "", 10)) == 6


async def test_changes_of_one_stroke_are_taken_back_together(store: Store) -> None:
    ann = await person(store, "ann")
    made = [await kept(store, new(ann, name)) for name in ("a", "b", "c")]
    async with store.write() as tx:
        await reminder_changes.remember(tx, made[0].id, "cancel", NOW)
        await reminders.set_state(tx, made[0].id, "cancelled", NOW)
        for one in made[1:]:
            await reminder_changes.remember(tx, one.id, "cancel", NOW + SECOND)
            await reminders.set_state(tx, one.id, "cancelled", NOW + SECOND)
    states = []
    for _ in range(3):
        async with store.write() as tx:
            changes = await reminder_changes.last(tx, ann.id, NOW - HOUR)
            for change in changes:
                await reminder_changes.take_back(tx, change, NOW + HOUR)
            states.append((len(changes), sorted(one.text for one in await reminders.open_of(tx, ann.id))))
    assert states == [(2, ["b", "c"]), (1, ["a", "b", "c"]), (0, ["a", "b", "c"])]


async def test_a_calendars_key_leads_to_its_person_until_it_is_replaced(store: Store) -> None:
    ann, bob = await person(store, "ann"), await person(store, "bob")
    async with store.write() as tx:
        await preferences.set_feed_key(tx, ann.id, "k1")
        await preferences.set_feed_key(tx, bob.id, "k2")
        assert await preferences.person_of_feed(tx, "k1") == ann.id
        await preferences.set_feed_key(tx, ann.id, "k3")
        assert await preferences.person_of_feed(tx, "k1") is None
        assert await preferences.feed_key(tx, ann.id) == "k3"
        await preferences.set_feed_key(tx, ann.id, None)
        assert await preferences.feed_key(tx, ann.id) is None


async def test_quiet_hours_are_loaded_with_their_person(store: Store) -> None:
    ann = await person(store, "ann")
    assert (ann.quiet_from, ann.quiet_until) == (None, None)
    async with store.write() as tx:
        await preferences.set_quiet(tx, ann.id, "22:00", "07:00")
    again = await person(store, "ann")
    assert (again.quiet_from, again.quiet_until) == ("22:00", "07:00")


async def test_unanswered_proposals_are_counted_by_sender(store: Store) -> None:
    ann, bob = await person(store, "ann"), await person(store, "bob")
    await kept(store, new(ann, "p1", state="proposed", asked_by=bob.id))
    await kept(store, new(ann, "p2", state="declined", asked_by=bob.id))
    async with store.read() as tx:
        assert await acquaintances.count_proposed(tx, ann.id, bob.id) == 1
        assert await reminders.open_of(tx, ann.id) == []
