"""Which version of the language model is in force, and which was before."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.tables import _id, _moment, _number, _text, metadata

model_release = sa.Table(
    "model_release",
    metadata,
    _id(),
    _number("number", 1),
    _text("active", ""),
    _text("canary", ""),
    _number("share", 0),
    _text("author"),
    _text("message", ""),
    _moment("released_at"),
    sa.UniqueConstraint("number"),
)
"""The row with the highest `number` is in force. `active`: the name of a trained model, "" the one that the settings name;
`canary`: another one that answers `share` percent of the people."""
