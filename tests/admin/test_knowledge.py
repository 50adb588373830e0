"""Documents are added, asked and removed on their page, and what cannot be read says why."""

from __future__ import annotations

import pytest

from core.knowledge.documents import Documents
from core.knowledge.library import Library
from core.settings import Settings
from core.store import Store
from core.store.admin import audit
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
    async with side.browser("editor") as editor:
        added = await editor.post("/admin/knowledge", {"roles": "owner"}, files={"file": ("lamps.md", GUIDE)})
        await side.desk.library.tick()
        page = (await editor.get("/admin/knowledge?question=how+long+can+I+bring+a+lamp+back%3F")).text
        one = (await editor.get("/admin/knowledge/lamps.md")).text
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
