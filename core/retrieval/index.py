"""The index: which of many short texts a question is about, by words (BM25) and, where vectors were given, by meaning."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from core.intents.words import Matrix
from core.retrieval.terms import seams, terms

Id = TypeVar("Id", bound=Hashable)
_Row: TypeAlias = NDArray[np.float32]

K1, B = 1.2, 0.75
MEANING = 0.25
"""How much the likeness of vectors counts where there are some; the rest is for words, which find more by far."""
_NO_VECTOR = np.float32(-1)
_SPARE = 64
_FEWEST = 64
"""Of so many texts, few ones are taken to be a part: that each of them holds a word does not make it a common one."""


@dataclass(frozen=True, slots=True)
class Hit(Generic[Id]):
    """A text that was found."""

    id: Id
    score: float
    """For ranking within one search only."""
    cover: float
    """How much of what the question says is in the text, 0 to 1; rare words say more."""
    likeness: float
    """The cosine of the two meanings; 0 where one of them has no vector."""
    words: tuple[str, ...]
    """The words of the question that are in the text, as the question has them."""


class _Posting:
    """Where a term occurs and how often, by ascending slot."""

    __slots__ = ("counts", "slots")

    def __init__(self) -> None:
        self.slots, self.counts = array("i"), array("H")


class Index(Generic[Id]):
    """Texts by id. Several threads may use it; each call is whole by itself. The same calls in the same order give the
    same hits; of equal scores the text that was added first is first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._postings: dict[str, _Posting] = {}
        self._slot_of: dict[Id, int] = {}
        self._ids: list[Id | None] = []
        """By slot; None: the text was removed."""
        self._terms: list[tuple[str, ...]] = []
        self._lengths = array("f")
        self._vectors: Matrix | None = None

    def __len__(self) -> int:
        return len(self._slot_of)

    def __contains__(self, name: object) -> bool:
        return name in self._slot_of

    def add(self, name: Id, text: str, vector: _Row | None = None) -> None:
        """Adds a text, in place of the one of that id."""
        counted: Counter[str] = Counter()
        length = 0.0
        for term, _, weight in terms(text):
            counted[term] += 1
            length += weight
        with self._lock:
            self._remove(name)
            slot = self._slot_of[name] = len(self._ids)
            self._ids.append(name)
            self._terms.append(tuple(counted))
            self._lengths.append(max(length, 1.0))
            for term, count in counted.items():
                posting = self._postings.setdefault(term, _Posting())
                posting.slots.append(slot)
                posting.counts.append(min(count, 65_535))
            if vector is not None:
                self._give(slot, vector)

    def remove(self, name: Id) -> None:
        """Removes a text; nothing where there is none of that id."""
        with self._lock:
            self._remove(name)

    def give(self, name: Id, vector: _Row) -> None:
        """The meaning of a text, of length one; nothing where the text is gone by now. All vectors have one size."""
        with self._lock:
            if name in self._slot_of:
                self._give(self._slot_of[name], vector)

    def search(
        self, question: str, k: int = 10, *, allowed: Callable[[Id], bool] | None = None, vector: _Row | None = None
    ) -> list[Hit[Id]]:
        """The texts that have to do with the question, best first, at most `k`; of those that are `allowed` only.
        `vector` is the meaning of the question."""
        asked: dict[str, tuple[str, float]] = {term: (word, weight) for term, word, weight in terms(question)}
        with self._lock:
            if not self._slot_of:
                return []
            words, cover = self._by_words(asked)
            likeness = self._by_meaning(vector)
            scores = words if likeness is None else (1 - MEANING) * words + MEANING * _spread(likeness)
            found: list[Hit[Id]] = []
            for slot in self._best(scores, k, every=allowed is not None):
                name = self._ids[slot]
                if len(found) >= k or scores[slot] <= 0:
                    break
                if name is not None and (allowed is None or allowed(name)):
                    alike = 0.0 if likeness is None else max(float(likeness[slot]), 0.0)
                    shared = tuple(word for term, (word, _) in asked.items() if self._has(term, slot))
                    found.append(Hit(name, round(float(scores[slot]), 6), float(cover[slot]), alike, shared))
            return found

    def scores(
        self, question: str, most: int, *, allowed: Callable[[Id], bool] | None = None, vector: _Row | None = None,
        share: float = MEANING, beyond: str = "",
    ) -> dict[Id, float]:  # fmt: skip
        """The same in short, best first: scores alone, in which the likest meaning counts `share` of what the best words do.
        Words that are also in `beyond` say nothing."""
        known = {term for term, _, _ in terms(beyond)}
        asked = {term: (word, weight) for term, word, weight in terms(question) if term not in known}
        with self._lock:
            if not self._slot_of:
                return {}
            found, likeness = self._by_words(asked)[0], self._by_meaning(vector)
            if likeness is not None:
                found = (1 - share) * found + share * (float(found.max()) or 1.0) * _spread(likeness)
            best = (
                (self._ids[slot], float(found[slot])) for slot in self._best(found, most, every=allowed is not None)
            )
            named = ((name, score) for name, score in best if name is not None and score > 0)
            return dict(islice((pair for pair in named if allowed is None or allowed(pair[0])), most))

    def _by_words(self, asked: dict[str, tuple[str, float]]) -> tuple[_Row, _Row]:
        """BM25 and the covered share of the question, by slot; both are 1 at most for a text of usual length."""
        number, lengths = max(len(self._slot_of), _FEWEST), np.array(self._lengths, np.float32)
        norm = K1 * (1 - B + B * lengths / (lengths.sum() / len(self._slot_of)))
        scores, cover, whole = np.zeros_like(norm), np.zeros_like(norm), 1e-9
        between = seams(asked, self._postings.__contains__)
        for term, (_, weight) in asked.items():
            if term in between:
                continue
            posting = self._postings.get(term)
            spread = len(posting.slots) if posting else 0
            tells = weight * float(np.log(1 + (number - spread + 0.5) / (spread + 0.5)))
            whole += tells
            if posting:
                slots, counts = np.array(posting.slots), np.array(posting.counts, np.float32)
                scores[slots] += tells * counts * (K1 + 1) / (counts + norm[slots])
                cover[slots] += tells
        return scores / whole, cover / whole

    def _by_meaning(self, vector: _Row | None) -> _Row | None:
        if vector is None or self._vectors is None:
            return None
        likeness: _Row = np.full(len(self._ids), _NO_VECTOR)
        found = self._vectors[: len(self._ids)] @ vector
        likeness[: len(found)] = np.where(
            found == 0, _NO_VECTOR, found
        )  # nothing else is at right angles to the last bit
        return likeness

    def _best(self, scores: _Row, k: int, *, every: bool) -> NDArray[np.intp]:
        """Slots by falling score: all of them, or enough for `k`."""
        some = np.arange(len(scores)) if every or k >= len(scores) else np.argpartition(-scores, k)[: k + 1]
        ordered: NDArray[np.intp] = some[np.lexsort((some, -scores[some]))]
        return ordered

    def _has(self, term: str, slot: int) -> bool:
        posting = self._postings.get(term)
        place = bisect_left(posting.slots, slot) if posting else 0
        return posting is not None and place < len(posting.slots) and posting.slots[place] == slot

    def _give(self, slot: int, vector: _Row) -> None:
        if self._vectors is None or slot >= len(self._vectors):
            grown = np.zeros((2 * slot + _SPARE, len(vector)), np.float32)
            if self._vectors is not None:
                grown[: len(self._vectors)] = self._vectors
            self._vectors = grown
        self._vectors[slot] = vector

    def _remove(self, name: Id) -> None:
        slot = self._slot_of.pop(name, None)
        if slot is None:
            return
        for term in self._terms[slot]:
            posting = self._postings[term]
            place = bisect_left(posting.slots, slot)
            del posting.slots[place], posting.counts[place]
            if not posting.slots:
                del self._postings[term]
        self._ids[slot], self._terms[slot], self._lengths[slot] = None, (), 0.0
        if self._vectors is not None and slot < len(self._vectors):
            self._vectors[slot] = 0
        if len(self._ids) > 2 * len(self._slot_of) + _SPARE:
            self._close_ranks()

    def _close_ranks(self) -> None:
        """Gives the slots of removed texts up, so that churn does not let the index grow."""
        kept = sorted(self._slot_of.values())
        places = np.zeros(len(self._ids), np.int32)
        places[kept] = np.arange(len(kept))
        for posting in self._postings.values():
            posting.slots = array("i", places[np.array(posting.slots)].tobytes())
        self._slot_of = {name: int(places[slot]) for name, slot in self._slot_of.items()}
        self._ids, self._terms = [self._ids[slot] for slot in kept], [self._terms[slot] for slot in kept]
        self._lengths = array("f", [self._lengths[slot] for slot in kept])
        if self._vectors is not None:
            self._vectors = self._vectors[[slot for slot in kept if slot < len(self._vectors)]]


def _spread(likeness: _Row) -> _Row:
    """Likenesses from 0 (as any other text) to 1 (the likest): encoders differ in where theirs lie."""
    known = likeness[likeness > _NO_VECTOR]
    most = float(known.max(initial=0))
    usual = min(float(known.mean()), 0.8 * most) if len(known) > 1 else 0.0  # of few texts all may be meant
    spread: _Row = np.clip((likeness - usual) / max(most - usual, 1e-6), 0, 1)
    return spread
