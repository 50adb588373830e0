"""Intents that are the same are compiled once a process: it takes a second or two, and what comes of it never changes."""

from __future__ import annotations

from collections.abc import Sequence

from core.intents.definition import Intent
from core.intents.encoders import Cached
from core.intents.recognition import Recognizer, compiled

_known: dict[str, Recognizer] = {}


def once(intents: Sequence[Intent], encoders: Sequence[Cached]) -> Recognizer:
    """Stands in for `compiled`."""
    if encoders:
        return compiled(intents, encoders)
    key = repr(tuple(intents))
    if key not in _known:
        _known[key] = compiled(intents, encoders)
    return _known[key]
