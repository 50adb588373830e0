"""Every knob of a training run: the options of `remora train`, the keys of its configuration file, and what the manifest
keeps, under the same names."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import ConfigurationError


class Options(BaseModel):
    """What 0 or "" means by itself is said in the description."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field("", description="Name of the new model: the run's folder under REMORA_DATA_DIR/models.")
    base: str = Field("", description="Folder of the model to adapt; empty: the default model.")
    data: str = Field("", description="Training data, in any format that `remora data check` knows.")
    val: str = Field("", description="Validation data; empty: val_share of the training data is set aside.")
    val_share: float = Field(0.1, ge=0, lt=1, description="Share that is set aside where no validation data is given.")
    mix: str = Field("", description="General data (conversations or text) mixed in against forgetting.")
    mix_share: float = Field(0.1, ge=0, lt=1, description="Share of general rows among those of an epoch.")

    method: Literal["lora", "full", "qlora"] = Field(
        "lora",
        description="lora: small matrices beside the weights; full: all weights; qlora: lora on 4 bits, GPU only.",
    )
    lora_rank: int = Field(16, ge=1, le=1024, description="Width of LoRA's matrices: more learns more and weighs more.")
    lora_alpha: float = Field(32, gt=0, description="LoRA's scale; twice the rank is usual.")
    lora_dropout: float = Field(0, ge=0, lt=1, description="Dropout before LoRA's matrices; costs a sixth of the time.")
    lora_targets: str = Field("all-linear", description="Names of the layers that get LoRA, with commas between.")

    learning_rate: float = Field(0, ge=0, le=1, description="Peak learning rate; 0: 0.001 for LoRA, 0.00005 for full.")
    schedule: Literal["cosine", "linear", "constant"] = Field("cosine", description="How the learning rate falls.")
    warmup: float = Field(0.05, ge=0, le=1, description="Share of the steps in which the learning rate rises.")
    minutes: float = Field(
        0, ge=0, description="Most minutes, for which steps are chosen; 0: 15 where no epochs or steps are given."
    )
    epochs: float = Field(0, ge=0, description="Passes over the training data; 0: 3, or as many as the minutes allow.")
    steps: int = Field(0, ge=0, description="Optimiser steps instead of epochs; 0: by epochs.")
    batch: int = Field(
        0,
        ge=0,
        description="Rows (packed: packs) computed at once in each process; 0: about 400 tokens, 1 to 8 rows.",
    )
    accumulation: int = Field(1, ge=1, description="Batches whose gradients make one step.")
    max_length: int = Field(
        1024, ge=16, description="Longest row in tokens; longer ones end after their last whole turn."
    )
    packing: bool = Field(
        False, description="Put several short rows into one of max_length, without seeing each other."
    )
    weight_decay: float = Field(0.01, ge=0, le=1, description="AdamW's weight decay.")
    clip: float = Field(1.0, ge=0, description="Greatest norm of the gradient; 0: any.")
    patience: int = Field(3, ge=0, description="Evaluations without improvement before it stops; 0: never.")

    seed: int = Field(0, ge=0, description="Fixes the order of the data, LoRA's beginning and dropout.")
    precision: Literal["auto", "fp32", "bf16"] = Field("auto", description="auto: bf16 where the processor has it.")
    attention: Literal["sdpa", "eager", "flash_attention_2"] = Field("sdpa", description="Implementation of attention.")
    gradient_checkpointing: bool = Field(False, description="A third slower, with much less memory.")
    threads: int = Field(0, ge=0, le=256, description="Processor threads; 0: all cores.")

    evaluate_every: int = Field(0, ge=0, description="Steps between evaluations; 0: six in the whole run.")
    checkpoint_every: int = Field(25, ge=1, description="Steps between checkpoints, from which --resume goes on.")
    samples: int = Field(2, ge=0, description="Replies that are generated at each evaluation.")
    sample_tokens: int = Field(48, ge=1, description="Longest of these replies, in tokens.")
    force: bool = Field(False, description="Train although the estimate does not fit into memory.")

    @property
    def peak_rate(self) -> float:
        return self.learning_rate or (5e-5 if self.method == "full" else 1e-3)

    @property
    def most_seconds(self) -> float:
        """For the whole run; infinite where only epochs or steps are given."""
        return 60 * (self.minutes or (math.inf if self.steps or self.epochs else 15))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Raises `ConfigurationError` that names the option."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]).replace("_", "-") if first["loc"] else ""
            mend = "see: remora train --help"
            raise ConfigurationError(f"--{name}: {first['msg'].lower()}", mend) from error

    @classmethod
    def read(cls, file: Path | None, given: Mapping[str, Any]) -> Self:
        """A TOML file's keys, and over them what was given. Paths in the file are taken from its own folder."""
        values: dict[str, Any] = {}
        if file is not None:
            try:
                values = {key.replace("-", "_"): value for key, value in tomllib.loads(file.read_text("utf-8")).items()}
            except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
                raise ConfigurationError(
                    f"{file}: {error}", "give a TOML file such as: learning-rate = 0.001"
                ) from error
            for key in ("base", "data", "val", "mix"):
                if values.get(key):
                    values[key] = str(file.parent / Path(str(values[key])).expanduser())
        return cls.of({**values, **given})
