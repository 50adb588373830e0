"""Texts as vectors, by an encoder that intents use: what means the same lies close, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Sequence

from core.intents.encoders import Cached
from core.intents.words import Matrix, plain


def vectors(encoders: Sequence[Cached], texts: Sequence[str], *, keep: bool = False) -> Matrix | None:
    """One row of length one a text; None without encoders. The first of them alone: the others, made for sentences of one
    kind, found no more in either language, and less across the two, for ten times the work. Blocks for milliseconds a
    text; with `keep`, what was found is also kept in the encoder's file."""
    if not encoders or not texts:
        return None
    said = [plain(text) for text in texts]
    if keep:
        encoders[0].learn(said)
    return encoders[0].encode(said)
