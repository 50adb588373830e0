"""What a reply tells platforms besides its words: the moments in it, whether it settles a button, what may be sent back."""

from __future__ import annotations

import datetime as dt

from core.store.codec import reply_from_json, reply_to_json
from tests.scenario.world import World


async def test_a_confirmation_names_its_moment_for_readers_in_other_zones(world: World) -> None:
    await world.say("remind me on friday at 9am to post the letter")
    await world.settle()
    reply = world.heard("ann").reply
    (moment,) = reply.moments
    assert moment.text in reply.text
    assert moment.at == dt.datetime(2026, 11, 27, 8, 0, tzinfo=dt.UTC), "nine in Paris"
    assert reply_from_json(reply_to_json(reply)) == reply


async def test_a_list_names_every_moment_once(world: World) -> None:
    for task in ("post the letter", "call mum"):
        await world.say(f"remind me on friday at 9am to {task}")
        await world.settle()
        world.heard("ann")
    await world.say("remind me at 18:00 to water the plants")
    await world.say("my reminders")
    await world.settle()
    world.heard("ann")
    moments = world.heard("ann").reply.moments
    assert [moment.at.day for moment in moments] == [25, 27]


async def test_words_of_the_model_have_no_moments(world: World) -> None:
    await world.say("tell me about the sea")
    await world.settle()
    assert world.heard("ann").reply.moments == ()


async def test_only_a_button_that_had_its_effect_is_settled(world: World) -> None:
    await world.say("remind me in 10 minutes to stretch")
    await world.settle()
    world.heard("ann")
    await world.forward(dt.timedelta(minutes=10))
    world.heard("ann")
    settled = {}
    for label in ("Later …", "Edit", "Done"):
        await world.press(world.button("ann", label))
        await world.settle()
        settled[label] = world.heard("ann").reply.settles
    assert settled == {"Later …": False, "Edit": False, "Done": True}
