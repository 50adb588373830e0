"""What a model makes of rows that it does not learn from."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from core.training.base import Learner
from core.training.batches import collate
from core.training.chat import Encoded


@torch.no_grad()
def mean_loss(learner: Learner, rows: Sequence[Encoded], batch: int, pad: int) -> float | None:
    """Of a learned token; None without rows."""
    sums = row_losses(learner, rows, batch, pad)
    return sum(loss for loss, _ in sums) / sum(count for _, count in sums) if sums else None


@torch.no_grad()
def row_losses(learner: Learner, rows: Sequence[Encoded], batch: int, pad: int) -> list[tuple[float, int]]:
    """For each row the sum of its losses, and over how many tokens."""
    learner.eval()
    device = next(learner.parameters()).device
    order = sorted(range(len(rows)), key=lambda at: len(rows[at].tokens))
    found: dict[int, tuple[float, int]] = {}
    for start in range(0, len(order), batch):
        part = order[start : start + batch]
        fed = collate([[rows[at]] for at in part], pad, device)
        losses = learner.losses(fed).double().cpu()
        for place, at in enumerate(part):
            mine = losses[(fed.rows == place).cpu()]
            found[at] = (float(mine.sum()), len(mine))
    return [found[at] for at in range(len(rows))]
