"""Cuts a rendered text into pieces that Telegram takes, at the places where it hurts least."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import replace
from itertools import accumulate

from adapters.telegram.render import Entity, Rendered, units

MAX_UNITS = 4096
MAX_ENTITIES = 100
_JOINER = "\u200d"
_LONGEST_CLUSTER = 32


def split(whole: Rendered, limit: int = MAX_UNITS, most: int = MAX_ENTITIES) -> list[Rendered]:
    """Pieces of at most `limit` UTF-16 units and `most` entities; no blank ones.

    A block of code is kept whole if it fits into one piece; otherwise it is cut at a line's end and each piece is a
    block of the same language. Elsewhere the cut is between paragraphs, lines or words, in this order.
    """
    return _Cutter(whole, limit, most).pieces()


class _Cutter:
    def __init__(self, whole: Rendered, limit: int, most: int) -> None:
        self._text = whole.text
        self._entities = whole.entities
        self._starts = [entity.start for entity in whole.entities]
        self._done = 0
        """Entities before this one end before the piece that is being cut."""
        self._limit = limit
        self._most = most
        self._at = [0, *accumulate(2 if character > "\uffff" else 1 for character in whole.text)]
        """UTF-16 units before each character."""
        self._code = [
            (bisect_left(self._at, entity.start), bisect_left(self._at, entity.end), entity.length <= limit)
            for entity in whole.entities
            if entity.kind == "pre"
        ]

    def pieces(self) -> list[Rendered]:
        found: list[Rendered] = []
        start, length = 0, len(self._text)
        while start < length:
            if self._text[start] == "\n":
                start += 1
                continue
            end = self._reach(start)
            if end < length:
                end = self._cut(start, end)
            piece = self._piece(start, end)
            if piece.text:
                found.append(piece)
            start = end
        return found

    def _reach(self, start: int) -> int:
        """The furthest end that both limits allow."""
        begin = self._at[start]
        end = bisect_right(self._at, begin + self._limit) - 1
        here = self._within(begin, self._at[end])
        if len(here) > self._most:
            end = min(end, bisect_left(self._at, here[self._most].start))
        return max(end, start + 1)

    def _within(self, begin: int, end: int) -> list[Entity]:
        while self._done < len(self._entities) and self._entities[self._done].end <= begin:
            self._done += 1
        last = bisect_left(self._starts, end)
        return [entity for entity in self._entities[self._done : last] if entity.end > begin]

    def _cut(self, start: int, end: int) -> int:
        for first, last, fits in self._code:
            if first < end < last:
                if fits and first > start:
                    return first
                line = self._text.rfind("\n", max(start, first) + 1, end)
                return line + 1 if line > 0 else self._between_clusters(start, end)
        floor = start + (end - start) // 2
        for mark in ("\n\n", "\n", " "):
            place = self._text.rfind(mark, floor, end)
            while place >= 0 and (block := self._block_around(place)) is not None:
                place = self._text.rfind(mark, floor, block)
            if place >= 0:
                return place + len(mark)
        return self._between_clusters(start, end)

    def _block_around(self, place: int) -> int | None:
        return next((first for first, last, _ in self._code if first <= place < last), None)

    def _between_clusters(self, start: int, end: int) -> int:
        """Steps back out of a character that is made of several (an emoji with its skin tone, a letter's accents)."""
        for place in range(end, max(start, end - _LONGEST_CLUSTER), -1):
            if not (self._continues(self._text[place]) or self._text[place - 1] == _JOINER):
                return place
        return end

    @staticmethod
    def _continues(character: str) -> bool:
        return (
            character == _JOINER
            or "\U0001f3fb" <= character <= "\U0001f3ff"
            or unicodedata.category(character)[0] == "M"
        )

    def _piece(self, start: int, end: int) -> Rendered:
        text = self._text[start:end].rstrip()
        begin, length = self._at[start], units(text)
        kept = []
        for entity in self._within(begin, begin + length)[: self._most]:
            first, last = max(entity.start - begin, 0), min(entity.end - begin, length)
            if entity.kind == "date_time" and last - first < entity.length:
                continue  # half of it would be shown as the whole
            kept.append(replace(entity, start=first, length=last - first))
        return Rendered(text, tuple(kept))
