"""Tables of a bot's documents: what answers are quoted from."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.tables import _id, _moment, _number, _text, metadata

knowledge_document = sa.Table(
    "knowledge_document",
    metadata,
    _id(),
    _text("bot"),
    _text("name"),
    _text("kind"),
    _text("title"),
    _text("origin"),
    _text("digest"),
    _text("limits"),
    _text("passages"),
    _number("pieces", 0),
    _moment("changed_at"),
    _text("changed_by"),
    _moment("removed_at", nullable=True),
    sa.UniqueConstraint("bot", "name"),
)
"""A document as passages, JSON. `origin`: "folder" of the bot's own folder, "added" by somebody; `digest` of the file and
its limits. One of the folder that was removed stays as a row without passages, so that it does not come back by itself."""

knowledge_version = sa.Table(
    "knowledge_version", metadata, _id(), _text("bot"), _number("number", 1), sa.UniqueConstraint("bot")
)
"""Rises with every change of a bot's documents: workers look at it each second."""
