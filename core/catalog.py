"""The bots: who the assistant is. A bot is a folder with a `bot.toml`; the files are the seed of what admins edit."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigurationError
from core.language.phrases import LANGUAGES, Language


@dataclass(frozen=True, slots=True)
class Bot:
    """A persona in each language. `{date}`, `{time}` and `{weekday}` in it are filled in for each turn."""

    name: str
    title: str
    personas: dict[Language, str]
    documents_only: bool = False
    """A question that its documents do not answer is not answered by the model."""


def load_bot(folder: Path) -> Bot:
    """Reads a bot's folder; raises `ConfigurationError` that names the file and the fault."""
    file = folder / "bot.toml"
    if not file.is_file():
        found = sorted(path.parent.name for path in folder.parent.glob("*/bot.toml"))
        raise ConfigurationError(f"REMORA_BOT: there is no bot “{folder.name}”", f"choose one of: {', '.join(found)}")
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        personas: dict[Language, str] = {language: str(data["persona"][language]).strip() for language in LANGUAGES}
        return Bot(folder.name, str(data["title"]), personas, data.get("documents_only") is True)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{folder.name}/bot.toml cannot be used: {error}", "compare it with bots/assistant/bot.toml"
        ) from error
