"""What the English rules find in a sentence, piece by piece, before one moment or rule is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from core.language.grammar.days import Day
from core.language.grammar.english_lexicon import Meant, Phrases
from core.language.grammar.english_tokens import END, Token
from core.language.values import Frequency, When

Meridiem: TypeAlias = Literal["am", "pm"]


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of day. Without `meridiem` and not `exact` both halves of the day are possible."""

    hour: int
    minute: int = 0
    meridiem: Meridiem | None = None
    exact: bool = False

    @property
    def is_open(self) -> bool:
        """Whether both halves of the day are possible."""
        return self.meridiem is None and not self.exact


@dataclass(frozen=True, slots=True)
class Clocks:
    """Clock times said together ("at 8am and 6pm"). `preposition` is the word before them, if it matters."""

    clocks: tuple[Clock, ...]
    preposition: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the day, alone or of a day ("tonight" brings its day along)."""

    name: str


@dataclass(frozen=True, slots=True)
class Days:
    """One day, or several said together ("Tuesday and Friday"), or from the first through the last."""

    days: tuple[Day, ...]
    through: bool = False
    preposition: str = ""


@dataclass(frozen=True, slots=True)
class Shift:
    """A distance in time: `seconds` elapsed, `days` and `months` on the calendar; from now, or from what follows.

    `anchored`: before (`sign` -1) or after something else that the sentence names.
    """

    seconds: int = 0
    days: int = 0
    months: int = 0
    anchored: bool = False
    sign: int = 1


@dataclass(frozen=True, slots=True)
class ClockRange:
    """From one clock time to another."""

    first: Clock
    last: Clock


@dataclass(frozen=True, slots=True)
class Every:
    """A repetition. `days` are said in it ("every Tuesday and Friday"); `per` is "three times a day"."""

    frequency: Frequency | None
    interval: int = 1
    days: tuple[Day, ...] = ()
    through: bool = False
    part: str | None = None
    per: int = 0
    trouble: Literal["", "unclear", "too_fine"] = ""
    minute: int = 0
    """Of each hour: "every hour at quarter past"."""


@dataclass(frozen=True, slots=True)
class Until:
    """The last day of a repetition (or its last clock time in a day); both None: for ever."""

    day: Day | None = None
    clock: Clock | None = None


@dataclass(frozen=True, slots=True)
class Starting:
    """The first day of a repetition, or the clock time that it starts from."""

    day: Day | None = None
    clock: Clock | None = None
    shift: Shift | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """So many times in all."""

    times: int


@dataclass(frozen=True, slots=True)
class Lasting:
    """For so long: "for the next three weeks"."""

    shift: Shift


@dataclass(frozen=True, slots=True)
class Except:
    """Days left out of a repetition."""

    days: tuple[Day, ...]


Value: TypeAlias = Clocks | Part | Days | Shift | ClockRange | Every | Until | Starting | Count | Lasting | Except


@dataclass(frozen=True, slots=True)
class Piece:
    """A value and the tokens it took, end excluded. `weight` says how surely it is the time asked for, not a detail of the task.

    3: said as a time ("at 9", "tomorrow"); 2: stands alone ("9am"); 1: describes a thing ("my 3pm meeting").
    """

    value: Value
    start: int
    end: int
    weight: int = 2

    def near(self, start: int, end: int) -> bool:
        """Whether at most one token lies between this piece and that stretch of tokens."""
        return -1 <= self.start - end <= 1 or -1 <= start - self.end <= 1


Trouble: TypeAlias = Literal["past", "impossible", "too_fine", "never", "unclear_recurrence"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What pieces come to: the time, the pieces it took, and what is wrong with it."""

    when: When | None = None
    used: tuple[Piece, ...] = ()
    deadline: bool = False
    trouble: Trouble | None = None
    also: tuple[When, ...] = ()


MOST_LOOKS = 4000
MOST_PIECES = 24


class Reader:
    """The tokens of a sentence; reading beyond the last one gives END.

    Counts its looks: a person's sentence takes some hundred, and the scan stops after MOST_LOOKS whatever was typed.
    """

    __slots__ = ("day_first", "length", "looks", "repeats", "tokens")

    def __init__(self, tokens: list[Token], day_first: bool = False) -> None:
        self.tokens = tokens
        self.day_first = day_first
        self.length = len(tokens)
        self.looks = 0
        self.repeats = False
        """The sentence asks for a repetition, so "the last Friday" is one of each month, not the one of last week."""

    def at(self, index: int) -> Token:
        """The token there, or END."""
        self.looks += 1
        return self.tokens[index] if 0 <= index < self.length else END

    def text(self, index: int) -> str:
        """The letters of the token there, or nothing."""
        return self.at(index).text

    def says(self, index: int, words: tuple[str, ...]) -> bool:
        """Whether these words stand there, one after the other."""
        return all(self.text(index + offset) == word for offset, word in enumerate(words))

    def phrase(self, index: int, phrases: Phrases[Meant]) -> tuple[Meant, int] | None:
        """What the first of these phrases that stands there means, and the index after it."""
        for words, meant in phrases.get(self.text(index), ()):
            if self.says(index, words):
                return meant, index + len(words)
        return None

    def past_dot(self, index: int) -> int:
        """The index after the dot of an abbreviation ("Fri. at 9"); a dot at the end closes the sentence."""
        return index + (self.text(index) == "." and self.at(index).glued and self.at(index + 1).kind != "end")

    def skip(self, index: int, words: frozenset[str], most: int = 3) -> int:
        """The index after at most so many tokens of these words."""
        for _ in range(most):
            if self.at(index).text not in words or self.at(index).kind == "end":
                break
            index += 1
        return index
