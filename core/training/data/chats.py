"""Training rows from the conversations in the store: only what people allowed, and never with their personal data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from core.messages import Utterance
from core.store.training import Learnable
from core.training.data.rows import Conversation
from core.training.data.scrub import Scrubber


def conversations(turns: Sequence[Learnable], consented: Iterable[int], scrubber: Scrubber) -> list[Conversation]:
    """A praised turn by itself is a row; of who agreed, a session is one. `meta.person` is who must be able to have it
    erased; what `scrubber` finds is replaced."""
    agreed = set(consented)
    rows: list[tuple[str, list[Learnable]]] = []
    for (session, person), group in groupby(turns, key=lambda turn: (turn.session_id, turn.person_id)):
        members = list(group)
        if person in agreed:
            rows.append((f"session-{session}", members))
        else:
            rows += [(f"turn-{turn.turn_id}", [turn]) for turn in members]
    return [scrubber.conversation(_row(name, members, line)) for line, (name, members) in enumerate(rows, 1)]


def _row(name: str, members: Sequence[Learnable], line: int) -> Conversation:
    said = [(Utterance("user", turn.said), Utterance("assistant", turn.replied)) for turn in members]
    first = members[0]
    meta = {
        "id": name,
        "source": "chats",
        "person": first.person_id,
        "conversation_id": first.session_id,
        "praised": all(turn.praised for turn in members),
    }
    return Conversation(tuple(turn for pair in said for turn in pair), meta, line)
