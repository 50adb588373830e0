"""What may not reach a log: the debug lines of Slack's library hold people's words, whole requests and the socket's
one-time address; the text of an unforeseen error may hold a person's words too."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

from core import logs

log = logging.getLogger(__name__)

_TICKET = re.compile(r"(?<=ticket=)[\w%.-]+")


def redact(text: str) -> str:
    """The text with every token and every ticket of a socket in it replaced."""
    return _TICKET.sub("***", logs.redact(text))


class _ErrorsOnly(logging.Filter):
    """A filter and not a level: levels are changed from outside, filters are not."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            return False
        record.msg, record.args = redact(record.getMessage()), ()
        return True


def library_logger() -> logging.Logger:
    """The one logger that Slack's library gets."""
    logger = logging.getLogger("adapters.slack.library")
    if not logger.filters:
        logger.addFilter(_ErrorsOnly())
    return logger


def say_if_broken(kind: str, task: asyncio.Task[Any]) -> None:
    """To be called when a task has ended that nobody may wait for to the end: logs an error by its type and place."""
    if not task.cancelled() and (error := task.exception()) is not None:
        fields = {"kind": kind, "error": type(error).__name__, "at": _place(error)}
        log.error("an event could not be dealt with", extra=fields)


def _place(error: BaseException) -> str:
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    return f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else "unknown place"
