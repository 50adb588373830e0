"""Documents that a bot answers from

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "knowledge_document",
        sa.Column("id", _ID, nullable=False),
        *_text("bot", "name", "kind", "title", "origin", "digest", "limits", "passages"),
        sa.Column("pieces", sa.Integer(), server_default="0", nullable=False),
        _moment("changed_at"),
        *_text("changed_by"),
        _moment("removed_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_document")),
        sa.UniqueConstraint("bot", "name", name=op.f("uq_knowledge_document_bot_name")),
    )
    op.create_table(
        "knowledge_version",
        sa.Column("id", _ID, nullable=False),
        *_text("bot"),
        sa.Column("number", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_version")),
        sa.UniqueConstraint("bot", name=op.f("uq_knowledge_version_bot")),
    )


def downgrade() -> None:
    for table in ("knowledge_version", "knowledge_document"):
        op.drop_table(table)
