"""What a channel has agreed on."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.tables import _moment, _ref, metadata

channel = sa.Table(
    "channel",
    metadata,
    sa.Column("key", sa.Text(), primary_key=True),
    sa.Column("shared", sa.Boolean(), nullable=False),
    _ref("set_by", "person.id"),
    _moment("set_at"),
)
"""`key` is the address of the whole chat. `shared`: whether everybody there may change a reminder for all that is set
from now on; without a row only who set it may."""
