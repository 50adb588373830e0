"""`remora intents`: what admins without a browser do, with exit codes that scripts can trust."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bots._cli.intents import command
from core.errors import RemoraError
from core.intents.checks import same_words
from core.messages import Sender
from core.store import Store, intents, people
from tests.unit.rows import NOW

FILE = """\
intents:
- name: hours
  examples:
    en: [when are you open, opening times, open today, are you open, till when]
  action: {answer: {en: [Nine to six.]}}
"""


@pytest.fixture
def here(tmp_path: Path, migrated_sqlite: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copyfile(migrated_sqlite, tmp_path / "remora.db")
    for name in ("DATABASE_URL", "REMORA_BOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("REMORA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("REMORA_INTENT_ENCODER", "off")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bots._intents.seed_of", lambda _folder: ())
    (tmp_path / "a.yaml").write_text(FILE, encoding="utf-8")
    return tmp_path


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(command, arguments, input=given)


def test_a_file_is_taken_in_published_changed_and_rolled_back(here: Path) -> None:
    assert run("import", "a.yaml", "--dry-run").stdout == "add     hours\n"
    assert json.loads(run("list", "--json").stdout) == []
    assert run("import", "a.yaml").exit_code == 0
    assert "release 1 is in force" in run("publish", "-m", "first").stdout
    assert run("add", "hours", "do you close for lunch", "几点关门").exit_code == 0
    assert "+  - do you close for lunch" in run("diff").stdout
    assert json.loads(run("list", "--json").stdout)[0] | {"changed_by": ""} == {
        "name": "hours", "examples": 7, "enabled": True, "draft": "change", "changed_by": "",
    }  # fmt: skip
    assert "release 2 is in force" in run("publish").stdout
    assert "几点关门" in run("show", "hours").stdout
    assert "几点关门" not in run("export", "--release", "1").stdout
    assert "release 3 is in force" in run("rollback", "1").stdout
    assert [row["number"] for row in json.loads(run("list", "--releases", "--json").stdout)] == [3, 2, 1]
    assert run("diff", "1", "3").stdout == ""
    assert run("delete", "hours").exit_code == 0
    assert run("diff").stdout == "delete  hours\n"


def test_an_export_comes_back_byte_for_byte(here: Path) -> None:
    run("import", "a.yaml")
    assert run("export", "-o", "b.yaml").exit_code == 0
    run("import", "b.yaml", "--replace")
    assert run("export").stdout == (here / "b.yaml").read_text(encoding="utf-8")
    table = run("export", "--csv").stdout
    assert table.splitlines()[:2] == ["intent,language,example", "hours,en,when are you open"]


def test_faults_are_said_with_their_line_and_exit_code_1(here: Path) -> None:
    (here / "bad.yaml").write_text(FILE.replace("examples:", "exampels:"), encoding="utf-8")
    for verb in (("lint", "bad.yaml"), ("import", "bad.yaml")):
        ended = run(*verb)
        assert ended.exit_code == 1
        assert "line 3, hours › exampels" in ended.stderr
    run("import", "a.yaml")
    twice = FILE.replace("name: hours", "name: times").replace("opening times", "open today!")
    (here / "twice.yaml").write_text(twice, encoding="utf-8")
    ended = run("import", "twice.yaml")
    assert ended.exit_code == 1
    assert "is an example of" in ended.stderr
    assert "release" not in run("publish").stdout or json.loads(run("list", "--json").stdout)[0]["name"] == "hours"
    for wrong in (("show", "nothing"), ("rollback", "9"), ("export", "--release", "9")):
        assert isinstance(run(*wrong).exception, RemoraError)
    assert run("diff", "1", "2", "3").exit_code == 2


def test_tests_of_the_intents_are_run(here: Path) -> None:
    tested = FILE + "  must_match: [open today please]\n  must_not_match: [the sky is blue]\n"
    (here / "a.yaml").write_text(tested, encoding="utf-8")
    assert run("import", "a.yaml").exit_code == 0
    assert run("test").stdout == "all tests pass\n"
    (here / "a.yaml").write_text(tested.replace("the sky is blue", "are you open"), encoding="utf-8")
    ended = run("import", "a.yaml")
    assert ended.exit_code == 1
    assert "must not" in ended.stderr


def test_json_lines_answer_line_by_line(here: Path) -> None:
    train = {
        "op": "train",
        "intents": [{"name": "hours", "lang": "en", "examples": ["when are you open", "opening times"]}],
    }
    lines = [
        json.dumps(train),
        json.dumps({"op": "predict", "id": 1, "text": "Opening times!", "lang": "en"}),
        "nonsense",
    ]
    answers = [json.loads(line) for line in run("--jsonl", given="\n".join(lines) + "\n").stdout.splitlines()]
    assert answers[0]["op"] == "trained"
    assert (answers[1]["id"], answers[1]["intent"]) == (1, "hours")
    assert "error" in answers[2]


def test_a_preview_and_a_why_are_for_people_who_decide(here: Path) -> None:
    run("import", "a.yaml")
    shown = run("preview")
    assert shown.exit_code == 0
    assert "hours" in shown.stdout
    assert "0 of 0 sentences" in shown.stdout
    assert json.loads(run("preview", "--json").stdout)["replayed"] == 0
    assert "word for word" in run("why", "open today").stdout


def test_what_matched_nothing_becomes_an_example_or_is_put_aside(here: Path) -> None:
    async def fill() -> None:
        store = Store(f"sqlite:///{here / 'remora.db'}")
        async with store.write() as tx:
            person = await people.person_of(tx, "", "fake", Sender("ann", "Ann"), NOW, None)
            for text in ("shut at noon?", "the sky is blue", "hm"):
                said = intents.Unsure(same_words(text), text, "en", "unmatched")
                await intents.note_unsure(tx, "assistant", person.id, said, NOW)
        await store.aclose()

    asyncio.run(fill())
    run("import", "a.yaml")
    waiting = [json.loads(line) for line in run("inbox", "--json").stdout.splitlines()]
    assert {one["key"] for one in waiting} == {"shutatnoon", "theskyisblue", "hm"}
    sure = [one["confidence"] for one in waiting]
    assert sure == sorted(sure), "what is least certain comes first"
    assert "shut at noon?" in run("label", "shutatnoon", "hours").stdout
    assert run("label", "theskyisblue", "-").exit_code == 0
    assert run("label", "hm").exit_code == 0
    assert run("inbox").stdout == ""
    assert isinstance(run("label", "hm").exception, RemoraError)
    assert run("label", "hm", "9 lives").exit_code == 2
