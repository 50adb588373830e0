"""What one person sees of themselves, and the moments that a form gives."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from core import overview
from core.messages import Address, Sender
from core.skills.reminders.buttons import snoozed_until
from core.store import Store, access, people, reminders
from core.store.access import Place
from core.store.reminders import NewReminder, ReminderState
from tests.unit.rows import NOW, SECOND

PARIS = ZoneInfo("Europe/Paris")


async def person(store: Store, account: str) -> int:
    async with store.write() as tx:
        return (await people.person_of(tx, "T", "slack", Sender(account, account.title(), zone="Europe/Paris"), NOW)).id


async def keep(store: Store, owner: int, text: str, kind: str = "reminder", state: ReminderState = "active") -> int:
    new = NewReminder(
        owner, f"test:{text}", Address("slack", "T", "D"), text, "en", "Europe/Paris", "2026-03-02T13:00:00",
        NOW + 86_400 * SECOND, "2026-03-02T13:00:00", kind=kind, rule="FREQ=DAILY" if kind == "digest" else None, state=state,
    )  # fmt: skip
    async with store.write() as tx:
        return (await reminders.add(tx, new, NOW)).id


async def seen(store: Store, account: str, about: int = 0) -> overview.Overview:
    found = await overview.of_account(store, "slack", "T", account, "en", NOW, about)
    assert found is not None
    return found


async def test_nobody_sees_what_is_anothers(store: Store) -> None:
    ann, bob = await person(store, "ann"), await person(store, "bob")
    mine, theirs = await keep(store, ann, "tea"), await keep(store, bob, "secret plans")
    found = await seen(store, "ann", about=theirs)
    assert [one.id for one in found.reminders] == [mine]
    assert found.about is None
    assert found.person.name == "Ann"


async def test_who_never_wrote_has_no_overview_and_is_not_made_known_by_asking(store: Store) -> None:
    assert await overview.of_account(store, "slack", "T", "eve", "en", NOW) is None
    async with store.read() as tx:
        assert await people.find(tx, "T", "slack", "eve") is None


async def test_a_zone_that_this_machine_does_not_know_hides_nothing(store: Store) -> None:
    ann = await person(store, "ann")
    await keep(store, ann, "tea")
    async with store.write() as tx:
        await people.set_zone(tx, ann, "Mars/Olympus")
    assert [one.text for one in (await seen(store, "ann")).reminders] == ["tea"]
    assert overview.stranger("Eve", "Mars/Olympus", "en", NOW).zone.key == "UTC"


async def test_the_morning_schedule_is_a_setting_and_no_reminder(store: Store) -> None:
    ann = await person(store, "ann")
    await keep(store, ann, "your day", kind="digest")
    found = await seen(store, "ann")
    assert found.reminders == ()
    assert found.digest is not None
    assert found.rule(found.digest).startswith("every day")


@pytest.mark.parametrize(("state", "there"), [("fired", True), ("paused", True), ("cancelled", False), ("done", False)])
async def test_what_was_asked_for_is_there_until_it_is_over(store: Store, state: ReminderState, there: bool) -> None:
    number = await keep(store, await person(store, "ann"), "tea", state=state)
    assert ((await seen(store, "ann", about=number)).about is not None) == there


async def test_the_language_that_was_chosen_wins(store: Store) -> None:
    ann = await person(store, "ann")
    assert (await seen(store, "ann")).language == "en"
    async with store.write() as tx:
        await people.set_language(tx, ann, "zh")
    assert (await seen(store, "ann")).language == "zh"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("tomorrow at 9", ""),
        ("每周一上午九点", ""),
        ("in 20 minutes", ""),
        ("2026-03-02 09:00", ""),
        ("banana", "When?"),
        ("", "When?"),
        ("yesterday at 9", "over"),
        ("every 10 seconds", "often"),
    ],
)
def test_words_without_a_time_to_come_are_told_why(words: str, why: str) -> None:
    assert why in overview.unclear(words, "en", PARIS, NOW)
    assert bool(why) == bool(overview.unclear(words, "en", PARIS, NOW))


@pytest.mark.parametrize(
    ("picked", "minutes"),
    [("at1772373600", 120.0), ("at1", 10.0), ("at99999999999", 10.0), ("at-5", 10.0), ("at１", 10.0), ("60", 60.0)],
)
def test_a_picked_moment_is_taken_if_it_is_to_come(picked: str, minutes: float) -> None:
    due = snoozed_until(picked, NOW, PARIS)
    assert due - NOW == dt.timedelta(minutes=minutes)


async def test_who_was_put_out_has_no_overview(store: Store) -> None:
    await person(store, "ann")
    async with store.write() as tx:
        await access.put(tx, Place("slack", "T", "ann"), "removed", None, NOW)
    assert await overview.of_account(store, "slack", "T", "ann", "en", NOW) is None
