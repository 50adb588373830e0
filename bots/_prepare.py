"""What must be there before a start: weights that are fetched once, of the default model and of an encoder."""

from __future__ import annotations

import sys
from collections.abc import Callable

from core.errors import Unavailable
from core.settings import Settings


def prepare(settings: Settings, say: Callable[[str], None]) -> None:
    """Fetches the weights if they are wanted and not there. Without them Remora starts all the same: reminders,
    schedule and commands need no model, and intents are recognised with what is there."""
    from core.intents import minilm
    from core.lm.weights import DEFAULT_MODEL, ensure

    if settings.model_backend == "local" and settings.model == DEFAULT_MODEL:
        try:
            ensure(settings, say, terminal=sys.stderr.isatty())
        except Unavailable as error:
            say(f"starting without the language model: {error.what}")
            say(f"  mend: {error.mend}")
    if settings.model_backend in ("local", "openai_compat") and settings.intent_encoder == "full":
        try:
            minilm.ensure(settings.data_dir / "models" / minilm.NAME)
        except (Unavailable, minilm.Damaged, OSError) as error:
            say(f"starting without an encoder for English: {error}".splitlines()[0])
