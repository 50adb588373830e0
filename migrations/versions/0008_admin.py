"""The admin side: accounts, their sessions and links, keys of machines, and the audit log

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_ROLES = "role IN ('owner', 'editor', 'operator', 'viewer')"


def _id() -> sa.Column[int]:
    return sa.Column("id", _ID, nullable=False)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _empty(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), server_default="", nullable=False) for name in names]


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _admin_id(table: str, *, nullable: bool = False) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("admin_id", _ID, nullable=nullable),
        sa.ForeignKeyConstraint(["admin_id"], ["admin.id"], name=f"fk_{table}_admin_id", ondelete="CASCADE"),
    )


def _person_id(table: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return (
        sa.Column("person_id", _ID, nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=f"fk_{table}_person_id", ondelete="SET NULL"),
    )


def upgrade() -> None:
    op.create_table(
        "admin",
        _id(),
        *_texts("name", "role"),
        *_empty("password"),
        sa.Column("totp", sa.Text(), nullable=True),
        sa.Column("totp_used", sa.Integer(), server_default="0", nullable=False),
        sa.Column("identity", sa.Text(), nullable=True),
        *_person_id("admin"),
        *_empty("language"),
        sa.Column("disabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("id", name="pk_admin"),
        sa.UniqueConstraint("name", name="uq_admin_name"),
        sa.UniqueConstraint("identity", name="uq_admin_identity"),
        sa.CheckConstraint(_ROLES, name=op.f("ck_admin_role")),
    )
    op.create_table(
        "admin_session",
        _id(),
        *_admin_id("admin_session"),
        *_texts("digest"),
        *_empty("client", "agent"),
        _moment("created_at"),
        _moment("seen_at"),
        sa.PrimaryKeyConstraint("id", name="pk_admin_session"),
        sa.UniqueConstraint("digest", name="uq_admin_session_digest"),
    )
    op.create_index("ix_admin_session_admin_id", "admin_session", ["admin_id"])
    op.create_table(
        "admin_link",
        _id(),
        *_admin_id("admin_link", nullable=True),
        *_texts("purpose", "digest"),
        _moment("expires_at"),
        sa.PrimaryKeyConstraint("id", name="pk_admin_link"),
        sa.UniqueConstraint("digest", name="uq_admin_link_digest"),
        sa.CheckConstraint("purpose IN ('setup', 'login', 'reset', 'chat')", name=op.f("ck_admin_link_purpose")),
    )
    op.create_table(
        "api_token",
        _id(),
        *_admin_id("api_token"),
        *_texts("name", "digest", "scopes"),
        _moment("created_at"),
        _moment("used_at", nullable=True),
        _moment("expires_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_token"),
        sa.UniqueConstraint("digest", name="uq_api_token_digest"),
    )
    op.create_index("ix_api_token_admin_id", "api_token", ["admin_id"])
    op.create_table(
        "audit",
        _id(),
        _moment("at"),
        *_texts("who", "verb", "subject"),
        *_empty("detail", "reason", "client"),
        *_person_id("audit"),
        *_texts("previous", "digest"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.UniqueConstraint("previous", name="uq_audit_previous"),
    )
    op.create_index("ix_audit_person_id", "audit", ["person_id"])
    op.create_index("ix_audit_who_id", "audit", ["who", "id"])


def downgrade() -> None:
    for table in ("audit", "api_token", "admin_link", "admin_session", "admin"):
        op.drop_table(table)
