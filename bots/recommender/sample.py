"""Ratings that nobody gave: a seeded model of tastes, so that the example has something to count. Put real ones in their place.

Each of the people draws weights for four tags and a dislike of one. What they think of an item is the sum of: its tags by those weights,
its standing (drawn for each item, the same for all), how well it fits a leaning that no tag tells (three drawn traits of people and
items), and chance. They rate 25 items each, more often known ones and ones they expect to like; stars are fifths of all opinions.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Matrix: TypeAlias = npt.NDArray[np.float64]
PEOPLE: Final = 600
RATED: Final = 25
SEED: Final = 20261126
STANDING: Final = 0.35


def ratings(tagged: Matrix, standing: float = STANDING) -> Matrix:
    """Stars of 1 to 5, people by items; 0 where there is none. `tagged` is items by tags, of ones and zeros; `standing` is how
    far items differ in what everybody thinks of them."""
    chance = np.random.default_rng(SEED)
    items, tags = tagged.shape
    weights = np.zeros((PEOPLE, tags))
    for person in range(PEOPLE):
        weights[person, chance.choice(tags, 4, replace=False)] = chance.uniform(1.0, 2.0, 4)
        weights[person, chance.integers(tags)] = -2.0
    known = chance.normal(0.0, standing, items)
    hidden = chance.normal(size=(PEOPLE, 3)) @ chance.normal(size=(items, 3)).T / np.sqrt(3)
    opinion = weights @ tagged.T + known + 0.8 * hidden + chance.normal(0.0, 0.7, (PEOPLE, items))
    stars: Matrix = 1.0 + np.searchsorted(np.quantile(opinion, (0.2, 0.4, 0.6, 0.8)), opinion)
    drawn = 1.2 * known + 0.5 * opinion + chance.gumbel(size=(PEOPLE, items))
    unrated = np.argsort(-drawn, axis=1)[:, RATED:]
    np.put_along_axis(stars, unrated, 0.0, axis=1)
    return stars
