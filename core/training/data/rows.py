"""Conversations as training sees them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.messages import Utterance
from core.training.data.faults import Fault


@dataclass(frozen=True, slots=True)
class Conversation:
    """Who said what, in order. `line`: where it began in its file, from 1."""

    turns: tuple[Utterance, ...]
    meta: dict[str, Any] = field(default_factory=dict)
    line: int = 0

    def spoken(self, role: str = "") -> str:
        """The words of a role, one turn a line; of user and assistant without one."""
        return "\n".join(turn.text for turn in self.turns if (turn.role == role if role else turn.role != "system"))

    def to_json(self) -> str:
        """One line of OpenAI chat JSONL."""
        messages = [{"role": turn.role, "content": turn.text} for turn in self.turns]
        return json.dumps({"messages": messages, **({"meta": self.meta} if self.meta else {})}, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Row:
    """What a row of a file turned out to be: a conversation, or why there is none; warnings beside either. `raw`: the
    row as it stood there, for whoever has to mend it."""

    line: int
    conversation: Conversation | None
    faults: Sequence[Fault] = ()
    raw: str = ""

    @property
    def good(self) -> bool:
        return self.conversation is not None and not any(fault.error for fault in self.faults)
