"""What is left of a sentence when its time words are taken out: the task, its recipient, whether it asks to be reminded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from core.language.grammar.normalise import Normalised
from core.language.grammar.tokens import Span

GAP = "\x1f"
"""Stands in the text where time words were cut out; a frame pattern may allow for it."""


@dataclass(frozen=True, slots=True)
class FrameLexicon:
    """How a language asks to be reminded.

    `requests` are searched in order in the lower-case text, time words replaced by one `GAP` each; the first that
    matches is cut out and makes it a request. Its groups, all optional: "who" is the recipient, "task" (if it matched) is the whole task.
    `polite` is removed wherever it matches once a request was found. `leading` and `trailing` are cut from the ends of what is left
    until nothing changes ("to", "that I should", "about", ":"). Patterns are written for lower case, linear in the text.
    `recipient` turns what "who" matched to None (the writer), "@ann", "channel" or "us".
    """

    requests: tuple[re.Pattern[str], ...]
    polite: re.Pattern[str]
    leading: re.Pattern[str]
    trailing: re.Pattern[str]
    recipient: Callable[[str], str | None]
    joiner: str = " "
    """Put where time words were cut out of the middle: a space, or nothing in Chinese."""


@dataclass(frozen=True, slots=True)
class Framed:
    """A task in the words and letter case of the source."""

    task: str
    recipient: str | None
    asks_reminder: bool
