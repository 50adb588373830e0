"""What is left of a sentence when its time words are taken out: the task, its recipient, whether it asks to be reminded."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from core.language.grammar.normalise import Normalised
from core.language.grammar.tokens import Span

GAP = "\x1f"
"""Stands in the text where time words were cut out; a frame pattern may allow for it."""


@dataclass(frozen=True, slots=True)
class FrameLexicon:
    """How a language asks to be reminded.

    `requests` are searched in order in the lower-case text, time words replaced by one `GAP` each; the first that
    matches is cut out and makes it a request. Its groups, all optional: "who" is the recipient, "task" (if it matched) is the whole task.
    `polite` is removed wherever it matches once a request was found. `leading` and `trailing` are cut from the ends of what is left
    until nothing changes ("to", "that I should", "about", ":"). Patterns are written for lower case, linear in the text.
    `recipient` turns what "who" matched to None (the writer), "@ann", "channel" or "us".
    """

    requests: tuple[re.Pattern[str], ...]
    polite: re.Pattern[str]
    leading: re.Pattern[str]
    trailing: re.Pattern[str]
    recipient: Callable[[str], str | None]
    joiner: str = " "
    """Put where time words were cut out of the middle: a space, or nothing in Chinese."""


@dataclass(frozen=True, slots=True)
class Framed:
    """A task in the words and letter case of the source."""

    task: str
    recipient: str | None
    asks_reminder: bool


def extract(text: Normalised, spans: tuple[Span, ...], lexicon: FrameLexicon) -> Framed:
    """The task that is left when the spans, the request and its courtesies are taken out; in the source's own letters.

    Without a request only the time words and loose punctuation go: the sentence may be about anything.
    """
    rest = _Rest.of(text, spans)
    recipient: str | None = None
    asks = False
    for pattern in lexicon.requests:
        match = pattern.search(rest.low)
        if match is None:
            continue
        asks = True
        groups = match.groupdict()
        recipient = lexicon.recipient(groups["who"]) if groups.get("who") else None
        rest.cut(match.start(), match.end())
        earlier = next(
            (found for other in lexicon.requests if (found := other.search(rest.low, 0, match.start()))), None
        )
        if earlier is not None:  # "I need an alarm for 5 to remind me to ..."
            rest.cut(earlier.start(), earlier.end())
        break
    if asks:
        courtesies = [match.span() for match in islice(lexicon.polite.finditer(rest.low), _COURTESIES)]
        for start, end in reversed(courtesies):
            rest.cut(start, end)
    rest.trim(lexicon, asks)
    return Framed(rest.written(lexicon.joiner), recipient, asks)


_EDGE = 80
_COURTESIES = 8
_EMPTY = re.compile(r"\(\s{0,9}\)|\[\s{0,9}\]")
_LOOSE = re.compile(rf"[\s{GAP},;:-]+")


class _Rest:
    """A text being cut: its lower-case letters and, beside each, where it stood in the source (-1: a gap)."""

    def __init__(self, source: str, low: str, places: list[int]) -> None:
        self.source, self.low, self.places = source, low, places

    @classmethod
    def of(cls, text: Normalised, spans: tuple[Span, ...]) -> _Rest:
        """The text with one gap in the place of each span."""
        low: list[str] = []
        places: list[int] = []
        last = 0
        for span in (*spans, Span(len(text.text), len(text.text))):
            low.append(text.text[last : span.start].replace(GAP, " "))
            places.extend(range(last, span.start))
            if span.end > span.start:
                low.append(GAP)
                places.append(-1)
            last = span.end
        return cls(text.source, "".join(low), places)

    def cut(self, start: int, end: int) -> None:
        """Leaves a gap there."""
        self.low = self.low[:start] + GAP + self.low[end:]
        self.places[start:end] = [-1]

    def trim(self, lexicon: FrameLexicon, asks: bool) -> None:
        """Takes joining words and punctuation from both ends (from the beginning only of a request); a bounded number
        of rounds over a bounded stretch."""
        for _ in range(8):
            leading = (lexicon.leading if asks else _LOOSE).match(self.low)
            start = leading.end() if leading else 0
            end = len(self.low)
            tail = max(start, end - _EDGE)
            trailing = lexicon.trailing.search(self.low, tail)
            if trailing is not None and trailing.end() == end:
                end = trailing.start()
            while end > start and self.low[end - 1] in f" \t\n{GAP},;:-":
                end -= 1
            if start == 0 and end == len(self.low):
                return
            self.low, self.places = self.low[start:end], self.places[start:end]

    def written(self, joiner: str) -> str:
        """What is left, in the source's letters; a gap in the middle becomes one joiner."""
        pieces: list[str] = []
        gap = False
        for place in self.places:
            if place < 0:
                gap = True
                continue
            char = self.source[place]
            if gap and pieces:
                while pieces and pieces[-1].isspace():
                    pieces.pop()
                if char.isspace():
                    continue
                if char not in ".,;:!?":
                    pieces.append(joiner)
            gap = False
            pieces.append(char)
        return _EMPTY.sub("", "".join(pieces)).strip()
