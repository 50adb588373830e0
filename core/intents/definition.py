"""What an intent is, as the admins define it: plain values, without any behaviour of recognition.

An example is a sentence. Marked words `[tomorrow at nine]{when}` say what a slot held in it; a bare `{when}` stands for
whatever fills the slot, and makes the example a pattern. `{{` and `[[` are a brace and a bracket.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, TypeAlias, get_args

from core.language.phrases import Language

SlotKind: TypeAlias = Literal["text", "time", "duration", "number", "money", "person", "place", "list"]
SLOT_KINDS: tuple[str, ...] = get_args(SlotKind)
RECIPIENT = re.compile(r"@[^\s@].{0,79}|[a-z]{2,20}(?::[^\s:]{1,80}){1,2}")
NAME = re.compile(r"[^\W\d]\w{0,63}(?:[.-]\w{1,64}){0,3}")
"""What an intent's or a slot's name looks like."""
LONGEST_EXAMPLE = 500
"""Characters; a longer example is refused where intents are compiled, and cut where they are recognised."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing an intent wants to know."""

    name: str
    kind: SlotKind = "text"
    required: bool = False
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """For a list: each value with its synonyms, in any language."""
    question: Mapping[Language, str] = field(default_factory=dict)
    """What is asked where the slot is required and empty."""


@dataclass(frozen=True, slots=True)
class RunSkill:
    """A skill answers, as if its command had been typed with `rest` behind it, in which slots stand in braces.

    Of several ways to put it, with " | " between, the first is taken of which every slot is filled. The command `SAY` is
    none of a skill: `rest` is understood as if the person had said it, and the first way that a skill understands counts.
    """

    command: str
    rest: str | None = None
    """None: the whole message."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A fixed answer. Key: a language, or a language and a platform as `zh@slack`; one variant is taken at random."""

    variants: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class HandOver:
    """A person takes over: the owners are told, or who is named."""

    to: tuple[str, ...] = ()
    """ "@ann", somebody's account, handle or name; "slack:C0123" or "slack:T9:C0123", a channel."""


@dataclass(frozen=True, slots=True)
class AskModel:
    """The language model answers, with this instruction behind its persona."""

    instruction: str


SAY: Final = "/say"
Action: TypeAlias = RunSkill | Answer | HandOver | AskModel


@dataclass(frozen=True, slots=True)
class Limits:
    """Where and for whom an intent is recognised; what is empty limits nothing."""

    platforms: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    workspaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Intent:
    """Something people want, how they say it, and what is done then."""

    name: str
    examples: Mapping[str, tuple[str, ...]]
    """By language code; any language will do."""
    action: Action = field(default_factory=lambda: AskModel(""))
    description: str = ""
    """What people read when they are asked whether it is meant; "set a reminder / 设提醒" says it in both languages."""
    slots: tuple[Slot, ...] = ()
    threshold: float | None = None
    """The confidence from which it acts, 0 to 1; None: found by cross-validation."""
    priority: int = 0
    """Among exact and pattern matches the higher one wins; the classifier does not look at it."""
    confirm: bool = False
    """Ask before acting."""
    must_match: tuple[str, ...] = ()
    must_not_match: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an example: plain words (`slot` empty), words marked as a slot, or a bare slot (`text` is None)."""

    text: str | None
    slot: str = ""


_PIECE = re.compile(r"\[\[|\{\{|\[([^\[\]{}]{1,200})\]\{(\w{1,64})\}|\{(\w{1,64})\}")


@lru_cache(maxsize=16_384)
def parts(example: str) -> tuple[Part, ...]:
    """The pieces of an example in order; brackets that mark nothing stay as they are written."""
    found: list[Part] = []
    plain, end = "", 0
    for match in _PIECE.finditer(example):
        plain += example[end : match.start()]
        end = match.end()
        if match[0] in ("[[", "{{"):
            plain += match[0][0]
            continue
        if plain:
            found.append(Part(plain))
            plain = ""
        found.append(Part(match[1], match[2] or match[3]))
    plain += example[end:]
    return (*found, Part(plain)) if plain else tuple(found)


def bare(example: str) -> bool:
    """The example has a slot without words: it is a pattern."""
    return any(part.text is None for part in parts(example))


def wording(example: str) -> str:
    """The example as a person would have said it; a bare slot leaves its name in braces, as one word."""
    return "".join(f"{{{part.slot}}}" if part.text is None else part.text for part in parts(example))
