"""What can be wrong with training data: each kind with its reason and how to mend it. An error leaves the row out, a
warning does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Kind(NamedTuple):
    """`reason` and `mend` are sentences for whoever made the file."""

    error: bool
    reason: str
    mend: str


def _error(reason: str, mend: str) -> Kind:
    return Kind(True, reason, mend)


def _warning(reason: str, mend: str) -> Kind:
    return Kind(False, reason, mend)


KINDS: dict[str, Kind] = {
    # the file
    "empty-file": _error("the file holds no row", "give a file with conversations in it"),
    "not-text": _error("the file is not text", "export it as JSON lines, CSV or plain text; unpack it if it is packed"),
    "byte-order-mark": _warning("the file begins with a byte-order mark", "nothing to do: it is read without it"),
    "other-encoding": _warning(
        "the file is not UTF-8", "nothing to do if the text below looks right; else save as UTF-8"
    ),
    "broken-encoding": _error("the line has bytes that are no UTF-8", "save the file as UTF-8"),
    "line-too-long": _error("the row is longer than a row may be", "put one conversation in a row, split this one"),
    "mixed-formats": _warning(
        "the row has another format than the first one", "use one format; it was read by its own"
    ),
    # JSON
    "not-json": _error("the line is no JSON", "correct it; each line is one whole JSON object"),
    "not-object": _error("the row is JSON, but no object", 'write an object, as {"messages": [...]}'),
    "doubled-key": _error("a key occurs twice in one object, so one value would be lost", "keep one of the two"),
    "unknown-format": _error(
        "the row's keys belong to no known format",
        "use messages (chat), conversations (ShareGPT), instruction and output (Alpaca), or prompt and response",
    ),
    "bad-meta": _error("`meta` is no object", "make it an object, or leave it out"),
    # CSV and plain text
    "no-columns": _error("the table has no columns of question and answer", "name them prompt and response in line 1"),
    "ragged-row": _error("the row has more or fewer fields than the header", "quote fields that hold the delimiter"),
    "open-quote": _error("a quote is never closed", "close it, or double quotes inside a field"),
    "no-speaker": _error("the text does not say who speaks", 'begin turns with "User:" and "Assistant:"'),
    # messages
    "no-messages": _error("there are no messages", "give at least a user's and an assistant's turn"),
    "bad-message": _error(
        "a message is no object with a role and its words", 'write {"role": "user", "content": "..."}'
    ),
    "wrong-role": _error("a role is none of system, user, assistant", "rename it, or take the turn out"),
    "tool-turn": _error("tool calls cannot be trained on", "take the tool turns out, or write them as text"),
    "no-content": _error("a message has no words", "give `content` a text"),
    "not-words": _error("a message holds something else than text", "take images, sound and numbers out"),
    "empty-turn": _error("a turn is blank", "write it, or take it out with its answer"),
    # the conversation
    "assistant-twice": _error("the assistant speaks twice in a row", "join the two, or put the user's turn between"),
    "user-twice": _error("the user speaks twice in a row", "join the two, or put the answer between"),
    "late-system": _error("a system message stands behind others", "move it to the beginning"),
    "begins-with-assistant": _error("the assistant speaks first", "begin with the user's turn"),
    "no-assistant": _error("the assistant says nothing, so there is nothing to learn", "add its answer"),
    "unanswered": _warning("the last turn is the user's", "nothing is learned from it: answer it, or take it out"),
    # the words
    "nul": _error("the text holds NUL characters", "remove them"),
    "half-character": _error("the text holds half of a character", "write characters outside the BMP as whole pairs"),
    "control-characters": _warning(
        "the text holds control characters", "remove them; the model would learn to write them"
    ),
    "garbled": _warning(
        "characters were garbled by a wrong encoding", "convert the source again, from its own encoding"
    ),
    "control-token": _error(
        "the text holds a model's control token", "remove it; the template puts them where they belong"
    ),
    "role-in-text": _warning("a turn begins with the name of a role", "remove it; the role is said by the message"),
    "placeholder": _warning("a gap was never filled in", "write what belongs there"),
    "markup": _warning("the text holds HTML tags", "convert them to plain text or Markdown"),
    "loop": _warning("a turn says the same over and over", "shorten it; models learn loops fast"),
    "echo": _warning("the assistant repeats the user word by word", "write an answer"),
    "other-language": _warning("the answer is in another language than the question", "fine if it was asked for"),
    "cut-off": _warning(
        "a long answer ends in the middle of a sentence", "end it; the model would learn to stop there"
    ),
    "personal-data": _warning("the text seems to hold personal data or a secret", "run: remora data scrub"),
    "too-long": _warning("the row has more tokens than are trained on", "split it, or raise --max-length"),
    # among rows
    "duplicate": _error("the row is the same as an earlier one", "keep one of them"),
    "near-duplicate": _warning("the row is nearly the same as an earlier one", "keep the better one"),
    "contradiction": _warning("the same conversation has another answer in an earlier row", "keep the better answer"),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one row; `line` counts from 1, and is where the row begins (0: the whole file)."""

    kind: str
    line: int
    detail: str = ""

    @property
    def error(self) -> bool:
        return KINDS[self.kind].error

    def text(self) -> str:
        kind = KINDS[self.kind]
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.kind}: {kind.reason}{f' ({self.detail})' if self.detail else ''}; {kind.mend}"
