"""What must be there before a start: the weights of the default model, fetched once."""

from __future__ import annotations

import sys
from collections.abc import Callable

from core.errors import Unavailable
from core.settings import Settings


def prepare(settings: Settings, say: Callable[[str], None]) -> None:
    """Fetches the weights if they are wanted and not there. Without them Remora starts all the same: reminders,
    schedule and commands need no model."""
    from core.lm.weights import DEFAULT_MODEL, ensure

    if settings.model_backend == "local" and settings.model == DEFAULT_MODEL:
        try:
            ensure(settings, say, terminal=sys.stderr.isatty())
        except Unavailable as error:
            say(f"starting without the language model: {error.what}")
            say(f"  mend: {error.mend}")
