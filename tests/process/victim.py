"""A Remora to be killed: the whole spine in a process of its own, on a chat platform that is a unix socket.

    python -m tests.process.victim '{"socket": ..., "folder": ..., "database": ..., "looks": false, "step": "after T2"}'
    python -m tests.process.victim        (a nursery: forks one for each line of orders, see `nursery`)

`step` names the point at which the process kills itself with SIGKILL, the first time it gets there; nothing in the
product knows of it. The platform's protocol, a JSON object a line: it sends messages and takes {"ack": event_id} on one
connection; {"post": ...} and {"look": cause} each come on a connection of their own and get one line back.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import signal
import sys
import traceback
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from bots._app import running, until_stopped
from core import outbox as core_outbox
from core import turns as core_turns
from core.errors import RetryLater
from core.intents import live
from core.messages import Address, Capabilities, Delivery, Message, Receipt, ReplyEvent, Sampling, Sender, Utterance
from core.ports import Inbound
from core.settings import Settings, load_settings
from tests.fakes.compiled import once
from tests.fakes.model import FakeModel

STEPS = (
    "before T1 commits", "after T1", "after ack", "after T2", "during the answer", "before T3 commits", "after T3",
    "request left", "answer read", "after T5",
)  # fmt: skip


@dataclass(frozen=True)
class Orders:
    """What the test wants of this process."""

    socket: str
    folder: str
    database: str
    looks: bool = False
    step: str = ""
    words: int = 3
    pause: float = 0.0
    """Seconds between two words of an answer."""
    lease: float = 0.5


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class SocketPlatform:
    name = "fake"

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.capabilities = Capabilities(
            max_text=4096, can_look=orders.looks, preview=False, per_second=1e5, per_chat_per_second=1e5
        )

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        yield

    async def listen(self, inbound: Inbound) -> None:
        reader, writer = await asyncio.open_unix_connection(self.orders.socket)
        writer.write(b'{"listen": true}\n')
        try:
            while line := await reader.readline():
                said = json.loads(line)
                await inbound(message(said))
                writer.write(json.dumps({"ack": said["id"]}).encode() + b"\n")
                await writer.drain()
                self.reached("after ack")
        finally:
            writer.close()

    async def send(self, delivery: Delivery, left: Callable[[], None]) -> Receipt:
        self.reached("after T3")
        if delivery.doubtful and self.orders.looks:
            found = await self._asked({"look": delivery.cause})
            if found["id"]:
                return Receipt((found["id"],), found=True)
        reader, writer = await asyncio.open_unix_connection(self.orders.socket)
        try:
            post = {"cause": delivery.cause, "chat": delivery.address.chat, "text": delivery.reply.text}
            writer.write(json.dumps({"post": {**post, "reply_to": delivery.reply_to}}).encode() + b"\n")
            left()
            await writer.drain()
            self.reached("request left")
            answer = await reader.readline()
        finally:
            writer.close()
        if not answer:
            raise RetryLater("no answer", unknown=True)
        self.reached("answer read")
        return Receipt((json.loads(answer)["id"],))

    async def _asked(self, question: dict[str, Any]) -> dict[str, Any]:
        reader, writer = await asyncio.open_unix_connection(self.orders.socket)
        try:
            writer.write(json.dumps(question).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await reader.readline())
            return answer
        finally:
            writer.close()

    async def show(self, address: Address, cause: str, events: AsyncIterator[ReplyEvent]) -> None:
        async for _ in events:
            pass

    def reached(self, step: str) -> None:
        if step == self.orders.step:
            die()


def message(said: dict[str, str]) -> Message:
    address = Address("fake", "", said["chat"])
    now = dt.datetime.now(dt.UTC)
    return Message(said["id"], address, Sender(said["chat"]), said["text"], now, message_id=said["id"])


class SlowModel(FakeModel):
    def __init__(self, platform: SocketPlatform) -> None:
        super().__init__(lambda turns: f"You said: {turns[-1].text}" + " word" * platform.orders.words)
        self._platform = platform

    async def generate(self, turns: Sequence[Utterance], sampling: Sampling) -> AsyncGenerator[str]:
        async for word in super().generate(turns, sampling):
            yield word
            self._platform.reached("during the answer")
            await asyncio.sleep(self._platform.orders.pause)


def wrapped(module: Any, name: str, after: Callable[[Any], Awaitable[None]]) -> None:
    """Calls `after` with what the function returned, before its caller goes on."""
    inner = getattr(module, name)

    async def outer(*arguments: Any, **more: Any) -> Any:
        result = await inner(*arguments, **more)
        await after(result)
        return result

    setattr(module, name, outer)


def set_traps(step: str) -> None:
    """Kills this process at the steps that the platform and the model do not see."""

    async def now(_result: Any) -> None:
        die()

    async def now_if_any(result: Any) -> None:
        if result:
            die()

    async def soon(_result: Any) -> None:
        asyncio.get_running_loop().call_later(0.02, die)  # the commit follows at once

    async def not_yet(*_arguments: Any) -> list[Any]:
        return []

    match step:
        case "before T1 commits":
            wrapped(core_turns.inbox, "add", now)
        case "after T1":
            wrapped(core_turns.Turns, "accept", now)
        case "after ack":
            core_turns.inbox.claim = not_yet  # type: ignore[assignment]  # so that nothing is claimed before the ack
        case "after T2":
            wrapped(core_turns.Turns, "_claim", now_if_any)
        case "before T3 commits":
            wrapped(core_turns.outbox, "add_claimed", now)
        case "after T5":
            wrapped(core_outbox.outbox, "record", soon)


def settings_of(orders: Orders) -> Settings:
    return load_settings(
        _env_file=None, REMORA_DATA_DIR=Path(orders.folder), DATABASE_URL=orders.database, LOG_LEVEL="WARNING",
        REMORA_LEASE_SECONDS=orders.lease, REMORA_MODEL_BACKEND="off", REMORA_INTENT_ENCODER="off", REMORA_ALLOW="*", REMORA_RATE_PER_MINUTE=0,
    )  # fmt: skip


async def started_once() -> None:
    """Afterwards the intents are compiled, and whoever is forked from here begins with them."""
    with TemporaryDirectory() as folder:
        orders = Orders("", folder, f"sqlite:///{folder}/remora.db")
        async with running(settings_of(orders), [], model=FakeModel()):
            pass


async def main(orders: Orders) -> None:
    settings = settings_of(orders)
    set_traps(orders.step)
    platform = SocketPlatform(orders)
    async with running(settings, [platform], model=SlowModel(platform)) as app:
        print("ready", flush=True)
        await until_stopped(app)


def nursery() -> None:
    """For each line of orders on standard input forks a process that carries them out, and prints its id: a start takes
    milliseconds, since everything is imported already. The exit code of each is written to `exit-ID` in its folder.
    Ends with its input, and ends then what is left."""
    folders: dict[int, str] = {}
    early: dict[int, int] = {}

    def ended(_signal: int, _frame: object) -> None:
        with suppress(ChildProcessError):
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                early[found[0]] = os.waitstatus_to_exitcode(found[1])
        for number in [number for number in early if number in folders]:
            told = Path(folders.pop(number)) / f"exit-{number}"
            told.with_suffix(".new").write_text(str(early.pop(number)))
            told.with_suffix(".new").rename(told)

    live.compiled = once  # type: ignore[attr-defined]
    with redirect_stdout(sys.stderr):
        asyncio.run(started_once())
    signal.signal(signal.SIGCHLD, ended)
    for line in sys.stdin:
        orders = Orders(**json.loads(line))
        number = os.fork()
        if not number:
            child(orders)
        folders[number] = orders.folder
        ended(0, None)
        print(number, flush=True)
    for number in folders:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


def child(orders: Orders) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    log = os.open(f"{orders.folder}/log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number, target in enumerate((nothing, nothing, log)):
        os.dup2(target, number)
    code = 1
    try:
        asyncio.run(main(orders))
        code = 0
    except BaseException:  # noqa: BLE001  # whatever it was, the child must not go on as a second nursery
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        asyncio.run(main(Orders(**json.loads(sys.argv[1]))))
    else:
        nursery()
