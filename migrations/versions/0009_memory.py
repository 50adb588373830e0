"""What is remembered of people: facts, where they were used, and where nothing is to be remembered

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(table: str) -> list[sa.schema.SchemaItem]:
    return [sa.Column("id", _ID, nullable=False), sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))]


def _ref(table: str, name: str, target: str) -> list[sa.schema.SchemaItem]:
    key = sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"), ondelete="CASCADE")
    return [sa.Column(name, _ID, nullable=False), key]


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _no(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "fact",
        *_key("fact"),
        *_ref("fact", "person_id", "person"),
        _text("platform", ""), _text("address_key", ""), _text("language", "en"),
        _text("about"), _text("text"), _text("said"), _text("link", ""),
        sa.Column("inbox_id", _ID, nullable=True),
        _no("asked"), _no("pinned"), _moment("told_at"),
        _moment("edited_at", nullable=True), _moment("replaced_at", nullable=True),
    )  # fmt: skip
    op.create_index(op.f("ix_fact_person_id_replaced_at"), "fact", ["person_id", "replaced_at"])
    op.create_table(
        "fact_use",
        *_key("fact_use"),
        *_ref("fact_use", "fact_id", "fact"),
        *_ref("fact_use", "inbox_id", "inbox"),
        _text("address_key"), _text("how"), _moment("used_at"),
        sa.UniqueConstraint("fact_id", "inbox_id", name=op.f("uq_fact_use_fact_id_inbox_id")),
    )  # fmt: skip
    op.create_index(op.f("ix_fact_use_inbox_id"), "fact_use", ["inbox_id"])
    op.create_table(
        "memory_pause",
        *_key("memory_pause"),
        *_ref("memory_pause", "person_id", "person"),
        _text("address_key", ""),
        _moment("since"),
    )
    op.create_index(op.f("ix_memory_pause_person_id"), "memory_pause", ["person_id"])


def downgrade() -> None:
    for table in ("memory_pause", "fact_use", "fact"):
        op.drop_table(table)
