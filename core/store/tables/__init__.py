"""Every table. Moments are UTC; names of states are words of the glossary. Migrations in `migrations/` must agree."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[dt.datetime]):
    """An aware UTC moment: timestamptz on PostgreSQL, sortable ISO text on SQLite. Refuses naive values."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, _dialect: sa.Dialect) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Words(TypeDecorator[str]):
    """Text that any database takes: without NUL, which PostgreSQL refuses, and without halves of surrogate pairs."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: sa.Dialect) -> str | None:
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", "").encode("utf-8", "ignore").decode()


metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
_Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _Id, primary_key=True)


def _ref(name: str, target: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, _Id, sa.ForeignKey(target, ondelete="CASCADE"), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[dt.datetime]:
    return sa.Column(name, Moment(), nullable=nullable)


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, Words(), nullable=False, server_default=default)


def _number(name: str, default: int) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), nullable=False, server_default=str(default))


def _states(*names: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("state IN ({})".format(", ".join(f"'{name}'" for name in names)), name="state")


def _open(columns: str, condition: str, name: str) -> Any:
    """A partial index: only rows that still need work are in it, so it stays small however long the history is."""
    parts = [part.strip() for part in columns.split(",")]
    return sa.Index(name, *parts, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))


person = sa.Table(
    "person",
    metadata,
    _id(),
    _text("name", ""),
    sa.Column("language", sa.Text()),
    sa.Column("zone", sa.Text()),
    _text("zone_source", ""),
    sa.Column("quiet_from", sa.Text()),
    sa.Column("quiet_until", sa.Text()),
    sa.Column("feed_key", sa.Text(), unique=True),
    _moment("created_at"),
)
"""A human behind one or more accounts. `zone` is IANA; `zone_source` is "platform" or "person" (theirs wins). Quiet
hours are wall-clock times "22:00" in that zone; `feed_key` is the hash of the secret in their calendar's address."""

account = sa.Table(
    "account",
    metadata,
    _id(),
    _text("platform"),
    _text("workspace"),
    _text("account"),
    _text("handle", ""),
    sa.Column("private_address", sa.JSON(none_as_null=True)),
    _ref("person_id", "person.id"),
    _moment("created_at"),
    sa.UniqueConstraint("platform", "workspace", "account"),
    sa.Index(None, "person_id"),
)
"""An identity on one platform. `handle`: how others call it there, without "@"; `private_address`: where its owner last
wrote to us in private."""

worker = sa.Table(
    "worker",
    metadata,
    sa.Column("name", sa.Text(), primary_key=True),
    _text("host"),
    _number("pid", 0),
    _text("serves", ""),
    _moment("started_at"),
    _moment("seen_at"),
    sa.Column("stopped", sa.Boolean(), nullable=False, server_default=sa.false()),
)
"""A process. Its claims hold as long as `seen_at` keeps changing; `stopped`: it ended in order, and they are free.
`serves`: its platforms, in one line each. The newest `seen_at` says until when anybody was running."""

downtime = sa.Table(
    "downtime",
    metadata,
    _id(),
    _moment("began_at"),
    _moment("ended_at"),
    _text("kind", "down"),
    sa.CheckConstraint("kind IN ('down', 'clock')", name="kind"),
    sa.UniqueConstraint("began_at"),
    sa.Index(None, "ended_at"),
)
"""When nobody was running ("down"), or which time the clock left out as it was put forward ("clock"): why things are
late."""

inbox = sa.Table(
    "inbox",
    metadata,
    _id(),
    _text("platform"),
    _text("event_id"),
    _text("address_key"),
    sa.Column("message", sa.JSON(), nullable=False),
    _moment("received_at"),
    _text("state", "new"),
    sa.Column("claimed_by", sa.Text()),
    _number("fence", 0),
    _number("attempts", 0),
    _moment("not_before", nullable=True),
    _moment("finished_at", nullable=True),
    _text("note", ""),
    _states("new", "claimed", "done", "parked"),
    sa.UniqueConstraint("platform", "event_id"),
    sa.Index(None, "address_key", "id"),
    _open("address_key, id", "state IN ('new', 'claimed')", "ix_inbox_open"),
    _open("id", "state = 'new'", "ix_inbox_new"),
    _open("id", "state = 'parked'", "ix_inbox_parked"),
)
"""Messages accepted from a platform. `fence` grows with each claim: who finishes must hold the newest."""

session = sa.Table(
    "session",
    metadata,
    _id(),
    _ref("person_id", "person.id"),
    _text("address_key"),
    _moment("started_at"),
    _moment("last_at"),
    sa.Column("pending", sa.JSON()),
    sa.Index(None, "person_id", "address_key", "last_at"),
    sa.Index(None, "last_at", "id"),
)
"""A stretch of conversation of one person at one address. `pending`: the question that waits for an answer."""

turn = sa.Table(
    "turn",
    metadata,
    _id(),
    sa.Column("inbox_id", _Id, sa.ForeignKey("inbox.id", ondelete="CASCADE"), nullable=False, unique=True),
    _ref("session_id", "session.id"),
    _ref("person_id", "person.id"),
    _text("said"),
    _text("replied"),
    _text("intent", ""),
    _text("model", ""),
    _moment("started_at"),
    _moment("finished_at"),
    _text("trace", ""),
    _text("via", ""),
    sa.Index(None, "session_id", "id"),
    sa.Index(None, "person_id"),
    sa.Index(None, "intent", "session_id"),
    sa.Index(None, "started_at", "intent", "via"),
)
"""One message and its reply. `trace`: how it came out, as JSON, without anybody's words (`core/trace.py`);
`via`: the admins' intent by which a skill was reached."""

reminder = sa.Table(
    "reminder",
    metadata,
    _id(),
    _ref("person_id", "person.id"),
    _text("cause"),
    _text("kind", "reminder"),
    _text("platform"),
    sa.Column("address", sa.JSON(), nullable=False),
    _text("address_key"),
    _text("text"),
    _text("link", ""),
    _text("language", "en"),
    _text("zone"),
    sa.Column("absolute", sa.Boolean(), nullable=False, server_default=sa.false()),
    _text("state", "active"),
    sa.Column("rule", sa.Text()),
    _text("starts_local"),
    _moment("next_due", nullable=True),
    sa.Column("next_local", sa.Text()),
    _moment("last_due", nullable=True),
    _text("late_policy", ""),
    _number("late_minutes", 0),
    _number("nag_minutes", 0),
    _number("nag_most", 0),
    sa.Column("asked_by", _Id, sa.ForeignKey("person.id", ondelete="SET NULL")),
    _moment("paused_until", nullable=True),
    sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.false()),
    _moment("created_at"),
    _moment("updated_at"),
    _states("proposed", "active", "paused", "parked", "fired", "done", "cancelled", "declined"),
    sa.UniqueConstraint("cause"),
    sa.Index(None, "person_id", "state"),
    sa.Index(None, "address_key", "state"),
    _open("next_due", "state = 'active' AND next_due IS NOT NULL", "ix_reminder_due"),
    _open("address_key", "state = 'parked'", "ix_reminder_parked"),
    sa.Index("ix_reminder_state", "state", "id"),
    _open("id", "state = 'active' AND next_due IS NULL", "ix_reminder_waiting"),
)
"""A promise. `cause` makes it unique per turn; `kind` is "reminder", "channel" (for everybody
in its chat) or "digest" (the morning's schedule).
`starts_local` and `next_local` are wall-clock times in `zone`; `next_due` is the next moment not yet planned into the
outbox (None: none left). `absolute`: said as a distance ("in 24 hours"), so it stays when the person's zone changes.
`late_policy`: "" by its kind; "send" late; "limit", at most `late_minutes` late (0: until its next occurrence); "skip"
and tell; "next" slot only. `nag_minutes`: again every so often until done, at most `nag_most` times. `asked_by`: who
proposed it to this person, if somebody else did. `paused_until`: active, and the occurrences before that moment are left
out. `shared`: one for everybody in its chat, which everybody there may change, too.
"parked": its chat is closed to us, and its owner has been told elsewhere."""

reminder_change = sa.Table(
    "reminder_change",
    metadata,
    _id(),
    _ref("person_id", "person.id"),
    _ref("reminder_id", "reminder.id"),
    _text("verb"),
    sa.Column("before", sa.JSON(), nullable=False),
    _moment("changed_at"),
    sa.Column("undone", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Index(None, "person_id", "id"),
    sa.Index(None, "reminder_id"),
)
"""What a reminder was before a person changed it: what undo brings back."""

muted = sa.Table(
    "muted",
    metadata,
    _id(),
    _ref("person_id", "person.id"),
    _ref("sender_id", "person.id"),
    _moment("since"),
    sa.UniqueConstraint("person_id", "sender_id"),
)
"""Whose reminders a person does not want to be asked about."""

outbox = sa.Table(
    "outbox",
    metadata,
    _id(),
    _text("cause"),
    _text("platform"),
    _text("address_key"),
    sa.Column("address", sa.JSON(), nullable=False),
    sa.Column("reply", sa.JSON(), nullable=False),
    _text("reply_to", ""),
    sa.Column("person_id", _Id, sa.ForeignKey("person.id", ondelete="CASCADE")),
    sa.Column("reminder_id", _Id, sa.ForeignKey("reminder.id", ondelete="CASCADE")),
    _text("state", "planned"),
    _moment("due_at"),
    _moment("expires_at", nullable=True),
    sa.Column("judged", sa.Boolean(), nullable=False, server_default=sa.false()),
    _moment("next_try_at"),
    sa.Column("claimed_by", sa.Text()),
    _number("fence", 0),
    _number("attempts", 0),
    sa.Column("doubtful", sa.Boolean(), nullable=False, server_default=sa.false()),
    sa.Column("receipt", sa.JSON()),
    _text("reason", ""),
    _moment("created_at"),
    _moment("finished_at", nullable=True),
    _states("planned", "attempting", "sent", "parked", "cancelled", "skipped"),
    sa.UniqueConstraint("cause"),
    sa.Index(None, "address_key", "id"),
    sa.Index(None, "person_id"),
    _open("platform, next_try_at", "state = 'planned'", "ix_outbox_planned"),
    _open("address_key, id", "state IN ('planned', 'attempting')", "ix_outbox_open"),
    _open("claimed_by", "state = 'attempting'", "ix_outbox_attempting"),
    _open("reminder_id", "reminder_id IS NOT NULL", "ix_outbox_reminder"),
    _open("due_at", "state = 'planned' AND reminder_id IS NOT NULL AND NOT judged", "ix_outbox_unjudged"),
    _open("expires_at", "state = 'planned' AND expires_at IS NOT NULL", "ix_outbox_expiring"),
    _open("person_id", "state = 'parked'", "ix_outbox_parked"),
    _open("id", "state = 'parked'", "ix_outbox_failed"),
    _open("id", "state = 'skipped'", "ix_outbox_skipped"),
)
"""Messages on their way out, kept as the record of what was sent, when, and if not, why: every skip is a row with a
reason. After `expires_at` a message is skipped instead of sent. A reminder's message that is late waits until it is
`judged` by the reminder's rule."""
