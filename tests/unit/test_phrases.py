"""Every phrase that code says exists in both languages, with the fields that it is given; and none is left over."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from bots._skills import BOTS, skills_of
from core.language.phrases import LANGUAGES, Language, phrases, say

ROOT = Path(__file__).parents[2]
for _bot in BOTS.glob("*/bot.toml"):
    skills_of(_bot.parent.name)  # with the words of its own


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def said() -> Iterator[tuple[str, str, set[str] | None]]:
    """Where a phrase is said with a key that stands there: file and line, key, and the fields (None: not to be seen)."""
    for path in sorted(file for folder in ("core", "adapters", "bots") for file in (ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("say", "counted")
            ):
                continue
            if len(node.args) < 2:
                continue
            given = {keyword.arg for keyword in node.keywords if keyword.arg}
            given |= {"count"} if node.func.id == "counted" else set()
            hidden = any(keyword.arg is None for keyword in node.keywords)
            for key in constants(node.args[1]):
                yield f"{path.relative_to(ROOT)}:{node.lineno}", key, None if hidden else given


def constants(node: ast.expr) -> list[str]:
    match node:
        case ast.Constant(value=str(key)):
            return [key]
        case ast.IfExp(body=body, orelse=orelse):
            return constants(body) + constants(orelse)
    return []


def words() -> set[str]:
    """Every string constant of the product that may be a key."""
    return {
        node.value
        for folder in ("core", "adapters", "bots")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_the_languages_have_the_same_keys() -> None:
    english, chinese = (set(phrases(language)) for language in LANGUAGES)
    assert english - chinese - {key for key in english if key.endswith("_one")} == set()
    assert chinese - english == set()


@pytest.mark.parametrize("key", sorted(phrases("en")))
def test_a_phrase_has_the_same_fields_in_both_languages(key: str) -> None:
    both = [fields(phrases(language)[key]) for language in LANGUAGES if key in phrases(language)]
    assert all(one == both[0] for one in both)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phrase_says_something(language: Language) -> None:
    assert [key for key, text in phrases(language).items() if not text.strip() and not key.endswith("_bare")] == []


def test_what_code_says_exists_with_its_fields() -> None:
    problems = []
    for where, key, given in said():
        for language in LANGUAGES:
            if key not in phrases(language):
                problems.append(f"{where}: {key} is not in {language}.toml")
            elif given is not None and fields(phrases(language)[key]) - given:
                problems.append(f"{where}: {key} wants {fields(phrases(language)[key]) - given}")
    assert problems == []


def beginnings() -> tuple[str, ...]:
    """The beginnings of keys that code puts together, such as "rule_every_"."""
    return tuple(
        str(node.values[0].value)
        for folder in ("core", "adapters", "bots")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.JoinedStr)
        and isinstance(node.values[0], ast.Constant)
        and re.fullmatch(r"[a-z]+_([a-z]+_)*|[a-z]+\.", str(node.values[0].value))
    )


def of_a_bot(key: str, used: set[str]) -> bool:
    """A bot's skills put its name before the key: f"{NAME}.why", or f"{NAME}.{key}" with a key that stands elsewhere."""
    bot, _, own = key.partition(".")
    return bool(own) and (BOTS / bot).is_dir() and bool({own, f".{own}", own.removesuffix("_one")} & used)


def test_no_phrase_is_left_over() -> None:
    used, made = words(), beginnings()
    left = {
        key
        for key in phrases("en")
        if key not in used
        and key.removesuffix("_one") not in used
        and not key.startswith(made)
        and not of_a_bot(key, used)
    }
    assert sorted(left) == []


def test_what_a_person_wrote_is_not_read_as_a_pattern() -> None:
    assert "{0.__class__}" in say("en", "unknown_command", command="{0.__class__}")


def test_an_unknown_key_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        say("en", "no_such_phrase")
