"""Who is answered: closed by default, codes that let people in, what owners may do, and how much one person may write."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import access as door
from core.access import TRIES, allowed, code_in, digest, first_code, new_code
from core.messages import Address, Sender
from core.store import access, tables
from core.store.access import Place
from core.store.tables import access as tables_access
from tests.scenario.world import START, World, world_in

HELLO = "only answer people who have been let in"


@pytest.fixture
async def closed(tmp_path: Path, migrated_sqlite: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path, migrated_sqlite, REMORA_ALLOW="") as world:
        yield world


async def code_of(world: World) -> str:
    async with world.store.write() as tx:
        code = await first_code(tx, "fake", world.clock.now())
    assert code is not None
    return code


async def with_owner(world: World) -> World:
    """Ann is the owner."""
    await world.play(f"ann> {await code_of(world)}\n< you are the owner")
    return world


def invited(world: World) -> str:
    """The code in the newest answer to ann."""
    code = code_in(world._seen["ann"][-1].reply.text)
    assert code is not None
    return code


async def rows(world: World, table: sa.Table) -> list[Any]:
    async with world.store.read() as tx:
        return list(await tx.rows(sa.select(table)))


# --- strangers


async def test_a_stranger_hears_once_how_to_get_in_and_leaves_nothing_behind(closed: World) -> None:
    await closed.play(
        """
        bob> remind me in 5 minutes to run
        < only answer people who have been let in
        bob> hello?
        bob> /help
        +1h
        bob> are you there
        +6h
        bob> hello
        < only answer people who have been let in
        """
    )
    assert await rows(closed, tables.person) == []
    assert await rows(closed, tables.reminder) == []


async def test_a_stranger_is_answered_in_their_language(closed: World) -> None:
    await closed.play("wang> 你好，提醒我喝水\n< 我只回复获得许可的人")


async def test_in_a_channel_a_stranger_gets_one_short_word_for_their_eyes_only(closed: World) -> None:
    await closed.say("what can you do?", "bob", "team")
    word = closed.heard("team").reply
    assert "write to me in private" in word.text
    assert (word.quiet, word.only_for) == (True, "bob")
    await closed.play("bob#team> hey\nbob#team> hey!")


async def test_another_bot_hears_nothing(closed: World) -> None:
    from core.messages import Sender

    await closed.say("hello", "bob", sender=Sender("bob", is_bot=True))
    await closed.play("")


# --- codes


@pytest.mark.parametrize(
    "said",
    ["{}", "my code is {}.", "/start {}", "配对码是{}，谢谢", "  {}\n", "（{}）"],
)
async def test_the_first_code_makes_an_owner_whatever_stands_around_it(closed: World, said: str) -> None:
    code = await code_of(closed)
    await closed.say(said.format(code), "ann")
    assert re.search("you are the owner|你是所有者", closed.heard("ann").reply.text)
    assert [(row.account, row.role) for row in await rows(closed, tables_access.access)] == [("ann", "owner")]
    await closed.play("ann> what is the weather like\nmodel")


@pytest.mark.parametrize("change", [str.lower, lambda code: code.replace("-", ""), lambda code: code.replace("-", "—")])
async def test_a_code_may_be_typed_carelessly(closed: World, change: Any) -> None:
    await closed.play(f"ann> {change(await code_of(closed))}\n< you are the owner")


async def test_a_code_typed_with_a_chinese_keyboard_is_the_same_code() -> None:
    assert code_in("７ＫＱＸ－２ＭＲＤ") == "7KQX-2MRD"
    assert code_in("remember the word strength") is None


async def test_every_process_prints_the_same_code_until_it_is_used(closed: World) -> None:
    code = await code_of(closed)
    assert await code_of(closed) == code
    await closed.play(f"ann> {code}\n< you are the owner\nbob> {code}\n< doesn't work")
    async with closed.store.write() as tx:
        assert await first_code(tx, "fake", closed.clock.now()) is None, "there is an owner"
        await access.drop(tx, Place("fake", "", "ann"))
    assert await code_of(closed) != code


async def test_a_code_runs_out(closed: World) -> None:
    code = await code_of(closed)
    await closed.play(f"+25h\nann> {code}\n< doesn't work")
    new = await code_of(closed)
    await closed.play(f"ann> {code}\n< doesn't work\nann> {new}\n< you are the owner")


async def test_a_code_may_be_forwarded(closed: World) -> None:
    await closed.say("remind me about this", "ann", quoted=f"It is {await code_of(closed)}.")
    assert "you are the owner" in closed.heard("ann").reply.text


async def test_a_code_said_in_a_channel_lets_nobody_in(closed: World) -> None:
    await closed.play(f"bob#team> {await code_of(closed)}\n< write to me in private")
    assert await rows(closed, tables_access.access) == []


async def test_codes_cannot_be_guessed(closed: World) -> None:
    right = await code_of(closed)
    for _ in range(TRIES):
        await closed.play(f"bob> {new_code()}\n< doesn't work")
    await closed.play(
        f"bob> {new_code()}\n< too many codes\nbob> {right}\nbob> {right}\n+1h\nbob> {right}\n< the owner"
    )


async def test_many_accounts_together_cannot_guess_either(closed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "TRIES_IN_ALL", 3)
    right = await code_of(closed)
    for who in ("bob", "cas", "dan"):
        await closed.play(f"{who}> {new_code()}\n< doesn't work")
    await closed.play(f"eve> {right}\n< too many codes")


async def test_a_code_is_kept_as_its_digest_only(closed: World) -> None:
    code = await code_of(closed)
    assert [row.digest for row in await rows(closed, tables_access.access_code)] == [digest(code)]
    assert code not in str(await rows(closed, tables_access.access_code))


# --- what owners may do


async def test_an_owner_invites_and_a_member_may_not(closed: World) -> None:
    world = await with_owner(closed)
    await world.play("ann> /invite\n< lets one person in within 24 hours")
    await world.play(f"bob> 我的代码：{invited(world)}\n< 你可以使用我了\nbob> hello there\nmodel")
    await world.play("bob> /invite\n< Only an owner\nbob> /people\n< Only an owner\nbob> /remove ann\n< Only an owner")
    await world.play("ann> /people\n< Ann (fake:ann) .. owner .. Bob (fake:bob) .. member")


async def test_an_invitation_is_not_remembered_as_part_of_the_conversation(closed: World) -> None:
    world = await with_owner(closed)
    await world.say("/invite", "ann")
    code = invited(world)
    assert all(code not in row.replied for row in await rows(world, tables.turn))


async def test_codes_and_names_are_not_told_in_a_channel(closed: World) -> None:
    world = await with_owner(closed)
    await world.play("ann#team> /invite\n#team< in a private chat\nann#team> /people\n#team< in a private chat")


async def test_who_is_removed_is_silent_until_invited_again(closed: World) -> None:
    world = await with_owner(closed)
    await world.say("/invite", "ann")
    await world.say(invited(world), "bob")
    await world.say("remind me every day at 12:00 to eat", "bob")
    await world.say("/remove bob", "ann")
    for chat in ("ann", "bob"):
        world._unread[chat].clear()
    await world.play("bob> hello\nbob> /reminders\n+3d")
    states = [(row.state, row.reason) for row in await rows(world, tables.outbox) if row.reminder_id is not None]
    assert all(state == "parked" and reason == access.REMOVED for state, reason in states)
    await world.say("/invite", "ann")
    world._unread["ann"].clear()
    await world.play(f"bob> {invited(world)}\n< You're in")
    assert [row.state for row in await rows(world, tables.reminder)] == ["active"]


async def test_nobody_can_remove_the_only_owner(closed: World) -> None:
    world = await with_owner(closed)
    await world.play(
        "ann> /remove ann\n< the only owner\nann> /remove\n< Whom?\nann> /remove nemo\n< nobody called nemo"
    )


async def test_a_group_can_be_opened_and_closed_and_somebody_kept_out_of_it(closed: World) -> None:
    world = await with_owner(closed)
    await world.play(
        """
        ann> /open
        < in the group that you want to open
        ann#team> /open
        < Everybody in this group
        bob#team> what is new?
        model
        cas#team> hello
        model
        bob> hello
        < only answer people who have been let in
        ann> /remove cas
        < Cas .. can no longer use me
        """.replace("Cas .. can", "cas can")
    )
    await world.play("cas#team> hello?\nann#team> /close\n< Only invited\nbob#team> hello\n")
    assert [row.account for row in await rows(world, tables_access.access)] == ["ann", "cas"]


async def states(world: World) -> dict[str, str]:
    return {row.text: row.state for row in await rows(world, tables.reminder)}


async def test_in_a_closed_group_nothing_rings_for_who_may_not_write_there_any_more(closed: World) -> None:
    world = await with_owner(closed)
    await world.say("/invite", "ann")
    await world.play(f"< code\ncas> {invited(world)}\n< You're in\nann#team> /open\n< Everybody in this group")
    for who in ("ann", "bob", "cas"):
        await world.play(f"{who}#team> remind me every day at 12:00 to feed {who}\n< remind you")
    await world.play("bob#club> hello\n< write to me in private\nann#club> /open\n< Everybody in this group")
    await world.play("bob#club> remind me every day at 12:00 to sing\n< remind you")
    await world.play("ann#team> /close\n< Only invited people .. for one person waits")
    assert await states(world) == {"feed ann": "active", "feed bob": "parked", "feed cas": "active", "sing": "active"}
    await world.play("ann#team> /reminders\n< feed ann")
    assert (await states(world))["feed bob"] == "parked", "another's word does not let bob in"
    await world.play("ann#team> /open\n< Everybody in this group\nbob#team> /reminders\n< feed bob")
    assert (await states(world))["feed bob"] == "active"


async def test_a_workspace_is_opened_as_a_whole(closed: World) -> None:
    world = await with_owner(closed)
    await world.play("bob> hi\n< only answer")
    async with world.store.write() as tx:
        await access.put(tx, Place("fake", "T1"), "member", None, START)
        assert await access.role(tx, Place("fake", "T1", "anybody")) == "member"
        assert await access.role(tx, Place("fake", "T2", "anybody")) is None
        assert await access.role(tx, Place("fake", "", "bob")) is None


async def test_an_open_workspace_is_not_open_to_guests_from_another_one(closed: World) -> None:
    """Somebody of another organisation, in a channel that two share, is let in by name, or with the channel."""
    member, guest = (Place("fake", "T1", account, "C1") for account in ("U1", "U2"))
    async with closed.store.write() as tx:
        await access.put(tx, Place("fake", "T1"), "member", None, START)
        assert await access.role(tx, member) == "member"
        assert await access.role(tx, guest, guest=True) is None
        await access.put(tx, Place("fake", "T1", "", "C1"), "member", None, START)
        assert await access.role(tx, guest, guest=True) == "member"
        assert await access.role(tx, Place("fake", "T1", "U2", "C2"), guest=True) is None
        await access.put(tx, Place("fake", "T1", "U2"), "member", None, START)
        assert await access.role(tx, Place("fake", "T1", "U2", "C2"), guest=True) == "member"
    assert not allowed("slack:T1", Place("slack", "T1", "U2"), guest=True)
    assert allowed("slack:T1/U2", Place("slack", "T1", "U2"), guest=True)
    sender = Sender("U9", guest=True)
    await closed.say("hello", "U9", "team", sender=sender, address=Address("fake", "T1", "team"))
    assert closed.heard("team").reply.only_for == "U9", "and is told so"


@pytest.mark.parametrize(
    ("allow", "place", "expected"),
    [
        ("", Place("telegram", "", "5"), False),
        ("*", Place("telegram", "", "5"), True),
        ("telegram:5", Place("telegram", "", "5"), True),
        ("slack:T1, telegram:5", Place("telegram", "", "55"), False),
        ("telegram:5", Place("slack", "T5", "5"), False),
        ("slack:T1", Place("slack", "T1", "U9"), True),
        ("slack:T1", Place("slack", "T12", "U9"), False),
        ("slack:T1/U2", Place("slack", "T1", "U2"), True),
        ("slack:T1/U2", Place("slack", "T1", "U3"), False),
    ],
)
def test_who_is_on_the_list_of_the_settings(allow: str, place: Place, expected: bool) -> None:
    assert allowed(allow, place) is expected


async def test_who_is_put_out_is_not_written_to_on_behalf_of_others(closed: World) -> None:
    world = await with_owner(closed)
    await world.say("/invite", "ann")
    await world.play(f"< code\nbob> {invited(world)}\n< You're in")
    await world.play("ann> remind @bob tomorrow at 9 to call\nann< asked .. bob\nbob< would like")
    await world.play("ann> /remove bob\n< no longer\nann> remind @bob tomorrow at 9 to call\n< bob")
    assert [row.state for row in await rows(world, tables.reminder) if row.asked_by] == ["proposed"]


# --- how much one person may write


@pytest.fixture
async def paced(tmp_path: Path, migrated_sqlite: Path) -> AsyncIterator[World]:
    async with world_in(tmp_path, migrated_sqlite, REMORA_RATE_PER_MINUTE=20, REMORA_RATE_BURST=10) as world:
        yield world


async def flood(world: World, size: int) -> None:
    """Bob writes so many messages within a second or so."""
    moments = (START + dt.timedelta(milliseconds=n) for n in range(size))
    await asyncio.gather(*(world.platform.say("more", person="bob", sent_at=moment) for moment in moments))


async def test_a_flood_by_one_person_does_not_hold_up_another(paced: World) -> None:
    await flood(paced, 1_000)
    await paced.platform.say("hello", person="ann", sent_at=START)
    async with asyncio.timeout(60):
        while not any(one.address.chat == "ann" for one in paced.platform.sent):
            await asyncio.sleep(0.005)
    async with paced.store.read() as tx:
        left = await tx.rows(sa.select(tables.inbox.c.id).where(tables.inbox.c.state == "new"))
    assert len(left) > 500, "ann was answered while most of the flood still waited"


async def test_a_flood_is_told_once_and_then_met_with_silence(paced: World) -> None:
    await flood(paced, 60)
    await paced.settle()
    told = [one.reply.text for one in paced.platform.sent]
    assert told.count("the model answers") == 10
    assert len([text for text in told if "too quick" in text]) == 1
    assert len(told) == 11
    assert [row.note for row in await rows(paced, tables.inbox)].count("too fast") == 50, "and it is on record"


async def test_what_was_written_over_time_and_comes_at_once_is_no_flood(paced: World) -> None:
    for n in range(30):
        await paced.platform.say(f"{n}", person="bob", sent_at=START + dt.timedelta(seconds=10 * n))
    await paced.settle()
    assert not [one for one in paced.platform.sent if "too quick" in one.reply.text]
    assert len(paced.platform.sent) == 30


async def test_after_a_minute_of_silence_one_is_heard_again(paced: World) -> None:
    for n in range(12):
        await paced.platform.say(f"{n}", person="bob", sent_at=START + dt.timedelta(milliseconds=n))
    await paced.settle()
    paced._unread["bob"].clear()
    await paced.say("hello", "bob", sent_at=START + dt.timedelta(seconds=61))
    assert paced.heard("bob").reply.text == "the model answers"
