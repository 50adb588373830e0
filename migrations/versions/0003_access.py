"""Who is answered: people who were let in, codes, strangers

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "access",
        sa.Column("id", _ID, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("chat", sa.Text(), server_default="", nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("given_by", _ID, nullable=True),
        sa.CheckConstraint("role IN ('owner', 'member', 'removed')", name=op.f("ck_access_role")),
        sa.ForeignKeyConstraint(["given_by"], ["person.id"], name=op.f("fk_access_given_by"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access")),
        sa.UniqueConstraint(
            "platform", "workspace", "account", "chat", name=op.f("uq_access_platform_workspace_account_chat")
        ),
    )
    op.create_table(
        "access_code",
        sa.Column("id", _ID, nullable=False),
        sa.Column("platform", sa.Text(), server_default="", nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("given_by", _ID, nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["given_by"], ["person.id"], name=op.f("fk_access_code_given_by"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_access_code_digest")),
    )
    op.create_table(
        "stranger",
        sa.Column("id", _ID, nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stranger")),
        sa.UniqueConstraint("platform", "workspace", "account", name=op.f("uq_stranger_platform_workspace_account")),
    )
    op.create_index(op.f("ix_stranger_since"), "stranger", ["since"], unique=False)


def downgrade() -> None:
    for table in ("stranger", "access_code", "access"):
        op.drop_table(table)
