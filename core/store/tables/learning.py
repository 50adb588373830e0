"""Who lets models learn from their conversations, what is better than what was replied, and which model people prefer."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.crypto import Sealed
from core.store.tables import _id, _moment, _ref, _text, metadata

consent = sa.Table("consent", metadata, _id(), _ref("person_id", "person.id"), _moment("since"), sa.UniqueConstraint("person_id"))  # fmt: skip
"""Since when a person lets models learn from what they say; no row: they do not."""

correction = sa.Table(
    "correction",
    metadata,
    _id(),
    _ref("turn_id", "turn.id"),
    _ref("person_id", "person.id"),
    sa.Column("text", Sealed("correction.text"), nullable=False),
    _text("author"),
    _moment("corrected_at"),
    sa.UniqueConstraint("turn_id"),
    sa.Index(None, "person_id"),
)
"""What an admin would have had replied in a turn of this person; goes with the turn."""

unlearned = sa.Table(
    "unlearned", metadata, _id(), sa.Column("whose", sa.BigInteger(), nullable=False), _moment("at"), sa.UniqueConstraint("whose"),
)  # fmt: skip
"""Data sets made before `at` may not hold rows of `whose` any more: a pseudonym, which is no use once the person is gone."""

model_comparison = sa.Table(
    "model_comparison",
    metadata,
    _id(),
    _text("one"),
    _text("other"),
    _text("author"),
    _text("pairs"),
    _text("chosen", "[]"),
    _moment("made_at"),
)
"""A blind comparison of two models: `pairs` and what was chosen of them so far, both JSON lists."""
