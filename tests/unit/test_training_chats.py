"""What is learned from conversations is only what people allowed, without their personal data."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bots._cli.data import command
from core.errors import RemoraError
from core.messages import Sender
from core.store import Store, crypto, feedback, inbox, intents, people, training
from core.store.people import TurnRecord
from core.store.tables.memory import memory_pause
from core.training.data.chats import chosen, conversations
from core.training.data.scrub import Scrubber
from tests.unit.rows import NOW, message


@pytest.fixture(autouse=True)
def _key() -> None:
    crypto.unlock(b"a key of these tests alone, 32 b")


async def said(store: Store, name: str, text: str, rating: int = 0, model: str = "m", by: str = "") -> int:
    """A turn of this person, with what they (or somebody else) thought of the answer; the person's id."""
    async with store.write() as tx:
        heard = message(text, person=name, chat=name)
        number = await inbox.add(tx, heard, NOW)
        assert number is not None
        person = await people.person_of(tx, "", "fake", heard.sender, NOW)
        session = await people.session_of(tx, person.id, heard, NOW, dt.timedelta(hours=1))
        record = TurnRecord(number, session.id, person.id, text, f"re: {text}", "chat", model, NOW)
        await people.save_turn(tx, record, None, NOW)
        turn = await feedback.rated_turn(tx, heard.address, number, "")
        assert turn is not None
        rater = await people.person_of(tx, "", "fake", Sender(by, by), NOW) if by else person
        await feedback.rate(tx, turn, rater.id, rating, NOW)
    return person.id


async def agreed(store: Store, *people: int) -> None:
    async with store.write() as tx:
        for person in people:
            await training.agree(tx, person, NOW)


async def of(store: Store, make: Any = conversations) -> list[str]:
    async with store.read() as tx:
        turns = await training.learnable(tx)
    return [" | ".join(turn.text for turn in row.turns) for row in make(turns, Scrubber())]


def judged(turns: Any, scrubber: Scrubber) -> Any:
    return chosen(turns, (), {}, scrubber)


async def test_nothing_is_learned_of_who_did_not_agree_and_an_other_can_praise_nothing(store: Store) -> None:
    await said(store, "ann", "praised", 1)
    bob = await said(store, "bob", "bad", -1)
    await said(store, "bob", "praised by another", 1, by="eve")
    assert await of(store) == []
    await agreed(store, bob)
    assert await of(store) == ["praised by another | re: praised by another"]
    assert await of(store, judged) == []


async def test_of_who_agreed_a_session_is_a_row_without_what_was_bad_and_what_was_judged_rows_by_themselves(
    store: Store,
) -> None:
    bob = await said(store, "bob", "three")
    await agreed(store, bob)
    await said(store, "bob", "four", -1)
    await said(store, "bob", "write to b@shop.example.org", 1)
    await said(store, "bob", "remind me", 1, model="")
    assert await of(store) == ["three | re: three | write to [EMAIL_1] | re: write to [EMAIL_1]"]
    assert await of(store, judged) == ["write to [EMAIL_1] | re: write to [EMAIL_1]"]


async def test_what_an_admin_would_have_replied_is_learned_instead_even_of_what_was_bad(store: Store) -> None:
    bob = await said(store, "bob", "four", -1)
    await agreed(store, bob)
    async with store.write() as tx:
        await training.correct(tx, 1, bob, "the better reply", "web:ann", NOW)
    assert await of(store, judged) == ["four | the better reply"]
    async with store.write() as tx:
        await training.correct(tx, 1, bob, "", "web:ann", NOW)
    assert await of(store) == []


async def test_a_labelled_sentence_is_learned_with_the_fixed_answer_of_its_intent(store: Store) -> None:
    ann = await said(store, "ann", "one")
    await agreed(store, ann)
    async with store.write() as tx:
        for key, language in (("hours", "en"), ("时间", "zh"), ("out", "en")):
            await intents.note_unsure(tx, "b", ann, intents.Unsure(key, key, language, "unmatched"), NOW)
        await intents.label(tx, "b", "hours", "opening")
        await intents.label(tx, "b", "时间", "opening")
        await intents.label(tx, "b", "out", "-")
        labelled = await training.labelled(tx, "b")
    rows = chosen((), labelled, {("opening", "en"): "From nine to five."}, Scrubber())
    assert [row.spoken() for row in rows] == ["hours\nFrom nine to five."]


async def test_nothing_is_learned_from_before_a_person_agreed(store: Store) -> None:
    ann = await said(store, "ann", "one", 1)
    async with store.write() as tx:
        await training.agree(tx, ann, NOW + dt.timedelta(seconds=1))
    assert await of(store) == []


@pytest.mark.parametrize("where", ["", "fake||ann", "fake||elsewhere"])
async def test_nothing_is_learned_that_was_said_while_nothing_was_to_be_remembered(store: Store, where: str) -> None:
    ann = await said(store, "ann", "one", 1)
    await agreed(store, ann)
    async with store.write() as tx:
        await tx.insert(memory_pause, {"person_id": ann, "address_key": where, "since": NOW})
    assert bool(await of(store)) == (where == "fake||elsewhere")


def test_the_verb_writes_them_and_refuses_to_write_nothing(
    tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(migrated_sqlite, tmp_path / "remora.db")
    monkeypatch.setenv("REMORA_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)

    async def fill() -> None:
        async with aclosing(Store(f"sqlite:///{tmp_path / 'remora.db'}")) as store:
            await agreed(store, await said(store, "ann", "one"))

    refused = CliRunner().invoke(command, ["from-chats", "-o", "out.jsonl"])
    assert isinstance(refused.exception, RemoraError)
    assert not Path("out.jsonl").exists()
    asyncio.run(fill())
    assert CliRunner().invoke(command, ["from-chats", "-o", "out.jsonl"]).exit_code == 0
    assert "re: one" in Path("out.jsonl").read_text()
