"""Each turn keeps how it came out, without anybody's words; a take-over silences every worker."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from bots._app import running
from core import turns
from core.admin import conversations as acts
from core.admin.roles import Actor
from core.messages import ModelInfo, Sampling, Utterance
from core.store import people, tables
from core.store.admin import conversations
from core.store.admin.conversations import Filter
from core.store.tables.talks import turn_prompt
from core.trace import BEST, Trace
from tests.fakes.clock import SettableClock
from tests.fakes.platform import FakePlatform
from tests.unit.spine import settings_in, spine_on

CANARY = "zanzibar"
ANN = Actor("web:ann", "operator")


def test_a_trace_stays_small_whatever_is_noted() -> None:
    trace = Trace()
    trace.recognized("act", "classifier", [("名" * 500, 1 / 3)] * 100, 7)
    trace.asked(ModelInfo("m" * 999, "b", 1, "v" * 999), Sampling(), [Utterance("user", CANARY * 999)], 5)
    trace.given(facts=range(10**12, 10**12 + 500), passages=["9" * 20] * 500)
    trace.ms = dict.fromkeys(("waiting", "recognition", "model", "total"), 123456.7)
    kept = trace.as_json()
    assert len(kept.encode()) <= 4096
    assert CANARY not in kept
    assert len(json.loads(kept)["ranking"]) == BEST


async def test_a_turn_keeps_what_made_its_reply_and_none_of_its_words(tmp_path: Path, database_url: str) -> None:
    async with spine_on(settings_in(tmp_path, DATABASE_URL=database_url)) as spine:
        await spine.platform.ask(f"tell me about {CANARY} please")
        await spine.platform.ask("/help")
        chat, command = map(json.loads, await spine.column(tables.turn, "trace"))
        raw = await spine.column(tables.turn, "trace")
        async with spine.app.store.read() as tx:
            asked = await conversations.prompt(tx, 1)
            [sealed] = await tx.rows(sa.select(sa.cast(turn_prompt.c.prompt, sa.LargeBinary)))
    assert chat["model"] == "fake"
    assert (chat["finish"], chat["sampling"]["top_k"]) == ("stop", 40)
    assert chat["prompt_tokens"] > 5 < chat["generated"]
    assert {"waiting", "recognition", "model", "total"} <= set(chat["ms"])
    assert command["skill"] == "basics"
    assert "model" not in command
    assert CANARY not in "".join(raw)
    assert asked is not None
    assert asked[-1] == ("user", f"tell me about {CANARY} please")
    assert CANARY.encode() not in bytes(sealed[0])


async def test_what_the_model_was_asked_goes_with_the_person(tmp_path: Path, database_url: str) -> None:
    async with spine_on(settings_in(tmp_path, DATABASE_URL=database_url)) as spine:
        await spine.platform.ask("a word with you")
        async with spine.app.store.write() as tx:
            await people.forget_conversation(tx, 1)
        assert await spine.column(turn_prompt, "id") == []


async def test_two_workers_keep_quiet_while_one_of_the_team_writes(tmp_path: Path, database_url: str) -> None:
    """They share nothing but the database."""
    clock, here, there = SettableClock(), FakePlatform(), FakePlatform()
    first = settings_in(tmp_path / "a", DATABASE_URL=database_url)
    second = settings_in(tmp_path / "b", DATABASE_URL=database_url)
    async with running(first, [here]) as app, running(second, [there]):
        await here.say("hello there")
        await _total(here, there, 1)
        async with app.store.write() as tx:
            [of] = (await conversations.listed(tx, Filter())).rows
            await acts.take_over(tx, ANN, of, "asked for", clock.now(), "en")
        app.deliverer.wake()
        await _total(here, there, 2)
        for number in range(4):
            await (here if number % 2 else there).say(f"is anybody there {number}", event_id=f"e{number}")
        await app.settled()
        assert len(here.sent) + len(there.sent) == 2
        async with app.store.write() as tx:
            await acts.hand_back(tx, ANN, of, clock.now())
        app.deliverer.wake()
        await _total(here, there, 3)
        await there.say("hello again", event_id="again")
        await _total(here, there, 4)


@pytest.mark.parametrize("look", [0.005, 3_600.0])
async def test_a_reply_that_is_being_written_at_a_take_over_is_stopped_and_never_sent(
    look: float, tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whoever writes it as soon as they look; at the latest when it would be sent."""
    monkeypatch.setattr(turns, "_LED_SECONDS", look)
    async with spine_on(settings_in(tmp_path, DATABASE_URL=database_url)) as spine:
        await spine.platform.ask("hello there")
        spine.model.hold.clear()
        await spine.platform.say("tell me a long story")
        async with asyncio.timeout(60):
            while len(spine.platform.shown) < 2:
                await asyncio.sleep(0.005)
        async with spine.app.store.write() as tx:
            [of] = (await conversations.listed(tx, Filter())).rows
            await acts.take_over(tx, ANN, of, "asked for", spine.app.clock.now(), "en")
        if look > 1:
            spine.model.hold.set()
        await spine.app.settled()
        sent = await spine.platform.arrived(2)
        assert [one.cause.partition(":")[0] for one in sent] == ["turn", "lead"]
        assert (await spine.column(tables.turn, "intent"))[1] == "led"
        assert await spine.column(tables.turn, "replied") == ["You said: hello there", ""]
        async with asyncio.timeout(60):
            while len(spine.platform.shown) > 1:  # what was shown of it is taken away
                await asyncio.sleep(0.005)
        assert spine.model.closed == (look < 1)


async def _total(here: FakePlatform, there: FakePlatform, number: int) -> None:
    async with asyncio.timeout(60):
        while len(here.sent) + len(there.sent) < number:
            await asyncio.sleep(0.02)
