"""The logger handed to Slack's library. Its debug lines hold people's words, whole requests and the socket's
one-time address; none of that may reach a log at any level."""

from __future__ import annotations

import logging
import re

from core import logs

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
