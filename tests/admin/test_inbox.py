"""The inbox: who labels sees sentences and nothing else of anybody, and what is labelled is judged anew."""

from __future__ import annotations

import html
import re

import pytest

from core.intents.checks import same_words
from core.intents.definition import Intent
from core.store.admin import audit
from tests.admin.said import said_in_turns, somebody, unsure
from tests.fakes.admin import AdminSide, Browser

HOURS = Intent("hours", {"en": ("when are you open", "opening times", "open today", "are you open now", "till when")})
PRICE = Intent("price", {"en": ("what does it cost", "how much", "price list", "is it dear", "cost please")})
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
async def side(admin: AdminSide) -> AdminSide:
    for intent in (HOURS, PRICE):
        await admin.desk.editing.save(intent, "ann")
    return admin


async def write(side: AdminSide, *texts: str, reason: str = "unmatched", platform: str = "telegram") -> int:
    who = await somebody(side.desk.store, side.clock.now(), platform)
    await unsure(side.desk.store, side.clock.now(), side.desk.settings.bot, who, texts, reason)
    return who


async def sentences(browser: Browser, query: str = "") -> list[str]:
    page = await browser.get(f"/admin/inbox{query}")
    assert page.status_code == 200
    return [html.unescape(text) for text in re.findall(r'<b class="text"[^>]*>(.*?)</b>', page.text)]


async def label(browser: Browser, text: str, given: str, **more: str):
    return await browser.post("/admin/inbox/label", {"key": same_words(text), "given": given, **more})


async def test_the_least_certain_come_first_and_the_same_sentence_once(side: AdminSide) -> None:
    await write(side, "when are you open then", "xyzzy plugh")
    await write(side, "When are you open, then?", "几点")
    async with side.browser("editor") as editor:
        found = await sentences(editor)
        page = await editor.get("/admin/inbox")
    assert len(found) == 3
    assert same_words(found[-1]) == same_words("when are you open then")
    assert "×2" in page.text


async def test_filters_leave_what_they_name(side: AdminSide) -> None:
    await write(side, "one narrow thing", reason="narrow")
    await write(side, "二号", reason="unmatched", platform="slack")
    await write(side, "three was bad", reason="displeased", platform="slack")
    async with side.browser("editor") as editor:
        assert await sentences(editor, "?reason=narrow") == ["one narrow thing"]
        assert await sentences(editor, "?language=zh") == ["二号"]
        assert sorted(await sentences(editor, "?platform=slack")) == ["three was bad", "二号"]
        assert await sentences(editor, "?reason=displeased&language=zh") == []


async def test_a_label_makes_an_example_and_the_rest_is_judged_anew(side: AdminSide) -> None:
    await write(side, "gibt es rabatt", "gibt es heute rabatt", "weather")
    async with side.browser("editor") as editor:
        before = (await editor.get("/admin/inbox")).text
        answer = await editor.post(
            "/admin/inbox/label", {"key": same_words("gibt es rabatt"), "given": "=", "intent": "price"}, **{"HX-Request": "true"}
        )  # fmt: skip
        assert answer.status_code == 200
        assert "Added to the draft of price" in answer.text
        assert "<html" not in answer.text
        assert await sentences(editor) == ["weather", "gibt es heute rabatt"]
    assert "guessed price" not in before
    assert "guessed price" in answer.text
    [price] = [one for one in await side.desk.editing.edited() if one.name == "price"]
    assert price.examples["en"][-1] == "gibt es rabatt"


@pytest.mark.parametrize(("given", "said"), [("-", "done_out"), ("", "done_skip"), ("?", "done_review")])
async def test_what_is_no_example_is_put_aside(side: AdminSide, given: str, said: str) -> None:
    await write(side, "what a day")
    async with side.browser("editor") as editor:
        sent = await label(editor, "what a day", given)
        assert sent.headers["location"] == f"/admin/inbox?said=inbox.{said}"
        assert await sentences(editor) == []
        assert await sentences(editor, "?review=1") == (["what a day"] if given == "?" else [])
        if given == "?":
            assert (await label(editor, "what a day", "=", intent="hours")).status_code == 303
            assert await sentences(editor, "?review=1") == []
    assert {one.name for one in await side.desk.editing.edited()} == {"hours", "price"}


async def test_what_cannot_be_labelled_says_why(side: AdminSide) -> None:
    await write(side, "what a day", "open today!")
    async with side.browser("editor") as editor:
        unknown = await label(editor, "what a day", "=", intent="huors")
        assert unknown.status_code == 422
        assert "There is no intent “huors”" in unknown.text
        nothing = await label(editor, "what a day", "=", intent=SCRIPT)
        assert nothing.status_code == 422
        assert SCRIPT not in nothing.text
        gone = await label(editor, "never said", "-")
        assert "Somebody else labelled" in gone.text
        twice = await label(editor, "open today!", "=", intent="price")
        assert "is an example of hours too" in html.unescape(twice.text).replace("price too", "hours too")
        assert len(await sentences(editor)) == 2


async def test_a_new_intent_begins_with_the_sentence_and_takes_it_from_the_inbox(side: AdminSide) -> None:
    key = same_words("do you deliver")
    await write(side, "do you deliver")
    async with side.browser("editor") as editor:
        page = await editor.get(f"/admin/intents/new?source={key}")
        assert "do you deliver</textarea>" in page.text
        fields = {
            "name": "delivery",
            "examples": "do you deliver\nship it",
            "action": "model",
            "source": key,
            "revision": "0",
        }
        assert (await editor.post("/admin/intents/save", fields)).status_code == 303
        assert await sentences(editor) == []
    assert "delivery" in {one.name for one in await side.desk.editing.edited()}


async def test_who_may_not_edit_sees_no_sentence_and_nobody_sees_the_person(side: AdminSide) -> None:
    await write(side, f"my words {SCRIPT}")
    for role in ("viewer", "operator"):
        async with side.browser(role) as browser:
            assert (await browser.get("/admin/inbox")).status_code == 403
            assert (await label(browser, f"my words {SCRIPT}", "-")).status_code == 403
    async with side.browser("editor") as editor:
        page = (await editor.get("/admin/inbox")).text
        assert (await editor.get(f"/admin/inbox/context?key={same_words('my words')}")).status_code == 403
    assert "my words" in page
    assert SCRIPT not in page
    assert ">Ann<" not in page


async def test_the_context_asks_a_reason_that_the_person_sees(side: AdminSide) -> None:
    who = await said_in_turns(side.desk.store, side.clock.now(), "before it", "what a day", "after it")
    await unsure(side.desk.store, side.clock.now(), side.desk.settings.bot, who, ["what a day"])
    key = same_words("what a day")
    async with side.browser("owner") as owner:
        asked = (await owner.get(f"/admin/inbox/context?key={key}")).text
        refused = await owner.post("/admin/inbox/context", {"key": key, "reason": " "})
        told = await owner.post("/admin/inbox/context", {"key": key, "reason": "to label it"})
        assert (await owner.get("/admin/inbox/context?key=nothing")).status_code == 404
    assert "before it" not in asked
    assert refused.status_code == 422
    assert "before it" not in refused.text
    assert all(text in told.text for text in ("before it", "after it", "re: what a day"))
    async with side.desk.store.read() as tx:
        [noted] = await audit.entries(tx, person_id=who)
    assert (noted.verb, noted.reason, noted.detail) == ("text.reveal", "to label it", {})
