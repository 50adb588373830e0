"""How the bot speaks is changed on a page and in force on every worker; nothing typed is lost to somebody faster."""

from __future__ import annotations

import pytest

from core.manners import Manners, of_settings
from core.messages import Address
from core.store.admin import audit
from tests.fakes.admin import AdminSide
from tests.fakes.model import FakeModel

HERE = Address("slack", "T1", "C1", "17.1")
ELSEWHERE = Address("telegram", "", "7")


async def test_a_change_is_in_force_everywhere_or_in_one_chat_and_can_be_taken_back(admin: AdminSide) -> None:
    manners = Manners(admin.desk.store, admin.desk.bot, admin.desk.settings)
    first = of_settings(admin.desk.bot, admin.desk.settings)
    await manners.tick()
    assert manners.of(HERE) == first
    async with admin.browser("editor") as editor:
        await editor.post(
            "/admin/bots", {"revision": "0", "temperature": "0.7", "persona_en": "You are a <b>pirate</b>."}
        )
        await editor.post("/admin/bots", {"revision": "0", "place": "slack:C1", "temperature": "0", "max_tokens": "9"})
        await manners.tick()
        here, elsewhere = manners.of(HERE), manners.of(ELSEWHERE)
        page = (await editor.get("/admin/bots")).text
        await editor.post("/admin/bots", {"revision": "1"})
        await editor.post("/admin/bots", {"revision": "1", "place": "slack:C1"})
    assert (here.sampling.temperature, here.sampling.max_tokens) == (0, 9)
    assert (elsewhere.sampling.temperature, elsewhere.sampling.max_tokens) == (0.7, first.sampling.max_tokens)
    assert here.personas["en"] == elsewhere.personas["en"] == "You are a <b>pirate</b>."
    assert here.personas["zh"] == first.personas["zh"]
    assert "<b>pirate" not in page
    await manners.tick()
    assert manners.of(HERE) == first
    async with admin.desk.store.read() as tx:
        assert "pirate" not in str(await audit.entries(tx))


async def test_the_second_of_two_editors_sees_what_the_first_wrote_and_keeps_their_own(admin: AdminSide) -> None:
    async with admin.browser("editor", "ann") as ann, admin.browser("editor", "bob") as bob:
        await ann.post("/admin/bots", {"revision": "0", "persona_en": "Ann's words"})
        late = await bob.post("/admin/bots", {"revision": "0", "persona_en": "Bob's words"})
        assert late.status_code == 422
        assert all(words in late.text for words in ("Ann&#39;s words", "Bob&#39;s words", 'name="revision" value="1"'))
        assert (await bob.post("/admin/bots", {"revision": "1", "persona_en": "Bob's words"})).status_code == 303


@pytest.mark.parametrize(
    "fields",
    [{"temperature": "hot"}, {"temperature": "9"}, {"top_k": "1.5"}, {"max_tokens": "0"}, {"place": "not a place"},
     {"persona_en": "x" * 9_000}, {"temperature": "nan"}],
)  # fmt: skip
async def test_what_cannot_be_is_refused_and_kept_in_the_form(admin: AdminSide, fields: dict[str, str]) -> None:
    async with admin.browser("editor") as editor:
        answer = await editor.post("/admin/bots", {"revision": "0", "persona_zh": "你好", **fields})
    assert answer.status_code == 422
    assert "你好" in answer.text


async def test_two_manners_are_tried_side_by_side_and_nothing_is_saved(admin: AdminSide) -> None:
    model = admin.desk.model
    assert isinstance(model, FakeModel)
    async with admin.browser("editor") as editor:
        sides = await editor.post("/admin/bots/try", {"text": "hello <i>", "persona_en": "Be short."})
        nothing = await editor.post("/admin/bots/try", {"text": "  "})
    assert sides.text.count("You said: hello &lt;i&gt;") == 2
    assert nothing.status_code == 422
    assert ["Be short." in prompt[0].text for prompt in model.prompts] == [False, True]
    async with admin.desk.store.read() as tx:
        assert await audit.entries(tx, verb="bot.") == []
