"""People, sessions and reminders as rows: each person's apart from every other's; on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
import sqlalchemy as sa

from core.messages import Choice, Receipt, Reply, Sender
from core.store import Store, Tx, inbox, outbox, people, planning, reminders
from core.store.outbox import Planned
from core.store.people import Person, TurnRecord
from core.store.reminders import NewReminder, Reminder
from core.store.tables import account as account_table
from core.store.tables import inbox as inbox_table
from core.store.tables import outbox as outbox_table
from core.store.tables import person as person_table
from core.store.tables import session as session_table
from core.store.tables import turn as turn_table
from tests.unit.rows import NOW, SECOND, address, message, planned

SILENCE = dt.timedelta(hours=4)
MINUTE = dt.timedelta(minutes=1)


async def who(
    store: Store, name: str = "ann", *, zone: str | None = None, workspace: str = "", platform: str = "fake"
) -> Person:
    async with store.write() as tx:
        return await people.person_of(tx, workspace, platform, Sender(name, name.capitalize(), zone=zone), NOW)


async def talk(tx: Tx, person: Person, text: str, now: dt.datetime = NOW, *, chat: str = "c1") -> TurnRecord:
    """One finished turn with its rows in both queues, as the engine leaves them."""
    said = message(text, chat=chat)
    await inbox.add(tx, said, now)
    claimed = (await inbox.claim(tx, "w", ["fake"], now, 100))[-1]
    session = await people.session_of(tx, person.id, said, now, SILENCE)
    record = TurnRecord(claimed.id, session.id, person.id, text, f"re: {text}", "chat", "fake", now)
    await inbox.finish(tx, claimed, now)
    await people.save_turn(tx, record, None, now)
    plan = Planned(
        f"turn:{claimed.id}", said.address, Reply(record.replied, (Choice("a", "b"),)), now, person_id=person.id
    )
    delivery = await outbox.add_claimed(tx, plan, "w", now)
    assert delivery is not None
    await outbox.record(tx, [(delivery, Receipt(("m",)))], now)
    return record


async def count(store: Store, table: sa.Table) -> int:
    async with store.read() as tx:
        row = await tx.row(sa.select(sa.func.count()).select_from(table))
    assert row is not None
    return int(row[0])


# --- people


async def test_an_account_is_one_person_however_often_they_write(store: Store) -> None:
    first, again = await who(store), await who(store)
    assert first == again
    assert first.name == "Ann"


async def test_the_same_account_id_elsewhere_is_somebody_else(store: Store) -> None:
    persons = {
        (await who(store)).id, (await who(store, workspace="T2")).id, (await who(store, platform="other")).id,
        (await who(store, "bob")).id,
    }  # fmt: skip
    assert len(persons) == 4


async def test_a_first_message_twice_at_once_makes_one_person(store: Store, second_store: Store) -> None:
    for number in range(8):
        made = await asyncio.gather(*(who(through, f"p{number}") for through in (store, second_store) * 3))
        assert len({person.id for person in made}) == 1
    assert await count(store, person_table) == await count(store, account_table) == 8


async def test_the_platforms_zone_is_kept_up_to_date(store: Store) -> None:
    assert (await who(store)).zone is None
    assert (await who(store, zone="Europe/Paris")).zone == "Europe/Paris"
    assert (await who(store, zone="Asia/Tokyo")).zone == "Asia/Tokyo"
    assert (await who(store)).zone == "Asia/Tokyo", "silence of the platform takes nothing away"


async def test_a_zone_of_ones_own_beats_the_platforms(store: Store) -> None:
    person = await who(store, zone="Europe/Paris")
    async with store.write() as tx:
        await people.set_zone(tx, person.id, "America/New_York")
    assert (await who(store, zone="Asia/Tokyo")).zone == "America/New_York"


async def test_a_language_is_kept_until_it_is_taken_back(store: Store) -> None:
    person = await who(store)
    async with store.write() as tx:
        await people.set_language(tx, person.id, "zh")
    assert (await who(store)).language == "zh"
    async with store.write() as tx:
        await people.set_language(tx, person.id, None)
        assert (await people.get(tx, person.id)).language is None


async def test_an_unknown_person_is_an_error(store: Store) -> None:
    with pytest.raises(LookupError):
        async with store.read() as tx:
            await people.get(tx, 4711)


@pytest.mark.parametrize(
    "name", ["", "x" * 10_000, "Ann\x00Nul", "\ud800", "名前 🎉 \u202eevil", "'; DROP TABLE person; --"]
)
async def test_any_name_a_platform_gives_can_be_kept(store: Store, name: str) -> None:
    async with store.write() as tx:
        person = await people.person_of(tx, "", "fake", Sender("odd", name), NOW)
        assert person.id > 0


# --- sessions and turns


async def test_a_session_ends_by_silence(store: Store) -> None:
    person = await who(store)
    async with store.write() as tx:
        first = await talk(tx, person, "one", NOW)
        still = await talk(tx, person, "two", NOW + SILENCE)
        later = await talk(tx, person, "three", NOW + 2 * SILENCE + SECOND)
    assert first.session_id == still.session_id != later.session_id


async def test_a_session_belongs_to_one_person_at_one_address(store: Store) -> None:
    ann, bob = await who(store), await who(store, "bob")
    async with store.write() as tx:
        sessions = {
            (await talk(tx, ann, "hi")).session_id,
            (await talk(tx, ann, "hi", chat="c2")).session_id,
            (await talk(tx, bob, "hi")).session_id,
        }
    assert len(sessions) == 3


async def test_a_new_session_starts_empty_and_is_the_running_one(store: Store) -> None:
    person = await who(store)
    async with store.write() as tx:
        await talk(tx, person, "before")
        fresh = await people.new_session(tx, person.id, address().key(), NOW + SECOND)
        assert await people.history(tx, fresh.id, 10) == []
        found = await people.session_of(tx, person.id, message("x"), NOW + SECOND, SILENCE)
        assert found.id == fresh.id


async def test_history_is_the_newest_turns_oldest_first(store: Store) -> None:
    person = await who(store)
    async with store.write() as tx:
        for number in range(6):
            record = await talk(tx, person, str(number), NOW + number * SECOND)
        past = await people.history(tx, record.session_id, 3)
    assert [(turn.said, turn.replied) for turn in past] == [(n, f"re: {n}") for n in ("3", "4", "5")]


async def test_the_open_question_is_kept_and_replaced(store: Store) -> None:
    person = await who(store)
    asked = {"skill": "reminders", "step": "when", "task": "买牛奶 🥛", "deep": {"list": [1, None, "x"]}}
    async with store.write() as tx:
        first = await talk(tx, person, "one")
        await tx.run(sa.update(session_table).values(pending=asked))
        found = await people.session_of(tx, person.id, message("x"), NOW, SILENCE)
        assert found.pending == asked
        second = await talk(tx, person, "two")
        assert first.session_id == second.session_id
        assert (await people.session_of(tx, person.id, message("x"), NOW, SILENCE)).pending is None


async def test_one_message_makes_one_turn(store: Store) -> None:
    person = await who(store)
    async with store.write() as tx:
        record = await talk(tx, person, "one")
    with pytest.raises(sa.exc.IntegrityError):
        async with store.write() as tx:
            await people.save_turn(tx, record, None, NOW)
    assert await count(store, turn_table) == 1


async def test_forgetting_deletes_ones_own_words_and_nobody_elses(store: Store) -> None:
    ann, bob = await who(store), await who(store, "bob")
    async with store.write() as tx:
        await talk(tx, ann, "my secret is 1234")
        await talk(tx, ann, "and 5678", chat="c2")
        await talk(tx, bob, "bob's words")
        await outbox.add(tx, planned("reminder:1", "not yet sent", chat="c9", person_id=ann.id), NOW)
    async with store.write() as tx:
        assert await people.forget_conversation(tx, ann.id) == 2
    whole = await everything(store)
    for gone in ("1234", "5678"):
        assert gone not in whole
    assert whole.count("bob's words") == 4, "the message, the turn twice, and the reply"
    assert "not yet sent" in whole
    async with store.write() as tx:
        assert await people.forget_conversation(tx, ann.id) == 0
        assert (await people.get(tx, ann.id)).name == "Ann"


async def everything(store: Store) -> str:
    rows: list[str] = []
    async with store.read() as tx:
        for table in (inbox_table, outbox_table, turn_table, session_table):
            rows += [str(tuple(row)) for row in await tx.rows(sa.select(table))]
    return "\n".join(rows)


async def test_forgetting_takes_what_got_no_answer_and_what_owners_were_told(store: Store) -> None:
    """An edit that changed nothing, a message too many within a minute; and words that were handed over."""
    ann, bob = await who(store), await who(store, "bob")
    async with store.write() as tx:
        turns = {person.name: (await talk(tx, person, f"a word of {person.name}")).inbox_id for person in (ann, bob)}
        for person in ("ann", "bob"):
            await inbox.add(tx, message(f"unanswered {person}", person=person), NOW)
        for one in await inbox.claim(tx, "w", ["fake"], NOW, 100):
            await inbox.finish(tx, one, NOW, "too fast")
        for name, number in turns.items():
            await outbox.add(tx, planned(f"handover:{number}:9", f"{name} wants a person", chat="owner"), NOW)
        await tx.run(sa.update(inbox_table).values(state="done"))
        await tx.run(sa.update(outbox_table).values(state="sent"))
        await people.forget_conversation(tx, ann.id)
        said = [row.message["text"] for row in await tx.rows(sa.select(inbox_table.c.message))]
        told = [row.reply["text"] for row in await tx.rows(sa.select(outbox_table.c.reply))]
    assert [text for text in said if "unanswered" in text] == ["unanswered bob"]
    assert [text for text in told if "wants" in text] == ["Bob wants a person"]


async def test_forgetting_keeps_reminders_and_what_they_said(store: Store) -> None:
    ann = await who(store)
    kept = await remember(store, ann)
    async with store.write() as tx:
        await outbox.add(tx, planned("reminder:1", "⏰ call mum", person_id=ann.id, reminder_id=kept.id), NOW)
        [delivery] = await outbox.claim(tx, "w", ["fake"], NOW, 10)
        await outbox.record(tx, [(delivery, Receipt(("m",)))], NOW)
        await people.forget_conversation(tx, ann.id)
        assert await reminders.count_open(tx, ann.id) == 1
    assert "⏰ call mum" in await everything(store)


async def test_a_transcript_holds_both_sides_and_the_reminders_in_order(store: Store) -> None:
    ann = await who(store)
    kept = await remember(store, ann)
    async with store.write() as tx:
        await talk(tx, ann, "one", NOW)
        await outbox.add(
            tx, planned("r", "⏰ call mum", due_at=NOW + SECOND, person_id=ann.id, reminder_id=kept.id), NOW
        )
        [delivery] = await outbox.claim(tx, "w", ["fake"], NOW + SECOND, 10)
        await outbox.record(tx, [(delivery, Receipt(("m",)))], NOW + SECOND)
        await talk(tx, ann, "two", NOW + 2 * SECOND)
        await talk(tx, ann, "elsewhere", NOW, chat="c2")
        lines = await people.transcript(tx, address().key(), 50)
    assert [(line.role, line.text) for line in lines] == [
        ("user", "one"), ("assistant", "re: one"), ("assistant", "⏰ call mum"), ("user", "two"), ("assistant", "re: two"),
    ]  # fmt: skip


# --- reminders


async def remember(
    store: Store, person: Person, text: str = "call mum", *, cause: str = "turn:900", due: dt.datetime = NOW + MINUTE
) -> Reminder:
    async with store.write() as tx:
        new = NewReminder(
            person.id, cause, address(), text, "en", "Europe/Paris", "2026-03-02T09:00:00", due, "2026-03-02T09:00:00"
        )
        return await reminders.add(tx, new, NOW)


async def test_the_same_turn_makes_one_reminder(store: Store) -> None:
    ann = await who(store)
    first, again = await remember(store, ann), await remember(store, ann, "something else")
    assert first == again
    assert again.text == "call mum"


async def test_a_reminder_is_seen_by_its_owner_alone(store: Store) -> None:
    ann, bob = await who(store), await who(store, "bob")
    kept = await remember(store, ann)
    async with store.read() as tx:
        assert await reminders.get(tx, kept.id, ann.id) == kept
        assert await reminders.get(tx, kept.id, bob.id) is None
        assert await reminders.open_of(tx, bob.id) == []
        assert await reminders.count_open(tx, bob.id) == 0


async def due(tx: Tx, limit: int) -> list[int]:
    found, broken = await planning.due(tx, NOW + MINUTE, limit)
    assert broken == []
    return [one.reminder.id for one in found]


async def test_due_reminders_are_those_that_are_active_and_near_the_earliest_first(store: Store) -> None:
    ann = await who(store)
    late = await remember(store, ann, "b", cause="b", due=NOW + 20 * SECOND)
    early = await remember(store, ann, "a", cause="a", due=NOW + 10 * SECOND)
    await remember(store, ann, "far", cause="far", due=NOW + 2 * MINUTE)
    stopped = await remember(store, ann, "paused", cause="p", due=NOW)
    gone = await remember(store, ann, "cancelled", cause="c", due=NOW)
    async with store.write() as tx:
        await reminders.set_state(tx, stopped.id, "paused", NOW)
        await reminders.set_state(tx, gone.id, "cancelled", NOW)
        assert await due(tx, 10) == [early.id, late.id]
        assert await due(tx, 1) == [early.id]
        await reminders.advance(tx, early.id, None, None)
        await reminders.advance(tx, late.id, NOW + dt.timedelta(days=1), "2026-03-03T09:00:00")
        assert await due(tx, 10) == []


async def test_two_planners_at_once_plan_a_reminder_once(store: Store, second_store: Store) -> None:
    ann = await who(store)
    for number in range(20):
        await remember(store, ann, cause=f"c{number}", due=NOW)

    async def plan(through: Store) -> list[int]:
        async with through.write() as tx:
            taken = await due(tx, 7)
            for one in taken:
                await reminders.advance(tx, one, None, None)
        return taken

    taken = [number for mine in await asyncio.gather(*(plan(s) for s in (store, second_store) * 3)) for number in mine]
    assert len(taken) == len(set(taken)) == 20


async def test_a_list_shows_also_what_is_planned_already_in_the_order_it_rings(store: Store) -> None:
    ann = await who(store)
    second = await remember(store, ann, "second", cause="b", due=NOW + 30 * SECOND)
    first = await remember(store, ann, "first", cause="a", due=NOW + 20 * SECOND)
    async with store.write() as tx:
        await outbox.add(tx, planned("r", due_at=first.next_due or NOW, reminder_id=first.id), NOW)
        await reminders.advance(tx, first.id, None, None)
        listed = await reminders.open_of(tx, ann.id)
    assert [(one.id, one.rings) for one in listed] == [
        (first.id, NOW + 20 * SECOND),
        (second.id, NOW + 30 * SECOND),
    ]


async def test_what_has_rung_is_cancelled_or_done_is_not_listed(store: Store) -> None:
    ann = await who(store)
    for state in ("fired", "done", "cancelled", "paused", "active"):
        kept = await remember(store, ann, state, cause=state)
        async with store.write() as tx:
            await reminders.set_state(tx, kept.id, state, NOW)  # type: ignore[arg-type]  # each of them is a state
    async with store.read() as tx:
        assert [one.text for one in await reminders.open_of(tx, ann.id)] == ["paused", "active"]
        assert await reminders.count_open(tx, ann.id) == 2
        assert len(await reminders.open_of(tx, ann.id, 1)) == 1


async def test_a_moved_reminder_is_active_again_at_its_new_time(store: Store) -> None:
    ann = await who(store)
    kept = await remember(store, ann)
    local = dt.datetime(2026, 4, 1, 8)
    async with store.write() as tx:
        await reminders.set_state(tx, kept.id, "fired", NOW)
        await reminders.reschedule(
            tx,
            kept.id,
            due=NOW + MINUTE,
            local=local.isoformat(),
            starts_local=local.isoformat(),
            rule="FREQ=DAILY",
            zone="Asia/Tokyo",
            absolute=False,
            now=NOW,
        )
        moved = await reminders.get(tx, kept.id, ann.id)
    assert moved is not None
    assert (moved.state, moved.next_due, moved.rule, moved.zone) == ("active", NOW + MINUTE, "FREQ=DAILY", "Asia/Tokyo")


async def test_moments_keep_their_microseconds_and_come_back_in_utc(store: Store) -> None:
    ann = await who(store)
    due = dt.datetime(2026, 3, 1, 14, 0, 0, 123456, dt.timezone(dt.timedelta(hours=2)))
    kept = await remember(store, ann, due=due)
    assert kept.next_due == due
    assert kept.next_due is not None
    assert kept.next_due.tzinfo is dt.UTC


async def test_a_state_that_does_not_exist_is_refused(store: Store) -> None:
    ann = await who(store)
    kept = await remember(store, ann)
    with pytest.raises(sa.exc.IntegrityError):
        async with store.write() as tx:
            await reminders.set_state(tx, kept.id, "sleeping", NOW)  # type: ignore[arg-type]  # that is the point
