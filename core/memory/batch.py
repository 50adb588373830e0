"""Memory as JSON lines: what was said is added for each user, and recalled for questions, as `remora memory --jsonl` promises."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from core.intents.encoders import Cached
from core.memory.past import Past, Said, day

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DATES = (
    re.compile(r"(?P<d>\d{1,2})(?:st|nd|rd|th)? (?P<month>[A-Z][a-z]+),? (?P<y>\d{4})"),
    re.compile(r"(?P<month>[A-Z][a-z]+)[- ](?P<d>\d{1,2}),?[- ](?P<y>\d{4})"),
    re.compile(r"(?P<y>\d{4})[-年/](?P<m>\d{1,2})[-月/](?P<d>\d{1,2})"),
)


@dataclass(slots=True)
class Batch:
    """Everybody's past in one store, each apart."""

    encoders: Callable[[], Sequence[Cached]] = tuple
    users: dict[str, Past[str]] = field(default_factory=dict)

    def line(self, row: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to one row; None where none is wanted. Raises `ValueError`, `KeyError` or `TypeError` where the row is
        not what was promised."""
        match row.get("op"):
            case "add":
                said = Said(
                    str(row["turn_id"]), int(row["seq"]), str(row["text"]), _speaker(row), _when(str(row["time"]))
                )
                past = self.users.setdefault(str(row["user"]), Past(self.encoders))
                if said.id in past:
                    past.remove(said.id)
                past.add(said)
                return None
            case "ready":
                for past in self.users.values():
                    past.learn()
                return {"ok": True}
            case "recall":
                asked = self.users.get(str(row["user"]))
                k = max(0, min(int(row.get("k", 20)), 1_000))
                found = asked.search(str(row["question"]), k) if asked is not None and k else []
                return {"qid": row.get("qid"), "turn_ids": [name for name, _ in found]}
            case "forget":
                self.users.pop(str(row["user"]), None)
                return {"ok": True}
            case other:
                raise ValueError(f"op is {other!r}, not add, ready, recall, forget or quit")


def _speaker(row: dict[str, Any]) -> str:
    name = str(row.get("speaker") or "")
    return "" if name in ("user", "assistant") else name


def _when(told: str) -> str:
    for pattern in _DATES:
        if found := pattern.search(told):
            groups = found.groupdict()
            month = int(groups["m"]) if groups.get("m") else _number(groups["month"])
            try:
                return day(dt.date(int(groups["y"]), month, int(groups["d"])))
            except ValueError:
                return ""
    return ""


def _number(month: str) -> int:
    return next((number for number, name in enumerate(_MONTHS, 1) if name.startswith(month[:3])), 0)


def main(source: TextIO, target: TextIO, batch: Batch) -> None:
    """Answers the lines of `source` on `target`, at once; a bad line gets its error and changes nothing."""
    for line in source:
        if not line.strip():
            continue
        row: Any = None
        try:
            row = json.loads(line)
            if isinstance(row, dict) and row.get("op") == "quit":
                return
            answer = batch.line(row) if isinstance(row, dict) else {"error": "not an object"}
        except (ValueError, KeyError, TypeError) as error:
            answer = {"qid": row.get("qid") if isinstance(row, dict) else None}
            answer["error"] = f"{type(error).__name__}: {error}"[:200]
        if answer is not None:
            target.write(json.dumps(answer, ensure_ascii=False) + "\n")
            target.flush()
