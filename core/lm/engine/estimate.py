"""How many tokens a prompt has where the model's own tokenizer is not at hand."""

from __future__ import annotations

import re
from collections.abc import Sequence

from core.messages import Utterance

_PIECES = re.compile(r"[A-Za-z]+|[^\x00-\x7f]+|[\x00-\x7f]")
_LETTERS_A_TOKEN = 2
_FRAME = 8
"""Tokens that a template puts around a turn, and as many around the whole."""


def tokens_at_most(turns: Sequence[Utterance]) -> int:
    """An estimate from above: a token for every two letters of a word, for each other ASCII character and for each byte
    of anything else. English has half as many, Chinese two thirds; only words of random letters have more."""
    return _FRAME + sum(_FRAME + _text(turn.text) for turn in turns)


def _text(text: str) -> int:
    return sum(_piece(piece) for piece in _PIECES.findall(text))


def _piece(piece: str) -> int:
    if piece.isascii():
        return -(-len(piece) // _LETTERS_A_TOKEN)
    return len(piece.encode("utf-8", errors="replace"))
