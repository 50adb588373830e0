"""No secret is ever told: canaries in every secret of the settings, everything logged at DEBUG, and what people see."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots._app import platforms, running
from core import lm
from core.errors import RemoraError
from core.settings import Settings, load_settings
from tests.conftest import EVERYBODY
from tests.fakes.openai_server import openai_server
from tests.fakes.slack_server import SlackServer
from tests.fakes.telegram_server import TelegramServer

BIRD = "canary0Tweet"
TELEGRAM, SLACK, APP = f"70000001:{BIRD}-telegram", f"xoxb-{BIRD}", f"xapp-{BIRD}"
SECRETS = {
    "TELEGRAM_BOT_TOKEN": TELEGRAM,
    "SLACK_BOT_TOKEN": SLACK,
    "SLACK_APP_TOKEN": APP,
    "SLACK_SIGNING_SECRET": f"{BIRD}-signing",
    "OPENAI_API_KEY": f"{BIRD}-key",
    "SECRET_KEY": f"{BIRD}-secret-of-at-least-thirty-two-letters",
}
LOGGERS = (
    "httpx",
    "httpcore",
    "httpx2",
    "httpcore2",
    "telegram",
    "slack_sdk",
    "aiohttp",
    "sqlalchemy",
    "uvicorn",
    "asyncio",
)


class _Everything(logging.Handler):
    """Takes down each record as any handler could: message, arguments, fields and traceback."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{logging.Formatter().format(record)} {vars(record)!r}")


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Every logger there is, at DEBUG, whatever its owner has set."""
    root, everything = logging.getLogger(), _Everything()
    names = [*LOGGERS, *logging.Logger.manager.loggerDict]
    levels = {name: logging.getLogger(name).level for name in names}
    before = root.level
    root.addHandler(everything)
    root.setLevel(logging.DEBUG)
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield everything.lines
    root.removeHandler(everything)
    root.setLevel(before)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def talkative() -> None:
    """Once more, after the adapters have quietened their libraries."""
    for name in [*LOGGERS, *logging.Logger.manager.loggerDict]:
        logging.getLogger(name).setLevel(logging.DEBUG)


def settings_for(folder: Path, telegram: TelegramServer, slack: SlackServer, openai: str) -> Settings:
    return load_settings(
        _env_file=None, REMORA_DATA_DIR=folder / "data", HOST="127.0.0.1", PORT=0, REMORA_MODEL_BACKEND="openai_compat", REMORA_INTENT_ENCODER="off",
        OPENAI_BASE_URL=openai, OPENAI_MODEL="m", TELEGRAM_API_BASE_URL=telegram.url, SLACK_API_BASE_URL=slack.url,
        **SECRETS, **EVERYBODY,
    )  # fmt: skip


async def test_no_secret_is_in_any_log_at_any_level(tmp_path: Path, logged: list[str]) -> None:
    telegram, slack = await TelegramServer(TELEGRAM).start(), SlackServer()
    slack.token, slack.app_token = SLACK, APP
    await slack.start()
    try:
        async with openai_server() as openai:
            settings = settings_for(tmp_path, telegram, slack, openai.url)
            model = await asyncio.to_thread(lm.create, settings)
            adapters = await asyncio.to_thread(platforms, settings, "all", [])
            async with running(settings, adapters, model=model):
                talkative()
                ann, ada = telegram.person("Ann"), slack.person("Ada")
                telegram.drop("sendMessage")
                telegram.refuse("getUpdates", 502, html=True)
                slack.fault("refuse", "chat.postMessage", status=500, error="internal_error")
                ann.say("hello")
                ada.say("hello")
                await telegram.until(lambda: "Hello" in str(ann.chat.messages))
                await slack.until(lambda: ada.dm.texts)
                openai.status = 401
                ann.say("why is the sky blue")
                await telegram.until(lambda: "not available" in str(ann.chat.messages))
                telegram.refuse("getUpdates", 401, "Unauthorized", times=2)
                slack.cut()
                await slack.until(lambda: slack.hellos > 1)
    finally:
        await telegram.stop()
        await slack.stop()
    assert len(logged) > 100, "the libraries did log"
    assert [line for line in logged if BIRD in line] == []


@pytest.mark.parametrize("wrong", ["telegram", "slack"])
async def test_no_error_of_a_refused_token_holds_it(tmp_path: Path, logged: list[str], wrong: str) -> None:
    telegram, slack = await TelegramServer("1:other" if wrong == "telegram" else TELEGRAM).start(), SlackServer()
    slack.token, slack.app_token = ("xoxb-other" if wrong == "slack" else SLACK), APP
    await slack.start()
    try:
        settings = settings_for(tmp_path, telegram, slack, "http://127.0.0.1:9/v1")
        model = await asyncio.to_thread(lm.create, settings)
        adapters = await asyncio.to_thread(platforms, settings, "bot", [])
        with pytest.raises(RemoraError) as caught:
            async with running(settings, adapters, model=model):
                pass
    finally:
        await telegram.stop()
        await slack.stop()
    chain: list[BaseException] = [caught.value]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(cause)
    assert [text for error in chain if BIRD in (text := f"{error!r} {error}")] == []
    assert [line for line in logged if BIRD in line] == []


COMMANDS = [["config", "show", "--json"], ["doctor", "--json"], ["--debug", "run", "--role", "bot"]]


@pytest.mark.process
@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_secret_is_in_what_a_command_prints(tmp_path: Path, arguments: list[str]) -> None:
    """Nothing can be reached, and whatever fails says so: with tracebacks where they are wanted."""
    nowhere = "http://127.0.0.1:9"
    environment = {
        **{name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}, **SECRETS,
        "REMORA_DATA_DIR": str(tmp_path), "DATABASE_URL": f"postgresql://ann:{BIRD}@127.0.0.1:9/remora", "REMORA_MODEL_BACKEND": "openai_compat", "OPENAI_MODEL": "m", "PORT": "0",
        "OPENAI_BASE_URL": f"http://ann:{BIRD}@127.0.0.1:9/v1", "LOG_LEVEL": "DEBUG",
        "TELEGRAM_API_BASE_URL": nowhere, "SLACK_API_BASE_URL": f"{nowhere}/api/",
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "bots", *arguments], env=environment, cwd=tmp_path, capture_output=True, text=True,
        timeout=180, check=False,
    )  # fmt: skip
    assert done.stdout + done.stderr, "it said something"
    assert BIRD not in done.stdout + done.stderr
    if "--json" in arguments:
        assert all(json.loads(line) for line in done.stdout.splitlines())


def test_a_secret_is_blotted_out_of_tracebacks_for_every_handler(logged: list[str]) -> None:
    load_settings(_env_file=None, SECRET_KEY=f"{BIRD}-of-one-more-test-that-is-long")
    try:
        raise ValueError(f"https://example.org/?key={BIRD}-of-one-more-test-that-is-long")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("broken %s", f"{BIRD}-of-one-more-test-that-is-long")
    assert "ValueError" in logged[-1].partition("{")[0]
    assert BIRD not in logged[-1].partition("{")[0]


def test_an_error_that_ends_the_program_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    load_settings(_env_file=None, OPENAI_API_KEY=f"{BIRD}-key-for-the-end")
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    try:
        raise ValueError(f"{BIRD}-key-for-the-end")
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert "ValueError: ***" in written.getvalue()
