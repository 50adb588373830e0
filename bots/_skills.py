"""What a bot can do: what every bot can, and the skills of its own folder with the words that they say.

`skills.py` in a bot's folder exports `SKILLS`; `words.toml` beside it holds a table a phrase, with `en` and `zh`, said as
`say(language, "BOT.KEY")`. Neither need be there.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from core import skills
from core.errors import ConfigurationError
from core.language import phrases
from core.skills.base import Skill

BOTS = Path(__file__).parent


@cache
def skills_of(bot: str) -> tuple[Skill, ...]:
    """In the order in which they are asked. Raises `ConfigurationError` where the bot's own cannot be used."""
    found = list(skills.available())
    if not bot.isidentifier():  # such a folder cannot hold a module
        return tuple(found)
    _learn_words(BOTS / bot / "words.toml", bot)
    if find_spec(f"bots.{bot}") is not None and find_spec(f"bots.{bot}.skills") is not None:
        found += import_module(f"bots.{bot}.skills").SKILLS
    for what, names in (
        ("skill", [skill.name for skill in found]),
        ("command", [command for skill in found for command in skill.commands]),
    ):
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ConfigurationError(f"bots/{bot}/skills.py: the {what} “{twice[0]}” is there already", "rename it")
    return tuple(sorted(found, key=lambda skill: (skill.order, skill.name)))


def _learn_words(file: Path, bot: str) -> None:
    if not file.is_file():
        return
    try:
        said = tomllib.loads(file.read_text(encoding="utf-8"))
        for language in phrases.LANGUAGES:
            words = {f"{bot}.{key}": str(texts[language]) for key, texts in said.items()}
            phrases.phrases(language).update(words)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"bots/{bot}/words.toml cannot be used: {error}", "give each phrase a table with en and zh"
        ) from error
