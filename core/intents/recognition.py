"""What a message wants: exact words first, then patterns, then the classifier, in three zones: act, ask, out of scope."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.intents import heads
from core.intents.definition import Intent, Slot, parts
from core.intents.encoders import Cached
from core.intents.heads import BACKGROUND, Head, Space
from core.intents.patterns import Match, Patterns
from core.intents.slots import Found, Situation, Slots
from core.intents.words import Matrix, chinese, grams, plain, tidied, words

Zone: TypeAlias = Literal["act", "ask", "out"]
_SHOWN = 5
_WRITTEN = 0.99
"""Confidence of what was written down word for word."""
_CLOSE = 0.6
"""A background sentence as like as this to an admin's example is left out."""
_FOREIGN = 1.5
"""A language without examples of its own is understood through another's, and wanted less strongly by that much."""
_EVEN = 0.5
"""A guess that is more likely wrong than right is not even asked about."""
_NEAR_TIE = 0.04
"""Scores as close as this to the best one make us ask."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What was recognised in a message."""

    intent: str | None
    """The decision; None: out of scope."""
    top: str
    """The best guess, whatever was decided; empty where there is no intent at all."""
    confidence: float
    zone: Zone
    how: str = "classifier"
    """Or "exact", "pattern"."""
    ranking: tuple[tuple[str, float], ...] = ()
    """The best intents with their scores, which are about 1 for a sure one and 0 for a strange one."""
    slots: Mapping[str, Found] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An example near the message, and what the two share."""

    text: str
    intent: str
    likeness: float
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a message was recognised as it was, and what would have changed that."""

    recognition: Recognition
    example: str
    """What matched word for word, if anything did."""
    strength: float
    """How strongly any intent is wanted, to be compared with `reject`."""
    reject: float
    act: float
    neighbours: tuple[Neighbour, ...]
    changes: tuple[tuple[str, str, float], ...]
    """What would change the outcome: ("threshold", intent, the confidence it would have to be), ("example", intent, the
    score that this message as its example would reach), ("tie", the runner-up, how far it is behind)."""


@dataclass(frozen=True, slots=True, eq=False)
class Recognizer:
    """A catalog, compiled: the same answer to the same message, from any thread, without waiting for anything."""

    intents: Mapping[str, Intent]
    names: tuple[str, ...]
    """The classifier's columns."""
    patterns: Patterns
    slots: Slots
    space: Space | None
    head: Head | None
    rows: tuple[tuple[str, str], ...]
    """The head's points: text and intent, empty for the background."""

    @property
    def calibrated(self) -> bool:
        return self.head is None or self.head.calibration.fitted

    @property
    def slow(self) -> bool:
        """It takes encoders: milliseconds that an event loop cannot spare. N-grams take less than a hop to a thread does."""
        return self.space is not None and bool(self.space.encoders)

    def recognize(self, text: str, situation: Situation, only: Collection[str] | None = None) -> Recognition:
        """What the message wants, of all intents or of those in `only`. A few milliseconds, or tens with the full encoder."""
        said = plain(text)
        match = self._written(said, situation, only)
        found = self._guess(*self._judged(said, only)) if match is None else _as_written(match)
        if found.zone == "ask" and self.space is not None and not self.space.encoders and len(words(said)) == 1:
            found = replace(found, intent=None, zone="out")  # n-grams know nothing of a single word's meaning
        intent = self.intents.get(found.intent or "")
        if intent is None or not intent.slots:
            return found
        filled = self.slots.find(intent, said, situation, match.filled if match else {})
        return Recognition(
            found.intent, found.top, found.confidence, found.zone, found.how, found.ranking, slots=filled
        )

    def explain(self, text: str, situation: Situation, only: Collection[str] | None = None) -> Explanation:
        """`recognize` with its reasons; takes about twice as long."""
        said = plain(text)
        recognition, match = self.recognize(text, situation, only), self._written(said, situation, only)
        if self.head is None or self.space is None:
            return Explanation(recognition, match.example if match else "", 0.0, 0.0, 0.0, (), ())
        point = self.space.points([said])
        wanted, limits = self._judged(said, only)[1], self.head.calibration
        return Explanation(
            recognition,
            match.example if match else "",
            wanted,
            limits.reject,
            limits.act,
            self._neighbours(said, point, only),
            self._changes(recognition, point),
        )

    def _written(self, said: str, situation: Situation, only: Collection[str] | None) -> Match | None:
        return self.patterns.match(
            said, lambda intent, slot, words: self.slots.fits(intent, slot, words, situation), only
        )

    def _judged(self, said: str, only: Collection[str] | None) -> tuple[Matrix, float]:
        allowed = np.array([only is None or name in only for name in self.names], bool)
        wordless = not any(map(str.isalpha, said))  # bare numbers and signs are alike to n-grams, whatever is meant
        if self.head is None or self.space is None or wordless or not allowed.any():
            return np.zeros((1, len(self.names)), np.float32), 0.0
        scores, wanted = self.head.judged(self.space.points([said]), allowed)
        return scores, wanted * (1 if chinese(said) in self.space.scripts else _FOREIGN)

    def _guess(self, scores: Matrix, wanted: float) -> Recognition:
        if self.head is None or not wanted:
            return Recognition(None, self.names[0] if self.names else "", 0.0, "out")
        limits = self.head.calibration
        order = np.argsort(-scores[0])[:_SHOWN]
        ranking = tuple((self.names[column], round(float(scores[0, column]), 4)) for column in order)
        top, confidence = ranking[0][0], limits.confidence(wanted)
        zone: Zone = "act"
        own = self.intents[top].threshold
        if own is not None:
            zone = "act" if confidence >= own else "ask" if wanted >= limits.reject else "out"
        elif wanted < limits.reject or confidence < _EVEN:
            zone = "out"
        elif confidence < limits.act or (len(ranking) > 1 and ranking[0][1] - ranking[1][1] < _NEAR_TIE):
            zone = "ask"
        return Recognition(None if zone == "out" else top, top, confidence, zone, ranking=ranking)

    def _neighbours(self, said: str, point: Matrix, only: Collection[str] | None) -> tuple[Neighbour, ...]:
        assert self.head is not None
        near = self.head.points @ point[0]
        own, found = set(grams(said)), list[Neighbour]()
        for place in np.argsort(-near):
            text, intent = self.rows[int(place)]
            if only is None or intent in only:
                shared = sorted((gram for gram in own & set(grams(text)) if gram[0] in "wpt"), key=len, reverse=True)
                found.append(Neighbour(text, intent, round(float(near[place]), 4), tuple(s[2:] for s in shared[:5])))
            if len(found) == _SHOWN:
                break
        return tuple(found)

    def _changes(self, found: Recognition, point: Matrix) -> tuple[tuple[str, str, float], ...]:
        assert self.head is not None
        if found.how != "classifier" or not found.top:
            return ()
        changes: list[tuple[str, str, float]] = []
        if found.zone != "act":
            changes.append(("threshold", found.top, round(found.confidence, 4)))
        for name, score in found.ranking[: 2 if found.zone == "act" else 1]:
            row = np.array([self.names.index(name)], np.intp)
            columns = list(range(len(self.names)))
            more = heads.extended(self.head, np.ones(len(self.rows), bool), columns, point, row)
            if found.zone != "act" or name != found.top:
                changes.append(("example", name, round(float(more.scores(point)[0, row[0]]), 4)))
            if name != found.top:
                changes.append(("tie", name, round(found.ranking[0][1] - score, 4)))
        return tuple(changes)


def compiled(intents: Sequence[Intent], encoders: Sequence[Cached]) -> Recognizer:
    """The catalog with its calibrated classifier. Encodes what is new and fits: seconds, in a thread of its own."""
    live = [intent for intent in intents if intent.enabled]
    names = tuple(intent.name for intent in live)
    rows, named = _rows(live), set(_rows([replace(intent, examples={}) for intent in live]))
    if not rows:
        return Recognizer({i.name: i for i in live}, names, Patterns.of(live), Slots.of(live), None, None, ())
    texts = [text for text, _ in rows]
    aside = [text for text in background() if chinese(text) in {chinese(each) for each in texts}]
    for encoder in encoders:
        encoder.learn([*texts, *aside])
    mine = _owners(rows, names)
    space = Space.of(encoders, texts, mine)
    points, others = space.points(texts), space.points(aside)
    far = np.flatnonzero((others @ points.T).max(axis=1) < _CLOSE)
    owners = np.concatenate([mine, np.full(len(far), BACKGROUND)]).astype(np.intp)
    rows += [(aside[place], "") for place in far]
    said = np.array([row not in named for row in rows], bool)
    head, chosen = heads.fit(np.vstack([points, others[far]]), owners, len(names), said)
    kept = tuple(rows[int(place)] for place in chosen)
    return Recognizer({i.name: i for i in live}, names, Patterns.of(live), Slots.of(live), space, head, kept)


def changed(before: Recognizer, intents: Sequence[Intent]) -> Recognizer:
    """The catalog after an edit, in milliseconds: only the changed sentences are encoded and explained on top of the
    classifier as it was; confidence and thresholds stay until `compiled` has been through."""
    if before.head is None or before.space is None:
        return compiled(
            intents, [each for each in before.space.encoders if isinstance(each, Cached)] if before.space else ()
        )
    live = [intent for intent in intents if intent.enabled]
    names = tuple(intent.name for intent in live)
    rows = _rows(live)
    wanted, known = set(rows), set(before.rows)
    keep = np.array([not row[1] or row in wanted for row in before.rows], bool)
    new = [row for row in rows if row not in known]
    old = {name: column for column, name in enumerate(before.names)}
    head = before.head
    points = before.space.points([text for text, _ in new])
    head = heads.extended(head, keep, [old.get(name, BACKGROUND) for name in names], points, _owners(new, names))
    left = tuple(row for row, kept in zip(before.rows, keep, strict=True) if kept)
    patterns, slots = Patterns.of(live), Slots.of(live, before.slots)
    return Recognizer({i.name: i for i in live}, names, patterns, slots, before.space, head, (*left, *new))


def _as_written(match: Match) -> Recognition:
    return Recognition(match.intent, match.intent, _WRITTEN, "act", match.how, ((match.intent, 1.0),))


def _owners(rows: Sequence[tuple[str, str]], names: Sequence[str]) -> NDArray[np.intp]:
    place = {name: column for column, name in enumerate(names)}
    return np.array([place[name] for _, name in rows], np.intp)


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|[_\W]+")


def _rows(intents: Sequence[Intent]) -> list[tuple[str, str]]:
    """Every sentence that speaks for an intent, with its name: its examples, and its name and description in words."""
    rows: dict[tuple[str, str], None] = {}
    for intent in intents:
        slots = {slot.name: slot for slot in intent.slots}
        said = [
            filled(example, slots, language) for language, several in intent.examples.items() for example in several
        ]
        named = [_CAMEL.sub(" ", intent.name).strip().lower(), *intent.description.split(" / ")]
        rows |= {(text, intent.name): None for each in (*said, *named) if (text := tidied(each))}
    return list(rows)


_FILLERS = {
    "time": ("tomorrow at nine", "明天上午九点"),
    "duration": ("half an hour", "半个小时"),
    "number": ("two", "两"),
    "money": ("20 dollars", "二十块钱"),
    "person": ("Anna", "小王"),
    "place": ("Paris", "上海"),
    "text": ("that", "这个"),
}


def filled(example: str, slots: Mapping[str, Slot], language: str) -> str:
    """The example as a person might say it: something usual in each bare slot."""
    said = ""
    for part in parts(example):
        slot = slots.get(part.slot)
        usual = _FILLERS.get(slot.kind if slot else "text", _FILLERS["text"])[language.startswith("zh")]
        said += part.text if part.text is not None else next(iter(slot.values), usual) if slot else usual
    return said


@cache
def background() -> tuple[str, ...]:
    """Everyday sentences in both languages that are for no intent."""
    said = tomllib.loads(files("core.intents").joinpath("background.toml").read_text(encoding="utf-8"))
    return tuple(plain(line) for language in sorted(said) for line in str(said[language]).strip().splitlines())
