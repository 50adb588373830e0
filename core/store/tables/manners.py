"""How a bot speaks, where admins want it otherwise than its folder says."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.tables import _id, _moment, _number, _text, metadata

manner = sa.Table(
    "manner",
    metadata,
    _id(),
    _text("bot"),
    _text("place", ""),
    _text("document"),
    _number("revision", 1),
    _text("changed_by"),
    _moment("changed_at"),
    sa.UniqueConstraint("bot", "place"),
)
"""`document` is JSON: personas and sampling, only what differs. `place` "": everywhere; else one chat, as "slack:C123".
`revision` rises with each change, and is never used twice for a place."""
