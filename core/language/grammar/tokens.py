"""Spans, tokens and the result of a parse: what the language modules and the task extraction share."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, NamedTuple

from core.language.values import Problem, When


class Span(NamedTuple):
    """A stretch of the source text, end excluded."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a language's grammar found, before zone data and task extraction."""

    when: When | None = None
    spans: tuple[Span, ...] = ()
    """What the time words took of the source, in order, not overlapping."""
    recurring: bool = False
    deadline: bool = False
    problem: Problem | None = None
    also: tuple[When, ...] = ()


NOTHING = Parsed()


def word_set(words: str) -> frozenset[str]:
    """The words of a text, written in a row because one on each line hides more than it shows."""
    return frozenset(words.split())


def toml_tables(name: str) -> dict[str, Any]:
    """The word lists of a TOML file beside this module; each is read once, when its reader is imported."""
    return tomllib.loads(files("core.language.grammar").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def merged(spans: list[Span]) -> tuple[Span, ...]:
    """The spans in order, those that touch or overlap joined to one."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return tuple(joined)
