"""Any other causal language model that transformers loads: its own forward, a stream at a time, in turn."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Sequence
from typing import Any

import torch

from core.lm.engine.runner import Cache

_UNKNOWN_CONTEXT = 1024
_WIDE_PARAMETERS = 1_500_000_000
"""Up to this size the weights are widened to float32 on a processor: bfloat16 products are emulated on most."""


class ModelCache:
    """A transformers cache and what it has read."""

    def __init__(self, inner: Any, length: int = 0) -> None:
        self.inner = inner
        self.length = length

    @property
    def nbytes(self) -> int:
        tensors = (getattr(layer, name, None) for layer in self.inner.layers for name in ("keys", "values"))
        return sum(tensor.nbytes for tensor in tensors if isinstance(tensor, torch.Tensor))

    def fork(self, length: int) -> ModelCache | None:
        if not getattr(self.inner, "is_croppable", False):
            return None
        twin = copy.deepcopy(self.inner)
        if length < self.length:
            twin.crop(length - self.length)
        return ModelCache(twin, length)


class GeneralRunner:
    """A `Runner` over transformers' own model."""

    def __init__(self, model: Any, most_context: int) -> None:
        from transformers import DynamicCache

        self._model = _placed(model)
        self._new_cache = DynamicCache
        limit = getattr(model.config.get_text_config(), "max_position_embeddings", None) or _UNKNOWN_CONTEXT
        self._context = min(int(limit), most_context)
        # Some models compute the logits of every position unless told not to; not all of them take the word.
        known = inspect.signature(model.forward).parameters
        self._more: dict[str, Any] = {"logits_to_keep": 1} if "logits_to_keep" in known else {}

    @property
    def context_tokens(self) -> int:
        return self._context

    def new(self) -> ModelCache:
        return ModelCache(self._new_cache(config=self._model.config))

    @torch.inference_mode()
    def feed(self, cache: Cache, tokens: Sequence[int]) -> torch.Tensor:
        assert isinstance(cache, ModelCache)
        out = self._model(
            input_ids=torch.tensor([list(tokens)], device=self._model.device),
            past_key_values=cache.inner,
            use_cache=True,
            **self._more,
        )
        cache.length += len(tokens)
        logits: torch.Tensor = out.logits[0, -1]
        return logits.float().cpu()

    def step(self, caches: Sequence[Cache], tokens: Sequence[int]) -> torch.Tensor:
        return torch.stack([self.feed(cache, [token]) for cache, token in zip(caches, tokens, strict=True)])


def _placed(model: Any) -> Any:
    model.eval()
    if torch.cuda.is_available():
        return model.to("cuda")
    if model.dtype != torch.float32 and model.num_parameters() <= _WIDE_PARAMETERS:
        return model.float()
    return model
