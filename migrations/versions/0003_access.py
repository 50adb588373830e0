"""Who is answered: people who were let in, codes, strangers

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    key = sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}"))
    op.create_table(name, sa.Column("id", _ID, nullable=False), *parts, key)


def _given_by(table: str, gone: str) -> tuple[sa.schema.SchemaItem, ...]:
    reference = sa.ForeignKeyConstraint(["given_by"], ["person.id"], name=op.f(f"fk_{table}_given_by"), ondelete=gone)
    return sa.Column("given_by", _ID, nullable=True), reference


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def upgrade() -> None:
    place = ("platform", "workspace", "account")
    _table(
        "access", *map(_text, place), _text("chat", ""), _text("role"), _moment("since"),
        *_given_by("access", "SET NULL"), _unique("access", *place, "chat"),
        sa.CheckConstraint("role IN ('owner', 'member', 'removed')", name=op.f("ck_access_role")),
    )  # fmt: skip
    _table(
        "access_code", _text("platform", ""), _text("digest"), _text("role"), _moment("expires_at"),
        *_given_by("access_code", "CASCADE"), _unique("access_code", "digest"),
    )  # fmt: skip
    tries = sa.Column("tries", sa.Integer(), server_default="0", nullable=False)
    told = _moment("told_at", nullable=True)
    _table("stranger", *map(_text, place), tries, _moment("since"), told, _unique("stranger", *place))
    op.create_index(op.f("ix_stranger_since"), "stranger", ["since"], unique=False)


def downgrade() -> None:
    for table in ("stranger", "access_code", "access"):
        op.drop_table(table)
