"""Every revision of an intent's draft, and which release each worker answers by; turns by their moment

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEPT = "bot, name, revision, document, changed_at, changed_by"


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "intent_revision",
        sa.Column("id", _ID, nullable=False),
        *_text("bot", "name"),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        *_text("document"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        *_text("changed_by"),
        sa.Column("deleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("batch", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_intent_revision"),
        sa.UniqueConstraint("bot", "name", "revision", name="uq_intent_revision_bot_name_revision"),
    )
    of_batch = sa.text("batch <> ''")
    op.create_index(
        "ix_intent_revision_batch", "intent_revision", ["batch"], sqlite_where=of_batch, postgresql_where=of_batch
    )
    op.execute(
        f"INSERT INTO intent_revision ({_KEPT}, deleted) SELECT {_KEPT}, deleted_at IS NOT NULL FROM intent_draft"  # noqa: S608
    )
    op.create_table(
        "intent_force",
        sa.Column("id", _ID, nullable=False),
        *_text("worker", "bot"),
        sa.Column("number", sa.Integer(), server_default="1", nullable=False),
        sa.Column("calibrated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_intent_force"),
        sa.UniqueConstraint("worker", name="uq_intent_force_worker"),
    )
    op.create_index("ix_turn_started_at_intent", "turn", ["started_at", "intent"])


def downgrade() -> None:
    op.drop_index("ix_turn_started_at_intent", "turn")
    op.drop_table("intent_force")
    op.drop_table("intent_revision")
