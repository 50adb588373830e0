"""Words of a text in either language: what statistics and scores count."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable

_WORD = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]|[^\W_]+(?:['’][^\W_]+)*")


def words(text: str) -> list[str]:
    """In small letters; each Chinese character by itself."""
    pieces = _WORD.findall(text.casefold())
    return [one for piece in pieces for one in (re.findall(r"[\u3400-\u9fff]|[^\u3400-\u9fff]+", piece))]


def distinct(texts: Iterable[str], size: int) -> float:
    """Distinct-n: the share of different runs of `size` words among all of them; 0 where there are none."""
    runs: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        found = words(text)
        runs.update(tuple(found[at : at + size]) for at in range(len(found) - size + 1))
    return len(runs) / runs.total() if runs else 0.0


def balance(counts: Iterable[int]) -> float:
    """1: all are equally many, 0: all are one. Entropy over its greatest value."""
    many = [count for count in counts if count]
    if len(many) < 2:
        return 0.0
    total = sum(many)
    return -sum(count / total * math.log(count / total) for count in many) / math.log(len(many))
