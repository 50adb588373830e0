"""`remora init`: asks for the platforms' tokens, tries each of them, and writes `.env`."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from core.errors import ConfigurationError, RemoraError, Unavailable

_TELEGRAM = """Telegram: open https://t.me/BotFather, send /newbot, choose a name; it answers with a token."""
_SLACK = """Slack: open https://api.slack.com/apps?new_app=1, choose "From a manifest", paste what `remora slack manifest` prints.
  Then Install App -> Bot User OAuth Token (xoxb-), and
  Basic Information -> App-Level Tokens -> one with connections:write (xapp-)."""


@dataclass(frozen=True, slots=True)
class Question:
    setting: str
    says: str
    shape: str
    looks_like: str
    method: str
    """What is called to try it; {} is the token, for Telegram."""


_QUESTIONS = {
    _TELEGRAM: [
        Question("TELEGRAM_BOT_TOKEN", "Telegram bot token", r"\d+:[\w-]+", "123456:letters-and-digits", "/bot{}/getMe")
    ],
    _SLACK: [
        Question("SLACK_BOT_TOKEN", "Slack bot token", r"xoxb-[\w-]+", "xoxb-...", "auth.test"),
        Question("SLACK_APP_TOKEN", "Slack app-level token", r"xapp-[\w-]+", "xapp-...", "apps.connections.open"),
    ],
}


@click.command()
@click.option("--file", default=".env", show_default=True, help="Where the settings are written.")
def command(file: str) -> None:
    """Connect to Telegram and Slack: asks for the tokens, tries each, and writes .env (readable by you alone)."""
    from dotenv import dotenv_values

    from core.logs import configure
    from core.settings import load_settings

    if not at_a_terminal():
        raise RemoraError(
            "init asks questions, and there is nobody to answer them: standard input is not a terminal",
            "run it in a terminal, or copy .env.example to .env and fill it in",
        )
    configure("ERROR")
    path, settings = Path(file), load_settings()
    roots = {"T": settings.telegram_api_base_url.rstrip("/"), "S": settings.slack_api_base_url}
    known = dotenv_values(path, interpolate=False)
    given: dict[str, str] = {}
    for steps, questions in _QUESTIONS.items():
        click.echo(f"\n{steps}")
        for question in questions:
            token = _ask(question, known.get(question.setting) or "", roots[question.setting[0]])
            given[question.setting] = token
            if not token:
                break
    write(path, given)
    click.echo(f"\nwritten: {path} (readable by you alone); .env.example explains every other setting")
    click.echo("next: remora run. It prints a one-time code: send it to the bot in a private chat, and it is yours")


def at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _ask(question: Question, known: str, root: str) -> str:
    """A token that works; "" where the platform is to stay off."""
    rest = "empty: keep the present one, -: off" if known else "empty: leave it off"
    while True:
        typed = click.prompt(f"{question.says} ({rest})", default="", show_default=False, hide_input=True).strip()
        token = "" if typed == "-" else typed or known
        if not token:
            return ""
        if not re.fullmatch(question.shape, token, re.ASCII):
            click.echo(f"  that is no token of this kind: those look like {question.looks_like}")
            continue
        try:
            click.echo(f"  it works: {_tried(question, token, root)}")
        except Unavailable as error:
            click.echo(f"  it could not be tried: {error.what}")
            if not click.confirm("  keep it all the same?", default=False):
                continue
        except ConfigurationError as error:
            click.echo(f"  {error.what}\n  mend: {error.mend}")
            continue
        return token


def _tried(question: Question, token: str, root: str) -> str:
    """Who the platform says this is. Raises `Unavailable` or `ConfigurationError`; neither holds the token."""
    import httpx2

    telegram = question.method.startswith("/")
    url = root + question.method.format(token)
    headers = {} if telegram else {"Authorization": f"Bearer {token}"}
    reason = ""
    try:
        answer = httpx2.post(url, headers=headers, timeout=20.0).json()
    except (httpx2.HTTPError, ValueError) as error:
        reason = type(error).__name__  # their text may hold the address, and Telegram's address the token
    if reason or not isinstance(answer, dict):
        raise Unavailable(f"{root.partition('://')[2]} does not answer as expected {reason}".rstrip())
    if not answer.get("ok"):
        why = str(answer.get("description") or answer.get("error"))
        raise ConfigurationError(f"the platform refuses it: {why}", "copy it again, whole")
    if telegram:
        return f"@{answer['result'].get('username', '')}"
    return (
        " in ".join(str(answer[name]) for name in ("user", "team") if answer.get(name)) or "connections can be opened"
    )


def write(path: Path, given: Mapping[str, str]) -> None:
    """Puts the settings into the file, in place of what stands there; everything else in it stays. All or nothing."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    left = dict(given)
    for at, line in enumerate(lines):
        name = line.partition("=")[0].strip()
        if name in left:
            lines[at] = f"{name}={left.pop(name)}"
    lines += [f"{name}={value}" for name, value in left.items() if value]
    fresh = path.with_name(f"{path.name}.new")
    try:
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        fresh.replace(path)
    except OSError as error:
        raise RemoraError(f"{path} cannot be written: {error.strerror}", "choose another place with --file") from error
