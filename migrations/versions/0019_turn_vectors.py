"""What turns mean, for finding them again

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "turn_vector",
        sa.Column("id", number, nullable=False),
        sa.Column("turn_id", number, nullable=False),
        sa.Column("encoder", sa.Text(), nullable=False),
        sa.Column("rows", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["turn_id"], ["turn.id"], name="fk_turn_vector_turn_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_turn_vector"),
        sa.UniqueConstraint("turn_id", "encoder", name="uq_turn_vector_turn_id_encoder"),
    )


def downgrade() -> None:
    op.drop_table("turn_vector")
