"""What was said before, ranked for a question: by words and meaning, by who said it and when, and by what stood beside it."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from core.intents.encoders import Cached
from core.language.detect import detect
from core.retrieval.index import Index
from core.retrieval.meaning import vectors

Id = TypeVar("Id", int, str)
_PIECE, _MOST_PIECES = 700, 60
"""Characters of what is ranked as one, and how many of them of one text."""
_WIDE, _LINK = 4, 200
_BESIDE, _LINKED = 0.25, 0.25
"""What counts of the best neighbour's score, and of the likeness to one of the best hits."""
_LINKS, _FEW = 2, 2
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
_BREAK = re.compile(r"(?<=[.!?。！？])\s+|\n+|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Said(Generic[Id]):
    """One thing that was said."""

    id: Id
    seq: int
    """Where it stands among all that was said."""
    text: str
    speaker: str = ""
    when: str = ""
    """The day in words, as a question may name it."""


def day(moment: dt.date) -> str:
    """A day in the words of both languages."""
    return f"{moment:%A} {moment.day} {moment:%B} {moment.year} {moment.year}年{moment.month}月{moment.day}日"


class Past(Generic[Id]):
    """All that one person and those they talked with said. Calls block for milliseconds; several threads may make them."""

    def __init__(self, encoders: Callable[[], Sequence[Cached]] = tuple) -> None:
        self._index: Index[tuple[Id, int]] = Index()
        self._pieces: dict[Id, int] = {}
        self._seq: dict[Id, int] = {}
        self._texts: dict[Id, str] = {}
        self._at: dict[int, Id] = {}
        self._encoders = encoders
        self._bare: dict[tuple[Id, int], str] = {}
        """Pieces whose meaning is still to be found."""

    def __contains__(self, name: object) -> bool:
        return name in self._pieces

    def ids(self) -> set[Id]:
        return set(self._pieces)

    def add(self, said: Said[Id]) -> None:
        pieces = in_pieces(said.text)
        self._texts[said.id] = pieces[0][:_LINK]
        self._pieces[said.id], self._seq[said.id], self._at[said.seq] = len(pieces), said.seq, said.id
        for number, piece in enumerate(pieces):
            self._index.add((said.id, number), f"{said.speaker}: {piece} {said.when}")
            self._bare[said.id, number] = f"{said.speaker}: {piece}" if said.speaker else piece

    def remove(self, name: Id) -> None:
        for number in range(self._pieces.pop(name)):
            self._index.remove((name, number))
            self._bare.pop((name, number), None)
        del self._texts[name]
        self._at.pop(self._seq.pop(name), None)

    def bare(self) -> set[Id]:
        """Those whose meaning is still to be found, or given."""
        return {name for name, _ in self._bare}

    def give(self, name: Id, packed: bytes) -> None:
        """The meaning of what was added under that id: half-precision numbers, a row for each of its pieces."""
        for number, row in enumerate(
            np.frombuffer(packed, np.float16).reshape(self._pieces[name], -1).astype(np.float32)
        ):
            self._bare.pop((name, number), None)
            self._index.give((name, number), row)

    def learn(self) -> None:
        """Finds the meaning of what was added since; 5 ms a piece or more."""
        bare, self._bare = list(self._bare.items()), {}
        for start in range(0, len(bare), 256):
            some = bare[start : start + 256]
            rows = vectors(self._encoders(), [text for _, text in some])
            for (name, _), row in zip(some, rows if rows is not None else (), strict=False):
                self._index.give(name, row)

    def search(self, question: str, k: int, allowed: Callable[[Id], bool] | None = None) -> list[tuple[Id, float]]:
        """The best first, at most `k`, with their scores; of those that are `allowed`.

        What stands beside a hit counts a little too, and so does what has to do with the best hits: an answer often
        names in other words what the question asks about.
        """
        found = self._hits(question[: 4 * _PIECE], _WIDE * k + 20, allowed)
        if core := _core(question):
            for other, score in self._hits(core, _WIDE * k + 20, allowed).items():
                found[other] += score
        for name, score in sorted(found.items(), key=lambda pair: -pair[1])[:_LINKS]:
            for other, linked in self._hits(self._texts[name], _WIDE * k, allowed).items():
                found[other] += _LINKED * score * linked
        lifted = {}
        for name, score in found.items():
            around = [self._at.get(self._seq[name] + step) for step in (-1, 1)]
            beside = max((found[other] for other in around if other is not None and other in found), default=0.0)
            lifted[name] = score + _BESIDE * beside
        ranked = sorted(lifted.items(), key=lambda pair: (-pair[1], -self._seq[pair[0]]))
        return [(name, round(score, 6)) for name, score in ranked[:k]]

    def _hits(self, text: str, most: int, allowed: Callable[[Id], bool] | None) -> dict[Id, float]:
        meant = vectors(self._encoders(), [text]) if detect(text) == "en" else None  # of Chinese, words find more
        hits = self._index.search(
            text,
            most,
            allowed=None if allowed is None else lambda name: allowed(name[0]),
            vector=None if meant is None else meant[0],
        )
        best: dict[Id, float] = defaultdict(float)
        for hit in hits:
            best[hit.id[0]] = max(best[hit.id[0]], hit.score)
        return best


def _core(question: str) -> str:
    """What of a message asks, where more is said around it; "" where it is all."""
    sentences = _SENTENCE.findall(question[: 4 * _PIECE])
    asking = [one for one in sentences if one.rstrip().endswith(("?", "？"))]
    return " ".join(asking) if asking and len(sentences) > _FEW else ""


def in_pieces(text: str) -> list[str]:
    """A text in pieces of some sentences each; one where it is short."""
    if len(text) <= _PIECE:
        return [text]
    pieces, piece = [], ""
    for part in _BREAK.split(text[: _PIECE * _MOST_PIECES]):
        for start in range(0, len(part), _PIECE):
            some = part[start : start + _PIECE]
            if piece and len(piece) + len(some) > _PIECE:
                pieces.append(piece)
                piece = ""
            piece = f"{piece} {some}".strip()
    return [*pieces, piece] if piece else pieces or [""]
