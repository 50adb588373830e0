"""First tables

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "downtime",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), server_default="down", nullable=False),
        sa.CheckConstraint("kind IN ('down', 'clock')", name=op.f("ck_downtime_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_downtime")),
        sa.UniqueConstraint("began_at", name=op.f("uq_downtime_began_at")),
    )
    op.create_index(op.f("ix_downtime_ended_at"), "downtime", ["ended_at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("message", sa.JSON(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), server_default="new", nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('new', 'claimed', 'done', 'parked')", name=op.f("ck_inbox_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint("platform", "event_id", name=op.f("uq_inbox_platform_event_id")),
    )
    op.create_index(op.f("ix_inbox_address_key_id"), "inbox", ["address_key", "id"], unique=False)
    op.create_index(
        "ix_inbox_new",
        "inbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["address_key", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('new', 'claimed')"),
        postgresql_where=sa.text("state IN ('new', 'claimed')"),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("zone", sa.Text(), nullable=True),
        sa.Column("zone_source", sa.Text(), server_default="", nullable=False),
        sa.Column("quiet_from", sa.Text(), nullable=True),
        sa.Column("quiet_until", sa.Text(), nullable=True),
        sa.Column("feed_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("feed_key", name=op.f("uq_person_feed_key")),
    )
    op.create_table(
        "worker",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), server_default="0", nullable=False),
        sa.Column("serves", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("workspace", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), server_default="", nullable=False),
        sa.Column("private_address", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("platform", "workspace", "account", name=op.f("uq_account_platform_workspace_account")),
    )
    op.create_index(op.f("ix_account_person_id"), "account", ["person_id"], unique=False)
    op.create_table(
        "muted",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sender_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_muted_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["sender_id"], ["person.id"], name=op.f("fk_muted_sender_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_muted")),
        sa.UniqueConstraint("person_id", "sender_id", name=op.f("uq_muted_person_id_sender_id")),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="reminder", nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), server_default="", nullable=False),
        sa.Column("language", sa.Text(), server_default="en", nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("absolute", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), server_default="active", nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("starts_local", sa.Text(), nullable=False),
        sa.Column("next_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_local", sa.Text(), nullable=True),
        sa.Column("last_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late_policy", sa.Text(), server_default="", nullable=False),
        sa.Column("late_minutes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("nag_minutes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("nag_most", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'active', 'paused', 'parked', 'fired', 'done', 'cancelled', 'declined')",
            name=op.f("ck_reminder_state"),
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["person.id"], name=op.f("fk_reminder_asked_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reminder_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("cause", name=op.f("uq_reminder_cause")),
    )
    op.create_index(op.f("ix_reminder_address_key_state"), "reminder", ["address_key", "state"], unique=False)
    op.create_index(
        "ix_reminder_due",
        "reminder",
        ["next_due"],
        unique=False,
        sqlite_where=sa.text("state = 'active' AND next_due IS NOT NULL"),
        postgresql_where=sa.text("state = 'active' AND next_due IS NOT NULL"),
    )
    op.create_index(op.f("ix_reminder_person_id_state"), "reminder", ["person_id", "state"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pending", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
    )
    op.create_index(
        op.f("ix_session_person_id_address_key_last_at"),
        "session",
        ["person_id", "address_key", "last_at"],
        unique=False,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("platform", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(), nullable=False),
        sa.Column("address", sa.JSON(), nullable=False),
        sa.Column("reply", sa.JSON(), nullable=False),
        sa.Column("reply_to", sa.Text(), server_default="", nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reminder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.Text(), server_default="planned", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("judged", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("fence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("doubtful", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("receipt", sa.JSON(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('planned', 'attempting', 'sent', 'parked', 'cancelled', 'skipped')", name=op.f("ck_outbox_state")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_outbox_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminder.id"], name=op.f("fk_outbox_reminder_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("cause", name=op.f("uq_outbox_cause")),
    )
    op.create_index(op.f("ix_outbox_address_key_id"), "outbox", ["address_key", "id"], unique=False)
    op.create_index(
        "ix_outbox_attempting",
        "outbox",
        ["claimed_by"],
        unique=False,
        sqlite_where=sa.text("state = 'attempting'"),
        postgresql_where=sa.text("state = 'attempting'"),
    )
    op.create_index(
        "ix_outbox_expiring",
        "outbox",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'planned' AND expires_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'planned' AND expires_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_open",
        "outbox",
        ["address_key", "id"],
        unique=False,
        sqlite_where=sa.text("state IN ('planned', 'attempting')"),
        postgresql_where=sa.text("state IN ('planned', 'attempting')"),
    )
    op.create_index(
        "ix_outbox_parked",
        "outbox",
        ["person_id"],
        unique=False,
        sqlite_where=sa.text("state = 'parked'"),
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_index(op.f("ix_outbox_person_id"), "outbox", ["person_id"], unique=False)
    op.create_index(
        "ix_outbox_planned",
        "outbox",
        ["platform", "next_try_at"],
        unique=False,
        sqlite_where=sa.text("state = 'planned'"),
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.create_index(
        "ix_outbox_reminder",
        "outbox",
        ["reminder_id"],
        unique=False,
        sqlite_where=sa.text("reminder_id IS NOT NULL"),
        postgresql_where=sa.text("reminder_id IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_unjudged",
        "outbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'planned' AND reminder_id IS NOT NULL AND NOT judged"),
        postgresql_where=sa.text("state = 'planned' AND reminder_id IS NOT NULL AND NOT judged"),
    )
    op.create_table(
        "reminder_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reminder_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_reminder_change_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["reminder_id"], ["reminder.id"], name=op.f("fk_reminder_change_reminder_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_change")),
    )
    op.create_index(op.f("ix_reminder_change_person_id_id"), "reminder_change", ["person_id", "id"], unique=False)
    op.create_index(op.f("ix_reminder_change_reminder_id"), "reminder_change", ["reminder_id"], unique=False)
    op.create_table(
        "turn",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("replied", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text(), server_default="", nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_turn_inbox_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_turn_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_turn_session_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_turn")),
        sa.UniqueConstraint("inbox_id", name=op.f("uq_turn_inbox_id")),
    )
    op.create_index(op.f("ix_turn_person_id"), "turn", ["person_id"], unique=False)
    op.create_index(op.f("ix_turn_session_id_id"), "turn", ["session_id", "id"], unique=False)


def downgrade() -> None:

    op.drop_index(op.f("ix_turn_session_id_id"), table_name="turn")
    op.drop_index(op.f("ix_turn_person_id"), table_name="turn")
    op.drop_table("turn")
    op.drop_index(op.f("ix_reminder_change_reminder_id"), table_name="reminder_change")
    op.drop_index(op.f("ix_reminder_change_person_id_id"), table_name="reminder_change")
    op.drop_table("reminder_change")
    op.drop_index(
        "ix_outbox_unjudged",
        table_name="outbox",
        sqlite_where=sa.text("state = 'planned' AND reminder_id IS NOT NULL AND NOT judged"),
        postgresql_where=sa.text("state = 'planned' AND reminder_id IS NOT NULL AND NOT judged"),
    )
    op.drop_index(
        "ix_outbox_reminder",
        table_name="outbox",
        sqlite_where=sa.text("reminder_id IS NOT NULL"),
        postgresql_where=sa.text("reminder_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_outbox_planned",
        table_name="outbox",
        sqlite_where=sa.text("state = 'planned'"),
        postgresql_where=sa.text("state = 'planned'"),
    )
    op.drop_index(op.f("ix_outbox_person_id"), table_name="outbox")
    op.drop_index(
        "ix_outbox_parked",
        table_name="outbox",
        sqlite_where=sa.text("state = 'parked'"),
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.drop_index(
        "ix_outbox_open",
        table_name="outbox",
        sqlite_where=sa.text("state IN ('planned', 'attempting')"),
        postgresql_where=sa.text("state IN ('planned', 'attempting')"),
    )
    op.drop_index(
        "ix_outbox_expiring",
        table_name="outbox",
        sqlite_where=sa.text("state = 'planned' AND expires_at IS NOT NULL"),
        postgresql_where=sa.text("state = 'planned' AND expires_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_outbox_attempting",
        table_name="outbox",
        sqlite_where=sa.text("state = 'attempting'"),
        postgresql_where=sa.text("state = 'attempting'"),
    )
    op.drop_index(op.f("ix_outbox_address_key_id"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_session_person_id_address_key_last_at"), table_name="session")
    op.drop_table("session")
    op.drop_index(op.f("ix_reminder_person_id_state"), table_name="reminder")
    op.drop_index(
        "ix_reminder_due",
        table_name="reminder",
        sqlite_where=sa.text("state = 'active' AND next_due IS NOT NULL"),
        postgresql_where=sa.text("state = 'active' AND next_due IS NOT NULL"),
    )
    op.drop_index(op.f("ix_reminder_address_key_state"), table_name="reminder")
    op.drop_table("reminder")
    op.drop_table("muted")
    op.drop_index(op.f("ix_account_person_id"), table_name="account")
    op.drop_table("account")
    op.drop_table("worker")
    op.drop_table("person")
    op.drop_index(
        "ix_inbox_open",
        table_name="inbox",
        sqlite_where=sa.text("state IN ('new', 'claimed')"),
        postgresql_where=sa.text("state IN ('new', 'claimed')"),
    )
    op.drop_index(
        "ix_inbox_new",
        table_name="inbox",
        sqlite_where=sa.text("state = 'new'"),
        postgresql_where=sa.text("state = 'new'"),
    )
    op.drop_index(op.f("ix_inbox_address_key_id"), table_name="inbox")
    op.drop_table("inbox")
    op.drop_index(op.f("ix_downtime_ended_at"), table_name="downtime")
    op.drop_table("downtime")
