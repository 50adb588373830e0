"""Documents are added, asked and removed on their page, and what cannot be read says why."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa

from core.intents.checks import same_words
from core.intents.definition import Limits
from core.knowledge.documents import Documents
from core.knowledge.library import Library
from core.settings import Settings
from core.store import Store
from core.store.admin import audit
from core.store.admin.accounts import Role
from core.store.tables import turn
from tests.admin.said import unsure
from tests.admin.test_conversations import spoken
from tests.fakes.admin import AdminSide, admin_side

GUIDE = b"# Lamps\n\n## Returns\n\nA lamp may be brought back within thirty days, with its receipt.\n\n<script>alert(1)</script>\n"


@pytest.fixture
async def side(store: Store, settings: Settings, tmp_path) -> AdminSide:
    async def nothing():
        return ()

    from tests.fakes.clock import SettableClock

    clock = SettableClock()
    library = Library(Documents(store, clock, settings.bot), tmp_path / "no-folder", nothing)
    async with admin_side(store, settings, clock, library=library) as made:
        yield made
    await library.aclose()


async def test_a_document_is_added_asked_shown_and_removed(side: AdminSide) -> None:
    assert side.desk.library is not None
    async with side.browser("editor") as editor, side.browser("owner") as owner:
        added = await editor.post("/admin/knowledge", {"roles": "owner"}, files={"file": ("lamps.md", GUIDE)})
        await side.desk.library.tick()
        page = (await owner.get("/admin/knowledge?question=how+long+can+I+bring+a+lamp+back%3F")).text
        one = (await owner.get("/admin/knowledge/lamps.md")).text
        removed = await editor.post("/admin/knowledge/lamps.md/remove")
        gone = await editor.get("/admin/knowledge/lamps.md")
    assert (added.status_code, removed.status_code, gone.status_code) == (303, 303, 404)
    assert "within thirty days" in page
    assert "roles: owner" in page
    assert "<script>alert" not in one
    async with side.desk.store.read() as tx:
        assert [one.verb for one in await audit.entries(tx, verb="knowledge.")] == ["knowledge.remove", "knowledge.add"]


@pytest.mark.parametrize(
    ("name", "data", "fields"),
    [("x.exe", b"MZ\x00", {}), ("x.pdf", b"not a pdf", {}), ("x.md", b"\x81\x8d\x8f\x90 \x9d" * 9, {}), ("x.md", b"", {})],
)  # fmt: skip
async def test_what_cannot_be_taken_says_why(side: AdminSide, name: str, data: bytes, fields: dict[str, str]) -> None:
    async with side.browser("editor") as editor:
        answer = await editor.post("/admin/knowledge", {"name": "", **fields}, files={"file": (name, data)})
        nothing = await editor.post("/admin/knowledge", {"name": "kept"})
    assert (answer.status_code, nothing.status_code) == (422, 422)
    assert 'role="alert"' in answer.text
    assert 'value="kept"' in nothing.text


async def test_a_file_of_a_gigabyte_is_refused_while_it_comes(side: AdminSide) -> None:
    async def endless():
        for _ in range(64):
            yield b"x" * (1 << 20)

    async with side.browser("editor") as editor:
        token = await editor.form_token()
        headers = {**editor.headers, "Content-Type": "multipart/form-data; boundary=x", "X-Form-Token": token}
        answer = await editor.client.post("/admin/knowledge", content=endless(), headers=headers)
    assert answer.status_code == 413


SALARIES = b"# Pay of the team\n\n## Salaries\n\nThe captain earns ninety florins a month.\n"
PAY = "what+does+the+captain+earn%3F"


@pytest.fixture
async def closed(side: AdminSide) -> AdminSide:
    """Two documents: one for everybody, and one for owners."""
    assert side.desk.library is not None
    documents = Documents(side.desk.store, side.clock, side.desk.settings.bot)
    await documents.add("lamps.md", GUIDE, Limits(), "ann")
    await documents.add("salaries.md", SALARIES, Limits(roles=("owner",)), "ann")
    await side.desk.library.tick()
    return side


@pytest.mark.parametrize("role", ["owner", "editor", "operator", "viewer"])
async def test_a_document_that_is_not_for_everybody_is_read_by_owners_alone(closed: AdminSide, role: Role) -> None:
    async with closed.browser(role) as browser:
        asked = (await browser.get(f"/admin/knowledge?question={PAY}")).text
        other = (await browser.get("/admin/knowledge?question=how+long+can+I+bring+a+lamp+back%3F")).text
        shown = await browser.get("/admin/knowledge/salaries.md")
        open_ = await browser.get("/admin/knowledge/lamps.md")
    reads = role == "owner"
    assert ("ninety florins" in asked + shown.text, shown.status_code) == (reads, 200 if reads else 404)
    assert ("Pay of the team" in asked + other, "salaries.md" in asked) == (reads, role in ("owner", "editor"))
    assert ("within thirty days" in other, open_.status_code) == (True, 200)


@pytest.mark.parametrize("limits", [{"platforms": "slack"}, {"channels": "C1"}, {"roles": "member"}])
async def test_whatever_limits_a_document_closes_it(side: AdminSide, limits: dict[str, str]) -> None:
    assert side.desk.library is not None
    async with side.browser("editor") as editor, side.browser("operator") as operator:
        await editor.post("/admin/knowledge", limits, files={"file": ("salaries.md", SALARIES)})
        await side.desk.library.tick()
        for browser in (editor, operator):
            assert "ninety florins" not in (await browser.get(f"/admin/knowledge?question={PAY}")).text
            assert (await browser.get("/admin/knowledge/salaries.md")).status_code == 404


QUOTE = "ninety florins"


async def quoted(side: AdminSide) -> tuple[int, int, int]:
    """Somebody asked, and was answered from the document for owners; returns the person, the conversation and the turn."""
    prompt = json.dumps([["user", "pay?"], ["assistant", QUOTE]])
    found = await spoken(side.desk.store, side.clock.now(), "what is my pay", intent="knowledge", prompt=prompt)
    trace = json.dumps({"passages": ["salaries.md:0"]})
    async with side.desk.store.write() as tx:
        await tx.run(sa.update(turn).where(turn.c.id == found[2]).values(replied=f"> {QUOTE}", trace=trace))
    await unsure(side.desk.store, side.clock.now(), side.desk.settings.bot, found[0], ["what is my pay"])
    return found


@pytest.mark.parametrize("role", ["owner", "operator"])
async def test_an_answer_that_quotes_it_is_closed_as_it_is(closed: AdminSide, role: Role) -> None:
    person, talk, number = await quoted(closed)
    base, why = f"/admin/conversations/{talk}", {"reason": "they asked"}
    async with closed.browser(role) as browser:
        before = (await browser.get(f"{base}/turns/{number}")).text
        await browser.post(f"{base}/reveal", why)
        pages = [(await browser.get(path)).text for path in (base, f"{base}/flow", f"{base}/turns/{number}")]
        pages.append((await browser.post(f"{base}/export", why)).text)
        pages.append((await browser.post("/admin/inbox/context", {"key": same_words("what is my pay"), **why})).text)
        copy = await browser.post(f"/admin/people/{person}/export", why)
    reads = role == "owner"
    assert ("salaries.md" in before, "what is my pay" in before) == (reads, False)
    assert [QUOTE in page for page in pages] == [reads] * 5
    assert all("what is my pay" in page for page in pages), "what the person wrote is revealed"
    assert (copy.status_code, QUOTE in copy.text) == ((200, True) if reads else (422, False))


async def test_a_viewer_does_not_see_which_document_was_quoted(closed: AdminSide) -> None:
    _, talk, number = await quoted(closed)
    async with closed.browser("viewer") as viewer:
        assert "salaries.md" not in (await viewer.get(f"/admin/conversations/{talk}/turns/{number}")).text
