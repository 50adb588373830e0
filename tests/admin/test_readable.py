"""What admins did, and what became of messages, is said on the pages in words of both languages; exports keep the technical names."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from adapters.web.admin.look import load_words
from core import skills as built_in
from core.admin.reminders import bulk
from core.language import requests
from core.skills.base import LED
from core.skills.reminders.buttons import _PRESSED
from core.store.admin import audit
from tests.admin.test_conversations import spoken
from tests.fakes.admin import AdminSide

ROOT = Path(__file__).parents[2]
VERB = re.compile(r"[a-z]+(\.[a-z_]+)+")
WRITES = {"note", "noted", "_note", "_noted", "_made", "add"}
"""How the functions are called that write into the audit log, or hand a verb on to one that does."""
CHANGING = {
    "pause",
    "resume",
    "cancel",
    "undo",
    "move",
    "edit",
    "rename",
    "snooze",
    "done",
    "silence",
    "late",
    "share",
    "unshare",
}


def calls() -> Iterator[ast.Call]:
    for file in (*ROOT.glob("core/**/*.py"), *ROOT.glob("adapters/web/**/*.py"), *ROOT.glob("bots/_cli/*.py")):
        yield from (node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call))


def texts(node: ast.AST) -> set[str]:
    return {one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)}


def test_every_verb_that_the_code_can_write_has_its_words() -> None:
    noting = [call for call in calls() if ast.unparse(call.func).rpartition(".")[2] in WRITES]
    given = [one for call in noting for one in call.args if isinstance(one, (ast.Constant, ast.IfExp))]
    verbs = {text for one in given for text in texts(one) if VERB.fullmatch(text)}
    assert len(verbs) > 60
    verbs |= {f"reminder.{verb}" for verb in CHANGING | {"set"}} | {"model.promote", "model.rollback"}
    verbs |= {f"reminder.bulk.{verb}" for verb in get_args(bulk.Verb)}
    assert set(get_args(requests.Verb)) >= CHANGING
    words = load_words()
    assert verbs - set(words["en"]["verbs"]) == set()
    assert set(words["en"]["verbs"]) - verbs == set(), "words that nothing is called by"


def test_every_skill_and_what_it_makes_of_a_message_has_its_words() -> None:
    named = [key.value for call in calls() for key in call.keywords if key.arg == "intent"]
    made = {one.value for one in named if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value}
    made |= {f"reminder_{verb}" for verb in (*get_args(requests.Verb), *_PRESSED)} | {LED}
    made |= {"invite", "people", "remove", "open", "close"}
    skills = {skill.name for skill in built_in.available()}
    assert len(made) > 60
    assert len(skills) > 10
    assert (made | skills) - set(load_words()["en"]["skills"]) == set()


async def test_pages_say_it_in_the_readers_language_and_exports_by_name(admin: AdminSide) -> None:
    now = admin.clock.now()
    _, talk, number = await spoken(admin.desk.store, now, "hi", intent="reminder_set")
    async with admin.desk.store.write() as tx:
        await audit.add(tx, now, "web:ann", "knowledge.add", "document:lamps.md")
    async with admin.browser("owner") as owner:
        pages = ("/admin", "/admin/audit", "/admin/conversations", f"/admin/conversations/{talk}/turns/{number}")
        english = [(await owner.get(path)).text for path in pages]
        chinese = [(await owner.get(path, **{"Accept-Language": "zh"})).text for path in pages]
        export = (await owner.get("/admin/audit/export")).text
    for shown, did, on, what in (
        (english, "added a document", "document lamps.md", "set a reminder"),
        (chinese, "添加了文档", "文档 lamps.md", "设提醒"),
    ):
        assert all(did in page and on in page for page in shown[:2])
        assert all(what in page for page in (shown[0], *shown[2:]))
    assert '"verb": "knowledge.add"' in export
