"""Workspaces that let the assistant in, with their tokens, encrypted

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXTS = ("name", "bot_id", "url", "scopes")


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("id", _ID, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("platform", "workspace", "bot_user")),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("token", "refresh_token")),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in ("expires_at", "refreshing_until")),
        sa.Column("installed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
        sa.UniqueConstraint("platform", "workspace", name=op.f("uq_installation_platform_workspace")),
    )
    op.create_table(
        "spent_state",
        sa.Column("id", _ID, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spent_state")),
        sa.UniqueConstraint("digest", name=op.f("uq_spent_state_digest")),
    )


def downgrade() -> None:
    op.drop_table("spent_state")
    op.drop_table("installation")
