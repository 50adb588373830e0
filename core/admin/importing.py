"""Files of intents taken in: looked at first, then all or nothing, and taken back in one step."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from core.admin.intents import stamp
from core.intents import files
from core.intents.problems import Problem, faults
from core.intents.releases import Change, Editing, NotPublishable

_KINDS = (
    (b"PK\x03\x04", "Excel, Word, ZIP"), (b"%PDF", "PDF"), (b"\x89PNG", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"),
    (b"\x1f\x8b", "GZIP"), (b"SQLite format", "SQLite"), (b"\xd0\xcf\x11\xe0", "Excel, Word"), (b"\x7fELF", "ELF"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Preview:
    """What a file would do to the drafts; with `problems` that are faults, nothing."""

    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    examples_only: bool
    drafts: str
    """The `stamp` of the drafts that it was compared with."""

    @property
    def faulty(self) -> bool:
        return bool(faults(self.problems))


async def previewed(editing: Editing, data: bytes, name: str, *, replace: bool) -> Preview:
    """What taking the file in would change."""
    drafts = stamp(await editing.drafts())
    read = _read(data, name)
    if faults(read.problems):
        return Preview((), read.problems, read.examples_only, drafts)
    try:
        found = await editing.take_in(
            read.intents, "", examples_only=read.examples_only, replace=replace, dry=True
        )  # fmt: skip
    except NotPublishable as refused:
        return Preview((), (*read.problems, *read.placed(refused.problems)), read.examples_only, drafts)
    return Preview(found, read.problems, read.examples_only, drafts)


async def applied(
    editing: Editing, data: bytes, name: str, author: str, *, replace: bool, seen: str
) -> tuple[Preview, str]:
    """Takes the file in, as it was looked at: `seen` is the stamp of its preview. Returns what there was to do, and the
    batch by which it is reverted; an empty one where nothing was done, since the drafts changed or it has faults."""
    preview = await previewed(editing, data, name, replace=replace)
    if preview.faulty or preview.drafts != seen or not preview.changes:
        return preview, ""
    batch = secrets.token_hex(8)
    read = _read(data, name)
    await editing.take_in(
        read.intents, author, examples_only=read.examples_only, replace=replace, dry=False, batch=batch
    )  # fmt: skip
    return preview, batch


def _read(data: bytes, name: str) -> files.FileRead:
    kind = next((kind for start, kind in _KINDS if data.startswith(start)), "")
    wrong = Problem("wrong_file", fields={"kind": kind}) if kind else None
    if not data.strip():
        wrong = Problem("no_list", line=1)
    return files.FileRead((), (wrong,)) if wrong else files.read(data, name)
