"""What there is, what fits a taste, and why: by tags that are shared (content) and by who liked what together (collaborative)."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from bots.recommender.sample import Matrix, ratings
from core.language.phrases import Language

LIKED: Final = 4
TOGETHER: Final = 0.5
POPULAR: Final = 0.5
"""The weights of the collaborative signal, against the content signal, and of what most people like, beside both
(`tests/bench/bench_recommender.py` compares others)."""
_TAG: Final = "#"
_SHORT: Final = (
    r"(?:^(?:the )?|(?:\b(?:lov|lik|hat|enjoy|watch|adore|rat|film|movi|album|song)\w*|\b(?:and|saw|seen|see|to|for|than|stand|about|gave|give|hear|heard)) (?:the )?|[喜欢看听爱厌像片给和、])"
    r"%s(?= ?(?:$|\d|★|was|is\b|and\b|but\b|a lot|very|so much|too\b|[一二三四五]颗?星|很|太|真|也|和|好|打|其实|还))"
)


@dataclass(frozen=True, slots=True)
class Item:
    id: str
    kind: str
    """"film" or "music"."""
    en: str
    zh: str
    year: int
    tags: tuple[str, ...]
    about: Mapping[Language, str]

    def title(self, language: Language) -> str:
        return self.en if language == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Found:
    """A recommendation; `because` is the liked item that speaks most for it, or a liked tag, "" where taste is not known."""

    item: Item
    score: float
    because: str
    shared: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    items: tuple[Item, ...]
    tags: Mapping[str, Mapping[str, Any]]
    alike: Matrix
    """Content: the cosine of two items by their tags, rare tags weighing more."""
    together: Matrix
    """Collaborative: the cosine of two items by the ratings that people gave to both, each person's mean taken off."""
    popular: Matrix
    """How many liked it, as a share of the most."""
    everyday: frozenset[str]
    """Titles, as `_folded` makes them, that mean something else in most sentences: "what is your name?"."""

    def place(self, item_id: str) -> int | None:
        return next((place for place, item in enumerate(self.items) if item.id == item_id), None)

    def tag(self, tag: str, language: Language) -> str:
        return tag.replace("-", " ") if language == "en" else str(self.tags[tag]["zh"])


def content(tagged: Matrix) -> Matrix:
    rarity = np.log(len(tagged) / np.maximum(tagged.sum(axis=0), 1.0))
    return _cosines(np.asarray(tagged * rarity))


def collaborative(stars: Matrix) -> Matrix:
    """Damped where few rated both, so that two people are no proof."""
    rated = stars > 0
    means = stars.sum(axis=1, keepdims=True) / np.maximum(rated.sum(axis=1, keepdims=True), 1)
    both = rated.T.astype(float) @ rated
    return np.asarray(_cosines(np.where(rated, stars - means, 0.0).T) * both / (both + 5.0))


def popularity(stars: Matrix) -> Matrix:
    liked = (stars >= LIKED).sum(axis=0)
    return np.asarray(liked / liked.max())


def _cosines(rows: Matrix) -> Matrix:
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return np.asarray(unit @ unit.T)


@cache
def catalog() -> Catalog:
    """Of the folder's file. Takes some milliseconds the first time."""
    read = json.loads((Path(__file__).parent / "catalog.json").read_text(encoding="utf-8"))
    items = tuple(Item(**one | {"tags": tuple(one["tags"])}) for one in read["items"])
    tagged = np.array([[float(tag in item.tags) for tag in read["tags"]] for item in items])
    stars = ratings(tagged)
    return Catalog(
        items,
        read["tags"],
        content(tagged),
        collaborative(stars),
        popularity(stars),
        frozenset(map(_folded, read["everyday"])),
    )


def wishes(
    stars: Mapping[int, int], alike: Matrix, together: Matrix, popular: Matrix, weights: tuple[float, float] = (TOGETHER, POPULAR)
) -> Matrix:  # fmt: skip
    """How much each item is to somebody's taste, who gave some items stars: each signal on the same scale over all items."""
    collaborative_weight, popular_weight = weights
    given, places = (np.array(list(stars.values())) - 3) / 2, list(stars)
    signal = (1 - collaborative_weight) * _scaled(given @ alike[places]) + collaborative_weight * _scaled(given @ together[places])  # fmt: skip
    wish: Matrix = signal + popular_weight * _scaled(popular)
    return wish


def _scaled(signal: Matrix) -> Matrix:
    return np.asarray((signal - signal.mean()) / max(float(signal.std()), 1e-9))


def recommended(
    taste: Mapping[str, int], *, kind: str = "", tags: Iterable[str] = (), without: Iterable[str] = (), count: int = 3
) -> list[Found]:
    """The items that fit best. `taste`: stars by the id of an item, or by `#tag`. What was rated is left out, and so is
    whatever has a disliked tag; `tags` all have to be there."""
    has = catalog()
    places = {place: stars for key, stars in taste.items() if (place := has.place(key)) is not None}
    loved = {key[1:] for key, stars in taste.items() if key.startswith(_TAG) and stars >= LIKED}
    barred = {key[1:] for key, stars in taste.items() if key.startswith(_TAG) and stars < 3}
    scores = wishes(places, has.alike, has.together, has.popular)
    asked, seen = set(tags), {*taste, *without}
    found = []
    for place, item in enumerate(has.items):
        own = set(item.tags)
        if item.id in seen or own & barred or not asked <= own or (kind and item.kind != kind):
            continue
        for_it = {one: has.alike[one, place] * (1 - TOGETHER) + has.together[one, place] * TOGETHER for one, stars in places.items() if stars >= LIKED}  # fmt: skip
        best = max(for_it, key=lambda one: for_it[one], default=None)
        because, shared = "", tuple(tag for tag in item.tags if tag in loved)
        if best is not None and for_it[best] > 0.05:
            because, shared = has.items[best].id, tuple(tag for tag in item.tags if tag in has.items[best].tags)
        elif shared:
            because = _TAG + shared[0]
        found.append(Found(item, float(scores[place]) + 2 * len(own & loved), because, shared))
    return sorted(found, key=lambda one: -one.score)[:count]


def called(name: str, *, everyday: bool) -> list[Item]:
    """The items of exactly this title or artist. `everyday`: also of titles that mostly mean something else."""
    wanted = _folded(name).removeprefix("the ")
    return [
        item for item in catalog().items if wanted in _names(item) and (everyday or wanted not in catalog().everyday)
    ]


def items_in(text: str, *, everyday: bool = True) -> list[Item]:
    """The items that a text names, by title or artist. A name inside a longer one that is named, too, is none."""
    folded, left_out = _folded(text), frozenset[str]() if everyday else catalog().everyday
    found = [
        (name, item)
        for item in catalog().items
        for name in _names(item)
        if name not in left_out and _said(name, folded, short=_SHORT)
    ]
    if not found:  # with a letter too few or too many
        near = {
            close for word in re.findall(r"[a-z]{6,}", folded) for close in get_close_matches(word, _alone(), 1, 0.9)
        }
        found = [(name, item) for item in catalog().items for name in _names(item) if name in near - left_out]
    names = {name for name, _ in found}
    whole = {name for name in names if not any(name != other and name in other for other in names)}
    return list({item.id: item for name, item in found if name in whole}.values())


@cache
def _alone() -> list[str]:
    """The titles that are one long word."""
    return [name for item in catalog().items for name in _names(item) if re.fullmatch(r"[a-z]{6,}", name)]


def _names(item: Item) -> list[str]:
    """Titles as one says them: without what stands behind a colon or a dash, and without the article."""
    whole = [_folded(item.en), _folded(item.zh)]
    parts = [_folded(part) for title in (item.en, item.zh) for part in re.split(r" – |[:：]\s*", title)[:2]]
    return [name.removeprefix("the ") for name in {*whole, *parts} if len(name.removeprefix("the ")) > 1]


def _folded(text: str) -> str:
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(sign))
    return " ".join(re.sub(r"[^\w ★]", "", plain.replace("-", " ").replace("·", "")).split())


def _said(name: str, folded: str, *, short: str = "") -> bool:
    """`short`: a pattern around names that are one everyday word, such as Up, Blue or 功夫."""
    if short and (" " not in name if name.isascii() else len(name) <= 2):
        return bool(re.search(short % re.escape(name), folded))
    return name in folded if not name.isascii() else bool(re.search(rf"\b{re.escape(name)}\b", folded))


def tags_in(text: str, *, everyday: bool = True) -> list[str]:
    """The tags that a text names, in whichever of their names; those that are everyday words only where they are meant."""
    folded = _folded(text)
    return [
        tag
        for tag, of in catalog().tags.items()
        if (everyday or not of.get("everyday")) and any(_said(_folded(name), folded) for name in (tag, of["zh"], *of["also"]))
    ]  # fmt: skip


def without_tags(text: str) -> str:
    folded = _folded(text)
    names = (_folded(name) for tag, of in catalog().tags.items() for name in (tag, of["zh"], *of["also"]))
    return re.sub(
        "|".join(
            rf"\b{re.escape(name)}s?\b" if name.isascii() else re.escape(name)
            for name in sorted(names, key=len, reverse=True)
        ),
        " ",
        folded,
    )
