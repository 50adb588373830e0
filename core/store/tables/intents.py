"""Tables of intents: what is being edited, what was released, which release is in force, and what waits to be labelled."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.tables import Words, _id, _moment, _number, _open, _ref, _text, metadata

intent_draft = sa.Table(
    "intent_draft",
    metadata,
    _id(),
    _text("bot"),
    _text("name"),
    _text("document"),
    _number("revision", 1),
    _moment("changed_at"),
    _text("changed_by"),
    _moment("deleted_at", nullable=True),
    sa.UniqueConstraint("bot", "name"),
)
"""An intent as it is being edited; `revision` rises with each change, so that two editors cannot overwrite each other."""

intent_revision = sa.Table(
    "intent_revision",
    metadata,
    _id(),
    _text("bot"),
    _text("name"),
    _number("revision", 1),
    _text("document"),
    _moment("changed_at"),
    _text("changed_by"),
    sa.Column("deleted", sa.Boolean(), nullable=False, server_default=sa.false()),
    _text("batch", ""),
    sa.UniqueConstraint("bot", "name", "revision"),
    _open("batch", "batch <> ''", "ix_intent_revision_batch"),
)
"""What a draft was, revision by revision, the newest too. `batch`: the import that wrote it, so that all of it can be taken back."""

intent_force = sa.Table(
    "intent_force",
    metadata,
    _id(),
    _text("worker"),
    _text("bot"),
    _number("number", 1),
    sa.Column("calibrated", sa.Boolean(), nullable=False, server_default=sa.false()),
    _moment("since"),
    sa.UniqueConstraint("worker"),
)
"""The release by which a worker answers; `calibrated`: its thorough fit is done, too."""

catalog_release = sa.Table(
    "catalog_release",
    metadata,
    _id(),
    _text("bot"),
    _number("number", 1),
    _text("message"),
    _text("author"),
    _moment("released_at"),
    _text("document"),
    sa.UniqueConstraint("bot", "number"),
)
"""All intents of a bot at one moment, whole: any release can be put in force again by itself."""

catalog_live = sa.Table(
    "catalog_live", metadata, _id(), _text("bot"), _number("number", 1), _text("seed"), sa.UniqueConstraint("bot")
)
"""Which release is in force, and the intents of the bot's own file as they were last taken over."""

intent_inbox = sa.Table(
    "intent_inbox",
    metadata,
    _id(),
    _text("bot"),
    _text("key"),
    _ref("person_id", "person.id"),
    _text("text"),
    _text("language"),
    _number("times", 1),
    _text("reason"),
    _moment("last_at"),
    sa.Column("label", Words(), nullable=True),
    sa.UniqueConstraint("bot", "key", "person_id"),
    sa.Index(None, "person_id"),
    sa.Index(None, "bot", "last_at"),
)
"""Messages that matched nothing, or narrowly, or displeased: one row a person and sentence, gone with the person.
`label`: the intent it was given, "-" out of scope, "" skipped; null: open."""
