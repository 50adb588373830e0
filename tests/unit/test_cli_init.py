"""`remora init`: the tokens are tried before they are written, and only their owner can read the file."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner, Result

from bots._cli import init
from core.errors import RemoraError

TELEGRAM, BOT, APP = "123456:canary-telegram", "xoxb-canary-bot", "xapp-canary-app"
ANSWERS = {
    "/getMe": {"ok": True, "result": {"username": "remora_bot"}},
    "auth.test": {"ok": True, "user": "remora", "team": "Acme"},
    "apps.connections.open": {"ok": True, "url": "wss://x"},
}


@pytest.fixture
def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs it with these lines typed; what the platforms say can be replaced."""
    for name in ("TELEGRAM_API_BASE_URL", "SLACK_API_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*typed: str, says: dict[str, object] | None = None, terminal: bool = True) -> Result:
        def post(url: str, **_more: object) -> httpx2.Response:
            found = next(value for end, value in (ANSWERS | (says or {})).items() if url.endswith(end))
            if isinstance(found, Exception):
                raise found
            return httpx2.Response(200, json=found)

        monkeypatch.setattr(httpx2, "post", post)
        monkeypatch.setattr(init, "at_a_terminal", lambda: terminal)
        return CliRunner().invoke(init.command, input="\n".join(typed) + "\n")

    return run


def written(folder: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in (folder / ".env").read_text().splitlines() if "=" in line)


def test_tokens_that_work_are_written_for_their_owner_alone(answer: Callable[..., Result], tmp_path: Path) -> None:
    done = answer(TELEGRAM, BOT, APP)
    assert done.exit_code == 0, done.output
    assert "@remora_bot" in done.output
    assert "remora in Acme" in done.output
    assert written(tmp_path) == {"TELEGRAM_BOT_TOKEN": TELEGRAM, "SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": APP}
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
    assert "canary" not in done.output, "what is typed is not shown"


def test_what_else_stands_in_the_file_stays(answer: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("# mine\nPORT=9\nTELEGRAM_BOT_TOKEN=1:old\nOTHER=a=b\n")
    assert answer(TELEGRAM, "").exit_code == 0
    assert (tmp_path / ".env").read_text() == f"# mine\nPORT=9\nTELEGRAM_BOT_TOKEN={TELEGRAM}\nOTHER=a=b\n"


def test_nothing_typed_keeps_a_token_and_a_dash_takes_it_away(answer: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"TELEGRAM_BOT_TOKEN={TELEGRAM}\nSLACK_BOT_TOKEN={BOT}\nSLACK_APP_TOKEN={APP}\n")
    assert answer("", "", "-").exit_code == 0
    assert written(tmp_path) == {"TELEGRAM_BOT_TOKEN": TELEGRAM, "SLACK_BOT_TOKEN": BOT, "SLACK_APP_TOKEN": ""}


@pytest.mark.parametrize("wrong", ["hello", "xoxb-1", "12:3 4", BOT])
def test_what_is_no_token_is_asked_again(answer: Callable[..., Result], tmp_path: Path, wrong: str) -> None:
    done = answer(wrong, TELEGRAM, "")
    assert "those look like" in done.output
    assert written(tmp_path) == {"TELEGRAM_BOT_TOKEN": TELEGRAM}


def test_a_token_that_is_refused_is_asked_again_with_the_reason(answer: Callable[..., Result]) -> None:
    done = answer("", BOT, "", says={"auth.test": {"ok": False, "error": "token_revoked"}})
    assert "token_revoked" in done.output
    assert "mend" in done.output


@pytest.mark.parametrize("keep", ["y", "n"])
def test_without_a_network_it_is_ones_own_choice(answer: Callable[..., Result], tmp_path: Path, keep: str) -> None:
    fault = httpx2.ConnectError(f"https://api.telegram.org/bot{TELEGRAM}/getMe")
    done = answer(TELEGRAM, keep, "", "", says={"/getMe": fault})
    assert "could not be tried" in done.output
    assert "canary" not in done.output
    assert written(tmp_path).get("TELEGRAM_BOT_TOKEN", "") == (TELEGRAM if keep == "y" else "")


def test_without_a_terminal_it_says_what_to_do_instead(answer: Callable[..., Result], tmp_path: Path) -> None:
    done = answer(terminal=False)
    assert isinstance(done.exception, RemoraError)
    assert "not a terminal" in done.exception.what
    assert ".env.example" in done.exception.mend
    assert not (tmp_path / ".env").exists()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(RemoraError, match="cannot be written"):
        init.write(tmp_path / "nowhere" / ".env", {"PORT": "1"})
