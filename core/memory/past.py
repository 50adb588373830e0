"""What was said before, ranked for a question: by words and meaning, by who said it and when, and by what stood beside it."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from core.intents.encoders import Cached
from core.retrieval.index import Index
from core.retrieval.meaning import vectors

Id = TypeVar("Id", int, str)
_PIECE, _MOST_PIECES = 700, 60
"""Characters of what is ranked as one, and how many of them of one text."""
_WIDE, _LINK, _LONGEST_LINK = 30, 200, 400
_MEANING = 0.25
"""How much meaning counts beside words."""
_OWN, _STANDING, _NAMED, _ASKED = 1.5, 1.3, 1.2, 0.3
"""What a person's own words count beside the assistant's; a wish that holds from then on; the words of the only one whom
the question names; and a bare question, which holds no answer."""
_BESIDE, _ANSWER, _SAME_TALK, _LINKED, _CORE = 0.1, 0.45, 0.25, 0.4, 0.5
"""What counts of the better neighbour's score, of the question before, of the best in the same conversation, of the
likeness to the best of all, and of what a longer message asks."""
_FEW = 2
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
_BREAK = re.compile(r"(?<=[.!?。！？])\s+|\n+|(?<=[。！？])")
_BARE = re.compile(r"[^.!。！\n]{0,60}[?？]\s*")
_HOLDS_ON = re.compile(
    r"\b(?:always|never|i prefer|i(?:['’]d| would) rather|from now on|make sure to)\b|总是|从不|以后都|我更喜欢|我偏好",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Said(Generic[Id]):
    """One thing that was said, with what the assistant replied; either may be missing."""

    id: Id
    seq: int
    """Where it stands among all that was said."""
    text: str
    speaker: str = ""
    when: str = ""
    """The day in words, as a question may name it."""
    reply: str = ""
    talk: int | str = 0
    """The conversation that it is a part of."""

    @property
    def pieces(self) -> tuple[list[str], list[str]]:
        """What is ranked by itself: the own words, and the reply."""
        own = in_pieces(self.text) if self.text or not self.reply else []
        return own, in_pieces(self.reply) if self.reply else []

    @property
    def telling(self) -> list[str]:
        """The first of these, of which the meaning is found, too: of replies the beginning, with which no less was found."""
        own, reply = self.pieces
        return [f"{self.speaker}: {piece}" if self.speaker else piece for piece in own + reply[:1]]


def day(moment: dt.date) -> str:
    """A day in the words of both languages."""
    return f"{moment:%A} {moment.day} {moment:%B} {moment.year} {moment.year}年{moment.month}月{moment.day}日"


class Past(Generic[Id]):
    """All that one person and those they talked with said. Calls block for milliseconds and are made one at a time."""

    def __init__(self, encoders: Callable[[], Sequence[Cached]] = tuple) -> None:
        self._index: Index[tuple[Id, int]] = Index()
        self._said: dict[Id, Said[Id]] = {}
        self._weights: dict[tuple[Id, int], tuple[float, float]] = {}
        """Of pieces: as what others are told by, and as an answer itself."""
        self._asking: set[Id] = set()
        """Those that end with a question."""
        self._order: list[Id] = []
        self._place: dict[Id, int] = {}
        """By `seq`, and where in it; both empty where they are to be made anew."""
        self._encoders = encoders
        self._bare: dict[tuple[Id, int], str] = {}
        """Pieces whose meaning is still to be found."""

    def __contains__(self, name: object) -> bool:
        return name in self._said

    def add(self, said: Said[Id]) -> None:
        self._said[said.id], self._order, self._place = said, [], {}
        own = _OWN * (_STANDING if _HOLDS_ON.search(said.text[:_LINK]) else 1.0)
        if {"?", "？"} & set((said.reply or said.text)[-_LINK:]):
            self._asking.add(said.id)
        self._bare |= {(said.id, number): text for number, text in enumerate(said.telling)}
        mine, reply = said.pieces
        for number, piece in enumerate(mine + reply):
            weight = own if number < len(mine) else 1.0
            self._weights[said.id, number] = weight, weight * (_ASKED if _BARE.fullmatch(piece) else 1.0)
            self._index.add((said.id, number), f"{said.speaker}: {piece} {said.when}")

    def remove(self, name: Id) -> None:
        for number in range(sum(map(len, self._said.pop(name).pieces))):
            self._index.remove((name, number))
            self._bare.pop((name, number), None)
            del self._weights[name, number]
        self._asking.discard(name)
        self._order, self._place = [], {}

    def bare(self) -> set[Id]:
        """Those whose meaning is still to be found, or given."""
        return {name for name, _ in self._bare}

    def give(self, name: Id, packed: bytes) -> None:
        """The meaning of what was added under that id: half-precision numbers, a row for each that tells."""
        rows = np.frombuffer(packed, np.float16).reshape(len(self._said[name].telling), -1).astype(np.float32)
        for number, row in enumerate(rows):
            self._bare.pop((name, number), None)
            self._index.give((name, number), row)

    def learn(self) -> None:
        """Finds the meaning of what was added since; 1 to 10 ms a piece."""
        bare, self._bare = list(self._bare.items()), {}
        for start in range(0, len(bare), 256):
            some = bare[start : start + 256]
            rows = vectors(self._encoders(), [text for _, text in some])
            for (name, _), row in zip(some, rows if rows is not None else (), strict=False):
                self._index.give(name, row)

    def search(self, question: str, k: int, allowed: Callable[[Id], bool] | None = None) -> list[tuple[Id, float]]:
        """The best first, at most `k`, with their scores; of those that are `allowed`.

        What stands beside a hit counts a little too, more where it answers, and so does what has to do with the best hit:
        an answer often names in other words what the question asks about.
        """
        asked = question[: 4 * _PIECE]
        hits = self._hits(asked, _WIDE * k + 20, allowed)
        if core := _core(asked):
            for piece, score in self._hits(core, _WIDE * k + 20, allowed).items():
                hits[piece] = hits.get(piece, 0.0) + _CORE * score
        found = self._lifted(hits, asked)
        best = self._said[max(found, key=lambda name: found[name])] if found else None
        if best is not None and len(link := best.text or best.reply) <= _LONGEST_LINK:
            linked: dict[Id, float] = defaultdict(float)
            for piece, score in self._hits(link[:_LINK], _WIDE * k, allowed, beyond=asked).items():
                linked[piece[0]] = max(linked[piece[0]], score * self._weights[piece][1] / self._weights[piece][0])
            for name, score in linked.items():
                found[name] = found.get(name, 0.0) + _LINKED * found[best.id] * score
        ranked = sorted(found.items(), key=lambda pair: (-pair[1], -self._said[pair[0]].seq))
        return [(name, round(score, 6)) for name, score in ranked[:k]]

    def _hits(
        self, text: str, most: int, allowed: Callable[[Id], bool] | None, beyond: str = ""
    ) -> dict[tuple[Id, int], float]:
        """Pieces by score; with `beyond`, by the words that are not in it, else by meaning too."""
        meant = vectors(self._encoders(), [text]) if not beyond else None
        return self._index.scores(
            text, most, allowed=None if allowed is None else lambda name: allowed(name[0]),
            vector=None if meant is None else meant[0], share=_MEANING, beyond=beyond,
        )  # fmt: skip

    def _lifted(self, hits: Mapping[tuple[Id, int], float], question: str) -> dict[Id, float]:
        """Scores of what was said: of the best piece, for who said it, and for what stands around it."""
        speakers = {self._said[name].speaker for name, _ in hits} - {""}
        named = [one for one in speakers if re.search(rf"\b{re.escape(one)}\b", question)]
        told: dict[Id, float] = defaultdict(float)
        itself: dict[Id, float] = defaultdict(float)
        talks: dict[int | str, float] = defaultdict(float)
        for (name, piece), score in hits.items():
            said, (telling, answering) = self._said[name], self._weights[name, piece]
            score *= _NAMED if [said.speaker] == named else 1.0
            told[name], itself[name] = max(told[name], score * telling), max(itself[name], score * answering)
            talks[said.talk] = max(talks[said.talk], told[name])
        if not self._order:
            self._order = sorted(self._said, key=lambda name: self._said[name].seq)
            self._place = {name: place for place, name in enumerate(self._order)}
        lifted = {}
        for name in told:
            said, place = self._said[name], self._place[name]
            beside = [self._said[one] for one in self._order[max(place - 1, 0) : place + 2]]
            scores = [told.get(one.id, 0.0) for one in beside if one is not said and one.talk == said.talk]
            lifted[name] = itself[name] + _SAME_TALK * talks[said.talk] + _BESIDE * max(scores, default=0.0)
            before = beside[0]
            if before is not said and said.text and before.talk == said.talk and before.id in self._asking:
                lifted[name] += _ANSWER * told.get(before.id, 0.0)
        return lifted


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
