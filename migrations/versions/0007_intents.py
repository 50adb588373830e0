"""Intents as they are edited, their releases, and sentences that wait to be labelled

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), server_default="1", nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "intent_draft",
        sa.Column("id", _ID, nullable=False),
        *_texts("bot", "name", "document"),
        _number("revision"),
        _moment("changed_at"),
        *_texts("changed_by"),
        _moment("deleted_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intent_draft")),
        sa.UniqueConstraint("bot", "name", name=op.f("uq_intent_draft_bot_name")),
    )
    op.create_table(
        "catalog_release",
        sa.Column("id", _ID, nullable=False),
        *_texts("bot"),
        _number("number"),
        *_texts("message", "author"),
        _moment("released_at"),
        *_texts("document"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_release")),
        sa.UniqueConstraint("bot", "number", name=op.f("uq_catalog_release_bot_number")),
    )
    op.create_table(
        "catalog_live",
        sa.Column("id", _ID, nullable=False),
        *_texts("bot"),
        _number("number"),
        *_texts("seed"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_live")),
        sa.UniqueConstraint("bot", name=op.f("uq_catalog_live_bot")),
    )
    op.create_table(
        "intent_inbox",
        sa.Column("id", _ID, nullable=False),
        *_texts("bot", "key"),
        sa.Column("person_id", _ID, nullable=False),
        *_texts("text", "language"),
        _number("times"),
        *_texts("reason"),
        _moment("last_at"),
        sa.Column("label", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_intent_inbox_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intent_inbox")),
        sa.UniqueConstraint("bot", "key", "person_id", name=op.f("uq_intent_inbox_bot_key_person_id")),
    )
    op.create_index(op.f("ix_intent_inbox_person_id"), "intent_inbox", ["person_id"])
    op.create_index(op.f("ix_intent_inbox_bot_last_at"), "intent_inbox", ["bot", "last_at"])


def downgrade() -> None:
    for table in ("intent_inbox", "catalog_live", "catalog_release", "intent_draft"):
        op.drop_table(table)
