"""`remora memory` and `remora privacy`, for those who run it: whoever looks leaves a trace that the person can read."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from adapters.web.signin import signing_key
from bots._cli import memory, privacy
from core.errors import RemoraError
from core.messages import Sender
from core.settings import load_settings
from core.store import Store, crypto, migrate, people
from core.store import memory as kept
from core.store.memory import Statement
from tests.unit.rows import NOW, message


async def _fill(url: str) -> None:
    store = Store(url)
    await migrate.upgrade(store)
    async with store.write() as tx:
        for who, town in (("ann", "Paris"), ("bob", "Rome")):
            person = await people.person_of(tx, "", "fake", Sender(who, who.capitalize()), NOW)
            text = f"I live in {town}"
            told = [Statement("home", town, text, text), Statement("", f"{who} has a kayak", f"{who} has a kayak")]
            await kept.add(tx, person.id, told, message(text), NOW, language="en")
    await store.aclose()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    for name, value in {"DATABASE_URL": "", "REMORA_DATA_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    crypto.unlock(signing_key(settings))
    asyncio.run(_fill(settings.store_url))
    return CliRunner()


def run(desk: CliRunner, command: Any, *arguments: str, **more: Any) -> Result:
    return desk.invoke(command, list(arguments), **more)


def rows(desk: CliRunner, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run(desk, memory.command, *arguments, "--json").stdout)
    return found


def test_facts_are_listed_found_corrected_and_forgotten(desk: CliRunner) -> None:
    [home, kayak] = rows(desk, "list", "--person", "ann")
    assert (home["text"], home["told"], home["used_at"]) == ("I live in Paris", "fake, in private", [])
    assert "I live in Paris" in run(desk, memory.command, "list", "--person", "fake:ann").output
    assert [one["id"] for one in rows(desk, "search", "--person", "ann", "kayak")] == [kayak["id"]]
    assert rows(desk, "search", "--person", "ann", "penguins") == []
    edited = run(desk, memory.command, "edit", "--person", "ann", str(home["id"]), "I", "live", "in", "Lyon")
    assert edited.output == "I live in Lyon\n"
    other = run(desk, memory.command, "forget", "--person", "bob", str(home["id"]))
    assert isinstance(other.exception, RemoraError)
    assert run(desk, memory.command, "forget", "--person", "ann", str(home["id"])).output == "1 forgotten\n"
    assert [one["id"] for one in rows(desk, "list", "--person", "ann")] == [kayak["id"]]
    assert run(desk, memory.command, "forget", "--person", "ann", "--all").output == "1 forgotten\n"
    assert len(rows(desk, "list", "--person", "bob")) == 2


def test_who_looked_is_seen_and_a_person_is_exported_and_erased(desk: CliRunner) -> None:
    rows(desk, "list", "--person", "ann", "--reason", "a complaint")
    data = json.loads(run(desk, privacy.command, "export", "--person", "ann").stdout)
    assert [one["text"] for one in data["fact"]] == ["I live in Paris", "ann has a kayak"]
    assert "bob" not in json.dumps(data)
    log = run(desk, privacy.command, "log", "--person", "ann").output
    assert log.index("privacy.export") < log.index("memory.see") < log.index("a complaint")
    assert run(desk, privacy.command, "erase", "--person", "ann", input="n\n").exit_code == 1
    receipt = json.loads(run(desk, privacy.command, "erase", "--person", "ann", "--yes").stdout)
    assert receipt["rows"]["fact"] == 2
    assert isinstance(run(desk, privacy.command, "export", "--person", "ann").exception, RemoraError)
    assert len(rows(desk, "list", "--person", "bob")) == 2


def test_what_is_missing_or_unknown_is_said(desk: CliRunner) -> None:
    assert run(desk, memory.command).exit_code == 2
    assert run(desk, memory.command, "forget", "--person", "ann").exit_code == 2
    nobody = run(desk, memory.command, "list", "--person", "nobody")
    assert isinstance(nobody.exception, RemoraError)
    assert "nobody is called nobody" in str(nobody.exception)
    line = json.dumps({"op": "ready"})
    assert run(desk, memory.command, "--jsonl", input=f"{line}\n").output == '{"ok": true}\n'
