"""The classifier: kernel ridge regression over sentences as points, and how sure its scores make us.

One kernel joins encoders and n-grams: exp(SHARP (likeness - 1)), where likeness is the weighted sum of the cosines. It is
fitted in closed form; the same matrix gives every example's score with that example left out, which is what confidence
and thresholds are learned from. A change is taken in at once by one step on the changed rows alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.intents.encoders import Encoder
from core.intents.words import BUCKETS, Matrix, chinese, rarity, sketches, unit

SHARP = 2.0
RIDGE = 0.1
GRAMS_SHARE = 0.1
"""What n-grams count beside encoders' shares."""
EVENLY, _LEAST_EVENLY = 4.0, 0.5
"""How much every direction of an encoder counts beside what sets the intents apart, which counts up to 1 more: so much over
the root of the number of intents, and that at least. Few intents span few directions; the others tell strangers."""
MOST_POINTS = 2_500
"""More examples than that are fitted through so many of them."""
_ANCHORS = 256
"""Points whose scores hold still while others are added."""
_WARM = 0.05
"""The temperature of the energy: in how far runners-up add to the best score."""
_FEWEST, _MOST = 0.02, 0.03
"""Between so many of the examples, each left out in turn, are taken for out of scope; of few examples some more."""
_STRANGERS = 0.95
"""So many of the background sentences should be."""
_USUAL_REJECT, _FEW = 0.2, 100
"""A catalog of few examples hardly knows its own limit: it is drawn to the usual one as by so many examples more."""
_USUAL = np.array([9.0, -2.5])
"""Slope and base of the confidence, and how much they pull."""
_PULL = np.array([0.01, 0.02])
_ACT_PRECISION = 0.9
_NEIGHBOURS, _NEARNESS = 5, 0.4
BACKGROUND = -1


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """How sentences become points: fixed by the texts of a fit, so that later changes fall into the same space."""

    encoders: tuple[Encoder, ...]
    lenses: tuple[tuple[Matrix, Matrix], ...]
    """Each encoder's mean, and the matrix that brings out what sets the intents apart."""
    rare: Matrix
    scripts: frozenset[bool]
    """Whether the texts have Chinese characters: True, False, or some of both."""

    @classmethod
    def of(cls, encoders: Sequence[Encoder], texts: Sequence[str], owners: NDArray[np.intp]) -> Space:
        lenses = tuple(_lens(encoder.encode(texts), owners) for encoder in encoders)
        return cls(tuple(encoders), lenses, rarity(sketches(texts)), frozenset(map(chinese, texts)))

    def points(self, texts: Sequence[str]) -> Matrix:
        """One row a text, of length one: the encoders' vectors, each through its lens, and the n-grams, side by side.
        A text that an encoder does not cover (a row of zeros) is told by the others alone."""
        parts, shares = [], []
        own = np.array([chinese(text) and True in self.scripts for text in texts], np.intp)
        for encoder, (mean, apart) in zip(self.encoders, self.lenses, strict=True):
            rows = encoder.encode(texts)
            covered = np.asarray(rows.any(axis=1))
            parts.append(unit(unit((rows - mean) * covered[:, None]) @ apart))
            shares.append(np.array(encoder.shares)[own] * covered)
        parts.append(unit(sketches(texts) * self.rare))
        shares.append(np.full(len(texts), GRAMS_SHARE) * parts[-1].any(axis=1))
        total = np.maximum(np.sum(shares, axis=0), 1e-9)
        return np.hstack([p * np.sqrt(s / total)[:, None] for p, s in zip(parts, shares, strict=True)]).astype("f4")

    @property
    def size(self) -> int:
        return sum(encoder.size for encoder in self.encoders) + BUCKETS


def _lens(rows: Matrix, owners: NDArray[np.intp]) -> tuple[Matrix, Matrix]:
    """What differs from intent to intent counts more than how sentences of one intent differ: directions are stretched
    by how far they hold the intents' middles apart, less what few examples make of it by chance."""
    covered = np.asarray(rows.any(axis=1))
    mean = rows[covered].mean(axis=0) if covered.any() else np.zeros(rows.shape[1], np.float32)
    centred = unit((rows - mean) * covered[:, None])
    _, whose, counts = np.unique(owners, return_inverse=True, return_counts=True)
    middles = np.stack([centred[whose == place].mean(axis=0) for place in range(len(counts))])
    _, strengths, ways = np.linalg.svd(middles, full_matrices=False)
    within = (((centred - middles[whose]) @ ways.T) ** 2).sum(axis=0) / max(len(rows) - len(counts), 1)
    strengths = np.sqrt(np.maximum(strengths**2 - within * (1 / counts).sum(), 0))
    stretched = (ways.T * (strengths / max(strengths.max(), 1e-6))) @ ways
    evenly = max(EVENLY / len(counts) ** 0.5, _LEAST_EVENLY)
    return mean, np.asarray(evenly * np.eye(rows.shape[1]) + stretched, np.float32)


def kernel(one: Matrix, other: Matrix) -> Matrix:
    return np.asarray(np.exp((one @ other.T - 1) * np.float32(SHARP)), np.float32)


def energy(scores: NDArray[Any]) -> NDArray[np.float64]:
    """How strongly a sentence is wanted by any intent at all: the best score and a little of the others, 0 for none."""
    best = scores.max(axis=1, initial=0.0)
    spread = np.exp((scores - best[:, None]) / _WARM).mean(axis=1)
    return np.asarray(best + _WARM * np.log(spread + 1e-9), np.float64)


def strength(scores: NDArray[Any], near: Matrix) -> NDArray[np.float64]:
    """The energy, and how near the nearest examples are."""
    count = min(_NEIGHBOURS, near.shape[1])
    nearest = np.partition(near, -count, axis=1)[:, -count:].mean(axis=1)
    return np.asarray(energy(scores) + _NEARNESS * nearest, np.float64)


@dataclass(frozen=True, slots=True)
class Calibration:
    """From strengths to confidence, and where the zones begin."""

    slope: float = float(_USUAL[0])
    base: float = float(_USUAL[1])
    reject: float = _USUAL_REJECT
    """The strength below which a sentence is out of scope."""
    act: float = 0.7
    """The confidence below which we ask."""
    fitted: bool = False

    def confidence(self, wanted: float) -> float:
        return float(1 / (1 + np.exp(-np.clip(self.slope * wanted + self.base, -30, 30))))


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Fitted points: what a new point is compared with, and what each says for each intent."""

    points: Matrix
    owners: NDArray[np.intp]
    """Row by row the column of the intent, or BACKGROUND."""
    weights: Matrix
    calibration: Calibration = Calibration()

    def __post_init__(self) -> None:
        """Points lie column by column: a sentence has few of the many n-grams, and the columns of others are not read."""
        object.__setattr__(self, "points", np.asfortranarray(self.points))

    def scores(self, points: Matrix) -> Matrix:
        """One row a point: about 1 for the intent it belongs to, about 0 for the others."""
        return np.asarray(kernel(points, self.points) @ self.weights, np.float32)

    def judged(self, point: Matrix, allowed: NDArray[np.bool_]) -> tuple[Matrix, float]:
        """The scores of one point among the allowed columns (the others get -1), and how strongly any is wanted."""
        there = np.flatnonzero(point[0])
        few = 2 * len(there) < point.shape[1]
        near = kernel(point[:, there], self.points[:, there]) if few else kernel(point, self.points)
        scores = np.where(allowed, near @ self.weights, -1).astype(np.float32)
        mine = np.append(allowed, False)[self.owners]
        return scores, float(strength(scores[:, allowed], near[:, mine])[0]) if mine.any() else 0.0


def exact(near: Matrix, wanted: Matrix) -> tuple[NDArray[Any], NDArray[Any]]:
    """Ridge regression in closed form: the weights, and each point's scores as they would be without it."""
    inverse = np.linalg.inv(near + RIDGE * np.eye(len(near), dtype=np.float32))
    weights = inverse @ wanted
    return weights, wanted - weights / np.diag(inverse)[:, None]


def fit(
    points: Matrix, owners: NDArray[np.intp], columns: int, said: NDArray[np.bool_]
) -> tuple[Head, NDArray[np.intp]]:
    """The calibrated head, and which of the points it kept. `said` marks what people would say: confidence is learned from
    that alone, not from names and descriptions. Takes time with the cube of the points: a second or two for 1,500; for a thread of its own."""
    wanted = targets(owners, columns)
    chosen = _spread(owners)
    basis = points[chosen]
    near = kernel(points, basis)
    if len(chosen) == len(points):
        weights, left_out = exact(near, wanted)
    else:
        corner = np.linalg.cholesky(near[chosen] + 1e-3 * np.eye(len(basis), dtype=np.float32))
        whiten = np.linalg.inv(corner).T
        seen = near @ whiten
        inverse = np.linalg.inv(seen.T @ seen + RIDGE * np.eye(len(basis), dtype=np.float32))
        inner = inverse @ (seen.T @ wanted)
        pull = np.einsum("ij,ij->i", seen @ inverse, seen)[:, None]
        left_out = (seen @ inner - pull * wanted) / np.maximum(1 - pull, 1e-3)
        weights = whiten @ inner
    near[chosen, np.arange(len(chosen))] = 0
    calibration = calibrated(left_out, near[:, owners[chosen] != BACKGROUND], owners, said)
    return Head(basis, owners[chosen], np.asarray(weights, np.float32), calibration), chosen


def extended(
    head: Head, keep: NDArray[np.bool_], columns: Sequence[int], points: Matrix, owners: NDArray[np.intp]
) -> Head:
    """The head at once after a change: without the rows that are not kept, its columns as `columns` says (an old one's
    number, or BACKGROUND for a new one), and with new points that are explained on top of what is there: what is said of
    some points all over the place stays, since a new intent that meets no contradiction would take everything."""
    places = np.array([*columns, BACKGROUND], dtype=np.intp)
    moved = np.hstack([head.weights, np.zeros((len(head.weights), 1), np.float32)])[keep][:, places[:-1]]
    back = {int(old): new for new, old in enumerate(columns) if old != BACKGROUND}
    kept = np.array([back.get(int(owner), BACKGROUND) for owner in head.owners[keep]], dtype=np.intp)
    head = replace(head, points=head.points[keep], owners=kept, weights=moved)
    for start in range(0, len(points), 512):
        rows, whose = points[start : start + 512], owners[start : start + 512]
        stay = np.linspace(0, len(head.points) - 1, min(_ANCHORS, len(head.points))).astype(np.intp)
        some = np.vstack([head.points[stay], rows])
        missing = targets(whose, len(columns)) - head.scores(rows)
        wanted = np.vstack([np.zeros((len(stay), len(columns)), np.float32), missing])
        step = np.linalg.solve(kernel(some, some) + RIDGE * np.eye(len(some), dtype=np.float32), wanted)
        step, weights = step.astype(np.float32), head.weights.copy()
        weights[stay] += step[: len(stay)]
        head = replace(
            head,
            points=np.vstack([head.points, rows]),
            owners=np.concatenate([head.owners, whose]),
            weights=np.vstack([weights, step[len(stay) :]]),
        )
    return head


def calibrated(left_out: NDArray[Any], near: Matrix, owners: NDArray[np.intp], said: NDArray[np.bool_]) -> Calibration:
    """Confidence and zones from the scores that sentences got while they were left out, and their nearness to the
    examples. With few examples it stays near what is usual."""
    mine, strange = said & (owners != BACKGROUND), owners == BACKGROUND
    if not mine.any():
        return Calibration()
    wanted = strength(left_out, near)
    own, others, right = wanted[mine], wanted[strange], left_out[mine].argmax(axis=1) == owners[mine]
    slope, base = _logistic(own, right)
    least, most = np.quantile(own, [_FEWEST, min(_MOST + 0.5 / np.sqrt(len(own)), 0.3)])
    reject = float(np.clip(np.quantile(others, _STRANGERS) if len(others) else least, least, most))
    reject = (reject * len(own) + _USUAL_REJECT * _FEW) / (len(own) + _FEW)
    order = np.argsort(own)
    precise = np.cumsum(right[order][::-1])[::-1] / np.arange(len(own), 0, -1)
    enough = own[order][precise >= _ACT_PRECISION]
    first = Calibration(slope, base, reject, fitted=True)
    act = first.confidence(max(float(enough[0]), reject) if len(enough) else float(own.max()))
    return replace(first, act=min(max(act, 0.3), 0.9))


def _logistic(strength: NDArray[np.float64], right: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and base of P(right | strength), drawn a little towards the usual ones."""
    rows = np.stack([strength, np.ones(len(strength))], axis=1)
    found = _USUAL.copy()
    for _ in range(50):
        sure = 1 / (1 + np.exp(-np.clip(rows @ found, -30, 30)))
        slant = rows.T @ (sure - right) + _PULL * (found - _USUAL)
        bend = (rows * (sure * (1 - sure))[:, None]).T @ rows + np.diag(_PULL)
        found = found - np.clip(np.linalg.solve(bend, slant), -1, 1)  # whole steps may run away
    return float(found[0]), float(found[1])


def targets(owners: NDArray[np.intp], columns: int) -> Matrix:
    wanted = np.zeros((len(owners), columns), np.float32)
    mine = owners != BACKGROUND
    wanted[np.flatnonzero(mine), owners[mine]] = 1
    return wanted


def _spread(owners: NDArray[np.intp]) -> NDArray[np.intp]:
    """At most MOST_POINTS rows, as evenly over the intents as they allow."""
    if len(owners) <= MOST_POINTS:
        return np.arange(len(owners))
    order = np.argsort(owners, kind="stable")
    starts = np.searchsorted(owners[order], owners[order], "left")
    turn = np.arange(len(owners)) - starts
    return np.sort(order[np.argsort(turn, kind="stable")[:MOST_POINTS]])
