"""Which rows make which step. A function of the seed and the epoch alone, so that a resumed run goes on as it would have."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.training.chat import Encoded

if TYPE_CHECKING:
    import torch

_POOL = 16
"""Batches among which rows are put together by length, so that little is padded."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The micro-batches of each step of a run. A micro-batch is a list of lines of the tensor, a line a list of rows: one,
    or with `packing` as many as fit."""

    rows: Sequence[Encoded]
    mixed: Sequence[Encoded]
    """General rows; `rows` and these have numbers in one sequence."""
    mix_share: float
    batch: int
    accumulation: int
    packing: bool
    longest: int
    seed: int

    def epoch(self, number: int) -> list[list[list[int]]]:
        """Every micro-batch of an epoch (from 0), in order."""
        pick = random.Random(f"{self.seed}:{number}")
        chosen = list(range(len(self.rows)))
        if self.mixed and self.mix_share:
            count = round(len(self.rows) * self.mix_share / (1 - self.mix_share))
            others = range(len(self.rows), len(self.rows) + len(self.mixed))
            chosen += pick.sample(others, count) if count <= len(others) else pick.choices(others, k=count)
        pick.shuffle(chosen)
        lines = self._packed(chosen) if self.packing else [[one] for one in chosen]
        pool = self.batch * _POOL
        for start in range(0, len(lines), pool):
            lines[start : start + pool] = sorted(lines[start : start + pool], key=self._length)
        batches = [lines[start : start + self.batch] for start in range(0, len(lines), self.batch)]
        pick.shuffle(batches)
        return batches

    def steps_of(self, number: int) -> list[list[list[list[int]]]]:
        """The micro-batches of each step of an epoch."""
        batches = self.epoch(number)
        return [batches[start : start + self.accumulation] for start in range(0, len(batches), self.accumulation)]

    def row(self, number: int) -> Encoded:
        return self.rows[number] if number < len(self.rows) else self.mixed[number - len(self.rows)]

    def _length(self, line: Sequence[int]) -> int:
        return sum(len(self.row(number).tokens) for number in line)

    def _packed(self, chosen: Sequence[int]) -> list[list[int]]:
        """First fit, longest first within a pool, so that packs stay mixed."""
        packs: list[list[int]] = []
        for start in range(0, len(chosen), self.batch * _POOL):
            free: list[tuple[int, list[int]]] = []
            pool = sorted(chosen[start : start + self.batch * _POOL], key=lambda one: -len(self.row(one).tokens))
            for number in pool:
                size = len(self.row(number).tokens)
                at = next((at for at, (room, _) in enumerate(free) if room >= size), None)
                if at is None:
                    free.append((self.longest - size, [number]))
                else:
                    room, pack = free[at]
                    pack.append(number)
                    free[at] = (room - size, pack)
            packs += [pack for _, pack in free]
        return packs


@dataclass(frozen=True, slots=True)
class Batch:
    """What a model is fed. `rows` and `at`: where in the output the learned tokens are told from; `labels`: which they are.
    Padding stands behind, where causal attention never looks from, so no mask is needed."""

    tokens: torch.Tensor
    positions: torch.Tensor
    rows: torch.Tensor
    at: torch.Tensor
    labels: torch.Tensor
    lines: tuple[int, ...]
    """Lines of the file, for whoever must look at them."""

    @property
    def count(self) -> int:
        """Learned tokens."""
        return int(self.labels.numel())


def collate(lines: Sequence[Sequence[Encoded]], pad: int, device: torch.device | str = "cpu") -> Batch:
    """Rows beside each other in one line do not see each other: their positions begin anew, which transformers takes as
    the mark of packed rows."""
    import torch

    width = max(sum(len(row.tokens) for row in line) for line in lines)
    tokens = torch.full((len(lines), width), pad, dtype=torch.long)
    positions = torch.zeros((len(lines), width), dtype=torch.long)
    rows, at, labels = [], [], []
    for number, line in enumerate(lines):
        start = 0
        for row in line:
            end = start + len(row.tokens)
            tokens[number, start:end] = torch.tensor(row.tokens)
            positions[number, start:end] = torch.arange(end - start)
            for place, learned in enumerate(row.learned):
                if learned:
                    rows.append(number)
                    at.append(start + place - 1)
                    labels.append(row.tokens[place])
            start = end
        positions[number, start:] = torch.arange(start, width) if len(line) == 1 else torch.arange(width - start)
    places, ats, told = (torch.tensor(value, dtype=torch.long, device=device) for value in (rows, at, labels))
    sources = tuple(row.line for line in lines for row in line)
    return Batch(tokens.to(device), positions.to(device), places, ats, told, sources)
