"""`remora knowledge`: documents are added, listed, asked and removed; what is wrong is said, and how to mend it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bots.__main__ import remora
from core.errors import RemoraError


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REMORA_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("REMORA_INTENT_ENCODER", "off")

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(remora, ["knowledge", *words])

    return invoke


def test_a_document_is_added_listed_asked_and_removed(run: Any, tmp_path: Path) -> None:
    (tmp_path / "moon.md").write_text("# Moon\n\n## Matter\n\nThe moon is made of green cheese.")
    added = run("add", "moon.md", "--only", "roles=owner", "--only", "channels=slack:C1", "--json")
    assert added.exit_code == 0
    assert json.loads(added.output)["limits"] == {"channels": ["slack:C1"], "roles": ["owner"]}
    assert "only channels: slack:C1; roles: owner" in run("list").output
    asked = run("ask", "what is the moon made of?", "--json")
    assert asked.exit_code == 0
    said = json.loads(asked.output)
    assert (said["document"], said["headings"]) == ("moon.md", ["Moon", "Matter"])
    assert said["text"] == "The moon is made of green cheese."
    assert {"moon", "made"} <= set(said["words"])
    assert "Moon › Matter (moon.md)" in run("ask", "what is the moon made of?").output
    assert run("remove", "moon.md").exit_code == 0
    nothing = run("ask", "what is the moon made of?")
    assert (nothing.exit_code, "not in the documents" in nothing.output) == (1, True)


def test_what_cannot_be_read_is_named_and_the_rest_is_added(run: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Fine.")
    (tmp_path / "b.docx").write_text("Not so.")
    done = run("add", "a.txt", "b.docx", "c.md")
    assert done.exit_code == 1
    assert "b.docx: such a file cannot be read. Save it as" in done.output
    assert "c.md: there is no such file" in done.output
    assert [json.loads(line)["name"] for line in run("list", "--json").output.splitlines()] == ["a.txt"]


def test_the_folder_of_a_bot_is_taken_over(run: Any) -> None:
    names = {json.loads(line)["name"] for line in run("--bot", "support", "list", "--json").output.splitlines()}
    assert {"returns.en.md", "returns.zh.md", "faq.en.md", "lamps.html", "staff.md"} <= names


def test_what_is_not_there_cannot_be_removed(run: Any) -> None:
    assert isinstance(run("remove", "x.md").exception, RemoraError)
    assert run("add", "a.md", "b.md", "--name", "c.md").exit_code == 2
    refused = run("add", "a.md", "--only", "role=owner").exception
    assert "“role” is no limit" in str(refused)
