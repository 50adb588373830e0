"""One of the team writes in the assistant's place: the assistant keeps quiet, commands and reminders go on, the person knows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import sqlalchemy as sa

from core.admin import conversations as acts
from core.admin import reveal
from core.admin.accounts import remove, set_disabled
from core.admin.roles import Actor, Denied
from core.store import tables
from core.store.admin import accounts, audit, conversations
from core.store.admin.conversations import Conversation, Filter
from tests.scenario.world import World

ANN, BOB, OWNER = Actor("web:ann", "operator"), Actor("web:bob", "operator"), Actor("web:olga", "owner")


async def newest(world: World) -> Conversation:
    async with world.store.read() as tx:
        return (await conversations.listed(tx, Filter())).rows[0]


async def take(world: World, actor: Actor = ANN) -> bool:
    of = await newest(world)
    async with world.store.write() as tx:
        taken = await acts.take_over(tx, actor, of, "they asked for a human", world.clock.now(), "en")
    await world.settle()
    return taken is not None


async def write(world: World, actor: Actor, words: str) -> None:
    of = await newest(world)
    async with world.store.write() as tx:
        await acts.write(tx, actor, of, words, world.clock.now())
    await world.settle()


async def hand_back(world: World, actor: Actor) -> None:
    of = await newest(world)
    async with world.store.write() as tx:
        await acts.hand_back(tx, actor, of, world.clock.now())
    await world.settle()


async def test_the_assistant_keeps_quiet_and_commands_and_reminders_go_on(world: World) -> None:
    await world.play("zoe> hello there friend\nmodel")
    assert await take(world)
    await world.play("""
        zoe< ann, one of the people who run me .. /privacy
        zoe> can somebody help me with my bill?
        zoe> remind me in 10 minutes to call the bank
        zoe< call the bank
        zoe> /reminders
        zoe< call the bank
        +10m
        zoe< call the bank
    """)
    await write(world, ANN, "Yes, I look at it. <b>*now*</b>")
    await world.play("zoe< ann (team): Yes, I look at it. <b>*now*</b>\nzoe> thanks a lot")
    await hand_back(world, ANN)
    await world.play("""
        zoe< I am answering here again
        zoe> how are you today?
        model
        zoe> /privacy
        zoe< ann** left the conversation .. ann** read and wrote here in my place. Reason: they asked for a human
    """)
    async with world.store.read() as tx:
        rows = await tx.rows(sa.select(tables.turn.c.said, tables.turn.c.replied).where(tables.turn.c.intent == "led"))
    assert [tuple(row) for row in rows] == [("can somebody help me with my bill?", ""), ("thanks a lot", "")]


async def test_what_the_team_answered_is_known_to_the_assistant_later(world: World) -> None:
    await world.play("zoe> hello there friend\nmodel")
    await take(world)
    await world.play("zoe< ann, one of\nzoe> where is my parcel?")
    await write(world, ANN, "It is in Lyon.")
    await world.play("zoe< It is in Lyon.")
    async with world.store.read() as tx:
        [row] = await tx.rows(sa.select(tables.turn.c.replied).where(tables.turn.c.intent == "led"))
    assert row.replied == "It is in Lyon."


async def test_one_holds_it_and_the_other_sees_who(world: World) -> None:
    await world.play("zoe> hello there friend\nmodel")
    assert await take(world)
    assert not await take(world, BOB)
    assert (await newest(world)).held_by == "web:ann"
    for work in (write(world, BOB, "me too"), hand_back(world, BOB)):
        with pytest.raises(Denied, match="ann holds this conversation"):
            await work
    await hand_back(world, OWNER)
    await world.play("zoe< ann, one of\nzoe< I am answering here again")
    with pytest.raises(Denied, match="Nobody holds"):
        await write(world, ANN, "late")


async def test_it_belongs_to_the_account_whatever_it_is_called_now(world: World) -> None:
    await world.play("zoe> hello there friend\nmodel")
    async with world.store.write() as tx:
        ann = await accounts.add(tx, "ann", "operator", world.clock.now())
        assert ann is not None
    assert await take(world, replace(ANN, admin_id=ann.id))
    async with world.store.write() as tx:
        await accounts.change(tx, ann.id, name="anna")
        other = await accounts.add(tx, "ann", "operator", world.clock.now())
        assert other is not None
    assert (await newest(world)).held_by == "web:anna"
    for stranger in (ANN, replace(ANN, admin_id=other.id)):
        with pytest.raises(Denied, match="anna holds this conversation"):
            await write(world, stranger, "me too")
    await write(world, Actor("web:anna", "operator", admin_id=ann.id), "It is me.")
    await world.play("zoe< ann, one of\nzoe< anna (team): It is me.")


@pytest.mark.parametrize("thrown_out", [partial(set_disabled, disabled=True), remove])
async def test_who_is_thrown_out_holds_nothing_any_more(world: World, thrown_out: Any) -> None:
    await world.play("zoe> hello there friend\nmodel")
    async with world.store.write() as tx:
        ann = await accounts.add(tx, "ann", "operator", world.clock.now())
        await accounts.add(tx, "olga", "owner", world.clock.now())
        assert ann is not None
    assert await take(world, replace(ANN, admin_id=ann.id))
    async with world.store.write() as tx:
        await thrown_out(tx, OWNER, ann.id, now=world.clock.now())
    await acts.ending(world.store, world.clock, world.deliverer.wake)()
    await world.settle()
    await world.play("zoe< ann, one of\nzoe< I am answering here again\nzoe> are you there?\nmodel")


async def test_it_ends_by_itself_and_the_person_is_told_in_their_language(world: World) -> None:
    await world.play("li> 你好，今天天气怎么样啊\nmodel")
    assert await take(world)
    await world.play("li< ann 会在这里阅读和回复\nli> 有人吗")
    tick = acts.ending(world.store, world.clock, world.deliverer.wake)
    await world.forward(dt.timedelta(hours=acts.HOURS, minutes=-1))
    await tick()
    await world.play("li> 还在吗\n+1m")
    await tick()
    await world.settle()
    await world.play("li< 现在又由我来回答\nli> 谢谢你的帮助\nmodel")
    async with world.store.read() as tx:
        assert [(one.who, one.verb) for one in await audit.entries(tx, verb="conversation.")] == [
            ("remora", "conversation.hand_back"), ("web:ann", "conversation.take_over"),
        ]  # fmt: skip


async def test_it_covers_a_private_chat_whole_and_elsewhere_one_person_at_one_place(world: World) -> None:
    await world.play("zoe#team> what is the capital of France today\n#team< ")
    await take(world)
    await world.play(
        "#team< ann, one of\nzoe#team> hello?\nmax#team> what is the capital of Spain today\n#team< \nzoe> hi there friend\nmodel"
    )


async def test_nobody_takes_over_without_a_reason_or_the_role(world: World) -> None:
    await world.play("zoe> hello there friend\nmodel")
    of, now = await newest(world), world.clock.now()
    async with world.store.write() as tx:
        with pytest.raises(Denied, match="A reason is needed"):
            await acts.take_over(tx, ANN, of, " \n ", now, "en")
        for role in ("viewer", "editor"):
            actor = Actor("web:eve", role)  # type: ignore[arg-type]  # one of the roles
            for work in (
                acts.take_over(tx, actor, of, "curious", now, "en"), acts.hand_back(tx, actor, of, now),
                acts.delete(tx, actor, of, now), acts.export(tx, actor, of, "curious", now),
                acts.note(tx, actor, of, None, "x", now), acts.to_be_labelled(tx, actor, of, 1, "b", now),
                reveal.noted(tx, actor, "text.reveal", "conversation:1", of.person_id, "curious", now),
            ):  # fmt: skip
                with pytest.raises(Exception, match="does not allow"):
                    await work
    async with world.store.read() as tx:
        assert await audit.entries(tx) == []
