"""The model that is adapted: found, loaded, given its adapter, and asked for the loss of what it shall learn."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import nn
from torch.nn import functional

from core.errors import Refused, Unavailable
from core.lm import weights
from core.settings import Settings
from core.training.batches import Batch
from core.training.options import Options
from core.training.runs import Base, check_base

_LOGITS_AT_ONCE = 1024
"""Positions whose logits are in memory together; those of a whole batch would be its largest tensor by far."""


def base_folder(settings: Settings, base: str, say: Callable[[str], None]) -> Path:
    """The folder of a base model; fetches the default one where it is not there yet."""
    if base in ("", weights.DEFAULT_MODEL):
        return weights.ensure(settings, say)
    folder = Path(base).expanduser()
    if not (folder / "config.json").is_file():
        raise Refused(f"{folder} is no folder of a model", "give the folder with config.json and the weights")
    return folder


def adapted_base(settings: Settings, base: Base) -> Path:
    """The folder of the model that was adapted. Raises `Refused` where it is gone, or no longer what it was."""
    name = "" if base.name == weights.DEFAULT_MODEL else base.folder
    folder = base_folder(settings, name, lambda _text: None)
    check_base(base, folder)
    return folder


def load_tokenizer(folder: Path) -> Any:
    from transformers import AutoTokenizer

    _quiet()
    with readable(folder):
        return AutoTokenizer.from_pretrained(folder)


def precision_of(options: Options) -> torch.dtype:
    """bf16 where the arithmetic is really done in it; elsewhere it is emulated, and slower than fp32."""
    if options.precision == "auto":
        native = torch.cuda.is_bf16_supported() if torch.cuda.is_available() else _processor_has_bf16()
        return torch.bfloat16 if native else torch.float32
    return torch.bfloat16 if options.precision == "bf16" else torch.float32


def _processor_has_bf16() -> bool:
    flags = Path("/proc/cpuinfo")
    return flags.exists() and any(name in flags.read_text() for name in (" avx512_bf16", " amx_bf16", " bf16"))


def load_model(folder: Path, options: Options) -> Any:
    """The base with the wanted precision on the wanted device, ready to be trained: everything (full), or what `adapted`
    adds."""
    from transformers import AutoModelForCausalLM

    _quiet()
    dtype = torch.float32 if options.method == "full" else precision_of(options)
    more: dict[str, Any] = {}
    if options.method == "qlora":
        more = _four_bits()
    with readable(folder):
        model: Any = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, attn_implementation=options.attention, **more
        )
    if torch.cuda.is_available() and not more:
        model.to("cuda")
    model.config.use_cache = False
    if options.gradient_checkpointing:
        model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
    return adapted(model, options) if options.method != "full" else model


def adapted(model: Any, options: Options) -> Any:
    """The model with LoRA's matrices, which alone are trained. Raises `Refused` where no layer is called so."""
    import peft

    tools: Any = peft  # half of it is typed
    if options.method == "qlora":
        model = tools.prepare_model_for_kbit_training(model, options.gradient_checkpointing)
    elif options.gradient_checkpointing:
        model.enable_input_require_grads()
    names = [name.strip() for name in options.lora_targets.split(",")]
    config = tools.LoraConfig(
        r=options.lora_rank,
        lora_alpha=options.lora_alpha,
        lora_dropout=options.lora_dropout,
        target_modules="all-linear" if names == ["all-linear"] else names,
        task_type="CAUSAL_LM",
    )
    torch.manual_seed(options.seed)
    try:
        return tools.get_peft_model(model, config)
    except ValueError as error:
        kinds = {name.rsplit(".", 1)[-1] for name, layer in model.named_modules() if not list(layer.children())}
        raise Refused(
            f"--lora-targets: no layer of this model is called {options.lora_targets}",
            f"choose among {', '.join(sorted(kinds))}",
        ) from error


def _four_bits() -> dict[str, Any]:
    lacks = "" if torch.cuda.is_available() else "there is no CUDA device"
    if lacks := lacks or ("" if find_spec("bitsandbytes") else "bitsandbytes is not installed"):
        raise Refused(f"--method qlora cannot run here: {lacks}", "use --method lora, or a machine with a GPU")
    import transformers

    four: Any = transformers.BitsAndBytesConfig
    config = four(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16,
    )
    return {"quantization_config": config, "device_map": {"": int(os.environ.get("LOCAL_RANK", "0"))}}


class Learner(nn.Module):
    """The model with its loss: the sum over the learned tokens of a batch. Only their logits are ever computed, so no
    other position has a gradient."""

    def __init__(self, model: Any, dtype: torch.dtype) -> None:
        super().__init__()
        self.model = model
        self.narrow = dtype == torch.bfloat16
        causal = model.get_base_model() if hasattr(model, "get_base_model") else model
        self._parts: tuple[Any, ...] = (
            causal,
            causal.base_model,
            causal.get_output_embeddings(),
        )  # no second registration
        self.short = self._parts[1] is not causal and self._heads_agree()

    def forward(self, batch: Batch) -> torch.Tensor:
        return self.losses(batch).sum()

    def losses(self, batch: Batch) -> torch.Tensor:
        """The loss of each learned token."""
        causal, body, head = self._parts
        device = batch.tokens.device.type
        with torch.autocast(device, torch.bfloat16, enabled=self.narrow):
            if not self.short:
                out = causal(input_ids=batch.tokens, position_ids=batch.positions, use_cache=False).logits
                return functional.cross_entropy(out[batch.rows, batch.at].float(), batch.labels, reduction="none")
            hidden = body(input_ids=batch.tokens, position_ids=batch.positions, use_cache=False)[0]
            told = hidden[batch.rows, batch.at]
            if len(told) <= _LOGITS_AT_ONCE:
                return self._loss(head, told, batch.labels)
            pieces = [
                torch.utils.checkpoint.checkpoint(self._loss, head, some, labels, use_reentrant=False)
                for some, labels in zip(
                    *(torch.split(whole, _LOGITS_AT_ONCE) for whole in (told, batch.labels)), strict=True
                )
            ]
            return torch.cat(pieces)

    @staticmethod
    def _loss(head: Any, told: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return functional.cross_entropy(head(told).float(), labels, reduction="none")

    @torch.no_grad()
    def _heads_agree(self) -> bool:
        """The output layer alone gives the model's logits: some models scale or cap them afterwards."""
        causal, body, head = self._parts
        if head is None:
            return False
        training = causal.training
        causal.eval()
        device = next(causal.parameters()).device
        tokens = torch.arange(1, 9, device=device)[None] % head.weight.shape[0]
        with torch.autocast(device.type, torch.bfloat16, enabled=self.narrow):
            full = causal(input_ids=tokens, use_cache=False).logits
            short = head(body(input_ids=tokens, use_cache=False)[0])
        causal.train(training)
        return bool(torch.allclose(full.float(), short.float(), atol=1e-3, rtol=1e-3))


def trainable(model: Any) -> dict[str, torch.Tensor]:
    """What is trained, by name."""
    return {name: value for name, value in model.named_parameters() if value.requires_grad}


def save_weights(model: Any, tokenizer: Any, options: Options, folder: Path) -> None:
    """An adapter as peft reads it, or a whole model with its tokenizer."""
    if options.method == "full":
        model.to(torch.float32).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    else:
        model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)  # peft writes a page about itself


def _quiet() -> None:
    from transformers.utils import logging

    warnings.filterwarnings("ignore", category=FutureWarning, module="transformers")
    warnings.filterwarnings("ignore", message="fan_in_fan_out")  # of gpt2, where peft sets it right
    quiet: Any = logging
    quiet.disable_progress_bar()
    quiet.set_verbosity_error()


@contextmanager
def readable(folder: Path) -> Iterator[None]:
    """Whatever transformers finds wrong with a folder comes as one of these."""
    try:
        yield
    except MemoryError as error:
        raise Unavailable("no memory for the model", "choose a smaller one") from error
    except (
        OSError,
        ValueError,
        KeyError,
        RuntimeError,
        TypeError,
        AttributeError,
        ImportError,
        SafetensorError,
    ) as error:
        raise Refused(
            f"{folder} cannot be loaded as a causal language model ({type(error).__name__}: {str(error)[:120]})",
            "give the folder of one that transformers loads, such as the default model's",
        ) from error
