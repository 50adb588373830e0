"""What a set of conversations looks like: how long, in which languages, how varied, how evenly labelled."""

from __future__ import annotations

import dataclasses
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from core.language.detect import detect
from core.training.data.faults import Fault
from core.training.data.rows import Conversation, Row
from core.training.show import histogram
from core.training.words import balance, distinct

_MOST_LABELS = 30
_KEPT_FAULTS = 10_000


@dataclass(slots=True)
class Report:
    """Of a file: `lengths` in tokens of each good row; `labels`: for each key of `meta` with few different values, how
    often each occurs."""

    rows: int = 0
    good: int = 0
    faults: list[Fault] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    lengths: list[int] = field(default_factory=list)
    turns: Counter[int] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    distinct_1: float = 0.0
    distinct_2: float = 0.0
    estimated: bool = False
    """The lengths were not counted by a model's tokenizer."""

    def to_json(self) -> dict[str, Any]:
        """The faults as text, the lengths as a few figures."""
        found = {one.name: getattr(self, one.name) for one in dataclasses.fields(self)}
        faults = [{**dataclasses.asdict(fault), "error": fault.error, "text": fault.text()} for fault in self.faults]
        return {**found, "faults": faults, "lengths": self.length_figures()}

    def length_figures(self) -> dict[str, float]:
        if not self.lengths:
            return {}
        ordered = sorted(self.lengths)
        named = {"min": 0, "p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1}
        figures = {name: float(ordered[round(share * (len(ordered) - 1))]) for name, share in named.items()}
        return {**figures, "mean": round(statistics.fmean(ordered), 1), "total": float(sum(ordered))}

    def lines(self) -> list[str]:
        """For a terminal."""
        about = "about " if self.estimated else ""
        figures = self.length_figures()
        said = [f"{self.rows} rows, {self.good} good, {self.rows - self.good} with errors"]
        if figures:
            said.append("tokens a row, " + about + "  ".join(f"{name} {value:g}" for name, value in figures.items()))
            said += histogram(self.lengths)
        said.append("turns a row: " + _counted(Counter({str(turns): count for turns, count in self.turns.items()})))
        said.append("languages of the answers: " + _counted(self.languages))
        copies, near = self.kinds["duplicate"], self.kinds["near-duplicate"]
        said.append(
            f"duplicates {copies}, near-duplicates {near}; distinct-1 {self.distinct_1:.3f}, distinct-2 {self.distinct_2:.3f}"
        )
        for key, counts in self.labels.items():
            said.append(f"{key} (balance {balance(counts.values()):.2f}): {_counted(counts)}")
        return said


def report(rows: Iterable[Row], tokens: Callable[[Conversation], int], *, estimated: bool = False) -> Report:
    """Goes over the rows once; they have been checked."""
    made = Report(estimated=estimated)
    answers: list[str] = []
    labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        made.rows += bool(row.line)
        made.kinds.update(fault.kind for fault in row.faults)
        made.faults += row.faults[: max(0, _KEPT_FAULTS - len(made.faults))]
        if not row.good or row.conversation is None:
            continue
        made.good += 1
        made.lengths.append(tokens(row.conversation))
        made.turns[len(row.conversation.turns)] += 1
        answer = row.conversation.spoken("assistant")
        made.languages[detect(answer)] += 1
        answers.append(answer)
        for key, value in row.conversation.meta.items():
            if isinstance(value, str | bool) and len(labels[key]) <= _MOST_LABELS:
                labels[key][str(value)[:60]] += 1
    made.distinct_1, made.distinct_2 = distinct(answers, 1), distinct(answers, 2)
    made.labels = {key: counts for key, counts in labels.items() if 1 < len(counts) <= _MOST_LABELS}
    return made


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common(12)) or "-"
