"""Figures of the sample recommender, a JSON line each: what its signals find again, against what most people like.

python -m tests.bench.bench_recommender

The ratings are generated (bots/recommender/sample.py): the figures say that the signals are computed well, and nothing of real people.
Of 600 people, 400 are learned from. Of each of the others half of what they liked is hidden; the rest of their ratings is known, and
all that they have not rated otherwise is ranked. The weights in use were chosen on 100 of them; reported are
the other 100, for worlds in which items differ little, some and much in what everybody thinks of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence

import numpy as np

from bots.recommender.sample import STANDING, Matrix, ratings
from bots.recommender.taste import (
    LIKED,
    POPULAR,
    TOGETHER,
    catalog,
    collaborative,
    content,
    popularity,
    recommended,
    wishes,
)

LEARNED, CHOSEN, SHOWN = 400, 500, 10
GRID = [(together, popular) for together in (0.3, 0.5, 0.7) for popular in (0.2, 0.5, 0.8, 1.2)]
STANDINGS = (STANDING, 0.7, 1.4)


def judged(stars: Matrix, people: Sequence[int], rank: Callable[[dict[int, int]], Matrix]) -> dict[str, float]:
    """Means over people. recall@10: of the hidden, found; nDCG@10: found early, against the best order."""
    recalls, gains = [], []
    for person in people:
        chance = np.random.default_rng(person)
        liked = chance.permutation(np.flatnonzero(stars[person] >= LIKED))
        hidden = {int(place) for place in liked[: len(liked) // 2]}
        known = {int(p): int(stars[person, p]) for p in np.flatnonzero(stars[person]) if int(p) not in hidden}
        if not hidden:
            continue
        order = [int(p) for p in np.argsort(-rank(known), kind="stable") if int(p) not in known][:SHOWN]
        hits = [place in hidden for place in order]
        discount = 1 / np.log2(np.arange(SHOWN) + 2)
        recalls.append(sum(hits) / len(hidden))
        gains.append(float(np.dot(hits, discount)) / float(discount[: min(len(hidden), SHOWN)].sum()))
    return {"recall@10": round(float(np.mean(recalls)), 3), "ndcg@10": round(float(np.mean(gains)), 3), "people": len(recalls)}  # fmt: skip


def world(tagged: Matrix, standing: float) -> None:
    stars = ratings(tagged, standing)
    learned = stars[:LEARNED]
    alike, together, popular = content(tagged), collaborative(learned), popularity(learned)
    held_out = range(CHOSEN, len(stars))

    def mixed(weights: tuple[float, float]) -> Callable[[dict[int, int]], Matrix]:
        return lambda known: wishes(known, alike, together, popular, weights)

    tried = {weights: judged(stars, range(LEARNED, CHOSEN), mixed(weights)) for weights in GRID}
    best = max(tried, key=lambda weights: tried[weights]["ndcg@10"])
    told("popularity", standing=standing, **judged(stars, held_out, lambda _known: popular))
    for name, weights in {
        "content": (0.0, 0.0),
        "collaborative": (1.0, 0.0),
        "all, in use": (TOGETHER, POPULAR),
        "all, best of the grid": best,
    }.items():
        told(name, standing=standing, weights=weights, **judged(stars, held_out, mixed(weights)))


def main() -> None:
    has = catalog()
    tagged = np.array([[float(tag in item.tags) for tag in has.tags] for item in has.items])
    for standing in STANDINGS:
        world(tagged, standing)
    started = time.perf_counter()
    for _ in range(200):
        recommended({"paddington-2": 5, "spirited-away": 5, "alien": 1, "#horror": 1})
    told("time", recommend_ms=round((time.perf_counter() - started) * 5, 2))


def told(what: str, **figures: object) -> None:
    print(json.dumps({"bench": "recommender", "what": what, **figures}))


if __name__ == "__main__":
    main()
