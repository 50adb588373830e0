"""Where the assistant was installed by its owners: workspaces with a token each."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.crypto import Sealed
from core.store.tables import _id, _moment, _text, metadata

installation = sa.Table(
    "installation",
    metadata,
    _id(),
    _text("platform"),
    _text("workspace"),
    _text("name", ""),
    _text("bot_user"),
    _text("bot_id", ""),
    _text("url", ""),
    _text("scopes", ""),
    sa.Column("token", Sealed("installation.token")),
    sa.Column("refresh_token", Sealed("installation.refresh_token")),
    _moment("expires_at", nullable=True),
    _moment("refreshing_until", nullable=True),
    _moment("installed_at"),
    _moment("removed_at", nullable=True),
    sa.UniqueConstraint("platform", "workspace"),
)
"""A workspace whose owner let us in. `scopes` are joined by commas; `expires_at`: until when `token` is good (empty:
for ever); until `refreshing_until` one worker alone may exchange it. After `removed_at` there are no tokens."""

spent_state = sa.Table(
    "spent_state",
    metadata,
    _id(),
    _text("digest"),
    _moment("expires_at"),
    sa.UniqueConstraint("digest"),
)
"""States of installations that came back already: each is good once."""
