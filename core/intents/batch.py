"""A catalog and questions as JSON lines, one line out for each in, as `remora intents --jsonl` promises."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from core.intents.definition import Intent, Slot, parts
from core.intents.encoders import Cached, load
from core.intents.recognition import Recognition, Recognizer, compiled
from core.intents.slots import Situation
from core.settings import load_settings


@dataclass(slots=True)
class Batch:
    """What was trained last, and what it answers."""

    encoders: Sequence[Cached]
    recognizer: Recognizer | None = None

    def line(self, row: dict[str, Any]) -> dict[str, Any]:
        """The answer to one row. Raises `ValueError`, `KeyError` or `TypeError` where the row is not what was promised."""
        started = time.perf_counter()
        match row.get("op"):
            case "train":
                self.recognizer = compiled(_intents(row["intents"]), self.encoders)
                answer: dict[str, Any] = {"op": "trained", "calibrated": self.recognizer.calibrated}
            case "predict":
                if self.recognizer is None:
                    raise ValueError("predict before train")
                text, language = row["text"], str(row.get("lang") or "")
                if not isinstance(text, str):
                    raise TypeError("text is not a string")
                found = self.recognizer.recognize(text, Situation(language=language))
                answer = {"id": row.get("id")} | _shown(found)
            case other:
                raise ValueError(f"op is {other!r}, not train or predict")
        return answer | {"ms": round((time.perf_counter() - started) * 1000, 3)}


def _shown(found: Recognition) -> dict[str, Any]:
    return {
        "intent": found.intent,
        "top": found.top,
        "confidence": round(found.confidence, 4),
        "zone": found.zone,
        "slots": {name: slot.text for name, slot in found.slots.items()},
        "values": {name: slot.value for name, slot in found.slots.items()},
    }


def _intents(rows: object) -> list[Intent]:
    """Intents of one name are one; slots are those that examples mark, as free text."""
    if not isinstance(rows, list):
        raise TypeError("intents is not a list")
    examples: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        said = row["examples"]
        if not isinstance(said, list) or not all(isinstance(each, str) for each in said):
            raise TypeError("examples is not a list of strings")
        examples.setdefault(str(row["name"]), {}).setdefault(str(row.get("lang") or ""), []).extend(said)
    found = []
    for name, by_language in examples.items():
        marked = {part.slot for said in by_language.values() for each in said for part in parts(each) if part.slot}
        slots = tuple(Slot(slot) for slot in sorted(marked))
        found.append(Intent(name, {language: tuple(said) for language, said in by_language.items()}, slots=slots))
    return found


def main(source: TextIO, target: TextIO, batch: Batch | None = None) -> None:
    """Answers every line of `source` at once on `target`; a bad line gets its error and changes nothing. Without a
    `batch` the settings say which encoders help."""
    if batch is None:
        settings = load_settings()
        batch = Batch(load(settings.intent_encoder, settings.data_dir / "vectors", fetch=True))
    for line in source:
        if not line.strip():
            continue
        row: Any = None
        try:
            row = json.loads(line)
            answer = batch.line(row) if isinstance(row, dict) else {"error": "not an object"}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            answer = {"id": row.get("id") if isinstance(row, dict) else None}
            answer["error"] = f"{type(error).__name__}: {error}"[:200]
        target.write(json.dumps(answer, ensure_ascii=False) + "\n")
        target.flush()
