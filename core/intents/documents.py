"""Intents as documents: mappings, lists and strings, as files, the database and pages hold them.

What is left out has its default; `document_of` leaves it out, in a fixed order, so that the same intent always gives the
same document. Values may be strings throughout ("true", "0.5"), as a file holds them.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar, cast

from core.intents.definition import (
    NAME,
    SLOT_KINDS,
    Action,
    Answer,
    AskModel,
    HandOver,
    Intent,
    Limits,
    RunSkill,
    Slot,
    SlotKind,
)
from core.intents.problems import Problem
from core.language.phrases import LANGUAGES, Language

_T = TypeVar("_T")
_ACTIONS = ("skill", "answer", "hand_over", "model")
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


@dataclass(slots=True)
class _Reading:
    """Takes the fields of a document one by one and notes what is wrong with each."""

    intent: str
    where: str
    values: dict[str, Any]
    problems: list[Problem]
    known: list[str] = field(default_factory=list)

    def wrong(self, key: str, where: str = "", **fields: object) -> None:
        place = ".".join(part for part in (self.where, where) if part)
        self.problems.append(Problem(key, self.intent, place, fields))

    def take(self, name: str, wanted: str, read: Callable[[Any], _T | None], default: _T) -> _T:
        """The value of a field; its default where it is missing, and where it is not what is wanted."""
        self.known.append(name)
        value = self.values.get(name)
        if value is None:
            return default
        found = read(value)
        if found is None:
            self.wrong("wrong_kind", name, wanted=wanted)
            return default
        return found

    def text(self, name: str, default: str = "") -> str:
        return self.take(name, "@text", _text, default)

    def flag(self, name: str, *, default: bool = False) -> bool:
        return self.take(name, "@flag", _flag, default)

    def texts(self, name: str) -> tuple[str, ...]:
        return self.take(name, "@texts", _texts, ())

    def lists(self, name: str) -> dict[str, tuple[str, ...]]:
        """Texts by a key: a language, a value."""
        found: dict[str, tuple[str, ...]] = {}
        for key, value in self.mapping(name).items():
            texts = _texts(value) if value is not None else ()
            if texts is None:
                self.wrong("wrong_kind", f"{name}.{key}", wanted="@texts")
            else:
                found[str(key)] = texts
        return found

    def mapping(self, name: str) -> dict[str, Any]:
        return self.take(name, "@fields", lambda value: dict(value) if _is_mapping(value) else None, {})

    def inner(self, name: str) -> _Reading:
        place = ".".join(part for part in (self.where, name) if part)
        return _Reading(self.intent, place, self.mapping(name), self.problems)

    def finish(self) -> None:
        """Fields that nobody knows are faults: a typing error must not be lost in silence."""
        for name in self.values:
            if name not in self.known:
                near = difflib.get_close_matches(str(name), self.known, 1)
                self.wrong("unknown_field", str(name), name=name, known=near[0] if near else ", ".join(self.known))


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(key, str) for key in value)


def _text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int | float) else None


def _texts(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, str):
        return (value.strip(),)
    if not isinstance(value, Sequence):
        return None
    texts = [_text(one) for one in value]
    return None if None in texts else tuple(cast(list[str], texts))


def _flag(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    return True if word in _TRUE else False if word in _FALSE else None


def _number(value: Any) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None


def intent_of(document: Any, problems: list[Problem], position: int = 0) -> Intent | None:
    """The intent that a document says; None with the problems noted where there is no telling which it is."""
    if not _is_mapping(document):
        problems.append(Problem("not_an_intent", f"#{position + 1}"))
        return None
    name = _text(document.get("name")) or ""
    read = _Reading(name or f"#{position + 1}", "", dict(document), problems, ["name"])
    if not NAME.fullmatch(name):
        read.wrong("bad_name" if name else "no_name", "name", name=name)
    threshold = read.take("threshold", "0…1", _number, -1.0)
    if not (threshold == -1.0 or 0 <= threshold <= 1):
        read.wrong("wrong_kind", "threshold", wanted="0…1")
    intent = Intent(
        name=name,
        description=read.text("description"),
        examples=read.lists("examples"),
        slots=_slots(read),
        action=_action(read.inner("action")),
        threshold=None if threshold == -1.0 else threshold,
        priority=int(read.take("priority", "@number", _number, 0.0)),
        confirm=read.flag("confirm"),
        must_match=read.texts("must_match"),
        must_not_match=read.texts("must_not_match"),
        limits=_limits(read.inner("limits")),
        enabled=read.flag("enabled", default=True),
    )
    read.finish()
    return intent if NAME.fullmatch(name) else None


def _slots(read: _Reading) -> tuple[Slot, ...]:
    found: list[Slot] = []
    given: list[Any] = read.take("slots", "@slots", lambda value: value if isinstance(value, list) else None, [])
    for number, value in enumerate(given, 1):
        where = f"slots[{number}]"
        if not _is_mapping(value):
            read.wrong("wrong_kind", where, wanted="@fields")
            continue
        slot = _Reading(read.intent, where, dict(value), read.problems)
        name, kind = slot.text("name"), slot.text("kind", "text")
        if not NAME.fullmatch(name) or "." in name:
            slot.wrong("bad_name" if name else "no_name", "name", name=name)
        if kind not in SLOT_KINDS:
            slot.wrong("wrong_kind", "kind", wanted=", ".join(SLOT_KINDS))
            kind = "text"
        asked = {language: texts[0] for language, texts in slot.lists("question").items() if texts}
        question = {language: asked[language] for language in LANGUAGES if language in asked}
        found.append(Slot(name, cast(SlotKind, kind), slot.flag("required"), slot.lists("values"), question))
        slot.finish()
    return tuple(found)


def _action(read: _Reading) -> Action:
    said = [name for name in _ACTIONS if read.values.get(name) is not None]
    switch = _flag(read.values.get("hand_over"))
    if switch is False:
        said.remove("hand_over")
    if len(said) > 1:
        read.wrong("two_actions", first=said[0], second=said[1])
    actions: dict[str, Action] = {
        "skill": RunSkill(read.text("skill"), read.take("rest", "@text", _text, cast(str | None, None))),
        "answer": Answer(read.lists("answer")),
        "hand_over": HandOver(read.texts("hand_over") if switch is None else ()),
        "model": AskModel(read.text("model")),
    }
    read.known.append("hand_over")
    read.finish()
    return actions[said[0]] if said else AskModel("")


def _limits(read: _Reading) -> Limits:
    limits = Limits(read.texts("platforms"), read.texts("channels"), read.texts("roles"), read.texts("workspaces"))
    read.finish()
    return limits


def document_of(intent: Intent) -> dict[str, Any]:
    """The document of an intent, in a fixed order and without what has its default."""
    languages = sorted(intent.examples, key=lambda code: (code not in LANGUAGES, code))
    said: dict[str, Any] = {
        "name": intent.name,
        "description": intent.description,
        "examples": {code: list(intent.examples[code]) for code in languages if intent.examples[code]},
        "slots": [_slot_document(slot) for slot in intent.slots],
        "action": _action_document(intent.action),
        "threshold": intent.threshold,
        "priority": intent.priority or None,
        "confirm": intent.confirm or None,
        "must_match": list(intent.must_match),
        "must_not_match": list(intent.must_not_match),
        "limits": _filled({name: list(values) for name, values in asdict(intent.limits).items()}),
        "enabled": None if intent.enabled else False,
    }
    return _filled(said)


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing; 0 and False say something."""
    return {name: value for name, value in values.items() if value is not None and value not in ("", [], {})}


def _slot_document(slot: Slot) -> dict[str, Any]:
    question: dict[Language, str] = dict(slot.question)
    values = {value: list(synonyms) for value, synonyms in slot.values.items()}
    more = _filled({"required": slot.required or None, "question": question, "values": values})
    return {"name": slot.name, "kind": slot.kind} | more


def _action_document(action: Action) -> dict[str, Any]:
    match action:
        case RunSkill(command, rest):
            return {"skill": command} | ({} if rest is None else {"rest": rest})
        case Answer(variants):
            return {"answer": {key: list(texts) for key, texts in variants.items()}}
        case HandOver(to):
            return {"hand_over": list(to) or True}
        case AskModel(instruction):
            return _filled({"model": instruction})
