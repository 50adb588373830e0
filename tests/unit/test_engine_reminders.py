"""Reminders through the whole spine: set, seen, cancelled, moved, put off, done; rung on time without any model."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.messages import Delivery, Sender
from core.store import Store, migrate, people, reminders
from core.store.reminders import NewReminder
from core.store.tables import outbox, reminder
from tests.fakes.platform import FakePlatform
from tests.unit.rows import address
from tests.unit.spine import Spine, settings_in, spine_on


@pytest.fixture
async def spine(tmp_path: Path) -> AsyncIterator[Spine]:
    async with spine_on(settings_in(tmp_path)) as spine:
        yield spine


async def say(spine: Spine, text: str, person: str = "ann", **more: Any) -> Delivery:
    """Says something and returns the whole reply."""
    before = len(spine.platform.sent)
    await spine.platform.say(text, person=person, **more)
    return (await spine.platform.arrived(before + 1))[before]


async def press(spine: Spine, button: str, of: Delivery, person: str = "ann") -> Delivery:
    """Presses the button with this label."""
    data = next(choice.data for choice in of.reply.choices if choice.label == button)
    return await say(spine, "", person, kind="choice", choice=data)


async def states(spine: Spine) -> list[str]:
    return await spine.column(reminder, "state")


async def test_a_reminder_is_confirmed_from_its_row_and_listed(tmp_path: Path, database_url: str) -> None:
    async with spine_on(settings_in(tmp_path, DATABASE_URL=database_url)) as spine:
        confirmed = await say(spine, "remind me tomorrow at 9 to call mum")
        assert "to call mum" in confirmed.reply.text
        assert "09:00 Europe/Paris" in confirmed.reply.text
        [due] = await spine.column(reminder, "next_due")
        assert due > spine.app.clock.now()
        listed = await say(spine, "what are my reminders?")
        assert "1. " in listed.reply.text
        assert "call mum" in listed.reply.text
        assert spine.model.prompts == [], "no model was asked"


async def test_pauses_rules_names_and_forms_on_both_databases(tmp_path: Path, database_url: str) -> None:
    async with spine_on(settings_in(tmp_path, DATABASE_URL=database_url)) as spine:
        for person in ("bob", "ann"):
            await say(spine, "hello", person=person, chat="team", private=False)
            await say(spine, "hello", person=person)
        await say(spine, "remind me every day at 9:00 to stretch, only if at most 30 minutes late")
        assert "Snoozed" in (await say(spine, "snooze reminder 1 until tomorrow at 11:00")).reply.text
        assert "Paused: stretch" in (await say(spine, "pause reminder 1")).reply.text
        assert "11:00" in (await say(spine, "resume reminder 1")).reply.text or "09:00" in await shown(spine)
        assert "Paused until" in (await say(spine, "pause reminder 1 for 3 days")).reply.text
        assert "paused until" in await shown(spine)
        assert "Taken back" in (await say(spine, "undo")).reply.text
        form = {"kind": "form", "choice": "reminders:edit:1", "fields": {"what": "bend", "lateness": "usual"}}
        assert "Changed: bend" in (await say(spine, "", **form)).reply.text
        await say(spine, "everyone may change reminders here", chat="team", private=False)
        assert (
            "Everybody here may change it"
            in (await say(spine, "remind us tomorrow at 10:00 to sing", chat="team", private=False)).reply.text
        )
        cancelled = await say(spine, "cancel the sing reminder", person="bob", chat="team", private=False)
        assert "Cancelled: sing" in cancelled.reply.text
        before = len(spine.platform.sent)
        await spine.platform.say("remind Bob tomorrow at 10:00 to sing", person="ann")
        told = [one.reply.text for one in (await spine.platform.arrived(before + 2))[before:]]
        assert any("I have asked Bob" in text for text in told), told
        assert any("Ann would like" in text for text in told), told


async def shown(spine: Spine) -> str:
    return (await say(spine, "my reminders")).reply.text


@pytest.mark.parametrize("command", ["/reminders", "show my reminders", "我有哪些提醒？"])
async def test_a_list_without_reminders_says_how_to_set_one(spine: Spine, command: str) -> None:
    assert (await say(spine, command)).reply.text.startswith(("You have no reminders", "你"))


async def test_a_reminder_is_seen_by_nobody_else(spine: Spine) -> None:
    await say(spine, "remind me tomorrow at 9 to buy a ring", person="ann")
    assert "ring" not in (await say(spine, "/reminders", person="bob")).reply.text
    assert "ring" not in (await say(spine, "/cancel 1", person="bob")).reply.text
    assert await states(spine) == ["active"]


@pytest.mark.parametrize("words", ["/cancel 2", "/cancel mum", "cancel the reminder about mum", "取消第二个提醒"])
async def test_one_is_cancelled_by_its_number_or_its_words(spine: Spine, words: str) -> None:
    await say(spine, "remind me tomorrow at 8 to water the plants")
    await say(spine, "remind me tomorrow at 9 to call mum")
    assert "call mum" in (await say(spine, words)).reply.text
    assert await states(spine) == ["active", "cancelled"]


@pytest.mark.parametrize("words", ["/cancel 9", "/cancel the zebra", "/cancel"])
async def test_what_is_not_there_or_not_clear_is_not_cancelled(spine: Spine, words: str) -> None:
    await say(spine, "remind me tomorrow at 8 to water the plants")
    await say(spine, "remind me tomorrow at 9 to call mum")
    await say(spine, words)
    assert await states(spine) == ["active", "active"]


async def test_the_time_is_asked_for_and_then_understood(spine: Spine) -> None:
    assert "When should I remind you" in (await say(spine, "remind me to call mum")).reply.text
    confirmed = await say(spine, "tomorrow at 9")
    assert "09:00" in confirmed.reply.text
    assert await spine.column(reminder, "text") == ["call mum"]


async def test_a_question_that_is_not_answered_does_not_hold_the_person(spine: Spine) -> None:
    await say(spine, "remind me to call mum")
    assert (await say(spine, "what is the capital of France?")).reply.text.startswith("You said")
    assert await states(spine) == []


async def test_the_zone_is_asked_once_and_used(tmp_path: Path) -> None:
    async with spine_on(settings_in(tmp_path), FakePlatform(zone=None)) as spine:
        assert "which city" in (await say(spine, "remind me tomorrow at 9 to call mum")).reply.text
        assert "don't know that place" in (await say(spine, "Atlantis")).reply.text
        assert "09:00 Asia/Tokyo" in (await say(spine, "Tokyo")).reply.text
        assert "10:00 Asia/Tokyo" in (await say(spine, "remind me tomorrow at 10 to stretch")).reply.text


async def test_an_elapsed_time_needs_no_zone(tmp_path: Path) -> None:
    async with spine_on(settings_in(tmp_path), FakePlatform(zone=None)) as spine:
        assert "I'll remind you" in (await say(spine, "remind me in 20 minutes to stretch")).reply.text
        assert await states(spine) == ["active"]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("remind me yesterday at 9 to call mum", "over already"),
        ("remind me on February 30 to call mum", "does not exist"),
        ("remind me every second to breathe", "at most once a minute"),
        (f"remind me tomorrow at 9 to {'x' * 3000}", "at most"),
    ],
)
async def test_what_cannot_be_kept_is_said_and_not_kept(spine: Spine, words: str, answer: str) -> None:
    assert answer in (await say(spine, words)).reply.text
    assert await states(spine) == []


async def test_there_is_a_most_that_one_person_may_have(tmp_path: Path) -> None:
    async with spine_on(settings_in(tmp_path, REMORA_MAX_REMINDERS=2)) as spine:
        for hour in (8, 9, 10):
            last = await say(spine, f"remind me tomorrow at {hour} to stretch")
        assert "2 active reminders" in last.reply.text
        assert "I'll remind you" in (await say(spine, "remind me tomorrow at 9 to stretch", person="bob")).reply.text
        assert len(await states(spine)) == 3


async def test_the_same_message_twice_makes_one_reminder(spine: Spine) -> None:
    message = spine.platform.message("remind me tomorrow at 9 to call mum")
    await asyncio.gather(*(spine.platform.receive(message) for _ in range(4)))
    await spine.app.settled()
    assert len(await states(spine)) == 1


async def test_a_turn_that_fails_at_its_end_makes_one_reminder(spine: Spine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reminder and the confirmation are one transaction: tried again, there is still one."""
    from core import turns as turns_module

    add, times = turns_module.outbox.add_claimed, 1

    async def broken(*arguments: Any) -> Any:
        nonlocal times
        times -= 1
        if times >= 0:
            raise ValueError("on purpose")
        return await add(*arguments)

    monkeypatch.setattr(turns_module.outbox, "add_claimed", broken)
    assert "I'll remind you" in (await say(spine, "remind me tomorrow at 9 to call mum")).reply.text
    assert len(await states(spine)) == 1


async def test_markup_in_a_reminder_is_shown_as_it_was_written(spine: Spine) -> None:
    confirmed = await say(spine, "remind me tomorrow at 9 to read *this* <!channel> [x](http://y.example)")
    assert "*this*" not in confirmed.reply.text.replace("\\*", "")
    [kept] = await spine.column(reminder, "text")
    assert "<!channel>" in kept


# --- ringing


async def test_a_reminder_rings_on_time_with_its_buttons(tmp_path: Path, database_url: str) -> None:
    async with spine_on(settings_in(tmp_path, DATABASE_URL=database_url)) as spine:
        await say(spine, "remind me in 2 seconds to stretch")
        rung = (await spine.platform.arrived(2))[1]
        late = (spine.app.clock.now() - await due_of(spine)).total_seconds()
        assert -0.1 < late < 20  # how late on a quiet machine: bench_reminders
        assert rung.reply.text == "⏰ stretch"
        assert rung.reply.plain
        assert {choice.label for choice in rung.reply.choices} >= {"Done", "10 min", "1 h"}
        await spine.app.settled()
        assert await states(spine) == ["fired"]


async def due_of(spine: Spine) -> dt.datetime:
    async with spine.app.store.read() as tx:
        row = await tx.row(sa.select(outbox.c.due_at).where(outbox.c.reminder_id.is_not(None)))
    assert row is not None
    moment: dt.datetime = row.due_at
    return moment


async def test_done_and_done_again(spine: Spine) -> None:
    await say(spine, "remind me in 1 second to stretch")
    rung = (await spine.platform.arrived(2))[1]
    assert (await press(spine, "Done", rung)).reply.text.startswith("Done ✓")
    assert "done already" in (await press(spine, "Done", rung)).reply.text
    assert await states(spine) == ["done"]


async def test_snoozed_it_rings_again_later(spine: Spine) -> None:
    await say(spine, "remind me in 1 second to stretch")
    rung = (await spine.platform.arrived(2))[1]
    assert "Snoozed" in (await press(spine, "10 min", rung)).reply.text
    assert await states(spine) == ["active"]
    listed = await say(spine, "/reminders")
    assert "stretch" in listed.reply.text
    assert "10 min" in listed.reply.text or "9 min" in listed.reply.text


async def test_nobody_else_can_press_a_button(spine: Spine) -> None:
    confirmed = await say(spine, "remind me tomorrow at 9 to call mum", person="ann")
    assert "isn't yours" in (await press(spine, "Cancel", confirmed, person="eve")).reply.text
    assert await states(spine) == ["active"]


@pytest.mark.parametrize(
    "data",
    [
        "", "x", "reminders", "reminders:", "reminders:done", "reminders:done:", "reminders:done:abc", "reminders:done:-1",
        "reminders:done:999999", "reminders:done:9999999999999999999999", "reminders:explode:1", "reminders:done:1 OR 1=1",
        "reminders:snooze:1:99999999999", "profile:done:1", "reminders:done:１", "reminders:edit:999999",
    ],
)  # fmt: skip
async def test_a_forged_button_changes_nothing_of_anybodys(spine: Spine, data: str) -> None:
    await say(spine, "remind me tomorrow at 9 to call mum", person="ann")
    reply = await say(spine, "", "eve", kind="choice", choice=data)
    assert "no longer does anything" in reply.reply.text or "isn't yours" in reply.reply.text
    assert await states(spine) == ["active"]


async def test_edited_it_rings_at_the_new_time(spine: Spine) -> None:
    confirmed = await say(spine, "remind me tomorrow at 9 to call mum")
    assert "When should it ring instead" in (await press(spine, "Edit", confirmed)).reply.text
    assert "10:30" in (await say(spine, "tomorrow at 10:30")).reply.text
    listed = (await say(spine, "/reminders")).reply.text
    assert "10:30" in listed
    assert "09:00" not in listed


async def test_cancelled_by_its_button_it_never_rings(spine: Spine) -> None:
    confirmed = await say(spine, "remind me in 55 seconds to stretch")
    while not [one for one in await spine.column(outbox, "reminder_id") if one]:
        await asyncio.sleep(0.02)
    assert "Cancelled" in (await press(spine, "Cancel", confirmed)).reply.text
    async with spine.app.store.read() as tx:
        rows = await tx.rows(sa.select(outbox.c.state).where(outbox.c.reminder_id.is_not(None)))
    assert [row.state for row in rows] == ["cancelled"]
    assert "cancelled already" in (await press(spine, "Cancel", confirmed)).reply.text


# --- after a downtime


async def kept_from_before(folder: Path, *, ago: dt.timedelta, rule: str | None = None) -> None:
    """A reminder of Ann's that was due while nobody was running."""
    from core.clock import SystemClock

    now = SystemClock().now()
    due = (now - ago).replace(microsecond=0)
    local = due.replace(tzinfo=None).isoformat()
    store = Store(settings_in(folder).store_url)
    await migrate.upgrade(store)
    async with store.write() as tx:
        ann = await people.person_of(tx, "", "fake", Sender("ann", "Ann", zone="UTC"), now)
        new = NewReminder(ann.id, "turn:1", address("ann"), "stretch", "en", "UTC", local, due, local, rule)
        await reminders.add(tx, new, now)
    await store.aclose()


async def test_a_late_reminder_rings_at_the_start_and_says_how_late_it_is(tmp_path: Path) -> None:
    await kept_from_before(tmp_path, ago=dt.timedelta(hours=2, minutes=14))
    async with spine_on(settings_in(tmp_path)) as spine:
        [rung] = await spine.platform.arrived(1)
        assert "stretch" in rung.reply.text
        assert "2 h 14 min late" in rung.reply.text
        await spine.app.settled()
        assert await states(spine) == ["fired"]


async def test_a_repeating_one_rings_once_for_all_that_it_missed(tmp_path: Path) -> None:
    await kept_from_before(tmp_path, ago=dt.timedelta(days=3, minutes=1), rule="FREQ=DAILY")
    async with spine_on(settings_in(tmp_path)) as spine:
        await spine.platform.arrived(1)
        await spine.app.settled()
        [due] = await spine.column(reminder, "next_due")
        assert due > spine.app.clock.now()
        assert len([one for one in spine.platform.sent if "stretch" in one.reply.text]) == 1
        assert await states(spine) == ["active"]
