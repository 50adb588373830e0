"""Starting and ending workers of their own, between a platform and a database that outlive them."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.process.platform_server import Platform, platform_at

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
"""Seconds after which something is taken to come never; nothing is judged by how long it takes."""


@dataclass
class Rig:
    platform: Platform
    folder: Path
    database: str
    looks: bool
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self, **more: Any) -> asyncio.subprocess.Process:
        """A worker that is delivering when this returns."""
        orders = {
            "socket": str(self.platform.socket), "folder": str(self.folder), "database": self.database,
            "looks": self.looks, **more,
        }  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.gauntlet.worker", json.dumps(orders), cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self.processes.append(process)
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await process.stdout.readline()
        assert line == b"ready\n", self.log()
        return process

    async def end(self, process: asyncio.subprocess.Process, how: int = signal.SIGTERM) -> int:
        if process.returncode is None:
            process.send_signal(how)
        async with asyncio.timeout(PATIENCE):
            code = await process.wait()
        self.processes.remove(process)
        return code

    def log(self) -> str:
        return (self.folder / "log").read_text()[-3000:]

    @property
    def posted(self) -> Counter[str]:
        """How often each cause arrived."""
        return Counter(post["cause"] for post in self.platform.posts)

    async def arrived(self, number: int, seconds: float = PATIENCE) -> None:
        """Returns when so many different messages have arrived."""
        async with asyncio.timeout(seconds):
            while len(self.posted) < number:  # counting at each post would take as long as the posts
                await asyncio.sleep(0.05)


@asynccontextmanager
async def rig_on(database: str, *, looks: bool) -> AsyncIterator[Rig]:
    """Its folder has a short path, since a socket's may have at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="remora-") as name:
        async with platform_at(Path(name) / "socket") as platform:
            rig = Rig(platform, Path(name), database, looks)
            try:
                yield rig
            finally:
                for process in rig.processes:
                    if process.returncode is None:
                        process.kill()
                        await process.wait()
