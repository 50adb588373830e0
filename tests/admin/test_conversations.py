"""Nobody reads what a person wrote without a reason that this person sees; one of the team can write in the assistant's place."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from core.messages import Address, Message, Sender
from core.store import Store, inbox, people
from core.store.people import TurnRecord
from tests.fakes.admin import AdminSide

CANARY = "zanzibar-canary"
PATH = "/admin/conversations"


async def spoken(
    store: Store, now: dt.datetime, said: str = f"my {CANARY} secret", *, person: str = "ann", chat: str = "", name: str = "Ann",
    platform: str = "telegram", intent: str = "chat", prompt: str = '[["user", "zanzibar-canary asked"]]',
) -> tuple[int, int, int]:  # fmt: skip
    """Somebody says something and is answered; returns the person, the conversation and the turn."""
    private = not chat
    address = Address(platform, "", chat or person)
    async with store.write() as tx:
        sender = Sender(person, name, handle=person, zone="Europe/Paris")
        who = await people.person_of(tx, "", platform, sender, now, address if private else None)
        event = f"{person}-{now.isoformat()}-{len(said)}-{intent}"
        message = Message(event, address, sender, said, now, private=private)
        await inbox.add(tx, message, now)
        [claimed] = await inbox.claim(tx, "w", [platform], now, 1)
        session = await people.session_of(tx, who.id, message, now, dt.timedelta(hours=4))
        trace = (
            '{"zone":"act","how":"classifier","ranking":[["chat",0.9]],"ms":{"waiting":1.5,"recognition":2,"total":9}}'
        )
        record = TurnRecord(claimed.id, session.id, who.id, said, f"re: {said}", intent, "m", now, trace)
        await people.save_turn(tx, record, None, now, prompt)
        await inbox.finish(tx, claimed, now)
        newest = await people_turn(tx, session.id)
    return who.id, session.id, newest


async def people_turn(tx: Any, session_id: int) -> int:
    import sqlalchemy as sa

    from core.store.tables import turn

    row = await tx.row(sa.select(sa.func.max(turn.c.id)).where(turn.c.session_id == session_id))
    return int(row[0])


@pytest.fixture
async def talk(admin: AdminSide) -> tuple[int, int, int]:
    return await spoken(admin.desk.store, admin.clock.now())


async def test_words_are_hidden_until_revealed_with_a_reason(admin: AdminSide, talk: tuple[int, int, int]) -> None:
    _, number, turn = talk
    pages = [PATH, f"{PATH}/{number}", f"{PATH}/{number}/flow", f"{PATH}/{number}/turns/{turn}"]
    async with admin.browser("operator") as browser:
        for page in pages:
            got = await browser.get(page)
            assert got.status_code == 200, page
            assert CANARY not in got.text, page
        without = await browser.post(f"{PATH}/{number}/reveal", {"reason": "  "})
        assert without.status_code == 422
        assert CANARY not in without.text
        assert (await browser.post(f"{PATH}/{number}/reveal", {"reason": "they asked for help"})).status_code == 303
        assert f"re: my {CANARY}" in (await browser.get(f"{PATH}/{number}")).text
        assert "zanzibar-canary asked" in (await browser.get(f"{PATH}/{number}/turns/{turn}")).text


async def test_people_pages_open(admin: AdminSide, talk: tuple[int, int, int]) -> None:
    who, _, _ = talk
    async with admin.browser("operator") as browser:
        for page in (
            "/admin/people",
            "/admin/people?q=@ann",
            f"/admin/people/{who}",
            f"{PATH}?person=ann&intent=chat&rating=good",
            f"{PATH}?led=1&from=2020-01-01&to=bad",
            f"{PATH}/problems",
        ):
            got = await browser.get(page)
            assert got.status_code == 200, (page, got.text[:300])
            assert CANARY not in got.text
