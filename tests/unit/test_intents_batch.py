"""`remora intents --jsonl`: one line out for each line in, whatever the line is."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from core.intents.batch import Batch, main

TRAIN = {
    "op": "train",
    "intents": [
        {"name": "greet", "lang": "en", "examples": ["hello there", "good morning", "hi friend"]},
        {"name": "bye", "lang": "en", "examples": ["see you later", "good night", "farewell friend"]},
        {"name": "order", "lang": "en", "examples": ["order a [cheese pizza]{dish}", "order {dish} now"]},
        {"name": "greet", "lang": "zh", "examples": ["你好", "早上好"]},
    ],
}


def answers(*rows: object) -> list[dict[str, Any]]:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    target = io.StringIO()
    main(io.StringIO("\n".join(lines) + "\n"), target, Batch(()))
    return [json.loads(line) for line in target.getvalue().splitlines()]


def test_training_and_asking() -> None:
    trained, hello, pizza, foreign = answers(
        TRAIN,
        {"op": "predict", "id": 7, "text": "早上好啊", "lang": "zh"},
        {"op": "predict", "id": "x", "text": "order Fried Rice now"},
        {"op": "predict", "id": 9, "text": "the tax on whale oil in 1812"},
    )
    assert trained["op"] == "trained"
    assert trained["ms"] > 0
    assert (hello["id"], hello["top"]) == (7, "greet")
    assert (pizza["intent"], pizza["slots"]) == ("order", {"dish": "Fried Rice"})
    assert (foreign["intent"], set(foreign)) == (
        None,
        {"id", "intent", "top", "confidence", "zone", "slots", "values", "ms"},
    )


def test_training_again_replaces_what_was_learned() -> None:
    only = {"op": "train", "intents": [{"name": "one", "lang": "en", "examples": ["hello there"]}]}
    assert answers(TRAIN, only, {"op": "predict", "id": 1, "text": "hello there"})[-1]["intent"] == "one"


def test_each_bad_line_gets_an_error_and_changes_nothing() -> None:
    bad = [
        {"op": "predict", "id": 1, "text": "too early"},
        TRAIN,
        "not json",
        "[1, 2]",
        {"op": "dance", "id": 2},
        {"op": "predict", "id": 3},
        {"op": "predict", "id": 4, "text": 5},
        {"op": "train", "intents": "none"},
        {"op": "train", "intents": [{"name": "x", "examples": [1]}]},
        {"op": "train", "intents": ["x"]},
        {"op": "predict", "id": 5, "text": "good morning"},
    ]
    found = answers(*bad)
    assert len(found) == len(bad)
    assert ["error" in each for each in found] == [True, False, *[True] * 8, False]
    assert found[-1]["intent"] == "greet"
    assert [found[place]["id"] for place in (4, 5, 6)] == [2, 3, 4]


def test_thousands_of_examples_at_once_are_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many points are fitted through some of them; an intent among them is still told from the others."""
    monkeypatch.setattr("core.intents.heads.MOST_POINTS", 500)
    kinds = ["invoice", "holiday", "printer", "parking"]
    rows = [
        {
            "name": kind,
            "lang": "en",
            "examples": [f"{kind} question number {i} about {kind} {i % 97}" for i in range(1000)],
        }
        for kind in kinds
    ]
    found = answers({"op": "train", "intents": rows}, *({"op": "predict", "id": k, "text": f"my {k}"} for k in kinds))
    assert [each["top"] for each in found[1:]] == kinds
