"""What a training run leaves behind: a folder `REMORA_DATA_DIR/models/NAME`.

manifest.json    what went in (data, base, parameters, versions) and what came out (metrics, evaluations); `Manifest` below
adapter/         the best weights of LoRA and QLoRA, as peft writes and reads them; or
model/           the best weights of full fine-tuning, with tokenizer and chat template: a model's folder like any other
log.jsonl        one line a step, {"step", "epoch", "loss", "lr", "grad_norm", "tokens", "seconds"}, and one an evaluation,
                 {"step", "epoch", "val_loss", "general_loss", "best", "samples"}; `tokens` and `seconds` count from the
                 beginning of the run; a last one with "strength" is of the adapter with so much of what it learned
checkpoint.pt    where `remora train --resume NAME` goes on; gone once the run has finished

A run is usable when its state is "finished". The manifest is replaced as a whole, never written in place.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import Refused, RemoraError, Unavailable
from core.lm import weights
from core.settings import Settings

MANIFEST, LOG, CHECKPOINT = "manifest.json", "log.jsonl", "checkpoint.pt"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_MAKES_A_MODEL = (".safetensors", ".bin", ".jinja", ".model")
_MAKES_A_MODEL_TOO = ("config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt")


class BadData(RemoraError):
    """Rows, a file or a model that cannot be trained on."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True)
    """What the registry adds stays when the manifest is read and written again."""


class Base(_Part):
    """The model that was adapted. `name`: as it was given; `hash`: of the bytes of everything that makes its answers;
    `version`: `core.lm.weights.fingerprint`, which costs nothing to ask."""

    name: str
    folder: str
    hash: str
    version: str
    parameters: int


class Data(_Part):
    """A file that was trained on, or looked at while training. `trained_tokens`: those that count in the loss; `people`:
    ids of persons of our store whose words it holds, so that their erasure can name this run."""

    role: Literal["train", "val", "general", "mix"]
    path: str
    sha256: str
    rows: int
    tokens: int
    trained_tokens: int
    left_out: int = 0
    cut: int = 0
    people: list[int] = Field(default_factory=list)


class Metrics(_Part):
    """How the run went. Losses are natural logarithms, means of a trained token; None: not measured."""

    steps: int = 0
    planned_steps: int = 0
    best_step: int = 0
    train_loss: float | None = None
    base_val_loss: float | None = None
    val_loss: float | None = None
    base_general_loss: float | None = None
    general_loss: float | None = None
    strength: float = 1.0
    """How much of what the adapter learned is in its weights: less than 1 where all of it forgot too much, or was worse on validation rows."""
    tokens: int = 0
    seconds: float = 0.0
    tokens_per_second: float = 0.0
    skipped_steps: int = 0
    ended: str = ""
    """"planned", or "early": it stopped improving."""


class Manifest(_Part):
    """Everything about a run. `files` are those under the run's folder with their SHA-256, once it has finished; `evals`
    are reports of `remora eval`, newest last."""

    format: int = 1
    name: str
    kind: Literal["adapter", "full"]
    state: Literal["running", "finished"] = "running"
    created_at: str
    finished_at: str = ""
    base: Base
    data: list[Data]
    parameters: dict[str, Any]
    seed: int
    trainable: int = 0
    versions: dict[str, str]
    metrics: Metrics = Metrics()
    files: dict[str, str] = Field(default_factory=dict)
    evals: list[dict[str, Any]] = Field(default_factory=list)

    def changed(self, **values: Any) -> Self:
        return self.model_copy(update=values)

    @property
    def people(self) -> list[int]:
        """Persons whose words went into it."""
        return sorted({one for data in self.data if data.role in ("train", "mix") for one in data.people})


class Run:
    """A run's folder. Reading it never changes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def named(cls, settings: Settings, name: str) -> Self:
        """The folder of this name, there or not. Raises `Refused` for what can be no name."""
        if not _NAME.fullmatch(name) or name == weights.DEFAULT_MODEL:
            raise Refused(f"{name!r} can be no name of a model", "use up to 64 of a-z, 0-9, dot, dash, underscore")
        return cls(settings.data_dir / "models" / name)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def log(self) -> Path:
        return self.folder / LOG

    @property
    def checkpoint(self) -> Path:
        return self.folder / CHECKPOINT

    def weights_of(self, manifest: Manifest) -> Path:
        """Where the best weights lie."""
        return self.folder / ("adapter" if manifest.kind == "adapter" else "model")

    def manifest(self) -> Manifest:
        """Raises `Refused` where there is no run, or its manifest cannot be read."""
        try:
            return Manifest.model_validate_json((self.folder / MANIFEST).read_bytes())
        except FileNotFoundError:
            raise Refused(f"there is no model named {self.name!r}", "see: remora models list") from None
        except (ValidationError, OSError) as error:
            raise Refused(
                f"{self.folder / MANIFEST} is not the manifest of a training run", "train it again under another name"
            ) from error

    def write(self, manifest: Manifest) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        replace_file(self.folder / MANIFEST, manifest.model_dump_json(indent=1).encode())

    def finished(self) -> Manifest:
        """The manifest of a run whose weights may be used and are those that it wrote. Hashes them."""
        manifest = self.manifest()
        if manifest.state != "finished":
            raise Refused(f"the training of {self.name!r} has not finished", f"run: remora train --resume {self.name}")
        if not manifest.files or any(sha256_of(self.folder / name) != was for name, was in manifest.files.items()):
            raise Refused(f"the weights of {self.name!r} are not those that were trained", "train it again")
        return manifest

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """One process at a time trains or merges under a name; the lock goes with its process, however that ends."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self.folder.with_name(f".{self.name}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Refused(
                    f"another process is training or merging {self.name!r}", "wait for it, or use another name"
                ) from None
            yield

    def goes_on(self) -> bool:
        """Whether a process trains it at this moment. Of one that was killed, the manifest says no end."""
        with contextlib.suppress(FileNotFoundError), self.folder.with_name(f".{self.name}.lock").open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False


def runs(settings: Settings) -> list[Run]:
    """Every run's folder, by name."""
    found = sorted((settings.data_dir / "models").glob(f"*/{MANIFEST}"))
    return [Run(path.parent) for path in found if path.parent.name != weights.DEFAULT_MODEL]


def check_base(base: Base, folder: Path) -> None:
    """The model in `folder` is the one that was adapted, byte for byte. Raises `Refused` otherwise."""
    if base_hash(folder) != base.hash:
        raise Refused(
            f"the base model in {folder} is not the one that was adapted ({base.name}, {base.hash[:12]})",
            "bring that base model back, or train again on this one",
        )


def base_hash(folder: Path) -> str:
    """SHA-256 over the bytes of weights, configuration, tokenizer and template; half a second for 300 MB."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.is_file() and (path.suffix in _MAKES_A_MODEL or path.name in _MAKES_A_MODEL_TOO):
            digest.update(f"{path.name}:{sha256_of(path)};".encode())
    return digest.hexdigest()


def sha256_of(path: Path) -> str:
    """ "" where there is no such file."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def hashes_under(folder: Path, *parts: Path) -> dict[str, str]:
    """Every file in these parts of a folder with its SHA-256, by its path from the folder."""
    files = sorted(path for part in parts for path in part.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256_of(path) for path in files}


def replace_file(path: Path, content: bytes) -> None:
    """The file is the old one or the new one, whatever happens meanwhile. Raises `Unavailable` where it cannot be written."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise Unavailable(
            f"{path} cannot be written: {error.strerror}", "free some space, or choose another folder; then try again"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def log_lines(path: Path) -> list[dict[str, Any]]:
    """What the log holds; a last line that was cut off by a kill is left out."""
    return log_from(path, 0)[0]


def log_from(path: Path, start: int) -> tuple[list[dict[str, Any]], int]:
    """What the log holds from a byte on, and the byte from which on it will hold more. One that was begun anew meanwhile is
    read from its start."""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        start = start if start <= file.seek(0, 2) else 0
        file.seek(start)
        whole, _, _ = file.read().rpartition(b"\n")
        return [json.loads(line) for line in whole.splitlines()], start + len(whole) + bool(whole)
    return [], 0
