"""From turns to tokens, and from tokens to text that can be shown while it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from core.messages import Utterance

PLAIN_STOPS = ("\nUser:", "\nAssistant:", "\nSystem:")
DEFAULT_SYSTEM = "You are a helpful assistant."
_BROKEN = "\ufffd"
_LONGEST_CHARACTER = 8
"""Tokens: no character takes more, so what is still broken after so many will not heal."""


class Tokenizer(Protocol):
    """A model's own tokens and its way of writing a conversation down."""

    @property
    def ends(self) -> frozenset[int]:
        """Tokens with which the model ends its reply."""

    @property
    def specials(self) -> Sequence[str]:
        """Texts that stand for control tokens; a person's words must not contain them."""

    def encode(self, text: str, *, whole: bool) -> list[int]:
        """`whole`: the text is a complete document, so the model's mark of a beginning is put before it."""

    def decode(self, tokens: Sequence[int]) -> str:
        """Without control tokens; bytes that are no text become U+FFFD."""

    def render(self, turns: Sequence[Utterance]) -> str | None:
        """The turns and the beginning of a reply by the model's own template; None where it has none, or where the
        template refuses these turns."""


def render(tokenizer: Tokenizer, turns: Sequence[Utterance]) -> tuple[str, bool]:
    """The prompt as text, and whether it follows the model's template. A system message always stands first: some
    templates add one of their own otherwise. Control tokens that a person typed lose their power."""
    clean = [replace(turn, text=harmless(turn.text, tokenizer.specials)) for turn in turns]
    if not clean or clean[0].role != "system":
        clean.insert(0, Utterance("system", DEFAULT_SYSTEM))
    for form in (clean, without_system(clean)):
        text = tokenizer.render(form)
        if text is not None:
            return text, True
    lines = [f"{turn.role.capitalize()}: {turn.text.strip()}" for turn in clean[1:]]
    return "\n".join([clean[0].text.strip(), "", *lines, "Assistant:"]), False


def prompt(tokenizer: Tokenizer, turns: Sequence[Utterance], room: int) -> tuple[list[int], bool]:
    """At most `room` tokens, and whether they follow the template. Where the turns are too long, the oldest after the
    system message go first, then the beginning of the last one, then whatever stands first."""
    kept = list(turns)
    tokens, templated = _tokens(tokenizer, kept)
    first = 1 if kept and kept[0].role == "system" else 0
    while len(tokens) > room and len(kept) > first + 1:
        del kept[first]
        tokens, templated = _tokens(tokenizer, kept)
    while len(tokens) > room and len(kept) > first and kept[-1].text:
        last = kept[-1].text
        surplus = (len(tokens) - room) / len(tokens)
        kept[-1] = replace(kept[-1], text=last[max(1, int(len(last) * surplus)) :])
        tokens, templated = _tokens(tokenizer, kept)
    return tokens[-room:], templated


def _tokens(tokenizer: Tokenizer, turns: Sequence[Utterance]) -> tuple[list[int], bool]:
    text, templated = render(tokenizer, turns)
    return tokenizer.encode(text, whole=not templated), templated


def harmless(text: str, specials: Sequence[str]) -> str:
    for special in specials:
        if special in text:
            text = text.replace(special, f"{special[0]} {special[1:]}")
    return text


def without_system(turns: Sequence[Utterance]) -> list[Utterance]:
    """The system message folded into the first word of the user, and neighbours of one role joined: for templates that
    know no system message or demand strict alternation."""
    folded: list[Utterance] = []
    for turn in turns:
        role = "user" if turn.role == "system" else turn.role
        if folded and folded[-1].role == role:
            folded[-1] = Utterance(role, f"{folded[-1].text}\n\n{turn.text}")
        else:
            folded.append(Utterance(role, turn.text))
    return folded


class Detokenizer:
    """Text of a growing reply: whole characters only, in the pieces in which they become certain."""

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._tokens: list[int] = []
        self._shown = 0
        """Tokens whose text has been given out; they are decoded again as the context of the next."""

    def add(self, token: int) -> str:
        """What can be shown now; "" while a character is incomplete."""
        self._tokens.append(token)
        text = self._new_text()
        if text.endswith(_BROKEN) and len(self._tokens) - self._shown < _LONGEST_CHARACTER:
            return ""
        self._tokens = self._tokens[self._shown :]
        self._shown = len(self._tokens)
        return text.replace(_BROKEN, "")

    def rest(self) -> str:
        """What is left at the end, without the beginning of a character that never came."""
        return self._new_text().replace(_BROKEN, "")

    def _new_text(self) -> str:
        known = self._decode(self._tokens[: self._shown])
        return self._decode(self._tokens)[len(known) :]


class StopWatch:
    """Cuts a reply at the first of several texts, and holds back what may become one of them."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""

    def add(self, text: str) -> tuple[str, bool]:
        """What can be shown, and whether the reply ends there."""
        self._held += text
        places = [place for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if places:
            shown, self._held = self._held[: min(places)], ""
            return shown, True
        keep = max((self._overlap(stop) for stop in self._stops), default=0)
        cut = len(self._held) - keep
        shown, self._held = self._held[:cut], self._held[cut:]
        return shown, False

    def rest(self) -> str:
        """What was held back and did not become a stop."""
        held, self._held = self._held, ""
        return held

    def _overlap(self, stop: str) -> int:
        longest = min(len(stop) - 1, len(self._held))
        return next((size for size in range(longest, 0, -1) if self._held.endswith(stop[:size])), 0)
