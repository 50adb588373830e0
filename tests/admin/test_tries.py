"""What is tried at the doors is counted once for all processes, however many tries come at the same moment, and is forgotten."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
import sqlalchemy as sa

from adapters.web.signin import Tries
from core.errors import StoreUnavailable
from core.language.phrases import phrases
from core.settings import Settings
from core.store import Store
from core.store.admin import audit, signin
from core.store.tables.signin import attempt
from tests.admin.test_accounts import GOOD, enter, sign_in, with_password
from tests.admin.test_conversations import spoken
from tests.fakes.admin import AdminSide, admin_side
from tests.fakes.clock import SettableClock

CLIENT = "203.0.113.7"


async def failing(tries: Tries, client: str = CLIENT, *others: str) -> int:
    """Makes a try that fails; the seconds that it had to wait instead."""
    async with tries.one(client, *others) as one:
        await asyncio.sleep(0)
        return one.wait


async def test_many_at_once_in_two_processes_are_counted_one_by_one(store: Store, second_store: Store) -> None:
    clock = SettableClock()
    here, there = Tries(lambda: store, clock), Tries(lambda: second_store, clock)
    waits = await asyncio.gather(*(failing(tries, CLIENT, f"name:{n}") for n in range(12) for tries in (here, there)))
    assert sum(wait == 0 for wait in waits) == signin.MOST
    assert all(0 < wait <= signin.WINDOW.total_seconds() + 1 for wait in waits if wait)
    assert await failing(there, "198.51.100.1") == 0, "others need not wait"


async def test_a_wait_ends_and_what_was_tried_is_forgotten(store: Store) -> None:
    clock = SettableClock()
    tries = Tries(lambda: store, clock)
    for number in range(signin.MOST):
        assert await failing(tries, f"2001:db8:1:2::{number:x}") == 0, "a network is one client"
        clock.jump(dt.timedelta(seconds=1))
    wait = await failing(tries, "2001:db8:1:2:ffff::1")
    assert signin.WINDOW.total_seconds() - signin.MOST - 60 < wait <= signin.WINDOW.total_seconds() - signin.MOST + 1
    clock.jump(signin.WINDOW)
    assert await failing(tries) == 0
    async with store.read() as tx:
        kept = await tx.rows(sa.select(attempt.c.key))
    assert len(kept) == 1
    assert CLIENT not in str(kept)


@pytest.mark.parametrize("others", [(), ("name:ann",)])
async def test_what_succeeds_and_what_nobody_looked_at_does_not_count(store: Store, others: tuple[str, ...]) -> None:
    tries = Tries(lambda: store, SettableClock())
    for _ in range(signin.MOST + 1):
        async with tries.one(CLIENT, *others) as one:
            one.passed = True
        with pytest.raises(StoreUnavailable):
            async with tries.one(CLIENT, *others):
                raise StoreUnavailable("the disk is full", "free some space")
    assert await failing(tries, CLIENT, *others) == 0


async def test_the_doors_of_two_processes_let_guess_as_often_as_one(
    admin: AdminSide, second_store: Store, settings: Settings
) -> None:
    await with_password(admin)
    async with (
        admin_side(second_store, settings, admin.clock) as twin,
        admin.browser(None) as here,
        twin.browser(None) as there,
    ):
        told = [await sign_in(one, "ann", f"guess {n}") for n in range(5) for one in (here, there)]
        assert told == [401] * 10
        assert [await sign_in(one, "ANN ", GOOD) for one in (here, there)] == [429, 429]
        assert (await enter(there, "no link"))[0] == 429
        admin.clock.jump(signin.WINDOW)
        assert await sign_in(there, "ann", GOOD) == 303


async def test_an_admin_signs_a_person_out_of_the_browser_chat_and_the_person_sees_it(admin: AdminSide) -> None:
    ann, _, _ = await spoken(admin.desk.store, admin.clock.now(), person="owner", platform="web")
    bob, _, _ = await spoken(admin.desk.store, admin.clock.now(), person="bob")
    async with admin.browser("operator") as operator, admin.browser("editor") as editor:
        assert [
            f'action="/admin/people/{who}/sign-out"' in (await operator.get(f"/admin/people/{who}")).text
            for who in (ann, bob)
        ] == [True, False]
        assert (await editor.post(f"/admin/people/{ann}/sign-out")).status_code == 403
        assert (await operator.post(f"/admin/people/{ann}/sign-out")).status_code == 303
        assert (await operator.post("/admin/people/999/sign-out")).status_code == 404
    async with admin.desk.store.read() as tx:
        assert [(await signin.ended(tx, account))[0] for account in ("owner", "bob")] == [1, 0]
        [entry] = await audit.entries(tx, person_id=ann)
    assert entry.verb == "person.sign_out"
    assert {f"did_{entry.verb.replace('.', '_')}"} <= phrases("en").keys() & phrases("zh").keys()
