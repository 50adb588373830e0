"""`/admin` in a private chat: a link for whom an account belongs to, and for nobody else."""

from __future__ import annotations

import re

import pytest

from core.admin import accounts, signin
from core.admin.roles import Actor
from core.store import tables
from core.store.admin import accounts as kept
from tests.scenario.test_access import closed, rows, with_owner
from tests.scenario.world import World

__all__ = ["closed"]
LINK = re.compile(r"http://127\.0\.0\.1:8080/admin/enter#([\w-]{43})")


def link_in(world: World, who: str = "ann") -> str:
    found = LINK.search(world.heard(who).reply.text)
    assert found is not None
    return found[1]


async def test_an_owner_in_the_chats_gets_an_account_and_a_link_that_is_not_remembered(closed: World) -> None:
    world = await with_owner(closed)
    await world.say("/admin", "ann")
    secret = link_in(world)
    assert all(secret not in row.replied for row in await rows(world, tables.turn))
    async with world.store.write() as tx:
        found = await signin.redeem(tx, secret, world.clock.now())
        assert found is not None
        assert (found[0].name, found[0].role) == ("Ann", "owner")
        assert await signin.redeem(tx, secret, world.clock.now()) is None
    await world.say("/admin", "ann")
    async with world.store.read() as tx:
        assert len(await kept.listed(tx)) == 1, "the same account again"


async def test_in_a_channel_nothing_is_told(closed: World) -> None:
    world = await with_owner(closed)
    await world.say("/admin", "ann", "team")
    reply = world.heard("team").reply
    assert "in a private chat" in reply.text
    assert "#" not in reply.text


async def test_a_member_links_their_account_by_the_code_of_its_page(world: World) -> None:
    async with world.store.write() as tx:
        account, _ = await accounts.create(tx, Actor("cli:root", "owner"), "eve", "editor", world.clock.now())
        code = await accounts.chat_code(tx, account, world.clock.now())
    await world.play(
        f"""
        bob> /admin
        < No admin account belongs to you
        bob> /admin 0123456789abcdef0123
        < unknown, used or too old
        bob> /admin {code}
        < belongs to the admin account eve
        mia> /admin {code}
        < unknown, used or too old
        """
    )
    await world.say("/admin", "bob")
    async with world.store.write() as tx:
        found = await signin.redeem(tx, link_in(world, "bob"), world.clock.now())
    assert found is not None
    assert (found[0].name, found[0].role) == ("eve", "editor")


@pytest.mark.parametrize("how", ["removed", "disabled"])
async def test_an_owner_whose_account_was_taken_away_does_not_get_it_back_by_writing(closed: World, how: str) -> None:
    world = await with_owner(closed)
    await world.say("/admin", "ann")
    assert link_in(world)
    actor = Actor("cli:root", "owner")
    async with world.store.write() as tx:
        await accounts.create(tx, actor, "bob", "owner", world.clock.now())
        account = await accounts.named(tx, "Ann")
        if how == "removed":
            await accounts.remove(tx, actor, account.id, world.clock.now())
        else:
            await accounts.set_disabled(tx, actor, account.id, True, world.clock.now())
    await world.play("ann> /admin\n< No admin account belongs to you")
