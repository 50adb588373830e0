"""What must not harm anybody's intents: far too much at once, names that are taken, a database that goes away."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bots._intents import editing
from core.errors import Unavailable
from core.intents import files
from core.intents.definition import Intent
from core.intents.recognition import compiled
from core.intents.releases import Editing, NotPublishable
from core.intents.slots import Situation
from core.store import Store, intents
from tests.conftest import make_settings
from tests.fakes.clock import SettableClock
from tests.unit.rows import NOW

HOURS = Intent("hours", {"en": ("when are you open", "opening times", "open today", "are you open", "till when")})
BOT = "assistant"


@pytest.fixture
def edited(store: Store) -> Editing:
    return Editing(store, SettableClock(NOW), BOT, commands=())


async def test_ten_thousand_examples_at_once_are_refused_whole_and_soon(edited: Editing) -> None:
    table = io.StringIO()
    csv.writer(table).writerows([("intent", "example"), *(("hours", f"open on day {n}") for n in range(10_000))])
    began = time.process_time()
    read = files.read(table.getvalue().encode(), "pasted.csv")
    with pytest.raises(NotPublishable, match="10000"):
        await edited.take_in(read.intents, "ann", examples_only=True, replace=False, dry=False)
    assert time.process_time() - began < 10
    assert await edited.drafts() == []


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("a.csv", "intent,example\nhours,open today\nhours," + "x" * 50_000 + "\n", 3),
        ("a.yaml", "- name: hours\n  examples:\n    en:\n    - open today\n    - " + "x" * 50_000 + "\n", 5),
        ("a.yaml", "- name: reminders\n  examples: {en: [a, b, c, d, e]}\n", 1),
        (
            "a.yaml",
            "- name: a\n  examples:\n    en:\n    - same words\n- name: b\n  examples:\n    en: [Same words!]\n",
            7,
        ),
        ("a.yaml", "- name: a\n  examples:\n    en:\n    - x\n    - book {day}\n", 5),
    ],
)
async def test_what_is_wrong_with_a_file_is_said_with_its_line(
    name: str, text: str, line: int, store: Store, tmp_path: Path
) -> None:
    read = files.read(text.encode(), name)
    product = editing(store, make_settings(tmp_path))
    found = [*read.problems, *read.placed([] if read.problems else await product.problems(read.intents))]
    assert [problem.line for problem in found if not problem.warning] == [line]


@pytest.mark.parametrize("text", ["x" * 50_000, "开" * 50_000, "a{b}" * 12_500, "(a+)+$" * 8_000, "[x]{y}" * 8_000])
def test_a_huge_sentence_as_an_example_or_a_message_takes_no_time(text: str) -> None:
    began = time.process_time()
    recognizer = compiled([HOURS, Intent("huge", {"en": (text,)})], ())
    recognizer.recognize(text, Situation(now=NOW))
    assert time.process_time() - began < 5


async def test_a_database_that_goes_away_while_publishing_leaves_what_was_in_force(
    store: Store, second_store: Store, edited: Editing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await edited.save(HOURS, "ann")
    assert (await edited.publish("first", "ann")).number == 1
    await edited.save(Intent("price", {"en": ("what does it cost", "how much", "price")}), "ann")
    really = intents.release

    async def goes_away(tx: Any, *given: Any, **more: Any) -> int | None:
        number = await really(tx, *given, **more)
        assert number == 2
        if store.url.get_backend_name() == "postgresql":
            [mine] = await tx.rows(sa.select(sa.func.pg_backend_pid()))
            async with second_store.write() as other:
                await other.rows(sa.select(sa.func.pg_terminate_backend(mine[0])))
            return number
        raise sa.exc.OperationalError("commit", {}, Exception("disk I/O error"))

    with monkeypatch.context() as patch:
        patch.setattr(intents, "release", goes_away)
        with pytest.raises(Unavailable):
            await edited.publish("second", "ann")
    async with second_store.read() as tx:
        assert await intents.live_number(tx, BOT) == 1
        assert [one.number for one in await intents.releases(tx, BOT)] == [1]
    assert (await edited.publish("second", "ann")).number == 2
