"""The whole product with Telegram, on the small Telegram of the tests: a webhook through the web side; the command line."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from bots._app import App, platforms, running
from core import health
from core.clock import SystemClock
from core.errors import Unavailable
from core.ports import Adapter
from core.settings import Settings
from core.store import Store
from tests.contract.telegram_rig import server  # noqa: F401  # fixtures among them
from tests.fakes.telegram_server import TelegramServer
from tests.unit.spine import settings_in


def free_port() -> int:
    """Below those that the kernel gives out, so that nobody beside us is given it before we take it."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


async def made(
    server: TelegramServer, folder: Path, port: int, roles: Sequence[tuple[str, list[App]]]
) -> tuple[Settings, list[list[Adapter]]]:
    """The settings, with a webhook where a port is given, and the adapters of each role."""

    def make() -> tuple[Settings, list[list[Adapter]]]:
        public = {"PORT": str(port)} | ({"PUBLIC_URL": f"http://127.0.0.1:{port}"} if port else {})
        settings = settings_in(folder, REMORA_MODEL_BACKEND="scripted", **server.env(), **public)
        return settings, [platforms(settings, role, here) for role, here in roles]

    return await asyncio.to_thread(make)


async def bring(server: TelegramServer, update: object, secret: str = "") -> int:
    """As Telegram does it; returns the status."""
    header = {"X-Telegram-Bot-Api-Secret-Token": secret or server.secret}
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        return (await http.post(server.webhook, json=update, headers=header)).status_code


async def test_messages_that_are_brought_are_answered(server: TelegramServer, tmp_path: Path) -> None:
    port, here = free_port(), list[App]()
    settings, (adapters,) = await made(server, tmp_path, port, (("all", here),))
    ada = server.person("Ada", "zh-hans")
    async with running(settings, adapters) as app:
        here.append(app)
        await server.until(lambda: server.webhook)
        assert await bring(server, ada.say("hello"), secret="wrong") == 401
        assert await bring(server, ada.say("hello")) == 200
        await server.until(lambda: ada.chat.texts)
        await server.until(lambda: server.commands)
        await bring(server, ada.react(ada.chat.from_bot[0], "👍"))
        await app.settled()
    assert ada.chat.texts == ["hello"]
    assert server.calls("getUpdates") == []


async def test_a_process_without_the_web_side_leaves_the_webhook_to_the_one_that_has_it(
    server: TelegramServer, tmp_path: Path
) -> None:
    port, here = free_port(), list[App]()
    settings, (answering, taking) = await made(server, tmp_path, port, (("bot", []), ("web", here)))
    ada = server.person("Ada")
    async with running(settings, answering) as bot:
        async with running(settings, taking, intake=True) as web:
            here.append(web)
            await server.until(lambda: server.webhook)
            assert await bring(server, ada.say("hello")) == 200
            await server.until(lambda: ada.chat.texts)
        await bot.settled()
    assert server.calls("getUpdates") == []
    assert len(server.calls("setWebhook")) == 1


async def remora(*arguments: str, **settings: str) -> tuple[int, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bots", *arguments, env=kept | {"PYTHONPATH": str(Path(__file__).parents[2])} | settings,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said = (await process.communicate())[0].decode()
    return process.returncode or 0, said


async def test_setup_tells_telegram_our_commands_and_says_what_is_left_to_do(
    server: TelegramServer, tmp_path: Path
) -> None:
    code, said = await remora("telegram", "setup", REMORA_DATA_DIR=str(tmp_path), **server.env())
    assert code == 0, said
    assert "https://t.me/remora_bot?startgroup=" in said
    assert {scope for scope, _ in server.commands} == {
        "all_private_chats", "all_group_chats", "all_chat_administrators",
    }  # fmt: skip
    assert server.token not in said


async def test_setup_does_not_say_done_where_telegram_refused(server: TelegramServer, tmp_path: Path) -> None:
    server.refuse("setMyCommands", 400, "Bad Request: not today")
    code, said = await remora("telegram", "setup", REMORA_DATA_DIR=str(tmp_path), **server.env())
    assert code != 0
    assert "was not told of our commands" in said
    assert "Telegram knows" not in said


async def test_doctor_hears_what_troubles_the_running_process(server: TelegramServer, tmp_path: Path) -> None:
    here = list[App]()
    settings, (adapters,) = await made(server, tmp_path, 0, (("all", here),))
    server.refuse("getUpdates", 409, "Conflict: terminated by other getUpdates request", times=2)
    ada = server.person("Ada")
    ada.say("hello")
    async with running(settings, adapters) as app:
        here.append(app)
        await server.until(lambda: ada.chat.texts)
    store = Store(settings.store_url)
    try:
        with pytest.raises(Unavailable, match="another program fetches") as caught:
            await health.troubles(store, SystemClock())
    finally:
        await store.aclose()
    assert "@BotFather" in caught.value.mend
    scripted = {"REMORA_DATA_DIR": str(settings.data_dir), "REMORA_MODEL_BACKEND": "scripted", "PORT": "0"}
    code, said = await remora("doctor", **scripted, **server.env())
    assert code == 1
    assert "WRONG troubles: another program fetches" in said
    assert "privacy mode is on" in said
    assert server.token not in said
