"""Remora as a process of its own, on a free port, with a model that echoes; it is killed when the test is over."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Product:
    """`admin_link` makes the first owner, `chat_link` opens the browser chat; each works once."""

    folder: Path
    url: str
    admin_link: str
    chat_link: str

    def remora(self, *arguments: str, said: str = "") -> str:
        """What a verb prints, on the same data."""
        command = [sys.executable, "-m", "bots", *arguments]
        done = subprocess.run(
            command, env=environment(self.folder), cwd=ROOT, input=said, capture_output=True, text=True, timeout=180
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the machine's own settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "REMORA_DATA_DIR": str(folder),
        "REMORA_MODEL_BACKEND": "scripted",
        "REMORA_INTENT_ENCODER": "off",
        "DEFAULT_TIMEZONE": "Europe/Paris",
        "LOG_LEVEL": "WARNING",
        "PORT": "0",
    }


@contextmanager
def running_product(folder: Path) -> Iterator[Product]:
    """Yields once it is ready."""
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bots", "run"], env=environment(folder), cwd=folder, stdout=subprocess.PIPE, stderr=log,
            text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if line.strip() == "ready":
                    break
            links = re.findall(r"http\S+/(?:admin/enter|in)#\S+", said)
            assert len(links) == 2, said + (folder / "log").read_text()
            admin = next(link for link in links if "/admin/" in link)
            chat = next(link for link in links if "/admin/" not in link)
            yield Product(folder, admin.split("/admin/")[0], admin, chat)
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
