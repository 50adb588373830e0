"""The form of an intent: fields as they are typed, the document that they mean, and the line of each example.

Examples stand one a line. A line `# zh` begins a section of that language; outside of one the words tell the language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from starlette.datastructures import FormData

from core.intents.definition import Intent, Limits
from core.intents.documents import intent_of
from core.intents.problems import Problem
from core.language.detect import detect
from core.language.phrases import LANGUAGES

ACTIONS = ("skill", "answer", "hand_over", "model")
LIMITS = tuple(limit.name for limit in fields(Limits))
_PLAIN = (
    "recipients",
    "name",
    "description",
    "threshold",
    "priority",
    "action",
    "skill",
    "rest",
    "model",
    "source",
    "said",
    "to",
)
_LINES = ("examples", "must_match", "must_not_match")
_SLOT = ("name", "kind", "required", "en", "zh", "values")
_ANSWER = ("language", "platform", "text")
_SECTION = re.compile(r"#\s*([A-Za-z]{2,3}(?:-[A-Za-z]{2,8})?)\s*")
_MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form, as it was typed."""

    text: Mapping[str, str]
    """Of every field that is there once."""
    slots: Sequence[Mapping[str, str]] = ()
    answers: Sequence[Mapping[str, str]] = ()
    revision: int = 0
    """Of the draft that it was opened from; 0: a new one."""
    lines: dict[str, int] = field(default_factory=dict)
    """Where a problem points to, "examples.en[3]", and on which line of its field that stands."""

    @classmethod
    def sent(cls, form: FormData) -> Typed:
        once = (*_PLAIN, *_LINES, *LIMITS, "confirm", "disabled", "whole")
        text = {name: value if isinstance(value := form.get(name), str) else "" for name in once}
        number = form.get("revision")
        revision = int(number) if isinstance(number, str) and re.fullmatch(r"\d{1,9}", number) else 0
        return cls(text, _rows(form, "slot", _SLOT), _rows(form, "answer", _ANSWER), revision)

    @classmethod
    def of(cls, document: Mapping[str, Any], revision: int) -> Typed:
        action: Mapping[str, Any] = document.get("action", {})
        kind = next((name for name in ACTIONS if name in action), "model")
        limits: Mapping[str, Any] = document.get("limits", {})
        text = {name: _shown(document.get(name)) for name in ("name", "description", "threshold", "priority")}
        text |= {"action": kind, "rest": _shown(action.get("rest")), "whole": "" if "rest" in action else "yes"}
        text |= {name: _shown(action.get(name)) for name in ("skill", "model")}
        to = action.get("hand_over")
        text |= {"to": ", ".join(to) if isinstance(to, list) else ""}
        text |= {"confirm": _flag(document, "confirm"), "disabled": "yes" if document.get("enabled") is False else ""}
        text |= {name: ", ".join(limits.get(name, ())) for name in LIMITS}
        text |= {name: "\n".join(document.get(name, ())) for name in ("must_match", "must_not_match")}
        told = action.get("hand_over")
        text |= {"recipients": ", ".join(told) if isinstance(told, list) else ""}
        text |= {"examples": _listed(document.get("examples", {})), "source": "", "said": ""}
        variants: Mapping[str, Sequence[str]] = action.get("answer", {})
        answers = [
            dict(zip(_ANSWER, (*key.partition("@")[::2], said), strict=True))
            for key, several in variants.items()
            for said in several
        ]
        return cls(text, [_slot(slot) for slot in document.get("slots", ())], answers, revision)

    def document(self) -> dict[str, Any]:
        """What it means; notes the lines of its examples and tests."""
        said, answers = self.text, dict[str, list[str]]()
        for row in self.answers:
            if row["text"].strip():
                key = "@".join(part for part in (row["language"].strip() or "en", row["platform"].strip()) if part)
                answers.setdefault(key, []).append(row["text"].replace("\r\n", "\n").strip())
        skill = {"skill": said["skill"].strip()} | ({} if said["whole"] else {"rest": said["rest"].strip()})
        actions: dict[str, dict[str, Any]] = {
            "skill": skill, "answer": {"answer": answers}, "hand_over": {"hand_over": _parts(said["to"], ",，") or True},
        }  # fmt: skip
        limits = {name: _parts(said[name], ",，") for name in LIMITS}
        plain = {name: said[name].strip() for name in ("name", "description", "threshold", "priority")}
        return {
            **{name: value for name, value in plain.items() if value},
            "examples": self._examples(),
            "slots": [
                _slot_document(row) for row in self.slots if any(row[name].strip() for name in ("name", "values"))
            ],
            "action": actions.get(said["action"], {"model": said["model"].strip()}),
            "must_match": self._plain_lines("must_match"),
            "must_not_match": self._plain_lines("must_not_match"),
            "limits": {name: values for name, values in limits.items() if values},
            "confirm": bool(said["confirm"]),
            "enabled": not said["disabled"],
        }

    def intent(self) -> tuple[Intent | None, list[Problem]]:
        problems: list[Problem] = []
        return intent_of(self.document(), problems), problems

    def _examples(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        section = ""
        for line, text in enumerate(self.text["examples"].splitlines(), 1):
            said = " ".join(text.split())
            if marked := _SECTION.fullmatch(said):
                section = marked[1].lower() if marked[1].lower() != "auto" else ""
            elif said:
                texts = found.setdefault(section or detect(said), [])
                texts.append(said)
                self.lines[f"examples.{section or detect(said)}[{len(texts)}]"] = line
        return found

    def _plain_lines(self, name: str) -> list[str]:
        found = list[str]()
        for line, text in enumerate(self.text[name].splitlines(), 1):
            if said := " ".join(text.split()):
                found.append(said)
                self.lines[f"{name}[{len(found)}]"] = line
        return found


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _flag(document: Mapping[str, Any], name: str) -> str:
    return "yes" if document.get(name) else ""


def _parts(text: str, separators: str) -> list[str]:
    return [part.strip() for part in re.split(f"[{separators}\n]", text) if part.strip()]


def _rows(form: FormData, kind: str, names: Iterable[str]) -> list[dict[str, str]]:
    """The rows of a table of fields; of one that came with a gap, the missing ones are empty."""
    columns = {name: [each for each in form.getlist(f"{kind}_{name}") if isinstance(each, str)] for name in names}
    length = min(max(map(len, columns.values())), _MOST_ROWS)
    return [
        {name: values[row] if row < len(values) else "" for name, values in columns.items()} for row in range(length)
    ]


def _listed(examples: Mapping[str, Sequence[str]]) -> str:
    """The examples as lines: those whose language shows by itself first, others in sections of their own."""
    plain = [text for code, texts in examples.items() if _shows(code, texts) for text in texts]
    for code, texts in examples.items():
        if not _shows(code, texts):
            plain += [f"# {code}", *texts]
    return "\n".join(plain)


def _shows(code: str, texts: Sequence[str]) -> bool:
    return code in LANGUAGES and all(detect(text) == code and not _SECTION.fullmatch(text) for text in texts)


def _slot(slot: Mapping[str, Any]) -> dict[str, str]:
    question: Mapping[str, str] = slot.get("question", {})
    values = [" | ".join((value, *synonyms)) for value, synonyms in slot.get("values", {}).items()]
    said = {
        "name": slot["name"],
        "kind": slot["kind"],
        "required": _flag(slot, "required"),
        "values": "\n".join(values),
    }
    return said | {code: question.get(code, "") for code in LANGUAGES}


def _slot_document(row: Mapping[str, str]) -> dict[str, Any]:
    values = {parts[0]: parts[1:] for line in row["values"].splitlines() if (parts := _parts(line, "|"))}
    asked = {code: row[code].strip() for code in LANGUAGES if row[code].strip()}
    return {
        "name": row["name"].strip(), "kind": row["kind"] or "text", "required": bool(row["required"]),
        "values": values, "question": asked,
    }  # fmt: skip
