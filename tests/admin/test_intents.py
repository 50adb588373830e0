"""Intents in the browser: nothing is lost, nothing is put in force unseen, and everything goes back."""

from __future__ import annotations

import asyncio
import datetime as dt
import html
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.web.admin.screens.intents.form import Typed
from core.admin import quality
from core.admin.drafting import Told
from core.admin.intents import overview
from core.intents import files
from core.intents.definition import Answer, HandOver, Intent, Limits, RunSkill, Slot
from core.intents.documents import document_of
from core.intents.recognition import compiled
from core.intents.releases import NotPublishable
from core.store import intents, workers
from core.store.admin import audit
from core.store.admin import intents as kept
from tests.admin.said import said_in_turns
from tests.fakes.admin import AdminSide, Browser

HOURS = Intent(
    "hours",
    {"en": ("when are you open", "opening times", "open today", "are you open now", "till when is it open"), "zh": ("几点开门",)},
    Answer({"en": ("Nine to six.", "From nine."), "zh": ("九点到六点。",), "en@slack": ("`9-18`",)}),
    "opening hours / 营业时间",
    slots=(Slot("day", "list", True, {"monday": ("mon", "周一"), "sunday": ()}, {"en": "Which day?"}),),
    must_match=("when are you open",),
    limits=Limits(platforms=("slack",)),
)  # fmt: skip
PRICE = Intent(
    "price", {"en": ("what does it cost", "how much", "price list", "is it dear", "cost please")}, RunSkill("/help", "")
)
SCRIPT = "<script>alert(1)</script>"


def fields(intent: Intent, revision: int = 0, **more: Any) -> dict[str, Any]:
    """What a browser sends of the form of an intent."""
    typed = Typed.of(document_of(intent), revision)
    said: dict[str, Any] = {**typed.text, "revision": str(revision)}
    for kind, rows in (("slot", typed.slots), ("answer", typed.answers)):
        for name in rows[0] if rows else ():
            said[f"{kind}_{name}"] = [row[name] for row in rows]
    return {**said, **more}


async def save(browser: Browser, intent: Intent, revision: int = 0, **more: Any) -> Any:
    return await browser.post("/admin/intents/save", fields(intent, revision, **more))


async def stored(admin: AdminSide, *wanted: Intent) -> None:
    for intent in wanted:
        await admin.desk.editing.save(intent, "ann")


async def done(admin: AdminSide) -> list[tuple[str, str]]:
    async with admin.desk.store.read() as tx:
        found = await audit.entries(tx, verb="intent.")
    return [(one.verb, one.subject) for one in found if one.verb != "intent.test"]


def shown(page: Any) -> str:
    """The text of a page, without its marks."""
    return html.unescape(re.sub(r"<[^>]+>", " ", page.text))


@pytest.mark.parametrize(
    "intent",
    [
        HOURS,
        PRICE,
        replace(PRICE, action=HandOver(("@ann", "slack:C0123"))),
        replace(HOURS, examples={"fr": ("quand ouvrez-vous", "# zh"), "en": ("什么 open",)}),
    ],
)
def test_what_is_opened_and_saved_again_is_the_same(intent: Intent) -> None:
    document = document_of(intent)
    if "fr" in intent.examples:  # a sentence cannot be a heading
        document["examples"]["fr"].pop()
        intent = replace(intent, examples={"fr": ("quand ouvrez-vous",), "en": ("什么 open",)})
    again, problems = Typed.of(document, 3).intent()
    assert (again, problems) == (intent, [])


@pytest.mark.parametrize(
    "seed", sorted((Path(__file__).parents[2] / "bots").glob("*/intents.yaml")), ids=lambda p: p.parent.name
)
def test_every_seed_can_be_edited_without_changing_it(seed: Path) -> None:
    for intent in files.read(seed.read_bytes(), seed.name).intents:
        again, problems = Typed.of(document_of(intent), 1).intent()
        assert problems == []
        assert again is not None
        assert document_of(again) == document_of(intent)


async def test_an_intent_is_made_saved_published_and_seen_by_every_role(admin: AdminSide) -> None:
    async with admin.browser("editor") as editor:
        assert (await save(editor, HOURS)).headers["location"].startswith("/admin/intents/i/hours?said=")
        page = await editor.get("/admin/intents")
        assert "new" in shown(page)
        assert "en 5" in shown(page)
        assert "Changes not yet in force: 1." in shown(page)
        review = await editor.get("/admin/intents/review")
        stamp = re.search(r'name="drafts" value="(\w+)"', review.text)
        assert stamp
        assert "when are you open" in shown(review)
        assert 'form="publish"' in (await finished(editor, "/admin/quality/progress?a=0&b=drafts&of=review")).text
        sent = await editor.post("/admin/intents/publish", {"drafts": stamp[1], "message": "first"})
        assert sent.headers["location"].startswith("/admin/intents/releases")
        assert "Everything is in force." in shown(await editor.get("/admin/intents"))
    assert await admin.desk.editing.live() == (HOURS,)
    assert await done(admin) == [("intent.publish", "release:1"), ("intent.save", "intent:hours")]
    async with admin.browser("viewer") as viewer:
        assert "when are you open" in (await viewer.get("/admin/intents/i/hours")).text
        assert "Save draft" not in (await viewer.get("/admin/intents/i/hours")).text
        assert (await save(viewer, HOURS, 1)).status_code == 403


async def test_the_second_of_two_editors_sees_both_and_keeps_the_typed_text(admin: AdminSide) -> None:
    await stored(admin, HOURS)
    async with admin.browser("editor", "ann") as ann, admin.browser("editor", "bob") as bob:
        assert (await save(ann, replace(HOURS, description="by ann"), 1)).status_code == 303
        conflict = await save(bob, replace(HOURS, description="by bob"), 1)
        assert conflict.status_code == 422
        text = shown(conflict)
        assert "web:ann changed this intent" in text
        assert "description: by ann" in text
        assert "description: by bob" in text
        assert 'value="by bob"' in conflict.text
        revision = re.search(r'name="revision" value="(\d+)"', conflict.text)
        assert revision
        assert (await save(bob, replace(HOURS, description="by bob"), int(revision[1]))).status_code == 303
    assert [one.description for one in await admin.desk.editing.edited()] == ["by bob"]


async def test_a_name_in_use_is_a_conflict_and_a_deleted_one_is_free(admin: AdminSide) -> None:
    await stored(admin, HOURS)
    async with admin.browser("editor") as editor:
        assert (await save(editor, replace(HOURS, description="mine"))).status_code == 422
        assert (await editor.post("/admin/intents/i/hours/delete")).status_code == 303
        listed = await editor.get("/admin/intents?undo=hours")
        assert "hours was deleted" in shown(listed)
        assert (await editor.post("/admin/intents/i/hours/undelete")).status_code == 303
        assert await admin.desk.editing.edited() == (HOURS,)
        await editor.post("/admin/intents/i/hours/delete")
        assert (await save(editor, replace(HOURS, description="anew"))).status_code == 303
    assert [one.description for one in await admin.desk.editing.edited()] == ["anew"]


async def test_an_intent_gets_another_name_and_what_was_stays_under_the_old_one(admin: AdminSide) -> None:
    await stored(admin, HOURS)
    rename = "/admin/intents/i/hours/rename"
    async with admin.browser("editor") as editor:
        for to, said in (("opening times", "cannot be a name"), ("hours", "is taken")):
            refused = await editor.post(rename, {"to": to})
            assert refused.status_code == 422
            assert said in shown(refused)
            assert f'value="{to}"' in refused.text
        assert (await editor.post(rename, {"to": "opening_times"})).status_code == 303
        assert await admin.desk.editing.edited() == (replace(HOURS, name="opening_times"),)
        assert (await editor.get("/admin/intents/i/hours/history")).status_code == 200
        assert (await editor.post(rename, {"to": "again"})).status_code == 422, "it is deleted"
        assert (await editor.post("/admin/intents/i/hours/undelete")).status_code == 303
    async with admin.browser("owner") as owner:
        assert "intent.rename" in (await owner.get("/admin/audit")).text


async def test_script_in_every_field_is_shown_as_text(admin: AdminSide) -> None:
    said = {name: SCRIPT for name in fields(HOURS) if name not in ("revision", "action")} | {"action": "answer"}
    said |= {name: [SCRIPT] for name in fields(HOURS) if name.startswith(("slot_", "answer_"))}
    async with admin.browser("editor") as editor:
        refused = await editor.post("/admin/intents/save", {**said, "revision": "0"})
        checked = await editor.post("/admin/intents/check", {**said, "name": "a", "revision": "0"})
        evil = replace(HOURS, name="evil", description=SCRIPT, examples={"en": (SCRIPT, "a b", "c d", "e f", "g h")})
        evil = replace(evil, must_match=(SCRIPT,), action=Answer({"en": (SCRIPT,)}))
        assert (await save(editor, evil)).status_code == 303
        pages = [
            await editor.get(path) for path in ("/admin/intents", "/admin/intents/i/evil", "/admin/intents/i/evil/history",
            "/admin/intents/review", f"/admin/intents?q={SCRIPT}", f"/admin/intents/i/evil?said={SCRIPT}")
        ]  # fmt: skip
    assert (refused.status_code, checked.status_code) == (422, 200)
    for page in (refused, checked, *pages):
        assert page.status_code in (200, 422)
        assert SCRIPT not in page.text
        assert html.escape(SCRIPT, quote=False) in page.text.replace("&#34;", '"') or "evil" not in page.text


async def test_ten_thousand_examples_are_refused_with_the_text_kept(admin: AdminSide) -> None:
    many = "\n".join(f"sentence number {number}" for number in range(10_000))
    async with admin.browser("editor") as editor:
        for path, status in (("/admin/intents/save", 422), ("/admin/intents/check", 200)):
            answer = await editor.post(path, fields(replace(HOURS, must_match=()), examples=many))
            assert answer.status_code == status
            assert "it has 10000 examples, at most 2000 are possible" in shown(answer)
        refused = await editor.post("/admin/intents/save", fields(HOURS, examples=many))
    assert "sentence number 9999" in refused.text
    assert await admin.desk.editing.drafts() == []


async def test_faults_and_warnings_stand_at_their_line_while_somebody_types(admin: AdminSide) -> None:
    await stored(admin, PRICE)
    typed = "when are you open\n\nOpen {dya}\n# zh\n几点开门\nwhat does it cost?\n# auto\nwhen are you OPEN!"
    async with admin.browser("editor") as editor:
        checked = await editor.post("/admin/intents/check", fields(HOURS, examples=typed))
    marked = re.findall(r'class="note (\w+)" data-line="(\d+)".*?</button>\s*(.*?)</li>', checked.text, re.DOTALL)
    found = {(kind, int(line)): html.unescape(text) for kind, line, text in marked}
    assert "there is no slot “dya”" in found["bad", 3]
    assert "near: day" in found["bad", 3]
    assert "is an example of" in found["bad", 6]
    assert 'href="/admin/intents/i/price"' in found["bad", 6]
    assert "is here twice" in found["warn", 8]


async def test_a_sentence_is_tried_on_what_stands_in_the_form(admin: AdminSide) -> None:
    await stored(admin, HOURS, PRICE)
    async with admin.browser("viewer") as viewer:
        headers = {"HX-Request": "true"}
        before = await viewer.post("/admin/intents/try", {**fields(HOURS, 1), "said": "gibt es rabatt"}, **headers)
        typed = fields(PRICE, 1, examples="gibt es rabatt\nprice list\nhow much")
        after = await viewer.post("/admin/intents/try", {**typed, "said": "Gibt es Rabatt?"}, **headers)
        plain = await viewer.get("/admin/intents/i/price?said=price+list+please")
    assert "This is taken for" not in shown(before)
    assert re.search(r"This is taken for\s+price", shown(after))
    assert "It is an example, word for word:" in shown(after)
    for heading in ("Ranking", "Nearest examples"):
        assert heading in shown(plain)
    assert await admin.desk.editing.edited() == (HOURS, PRICE)


async def test_what_an_intent_was_can_be_restored_but_not_over_somebody_elses_work(admin: AdminSide) -> None:
    await stored(admin, HOURS, replace(HOURS, description="worse"))
    async with admin.browser("editor") as editor:
        page = shown(await editor.get("/admin/intents/i/hours/history"))
        assert "description: worse" in page
        await stored(admin, replace(HOURS, description="theirs"))
        stale = await editor.post("/admin/intents/i/hours/restore", {"number": "1", "revision": "2"})
        assert stale.status_code == 422
        assert "theirs" in shown(stale)
        assert (
            await editor.post("/admin/intents/i/hours/restore", {"number": "1", "revision": "3"})
        ).status_code == 303
        for number, revision in (("9", "4"), ("x", "4"), ("1", ""), ("9" * 30, "1")):
            answer = await editor.post("/admin/intents/i/hours/restore", {"number": number, "revision": revision})
            assert answer.status_code == 404
    assert await admin.desk.editing.edited() == (HOURS,)


async def test_drafts_that_nobody_looked_at_are_not_published(admin: AdminSide) -> None:
    await stored(admin, HOURS)
    async with admin.browser("editor") as editor:
        stamp = re.search(r'name="drafts" value="(\w+)"', (await editor.get("/admin/intents/review")).text)
        assert stamp
        await stored(admin, PRICE)
        refused = await editor.post("/admin/intents/publish", {"drafts": stamp[1], "message": "my words"})
        assert refused.status_code == 422
        assert "Look at the changes again" in shown(refused)
        assert "my words" in refused.text
    assert await admin.desk.editing.in_force() == 0


async def test_nothing_is_published_while_it_is_still_being_measured(
    admin: AdminSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured, really = asyncio.Event(), quality.compared

    async def slowly(*args: Any, **more: Any) -> Any:
        await measured.wait()
        return await really(*args, **more)

    monkeypatch.setattr("core.admin.quality.compared", slowly)
    await stored(admin, HOURS)
    async with admin.browser("editor") as editor:
        review = await editor.get("/admin/intents/review")
        stamp = re.search(r'name="drafts" value="(\w+)"', review.text)
        assert stamp
        assert "<progress" in review.text
        early = await editor.post("/admin/intents/publish", {"drafts": stamp[1], "message": "first"})
        assert early.status_code == 422
        assert "still being measured" in shown(early)
        assert ">\nfirst</textarea>" in early.text
        assert 'form="publish"' not in early.text
        measured.set()
        await finished(editor, "/admin/quality/progress?a=0&b=drafts&of=review")
        assert (await editor.post("/admin/intents/publish", {"drafts": stamp[1]})).status_code == 303
    assert await admin.desk.editing.in_force() == 1


async def test_a_release_is_rolled_back_in_one_step(admin: AdminSide) -> None:
    await stored(admin, HOURS)
    await admin.desk.editing.publish("one", "ann")
    await stored(admin, PRICE)
    await admin.desk.editing.publish("two", "ann")
    async with admin.browser("editor") as editor:
        assert "price" in shown(await editor.get("/admin/intents/releases/2"))
        sent = await editor.post("/admin/intents/releases/1/rollback")
        assert sent.headers["location"] == "/admin/intents/releases?said=intents.rolled_back"
        again = await editor.post("/admin/intents/releases/1/rollback")
        assert again.headers["location"].endswith("intents.rollback_nothing")
        assert (await editor.get("/admin/intents/releases/77")).status_code == 404
        assert (await editor.get("/admin/intents/releases/x")).status_code == 404
    assert await admin.desk.editing.live() == (HOURS,)
    assert (await done(admin))[0] == ("intent.rollback", "release:3")


async def test_an_instant_edit_that_seems_to_fail_a_test_is_looked_at_thoroughly(
    admin: AdminSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.admin.intents.on_top", lambda *_: compiled((), ()))  # recognises nothing
    await stored(admin, HOURS)
    with pytest.raises(NotPublishable):
        await stored(admin, replace(PRICE, must_match=("when are you open",)))
    assert await admin.desk.editing.edited() == (HOURS,)


async def test_of_what_a_draft_was_the_newest_two_hundred_are_kept(admin: AdminSide) -> None:
    async with admin.desk.store.write() as tx:
        for after in range(203):
            assert await intents.put_draft(tx, "bot", {"name": "a", "n": after}, "ann", admin.clock.now(), after=after)
        assert not await intents.put_draft(tx, "bot", {"name": "a"}, "bob", admin.clock.now(), after=7)
        found = await kept.revisions(tx, "bot", "a", most=1_000)
        older = await kept.revisions(tx, "bot", "a", before=5)
    assert [found[0].revision, found[-1].revision, len(found)] == [203, 3, 201]
    assert [(one.revision, one.document["n"]) for one in older] == [(4, 3), (3, 2)]


async def test_hits_are_those_of_the_last_week(admin: AdminSide) -> None:
    now = admin.clock.now()
    await stored(admin, HOURS, PRICE)
    who = await said_in_turns(admin.desk.store, now - dt.timedelta(days=8), "old", intent="hours")
    await said_in_turns(admin.desk.store, now - dt.timedelta(days=6), "a", "b", intent="hours", who=who)
    rows = {row.name: row.hits for row in (await overview(admin.desk)).rows}
    assert rows == {"hours": 2, "price": 0}


async def test_workers_say_by_which_release_they_answer(admin: AdminSide) -> None:
    await stored(admin, HOURS)
    await admin.desk.editing.publish("one", "ann")
    async with admin.desk.store.write() as tx:
        await workers.beat(tx, "w1", "host", 1, admin.clock.now())
    told = Told(admin.desk.store, admin.clock, admin.desk.live, admin.desk.settings.bot, "w1")
    await told.tick()
    async with admin.browser("viewer") as viewer:
        assert "still release 0" in shown(await viewer.get("/admin/intents/releases/in-force"))
        await admin.desk.live.tick()
        await told.tick()
        page = shown(await viewer.get("/admin/intents/releases/in-force"))
    assert "release 1" in page
    assert "still" not in page


async def finished(browser: Browser, path: str) -> Any:
    """The part of a page that shows how far a long computation is, once it is done."""
    while True:
        page = await browser.get(path)
        if "<progress" not in page.text:
            return page
        await asyncio.sleep(0.02)


async def test_the_replay_hides_what_people_wrote_until_a_reason_is_given(admin: AdminSide) -> None:
    await stored(admin, HOURS)
    await admin.desk.editing.publish("one", "ann")
    await said_in_turns(admin.desk.store, admin.clock.now(), "my secret price list")
    await stored(admin, replace(PRICE, examples={"en": (*PRICE.examples["en"], "my secret price list")}))
    async with admin.browser("editor") as editor, admin.browser("owner") as owner:
        assert "<progress" in (await editor.get("/admin/intents/review")).text
        page = await finished(editor, "/admin/quality/progress?a=1&b=drafts&of=review")
        assert "1 answers would change" in shown(page)
        assert (
            "secret"
            not in (await editor.get("/admin/intents/review"))
            .text.replace("my secret price list\n", "")
            .partition("findings")[2]
        )
        assert (
            await editor.post("/admin/quality/reveal", {"a": "1", "b": "drafts", "reason": "why not"})
        ).status_code == 403
        assert (await owner.post("/admin/quality/reveal", {"a": "1", "b": "drafts", "reason": " "})).status_code == 422
        shown_now = await owner.post(
            "/admin/quality/reveal", {"a": "1", "b": "drafts", "reason": "checking the release"}
        )
    assert "my secret price list" in shown_now.text.partition("findings")[2]
    async with admin.desk.store.read() as tx:
        [noted] = await audit.entries(tx, verb="text.reveal")
    assert (noted.reason, noted.subject) == ("checking the release", "intents:replay")


def upload(text: str | bytes, name: str = "a.yaml") -> Mapping[str, Any]:
    return {"file": (name, text if isinstance(text, bytes) else text.encode())}


async def imported(browser: Browser, preview: Any) -> Any:
    """Presses the button below a preview."""
    hidden = dict(re.findall(r'<input type="hidden" name="(name|replace|drafts)" value="([^"]*)"', preview.text))
    text = re.search(r'<textarea name="text" hidden>\n(.*?)</textarea>', preview.text, re.DOTALL)
    assert text
    return await browser.post("/admin/intents/import/apply", {**hidden, "text": html.unescape(text[1])})


async def test_a_file_is_looked_at_taken_in_and_taken_back(admin: AdminSide) -> None:
    await stored(admin, HOURS)
    changed = replace(HOURS, description="from a file")
    file = files.to_yaml([changed, PRICE])
    async with admin.browser("editor") as editor:
        preview = await editor.post("/admin/intents/import", files=upload(file))
        assert "description: from a file" in shown(preview)
        assert await admin.desk.editing.edited() == (HOURS,)
        assert (await imported(editor, preview)).status_code == 303
        assert await admin.desk.editing.edited() == (changed, PRICE)
        exported = await editor.get("/admin/intents/export?as=yaml")
        assert exported.content == file.encode()
        assert (await editor.get("/admin/intents/export?as=csv")).text == files.to_csv([changed, PRICE])
        page = await editor.get("/admin/intents/import")
        batch = re.search(r'name="batch" value="(\w+)"', page.text)
        assert batch
        await stored(admin, replace(PRICE, description="edited since"))
        reverted = await editor.post("/admin/intents/import/revert", {"batch": batch[1]})
        assert "Edited since, and kept as they are: price." in shown(reverted)
        assert (await editor.post("/admin/intents/import/revert", {"batch": "nothing"})).status_code == 422
    assert {one.name: one.description for one in await admin.desk.editing.edited()} == {
        "hours": HOURS.description, "price": "edited since",
    }  # fmt: skip
    assert [verb for verb, _ in await done(admin)] == ["intent.revert", "intent.import"]


async def test_an_import_that_was_looked_at_before_somebody_edited_is_shown_again(admin: AdminSide) -> None:
    async with admin.browser("editor") as editor:
        preview = await editor.post("/admin/intents/import", files=upload(files.to_yaml([HOURS])))
        await stored(admin, PRICE)
        again = await imported(editor, preview)
        assert again.status_code == 422
        assert "Somebody changed the drafts meanwhile" in shown(again)
        assert (await imported(editor, again)).status_code == 303
    assert {one.name for one in await admin.desk.editing.edited()} == {"hours", "price"}


@pytest.mark.parametrize(
    ("file", "name", "told"),
    [
        (b"\x89PNG\r\n\x1a\n....", "a.yaml", "another kind (PNG)"),
        (b"PK\x03\x04....", "a.csv", "another kind (Excel, Word, ZIP)"),
        ("intents:\n- name: a\n  exampels: {en: [x]}\n", "a.yaml", "line 3"),
        ("intent,example\na\n", "a.csv", "line 2"),
        ("- &a {name: x}\n- *a\n", "a.yaml", "line 1: it points to another place"),
        ("[" * 10_000, "a.yaml", "nested too deeply"),
        ("!!python/object/apply:os.system [ls]", "a.yaml", "the tag"),
        ("intent;example\na;b;c\n".encode("utf-16"), "a.csv", "line 2"),
        ("intent,example\na,é\n".encode("latin-1"), "a.csv", "line 2"),
        (b"", "a.yaml", "no intents in the file"),
    ],
)
async def test_a_file_that_is_no_good_is_named_with_its_line(admin: AdminSide, file: Any, name: str, told: str) -> None:
    async with admin.browser("editor") as editor:
        answer = await editor.post("/admin/intents/import", files=upload(file, name))
    assert answer.status_code == 422
    assert told in shown(answer)
    assert await admin.desk.editing.drafts() == []


async def test_an_import_is_bounded(admin: AdminSide) -> None:
    async with admin.browser("editor") as editor:
        assert (await editor.post("/admin/intents/import", {"file": "not a file"})).status_code == 422
        assert (await editor.post("/admin/intents/import", files=upload(b"x" * (10 << 20)))).status_code == 413


async def test_a_test_that_fails_keeps_the_drafts_from_being_published(admin: AdminSide) -> None:
    await stored(admin, HOURS, PRICE)
    wrong = replace(PRICE, must_match=("when are you open",))
    async with admin.browser("editor") as editor:
        refused = await save(editor, wrong, 1)
    assert refused.status_code == 422
    assert "the test “when are you open” gives hours" in shown(refused)


async def test_pages_are_in_the_readers_language(admin: AdminSide) -> None:
    await stored(admin, HOURS)
    async with admin.browser("editor") as editor:
        for path in ("", "/new", "/i/hours", "/i/hours/history", "/review", "/releases", "/import"):
            page = await editor.get(f"/admin/intents{path}", **{"Accept-Language": "zh-CN"})
            assert page.status_code == 200
            assert "意图" in page.text
