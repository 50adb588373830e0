"""Memory as JSON lines: what was said is added for each user, and recalled for questions, as `remora memory --jsonl` promises."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

from core.intents.encoders import Cached
from core.memory.past import Past, Said


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
                said = _said(row)
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


def _said(row: dict[str, Any]) -> Said[str]:
    name, text = str(row.get("speaker") or ""), str(row["text"])
    speaker = "" if name in ("user", "assistant") else name
    own, reply = ("", text) if row.get("role") == "assistant" else (text, "")
    return Said(
        str(row["turn_id"]), int(row["seq"]), own, speaker, str(row["time"]), reply, str(row.get("session", ""))
    )


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
