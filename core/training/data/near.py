"""Which texts are nearly the same: MinHash signatures of character shingles, compared where they fall into one bucket."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

ALIKE = 0.8
"""Share of shingles in common from which two texts count as nearly the same."""
_SHINGLE = 5
_BANDS, _ROWS = 21, 6
_SPACES = re.compile(r"[\W_]+")
_random = np.random.default_rng(20)
_FACTORS = _random.integers(0, 1 << 63, size=_BANDS * _ROWS, dtype=np.uint64) * 2 + 1
_OFFSETS = _random.integers(0, 1 << 63, size=_BANDS * _ROWS, dtype=np.uint64)


def normalised(text: str) -> str:
    """Without case, punctuation and spaces."""
    return _SPACES.sub(" ", text.casefold()).strip()


class Alike:
    """Finds, for each text that is added, an earlier one that is nearly the same. A few hundred bytes a text."""

    def __init__(self) -> None:
        self._signatures: list[np.ndarray] = []
        self._buckets: defaultdict[tuple[int, bytes], list[int]] = defaultdict(list)

    def add(self, text: str) -> int | None:
        """The number (from 0, in the order of adding) of the most similar earlier text; None: there is none like it."""
        signature = _signature(text)
        number = len(self._signatures)
        near: set[int] = set()
        for band in range(_BANDS):
            bucket = self._buckets[band, signature[band * _ROWS : (band + 1) * _ROWS].tobytes()]
            near.update(bucket[-50:])
            bucket.append(number)
        self._signatures.append(signature)
        scored = [(float(np.mean(self._signatures[other] == signature)), -other) for other in near]
        likeness, other = max(scored, default=(0.0, 0))
        return -other if likeness >= ALIKE else None


def groups(texts: Sequence[str]) -> list[int]:
    """For each text the number of the first one of its group: texts that are nearly the same, directly or by way of
    others."""
    alike, first = Alike(), list(range(len(texts)))
    for number, text in enumerate(texts):
        other = alike.add(text)
        if other is not None:
            first[number] = first[other]
    return first


def _signature(text: str) -> np.ndarray:
    plain = normalised(text)
    data = [plain[start : start + _SHINGLE] for start in range(max(1, len(plain) - _SHINGLE + 1))]
    hashes = np.fromiter((zlib.crc32(one.encode("utf-8", "replace")) for one in set(data)), dtype=np.uint64)
    least = np.full(_BANDS * _ROWS, np.iinfo(np.uint64).max)
    for start in range(0, len(hashes), 1024):  # bounded: a text may have millions of shingles
        part = hashes[start : start + 1024, None] * _FACTORS + _OFFSETS  # modulo 2**64 by itself
        least = np.minimum(least, part.min(axis=0))
    return least
