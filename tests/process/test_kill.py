"""Real processes and `kill -9`: whatever the moment, every message is answered exactly once and in order."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.process.platform_server import Platform, platform_at
from tests.process.victim import STEPS

pytestmark = [pytest.mark.process, pytest.mark.long, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0


@dataclass
class Victim:
    """A running Remora, started from the nursery."""

    number: int
    folder: Path

    def tell(self, how: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.number, how)

    async def told_again(self) -> None:
        """SIGTERM until it ends: two that come while it has no processor are one to the kernel."""
        while not self.ended:
            self.tell(signal.SIGTERM)
            await asyncio.sleep(0.3)

    @property
    def ended(self) -> bool:
        return (self.folder / f"exit-{self.number}").exists()

    async def end(self, how: int | None = signal.SIGTERM) -> int:
        """Sends a signal and returns the exit code, negative where a signal ended it."""
        if how is not None:
            self.tell(how)
        async with asyncio.timeout(PATIENCE):
            while not self.ended:
                await asyncio.sleep(0.01)
        return int((self.folder / f"exit-{self.number}").read_text())


@dataclass
class Rig:
    """A platform, a database, and the processes between them."""

    platform: Platform
    folder: Path
    database: str
    nursery: subprocess.Popen[str]
    victims: list[Victim] = field(default_factory=list)

    def orders(self, **more: Any) -> str:
        wishes = {"socket": str(self.platform.socket), "folder": str(self.folder), "database": self.database}
        return json.dumps({**wishes, **more})

    def start(self, **orders: Any) -> Victim:
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.write(self.orders(**orders) + "\n")
        self.nursery.stdin.flush()
        self.victims.append(Victim(int(self.nursery.stdout.readline()), self.folder))
        return self.victims[-1]

    async def listening(self, many: int = 1) -> None:
        await self.platform.until(lambda: len(self.platform.listeners) >= many, PATIENCE)

    async def all_answered(self) -> None:
        await self.platform.until(lambda: self.platform.all_answered, PATIENCE)

    def log(self) -> str:
        log = self.folder / "log"
        return log.read_text()[-3000:] if log.exists() else ""


@pytest.fixture(scope="session")
def nursery() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.process.victim"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
async def rig(database_url: str, nursery: subprocess.Popen[str]) -> AsyncIterator[Rig]:
    """Its folder has a short path, since a socket's may have at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="remora-") as name:
        async with platform_at(Path(name) / "socket") as platform:
            rig = Rig(platform, Path(name), database_url, nursery)
            yield rig
            for victim in rig.victims:
                if not victim.ended:
                    await victim.end(signal.SIGKILL)


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_a_step_nothing_is_lost_and_nothing_doubled(rig: Rig, step: str, database: str) -> None:
    looks = database == "postgresql"
    for number in range(9):
        rig.platform.say(f"message {number}", f"chat{number % 3}")
    victim = rig.start(step=step, looks=looks)
    assert await victim.end(None) == -signal.SIGKILL, rig.log()
    heir = rig.start(looks=looks)
    await rig.all_answered()
    assert await heir.end() == 0, rig.log()
    assert rig.platform.problems() == [], rig.log()


async def test_killed_again_and_again_in_a_stream_of_messages(rig: Rig, database: str) -> None:
    """Twenty kills at random moments over 300 messages.

    Where the platform cannot be asked, the journal's line is written right after the request left: a kill between the
    two doubles that message, and nothing can tell. So there one in twenty kills may.
    """
    looks = database == "postgresql"
    chance = random.Random(7)

    async def people() -> None:
        for number in range(300):
            rig.platform.say(f"message {number}", f"chat{number % 25}")
            await asyncio.sleep(0.03)

    talking = asyncio.create_task(people())
    for _ in range(20):
        victim = rig.start(looks=looks, pause=0.002)
        await rig.listening()
        await asyncio.sleep(chance.uniform(0.0, 0.45))
        assert await victim.end(signal.SIGKILL) == -signal.SIGKILL
    await talking
    heir = rig.start(looks=looks)
    await rig.all_answered()
    assert await heir.end() == 0, rig.log()
    problems = rig.platform.problems()
    assert len(problems) <= (0 if looks else 1), problems
    assert not any("lost" in problem or "order" in problem for problem in problems)


async def test_sigterm_finishes_the_replies_and_leaves_the_rest_for_the_next_start(rig: Rig) -> None:
    for number in range(60):
        rig.platform.say(f"message {number}", f"chat{number}")
    worker = rig.start(words=10, pause=0.05)
    await rig.listening()
    await rig.platform.until(lambda: len(rig.platform.acknowledged) >= 40, PATIENCE)
    assert await worker.end() == 0, rig.log()
    finished = len(rig.platform.posts)
    assert 0 < finished < 60, "some were being answered and were finished, the others wait"
    heir = rig.start()
    await rig.all_answered()
    assert await heir.end() == 0, rig.log()
    assert rig.platform.problems() == []


async def test_a_second_sigterm_ends_at_once_and_loses_nothing(rig: Rig) -> None:
    rig.platform.say("hello", "chat")
    worker = rig.start(words=400, pause=0.1)
    await rig.platform.until(lambda: bool(rig.platform.acknowledged), PATIENCE)
    worker.tell(signal.SIGTERM)
    await asyncio.sleep(0.2)
    assert not worker.ended, "it finishes what it is saying"
    telling = asyncio.create_task(worker.told_again())
    assert await worker.end(None) != 0
    await telling
    heir = rig.start()
    await rig.all_answered()
    assert await heir.end() == 0, rig.log()
    assert rig.platform.problems() == []


async def test_a_process_of_the_command_line_ends_cleanly(rig: Rig) -> None:
    """Started as a user starts it, not forked: no thread is left that would keep it from ending."""
    rig.platform.say("hello", "chat")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.process.victim",
        rig.orders(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        await rig.all_answered()
        process.terminate()
        async with asyncio.timeout(PATIENCE):
            output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert (process.returncode, output) == (0, b"ready\n")
    assert b"Traceback" not in errors


async def test_two_workers_share_the_work_and_one_is_killed(rig: Rig) -> None:
    """Both are told of every message; each is answered once, also when one of the two dies in the middle."""
    both = {"looks": True, "pause": 0.01, "lease": 3.0}  # a lease that a busy machine does not let run out
    first, second = rig.start(**both), rig.start(**both)
    await rig.listening(2)
    for number in range(120):
        rig.platform.say(f"message {number}", f"chat{number % 12}")
    await rig.platform.until(lambda: len(rig.platform.posts) >= 30, PATIENCE)
    assert await first.end(signal.SIGKILL) == -signal.SIGKILL
    await rig.all_answered()
    assert await second.end() == 0, rig.log()
    assert rig.platform.problems() == []


async def test_killed_while_the_platform_is_silent_it_is_said_honestly_that_it_may_come_twice(rig: Rig) -> None:
    """The journal of another machine cannot be read: nobody knows, so it is sent again, and says so."""
    rig.platform.answering.clear()
    rig.platform.say("hello", "chat")
    victim = rig.start()
    await rig.platform.until(lambda: bool(rig.platform.posts), PATIENCE)
    await victim.end(signal.SIGKILL)
    for journal in (rig.folder / "journal").iterdir():
        journal.unlink()
    rig.platform.answering.set()
    heir = rig.start()
    await rig.platform.until(lambda: len(rig.platform.posts) == 2, PATIENCE)
    assert await heir.end() == 0
    assert "may have got this already" in rig.platform.posts[1]["text"]
    assert os.listdir(rig.folder / "journal") == [], "a settled journal is deleted, and so is one's own at the end"
