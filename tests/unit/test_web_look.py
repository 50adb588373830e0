"""The pages are complete in both languages, and pick the one that the browser asks for."""

from __future__ import annotations

import re
from importlib import resources

import pytest

from adapters.web.look import accepted, load_words


def sources() -> str:
    package = resources.files("adapters.web")
    files = [file for folder in ("templates", "static") for file in (package / folder).iterdir()]
    python = [package / "pages.py"]
    return "\n".join(file.read_text(encoding="utf-8") for file in [*files, *python])


def test_both_languages_say_the_same_things() -> None:
    words = load_words()
    assert words["en"].keys() == words["zh"].keys()
    assert all(text.strip() for language in words.values() for text in language.values())


def test_every_word_is_used_and_every_used_word_exists() -> None:
    used = set(re.findall(r"\bwords\.(\w+)", sources())) | set(
        re.findall(r'words(?:\(request\))?\["(\w+)"\]', sources())
    )
    used |= {"try_1", "try_2", "try_3"}  # asked for by a loop
    assert used - {"textContent", "dataset"} == set(load_words()["en"])


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("", []),
        ("zh-CN", ["zh-CN"]),
        ("en;q=0.5, zh-TW", ["zh-TW", "en"]),
        ("fr;q=0, de;q=junk, en;q=0.1", ["en"]),
        (",,;;q=,*,<b>,en_US,zh-Hans-CN", ["zh-Hans-CN"]),
        ("en, " * 1000, ["en"] * 20),
    ],
)
def test_a_header_of_languages_is_read_best_first(header: str, tags: list[str]) -> None:
    assert accepted(header) == tags
