"""By which intent of the admins a skill was reached

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("turn", sa.Column("via", sa.Text(), server_default="", nullable=False))
    op.drop_index("ix_turn_started_at_intent", "turn")
    op.create_index("ix_turn_started_at_intent_via", "turn", ["started_at", "intent", "via"])


def downgrade() -> None:
    op.drop_index("ix_turn_started_at_intent_via", "turn")
    op.create_index("ix_turn_started_at_intent", "turn", ["started_at", "intent"])
    op.drop_column("turn", "via")
