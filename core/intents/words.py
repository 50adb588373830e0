"""Sentences as words and n-grams: what recognition works on when no encoder is there, and beside one."""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from core.intents.definition import LONGEST_EXAMPLE

Matrix: TypeAlias = NDArray[np.float32]

BUCKETS = 1024
"""N-grams are hashed, with a sign, into so many sums: two sentences' sums are about as alike as their n-grams."""
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+(?:['’][^\W_{_HAN}]+)?")
_IS_HAN = re.compile(rf"[{_HAN}]")
_GAP = re.compile(rf"(?<=[{_HAN}])\s+(?=[{_HAN}])")
_SPACE = re.compile(r"\s+")


def plain(text: str) -> str:
    """The text in one width and with single spaces, none between Chinese characters; what is very long is cut."""
    head = unicodedata.normalize("NFKC", text[: 4 * LONGEST_EXAMPLE])
    return _SPACE.sub(" ", _GAP.sub("", head)).strip()[:LONGEST_EXAMPLE]


tidied = lru_cache(maxsize=16_384)(plain)
"""`plain` for examples, which come again with every edit."""


def chinese(text: str) -> bool:
    """The text has Chinese characters in it."""
    return _IS_HAN.search(text) is not None


def words(text: str) -> list[str]:
    """The words in lower case; each Chinese character is one. Punctuation and emoji are none."""
    return _WORD.findall(text.lower())


def spans(text: str) -> list[tuple[int, int]]:
    """Where the words begin and end."""
    return [match.span() for match in _WORD.finditer(text)]


def grams(text: str) -> list[str]:
    """Words, pairs of words, three Chinese characters, and 3 to 5 letters of each word; all digits look the same."""
    said = words(re.sub(r"\d+", "0", text))
    found = [f"w {word}" for word in said] + [f"p {one} {two}" for one, two in pairwise(said)]
    found += [
        f"t {one}{two}{three}"
        for one, two, three in zip(said, said[1:], said[2:], strict=False)
        if _IS_HAN.match(one) and _IS_HAN.match(two) and _IS_HAN.match(three)
    ]
    for word in said:
        if not _IS_HAN.match(word):
            edged = f"<{word}>"
            found += [f"c {edged[i : i + n]}" for n in (3, 4, 5) for i in range(max(1, len(edged) - n + 1))]
    return found


@lru_cache(maxsize=65_536)
def _bucket(gram: str) -> tuple[int, float]:
    hashed = zlib.crc32(gram.encode())
    return hashed % BUCKETS, 1.0 if hashed >> 31 else -1.0


def sketches(texts: Sequence[str]) -> Matrix:
    """One row a text: its n-grams' damped counts, summed by bucket."""
    rows = np.zeros((len(texts), BUCKETS), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for gram, count in Counter(grams(text)).items():
            place, sign = _bucket(gram)
            row[place] += sign * (1 + math.log(count))
    return rows


def rarity(rows: Matrix) -> Matrix:
    """How much a bucket tells: the fewer texts use it, the more."""
    used = (rows != 0).sum(axis=0)
    return np.asarray(np.log((1 + len(rows)) / (1 + used)) + 1, np.float32)


def unit(rows: Matrix) -> Matrix:
    """Each row at length one; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), np.float32)
