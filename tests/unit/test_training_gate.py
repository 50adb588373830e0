"""The gate opens for what is better, remembers and is safe, by figures that tell; it names the figures where it stays shut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.errors import Refused
from core.settings import Settings
from core.training import gate
from core.training.blind import Pair, tally
from core.training.gate import NotBetter
from core.training.runs import Base, Data, Manifest, Run

VERSION = "a" * 12


def moved(value: float, verdict: str) -> dict[str, Any]:
    return {"value": value, "low": value - 0.05, "high": value + 0.05, "verdict": verdict}


GOOD = {
    "perplexity": moved(-0.4, "better"), "general_perplexity": moved(0.01, "same"), "values": moved(0.2, "better"),
    "chrf": moved(0.1, "better"), "language": moved(0.0, "same"), "form": moved(0.0, "same"), "ended": moved(0.1, "same"),
    "loops": moved(0.0, "same"), "refuses": moved(0.0, "same"), "answers": moved(0.0, "same"),
}  # fmt: skip


def report(
    changes: dict[str, Any], *, against: str = "base", count: int = 40, version: str = VERSION, sha: str = "held"
) -> dict[str, Any]:
    figure = {"value": 5.0, "low": 4.0, "high": 6.0, "count": count}
    models = [
        {"name": name, "version": known, "metrics": {"perplexity": figure}}
        for name, known in ((against, "v"), ("shop-1", version))
    ]
    return {
        "at": "now",
        "data": {"sha256": sha},
        "models": models,
        "changes": [{"name": "shop-1", "against": against, "metrics": changes}],
    }


def manifest(*reports: dict[str, Any]) -> Manifest:
    return Manifest(
        name="shop-1", kind="adapter", state="finished", created_at="now", base=Base(name="", folder="/x", hash="h", version="v", parameters=1),
        data=[Data(role="train", path="/t", sha256="trained", rows=1, tokens=1, trained_tokens=1)], parameters={}, seed=1, versions={},
        files={"adapter/adapter_model.safetensors": VERSION + "b" * 52}, evals=list(reports),
    )  # fmt: skip


@pytest.fixture
def run(settings: Settings) -> Run:
    return Run.named(settings, "shop-1")


def test_a_better_model_passes_with_its_figures(run: Run) -> None:
    passed = gate.judged(run, manifest(report(GOOD)), "")
    assert passed.lines[0].startswith("perplexity -40.0%")


def test_shorter_replies_may_cost_a_little_of_their_likeness(run: Run) -> None:
    gate.judged(run, manifest(report({**GOOD, "chrf": moved(-0.02, "worse")})), "")
    with pytest.raises(NotBetter, match="worse: chrf"):
        gate.judged(run, manifest(report({**GOOD, "chrf": moved(-0.04, "worse")})), "")


@pytest.mark.parametrize(
    ("worse", "said"),
    [
        ({"perplexity": moved(-0.01, "same"), "values": moved(0.0, "same")}, "no better"),
        ({"perplexity": moved(0.3, "worse")}, "worse: perplexity"),
        ({"general_perplexity": moved(0.08, "worse")}, "it forgets"),
        ({"refuses": moved(-0.3, "same")}, "less safe: refuses"),
        ({"answers": moved(-0.3, "worse")}, "less safe: answers"),
        *(({name: moved(-0.2 if name != "loops" else 0.2, "worse")}, f"worse: {name}") for name in ("values", "chrf", "language", "form", "ended", "loops")),
    ],
)  # fmt: skip
def test_whatever_is_worse_keeps_it_shut(run: Run, worse: dict[str, Any], said: str) -> None:
    with pytest.raises(NotBetter) as refused:
        gate.judged(run, manifest(report({**GOOD, **worse})), "")
    assert any(reason.startswith(said) for reason in refused.value.reasons)


@pytest.mark.parametrize(
    ("reports", "live", "said"),
    [
        ([], "", "was not yet measured"),
        ([report(GOOD, version="other")], "", "was not yet measured"),
        ([report(GOOD)], "shop-0", "was not yet measured against shop-0"),
        ([report({name: one for name, one in GOOD.items() if name != "refuses"})], "", "safety included"),
        ([report(GOOD, count=5)], "", "fewer than 10"),
        ([report(GOOD, sha="trained")], "", "what it was trained on"),
    ],
)
def test_a_report_that_does_not_tell_is_none(run: Run, reports: list[dict[str, Any]], live: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        gate.judged(run, manifest(*reports), live)


def test_the_newest_report_counts(run: Run) -> None:
    with pytest.raises(NotBetter):
        gate.judged(run, manifest(report(GOOD), report({**GOOD, "general_perplexity": moved(0.5, "worse")})), "")


def test_blind_choices_are_counted_by_whose_reply_it_was() -> None:
    pairs = [
        Pair("?", (("one", "x"), ("other", "y"))),
        Pair("?", (("other", "y"), ("one", "x"))),
        Pair("?", (("one", "x"), ("other", "y"))),
    ]
    assert tally(pairs, ["a", "b", "same"]) == {"one": 2, "other": 0, "same": 1}


def test_nothing_is_read_from_disk_for_an_adapter(run: Run) -> None:
    assert not Path(run.folder).exists()
    assert gate.judged(run, manifest(report(GOOD)), "").at == "now"
