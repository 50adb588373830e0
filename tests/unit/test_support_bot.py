"""What lies in the folder of the support bot is as complete as its README says."""

from __future__ import annotations

import json
import re
from collections import Counter

from bots._app import BOTS
from bots._intents import seed_of
from bots._skills import skills_of
from core.language.detect import detect

FOLDER = BOTS / "support"


def test_its_intents_have_ten_examples_in_each_language_and_no_example_is_in_two() -> None:
    intents = seed_of(FOLDER)
    assert len(intents) >= 10
    for intent in intents:
        assert all(len(intent.examples[language]) >= 10 for language in ("en", "zh")), intent.name
    said = Counter(text for intent in intents for texts in intent.examples.values() for text in texts)
    assert [text for text, times in said.items() if times > 1] == []


def test_its_training_data_are_dialogues_in_both_languages() -> None:
    rows = [json.loads(line) for line in (FOLDER / "data" / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(rows) >= 60
    for row in rows:
        roles = [message["role"] for message in row["messages"]]
        assert roles == ["system", *["user", "assistant"] * (len(roles) // 2)]
        assert detect(row["messages"][-1]["content"]) == row["meta"]["lang"]


def test_its_documents_come_in_both_languages() -> None:
    names = {file.name for file in (FOLDER / "knowledge").iterdir()}
    english = {name.removesuffix(".en.md") for name in names if name.endswith(".en.md")}
    assert english == {name.removesuffix(".zh.md") for name in names if name.endswith(".zh.md")} - {"lamps"}


def test_every_file_that_its_readme_names_is_there() -> None:
    named = re.findall(
        r"`([\w./]+)`", "".join(re.findall(r"^\| `.*?\|", (FOLDER / "README.md").read_text(), re.MULTILINE))
    )
    assert len(named) >= 8
    assert [name for name in named if not (FOLDER / name).exists()] == []


def test_its_skill_is_one_among_the_others() -> None:
    assert "/order" in {command for skill in skills_of("support") for command in skill.commands}
    assert "/order" not in {command for skill in skills_of("assistant") for command in skill.commands}
