"""Threads that people begin in a private chat, what only the asker sees, what is shown while a turn is at work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core import engine as engine_module
from core import outbox as outbox_module
from core.messages import Address, Delivery, Message, Reply, ReplyEvent, Status
from core.skills.base import Outcome, Skill, Turn
from tests.fakes.platform import FakePlatform
from tests.unit.spine import Spine, settings_in, spine_on


class Watched(FakePlatform):
    """Keeps every event of what is shown meanwhile."""

    def __init__(self, *, can_look: bool = False) -> None:
        super().__init__(can_look=can_look)
        self.events: list[ReplyEvent] = []

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        async for event in events:
            self.events.append(event)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "FIRST_DELAY", 0.01)


@pytest.fixture
async def spine(tmp_path: Path) -> AsyncIterator[Spine]:
    async with spine_on(settings_in(tmp_path), Watched(can_look=True)) as spine:
        yield spine


def begins(platform: FakePlatform, text: str, *, private: bool = True) -> Message:
    """A message that is the root of its own thread."""
    message = platform.message(text, chat="ann")
    return replace(message, address=replace(message.address, thread=message.message_id), private=private)


async def answer(spine: Spine, message: Message) -> Delivery:
    before = len(spine.platform.sent)
    await spine.platform.receive(message)
    return (await spine.platform.arrived(before + 1))[before]


async def test_a_thread_that_one_begins_goes_on_with_what_was_being_said(spine: Spine) -> None:
    asked = await answer(spine, begins(spine.platform, "remind me to call mum"))
    assert "When" in asked.reply.text
    kept = await answer(spine, begins(spine.platform, "tomorrow at 5pm"))
    assert "call mum" in kept.reply.text
    assert kept.address.thread != asked.address.thread, "it is answered in its own thread"
    await answer(spine, begins(spine.platform, "what was that about?"))
    assert [line.text for line in spine.model.prompts[-1]].count("tomorrow at 5pm") == 1


async def test_in_a_channel_a_new_thread_is_a_new_matter(spine: Spine) -> None:
    await answer(spine, begins(spine.platform, "remind me to call mum", private=False))
    other = await answer(spine, begins(spine.platform, "tomorrow at 5pm", private=False))
    assert "call mum" not in other.reply.text


async def test_it_means_what_rang_in_another_thread_of_the_private_chat(spine: Spine) -> None:
    await answer(spine, begins(spine.platform, "remind me tomorrow at 5pm to call mum"))
    moved = await answer(spine, begins(spine.platform, "move it to 6pm"))
    assert "18:00" in moved.reply.text


@pytest.mark.parametrize("words", ["/timezone", "/help", "/nonsense", "quiet hours from 22:00 to 7:00", "/reminders"])
async def test_settings_and_errors_are_for_the_asker_in_a_channel(spine: Spine, words: str) -> None:
    public = await answer(spine, begins(spine.platform, words, private=False))
    assert (public.reply.quiet, public.reply.only_for) == (True, "ann")
    private = await answer(spine, begins(spine.platform, words))
    assert private.reply.only_for == ""


async def test_what_was_begun_before_is_looked_for_and_not_shown_anew(spine: Spine) -> None:
    spine.model.faults.append(RuntimeError("breaks once"))
    sent = await answer(spine, begins(spine.platform, "hello"))
    assert sent.doubtful, "a preview of the first attempt may stand somewhere"
    assert isinstance(spine.platform, Watched)
    shown = [event for event in spine.platform.events if not isinstance(event, Status)]
    assert all(getattr(event, "reply_to", "") for event in shown), "no words of the second attempt"
    assert not (await answer(spine, begins(spine.platform, "hello"))).doubtful


async def test_a_platform_that_cannot_be_asked_is_not_told_of_a_doubt(tmp_path: Path) -> None:
    async with spine_on(settings_in(tmp_path), Watched()) as spine:
        spine.model.faults.append(RuntimeError("breaks once"))
        assert not (await answer(spine, begins(spine.platform, "hello"))).doubtful


async def test_people_are_told_that_a_model_is_at_work_and_asked_whether_it_did_well(spine: Spine) -> None:
    assert isinstance(spine.platform, Watched)
    sent = await answer(spine, begins(spine.platform, "hello"))
    assert Status("is thinking…") in spine.platform.events
    assert sent.reply.rated
    sent = await answer(spine, begins(spine.platform, "/help"))
    assert not sent.reply.rated, "nobody is asked whether a list of commands was good"


async def test_people_are_told_that_a_slow_skill_is_at_work(spine: Spine, monkeypatch: pytest.MonkeyPatch) -> None:
    platform, told = spine.platform, Status("is working on it…", task=True)
    assert isinstance(platform, Watched)

    async def slowly(_turn: Turn, _found: object) -> Outcome:
        while told not in platform.events:
            await asyncio.sleep(0)
        return Outcome(Reply("done at last"))

    slow = Skill(name="slow", answer=slowly, recognize=lambda turn: turn.text == "look it up")
    monkeypatch.setattr(engine_module, "_SLOW_SECONDS", 0.01)
    monkeypatch.setattr(spine.app.turns, "_engine", replace(spine.app.engine, skills=[slow]))
    assert (await answer(spine, begins(platform, "look it up"))).reply.text == "done at last"
