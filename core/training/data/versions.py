"""Versions of what was learned from use: folders REMORA_DATA_DIR/datasets/use-N, made once, and made smaller where somebody
wants their data gone.

rows.jsonl       what is trained on: chat JSONL, `meta.person` the pseudonym of whose words they are
held.jsonl       rows that are kept for `remora eval`; not there where there are too few
manifest.json    `Version` below; written last, so that a folder without one is no version
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import Refused
from core.language.detect import detect
from core.training.data.rows import Conversation
from core.training.data.split import split
from core.training.runs import MANIFEST, replace_file, sha256_of

DATASETS, ROWS, HELD = "datasets", "rows.jsonl", "held.jsonl"
_HELD_SHARE, _FEWEST = 0.25, 8


class Version(BaseModel):
    """`sha256`: of rows.jsonl as it is now; `added` and `dropped`: rows against `parent`, the version before; `scrubbed`: what
    personal data became placeholders; `erased`: rows that were taken out since it was made."""

    model_config = ConfigDict(frozen=True)

    name: str
    parent: str = ""
    made_at: dt.datetime
    made_by: str
    sha256: str = ""
    rows: int = 0
    held: int = 0
    people: int = 0
    sources: dict[str, int] = Field(default_factory=dict)
    languages: dict[str, int] = Field(default_factory=dict)
    scrubbed: dict[str, int] = Field(default_factory=dict)
    added: int = 0
    dropped: int = 0
    erased: int = 0


def versions(data_dir: Path) -> list[Version]:
    """The newest first; what cannot be read is none."""
    found = []
    for path in (data_dir / DATASETS).glob(f"use-*/{MANIFEST}"):
        with contextlib.suppress(OSError, ValidationError):
            found.append(Version.model_validate_json(path.read_bytes()))
    return sorted(found, key=lambda one: _number(one.name), reverse=True)


def version_of(data_dir: Path, name: str) -> Version:
    """Raises `Refused` where there is none of that name."""
    found = next((one for one in versions(data_dir) if one.name == name), None)
    if found is None:
        raise Refused("there is no such data set", "see: remora data versions")
    return found


def file_of(data_dir: Path, name: str, part: str = ROWS) -> Path:
    return data_dir / DATASETS / name / part


def rows_of(data_dir: Path, name: str) -> list[dict[str, Any]]:
    """All rows as they stand in the files, those for training first."""
    return [json.loads(line) for part in (ROWS, HELD) for line in _lines(file_of(data_dir, name, part))]


def new_rows(data_dir: Path, rows: Sequence[Conversation]) -> int:
    """How many of them the newest version does not have."""
    newest = next(iter(versions(data_dir)), None)
    return len({row.to_json() for row in rows} - _known(data_dir, newest))


def make(
    data_dir: Path, rows: Sequence[Conversation], scrubbed: Mapping[str, int], made_by: str, now: dt.datetime
) -> Version:
    """Raises `Refused` where there is nothing to learn, or nothing new since the version before."""
    with _locked(data_dir):
        parent = next(iter(versions(data_dir)), None)
        before, after = _known(data_dir, parent), {row.to_json() for row in rows}
        if not after:
            what = "nobody who lets me learn from them praised an answer, and none of theirs was corrected or labelled"
            raise Refused(what, "people agree by /privacy in the chat; then wait for thumbs, or correct replies")
        if parent and before == after:
            raise Refused(f"nothing has changed since {parent.name}", f"use it: remora train --data {parent.name}")
        name = f"use-{_number(parent.name) + 1 if parent else 1}"
        made = Version(
            name=name, parent=parent.name if parent else "", made_at=now, made_by=made_by, scrubbed=dict(scrubbed),
            added=len(after - before), dropped=len(before - after),
        )  # fmt: skip
        kept, held = _parted(rows)
        partial = data_dir / DATASETS / f".{name}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        _write(partial, made, [row.to_json() for row in kept], [row.to_json() for row in held])
        partial.rename(data_dir / DATASETS / name)
    return version_of(data_dir, name)


def swept(data_dir: Path, gone: Mapping[int, dt.datetime]) -> dict[str, int]:
    """Takes out the rows of pseudonyms in versions made before the moment given with them; how many, by version."""
    removed: dict[str, int] = {}
    if not gone or not (data_dir / DATASETS).is_dir():
        return removed
    with _locked(data_dir):
        for version in versions(data_dir):
            folder = data_dir / DATASETS / version.name
            parts = [_lines(folder / part) for part in (ROWS, HELD)]
            left = [[line for line in lines if not _is_gone(line, version, gone)] for lines in parts]
            if count := sum(map(len, parts)) - sum(map(len, left)):
                _write(folder, version.model_copy(update={"erased": version.erased + count}), *left)
                removed[version.name] = count
    return removed


def check(data_dir: Path, file: Path, was: str) -> None:
    """Raises `Refused` where a file that a run began with is another by now; of a version, with what was taken out of it."""
    if sha256_of(file) == was:
        return
    for one in versions(data_dir):
        if one.erased and file_of(data_dir, one.name).parent.resolve() == file.parent:
            what = f"{one.name} lost rows since ({one.erased}): their people were erased, or took their consent back"
            raise Refused(what, f"begin anew with what is left: remora train --name ANOTHER --data {one.name}")
    raise Refused(f"{file} is not what the run began with", "bring the file back, or begin under another name")


def _is_gone(line: str, version: Version, gone: Mapping[int, dt.datetime]) -> bool:
    at = gone.get(json.loads(line)["meta"]["person"])
    return at is not None and version.made_at <= at


def _write(folder: Path, version: Version, rows: Sequence[str], held: Sequence[str]) -> None:
    for part, lines in ((ROWS, rows), (HELD, held)):
        if lines or part == ROWS or (folder / part).exists():
            replace_file(folder / part, "".join(f"{line}\n" for line in lines).encode("utf-8"))
    every = [json.loads(line) for line in (*rows, *held)]
    counted = version.model_copy(
        update={
            "sha256": sha256_of(folder / ROWS), "rows": len(rows), "held": len(held),
            "people": len({row["meta"]["person"] for row in every}),
            "sources": dict(Counter(row["meta"]["source"] for row in every)),
            "languages": dict(Counter(detect(row["messages"][-1]["content"]) for row in every)),
        }
    )  # fmt: skip
    replace_file(folder / MANIFEST, counted.model_dump_json(indent=1).encode())


def _parted(rows: Sequence[Conversation]) -> tuple[Sequence[Conversation], Sequence[Conversation]]:
    """What is trained on, and what is kept to measure with, which shares nothing with it."""
    if len(rows) >= _FEWEST:
        with contextlib.suppress(Refused):  # too few that differ
            parts = split(rows, 0, _HELD_SHARE, 0)
            return parts["train"], parts["test"]
    return rows, ()


def _known(data_dir: Path, version: Version | None) -> set[str]:
    return (
        {line for part in (ROWS, HELD) for line in _lines(file_of(data_dir, version.name, part))} if version else set()
    )


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").split("\n") if line]
    except FileNotFoundError:
        return []


def _number(name: str) -> int:
    return int(name.removeprefix("use-"))


@contextlib.contextmanager
def _locked(data_dir: Path) -> Iterator[None]:
    """One process at a time makes versions or sweeps them."""
    folder = data_dir / DATASETS
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
