"""What a turn does beside its answer: closed chats go on, what is forgotten is gone, no claim is left behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.messages import Address, Reply, Sender
from core.reminders import closed
from core.store import Store, Tx, inbox, outbox, people, reminders, tables
from core.store.inbox import ClaimedMessage
from core.store.outbox import Planned, PutBack
from core.store.people import TurnRecord
from core.store.reminders import NewReminder
from tests.unit.rows import NOW, SECOND, message
from tests.unit.spine import Spine, settings_in, spine_on


@pytest.fixture
async def spine(tmp_path: Path) -> AsyncIterator[Spine]:
    async with spine_on(settings_in(tmp_path)) as spine:
        yield spine


async def _reminder(store: Store, where: Address) -> int:
    async with store.write() as tx:
        ann = await people.person_of(tx, where.workspace, where.platform, Sender("ann", "Ann"), NOW)
        far = NOW.replace(year=2096)
        wall = far.replace(tzinfo=None).isoformat()
        new = NewReminder(ann.id, "r", where, "call mum", "en", "UTC", wall, far, wall)
        return (await reminders.add(tx, new, NOW)).id


async def test_reminders_of_a_closed_chat_go_on_when_their_owner_writes_there(spine: Spine) -> None:
    where = Address("fake", "", "ann")
    await _reminder(spine.app.store, where)
    async with spine.app.store.write() as tx:
        await closed.close(tx, where, NOW, "blocked")
    assert await spine.column(tables.reminder, "state") == ["parked"]
    await spine.platform.say("hello", person="ann")
    await spine.app.settled()
    assert await spine.column(tables.reminder, "state") == ["active"]
    told = [one.reply.text for one in spine.platform.sent]
    assert any(text.startswith("I could not write to you") for text in told), "what could not be told is told now"


async def test_a_claim_that_is_abandoned_while_others_are_given_back_is_given_back_next(
    spine: Spine, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = spine.app.turns
    turns.drain()
    first, second = (ClaimedMessage(number, 1, 1, message("x"), NOW) for number in (901, 902))
    turns._abandoned.append(first)
    released: list[int] = []

    async def release(_tx: Tx, left: ClaimedMessage) -> None:
        released.append(left.id)

    async def claim(*_: object) -> list[ClaimedMessage]:
        if 902 not in released and second not in turns._abandoned:
            turns._abandoned.append(second)
        return []

    monkeypatch.setattr(inbox, "release", release)
    monkeypatch.setattr(inbox, "claim", claim)
    await turns._claim(1)
    await turns._claim(1)
    assert released == [901, 902]
    assert not turns._abandoned


async def test_what_is_cancelled_while_it_is_being_sent_is_not_tried_again(store: Store) -> None:
    where = Address("fake", "", "ann")
    number = await _reminder(store, where)
    ringing = Planned("reminder:1:x", where, Reply("call mum"), NOW, reminder_id=number)
    async with store.write() as tx:
        await outbox.add(tx, ringing, NOW)
        [claimed] = await outbox.claim(tx, "w", ["fake"], NOW, 10)
        assert await outbox.cancel_planned(tx, number, NOW) == 0, "it is on its way"
        await outbox.put_back(tx, [PutBack(claimed, NOW + SECOND, "no answer", tried=True)])
        assert await outbox.claim(tx, "w", ["fake"], NOW + 2 * SECOND, 10) == []


async def test_forgetting_takes_the_words_of_others_that_one_replied_to(store: Store) -> None:
    said = replace(message("what is this?"), quoted="the plan of Monday", link="https://chat.example/c/77")
    async with store.write() as tx:
        ann = await people.person_of(tx, "", "fake", Sender("ann", "Ann"), NOW)
        await inbox.add(tx, said, NOW)
        [claimed] = await inbox.claim(tx, "w", ["fake"], NOW, 1)
        session = await people.session_of(tx, ann.id, said, NOW, SECOND)
        await inbox.finish(tx, claimed, NOW)
        record = TurnRecord(claimed.id, session.id, ann.id, said.text, "a plan", "chat", "fake", NOW)
        await people.save_turn(tx, record, None, NOW)
        await people.forget_conversation(tx, ann.id)
        [row] = await tx.rows(sa.select(tables.inbox.c.message))
    assert "Monday" not in str(row.message)
    assert "example" not in str(row.message)


async def test_an_error_of_the_database_holds_nobodys_words(store: Store) -> None:
    async def spoil() -> None:
        async with store.write() as tx:
            person = {"name": "my secret is 1234", "created_at": NOW, "feed_key": "same"}
            await tx.insert(tables.person, person)
            await tx.insert(tables.person, person)

    with pytest.raises(sa.exc.IntegrityError) as failed:
        await spoil()
    assert "1234" not in str(failed.value)
