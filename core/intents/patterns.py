"""Exact sentences and patterns: what an admin wrote down word for word wins over every guess.

A pattern is an example with bare slots. It is matched word by word, by us: nobody's regular expression runs here, and
the work is bounded by words times words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from core.intents.definition import Intent, bare, parts, wording
from core.intents.words import spans, tidied, words

_LONGEST_FILL = 20
"""Words that one slot may take in a pattern."""
_LONGEST_MESSAGE = 60
"""A message of more words matches no pattern."""
Fits = Callable[[Intent, str, str], bool]
"""Whether some words can fill this slot of this intent."""


@dataclass(frozen=True, slots=True)
class Match:
    """What matched word for word, and the words that its slots took."""

    intent: str
    example: str
    how: str
    filled: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Pattern:
    intent: Intent
    example: str
    pieces: tuple[str | tuple[str], ...]
    """A word, or the name of a slot in a tuple."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """All exact sentences and patterns of a catalog."""

    exact: Mapping[tuple[str, ...], tuple[tuple[Intent, str], ...]]
    by_word: Mapping[str, tuple[_Pattern, ...]]

    @classmethod
    def of(cls, intents: Iterable[Intent]) -> Patterns:
        exact: dict[tuple[str, ...], list[tuple[Intent, str]]] = defaultdict(list)
        by_word: dict[str, list[_Pattern]] = defaultdict(list)
        for intent in intents:
            for example in (each for several in intent.examples.values() for each in several):
                if not bare(example):
                    exact[tuple(words(tidied(wording(example))))].append((intent, example))
                elif (pattern := _pattern(intent, example)) is not None:
                    longest = max((piece for piece in pattern.pieces if isinstance(piece, str)), key=len)
                    by_word[longest].append(pattern)
        exact.pop((), None)
        return cls({said: tuple(found) for said, found in exact.items()}, {w: tuple(p) for w, p in by_word.items()})

    def match(self, text: str, fits: Fits, only: Collection[str] | None = None) -> Match | None:
        """The best match of the whole message: an exact one, else the pattern with the most words of its own; a higher
        priority goes before both. `only` names the intents that may match."""
        said = words(text)
        found = [
            (intent.priority, True, len(said), Match(intent.name, example, "exact"))
            for intent, example in self.exact.get(tuple(said), ())
            if only is None or intent.name in only
        ]
        if len(said) <= _LONGEST_MESSAGE:
            for pattern in {id(p): p for word in dict.fromkeys(said) for p in self.by_word.get(word, ())}.values():
                if only is not None and pattern.intent.name not in only:
                    continue
                if (filled := _filled(pattern, text, fits)) is not None:
                    literal = sum(isinstance(piece, str) for piece in pattern.pieces)
                    match = Match(pattern.intent.name, pattern.example, "pattern", filled)
                    found.append((pattern.intent.priority, False, literal, match))
        return max(found, key=lambda each: each[:3])[3] if found else None


def _pattern(intent: Intent, example: str) -> _Pattern | None:
    """None where the example has hardly a word of its own: it would match everything."""
    pieces: list[str | tuple[str]] = []
    for part in parts(example):
        pieces.extend([(part.slot,)] if part.slot else words(tidied(part.text or "")))
    literal = "".join(piece for piece in pieces if isinstance(piece, str))
    return _Pattern(intent, example, tuple(pieces)) if len(literal) > 1 else None


def _filled(pattern: _Pattern, text: str, fits: Fits) -> Mapping[str, str] | None:
    places = spans(text)
    said = [text[start:end].lower() for start, end in places]
    dead: set[tuple[int, int]] = set()

    def rest(piece: int, word: int) -> dict[str, str] | None:
        if piece == len(pattern.pieces):
            return {} if word == len(said) else None
        if (piece, word) in dead:
            return None
        wanted = pattern.pieces[piece]
        found: dict[str, str] | None = None
        if isinstance(wanted, str):
            found = rest(piece + 1, word + 1) if word < len(said) and said[word] == wanted else None
        else:
            for end in range(word + 1, min(word + _LONGEST_FILL, len(said)) + 1):
                tail = rest(piece + 1, end)
                words_said = text[places[word][0] : places[end - 1][1]]
                if tail is not None and fits(pattern.intent, wanted[0], words_said):
                    found = {wanted[0]: words_said} | tail
                    break
        if found is None:
            dead.add((piece, word))
        return found

    return rest(0, 0)
