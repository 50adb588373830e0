"""The data sets made of use and blind comparisons, on their pages: what is seen, by whom, and what is noted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from core.admin import learning
from core.settings import Settings
from core.store import Store, models, training
from core.store.admin import audit
from core.store.memory import privacy
from core.training.data import versions
from tests.admin.test_models import trained
from tests.fakes.admin import AdminSide, admin_side
from tests.unit.test_learning import trained_on
from tests.unit.test_training_chats import agreed, said

PAIRS = [
    {"question": f"question {at}", "sides": [["base", f"reply a{at}"], ["shop-1", f"reply b{at}"]][:: 1 if at % 2 else -1]}
    for at in range(3)
]  # fmt: skip


@pytest.fixture
async def side(store: Store, settings: Settings) -> AdminSide:
    async with admin_side(store, settings) as made:
        yield made


async def test_a_version_is_made_seen_and_its_words_only_with_a_reason_that_its_people_read(side: AdminSide) -> None:
    ann = await said(side.desk.store, "ann", "annweed", 1)
    await agreed(side.desk.store, ann)
    async with side.browser("owner") as owner, side.browser("viewer") as viewer:
        first = (await viewer.get("/admin/learning")).text
        assert "No version was made yet" in first
        assert '<a href="/admin/models" aria-current="page">' in first, "it belongs to that entry of the menu"
        assert (await viewer.post("/admin/learning/make")).status_code == 403
        assert (await owner.post("/admin/learning/make")).headers["location"].startswith("/admin/learning/use-1")
        again = await owner.post("/admin/learning/make")
        assert (again.status_code, "nothing has changed since use-1" in again.text) == (422, True)
        assert "praised 1" in (await viewer.get("/admin/learning")).text
        assert "annweed" not in (await owner.get("/admin/learning/use-1")).text
        assert (await viewer.post("/admin/learning/use-1", {"reason": "to see"})).status_code == 403
        assert (await owner.post("/admin/learning/use-1", {"reason": " "})).status_code == 422
        assert "annweed" in (await owner.post("/admin/learning/use-1", {"reason": "to see"})).text
        assert "annweed" in (await owner.get("/admin/learning/use-1")).text
        assert "annweed" not in (await viewer.get("/admin/learning/use-1")).text
        chosen = (await owner.get("/admin/models?data=use-1")).text
    assert "<option selected>use-1</option>" in chosen
    async with side.desk.store.read() as tx:
        assert [(one.verb, one.reason) for one in await privacy.looked(tx, ann)] == [("dataset.read", "to see")]


async def test_an_erased_person_is_taken_out_and_the_models_that_saw_them_are_named(side: AdminSide) -> None:
    store, settings = side.desk.store, side.desk.settings
    ann = await said(store, "ann", "annweed", 1)
    await agreed(store, ann)
    async with side.browser("owner") as owner:
        await owner.post("/admin/learning/make")
        (row,) = await asyncio.to_thread(versions.rows_of, settings.data_dir, "use-1")
        await asyncio.to_thread(trained_on, settings, "saw-ann", [row["meta"]["person"]])
        assert "trained with erased data" not in (await owner.get("/admin/models")).text
        receipt = await owner.post(f"/admin/people/{ann}/erase", {"typed": "Ann"})
        assert all(words in receipt.text for words in ("use-1", "(1)", "saw-ann"))
        assert "trained with erased data (1)" in (await owner.get("/admin/models")).text
    assert await asyncio.to_thread(versions.rows_of, settings.data_dir, "use-1") == []


async def test_a_corrected_reply_is_kept_shown_again_and_told_to_the_person(side: AdminSide) -> None:
    ann = await said(side.desk.store, "ann", "one")
    path = "/admin/conversations/1/turns/1"
    async with side.browser("owner") as owner:
        await owner.post("/admin/conversations/1/reveal", {"reason": "a complaint"})
        assert (await owner.post(f"{path}/correct", {"text": "a better reply"})).status_code == 303
        assert "a better reply" in (await owner.get(path)).text
        assert (await owner.post("/admin/conversations/1/turns/99/correct", {"text": "x"})).status_code in (404, 422)
        assert (await owner.post(f"{path}/correct", {"text": "x" * 5_000})).status_code == 422
    async with side.browser("editor") as editor:
        assert (await editor.post(f"{path}/correct", {"text": "mine"})).status_code == 403
    async with side.desk.store.read() as tx:
        assert await training.corrected(tx, 1) == "a better reply"
        told = [one for one in await audit.entries(tx, person_id=ann) if one.verb == "conversation.correct"]
    assert [one.detail for one in told] == [{"turn": 1, "characters": 14}]


async def test_two_models_are_compared_without_their_names_until_all_is_chosen(
    side: AdminSide, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await asyncio.to_thread(trained, settings, "shop-1")
    asked: list[Any] = []

    async def verb(_settings: Settings, *given: str) -> Any:
        lines = (await asyncio.to_thread(Path(given[2]).read_text)).splitlines()
        asked.extend(json.loads(line)["messages"][0]["content"] for line in lines)
        return PAIRS

    monkeypatch.setattr("core.admin.models.verb", verb)
    fields = {"one": "base", "other": "shop-1", "prompts": "question 0\n\nquestion 1\nquestion 2"}
    async with side.browser("editor") as editor, side.browser("viewer") as viewer:
        assert (await viewer.post("/admin/comparisons", fields)).status_code == 403
        await editor.post("/admin/comparisons", fields)
        await side.desk.jobs.known["/admin/comparisons"].task
        assert asked == ["question 0", "question 1", "question 2"]
        assert "/admin/comparisons/1" in (await editor.get("/admin/comparisons")).text
        for at, choice in enumerate("120"):
            page = (await editor.get("/admin/comparisons/1")).text
            assert f"question {at}" in page
            assert "shop-1" not in page
            assert (await editor.post("/admin/comparisons/1", {"at": at, "side": choice})).status_code == 303
            await editor.post("/admin/comparisons/1", {"at": at, "side": "0"})  # pressed twice
        result = (await viewer.get("/admin/comparisons/1")).text
    assert "<b>2</b><span>times shop-1 was better" in result
    assert "34 to 100 %" in result
    async with side.desk.store.read() as tx:
        (kept,) = await models.comparisons(tx, 1)
        verbs = [one.verb for one in await audit.entries(tx, limit=5)]
    assert (kept.chosen, kept.counts) == ([1, 2, 0], {"base": 0, "shop-1": 2})
    assert verbs[:2] == ["model.compared", "model.compare"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"one": "base", "other": "base", "prompts": "x"}, "compared with itself"),
        ({"one": "base", "other": "shop-1", "data": "use-1"}, "no such data set"),
    ],
)
async def test_a_comparison_that_cannot_be_is_refused(side: AdminSide, fields: dict[str, str], said: str) -> None:
    async with side.browser("editor") as editor:
        await editor.post("/admin/comparisons", fields)
        await asyncio.wait({side.desk.jobs.known["/admin/comparisons"].task})
        assert said in (await editor.get("/admin/comparisons")).text
        assert (await editor.get("/admin/comparisons/7")).status_code == 404


@pytest.mark.parametrize(
    ("won", "of", "low", "high"), [(0, 10, 0.0, 0.278), (5, 10, 0.237, 0.763), (90, 100, 0.826, 0.945)]
)
def test_the_interval_is_wilsons(won: int, of: int, low: float, high: float) -> None:
    assert learning.interval(won, of) == pytest.approx((low, high), abs=0.001)
