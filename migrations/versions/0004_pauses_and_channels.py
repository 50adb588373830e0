"""Pauses that end by themselves; who may change a channel's reminders

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reminder", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reminder", sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "channel",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("set_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"], name=op.f("fk_channel_set_by"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_channel")),
    )


def downgrade() -> None:
    op.drop_table("channel")
    op.drop_column("reminder", "shared")
    op.drop_column("reminder", "paused_until")
