"""Texts as vectors, by the encoders that intents use: what means the same lies close, in English and in Chinese."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.intents.encoders import Cached
from core.intents.words import Matrix, plain


@dataclass(slots=True)
class Shared:
    """Encoders that are loaded when they are first wanted, once for all who use them. Call it in a thread: that takes a
    second or two."""

    load: Callable[[], Sequence[Cached]]
    _found: Sequence[Cached] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> Sequence[Cached]:
        with self._lock:
            if self._found is None:
                self._found = self.load()
            return self._found


def vectors(encoders: Sequence[Cached], texts: Sequence[str], *, keep: bool = False) -> Matrix | None:
    """One row of length one a text; None without encoders. The product of two rows is the mean of what the encoders
    find alike. Blocks for milliseconds a text; with `keep`, what was found is also kept in the encoders' files."""
    if not encoders or not texts:
        return None
    said = [plain(text) for text in texts]
    if keep:
        for one in encoders:
            one.learn(said)
    rows = np.concatenate([one.encode(said) for one in encoders], axis=1) / np.sqrt(len(encoders))
    return np.asarray(rows, np.float32)
