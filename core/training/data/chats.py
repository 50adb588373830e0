"""Training rows from what the store keeps: only of people who agreed, and never with their personal data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from core.messages import Utterance
from core.store.training import Labelled, Learnable
from core.training.data.rows import Conversation
from core.training.data.scrub import Scrubber


def conversations(turns: Sequence[Learnable], scrubber: Scrubber) -> list[Conversation]:
    """A session is a row. `meta.person` is whose rows must go when they want them gone; what `scrubber` finds is replaced."""
    found: list[Conversation] = []
    for (session, whose), group in groupby(turns, key=lambda turn: (turn.session_id, turn.whose)):
        members = list(group)
        said = [words for turn in members for words in (turn.said, turn.replied)]
        meta = {"id": f"session-{session}", "source": "chats", "conversation_id": session}
        found.append(_row(said, whose, meta, scrubber, len(found) + 1))
    return found


def chosen(
    turns: Sequence[Learnable], labelled: Iterable[Labelled], answers: Mapping[tuple[str, str], str], scrubber: Scrubber
) -> list[Conversation]:
    """Only what somebody judged: a turn that its person praised or an admin corrected is a row by itself, and so is a sentence
    labelled with an intent that has a fixed answer in its language (`answers`)."""
    found: list[Conversation] = []
    for turn in turns:
        if turn.source != "said":
            meta = {"id": f"turn-{turn.turn_id}", "source": turn.source, "conversation_id": turn.session_id}
            found.append(_row([turn.said, turn.replied], turn.whose, meta, scrubber, len(found) + 1))
    for one in labelled:
        if answer := answers.get((one.intent, one.language)):
            meta = {"id": f"sentence-{one.id}", "source": "labelled"}
            found.append(_row([one.said, answer], one.whose, meta, scrubber, len(found) + 1))
    return found


def _row(said: Sequence[str], whose: int, meta: Mapping[str, object], scrubber: Scrubber, line: int) -> Conversation:
    turns = tuple(Utterance("assistant" if at % 2 else "user", words) for at, words in enumerate(said))
    return scrubber.conversation(Conversation(turns, {**meta, "person": whose}, line))
