"""What a finished folder of weights holds, written last, so that a folder without it is not finished."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

_NAME = "manifest.json"
_SMALL = 16 << 20
"""Bytes; files up to this size are hashed at each start, larger ones only when they were touched."""


@dataclass(frozen=True, slots=True)
class File:
    """One file as it was when it was finished."""

    size: int
    sha256: str
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """Every file of the folder."""

    files: dict[str, File]

    @classmethod
    def of(cls, folder: Path) -> Self:
        paths = sorted(path for path in folder.iterdir() if path.is_file() and path.name != _NAME)
        return cls({path.name: File(path.stat().st_size, sha256(path), path.stat().st_mtime_ns) for path in paths})

    def write(self, folder: Path) -> None:
        files = {name: asdict(file) for name, file in self.files.items()}
        (folder / _NAME).write_text(json.dumps({"files": files}, indent=1), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """None where there is none, or not a whole one."""
        try:
            found = json.loads((folder / _NAME).read_text(encoding="utf-8"))
            return cls({str(name): File(**file) for name, file in found["files"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    @property
    def version(self) -> str:
        """Twelve characters that change with any byte of the weights."""
        return hashlib.sha256("".join(f"{n}:{f.sha256};" for n, f in self.files.items()).encode()).hexdigest()[:12]

    @classmethod
    def intact(cls, folder: Path) -> bool:
        """The folder is finished and its files are those that were written. A large file is trusted by its size and
        time, and hashed again when either its time differs (a copied folder)."""
        manifest = cls.read(folder)
        if manifest is None or "model.safetensors" not in manifest.files:
            return False
        return all(_unharmed(folder / name, file) for name, file in manifest.files.items())


def _unharmed(path: Path, file: File) -> bool:
    try:
        found = path.stat()
        if found.st_size != file.size:
            return False
        if file.size > _SMALL and found.st_mtime_ns == file.mtime_ns:
            return True
        return sha256(path) == file.sha256
    except OSError:
        return False


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(folder: Path) -> str:
    """A short name for the weights in any model's folder: from the manifest, or from the files' sizes and times."""
    manifest = Manifest.read(folder)
    if manifest is not None:
        return manifest.version
    parts = [
        f"{path.name}:{path.stat().st_size}:{path.stat().st_mtime_ns}"
        for path in sorted(folder.glob("*"))
        if path.suffix in {".safetensors", ".bin", ".json"}
    ]
    return hashlib.sha256(";".join(parts).encode()).hexdigest()[:12]
