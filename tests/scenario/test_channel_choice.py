"""How the assistant listens in a channel is chosen there, in words or by a command, in either language."""

from __future__ import annotations

import pytest

from core.messages import Address
from core.store import modes
from core.store.modes import Mode
from tests.scenario.world import MODEL_SAYS, World

HERE = Address("fake", "T1", "team", "17.1")


async def answer(world: World, text: str, where: Address = HERE) -> str:
    await world.say(text, chat=where.chat, address=where)
    return world.heard(where.chat).reply.text


async def chosen(world: World, where: Address = HERE) -> Mode:
    async with world.store.read() as tx:
        return await modes.mode(tx, where)


@pytest.mark.parametrize(
    ("said", "mode"),
    [
        ("/channel strict", "strict"),
        ("/channel QUIET", "quiet"),
        ("only answer when you're mentioned", "strict"),
        ("Please reply here only when mentioned.", "strict"),
        ("answer quietly", "quiet"),
        ("reply only to whoever asks", "quiet"),
        ("只在提到你时回答", "strict"),
        ("请悄悄回答。", "quiet"),
    ],
)
async def test_what_is_chosen_holds_for_the_whole_channel_and_can_be_taken_back(
    world: World, said: str, mode: Mode
) -> None:
    assert await chosen(world) == "follow"
    await answer(world, said)
    assert await chosen(world, Address("fake", "T1", "team")) == mode
    assert await chosen(world, Address("fake", "T1", "other")) == "follow"
    assert await chosen(world, Address("fake", "T2", "team")) == "follow"
    await answer(world, "follow the threads")
    assert await chosen(world) == "follow"


@pytest.mark.parametrize("said", ["/channel", "/channel loudly"])
async def test_without_a_choice_it_is_told_and_nothing_changes(world: World, said: str) -> None:
    assert "take part in" in await answer(world, said)
    assert await chosen(world) == "follow"


async def test_in_private_it_is_explained(world: World) -> None:
    await world.say("/channel strict")
    assert "in a channel" in world.heard("ann").reply.text
    await world.say("answer quietly")
    assert world.heard("ann").reply.text == MODEL_SAYS


async def test_an_answer_to_what_is_hidden_is_for_its_author(world: World) -> None:
    await world.say("/help", chat="team", address=HERE, hidden=True)
    reply = world.heard("team").reply
    assert (reply.quiet, reply.only_for) == (True, "ann")
