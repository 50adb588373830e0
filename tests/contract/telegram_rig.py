"""Telegram's adapter on the fake server, for the files that test it."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters import Surroundings, no_store
from adapters.telegram.adapter import TelegramAdapter
from adapters.telegram.polling import Pace
from core.clock import SystemClock
from core.messages import Address, Choice, Line
from core.ports import Adapter, Clock
from core.store import Store
from tests.contract.adapter_suite import PATIENCE, Rig, Said
from tests.fakes.telegram_server import Chat, Json, TelegramServer

QUICK = Pace(
    poll=20,
    first_delay=0.001,
    longest_delay=0.01,
    before_preview=0.0,
    between_drafts=0.0,
    renew_draft=0.01,
    before_growing=0.0,
    between_edits=0.0,
    last_draft=PATIENCE,
)


KEY = b"k" * 32


async def _no_history(_address: Address) -> Sequence[Line]:
    return []


def surroundings(store: Callable[[], Store] = no_store, clock: Clock | None = None, **more: Any) -> Surroundings:
    return Surroundings(clock or SystemClock(), KEY, _no_history, {}, store=store, **more)


class TelegramRig(Rig):
    def __init__(self, server: TelegramServer, around: Surroundings | None = None, **how: Any) -> None:
        """`how` is what else the adapter is made with."""
        self.server = server
        self.ada = server.person("Ada", "de")
        stranger = server.person("Bob")
        stranger.chat.closed = "Forbidden: bot was blocked by the user"
        self.adapter = TelegramAdapter(server.token, server.url, around or surroundings(), **{"pace": QUICK, **how})
        self.address = Address("telegram", "", str(self.ada.chat.id))
        self.gone = Address("telegram", "", str(stranger.chat.id))
        self._said: dict[str, Json] = {}

    def at(self, chat: Chat, thread: str = "") -> Address:
        return Address("telegram", "", str(chat.id), thread)

    async def say(self, text: str) -> Said:
        return self._keep(self.ada.say(text))

    async def seen(self) -> Sequence[str]:
        await self.server.until(lambda: True)
        return [*self.ada.chat.texts, *(text for text in self.ada.chat.drafts.values() if text)]

    async def press(self, choice: Choice) -> Said:
        newest = next(one for one in reversed(self.ada.chat.from_bot) if "reply_markup" in one)
        return self._keep(self.ada.press(newest, choice.data))

    async def repeat(self, said: Said) -> None:
        self.server.redeliver(self._said[said.event])

    async def bot_says(self, text: str) -> Said:
        return self._keep(self.server.person("Robot", is_bot=True).say(text, self.ada.chat))

    async def misconfigured(self) -> tuple[Adapter, str]:
        return TelegramAdapter("70000001:not-this-one", self.server.url, surroundings()), "TELEGRAM_BOT_TOKEN"

    async def refuse_next(self, after: dt.timedelta) -> None:
        self.server.rate_limit("sendMessage", int(after.total_seconds()))

    def foreign(self, task: asyncio.Task[object]) -> bool:
        coroutine = task.get_coro()
        return task.get_name() == "fake-telegram" or "aiohttp" in str(getattr(coroutine, "cr_code", ""))

    def _keep(self, update: Json) -> Said:
        self._said[str(update["update_id"])] = update
        return Said(str(update["update_id"]), self.server.taken(update))


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TelegramServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = await TelegramServer().start()
    yield server
    await server.stop()
    assert server.problems == []


@pytest.fixture
async def telegram(server: TelegramServer) -> TelegramRig:
    return TelegramRig(server)


@pytest.fixture
async def store(migrated_sqlite: Path, tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'remora.db')}")
    yield store
    await store.aclose()


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task], timeout=PATIENCE)
    assert task.done()
