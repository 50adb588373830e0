"""Whatever page in Chinese shows a refusal, a trouble or a line of health, its sentence is there in Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.language.told import sentences, told
from core.store import database

ROOT = Path(__file__).parents[2]
SHOWN = (
    "core/*.py", "core/admin/*.py", "core/intents/*.py", "core/memory/*.py", "core/lm/*.py", "core/lm/engine/*.py",
    "core/store/*.py", "core/store/backup/*.py", "core/training/gate.py", "core/training/runs.py", "bots/_app.py",
    "core/admin/reminders/*.py", "adapters/web/adapter.py", "adapters/slack/workspaces.py", "adapters/slack/adapter.py",
    "adapters/telegram/sending.py", "adapters/telegram/adapter.py",
)  # fmt: skip
ONLY_AT_A_TERMINAL = {
    "core/settings.py", "core/catalog.py", "core/lm/scripted.py", "core/admin/reminders/desk.py", "core/journal.py",
}  # fmt: skip
"""What is raised there stops the start, or answers a command."""
ERRORS = (
    "RemoraError", "ConfigurationError", "Unavailable", "StoreUnavailable", "ModelUnavailable", "Refused", "Forbidden",
    "RetryLater", "Undeliverable",
)  # fmt: skip


def sentence(node: ast.expr) -> str | None:
    """What stands there in the code, with {} for each value; None where it is no sentence of that place."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
    return None


def said() -> Iterator[tuple[str, str]]:
    """Each sentence with where it stands."""
    for file in sorted({file for pattern in SHOWN for file in ROOT.glob(pattern)}):
        name = file.relative_to(ROOT).as_posix()
        if name in ONLY_AT_A_TERMINAL:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            found: list[ast.expr] = []
            match node:
                case ast.Call(func=ast.Name(id=kind), args=args) if kind in ERRORS:
                    found = args[:2]
                case ast.Return(value=ast.expr() as value) if name == "core/health.py":
                    found = [value]
                case ast.Assign(targets=[ast.Name(id=kind)], value=value) if kind.endswith("_MEND"):
                    found = [value]
            for one in found:
                text = sentence(one)
                if text and re.search("[a-z]{3}", text):
                    yield text, f"{name}:{node.lineno}"
    for _, what, mend in database._MENDS:
        yield from ((what, "core/store/database.py"), (mend, "core/store/database.py"))


def blank(text: str) -> str:
    return re.sub(r"\{\w*\}", "{}", text)


def test_every_sentence_that_a_page_may_show_is_there_in_chinese() -> None:
    known = {blank(one) for one in sentences()}
    missing = {text: where for text, where in said() if text not in known}
    assert missing == {}


def test_values_are_those_of_the_english() -> None:
    for english, chinese in sentences().items():
        values = re.findall(r"\{(\w+)\}", english)
        assert sorted(values) == sorted(re.findall(r"\{(\w+)\}", chinese)), english
        assert len(set(values)) == len(values), english


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("wait a little", "请稍等"),
        ("the database is at 0003, not at 0017", "数据库的版本是 0003，而不是 0017"),
        ("there is no intent “退款 {x}”", "没有意图“退款 {x}”"),
        ("wait a little; wait a little", "请稍等；请稍等"),
        ("Slack, workspace T1: scopes are missing: a, b", "Slack 工作区 T1：缺少权限范围：a, b"),
        ("Ann wrote this", "Ann wrote this"),
        ("her list; his list", "her list; his list"),
        ("; " * 1000, "; " * 1000),
        ("已经是中文", "已经是中文"),
    ],
)
def test_a_sentence_is_told_in_the_readers_language(english: str, chinese: str) -> None:
    assert told("zh", english) == chinese
    assert told("en", english) == english
