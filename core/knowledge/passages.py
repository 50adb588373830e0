"""Passages: pieces of a document that can be quoted, each with where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any

from core.errors import RemoraError
from core.language.phrases import Language, say

LONGEST = 600
"""Of a passage, in letters; a Chinese character counts as two. It is quoted whole."""
MOST_PASSAGES = 5_000
"""Of a document: about 2 MB of text."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；])|\n")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


class Unreadable(RemoraError):
    """A file that cannot become a document; `key` names the phrase "knowledge_KEY" that says why, and how to mend it."""

    def __init__(self, key: str, **fields: object) -> None:
        self.key, self.fields = key, fields
        super().__init__(self.text("en"))

    def text(self, language: Language) -> str:
        return say(language, f"knowledge_{self.key}", **self.fields)


@dataclass(frozen=True, slots=True)
class Passage:
    """What is quoted whole."""

    text: str
    headings: tuple[str, ...] = ()
    """The path to it, from the outermost."""
    page: int = 0
    """Of a PDF, from 1; 0 where there are none."""
    questions: tuple[str, ...] = ()
    """What it is the answer to, where the document says so."""

    def stored(self) -> dict[str, Any]:
        """For JSON; without what says nothing."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Passage:
        """What `stored` gave."""
        paths = {name: tuple(stored.get(name, ())) for name in ("headings", "questions")}
        return cls(str(stored["text"]), page=int(stored.get("page", 0)), **paths)


@dataclass(frozen=True, slots=True)
class Document:
    """A file as it was read."""

    kind: str
    title: str
    passages: tuple[Passage, ...] = field(default_factory=tuple)


def width(text: str) -> int:
    return len(text) + len(_HAN.findall(text))


def joined(blocks: Iterable[Passage], name: str) -> tuple[Passage, ...]:
    """Paragraphs as passages: short ones of one section together, long ones cut where a sentence ends. Raises
    `Unreadable` where they are too many."""
    made: list[Passage] = []
    for (headings, page, questions), group in groupby(blocks, key=lambda one: (one.headings, one.page, one.questions)):
        texts = [one.text for one in group]
        whole = texts if questions else _filled([piece for text in texts for piece in _pieces(text)])
        made += [Passage(text, headings, page, questions) for text in whole]
        if len(made) > MOST_PASSAGES:
            raise Unreadable("too_long", name=name, limit=MOST_PASSAGES)
    return tuple(made)


def _pieces(paragraph: str) -> Iterator[str]:
    if width(paragraph) <= LONGEST:
        yield paragraph
        return
    sentences = [
        sentence[at : at + LONGEST]
        for sentence in _SENTENCE.split(paragraph)
        for at in range(0, len(sentence), LONGEST)
    ]
    yield from _filled(sentences, "" if _HAN.search(paragraph) else " ")


def _filled(pieces: Sequence[str], between: str = "\n") -> Iterator[str]:
    """As few texts as hold the pieces in their order."""
    held = ""
    for piece in map(str.strip, pieces):
        if held and width(held) + width(piece) > LONGEST:
            yield held
            held = ""
        held = f"{held}{between}{piece}" if held and piece else held or piece
    if held:
        yield held
