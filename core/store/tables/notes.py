"""Tables beside the conversations: what platforms must remember, and what people think of answers."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.tables import _id, _moment, _number, _ref, _text, metadata

note = sa.Table("note", metadata, _id(), _text("key"), _text("value"), _moment("noted_at"), sa.UniqueConstraint("key"))
"""One small thing a key, never a secret: what a platform was last told, what troubles it, what a shared link is for."""

feedback = sa.Table(
    "feedback",
    metadata,
    _id(),
    _ref("turn_id", "turn.id"),
    _ref("person_id", "person.id"),
    _number("rating", 0),
    _moment("rated_at"),
    sa.UniqueConstraint("turn_id", "person_id"),
    sa.Index(None, "person_id"),
)
"""What a person thinks of a reply: 1 good, -1 bad. Goes with the turn when the conversation is forgotten."""
