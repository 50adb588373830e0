"""A log line is an event and its fields on one line; what looks like a secret is not in it."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from core.logs import configure, redact


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("https://api.telegram.org/bot123456789:AAExampleExampleExampleExampleExampl1/getMe", "AAExample"),
        ("token xoxb-123-456-abcDEF", "abcDEF"),
        ("token xapp-1-A1-123-abcdef", "abcdef"),
        ("postgresql://ann:hush@localhost/remora", "hush"),
        ("Authorization: Bearer sk-123456", "sk-123456"),
    ],
)
def test_a_secret_is_replaced(text: str, secret: str) -> None:
    assert secret in text
    assert secret not in redact(text)
    assert "***" in redact(text)


@pytest.mark.parametrize(
    "text", ["answered inbox=12 ms=30", "12:30:15", "http://127.0.0.1:8080/", "a@b.example", "2026-03-01T12:00:00"]
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is written to standard error; the tests' own handlers are put back afterwards."""
    root, written = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    root.handlers[:] = []
    monkeypatch.setattr(sys, "stderr", written)
    configure("INFO")
    yield written
    root.handlers[:] = handlers
    root.setLevel(level)


def test_fields_follow_the_event(logged: io.StringIO) -> None:
    logging.getLogger("core.turns").info("answered", extra={"inbox": 7, "ms": 12})
    line = logged.getvalue()
    assert "info    core.turns answered inbox=7 ms=12" in line
    assert line.count("\n") == 1


def test_a_traceback_holds_no_secret(logged: io.StringIO) -> None:
    try:
        raise ValueError("postgresql://ann:hush@localhost/remora")
    except ValueError:
        logging.getLogger("core").exception("broken")
    assert "ValueError" in logged.getvalue()
    assert "hush" not in logged.getvalue()


def test_the_http_libraries_do_not_log_their_addresses(logged: io.StringIO) -> None:
    for name in ("httpx", "httpx2", "telegram", "slack_sdk"):
        logging.getLogger(name).info("GET https://api.telegram.org/bot1:secret/getMe")
    assert logged.getvalue() == ""
