"""How good a catalog is before anybody is answered by it: which intents are confused, which examples lie too close to
another intent, and which of last week's answers would change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from core.intents.heads import BACKGROUND, exact, kernel, targets
from core.intents.problems import Problem
from core.intents.recognition import Recognizer
from core.intents.slots import Situation

_CLOSE = 0.88
"""Likeness from which two examples of different intents are worth a warning."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How well one intent is told from the others, each example left out in turn."""

    intent: str
    sentences: int
    """That speak for it: its examples, and its name and description."""
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Confused:
    """Examples of one intent that were taken for another."""

    intent: str
    other: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A sentence that would be understood otherwise; None: by no intent."""

    text: str
    times: int
    was: str | None
    becomes: str | None


def measured(recognizer: Recognizer) -> tuple[list[Measured], list[Confused]]:
    """Precision and recall of each intent by leave-one-out, the weakest first, and its confusions, the most frequent first."""
    head = recognizer.head
    if head is None:
        return [], []
    wanted = targets(head.owners, len(recognizer.names))
    guesses = exact(kernel(head.points, head.points), wanted)[1].argmax(axis=1)
    mistaken: dict[tuple[int, int], list[str]] = {}
    for row, (owner, guess) in enumerate(zip(head.owners, guesses, strict=True)):
        if owner not in (BACKGROUND, guess):
            mistaken.setdefault((int(owner), int(guess)), []).append(recognizer.rows[row][0])
    own = head.owners != BACKGROUND
    found = []
    for column, name in enumerate(recognizer.names):
        mine, taken = head.owners == column, (guesses == column) & own
        right = int((mine & taken).sum())
        shares = right / max(int(taken.sum()), 1), right / max(int(mine.sum()), 1)
        found.append(Measured(name, int(mine.sum()), *shares))
    confused = [
        Confused(recognizer.names[owner], recognizer.names[guess], tuple(texts))
        for (owner, guess), texts in sorted(mistaken.items(), key=lambda pair: -len(pair[1]))
    ]
    return sorted(found, key=lambda one: one.f1), confused


def overlaps(recognizer: Recognizer, most: int = 20) -> list[Problem]:
    """Warnings of examples that lie close to one of another intent, the closest first, one for each pair of intents."""
    head = recognizer.head
    if head is None:
        return []
    near = np.triu(head.points @ head.points.T, 1)
    found: dict[tuple[str, str], Problem] = {}
    places = np.argwhere(near >= _CLOSE)
    for one, other in places[np.argsort(-near[tuple(places.T)])]:
        (text, intent), (like, owner) = recognizer.rows[int(one)], recognizer.rows[int(other)]
        if intent and owner and intent != owner and len(found) < most:
            pair = (min(intent, owner), max(intent, owner))
            fields = {"text": text[:80], "near": like[:80], "other": owner}
            found.setdefault(pair, Problem("near_example", intent, fields=fields, warning=True))
    return list(found.values())


def replayed(before: Recognizer, after: Recognizer, said: Iterable[tuple[str, int]]) -> Sequence[Replayed]:
    """Which sentences (with how often they were said) another catalog would understand otherwise, the most frequent first."""
    here, found = Situation(), []
    for text, times in said:
        was, becomes = before.recognize(text, here).intent, after.recognize(text, here).intent
        if was != becomes:
            found.append(Replayed(text, times, was, becomes))
    return sorted(found, key=lambda one: -one.times)
