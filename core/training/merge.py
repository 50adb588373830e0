"""A trained model as one folder that any program of transformers loads: base and adapter added up, tokenizer beside."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch

from core.errors import Refused, Unavailable
from core.lm import weights
from core.settings import Settings
from core.training.base import adapted_base, load_tokenizer, readable
from core.training.runs import Run

AGREE = 1e-4
"""How far logits up to 10 may be from those of base and adapter side by side; larger ones by the same share, since a number of
single precision has seven digits and sums in another order differ in the last."""
PROBE = "The quick brown fox. 敏捷的棕色狐狸。"


def merged(settings: Settings, run: Run) -> Path:
    """The folder with the whole weights of a finished run, made where it is not there yet. Raises `Refused` where the run
    has not finished, its weights or its base are not what they were, another process is at it, or the sum does not give
    the same logits."""
    manifest = run.finished()
    if manifest.kind == "full":
        return run.weights_of(manifest)
    target = run.folder / weights.MERGED
    if (target / "config.json").is_file():
        return target
    with run.locked():
        if not (target / "config.json").is_file():  # another process may have been faster
            _made(adapted_base(settings, manifest.base), run.weights_of(manifest), target)
    return target


def _made(base: Path, adapter: Path, target: Path) -> None:
    """The folder, whole or not at all."""
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        _merge(base, adapter, partial)
        partial.rename(target)
    except OSError as error:
        raise Unavailable(f"the merged model cannot be written: {error.strerror}", "free some disk space") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def exported(settings: Settings, run: Run, into: Path) -> Path:
    """A copy of the whole weights in a new folder. Raises `Refused` where the folder is there already."""
    if into.exists():
        raise Refused(f"{into} is there already", "name a folder that does not exist yet")
    try:
        shutil.copytree(merged(settings, run), into)
    except OSError as error:
        raise Unavailable(f"{into} cannot be written: {error.strerror}", "choose another folder") from error
    return into


def difference(found: torch.Tensor, wanted: torch.Tensor) -> float:
    """The largest one between two models' logits, to be held against `AGREE`."""
    return float((found - wanted).abs().max() / max(1.0, float(wanted.abs().max()) / 10))


def _merge(base: Path, adapter: Path, into: Path) -> None:
    import peft
    from transformers import AutoModelForCausalLM

    tokenizer = load_tokenizer(base)
    with readable(base):
        model: Any = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    with readable(adapter):
        model = peft.PeftModel.from_pretrained(model, adapter).eval()
    tokens = torch.tensor([tokenizer.encode(PROBE)])
    with torch.inference_mode():
        apart = model(tokens).logits
    whole = model.merge_and_unload()
    with torch.inference_mode():
        apart_by = difference(whole(tokens).logits, apart)
    if not apart_by <= AGREE:
        raise Refused(
            f"the merged model's logits differ by {apart_by:.2g}", "serve the adapter's base at full precision"
        )
    whole.save_pretrained(into)  # in full precision: rounded, its logits would not be the same
    tokenizer.save_pretrained(into)
