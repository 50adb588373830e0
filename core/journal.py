"""A local record of requests that left for a platform, for platforms that cannot be asked whether a message arrived.

A line is appended right after a request's last byte was handed to the network and before its answer is read. After a
crash, an attempt with a line has most probably arrived; one without a line certainly did not leave. Written with one
`write` to an append-only file: it survives `kill -9`. It does not survive a loss of power: then the platform may get
a message twice, never not at all.

Old lines go: of two files the older one is dropped when the newer is full, and a worker never has more attempts open
than half a file's lines.
"""

from __future__ import annotations

import datetime as dt
import os
from contextlib import suppress
from pathlib import Path

_FULL = 25_000
"""Lines of one file."""


def _line(cause: str, fence: int) -> str:
    return f"{fence} {cause}"


class Journal:
    """The journal of one worker, in a folder that all workers of this machine share."""

    def __init__(self, folder: Path, worker: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._worker = worker
        self._file, self._older = self._paths(worker)
        self._descriptor = self._open()
        self._lines = 0
        self.keep = False
        """Attempts of ours are left unsettled: who settles them needs this journal after our end."""

    def _paths(self, worker: str) -> tuple[Path, Path]:
        return self._folder / f"{worker}.left", self._folder / f"{worker}.older"

    def _open(self) -> int:
        return os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def left(self, cause: str, fence: int) -> None:
        """Notes that the request of the attempt with this fence is on its way. Takes microseconds."""
        os.write(self._descriptor, f"{_line(cause, fence)}\n".encode())
        self._lines += 1
        if self._lines >= _FULL:
            os.close(self._descriptor)
            self._file.replace(self._older)
            self._descriptor, self._lines = self._open(), 0

    def of(self, worker: str) -> frozenset[str] | None:
        """A worker's journal, to ask `in_journal` of many attempts; None if it is not on this machine."""
        found: list[str] | None = None
        for path in self._paths(worker):
            with suppress(OSError):
                found = (found or []) + path.read_text(encoding="utf-8").splitlines()
        return None if found is None else frozenset(found)

    def drop(self, worker: str) -> None:
        """Deletes a dead worker's journal, once its attempts are settled."""
        for path in self._paths(worker):
            path.unlink(missing_ok=True)

    def idle_since(self, moment: dt.datetime) -> list[str]:
        """Workers that left a journal here and wrote nothing into it since `moment`, this one apart.

        A worker opens its journal before others can know that it lives, so a fresh file belongs to nobody dead."""
        idle = []
        for path in self._folder.glob("*.left"):
            with suppress(OSError):
                if path != self._file and path.stat().st_mtime < moment.timestamp():
                    idle.append(path.stem)
        return idle

    def close(self) -> None:
        """Ends it, and deletes it where it is of no more use."""
        os.close(self._descriptor)
        if not self.keep:
            self.drop(self._worker)


def in_journal(journal: frozenset[str], cause: str, fence: int) -> bool:
    """Whether the attempt had left."""
    return _line(cause, fence) in journal
