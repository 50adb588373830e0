"""What was tried at the doors, and whose sessions in the browser chat were ended

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _column(name: str, kind: Any, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, server_default=default, nullable=False)


def upgrade() -> None:
    text, moment = sa.Text(), sa.DateTime(timezone=True)
    key = sa.PrimaryKeyConstraint("id", name="pk_attempt")
    op.create_table("attempt", _column("id", _ID), _column("key", text), _column("at", moment), key)
    op.create_index("ix_attempt_key_at", "attempt", ["key", "at"])
    op.create_index("ix_attempt_at", "attempt", ["at"])
    pass_key = sa.PrimaryKeyConstraint("id", name="pk_web_pass")
    once = sa.UniqueConstraint("account", name="uq_web_pass_account")
    about = (_column("account", text), _column("number", sa.Integer(), "0"), _column("ended_at", moment))
    op.create_table("web_pass", _column("id", _ID), *about, pass_key, once)


def downgrade() -> None:
    op.drop_table("web_pass")
    op.drop_table("attempt")
