"""Prompts that begin alike are read once: the system message, and a conversation up to its last turn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.lm.engine.runner import Cache

_SHORTEST = 8
"""Tokens; less is read again as fast as it is copied."""
_MOST_BYTES = 256 << 20


class Prefixes:
    """Caches of finished streams, the latest last, within a bound of memory."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: list[tuple[list[int], Cache]] = []

    def begin(self, tokens: Sequence[int], live: Iterable[tuple[list[int], Cache]]) -> tuple[Cache, int] | None:
        """A cache of its own for a new stream, with as many of its first tokens as any finished or `live` stream has
        read already, at least one fewer than all (the last is read for its logits); None where nothing fits."""
        found = [(_common(tokens, read), cache) for read, cache in [*self._kept, *live]]
        length, cache = max(found, key=lambda pair: pair[0], default=(0, None))
        if cache is None or length < _SHORTEST:
            return None
        copy = cache.fork(length)
        return (copy, length) if copy is not None else None

    def keep(self, read: list[int], cache: Cache) -> None:
        """Remembers a finished stream; forgets those it continues, and the oldest beyond the bound."""
        if len(read) != cache.length or cache.nbytes > self._most_bytes:
            return
        self._kept = [(other, held) for other, held in self._kept if other != read[: len(other)]]
        self._kept.append((read, cache))
        while sum(held.nbytes for _, held in self._kept) > self._most_bytes:
            del self._kept[0]

    def clear(self) -> None:
        self._kept.clear()


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    limit = min(len(one) - 1, len(other))
    return next((at for at in range(limit) if one[at] != other[at]), max(limit, 0))
