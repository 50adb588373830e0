"""Tables of who is answered: those who were let in, codes that let in, and strangers who knock."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.tables import _Id, _id, _moment, _number, _text, metadata

access = sa.Table(
    "access",
    metadata,
    _id(),
    _text("platform"),
    _text("workspace"),
    _text("account"),
    _text("chat", ""),
    _text("role"),
    _moment("since"),
    sa.Column("given_by", _Id, sa.ForeignKey("person.id", ondelete="SET NULL")),
    sa.CheckConstraint("role IN ('owner', 'member', 'removed')", name="role"),
    sa.UniqueConstraint("platform", "workspace", "account", "chat"),
)
"""Who may use the assistant on a closed platform. Without an account: everybody in that workspace, or in that chat. What
stands of an account itself comes first: "removed" keeps somebody out of a workspace that is open. `given_by`: the owner
who did it; nobody: whoever runs Remora, or a code printed at a start."""

access_code = sa.Table(
    "access_code",
    metadata,
    _id(),
    _text("platform", ""),
    _text("digest"),
    _text("role"),
    sa.Column("given_by", _Id, sa.ForeignKey("person.id", ondelete="CASCADE")),
    _moment("expires_at"),
    sa.UniqueConstraint("digest"),
)
"""Codes that let one person in, as SHA-256; used ones are gone. `platform`: where it works ("": everywhere). Without
`given_by` it was printed at a start and makes the first owner."""

stranger = sa.Table(
    "stranger",
    metadata,
    _id(),
    _text("platform"),
    _text("workspace"),
    _text("account"),
    _number("tries", 0),
    _moment("since"),
    _moment("told_at", nullable=True),
    sa.UniqueConstraint("platform", "workspace", "account"),
    sa.Index(None, "since"),
)
"""Accounts that are not in, for some hours: the codes they tried since `since`, and when they were told how to get in.
Without an account: all of a platform together."""
