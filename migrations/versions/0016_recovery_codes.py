"""Recovery codes, roles that follow the team's groups, and take-overs that belong to an account

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MADE_BY_TEAM = """UPDATE admin SET team = 'follows' WHERE identity IS NOT NULL AND EXISTS (
SELECT 1 FROM audit WHERE verb = 'admin.create' AND subject = 'admin:' || admin.name AND detail LIKE '%"by": "team"%')"""


def upgrade() -> None:
    op.create_table(
        "admin_code",
        sa.Column("id", _ID, nullable=False),
        sa.Column("admin_id", _ID, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["admin_id"], ["admin.id"], name="fk_admin_code_admin_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_admin_code"),
        sa.UniqueConstraint("admin_id", "digest", name="uq_admin_code_admin_id_digest"),
    )
    op.add_column("admin", sa.Column("team", sa.Text(), server_default="", nullable=False))
    op.execute(_MADE_BY_TEAM)
    with op.batch_alter_table("takeover") as table:
        table.add_column(sa.Column("admin_id", _ID, nullable=True))
        table.create_foreign_key("fk_takeover_admin_id", "admin", ["admin_id"], ["id"], ondelete="SET NULL")


def downgrade() -> None:
    with op.batch_alter_table("takeover") as table:
        table.drop_constraint("fk_takeover_admin_id", type_="foreignkey")
        table.drop_column("admin_id")
    op.drop_column("admin", "team")
    op.drop_table("admin_code")
