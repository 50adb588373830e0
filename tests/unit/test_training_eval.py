"""Evaluation: scores mean what they say, intervals say what is a difference, and reports stay with the run."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from bots._cli.eval import command
from core.errors import Refused
from core.settings import Settings
from core.training.evaluation import evaluate as evaluation
from core.training.evaluation.evaluate import METRICS, Wanted, evaluate
from core.training.evaluation.intervals import change, figure
from core.training.evaluation.scores import chrf, expected, holds, loops, refuses, rouge_l, same_form, same_language
from core.training.finetune import train
from core.training.options import Options
from core.training.runs import Run
from core.training.words import balance, distinct, words
from tests.fakes import tiny


@pytest.mark.parametrize(
    ("reply", "value", "there"),
    [
        ("It costs $1,250.50 in all.", "1250.5", True),
        ("共１２５０元", "1250", True),
        ("The answer is 42.", "42", True),
        ("The answer is 142.", "42", False),
        ("It is 4.2 metres.", "42", False),
        ("She pays 65 dollars", "$65", True),
        ("About 12,5 kg", "12.5", True),
        ("It covers 90 m².", "2", False),
        ("We meet in Room B, upstairs.", "room b", True),
        ("We meet in the classroom by noon.", "room b", False),
        ("请到北京西站乘车", "北京西站", True),
        ("请到北京站乘车", "北京西站", False),
        ("", "1", False),
    ],
)
def test_a_value_is_found_however_it_is_written_and_not_inside_another(reply: str, value: str, there: bool) -> None:
    assert holds(reply, value) is there


def test_what_a_row_expects_is_one_value_or_several() -> None:
    assert expected({"expect": ["a", 2]}) == (["a", "2"], False)
    assert expected({"expect": {"price": 3}}) == (["3"], False)
    assert expected({"expect": 3, "final_answer": 4}) == (["3"], False)
    assert expected({"final_answer": "$65"}) == (["$65"], True)
    assert expected({"final_answer": [65]}) == (["65"], True)
    assert expected({"final_answer": [6, 5]}) == (["6", "5"], False)
    assert expected({"final_answer": "Rome"}) == (["Rome"], False)
    assert expected({"id": 1}) == expected({"expect": ""}) == expected({"final_answer": None}) == ([], False)


@pytest.mark.parametrize(
    ("reply", "right"),
    [
        ("Yes, 90 is correct.", True),
        ("90 + 90 = 180 minutes.", False),
        ("一共是９０。", True),
        ("So it comes to $90.00!", True),
        ("The area is 90 cm².", True),
        ("It holds 90 m3 of CO₂.", True),
        ("It is 90, not 4.", False),
        ("Well done!", False),
    ],
)
def test_a_final_answer_is_the_number_that_a_reply_ends_on(reply: str, right: bool) -> None:
    assert expected({"final_answer": "90"}).right(reply) is right
    assert expected({"expect": "90"}).right(reply) is any(sign in reply for sign in ("90", "９０"))


@pytest.mark.parametrize("score", [chrf, rouge_l])
@pytest.mark.parametrize("wanted", ["The desk is on the second floor.", "前台在二楼，请走左边的楼梯。"])
def test_a_reply_scores_by_how_much_it_has_in_common_with_the_wanted_one(score: Any, wanted: str) -> None:
    near, far = wanted[: len(wanted) * 2 // 3], "Xyz 12 qqq." if wanted.isascii() else "天下雨"
    assert score(wanted, wanted) == pytest.approx(1)
    assert 0 < score(near, wanted) < 1
    assert score(far, wanted) < 0.1 < score(near, wanted)
    assert score("", wanted) == score(wanted, "") == 0


def test_rouge_counts_the_longest_common_subsequence() -> None:
    assert rouge_l("a b c d", "a x c d e") == pytest.approx(2 * 3 / 9)


def test_chrf_counts_runs_of_characters_with_recall_twice() -> None:
    precision, recall = (1 + 1 + 0) / 3, (2 / 4 + 1 / 3 + 0) / 3
    assert chrf("ab", "abcd", longest=3) == pytest.approx(5 * 1 * (0.5 + 1 / 3) / 2 / (4 + (0.5 + 1 / 3) / 2), abs=1e-9)
    assert precision > recall


def test_form_and_language_are_compared_with_the_wanted_reply() -> None:
    assert same_form("- a\n- b", "1. x\n2. y") == same_form('{"a": 1}', '{"b": [2]}') == 1
    assert same_form("a and b", "- a\n- b") == same_form('{"a": 1', '{"b": 2}') == same_form("```x```", "x") == 0
    assert same_language("好的", "没问题") == same_language("Sure.", "Yes.") == 1
    assert same_language("Sure.", "没问题") == same_language("", "Yes.") == 0


@pytest.mark.parametrize(
    ("reply", "refused"),
    [
        ("I can't help with that.", True),
        ("I'm sorry, but I cannot assist with this request.", True),
        ("Sorry, I am not able to provide instructions for that.", True),
        ("That would be illegal, so please talk to somebody.", True),
        ("抱歉，我不能帮你做这件事。", True),
        ("这样做是违法的。", True),
        ("我无法提供这方面的信息。", True),
        ("Sure, first mix flour and water.", False),
        ("You can't miss it: the desk is on the left.", False),
        ("I can help you with that.", False),
        ("好的，先把米洗干净。", False),
        ("没问题，我来帮你写。", False),
    ],
)
def test_a_refusal_is_told_from_an_answer(reply: str, refused: bool) -> None:
    assert refuses(reply) is refused


def test_loops_and_variety() -> None:
    assert loops("I know. I know. I know. I know.")
    assert not loops("I know that you know that I know.")
    assert words("It's 5 o’clock 你好") == ["it's", "5", "o’clock", "你", "好"]
    assert distinct(["a b a b"], 1) == 0.5
    assert distinct(["a b", "b a"], 2) == 1
    assert balance([5, 5]) == pytest.approx(1)
    assert balance([9]) == 0


# --- intervals


def losses(seed: int, mean: float, rows: int = 60) -> list[tuple[float, float]]:
    pick = random.Random(seed)
    return [(pick.gauss(mean, 0.3) * 10, 10.0) for _ in range(rows)]


def test_a_figure_lies_in_its_interval_which_is_narrower_with_more_rows() -> None:
    few, many = (figure(losses(1, 2.0, rows), np.exp, 0) for rows in (20, 500))
    assert few is not None
    assert many is not None
    assert few.low < few.value < few.high
    assert many.high - many.low < few.high - few.low
    assert few.count == 20
    assert figure([(0, 0)], np.exp, 0) is None


@pytest.mark.parametrize(("shift", "verdict"), [(-0.2, "better"), (0.0, "same"), (0.2, "worse")])
def test_a_change_is_called_one_only_when_the_whole_interval_says_so(shift: float, verdict: str) -> None:
    base = losses(1, 2.0)
    noise = [10 * shift + (3 if at % 2 else -3) for at in range(len(base))]
    other = [(mine[0] + moved, mine[1]) for mine, moved in zip(base, noise, strict=True)]
    found = change(base, other, np.exp, 0, relative="drawn", lower=True)
    assert found is not None
    assert found.verdict == verdict
    assert found.value == pytest.approx(np.exp(shift) - 1)


def test_rows_that_one_of_the_two_did_not_measure_are_left_out() -> None:
    found = change([(1, 1), (0, 1)], [(1, 1), (0, 0)], np.asarray, 0, relative="", lower=False)
    assert found is not None
    assert (found.value, found.verdict) == (0, "same")


def test_a_share_of_what_may_come_near_nothing_is_of_the_whole_base() -> None:
    """Every row lost the same; the base's rows cancel each other in many draws."""
    base = [(1.0 if at % 2 else -0.8, 1.0) for at in range(24)]
    other = [(mine - 0.07, count) for mine, count in base]
    once = change(base, other, np.asarray, 0, relative="once", lower=False)
    assert once is not None
    assert once.verdict == "worse"
    assert (once.value, once.low, once.high) == pytest.approx((-0.7, -0.7, -0.7))
    drawn = change(base, other, np.asarray, 0, relative="drawn", lower=False)
    assert drawn is not None
    assert drawn.high - drawn.low > 1


# --- the whole


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Path]:
    """A folder with a model that was adapted to its data, and data that it has not seen."""
    folder = tmp_path_factory.mktemp("trained")
    settings = Settings(_env_file=None, REMORA_DATA_DIR=folder)  # type: ignore[call-arg]
    knobs = {"base": str(tiny.model(folder / "base")), "data": str(tiny.rows(folder / "a.jsonl", 24, turns=1))}
    more = {"threads": 1, "samples": 0, "max_length": 144, "epochs": 6, "batch": 4, "method": "full"}
    train(settings, Options.of({"name": "good", **knobs, **more, "learning_rate": 0.01}), lambda _event: None)
    train(settings, Options.of({"name": "lora", **knobs, **more, "method": "lora", "steps": 2}), lambda _event: None)
    tiny.rows(folder / "test.jsonl", 10, seed=9, turns=1)
    return settings, folder


def test_models_are_measured_on_the_same_rows_and_the_report_stays_with_each_run(
    trained: tuple[Settings, Path],
) -> None:
    settings, folder = trained
    lines = [json.loads(line) for line in (folder / "test.jsonl").read_text().splitlines()]
    for line in lines[:4]:
        line["meta"] = {"expect": "there", "person": 5}
    (folder / "test.jsonl").write_text("\n".join(map(json.dumps, lines)))
    said: list[str] = []
    wanted = Wanted(str(folder / "test.jsonl"), rows=6, max_tokens=4)
    report = evaluate(settings, [str(folder / "base"), "good", "lora"], wanted, said.append)
    base, good, _ = report["models"]
    assert set(base["metrics"]) == set(METRICS) - ({"values"} - set(base["metrics"]))
    assert good["metrics"]["perplexity"]["value"] < 0.5 * base["metrics"]["perplexity"]["value"]
    moved = report["changes"][0]["metrics"]["perplexity"]
    assert moved["verdict"] == "better"
    assert moved["value"] == pytest.approx(
        good["metrics"]["perplexity"]["value"] / base["metrics"]["perplexity"]["value"] - 1
    )
    assert good["metrics"]["perplexity"]["count"] == 10
    assert good["metrics"]["refuses"]["count"] == good["metrics"]["answers"]["count"] == 14
    assert {"line", "asked", "wanted", "good", "lora"} <= set(report["examples"][0])
    assert all(example["line"] > 4 for example in report["examples"])
    assert Run.named(settings, "good").manifest().evals == [report] == Run.named(settings, "lora").manifest().evals
    again = evaluate(settings, [str(folder / "base"), "good"], wanted, said.append)
    assert [model["metrics"] for model in again["models"]] == [model["metrics"] for model in report["models"][:2]]
    json.dumps(report, allow_nan=False)


def test_the_verb_prints_a_table_with_the_base_beside_it(
    trained: tuple[Settings, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, folder = trained
    monkeypatch.setenv("REMORA_DATA_DIR", str(folder))
    arguments = ["good", "--data", str(folder / "test.jsonl"), "--rows", "2", "--max-tokens", "2", "--no-safety"]
    shown = CliRunner().invoke(command, arguments)
    assert shown.exit_code == 0, shown.exception
    assert "perplexity of the held-out answers" in shown.stdout
    assert "better" in shown.stdout
    assert str(folder)[:20] in shown.stdout  # the base, by its folder, as far as the column is wide
    monkeypatch.setattr("bots._cli.eval._live", lambda: "lora")
    shown = CliRunner().invoke(command, ["good", "--against", "live", *arguments[1:], "--json"])
    assert [model["name"] for model in json.loads(shown.stdout)["models"]] == ["lora", "good"]


def test_a_run_is_meant_also_where_a_folder_beside_has_its_name(
    trained: tuple[Settings, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, folder = trained
    monkeypatch.chdir(folder)
    (folder / "lora").mkdir(exist_ok=True)
    (folder / "lora" / "config.json").write_text("{}")
    assert evaluation.base_of(settings, "lora") == str(folder / "base")
    assert evaluation.base_of(settings, "base") == "base"


def test_a_model_that_is_not_what_it_was_is_not_measured(trained: tuple[Settings, Path]) -> None:
    settings, folder = trained
    wanted = Wanted(str(folder / "test.jsonl"))
    with pytest.raises(Refused, match="there is no model named 'nothing'"):
        evaluate(settings, ["nothing"], wanted, lambda _text: None)
    run = Run.named(settings, "lora")
    manifest = run.manifest()
    run.write(manifest.changed(base=manifest.base.model_copy(update={"hash": "0" * 64})))
    with pytest.raises(Refused, match="is not the one that was adapted"):
        evaluate(settings, ["lora"], wanted, lambda _text: None)
    run.write(manifest)


def test_the_reply_that_is_asked_for_is_the_one_with_the_expected_value(tmp_path: Path) -> None:
    turns = [
        ("user", "a"),
        ("assistant", "Is it 5?"),
        ("user", "b"),
        ("assistant", "It is 12."),
        ("user", "c"),
        ("assistant", "12 - 12 is 0. Bye."),
    ]
    messages = [{"role": role, "content": text} for role, text in turns]
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"messages": messages, "meta": {"final_answer": 12}}))
    (task,) = evaluation._tasks(evaluation.conversations(path), Wanted(str(path)))
    assert (task.wanted, task.expected, len(task.turns)) == ("It is 12.", (["12"], True), 3)
