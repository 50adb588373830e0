"""Figures with how sure they are: bootstrap over rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

Pairs: TypeAlias = Sequence[tuple[float, float]]
"""For each row a sum and over how many; a figure is the quotient of their sums. A row of (0, 0) was not measured."""
Relative: TypeAlias = Literal["", "drawn", "once"]
_RESAMPLED = 1000


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with the 95 % interval in which it lies; `count`: rows it was measured on."""

    value: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Change:
    """Of one model against another on the same rows. `verdict`: what the whole interval says."""

    value: float
    low: float
    high: float
    verdict: Literal["better", "worse", "same"]


def figure(pairs: Pairs, shape: Callable[[np.ndarray], np.ndarray], seed: int) -> Figure | None:
    """None where no row was measured."""
    data = np.array([pair for pair in pairs if pair[1]], dtype=float)
    if not len(data):
        return None
    value = float(shape(data[:, 0].sum() / data[:, 1].sum()))
    low, high = _interval(_resampled(data, shape, seed))
    return Figure(value, low, high, len(data))


def change(
    base: Pairs, other: Pairs, shape: Callable[[np.ndarray], np.ndarray], seed: int, *, relative: Relative, lower: bool
) -> Change | None:
    """The same rows are drawn for both. `relative`: as a share of the base's value on the rows that were drawn, or, where that
    may come near nothing and the share would have no bounds, on all rows, once; `lower`: less is better."""
    both = [(mine, theirs) for mine, theirs in zip(base, other, strict=True) if mine[1] and theirs[1]]
    if not both:
        return None
    data = np.array(both, dtype=float)
    sums = data.sum(axis=0)
    base_value, value_of_other = shape(sums[:, 0] / sums[:, 1])

    def from_to(before: np.ndarray, after: np.ndarray) -> np.ndarray:
        share_of = {"": 1.0, "drawn": before, "once": base_value}[relative]
        moved: np.ndarray = (after - before) / np.maximum(np.abs(share_of), 1e-12)
        return moved

    value = float(from_to(base_value, value_of_other))
    low, high = _interval(from_to(_resampled(data[:, 0], shape, seed), _resampled(data[:, 1], shape, seed)))
    verdict: Literal["better", "worse", "same"] = "same"
    if low > 0 or high < 0:
        verdict = "better" if (high < 0) == lower else "worse"
    return Change(value, low, high, verdict)


def _resampled(data: np.ndarray, shape: Callable[[np.ndarray], np.ndarray], seed: int) -> np.ndarray:
    drawn = np.random.default_rng(seed).integers(0, len(data), (_RESAMPLED, len(data)))
    sums = data[drawn].sum(axis=1)
    return shape(sums[:, 0] / sums[:, 1])


def _interval(values: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
