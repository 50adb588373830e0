"""Tables of what is remembered of people."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.crypto import Sealed
from core.store.tables import _Id, _id, _moment, _ref, _text, metadata


def _sealed(name: str) -> sa.Column[str]:
    return sa.Column(name, Sealed(f"fact.{name}"), nullable=False)


def _no(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


fact = sa.Table(
    "fact",
    metadata,
    _id(),
    _ref("person_id", "person.id"),
    _text("platform", ""),
    _text("address_key", ""),
    _text("language", "en"),
    _sealed("about"),
    _sealed("text"),
    _sealed("said"),
    _text("link", ""),
    sa.Column("inbox_id", _Id, nullable=True),
    _no("asked"),
    _no("pinned"),
    _moment("told_at"),
    _moment("edited_at", nullable=True),
    _moment("replaced_at", nullable=True),
    sa.Index(None, "person_id", "replaced_at"),
)
"""One thing that a person told of themselves. `address_key`: the chat where, "" in private; `about`: of what it is the
newest word, and the value, as JSON; `text`: in the person's own words; `said`: the sentence that it comes from, of the
message `inbox_id`; `asked`: they asked to have it remembered. What a later one has replaced is kept for a while."""

fact_use = sa.Table(
    "fact_use",
    metadata,
    _id(),
    _ref("fact_id", "fact.id"),
    _ref("inbox_id", "inbox.id"),
    _text("address_key"),
    _text("how"),
    _moment("used_at"),
    sa.UniqueConstraint("fact_id", "inbox_id"),
    sa.Index(None, "inbox_id"),
)
"""That the answer to a message drew on a fact: "prompt", a model was shown it; "answer", it was the answer."""

memory_pause = sa.Table(
    "memory_pause", metadata, _id(), _ref("person_id", "person.id"), _text("address_key", ""), _moment("since"),
    sa.Index(None, "person_id"),
)  # fmt: skip
"""Since when nothing is remembered of a person: in a chat (incognito), or anywhere ("")."""

turn_vector = sa.Table(
    "turn_vector", metadata, _id(), _ref("turn_id", "turn.id"), _text("encoder"),
    sa.Column("rows", sa.LargeBinary(), nullable=False), sa.UniqueConstraint("turn_id", "encoder"),
)  # fmt: skip
"""What a turn means to an encoder (its name, with the version): half-precision numbers, a row for each piece of the text.
Gone with the turn, so with its person."""
