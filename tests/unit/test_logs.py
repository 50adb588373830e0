"""A log line is an event and its fields on one line; what looks like a secret is not in it."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from core.logs import configure, hide, redact


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


def test_what_is_hidden_stands_in_no_record_of_any_logger(
    logged: io.StringIO, caplog: pytest.LogCaptureFixture
) -> None:
    hide("7:short-canary")
    hide("7:short-canary")
    logging.getLogger("made.before.or.after").error("at /bot%s/getMe and %d", "7:short-canary", 3)
    logging.getLogger("wrong").error("one %s too %s few 7:short-canary", "argument")
    try:
        raise ValueError("the token `7:short-canary` was rejected")
    except ValueError:
        logging.getLogger("core").exception("broken", extra={"url": "/bot7:short-canary/"})
    assert "at /bot***/getMe and 3" in logged.getvalue()
    assert "short-canary" not in logged.getvalue()
    assert "short-canary" not in "".join(f"{record.msg} {record.args}" for record in caplog.records)
