"""Documents are kept, followed, limited and found; what does not answer a question is not taken for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from bots._app import BOTS
from core.clock import SystemClock
from core.errors import RemoraError
from core.intents.definition import Limits
from core.knowledge.answers import asks, grounded, sure
from core.knowledge.documents import FOLDER, LIMITS, Documents, limits_of
from core.knowledge.library import Library
from core.knowledge.passages import Unreadable
from core.store import Store
from tests.bench.knowledge_questions import ANSWERED, CHAT, UNANSWERED


async def no_encoders() -> tuple[()]:
    return ()


def everybody(_limits: Limits) -> bool:
    return True


class Shelf:
    """A bot's documents, and libraries as two workers have them."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.folder = folder
        self.documents = Documents(store, SystemClock(), "shop")
        self.here, self.there = (Library(self.documents, folder, no_encoders) for _ in range(2))

    async def found(self, question: str, *, allowed: object = None) -> list[str]:
        """The names of the documents that the second worker finds passages in, a second later."""
        await self.here.tick()
        await self.there.tick()
        hits = await asyncio.to_thread(self.there.find, question, allowed or everybody)
        return list(dict.fromkeys(one.source.about.name for one in hits))


@pytest.fixture
async def shelf(store: Store, tmp_path: Path) -> AsyncIterator[Shelf]:
    (tmp_path / "docs").mkdir()
    made = Shelf(store, tmp_path / "docs")
    yield made
    await made.here.aclose()
    await made.there.aclose()


async def test_what_is_added_changed_and_removed_is_so_on_every_worker(shelf: Shelf) -> None:
    assert await shelf.found("oak table") == []
    await shelf.documents.add("a.md", b"# Table\n\nThe table is made of oak.", Limits(), "ann")
    assert await shelf.found("oak table") == ["a.md"]
    await shelf.documents.add("a.md", b"# Chair\n\nThe chair is made of beech.", Limits(), "ann")
    assert await shelf.found("oak") == []
    assert await shelf.found("beech") == ["a.md"]
    assert await shelf.documents.remove("a.md")
    assert await shelf.found("beech") == []
    assert not await shelf.documents.remove("a.md")


async def test_the_folder_is_followed(shelf: Shelf) -> None:
    (shelf.folder / "sub").mkdir()
    file = shelf.folder / "sub" / "hours.txt"
    file.write_text("Open on Monday.")
    assert await shelf.found("monday") == ["sub/hours.txt"]
    file.write_text("Open on Tuesday, and longer.")
    assert (await shelf.found("monday"), await shelf.found("tuesday")) == ([], ["sub/hours.txt"])
    (shelf.folder / "broken.txt").write_bytes(b"tuesday \xff\xfe\xfd")
    (shelf.folder / "picture.png").write_bytes(b"tuesday")
    assert await shelf.found("tuesday") == ["sub/hours.txt"]
    file.unlink()
    assert await shelf.found("tuesday") == []
    assert await shelf.documents.listed() == []


async def test_one_of_the_folder_that_was_removed_comes_back_only_when_it_changes(shelf: Shelf) -> None:
    file = shelf.folder / "a.txt"
    file.write_text("blue whale")
    assert await shelf.found("whale") == ["a.txt"]
    assert await shelf.documents.remove("a.txt")
    (shelf.folder / "b.txt").write_text("something else")
    assert await shelf.found("whale") == []
    file.write_text("grey whale")
    assert await shelf.found("whale") == ["a.txt"]


async def test_a_document_that_was_added_is_not_overwritten_by_the_folder(shelf: Shelf) -> None:
    await shelf.documents.add("a.txt", b"added whale", Limits(), "ann")
    (shelf.folder / "a.txt").write_text("whale of the folder")
    await shelf.here.tick()
    assert [one.origin for one in await shelf.documents.listed()] == ["added"]


async def test_documents_are_found_only_by_whom_they_are_for(shelf: Shelf) -> None:
    (shelf.folder / "staff.txt").write_text("The safe code is kept by the manager.")
    (shelf.folder / LIMITS).write_text('["staff.txt"]\nroles = ["owner"]\n')
    await shelf.documents.add("team.txt", b"The safe is green.", Limits(channels=("C1",)), "ann")
    assert await shelf.found("safe", allowed=lambda limits: not limits.roles) == ["team.txt"]
    assert await shelf.found("safe", allowed=lambda limits: not limits.channels) == ["staff.txt"]
    (shelf.folder / LIMITS).write_text('["staff.txt"]\nroles = "owner"\n')
    (shelf.folder / "new.txt").write_text("The safe is old.")
    assert "new.txt" not in await shelf.found("safe"), "with limits that cannot be read nothing is taken over"


@pytest.mark.parametrize("given", [{"role": ["owner"]}, {"roles": "owner"}, {"roles": [1]}, {"roles": {"a": 1}}])
def test_limits_that_are_none_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(Unreadable, match="platforms, channels, roles, workspaces"):
        limits_of(given, "a.md")


async def test_a_bot_has_only_so_many_passages(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.knowledge.documents.MOST_PASSAGES", 2)
    await shelf.documents.add("a.md", b"# a\n\nx\n\n# b\n\ny", Limits(), "ann")
    with pytest.raises(RemoraError, match="Remove a document first"):
        await shelf.documents.add("b.md", b"z", Limits(), "ann")
    await shelf.documents.add("a.md", b"# a\n\nx\n\n# b\n\nz", Limits(), "ann")


@pytest.fixture(scope="module")
def support() -> Library:
    """The documents of the support bot, found by words alone."""
    return asyncio.run(_support())


async def _support() -> Library:
    from core.knowledge import reading
    from core.knowledge.library import Source

    made = Library(SimpleNamespace(), BOTS / "support" / FOLDER, no_encoders)  # type: ignore[arg-type]
    files = [file for file in made._folder.iterdir() if file.suffix in reading.KINDS and file.name != "staff.md"]
    read = {file.name: reading.read(file.read_bytes(), file.name) for file in sorted(files)}
    made._swap({}, {
        name: Source(SimpleNamespace(name=name, title=one.title), Limits(), one.passages)  # type: ignore[arg-type]
        for name, one in read.items()
    })  # fmt: skip
    return made


def best(library: Library, question: str) -> tuple[float, tuple[str, ...]]:
    judged = [(sure(question, one), one.passage) for one in library.find(question, everybody)]
    top = max(judged, key=lambda pair: pair[0], default=None)
    return (top[0], (*top[1].headings, *top[1].questions)) if top else (0.0, ())


def test_most_questions_find_their_passage_and_those_without_one_find_none(support: Library) -> None:
    """By words alone; the figures are in docs/benchmarks.md."""
    right = [question for question, where in ANSWERED if where in best(support, question)[1]]
    assert len(right) >= 0.85 * len(ANSWERED)
    sure_and_right = [question for question in right if best(support, question)[0] >= 0.3]
    assert len(sure_and_right) >= 0.7 * len(ANSWERED)
    assert [question for question in UNANSWERED if best(support, question)[0] >= 0.3] == []
    assert [text for text in CHAT if best(support, text)[0] >= 0.9] == []


@pytest.mark.parametrize("text", ["Is it open", "open?", "几点开门", "可以退货吗", "tell me about returns"])
def test_questions_are_told_from_statements(text: str) -> None:
    assert asks(text)
    assert not asks("I had a long day")
    assert not asks("我今天很累")


def test_words_of_a_model_are_kept_only_where_the_passage_says_them() -> None:
    passage = "Returns are free within 30 days. Refunds take 5 working days."
    assert grounded("You can return it free within 30 days.", passage)
    assert not grounded("You can return it free within 60 days.", passage)
    assert not grounded("Your account was deleted and a coupon is waiting in your mailbox.", passage)
