"""A local record of requests that left for a platform, for platforms that cannot be asked whether a message arrived.

A line is appended right after a request's last byte was handed to the network and before its answer is read. After a
crash, an attempt with a line has most probably arrived; one without a line certainly did not leave. Written with one
`write` to an append-only file: it survives `kill -9`. It does not survive a loss of power: then the platform may get
a message twice, never not at all.
"""

from __future__ import annotations

import os
from pathlib import Path


def _line(cause: str, attempt: int) -> str:
    return f"{attempt} {cause}"


class Journal:
    """The journal of one worker, in a folder that all workers of this machine share."""

    def __init__(self, folder: Path, worker: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._file = self._path(worker)
        self._descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def _path(self, worker: str) -> Path:
        return self._folder / f"{worker}.left"

    def left(self, cause: str, attempt: int) -> None:
        """Notes that the request of this attempt is on its way. Takes microseconds."""
        os.write(self._descriptor, f"{_line(cause, attempt)}\n".encode())

    def has_left(self, worker: str, cause: str, attempt: int) -> bool | None:
        """Whether another worker's attempt had left when it died; None if its journal is not on this machine."""
        try:
            lines = self._path(worker).read_text(encoding="utf-8").splitlines()
        except OSError:
            return None
        return _line(cause, attempt) in lines

    def drop(self, worker: str) -> None:
        """Deletes a dead worker's journal, once its attempts are settled."""
        self._path(worker).unlink(missing_ok=True)

    def others(self) -> list[str]:
        """Workers that left a journal here, this one apart."""
        return [path.stem for path in self._folder.glob("*.left") if path != self._file]

    def close(self) -> None:
        os.close(self._descriptor)
        self._file.unlink(missing_ok=True)
