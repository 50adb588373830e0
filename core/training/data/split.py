"""Training, validation and test sets that share no conversation, not even a nearly equal one."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from core.errors import Refused
from core.training.data.near import groups, normalised
from core.training.data.rows import Conversation

_SAME = ("conversation_id", "conversation", "dialogue_id", "session")
_TELLING = 40
"""Characters from which the same first question means the same task."""


def split(rows: Sequence[Conversation], val: float, test: float, seed: int) -> dict[str, list[Conversation]]:
    """The rows by "train", "val", "test", each in the order given. What belongs together stays together: nearly equal
    rows, the same conversation by its id in `meta`, the same long first question. The same seed and rows always give the
    same sets, in whatever order the rows came. Raises `Refused` where the sets cannot be made."""
    if not (0 <= val < 1 and 0 <= test < 1 and 0 < val + test < 1):
        raise Refused(
            f"shares of {val} and {test} leave nothing to train on, or nothing to test on", "as --val 0.1 --test 0.1"
        )
    together: defaultdict[int, list[int]] = defaultdict(list)
    for number, group in enumerate(_groups(rows)):
        together[group].append(number)
    keyed = sorted((min(_key(rows[number], seed) for number in numbers), numbers) for numbers in together.values())
    sets: dict[str, list[int]] = {"test": [], "val": [], "train": []}
    wanted = {"test": test * len(rows), "val": val * len(rows)}
    for _, numbers in keyed:
        # A group goes where it fits whole; one that would overfill a small set is for training.
        name = next((one for one, size in wanted.items() if len(sets[one]) + len(numbers) <= size + 0.5), "train")
        sets[name] += numbers
    if not all(sets[name] for name, size in (("train", 1.0), *wanted.items()) if size):
        raise Refused(
            f"{len(together)} different conversations are too few for these shares",
            "gather more, or make one share 0: remora train has --val-share 0",
        )
    return {name: [rows[number] for number in sorted(numbers)] for name, numbers in sets.items()}


def _groups(rows: Sequence[Conversation]) -> list[int]:
    parent = groups([row.spoken() for row in rows])

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    first: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows):
        same = [(key, str(row.meta[key])) for key in _SAME if row.meta.get(key) not in (None, "")]
        question = normalised(next((turn.text for turn in row.turns if turn.role == "user"), ""))
        if len(question) >= _TELLING:
            same.append(("question", question))
        for one in same:
            parent[root(number)] = root(first.setdefault(one, number))
    return [root(number) for number in range(len(rows))]


def _key(row: Conversation, seed: int) -> str:
    return hashlib.sha256(f"{seed}:{row.to_json()}".encode("utf-8", "replace")).hexdigest()
