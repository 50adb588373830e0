"""An admin in the browser and people in their chats: what one changes rings for the other, and is told."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa

from core.settings import Settings
from core.store import reminders
from core.store.tables.admin import admin
from tests.fakes.admin import AdminSide, admin_side
from tests.scenario.world import World

LIST = "/admin/reminders"


@pytest.fixture
async def side(world: World, settings: Settings) -> Any:
    clock: Any = world.clock
    async with admin_side(world.store, settings, clock) as side:
        yield side


async def changed(world: World, side: AdminSide, number: int, **fields: str) -> None:
    world.clock.time += dt.timedelta(seconds=1)  # what was said before was said before
    async with side.desk.store.read() as tx:
        now = await reminders.get_any(tx, number)
    assert now is not None
    form = {"revision": now.updated_at.isoformat(), "text": now.text, "policy": "usual", **fields}
    async with side.browser("operator", "olga") as browser:
        answer = await browser.post(f"{LIST}/{number}", form)
    assert answer.status_code == 303, answer.text


async def test_an_edited_reminder_rings_at_its_new_time_and_its_person_knows_why(world: World, side: AdminSide) -> None:
    await world.play("""
        ann> remind me tomorrow at 9 to call mum
        < I'll remind you .. Thu 26 Nov 09:00
    """)
    await changed(world, side, 1, when="today at 15:00", text="call dad")
    await world.play("""
        +1m
        ann< olga .. changed something for you .. call dad .. Wed 25 Nov 15:00 .. Undo
        +5h
        ann< call dad
        +24h
    """)


async def test_the_person_takes_an_admins_change_back(world: World, side: AdminSide) -> None:
    await world.play("""
        ann> remind me tomorrow at 9 to call mum
        < I'll remind you
    """)
    await changed(world, side, 1, when="friday at 10")
    await world.play("""
        +1m
        ann< olga .. Fri 27 Nov 10:00
        ann> undo
        < Taken back .. Thu 26 Nov 09:00
        +1d
        ann< call mum
    """)


async def test_run_now_rings_once_and_again_at_its_time(world: World, side: AdminSide) -> None:
    await world.play("""
        ann> remind me every day at 18:00 to water the plants
        < I'll remind you
    """)
    async with side.browser("operator", "olga") as browser:
        page = (await browser.get(f"{LIST}/1")).text
        newest = re.search(r'name="newest" value="(\d+)"', page)
        assert newest
        for _ in range(2):
            await browser.post(f"{LIST}/1/run", {"newest": newest[1]})
    await world.play("""
        +1m
        ann< water the plants .. Sent now by olga
        +9h
        ann< water the plants
    """)


async def test_a_proposal_rings_once_it_is_accepted(world: World, side: AdminSide) -> None:
    await world.play("""
        ann> hello
        <
    """)
    form = {"whose": "ann", "text": "sign the form", "when": "today at 16:00", "policy": "usual", "token": "t" * 16}
    async with side.browser("operator", "olga") as browser:
        assert (await browser.post(f"{LIST}/new", form)).status_code == 303
    await world.play("""
        +1m
        ann< olga would like me to remind you .. sign the form
        ann! Accept
        < Accepted
        +6h
        ann< sign the form
    """)


async def test_a_channels_reminder_is_set_in_the_name_of_the_admins_person(world: World, side: AdminSide) -> None:
    await world.play("""
        ann#team> @remora hello
        #team<
    """)
    form = {"channel": "fake:team", "text": "lunch", "when": "today at 16:00", "policy": "usual", "token": "c" * 16}
    async with side.browser("operator", "olga") as browser:
        assert (await browser.post(f"{LIST}/new", form)).status_code == 422
        async with side.desk.store.write() as tx:
            await tx.run(sa.update(admin).values(person_id=1))
        for _ in range(2):
            answer = await browser.post(f"{LIST}/new", form)
            assert answer.status_code == 303, answer.text
        assert (
            await browser.post(f"{LIST}/new", {**form, "channel": "fake:ann", "token": "d" * 16})
        ).status_code == 422
    await world.play("""
        +1m
        #team< olga .. lunch .. Wed 25 Nov 16:00
        +6h
        #team< lunch
    """)


async def test_many_moved_at_once_ring_later_and_are_told_in_one_message(world: World, side: AdminSide) -> None:
    await world.play("""
        ann> remind me at 18:00 to cook
        < I'll remind you
        ann> remind me at 18:05 to eat
        < I'll remind you
    """)
    async with side.browser("operator", "olga") as browser:
        answer = await browser.post(f"{LIST}/bulk", {"verb": "move", "minutes": "60", "token": "all-of-them-12"})
    assert answer.status_code == 200
    await world.play("""
        +1m
        ann< olga .. Moved 2 of your reminders: they ring 1 h later .. cook .. eat
        +9h
        +10m
        ann< cook
        ann< eat
    """)
