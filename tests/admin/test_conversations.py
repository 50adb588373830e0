"""Nobody reads what a person wrote without a reason that this person sees; one of the team can write in the assistant's place."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa

from adapters.web.admin.side import all_screens
from core.messages import Address, Message, Reply, Sender
from core.store import Store, access, inbox, memory, outbox, people
from core.store.access import Place
from core.store.admin import audit, conversations
from core.store.admin.accounts import ROLES
from core.store.admin.conversations import Filter
from core.store.outbox import Planned
from core.store.people import TurnRecord
from core.store.tables import metadata
from tests.fakes.admin import AdminSide

CANARY = "zanzibar-canary"
PATH = "/admin/conversations"
PAGES = [way for screen in all_screens() for way in screen.ways if way.method == "GET"]


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


async def test_a_reply_is_shown_as_its_reader_saw_it_and_loads_nothing(admin: AdminSide) -> None:
    said = "**bold** ![a picture](https://evil.example/p.png) <script>alert(1)</script>"
    _, number, turn = await spoken(admin.desk.store, admin.clock.now(), said)
    async with admin.browser("operator") as browser:
        await browser.post(f"{PATH}/{number}/reveal", {"reason": "they asked for help"})
        for page in (f"{PATH}/{number}", f"{PATH}/{number}/flow", f"{PATH}/{number}/turns/{turn}"):
            text = (await browser.get(page)).text
            assert "re: <strong>bold</strong>" in text, page
            assert '<p class="words">**bold**' in text, "what the person wrote stays as it was"
            assert "<script>alert" not in text
            assert "<img" not in text.partition('class="turn ours"')[2]


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


@pytest.mark.parametrize("role", ROLES)
async def test_no_page_of_any_screen_shows_words_to_any_role(
    admin: AdminSide, talk: tuple[int, int, int], role: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Every way of every screen, each id being that of the person, the conversation and the turn."""
    caplog.set_level("DEBUG")
    who, number, turn = talk
    async with admin.browser(role) as browser:
        for way in PAGES:
            for one in {who, number, turn}:
                path = re.sub(r"\{\w+(:\w+)?\}", str(one), way.path)
                for query in ("", "?q=zanzibar&person=zanzibar&intent=chat", "?person=1&chat=ann"):
                    got = await browser.get(path + query)
                    assert got.status_code < 500, path
                    assert CANARY not in got.text, f"{role}: {path}{query}"
        for path in (f"{PATH}/{number}/export", f"/admin/people/{who}/export", f"{PATH}/{number}/reveal"):
            assert CANARY not in (await browser.post(path)).text
    assert CANARY not in caplog.text


async def test_a_reveal_is_for_one_browser_and_one_conversation_and_ends(
    admin: AdminSide, talk: tuple[int, int, int]
) -> None:
    _, number, _ = talk
    _, other, _ = await spoken(admin.desk.store, admin.clock.now(), f"another {CANARY}", person="bob", name="Bob")
    async with admin.browser("operator") as browser, admin.browser("operator") as elsewhere:
        await browser.post(f"{PATH}/{number}/reveal", {"reason": "a complaint"})
        assert CANARY in (await browser.get(f"{PATH}/{number}")).text
        assert CANARY not in (await browser.get(f"{PATH}/{other}")).text
        assert CANARY not in (await elsewhere.get(f"{PATH}/{number}")).text
        await browser.post(f"{PATH}/{number}/hide")
        assert CANARY not in (await browser.get(f"{PATH}/{number}")).text
        await browser.post(f"{PATH}/{number}/reveal", {"reason": "again"})
        admin.clock.jump(dt.timedelta(minutes=31))
        assert CANARY not in (await browser.get(f"{PATH}/{number}")).text


async def test_every_look_is_logged_for_the_person_and_holds_no_words(
    admin: AdminSide, talk: tuple[int, int, int]
) -> None:
    who, number, turn = talk
    async with admin.browser("operator", "ann") as browser:
        await browser.post(f"{PATH}/{number}/reveal", {"reason": "a complaint"})
        copy = await browser.post(f"{PATH}/{number}/export", {"reason": "for the lawyer"})
        assert copy.json()["turns"][0]["said"] == f"my {CANARY} secret"
        assert (
            (await browser.post(f"{PATH}/{number}/turns/{turn}/label"))
            .headers["location"]
            .endswith("conversations.labelled")
        )
        await browser.post(f"{PATH}/{number}/notes", {"text": f"about {CANARY}"})
        await browser.post(f"{PATH}/{number}/take", {"reason": "they asked"})
        await browser.post(f"{PATH}/{number}/write", {"text": f"hello {CANARY}"})
        await browser.post(f"{PATH}/{number}/back")
        everything = await browser.post(f"/admin/people/{who}/export", {"reason": "they asked for it"})
        assert CANARY in everything.text
        await browser.post(f"{PATH}/{number}/delete")
        assert (await browser.get(f"{PATH}/{number}")).status_code == 404
    async with admin.desk.store.read() as tx:
        log = await audit.entries(tx, person_id=who)
    assert [one.verb for one in log] == [
        "conversation.delete", "privacy.export", "conversation.hand_back", "conversation.write", "conversation.take_over",
        "conversation.note", "conversation.label", "text.export", "text.reveal",
    ]  # fmt: skip
    assert [one.reason for one in log if one.reason] == [
        "they asked for it",
        "they asked",
        "for the lawyer",
        "a complaint",
    ]
    assert CANARY not in repr(log)
    assert {one.who for one in log} == {"web:ann"}


SCRIPT = "<script>alert('x')</script>\"'>"


async def test_script_in_every_field_stays_text(admin: AdminSide) -> None:
    now = admin.clock.now()
    who, number, turn = await spoken(
        admin.desk.store,
        now,
        SCRIPT,
        person="<b>x",
        name=f"Eve{SCRIPT}",
        intent=SCRIPT,
        prompt='[["user", "<script>"]]',
    )
    async with admin.browser("owner") as browser:
        await browser.post(f"{PATH}/{number}/reveal", {"reason": SCRIPT})
        await browser.post(f"{PATH}/{number}/turns/{turn}/notes", {"text": SCRIPT})
        await browser.post(f"{PATH}/{number}/take", {"reason": SCRIPT})
        too_long = await browser.post(f"{PATH}/{number}/write", {"text": SCRIPT * 400})
        assert (too_long.status_code, "&lt;script&gt;" in too_long.text) == (422, True)
        await browser.post(f"{PATH}/{number}/write", {"text": SCRIPT})
        wrong = await browser.post(f"/admin/people/{who}/erase", {"typed": SCRIPT})
        assert wrong.status_code == 422
        pages = [too_long.text, wrong.text]
        for path in (
            PATH, f"{PATH}?person={quote(SCRIPT)}&chat={quote(SCRIPT)}&from={quote(SCRIPT)}", f"{PATH}/{number}",
            f"{PATH}/{number}/turns/{turn}", f"/admin/people?q={quote(SCRIPT)}", f"/admin/people/{who}",
        ):  # fmt: skip
            pages.append((await browser.get(path)).text)
    assert all("<script>alert" not in page and "<b>x" not in page for page in pages)


async def test_a_person_is_found_shown_kept_out_and_let_in(admin: AdminSide, talk: tuple[int, int, int]) -> None:
    who, _, _ = talk
    page = f"/admin/people/{who}"
    async with admin.browser("operator") as browser:
        for words in ("an", "ANN", "@ann", "telegram:ann"):
            assert f'href="{page}"' in (await browser.get(f"/admin/people?q={words}")).text, words
        assert f'href="{page}"' not in (await browser.get("/admin/people?q=bob")).text
        assert (await browser.post(f"{page}/block", {"reason": ""})).status_code == 422
        assert (await browser.post(f"{page}/block", {"reason": "spam"})).status_code == 303
        assert f'href="{page}"' in (await browser.get("/admin/people?blocked=1")).text
        async with admin.desk.store.read() as tx:
            assert await access.role(tx, Place("telegram", "", "ann")) == "removed"
        await browser.post(f"{page}/unblock")
        async with admin.desk.store.read() as tx:
            assert await access.role(tx, Place("telegram", "", "ann")) == "member"
        async with admin.desk.store.write() as tx:
            await access.put(tx, Place("telegram", "", "ann"), "owner", None, admin.clock.now())
        assert "owner of the assistant" in (await browser.post(f"{page}/block", {"reason": "spam"})).text


async def test_memory_is_seen_with_a_reason_corrected_and_forgotten(
    admin: AdminSide, talk: tuple[int, int, int]
) -> None:
    who, _, _ = talk
    page = f"/admin/people/{who}"
    async with admin.desk.store.write() as tx:
        told = Message("f1", Address("telegram", "", "ann"), Sender("ann"), "", admin.clock.now())
        await memory.add(tx, who, [memory.Statement("", f"likes {CANARY}", f"likes {CANARY}")], told, admin.clock.now())
        [fact] = await memory.active(tx, who)
    async with admin.browser("operator") as browser:
        assert CANARY not in (await browser.get(page)).text
        await browser.post(f"{page}/reveal", {"reason": "wrong fact"})
        assert f"likes {CANARY}" in (await browser.get(page)).text
        assert (await browser.post(f"{page}/facts/{fact.id}", {"text": "x" * 5_000})).status_code == 422
        assert (await browser.post(f"{page}/facts/{fact.id}", {"text": "likes tea"})).status_code == 303
        assert (await browser.post(f"{page}/facts/{fact.id}/pin", {"pinned": "1"})).status_code == 303
        shown = (await browser.get(page)).text
        assert "likes tea" in shown
        assert "pinned" in shown
        assert (await browser.post(f"/admin/people/{who + 1}/facts/{fact.id}/forget")).status_code == 404
        assert (await browser.post(f"{page}/facts/{fact.id}/forget")).status_code == 303
        assert (await browser.post(f"{page}/facts/{fact.id}/forget")).status_code == 422
    async with admin.desk.store.read() as tx:
        verbs = [one.verb for one in await audit.entries(tx, person_id=who)]
    assert verbs == ["memory.forget", "memory.pin", "memory.correct", "memory.see"]


async def test_erasing_needs_the_name_and_leaves_nothing(admin: AdminSide, talk: tuple[int, int, int]) -> None:
    who, number, _ = talk
    async with admin.browser("operator") as browser:
        await browser.post(f"{PATH}/{number}/notes", {"text": f"of {CANARY}"})
        assert (await browser.post(f"/admin/people/{who}/erase", {"typed": "ann"})).status_code == 422
        receipt = await browser.post(f"/admin/people/{who}/erase", {"typed": "Ann"})
        assert (receipt.status_code, "turn" in receipt.text) == (200, True)
        assert (await browser.get(f"/admin/people/{who}")).status_code == 404
        assert (await browser.get(f"{PATH}/{number}")).status_code == 404
    async with admin.desk.store.read() as tx:
        for table in metadata.sorted_tables:
            assert CANARY not in repr(await tx.rows(sa.select(table))), table.name


async def test_two_operators_and_ids_of_others(admin: AdminSide, talk: tuple[int, int, int]) -> None:
    _, number, turn = talk
    _, other, others = await spoken(admin.desk.store, admin.clock.now(), "hi", person="bob", name="Bob")
    async with admin.browser("operator", "ann") as ann, admin.browser("operator", "bea") as bea:
        assert (await ann.post(f"{PATH}/{number}/take", {"reason": "asked"})).status_code == 303
        late = await bea.post(f"{PATH}/{number}/take", {"reason": "asked, too"})
        assert (late.status_code, "asked, too" in late.text) == (422, True)
        assert "ann writes here" in (await bea.get(f"{PATH}/{number}")).text
        refused = await bea.post(f"{PATH}/{number}/write", {"text": "my words"})
        assert (refused.status_code, "ann holds this conversation" in refused.text) == (422, True)
        assert CANARY not in (await bea.get(f"{PATH}/{number}")).text
        assert CANARY in (await ann.get(f"{PATH}/{number}")).text
        mark = re.search(r"mark=(\w+)", (await ann.get(f"{PATH}/{number}")).text)
        assert mark
        assert (await ann.get(f"{PATH}/{number}/flow?mark={mark[1]}")).status_code == 204
        assert (await ann.get(f"{PATH}/{number}/turns/{others}")).status_code == 404
        assert (await ann.get(f"{PATH}/{other}/turns/{turn}")).status_code == 404
        for wild in (
            f"{PATH}/{9**30}",
            f"{PATH}/0",
            f"/admin/people/{9**30}",
            f"{PATH}?before=x-y",
            f"{PATH}?before=9-9",
        ):
            assert (await ann.get(wild)).status_code in (200, 404), wild


async def test_who_holds_a_conversation_reads_nothing_that_its_person_said_elsewhere(admin: AdminSide) -> None:
    await spoken(admin.desk.store, admin.clock.now())
    elsewhere, turn = (await spoken(admin.desk.store, admin.clock.now(), "hi all", chat="-100"))[1:]
    private = (await spoken(admin.desk.store, admin.clock.now(), f"{CANARY} again"))[2]
    async with admin.browser("operator", "ann") as ann:
        assert (await ann.post(f"{PATH}/{elsewhere}/take", {"reason": "asked"})).status_code == 303
        assert "hi all" in (await ann.get(f"{PATH}/{elsewhere}/turns/{turn}")).text
        other = await ann.get(f"{PATH}/{elsewhere}/turns/{private}")
    assert (other.status_code, CANARY in other.text) == (404, False)


async def test_lists_are_paged_and_filtered(admin: AdminSide) -> None:
    store, now = admin.desk.store, admin.clock.now()
    for number in range(60):
        at = now + dt.timedelta(minutes=number)
        await spoken(
            store,
            at,
            "hi",
            person=f"p{number}",
            name=f"P{number}",
            intent="rare" if number == 3 else "chat",
            chat="c1" if number % 2 else "",
        )
    async with store.read() as tx:
        first = await conversations.listed(tx, Filter())
        second = await conversations.listed(tx, Filter(), first.further)
        assert [one.name for one in [*first.rows, *second.rows]] == [f"P{number}" for number in reversed(range(60))]
        assert second.further == ""

        async def names(**wanted: Any) -> list[str]:
            return [one.name for one in (await conversations.listed(tx, Filter(**wanted))).rows]

        assert await names(intent="rare") == ["P3"]
        assert await names(platform="slack") == []
        assert len(await names(chat="c1")) == 30
        assert await names(since=now + dt.timedelta(minutes=58)) == ["P59", "P58"]
        assert await names(until=now + dt.timedelta(minutes=1)) == ["P0"]
        assert await names(person_ids=await people_meant(tx, "p7")) == ["P7"]
        assert {one.private for one in first.rows} == {True, False}


async def people_meant(tx: Any, words: str) -> list[int]:
    from core.store.admin.people import meant

    return await meant(tx, words)


async def test_what_got_no_answer_is_listed_without_its_words(admin: AdminSide, talk: tuple[int, int, int]) -> None:
    who, _, _ = talk
    now, address = admin.clock.now(), Address("telegram", "", "ann")
    async with admin.desk.store.write() as tx:
        await inbox.add(tx, Message("bad", address, Sender("ann", "Ann"), f"{CANARY} breaks it", now), now)
        [claimed] = await inbox.claim(tx, "w", ["telegram"], now, 1)
        await inbox.park(tx, claimed, now, "ValueError")
        lost = Planned("turn:99", address, Reply(f"about {CANARY}"), now, person_id=who)
        await outbox.add(tx, lost, now)
        [sending] = await outbox.claim(tx, "w", ["telegram"], now, 1)
        await outbox.park(tx, sending, now, "the chat is gone")
    async with admin.browser("viewer") as browser:
        page = (await browser.get(f"{PATH}/problems")).text
    assert CANARY not in page
    assert all(words in page for words in ("ValueError", "the chat is gone", f"/admin/people/{who}"))
