"""Logging: events with fields, one line each; never a person's words, never a secret."""

from __future__ import annotations

import logging
import re
import sys
import traceback
from types import TracebackType
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRETS = re.compile(
    r"(\d{6,12}:[A-Za-z0-9_-]{30,}|xox[a-z]-[\w-]+|xapp-[\w-]+|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)|(?<=Bearer )\S+)"
)

_SHORTEST = 6
"""Characters of a secret that is looked for; a shorter one would blot out ordinary words."""
_hidden: set[str] = set()
_made_by: list[Any] = []


def redact(text: str) -> str:
    """Replaces what looks like a platform token, a bearer key or a password in a URL, and what was hidden."""
    text = _SECRETS.sub("***", text)  # first: a hidden secret may be the beginning of another one
    for secret in sorted(_hidden, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def hide(secret: str) -> None:
    """From now on this secret stands in no record of any logger, at whatever level and for whichever handler; nor in the
    traceback of an error that ends the program."""
    if len(secret) < _SHORTEST:
        return
    _hidden.add(secret)
    make = logging.getLogRecordFactory()
    if make is not _blotted:
        _made_by.append(make)
        logging.setLogRecordFactory(_blotted)
        sys.excepthook = _uncaught


def _blotted(*args: Any, **more: Any) -> logging.LogRecord:
    record: logging.LogRecord = _made_by[-1](*args, **more)
    try:
        text = record.getMessage()
    except (TypeError, ValueError):
        text = str(record.msg)
    if any(secret in text for secret in _hidden):
        record.msg, record.args = redact(text), None
    if record.exc_info:  # handlers take what stands here, and format the error themselves only where nothing does
        record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
    return record


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = " ".join(f"{key}={value}" for key, value in vars(record).items() if key not in _STANDARD)
        moment = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        line = f"{moment} {record.levelname.lower():7} {record.name} {record.getMessage()} {fields}".rstrip()
        if record.exc_info:
            line += f"\n{record.exc_text or self.formatException(record.exc_info)}"
        return redact(line)


def configure(level: str, *more: logging.Handler) -> None:
    """Logs to standard error at `level`, and to `more` handlers. The HTTP libraries stay at WARNING: they log URLs, and Telegram's hold the token."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines())
    logging.basicConfig(level=level, handlers=[handler, *more], force=True)
    for noisy in (
        "alembic",
        "apscheduler",
        "httpx",
        "httpcore",
        "httpx2",
        "httpcore2",
        "telegram",
        "slack_sdk",
        "aiosqlite",
        "asyncio",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.access").setLevel(logging.ERROR)
