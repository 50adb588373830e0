"""A terminal that remembers: the bytes written to it become the lines that a person would see."""

from __future__ import annotations

import re
import unicodedata

_PART = re.compile(r"\x1b\[([0-9;?]*)([a-zA-Z])|\x1b.|[\x00-\x1f]|[^\x00-\x1f]")


class Terminal:
    """Endless downwards: what scrolled away is still there. Knows the commands that prompt-toolkit writes."""

    def __init__(self) -> None:
        self._cells: list[list[str]] = [[]]
        self._row = self._column = 0

    def write(self, data: str) -> int:
        for part in _PART.finditer(data):
            if part[2]:
                self._command(part[2], part[1])
            else:
                self._character(part[0])
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    @property
    def lines(self) -> list[str]:
        rows = ["".join(row).rstrip() for row in self._cells]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def _character(self, character: str) -> None:
        match character:
            case "\r":
                self._column = 0
            case "\n":
                self._move(1)
            case "\x08":
                self._column = max(0, self._column - 1)
            case _ if character >= " ":
                row = self._cells[self._row]
                row.extend(" " * (self._column - len(row) + 1))
                row[self._column] = character
                self._column += 1
                if unicodedata.east_asian_width(character) in "WF":
                    row[self._column : self._column + 1] = [""]
                    self._column += 1

    def _command(self, name: str, argument: str) -> None:
        count = int(argument) if argument.isdigit() else 1
        match name:
            case "A":
                self._move(-count)
            case "B":
                self._move(count)
            case "C":
                self._column += count
            case "D":
                self._column = max(0, self._column - count)
            case "J":
                del self._cells[self._row][self._column :]
                del self._cells[self._row + 1 :]
            case "K":
                del self._cells[self._row][self._column :]

    def _move(self, down: int) -> None:
        self._row = max(0, self._row + down)
        while len(self._cells) <= self._row:
            self._cells.append([])
