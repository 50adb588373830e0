"""Choosing the next token."""

from __future__ import annotations

import random
from collections.abc import Sequence

import torch

from core.messages import Sampling


class Sampler:
    """Picks one stream's tokens. The same seed, prompt and logits give the same tokens, whoever else is served."""

    def __init__(self, sampling: Sampling, prompt: Sequence[int]) -> None:
        self._sampling = sampling
        self._random = random.Random(sampling.seed)
        self._seen = torch.tensor(sorted(set(prompt)), dtype=torch.long)
        self._known = set(prompt)

    def pick(self, logits: torch.Tensor) -> int:
        """The next token from one row of logits, which it may change."""
        chosen = self._choose(self._penalised(logits))
        if chosen not in self._known:
            self._known.add(chosen)
            self._seen = torch.cat([self._seen, torch.tensor([chosen])])
        return chosen

    def _penalised(self, logits: torch.Tensor) -> torch.Tensor:
        penalty = self._sampling.repetition_penalty
        if penalty != 1.0 and len(self._seen):
            seen = logits[self._seen]
            logits[self._seen] = torch.where(seen > 0, seen / penalty, seen * penalty)
        return logits

    def _choose(self, logits: torch.Tensor) -> int:
        """Temperature, then top_k, top_p and min_p on what is left, in that order."""
        wanted = self._sampling
        if wanted.temperature <= 0 or wanted.top_k == 1:
            return int(logits.argmax())
        count = min(wanted.top_k or len(logits), len(logits))
        best, tokens = torch.topk(logits, count)  # likeliest first
        shares = torch.softmax(best / wanted.temperature, dim=0)
        before = shares.cumsum(0) - shares
        kept = (before < wanted.top_p) & (shares >= wanted.min_p * shares[0])
        kept[0] = True
        shares = shares * kept
        point = self._random.random() * float(shares.sum())
        place = int(torch.searchsorted(shares.cumsum(0), point, right=True))
        return int(tokens[min(place, int(kept.sum()) - 1)])
