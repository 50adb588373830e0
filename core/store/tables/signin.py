"""Tables of signing in that every process looks at: what was tried, and browsers whose sessions were ended."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.tables import _id, _moment, _number, _text, metadata

attempt = sa.Table(
    "attempt", metadata, _id(), _text("key"), _moment("at"), sa.Index(None, "key", "at"), sa.Index(None, "at")
)
"""A sign-in that failed, or is being tried. `key`: a digest of what it counts against; people type passwords into the wrong field."""

web_pass = sa.Table(
    "web_pass",
    metadata,
    _id(),
    _text("account"),
    _number("number", 0),
    _moment("ended_at"),
    sa.UniqueConstraint("account"),
)
"""Whose sessions in the browser chat were ended. A cookie carries the number, and one with a lower number is over; a link made
before `ended_at` lets nobody in."""
