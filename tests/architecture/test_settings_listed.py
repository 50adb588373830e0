"""`.env.example` lists every setting with its default and a sentence, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from core.settings import Settings, setting_name

EXAMPLE = Path(__file__).parents[2] / ".env.example"
FIELDS = sorted(Settings.model_fields)


def listed() -> dict[str, tuple[str, str]]:
    """Each setting of the file with its value and the comment above it."""
    found: dict[str, tuple[str, str]] = {}
    comment: list[str] = []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if setting := re.fullmatch(r"#?\s?([A-Z][A-Z0-9_]+)=(.*)", line):
            found[setting[1]] = (setting[2].strip(), " ".join(comment))
            comment = []
        elif line.startswith("#"):
            comment.append(line.lstrip("# "))
        else:
            comment = []
    return found


@pytest.mark.parametrize("field", FIELDS)
def test_a_setting_is_listed_with_its_default_and_a_sentence(field: str) -> None:
    name, info = setting_name(field), Settings.model_fields[field]
    assert name in listed(), f"{name} is not in .env.example"
    value, comment = listed()[name]
    default = info.default.get_secret_value() if isinstance(info.default, SecretStr) else info.default
    assert value == ("" if default is None else str(default))
    assert comment.rstrip().endswith((".", ")")), f"{name} has no sentence"


def test_nothing_is_listed_that_does_not_exist() -> None:
    assert sorted(set(listed()) - {setting_name(field) for field in FIELDS}) == []


@pytest.mark.parametrize("field", FIELDS)
def test_a_setting_is_described(field: str) -> None:
    description = Settings.model_fields[field].description
    assert description
    assert description.endswith(".")
