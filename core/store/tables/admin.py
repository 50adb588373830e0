"""Tables of the admin side: who may sign in and how, what they did, and the keys of machines."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.crypto import Sealed
from core.store.tables import Words, _Id, _id, _moment, _number, _ref, _text, metadata

_ROLES = ("owner", "editor", "operator", "viewer")

admin = sa.Table(
    "admin",
    metadata,
    _id(),
    _text("name"),
    _text("role"),
    _text("password", ""),
    sa.Column("totp", Sealed("admin.totp")),
    _number("totp_used", 0),
    sa.Column("identity", Words(), unique=True),
    _text("team", ""),
    sa.Column("person_id", _Id, sa.ForeignKey("person.id", ondelete="SET NULL")),
    _text("language", ""),
    sa.Column("disabled", sa.Boolean(), nullable=False, server_default=sa.false()),
    _moment("created_at"),
    sa.CheckConstraint("role IN ({})".format(", ".join(f"'{role}'" for role in _ROLES)), name="role"),
    sa.UniqueConstraint("name"),
)
"""Who may sign in. `password` is an argon2id hash ("": none was set); `totp` the secret of the second factor, and
`totp_used` the newest time step that was used up; `identity`: issuer and subject at the team's own sign-in (OIDC);
`team`: "follows" where its role is what the groups there give, "lost" where they give none any more, "" where an owner gave it;
`person_id`: the person in the chats who is the same human."""

admin_session = sa.Table(
    "admin_session",
    metadata,
    _id(),
    _ref("admin_id", "admin.id"),
    _text("digest"),
    _text("client", ""),
    _text("agent", ""),
    _moment("created_at"),
    _moment("seen_at"),
    sa.UniqueConstraint("digest"),
    sa.Index(None, "admin_id"),
)
"""A browser that is signed in; `digest` is SHA-256 of its cookie. Revoked: the row is gone."""

admin_link = sa.Table(
    "admin_link",
    metadata,
    _id(),
    sa.Column("admin_id", _Id, sa.ForeignKey("admin.id", ondelete="CASCADE")),
    _text("purpose"),
    _text("digest"),
    _moment("expires_at"),
    sa.UniqueConstraint("digest"),
    sa.CheckConstraint("purpose IN ('setup', 'login', 'reset', 'chat')", name="purpose"),
)
"""Links that work once. "setup" makes the first owner, and belongs to nobody yet; "chat" is a code that its owner sends
from their chat account."""

admin_code = sa.Table(
    "admin_code",
    metadata,
    _id(),
    _ref("admin_id", "admin.id"),
    _text("digest"),
    sa.UniqueConstraint("admin_id", "digest"),
)
"""Codes in place of the second factor, each good once: a keyed digest of the account and the code. Used: the row is gone."""

api_token = sa.Table(
    "api_token",
    metadata,
    _id(),
    _ref("admin_id", "admin.id"),
    _text("name"),
    _text("digest"),
    _text("scopes"),
    _moment("created_at"),
    _moment("used_at", nullable=True),
    _moment("expires_at", nullable=True),
    sa.UniqueConstraint("digest"),
    sa.Index(None, "admin_id"),
)
"""A machine's key to the JSON API, shown once when it is made; `scopes` with spaces between."""

audit = sa.Table(
    "audit",
    metadata,
    _id(),
    _moment("at"),
    _text("who"),
    _text("verb"),
    _text("subject"),
    _text("detail", ""),
    _text("reason", ""),
    _text("client", ""),
    sa.Column("person_id", _Id, sa.ForeignKey("person.id", ondelete="SET NULL")),
    _text("previous"),
    _text("digest"),
    sa.UniqueConstraint("previous"),
    sa.Index(None, "person_id"),
    sa.Index(None, "who", "id"),
)
"""What admins did, each entry bound to the one before it by `previous`, its digest. `detail` is JSON; `person_id`: whose
data it was about, so that they can see it."""
