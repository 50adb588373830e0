"""Learning from use: who allows it, corrected replies, what data sets must lose; and blind comparisons

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _table(name: str, *columns: sa.Column[Any], once: str = "", **refs: str) -> None:
    """With the usual key; `refs` are columns that name a row of another table, and go with it."""
    named = [sa.Column(column, _ID, nullable=False) for column in refs]
    gone = [
        sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{name}_{column}", ondelete="CASCADE")
        for column, other in refs.items()
    ]
    unique = [sa.UniqueConstraint(once, name=f"uq_{name}_{once}")] if once else []
    key = sa.PrimaryKeyConstraint("id", name=f"pk_{name}")
    op.create_table(name, sa.Column("id", _ID, nullable=False), *named, *columns, *gone, key, *unique)


def _moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _text(name: str, default: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def upgrade() -> None:
    _table("consent", _moment("since"), once="person_id", person_id="person")
    words = (_text("text"), _text("author"), _moment("corrected_at"))
    _table("correction", *words, once="turn_id", turn_id="turn", person_id="person")
    op.create_index("ix_correction_person_id", "correction", ["person_id"])
    _table("unlearned", sa.Column("whose", sa.BigInteger(), nullable=False), _moment("at"), once="whose")
    texts = (_text("one"), _text("other"), _text("author"), _text("pairs"), _text("chosen", "[]"))
    _table("model_comparison", *texts, _moment("made_at"))


def downgrade() -> None:
    for table in ("model_comparison", "unlearned", "correction", "consent"):
        op.drop_table(table)
