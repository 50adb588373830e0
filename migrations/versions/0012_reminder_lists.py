"""Lists of reminders by state, and of deliveries that failed or were left out, in the order of their ids

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_PARTIAL = {
    "ix_reminder_waiting": ("reminder", "state = 'active' AND next_due IS NULL"),
    "ix_outbox_failed": ("outbox", "state = 'parked'"),
    "ix_outbox_skipped": ("outbox", "state = 'skipped'"),
}


def upgrade() -> None:
    op.create_index("ix_reminder_state", "reminder", ["state", "id"])
    for name, (table, where) in _PARTIAL.items():
        op.create_index(name, table, ["id"], postgresql_where=sa.text(where), sqlite_where=sa.text(where))


def downgrade() -> None:
    for name, (table, _) in _PARTIAL.items():
        op.drop_index(name, table)
    op.drop_index("ix_reminder_state", "reminder")
