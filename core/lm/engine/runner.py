"""What the serving thread asks of a model's arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    import torch


class Cache(Protocol):
    """What a model remembers of the tokens it has read: keys and values of one stream."""

    @property
    def length(self) -> int:
        """Tokens read so far."""

    @property
    def nbytes(self) -> int: ...

    def fork(self, length: int) -> Self | None:
        """An independent copy of the first `length` tokens; None where the model cannot go back that far."""


class Runner(Protocol):
    """A loaded model. Used by one thread; raises `RuntimeError` or `MemoryError` when the arithmetic fails, after which
    the caches involved are worthless and the runner is still good."""

    @property
    def context_tokens(self) -> int:
        """Most tokens that a cache may hold."""

    def new(self) -> Cache: ...

    def feed(self, cache: Cache, tokens: Sequence[int]) -> torch.Tensor:
        """Reads the next tokens of a prompt; the logits after the last one, one row, float32."""

    def step(self, caches: Sequence[Cache], tokens: Sequence[int]) -> torch.Tensor:
        """Reads one token for each stream; a row of logits for each, float32."""
