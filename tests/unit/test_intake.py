"""A process with the web side keeps what comes over HTTP, for workers to answer; what comes otherwise it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bots._app import App, platforms, running
from core.store import inbox
from tests.fakes.model import FakeModel
from tests.fakes.platform import FakePlatform
from tests.unit.spine import settings_in

SLACK = {
    "SLACK_BOT_TOKEN": "xoxb-1",
    "SLACK_SIGNING_SECRET": "s",
    "PUBLIC_URL": "https://remora.example",
    "TELEGRAM_BOT_TOKEN": "",
}


def hooked(name: str) -> FakePlatform:
    platform = FakePlatform(name)
    platform.capabilities = replace(platform.capabilities, hooked=True)
    return platform


async def waiting(app: App, name: str) -> int:
    async with app.store.read() as tx:
        return await inbox.count_open(tx, [name])


async def test_what_comes_over_http_is_kept_here_and_answered_elsewhere(tmp_path: Path) -> None:
    door, browser = hooked("door"), FakePlatform("browser")
    async with running(settings_in(tmp_path), [door, browser], model=FakeModel(), intake=True) as app:
        await door.say("for a worker")
        assert await browser.ask("for us") != ""
        assert await waiting(app, "door") == 1
        assert list(app.adapters) == ["browser"]
    assert door.sent == []
    worker = hooked("door")
    async with running(settings_in(tmp_path), [worker], model=FakeModel(), listen=False):
        (answer,) = await worker.arrived(1)
    assert answer.reply_to == "1"


@pytest.mark.parametrize(
    ("role", "by_socket", "names"),
    [
        ("web", "", ["slack", "web"]),
        ("web", "xapp-1", ["web"]),
        ("bot", "xapp-1", ["slack"]),
        ("bot", "", ["slack"]),
        ("worker", "", ["slack", "web"]),
        ("all", "xapp-1", ["slack", "web"]),
    ],
)
def test_who_is_there_in_which_role(tmp_path: Path, role: str, by_socket: str, names: list[str]) -> None:
    settings = settings_in(tmp_path, SLACK_APP_TOKEN=by_socket, **SLACK)
    assert [adapter.name for adapter in platforms(settings, role, [])] == names
