"""What a run keeps on the disk while it goes on: its best weights, and the checkpoint from which it goes on after a kill. Each is
there whole or not at all, and a full disk is said."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from core.errors import Refused, Unavailable
from core.training.base import save_weights
from core.training.options import Options
from core.training.runs import Run


@dataclass(slots=True)
class Progress:
    """Where a run is: what a checkpoint holds besides tensors. Names are those of `Metrics`, as far as they are there."""

    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best_step: int = 0
    val_loss: float | None = None
    general_loss: float | None = None
    base_val_loss: float | None = None
    base_general_loss: float | None = None
    last_general_loss: float | None = None
    strength: float = 1.0
    tempered: bool = False
    skipped_steps: int = 0
    ended: str = ""
    waited: int = 0
    log_bytes: int = 0


def keep_best(run: Run, step: int, model: Any, tokenizer: Any, options: Options) -> None:
    """The best weights lie in a folder named by their step; the one before goes when a checkpoint names this one."""
    target, partial = best(run, step), run.folder / "best.partial"
    for old in (partial, target):
        shutil.rmtree(old, ignore_errors=True)
    with disk(run, "the best weights", step):
        save_weights(model, tokenizer, options, partial)
        partial.rename(target)


def best(run: Run, step: int) -> Path:
    return run.folder / f"best-{step}"


def save(run: Run, progress: Progress, weights: Mapping[str, torch.Tensor], optimizer: Any) -> str:
    """Writes a checkpoint, and takes away weights that are the best no more. Where that fails, the one before stays; why."""
    state = {
        "progress": asdict(progress),
        "weights": {name: value.detach() for name, value in weights.items()},
        "optimizer": optimizer.state_dict(),
    }
    partial = run.checkpoint.with_suffix(".partial")
    try:
        with partial.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(run.checkpoint)
    except (OSError, RuntimeError) as error:  # torch's writer reports a full disk as a RuntimeError
        partial.unlink(missing_ok=True)
        return _why(error)
    for folder in run.folder.glob("best-*"):
        if folder != best(run, progress.best_step):
            shutil.rmtree(folder, ignore_errors=True)
    return ""


def restore(run: Run, weights: Mapping[str, torch.Tensor], optimizer: Any) -> Progress:
    """Puts a checkpoint's state into `weights` and `optimizer`. Raises `Refused` where it cannot be read."""
    try:
        state = torch.load(run.checkpoint, map_location="cpu", weights_only=True)
        progress = Progress(**state["progress"])
        with torch.no_grad():
            for name, value in weights.items():
                value.copy_(state["weights"][name])
        optimizer.load_state_dict(state["optimizer"])
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, EOFError, UnpicklingError) as error:
        raise Refused(
            f"{run.checkpoint} cannot be read ({type(error).__name__})", "remove it to begin from step 0"
        ) from error
    return progress


def need_space(folder: Path, kept: Mapping[str, torch.Tensor], options: Options) -> None:
    """Two checkpoints and two sets of weights lie beside each other for a moment."""
    size = sum(value.numel() for value in kept.values()) * 4
    need = 2 * 3 * size + 2 * size + (16 << 20)
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < need and not options.force:
        raise Unavailable(
            f"no space for checkpoints: {need >> 20} MB are needed, {free >> 20} MB are free",
            "free some space, or point REMORA_DATA_DIR to a larger disk",
        )


@contextmanager
def disk(run: Run, what: str, step: int) -> Iterator[None]:
    """Turns a full disk into an error that says how to go on."""
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise Unavailable(
            f"{what} of step {step} could not be written: {_why(error)}",
            f"free some space, then run: remora train --resume {run.name}",
        ) from error


def _why(error: BaseException) -> str:
    full = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "the disk is full" if full else str(error).splitlines()[0][:120]
