"""What a run will take, said before it begins: parameters, memory, time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.errors import Refused
from core.training.base import precision_of
from core.training.batches import Plan
from core.training.options import Options
from core.training.show import spell_seconds

_HIDDEN_KEPT, _INNER_KEPT = 14, 4.5
"""Activations kept for the gradient, in widths of the hidden and of the inner layer, a token and a layer: fitted to what
was measured, so an estimate."""
_PROCESS = 600 << 20
"""What Python and torch take before there is a model."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes and seconds. `seconds` is 0 until a batch has been timed."""

    parameters: int
    trained: int
    memory: int
    available: int
    steps: int
    seconds: float = 0.0

    @property
    def fits(self) -> bool:
        return self.memory <= self.available

    def text(self) -> str:
        """ "134.5 M parameters, 4.9 M trained; about 9 min for 60 steps, 2.1 GB of 20.4 GB: fits"."""
        time = f"about {spell_seconds(self.seconds)} for {self.steps} steps" if self.seconds else f"{self.steps} steps"
        memory = f"{self.memory / 1e9:.1f} GB of {self.available / 1e9:.1f} GB"
        verdict = "fits" if self.fits else "does not fit"
        return (
            f"{_millions(self.parameters)} parameters, {_millions(self.trained)} trained; {time}, {memory}: {verdict}"
        )


def estimate(folder: Path, options: Options, plan: Plan, steps: int) -> Estimate:
    """Before anything is loaded, from the configuration alone. Raises `Refused` where it is no model's."""
    from transformers import AutoConfig, AutoModelForCausalLM

    auto: Any = AutoModelForCausalLM
    try:
        config: Any = AutoConfig.from_pretrained(folder)
        with torch.device("meta"):
            model = auto.from_config(config)
    except (OSError, ValueError, KeyError, RuntimeError, TypeError, AttributeError) as error:
        raise Refused(f"{folder} is no causal language model that transformers knows", "give another base") from error
    shape = config.get_text_config()
    layers, hidden = shape.num_hidden_layers, shape.hidden_size
    inner = getattr(shape, "intermediate_size", None) or getattr(shape, "n_inner", None) or 4 * hidden
    heads, words = shape.num_attention_heads, shape.vocab_size
    parameters = model.num_parameters()
    linear = [layer for name, layer in model.named_modules() if _gets_lora(name, layer, options)]
    lora = sum(options.lora_rank * sum(layer.weight.shape) for layer in linear)
    trained = parameters if options.method == "full" else lora
    size = 2 if precision_of(options) == torch.bfloat16 else 4
    kept = {"full": 4.0, "lora": float(size), "qlora": 0.7}[options.method]
    widest = max(
        (sum(len(plan.row(one).tokens) for one in line) for batch in plan.epoch(0) for line in batch), default=1
    )
    tokens = widest * options.batch
    a_layer = tokens * (_HIDDEN_KEPT * hidden + _INNER_KEPT * inner) * size
    if options.attention == "eager":
        a_layer += 2 * options.batch * heads * widest**2 * size
    activations = a_layer * (1 if options.gradient_checkpointing else layers)
    if options.gradient_checkpointing:
        activations += layers * tokens * hidden * size
    logits = 3 * min(1024, tokens) * words * 4
    memory = int(
        parameters * kept + trained * (0 if options.method == "full" else 4) + trained * 12 + activations + logits
    )
    here, process = _available()
    return Estimate(parameters, trained, memory + process, here, steps)


def _gets_lora(name: str, layer: Any, options: Options) -> bool:
    if not hasattr(layer, "weight") or layer.weight is None or layer.weight.dim() != 2 or "lm_head" in name:
        return False
    last, named = name.rsplit(".", 1)[-1], [one.strip() for one in options.lora_targets.split(",")]
    return last in named or (named == ["all-linear"] and type(layer).__name__ in ("Linear", "Conv1D"))


def _available() -> tuple[int, int]:
    """Bytes that may be used, and how many the process itself takes of them."""
    if torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0]), 0
    found = [1 << 62]
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        lines = dict(line.split(":", 1) for line in meminfo.read_text().splitlines())
        found.append(int(lines["MemAvailable"].split()[0]) * 1024)
    limit, used = (Path("/sys/fs/cgroup") / name for name in ("memory.max", "memory.current"))
    if limit.exists() and used.exists() and (most := limit.read_text().strip()).isdigit():
        found.append(int(most) - int(used.read_text()))
    return min(found), _PROCESS


def padded_tokens(plan: Plan, steps: Iterable[Sequence[Sequence[Sequence[int]]]]) -> int:
    """Tokens that are computed in these steps, padding included."""
    return sum(
        len(batch) * max(sum(len(plan.row(one).tokens) for one in line) for line in batch)
        for batches in steps
        for batch in batches
    )


def _millions(count: int) -> str:
    return f"{count / 1e6:.1f} M"
