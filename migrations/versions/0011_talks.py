"""How a turn came out, what a model was asked, reveals, take-overs and notes; ways to find conversations

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PARKED = sa.text("state = 'parked'")


def _table(name: str, *parts: sa.Column[object] | sa.Constraint) -> None:
    key = (sa.Column("id", _ID, nullable=False), sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")))
    op.create_table(name, *key, *parts)


def _ref(table: str, name: str, target: str, *, nullable: bool = False) -> list[sa.Column[object] | sa.Constraint]:
    key = sa.ForeignKeyConstraint([name], [f"{target}.id"], name=op.f(f"fk_{table}_{name}"), ondelete="CASCADE")
    return [sa.Column(name, _ID, nullable=nullable), key]


def _text(name: str, default: str | None = None) -> sa.Column[object]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def upgrade() -> None:
    op.add_column("turn", sa.Column("trace", sa.Text(), server_default="", nullable=False))
    op.create_index(op.f("ix_turn_intent_session_id"), "turn", ["intent", "session_id"])
    op.create_index(op.f("ix_session_last_at_id"), "session", ["last_at", "id"])
    op.create_index("ix_inbox_parked", "inbox", ["id"], sqlite_where=_PARKED, postgresql_where=_PARKED)
    _table(
        "turn_prompt", *_ref("turn_prompt", "turn_id", "turn"), _text("prompt"), _moment("made_at"),
        sa.UniqueConstraint("turn_id", name=op.f("uq_turn_prompt_turn_id")),
    )  # fmt: skip
    _table(
        "reveal", *_ref("reveal", "session_id", "admin_session"), _text("subject"), _moment("until"),
        sa.UniqueConstraint("session_id", "subject", name=op.f("uq_reveal_session_id_subject")),
    )  # fmt: skip
    _table(
        "takeover", *_ref("takeover", "person_id", "person"), _text("place"), _text("held_by"), _text("language", "en"),
        _moment("began_at"), _moment("until"),
        sa.UniqueConstraint("person_id", "place", name=op.f("uq_takeover_person_id_place")),
    )  # fmt: skip
    op.create_index(op.f("ix_takeover_until"), "takeover", ["until"])
    _table(
        "conversation_note", *_ref("conversation_note", "session_id", "session"),
        *_ref("conversation_note", "turn_id", "turn", nullable=True), _text("who"), _text("text"), _moment("noted_at"),
    )  # fmt: skip
    for name in ("session_id", "turn_id"):
        op.create_index(op.f(f"ix_conversation_note_{name}"), "conversation_note", [name])


def downgrade() -> None:
    for table in ("conversation_note", "takeover", "reveal", "turn_prompt"):
        op.drop_table(table)
    op.drop_index("ix_inbox_parked", table_name="inbox", sqlite_where=_PARKED, postgresql_where=_PARKED)
    op.drop_index(op.f("ix_session_last_at_id"), table_name="session")
    op.drop_index(op.f("ix_turn_intent_session_id"), table_name="turn")
    op.drop_column("turn", "trace")
