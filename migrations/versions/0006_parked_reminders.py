"""An index of parked reminders: every message asks whether its chat has some

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_PARKED = sa.text("state = 'parked'")


def upgrade() -> None:
    op.create_index("ix_reminder_parked", "reminder", ["address_key"], sqlite_where=_PARKED, postgresql_where=_PARKED)


def downgrade() -> None:
    op.drop_index("ix_reminder_parked", table_name="reminder", sqlite_where=_PARKED, postgresql_where=_PARKED)
