"""The settings in force, each with where it comes from; secrets are only said to be set."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import SecretStr

from core.settings import Settings, setting_name

Source: TypeAlias = Literal["default", "environment", ".env", "file", "given"]
"""The default, a variable of the process, the file `.env`, the file that NAME_FILE names, or given when it was started."""
_HIDDEN = "********"


@dataclass(frozen=True, slots=True)
class Setting:
    """`value` may be shown to anybody who may see settings."""

    name: str
    value: object
    source: Source
    help: str


def effective(settings: Settings) -> Sequence[Setting]:
    """Every setting, in the order of `.env.example`. Reads `.env`: for a thread."""
    in_file = {name.upper(): value for name, value in dotenv_values(".env").items()}
    around = {name.upper(): value for name, value in os.environ.items()}
    found = []
    for field, info in Settings.model_fields.items():
        name, value = setting_name(field), getattr(settings, field)
        if isinstance(value, SecretStr):
            shown: object = _HIDDEN if value.get_secret_value() else ""
        else:
            shown = _without_password(str(value)) if field.endswith("url") else value
        found.append(Setting(name, shown, _source(settings, field, name, in_file, around), info.description or ""))
    return found


def _source(
    settings: Settings, field: str, name: str, in_file: dict[str, str | None], around: dict[str, str]
) -> Source:  # fmt: skip
    if field not in settings.model_fields_set:
        return "default"
    if around.get(name):
        return "environment"
    if in_file.get(name):
        return ".env"
    return "file" if around.get(f"{name}_FILE") else "given"


def _without_password(url: str) -> str:
    try:
        password = urlsplit(url).password
    except ValueError:
        return url
    return url.replace(f":{password}@", f":{_HIDDEN}@") if password else url
