"""The Llama family on a plain processor: its arithmetic written out for many streams of different length at once.

The same function as transformers' own model (a test compares the two), without the work around it: products of several
streams are done together, attention for each on its own keys, and transformers itself need not be imported, which
saves seconds at start. `supported` says which models it knows; the others are served by `general.py`.
"""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeAlias, cast

import torch
import torch.nn.functional as F
from safetensors import safe_open

from core.lm.engine.fast_linear import Linear, linear
from core.lm.engine.runner import Cache

MAX_CONTEXT = 4096
"""Tokens; more would take the better part of a minute to read on two cores."""
_MAX_SOURCE_BYTES = 4 << 30
_FIRST_ROOM = 256


@dataclass(frozen=True, slots=True)
class Shape:
    """What `config.json` says of the arithmetic."""

    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    context: int
    eps: float
    theta: float

    @classmethod
    def of(cls, config: dict[str, Any]) -> Self:
        rope = config.get("rope_parameters") or {}
        heads = int(config["num_attention_heads"])
        return cls(
            layers=int(config["num_hidden_layers"]),
            heads=heads,
            kv_heads=int(config.get("num_key_value_heads") or heads),
            head_dim=int(config.get("head_dim") or config["hidden_size"] // heads),
            intermediate=int(config["intermediate_size"]),
            context=min(int(config["max_position_embeddings"]), MAX_CONTEXT),
            eps=float(config["rms_norm_eps"]),
            theta=float(rope.get("rope_theta") or config.get("rope_theta") or 10000.0),
        )


def supported(folder: Path) -> bool:
    """The folder holds a model whose arithmetic is the one written here, of a size that pays."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    rope = config.get("rope_parameters") or {}
    plain_rope = rope.get("rope_type", "default") == "default" and not config.get("rope_scaling")
    weights = list(folder.glob("*.safetensors"))
    return (
        config.get("model_type") == "llama"
        and config.get("hidden_act") == "silu"
        and not config.get("attention_bias")
        and not config.get("mlp_bias")
        and not config.get("quantization_config")
        and plain_rope
        and bool(weights)
        and sum(path.stat().st_size for path in weights) <= _MAX_SOURCE_BYTES
    )


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    """Every tensor of the folder's safetensors files, mapped, not copied."""
    weights: dict[str, torch.Tensor] = {}
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            weights.update({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    return weights


class KeysValues:
    """Keys and values of one stream, in tensors that grow by doubling."""

    def __init__(self, shape: Shape, room: int = _FIRST_ROOM) -> None:
        self._shape = shape
        size = (shape.layers, 1, shape.kv_heads, room, shape.head_dim)
        self.keys = torch.empty(size)
        self.values = torch.empty(size)
        self.length = 0

    @property
    def nbytes(self) -> int:
        return self.keys.nbytes + self.values.nbytes

    def make_room(self, tokens: int) -> None:
        room = self.keys.shape[3]
        if self.length + tokens <= room:
            return
        while room < self.length + tokens:
            room *= 2
        grown = KeysValues(self._shape, room)
        self._copy_to(grown, self.length)
        self.keys, self.values = grown.keys, grown.values

    def fork(self, length: int) -> KeysValues:
        room = _FIRST_ROOM
        while room < length:
            room *= 2
        copy = KeysValues(self._shape, room)
        self._copy_to(copy, length)
        copy.length = length
        return copy

    def _copy_to(self, other: KeysValues, length: int) -> None:
        other.keys[..., :length, :] = self.keys[..., :length, :]
        other.values[..., :length, :] = self.values[..., :length, :]


_Attend: TypeAlias = Callable[[int, torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Layer, queries, keys and values of the tokens at hand (token x head x size) to what the attention makes of them."""


@dataclass(frozen=True, slots=True)
class _Layer:
    qkv: Linear
    out: Linear
    gate_up: Linear
    down: Linear
    attention_norm: torch.Tensor
    mlp_norm: torch.Tensor

    @classmethod
    def of(cls, weights: dict[str, torch.Tensor], layer: int) -> Self:
        def named(*parts: str) -> torch.Tensor:
            found = [weights[f"model.layers.{layer}.{part}.weight"] for part in parts]
            return found[0] if len(found) == 1 else torch.cat(found)

        return cls(
            qkv=linear(named("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj")),
            out=linear(named("self_attn.o_proj")),
            gate_up=linear(named("mlp.gate_proj", "mlp.up_proj")),
            down=linear(named("mlp.down_proj")),
            attention_norm=named("input_layernorm").float().clone(),
            mlp_norm=named("post_attention_layernorm").float().clone(),
        )


def _return_memory() -> None:
    """Gives back what packing needed for a moment: the C library would keep about 80 MB of it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # only glibc has it
    if trim is not None:
        trim(0)


class LlamaRunner:
    """A `Runner` over a model's folder. Loading uses every core, once; `KeyError` where a tensor is missing."""

    def __init__(self, folder: Path) -> None:
        self._shape = shape = Shape.of(json.loads((folder / "config.json").read_text(encoding="utf-8")))
        weights = read_weights(folder)
        embed = weights["model.embed_tokens.weight"]
        one_each = partial(torch.set_num_threads, 1)
        with ThreadPoolExecutor(os.cpu_count(), "pack", initializer=one_each) as pool:
            head = pool.submit(linear, weights.get("lm_head.weight", embed))
            self._layers = list(pool.map(partial(_Layer.of, weights), range(shape.layers)))
            self._head = head.result()
        self._embed = embed.clone()
        self._norm = weights["model.norm.weight"].float().clone()
        del weights, embed, head
        _return_memory()
        self._eps = torch.tensor(shape.eps)
        frequencies = shape.theta ** (-torch.arange(0, shape.head_dim, 2).float() / shape.head_dim)
        angles = torch.arange(shape.context).float()[:, None] * frequencies
        # Rotating half a head is a roll by half of it with the first half's sign turned; the sign sits in the table.
        self._cos = torch.cat([angles.cos(), angles.cos()], dim=-1)[:, None]
        self._sin = torch.cat([-angles.sin(), angles.sin()], dim=-1)[:, None]

    @property
    def context_tokens(self) -> int:
        return self._shape.context

    def new(self) -> KeysValues:
        return KeysValues(self._shape)

    @torch.inference_mode()
    def feed(self, cache: Cache, tokens: Sequence[int]) -> torch.Tensor:
        own = cast(KeysValues, cache)
        assert isinstance(own, KeysValues)
        start, end = own.length, own.length + len(tokens)
        own.make_room(len(tokens))
        positions = torch.arange(start, end)
        mask = torch.ones(len(tokens), end, dtype=torch.bool).tril(start) if start else None
        heads, shape = self._shape.heads, self._shape

        def attend(layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
            own.keys[layer, 0, :, start:end] = key.transpose(0, 1)
            own.values[layer, 0, :, start:end] = value.transpose(0, 1)
            mixed = F.scaled_dot_product_attention(
                query.transpose(0, 1)[None],
                own.keys[layer, :, :, :end],
                own.values[layer, :, :, :end],
                attn_mask=mask,
                is_causal=mask is None,
                enable_gqa=heads != shape.kv_heads,
            )
            return mixed[0].transpose(0, 1).reshape(len(tokens), heads * shape.head_dim)

        hidden = self._decode(torch.tensor(tokens), positions, attend)
        own.length = end
        return self._logits(hidden[-1:])[0]

    @torch.inference_mode()
    def step(self, caches: Sequence[Cache], tokens: Sequence[int]) -> torch.Tensor:
        own = [cast(KeysValues, cache) for cache in caches]
        for cache in own:
            assert isinstance(cache, KeysValues)
            cache.make_room(1)
        shape = self._shape
        group = shape.heads // shape.kv_heads
        at = [cache.length for cache in own]

        def attend(layer: int, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
            # The heads that share keys stand in for a row of queries: no copies of the keys, no mask.
            query = query.reshape(len(own), 1, shape.kv_heads, group, shape.head_dim)
            mixed = []
            for row, (cache, place) in enumerate(zip(own, at, strict=True)):
                keys, values = cache.keys[layer], cache.values[layer]
                keys[0, :, place] = key[row]
                values[0, :, place] = value[row]
                end = place + 1
                mixed.append(F.scaled_dot_product_attention(query[row], keys[:, :, :end], values[:, :, :end]))
            return torch.cat(mixed).reshape(len(own), shape.heads * shape.head_dim)

        hidden = self._decode(torch.tensor(tokens), torch.tensor(at), attend)
        for cache in own:
            cache.length += 1
        return self._logits(hidden)

    def _decode(self, tokens: torch.Tensor, positions: torch.Tensor, attend: _Attend) -> torch.Tensor:
        shape = self._shape
        rotated, size = shape.heads + shape.kv_heads, len(tokens)
        hidden = self._embed[tokens].float()
        cos, sin = self._cos[positions], self._sin[positions]
        for index, layer in enumerate(self._layers):
            both = layer.qkv(self._normal(hidden, layer.attention_norm)).view(size, -1, shape.head_dim)
            turned = torch.addcmul(both[:, :rotated] * cos, both[:, :rotated].roll(shape.head_dim // 2, -1), sin)
            mixed = attend(index, turned[:, : shape.heads], turned[:, shape.heads :], both[:, rotated:])
            hidden = hidden + layer.out(mixed)
            wide = layer.gate_up(self._normal(hidden, layer.mlp_norm))
            hidden = hidden + layer.down(F.silu(wide[:, : shape.intermediate]) * wide[:, shape.intermediate :])
        return hidden

    def _normal(self, rows: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        # Torch's own rms_norm takes 1.6 times as long on a few rows (14.5 against 8.9 us for one).
        size = torch.linalg.vector_norm(rows, dim=-1, keepdim=True)
        return (rows * torch.addcmul(self._eps, size, size, value=1 / rows.shape[-1]).rsqrt_()).mul_(weight)

    def _logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return self._head(self._normal(hidden, self._norm))
