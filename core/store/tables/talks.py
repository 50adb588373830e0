"""Tables around conversations: what a model was asked, who may read one now, who writes there in the assistant's place,
and what admins noted."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.crypto import Sealed
from core.store.tables import _Id, _id, _moment, _ref, _text, metadata

turn_prompt = sa.Table(
    "turn_prompt",
    metadata,
    _id(),
    _ref("turn_id", "turn.id"),
    sa.Column("prompt", Sealed("turn_prompt.prompt"), nullable=False),
    _moment("made_at"),
    sa.UniqueConstraint("turn_id"),
)
"""What a model was asked in a turn, as JSON, for some days."""

reveal = sa.Table(
    "reveal",
    metadata,
    _id(),
    _ref("session_id", "admin_session.id"),
    _text("subject"),
    _moment("until"),
    sa.UniqueConstraint("session_id", "subject"),
)
"""What a signed-in browser may read of a person's words, and until when; why stands in the audit log."""

takeover = sa.Table(
    "takeover",
    metadata,
    _id(),
    _ref("person_id", "person.id"),
    _text("place"),
    _text("held_by"),
    sa.Column("admin_id", _Id, sa.ForeignKey("admin.id", ondelete="SET NULL")),
    _text("language", "en"),
    _moment("began_at"),
    _moment("until"),
    sa.UniqueConstraint("person_id", "place"),
    sa.Index(None, "until"),
)
"""An admin writes to this person in the assistant's place, until they hand back or `until` has passed: then the row is
gone. `admin_id`: their account; `held_by` names them where they have none. `place`: a private chat (the beginning of the keys of its addresses), or the key of one address elsewhere."""

conversation_note = sa.Table(
    "conversation_note",
    metadata,
    _id(),
    _ref("session_id", "session.id"),
    sa.Column("turn_id", _Id, sa.ForeignKey("turn.id", ondelete="CASCADE")),
    _text("who"),
    _text("text"),
    _moment("noted_at"),
    sa.Index(None, "session_id"),
    sa.Index(None, "turn_id"),
)
"""What an admin noted beside a conversation, or one of its turns; gone with it."""
