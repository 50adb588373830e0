"""What the assistant says in its own words. Every phrase is in en.toml and in zh.toml; a test holds them to each other."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@cache
def phrases(language: Language) -> dict[str, str]:
    """All phrases of a language by key."""
    text = files("core.language").joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return {key: str(value) for key, value in tomllib.loads(text).items()}


def language_of(name: str | None) -> Language:
    """Which of our languages a kept choice ("zh"), a locale ("zh-CN", "zh_hans") or a browser's list of them means."""
    return "zh" if (name or "").lower().startswith("zh") else "en"


def say(language: Language, key: str, **fields: object) -> str:
    """The phrase with its fields filled in. An unknown key or a missing field is a mistake in our code."""
    return phrases(language)[key].format(**fields)


def say_as(bot: str, language: Language, key: str, **fields: object) -> str:
    """As `say`, in the bot's own words where it has some for this: "support.model_off" before "model_off"."""
    own = f"{bot}.{key}"
    return say(language, own if own in phrases(language) else key, **fields)


def counted(language: Language, key: str, count: int, **fields: object) -> str:
    """The phrase for so many: `key` with "_one" behind it where that exists and there is one."""
    one = f"{key}_one"
    return say(language, one if count == 1 and one in phrases(language) else key, count=count, **fields)
