"""How far a run gets in its time: its steps, how often it looks at validation rows, and at how many of them. Everything is
counted in tokens that are learned from, which a few timed batches turn into seconds."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

from core.training.batches import Plan
from core.training.chat import Encoded
from core.training.estimate import padded_tokens
from core.training.options import Options
from core.training.prepared import Prepared
from core.training.schedule import steps_of

_EVALUATIONS = 6
_LOOKED_AT = 0.15
"""Most that looking at validation rows may take, as a share of learning."""
_FEWEST_LOOKED_AT = 8
_WRITTEN = 10
"""As many tokens are learned from in the time in which one is written."""


class Pace:
    """`steps`: for each step its epoch and micro-batches; `every`: after so many it is looked at validation rows."""

    def __init__(self, plan: Plan, options: Options, data: Prepared, note: Callable[[str], None]) -> None:
        self._plan, self._options, self._data, self._note = plan, options, data, note
        self.steps = steps_of(plan, options)
        self._look_often()

    def fit_into(self, most: float) -> None:
        """Leaves out the steps at the end for which so many tokens are too few, so that the schedule ends in them."""
        count, whole, often = len(self.steps), 0.0, self._options.evaluate_every
        for number, (_, batches) in enumerate(self.steps):
            whole += padded_tokens(self._plan, [batches]) * (1 + _LOOKED_AT)
            looks = number / often if often else _EVALUATIONS
            if number and whole + self._looking([]) * (looks + 1) > most:
                count = number
                break
        if count < len(self.steps):
            self._note(f"{self.steps[count - 1][0]:.2f} epochs fit into the time; for more: --minutes, or --epochs")
        del self.steps[count:]
        self._look_often()

    def choose_looked_at(self) -> None:
        """Keeps so many validation rows that all evaluations together take a small part of the run."""
        rows = random.Random(self._options.seed).sample(self._data.val, len(self._data.val))
        most = _LOOKED_AT * self._learned() / self._looks + self._looking([])
        count = next((at for at in range(1, len(rows)) if self._looking(rows[: at + 1]) > most), len(rows))
        if (count := max(count, _FEWEST_LOOKED_AT)) < len(rows):
            self._note(f"{count} of {len(rows)} validation rows are looked at while training: all would take too long")
            self._data.val = rows[:count]

    def tokens(self) -> float:
        """All that the run will cost."""
        return self._learned() + self._looks * self._looking(self._data.val)

    def _learned(self) -> int:
        return padded_tokens(self._plan, (batches for _, batches in self.steps))

    @property
    def _looks(self) -> float:
        """How many evaluations there are, the first one counted."""
        return len(self.steps) / self.every + 1

    def _look_often(self) -> None:
        self.every = self._options.evaluate_every or max(1, math.ceil(len(self.steps) / _EVALUATIONS))

    def _looking(self, rows: Sequence[Encoded]) -> float:
        """What an evaluation on these rows, general text and samples costs."""
        looked_at = sum(len(row.tokens) for row in (*rows, *self._data.general)) / 3
        return looked_at + self._options.samples * self._options.sample_tokens * _WRITTEN
