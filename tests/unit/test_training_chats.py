"""What is learned from conversations is only what people allowed, without their personal data."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from contextlib import aclosing
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots._cli.data import command
from core.errors import RemoraError
from core.messages import Sender
from core.store import Store, feedback, inbox, people
from core.store.people import TurnRecord
from core.store.tables.memory import memory_pause
from core.store.training import learnable
from core.training.data.chats import conversations
from core.training.data.scrub import Scrubber
from tests.unit.rows import NOW, message


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


async def of(store: Store, *consented: int) -> list[str]:
    async with store.read() as tx:
        turns = await learnable(tx, consented)
    rows = conversations(turns, consented, Scrubber())
    return [" | ".join(turn.text for turn in row.turns) for row in rows]


async def test_nothing_is_learned_that_nobody_praised_or_agreed_to(store: Store) -> None:
    await said(store, "ann", "plain")
    await said(store, "ann", "bad", -1)
    await said(store, "bob", "praised by another", 1, by="eve")
    assert await of(store) == []


async def test_a_praised_answer_is_learned_alone_and_of_who_agreed_the_session_without_what_was_bad(
    store: Store,
) -> None:
    await said(store, "ann", "one")
    await said(store, "ann", "two", 1)
    bob = await said(store, "bob", "three")
    await said(store, "bob", "four", -1)
    await said(store, "bob", "write to b@shop.example.org", 1)
    await said(store, "bob", "remind me", 1, model="")
    assert await of(store, bob) == [
        "two | re: two",
        "three | re: three | write to [EMAIL_1] | re: write to [EMAIL_1]",
    ]


@pytest.mark.parametrize("where", ["", "fake||ann", "fake||elsewhere"])
async def test_nothing_is_learned_that_was_said_while_nothing_was_to_be_remembered(store: Store, where: str) -> None:
    ann = await said(store, "ann", "one", 1)
    async with store.write() as tx:
        await tx.insert(memory_pause, {"person_id": ann, "address_key": where, "since": NOW})
    assert bool(await of(store, ann)) == (where == "fake||elsewhere")


async def test_a_row_names_whose_words_it_holds(store: Store) -> None:
    ann = await said(store, "ann", "one", 1)
    async with store.read() as tx:
        (row,) = conversations(await learnable(tx, ()), (), Scrubber())
    assert row.meta["person"] == ann


def test_the_verb_writes_them_and_refuses_to_write_nothing(
    tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copyfile(migrated_sqlite, tmp_path / "remora.db")
    monkeypatch.setenv("REMORA_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)

    async def fill() -> None:
        async with aclosing(Store(f"sqlite:///{tmp_path / 'remora.db'}")) as store:
            await said(store, "ann", "one", 1)

    refused = CliRunner().invoke(command, ["from-chats", "-o", "out.jsonl"])
    assert isinstance(refused.exception, RemoraError)
    assert not Path("out.jsonl").exists()
    asyncio.run(fill())
    assert CliRunner().invoke(command, ["from-chats", "-o", "out.jsonl"]).exit_code == 0
    assert "re: one" in Path("out.jsonl").read_text()
    unknown = CliRunner().invoke(command, ["from-chats", "-o", "out.jsonl", "--consented", "zoe"])
    assert isinstance(unknown.exception, RemoraError)
