"""Slack's adapter on the fake server, for the files that test it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from adapters import Listed, Surroundings
from adapters.slack import Keys
from adapters.slack.adapter import SlackAdapter, Timing
from core.clock import SystemClock
from core.errors import RetryLater
from core.messages import Address, Choice, Delivery, Line, Reply, Status, TextDelta
from core.ports import Adapter, Clock
from core.store import Store, crypto
from core.store.tables import metadata
from tests.contract.adapter_suite import PATIENCE, Rig, Said, post
from tests.fakes.slack_server import BOT, BOT_USER, TEAM, Conversation, Envelope, Person, SlackServer

QUICK = Timing(preview_pause=0.0, first_pause=0.0, drain=0.05, hold=0.0, repeat=0.0)
KEY, PUBLIC = b"k" * 32, "https://remora.example"
COMMANDS = [
    Listed("remind", "set a reminder: /remind tomorrow at 9 call mum", False),
    Listed("help", "this list", False),
]
MENTION = f"<@{BOT_USER}>"


def keys(server: SlackServer, **other: Any) -> Keys:
    """What the fake server knows the app by, or something else."""
    known = {"token": server.token, "app_token": server.app_token, "base_url": server.url}
    return Keys(**(known | other))


class SlackRig(Rig):
    def __init__(self, server: SlackServer) -> None:
        self.server = server
        self.ada = server.person("Ada")
        self.general = server.channel()
        self.adapter = SlackAdapter(keys(server), server.around, QUICK)
        self.address = self.at(self.ada.dm)
        self.gone = self.at(server.channel(closed="is_archived"))
        self._sent: dict[str, Envelope] = {}

    def at(self, where: Conversation, thread: str = "") -> Address:
        return Address("slack", TEAM, where.id, thread)

    async def say(self, text: str) -> Said:
        return self._keep(self.ada.say(text))

    async def seen(self) -> Sequence[str]:
        await self.server.until(lambda: True)
        return self.ada.dm.texts

    async def again(self, said: Said) -> None:
        self.server.again(self._sent[said.event])

    repeat = again

    async def press(self, choice: Choice) -> Said:
        newest = next(one for one in reversed(self.ada.dm.from_bot) if one.get("blocks", [])[-1]["type"] == "actions")
        return self._keep(self.ada.press(self.ada.dm, newest, choice.label))

    async def bot_says(self, text: str) -> Said:
        ours = {"type": "message", "user": BOT_USER, "bot_id": BOT, "text": text, "ts": self.server.ts()}
        self.server.announce(self.ada.dm, ours)
        other = {"type": "message", "subtype": "bot_message", "bot_id": "B9", "text": text, "ts": self.server.ts()}
        return self._keep(self.server.announce(self.ada.dm, other))

    async def misconfigured(self) -> tuple[Adapter, str]:
        wrong = keys(self.server, token="xoxb-wrong")
        return SlackAdapter(wrong, self.server.around, QUICK), "SLACK_BOT_TOKEN"

    async def refuse_next(self, after: dt.timedelta) -> None:
        self.server.rate_limit("chat.postMessage", int(after.total_seconds()))

    def foreign(self, task: asyncio.Task[object]) -> bool:
        coroutine = task.get_coro()
        return task.get_name() == "fake-slack" or "aiohttp" in str(getattr(coroutine, "cr_code", ""))

    def _keep(self, envelope: Envelope) -> Said:
        self._sent[envelope.id] = envelope
        return Said(envelope.id, envelope.taken)


S = TypeVar("S", bound=SlackServer)


@asynccontextmanager
async def at_work(server: S, folder: Path, clock: Clock) -> AsyncIterator[S]:
    """The server, and in its `around` the product's side of the adapter: a database, the clock, commands."""
    store = Store(f"sqlite:///{folder / 'slack.db'}")
    await store.run_sync(metadata.create_all)
    crypto.unlock(KEY)
    await server.start()
    server.around = Surroundings(
        clock, KEY, _no_history, {}, store=lambda: store, commands=lambda _: COMMANDS, public_url=PUBLIC
    )
    yield server
    await server.stop()
    await store.aclose()
    assert server.problems == []


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[SlackServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with at_work(SlackServer(), tmp_path, SystemClock()) as server:
        yield server


@pytest.fixture
async def slack(server: SlackServer) -> SlackRig:
    return SlackRig(server)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Every line and every field of it."""
    return caplog.text + str([vars(record) for record in caplog.records])


async def taken(envelope: Envelope) -> None:
    async with asyncio.timeout(PATIENCE):
        await envelope.taken.wait()


def opened(slack: SlackRig, tab: str, person: Person | None = None) -> Envelope:
    person = person or slack.ada
    event = {"type": "app_home_opened", "user": person.id, "channel": person.dm.id, "tab": tab, "event_ts": "1.1"}
    return slack.server.event(event)


async def _no_history(_address: Address) -> list[Line]:
    return []


async def show(slack: SlackRig, address: Address, cause: str, *words: str) -> None:
    """A preview that stands there when this returns."""
    events: asyncio.Queue[str | None] = asyncio.Queue()

    async def stream() -> AsyncIterator[Status | TextDelta]:
        yield Status("is thinking")
        if address.thread:
            await slack.server.until(lambda: slack.server.calls("assistant.threads.setStatus"))
        while (word := await events.get()) is not None:
            yield TextDelta(word)

    task = asyncio.create_task(slack.adapter.show(address, cause, stream()))
    for word in words:
        before = _writes(slack.server)
        events.put_nowait(word)
        await slack.server.until(partial(_more_calls, slack.server, before))
    events.put_nowait(None)
    async with asyncio.timeout(PATIENCE):
        await task


def _writes(server: SlackServer) -> int:
    return sum(call.method.startswith("chat.") for call in server.journal)


def _more_calls(server: SlackServer, than: int) -> bool:
    return _writes(server) > than


def to(address: Address, text: str, *choices: Choice, cause: str = "turn:1") -> Delivery:
    return Delivery(1, cause, address, Reply(text, choices))


def doubtful(what: Delivery) -> Delivery:
    return replace(what, attempt=what.attempt + 1, doubtful=True)


async def insist(slack: SlackRig, what: Delivery) -> None:
    """Sends as the core does: once more, and in doubt, if nobody knows whether it arrived."""
    try:
        await post(slack, what)
    except RetryLater:
        await post(slack, doubtful(what))
