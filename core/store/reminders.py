"""Reminders as rows. What they mean in time is decided in `core/reminders`; here they are kept and found."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from core.messages import Address, Reply
from core.store import outbox as queue
from core.store.codec import address_from_json, address_to_json, reply_to_json
from core.store.database import Tx
from core.store.tables import Moment, outbox, reminder
from core.store.tables.channels import channel

ReminderState = Literal["proposed", "active", "paused", "parked", "fired", "done", "cancelled", "declined"]


@dataclass(frozen=True, slots=True)
class NewReminder:
    """What a reminder is made of. The same `cause` makes one reminder, however often its turn is tried."""

    person_id: int
    cause: str
    address: Address
    text: str
    language: str
    zone: str
    starts_local: str
    next_due: dt.datetime
    next_local: str
    rule: str | None = None
    absolute: bool = False
    kind: str = "reminder"
    link: str = ""
    state: ReminderState = "active"
    nag_minutes: int = 0
    nag_most: int = 0
    asked_by: int | None = None
    late_policy: str = ""
    late_minutes: int = 0
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Reminder:
    """A promise. `next_due` is the next moment not yet planned into the outbox."""

    id: int
    person_id: int
    address: Address
    text: str
    language: str
    zone: str
    state: ReminderState
    rule: str | None
    starts_local: str
    next_due: dt.datetime | None
    next_local: str | None
    last_due: dt.datetime | None
    link: str
    absolute: bool
    """Said as a distance: it keeps its moment when the person's zone changes."""
    kind: str
    asked_by: int | None
    updated_at: dt.datetime
    rings: dt.datetime | None
    """The next moment it rings, planned already or not; None when nothing is to come."""
    nag_minutes: int = 0
    nag_most: int = 0
    cause: str = ""
    late_policy: str = ""
    late_minutes: int = 0
    paused_until: dt.datetime | None = None
    """What would ring before this moment was left out."""
    shared: bool = False
    """Everybody in its channel may change it."""

    def rests_until(self, now: dt.datetime) -> dt.datetime | None:
        """The end of a pause that ends by itself and has not yet."""
        return self.paused_until if self.paused_until is not None and self.paused_until > now else None


PLANNED = (
    sa.select(sa.func.min(outbox.c.due_at))
    .where(outbox.c.reminder_id == reminder.c.id, outbox.c.state.in_(("planned", "attempting")))
    .correlate(reminder)
    .scalar_subquery()
    .label("planned")
)
_WHOLE = sa.select(reminder, PLANNED)


def from_row(row: sa.Row[Any]) -> Reminder:
    """A row of the table, with `planned`: when its next planned message is due."""
    return Reminder(
        row.id, row.person_id, address_from_json(row.address), row.text, row.language, row.zone, row.state, row.rule,
        row.starts_local, row.next_due, row.next_local, row.last_due, row.link, row.absolute, row.kind, row.asked_by,
        row.updated_at,
        min((moment for moment in (row.planned, row.next_due) if moment is not None), default=None),
        row.nag_minutes, row.nag_most, row.cause, row.late_policy, row.late_minutes, row.paused_until, row.shared,
    )  # fmt: skip


async def add(tx: Tx, new: NewReminder, now: dt.datetime) -> Reminder:
    """Keeps a reminder and gives back the row as it stands in the database."""
    values = {name: getattr(new, name) for name in NewReminder.__slots__}
    values |= {
        "address": address_to_json(new.address), "address_key": new.address.key(), "platform": new.address.platform,
        "created_at": now, "updated_at": now,
    }  # fmt: skip
    await tx.insert_once(reminder, values, ("cause",))
    row = await tx.row(_WHOLE.where(reminder.c.cause == new.cause))
    assert row is not None, "it was inserted or found in this transaction"
    return from_row(row)


async def get(tx: Tx, reminder_id: int, person_id: int) -> Reminder | None:
    """A reminder of this person; None if there is none, or if it is somebody else's."""
    mine = sa.and_(reminder.c.id == reminder_id, reminder.c.person_id == person_id)
    row = await tx.row(_WHOLE.where(mine))
    return from_row(row) if row else None


async def get_any(tx: Tx, reminder_id: int) -> Reminder | None:
    """A reminder, whosever it is: the caller decides what this person may do with it."""
    row = await tx.row(_WHOLE.where(reminder.c.id == reminder_id))
    return from_row(row) if row else None


async def by_cause(tx: Tx, cause: str, person_id: int) -> Reminder | None:
    """The reminder of this person that was made for that cause."""
    row = await tx.row(_WHOLE.where(reminder.c.cause == cause, reminder.c.person_id == person_id))
    return from_row(row) if row else None


def cause_later(begun: int, turn: int) -> str:
    """The cause of what a turn set that answered a question of an earlier one."""
    return f"turn:{begun}:by:{turn}"


async def of_turn(tx: Tx, turn: int, person_id: int) -> Reminder | None:
    """The newest reminder of this person that a turn set, or asked for."""
    first, after = cause_later(turn, 0)[:-1], f"turn:{turn}:by;"  # a range, which the index of causes answers
    later = sa.and_(reminder.c.cause >= first, reminder.c.cause < after)
    asked = sa.and_(sa.or_(reminder.c.cause == f"turn:{turn}", later), reminder.c.person_id == person_id)
    row = await tx.row(_WHOLE.where(asked).order_by(reminder.c.id.desc()).limit(1))
    return from_row(row) if row else None


async def open_of(tx: Tx, person_id: int, limit: int = 50) -> list[Reminder]:
    """A person's reminders that have still to ring or wait for Done, the next one first."""
    statement = (
        _WHOLE.where(reminder.c.person_id == person_id, reminder.c.state.in_(("active", "paused")))
        .order_by(sa.func.coalesce(PLANNED, reminder.c.next_due), reminder.c.id)
        .limit(limit)
    )
    return [from_row(row) for row in await tx.rows(statement)]


async def open_everywhere(tx: Tx, platform: str, chat: str, limit: int) -> list[Reminder]:
    """The open reminders of everybody, or of one chat where it is named; the next one first."""
    statement = (
        _WHOLE.where(reminder.c.state.in_(("active", "paused")))
        .order_by(sa.func.coalesce(PLANNED, reminder.c.next_due), reminder.c.id)
        .limit(limit)
    )
    if chat:
        here = reminder.c.address["chat"].as_string() == chat
        statement = statement.where(reminder.c.platform == platform, here)
    return [from_row(row) for row in await tx.rows(statement)]


async def count_open(tx: Tx, person_id: int) -> int:
    mine = sa.and_(reminder.c.person_id == person_id, reminder.c.state.in_(("active", "paused")))
    row = await tx.row(sa.select(sa.func.count()).select_from(reminder).where(mine))
    return int(row[0]) if row else 0


_ADVANCE = (
    sa.update(reminder)
    .where(reminder.c.id == sa.bindparam("the_reminder"))
    .values(next_due=sa.bindparam("due", type_=Moment()), next_local=sa.bindparam("local"))
)


async def advance(tx: Tx, reminder_id: int, next_due: dt.datetime | None, next_local: str | None) -> None:
    """Moves a reminder to its next occurrence; None: the one just planned was the last."""
    await advance_all(tx, [(reminder_id, next_due, next_local)])


async def advance_all(tx: Tx, moves: Sequence[tuple[int, dt.datetime | None, str | None]]) -> None:
    """Moves many."""
    await tx.many(_ADVANCE, [{"the_reminder": one, "due": due_at, "local": local} for one, due_at, local in moves])


async def set_wall(tx: Tx, reminder_id: int, zone: str, starts_local: str) -> None:
    """Puts a reminder on the wall clock of another zone."""
    await tx.run(sa.update(reminder).where(reminder.c.id == reminder_id).values(zone=zone, starts_local=starts_local))


async def set_state(tx: Tx, reminder_id: int, state: ReminderState, now: dt.datetime) -> None:
    await amend(tx, reminder_id, now, state=state)


async def amend(tx: Tx, reminder_id: int, now: dt.datetime, **values: object) -> None:
    """Gives columns of a reminder other values."""
    await tx.run(sa.update(reminder).where(reminder.c.id == reminder_id).values(**values, updated_at=now))


async def take_back_planned(tx: Tx, reminder_id: int, now: dt.datetime) -> tuple[dt.datetime, str] | None:
    """Cancels what is planned of a reminder's own occurrences and leaves its snoozes and nags; returns the moment and
    the key of the earliest, None if none was planned."""
    if not await queue.cancel_own(tx, reminder_id, now):
        return None
    taken = sa.and_(outbox.c.reminder_id == reminder_id, outbox.c.state == "cancelled", outbox.c.finished_at == now)
    columns = (outbox.c.cause, outbox.c.due_at)
    rows = await tx.rows(sa.select(*columns).where(taken, ~IS_EXTRA).order_by(outbox.c.due_at).limit(1))
    return (rows[0].due_at, str(rows[0].cause).split(":", 2)[2]) if rows else None


_IS_SNOOZE = outbox.c.cause.like("reminder:%:snooze:%")
IS_EXTRA = sa.or_(_IS_SNOOZE, outbox.c.cause.like("reminder:%:nag:%"))
"""A snooze or a nag, no occurrence of the reminder's own."""


async def revive(tx: Tx, reminder_id: int, taken_back_at: dt.datetime, since: dt.datetime) -> int:
    """Plans again the snoozes and nags that were taken back at a moment and are due after `since`; returns how many."""
    theirs = sa.and_(
        outbox.c.reminder_id == reminder_id, outbox.c.state == "cancelled", outbox.c.finished_at == taken_back_at,
        outbox.c.due_at > since, IS_EXTRA,
    )  # fmt: skip
    again = {"state": "planned", "finished_at": None, "reason": "", "next_try_at": outbox.c.due_at}
    return await tx.run(sa.update(outbox).where(theirs).values(**again))


async def reword(tx: Tx, reminder_id: int, reply: Reply) -> None:
    """Gives the snoozes that are planned other words."""
    planned = sa.and_(outbox.c.reminder_id == reminder_id, outbox.c.state == "planned", _IS_SNOOZE)
    await tx.run(sa.update(outbox).where(planned).values(reply=reply_to_json(reply)))


async def keep_open(tx: Tx, reminder_id: int) -> None:
    """It has rung for the last time by its own time, and comes again all the same, until it is done."""
    rang = sa.and_(reminder.c.id == reminder_id, reminder.c.state == "fired")
    await tx.run(sa.update(reminder).where(rang).values(state="active"))


async def reschedule(
    tx: Tx,
    reminder_id: int,
    *,
    due: dt.datetime,
    local: str,
    starts_local: str,
    rule: str | None,
    zone: str,
    absolute: bool,
    now: dt.datetime,
) -> None:
    """Gives a reminder another time or rule, and makes it active."""
    values = {
        "state": "active", "next_due": due, "next_local": local, "starts_local": starts_local, "rule": rule,
        "zone": zone, "absolute": absolute, "paused_until": None, "updated_at": now,
    }  # fmt: skip
    await tx.run(sa.update(reminder).where(reminder.c.id == reminder_id).values(**values))


async def rename(tx: Tx, reminder_id: int, text: str, now: dt.datetime) -> None:
    await tx.run(sa.update(reminder).where(reminder.c.id == reminder_id).values(text=text, updated_at=now))


async def of_channel(tx: Tx, address: Address, limit: int) -> list[Reminder]:
    """What is going to ring for everybody in this chat, in all of its threads, the next one first."""
    place = address_key_prefix(address)
    statement = (
        _WHOLE.where(
            reminder.c.kind == "channel",
            reminder.c.state.in_(("active", "paused")),
            reminder.c.address_key.startswith(place, autoescape=True),
        )
        .order_by(sa.func.coalesce(PLANNED, reminder.c.next_due), reminder.c.id)
        .limit(limit)
    )
    return [from_row(row) for row in await tx.rows(statement)]


async def shared_here(tx: Tx, address: Address) -> bool:
    """Whether everybody in this chat may change what is set for all from now on."""
    row = await tx.row(sa.select(channel.c.shared).where(channel.c.key == address_key_prefix(address)))
    return row is not None and bool(row.shared)


async def share_here(tx: Tx, address: Address, shared: bool, by: int, now: dt.datetime) -> None:
    """Keeps what a chat has agreed on about that."""
    agreed = {"key": address_key_prefix(address), "shared": shared, "set_by": by, "set_at": now}
    await tx.run(sa.delete(channel).where(channel.c.key == agreed["key"]))
    await tx.run(sa.insert(channel).values(**agreed))


def address_key_prefix(address: Address) -> str:
    """What the keys of all addresses of a chat begin with."""
    return Address(address.platform, address.workspace, address.chat).key()


async def digest_of(tx: Tx, person_id: int) -> Reminder | None:
    """The morning's schedule that this person has switched on."""
    mine = sa.and_(reminder.c.person_id == person_id, reminder.c.kind == "digest")
    row = await tx.row(_WHOLE.where(mine, reminder.c.state.in_(("active", "paused"))).limit(1))
    return from_row(row) if row else None


@dataclass(frozen=True, slots=True)
class Touched:
    """The reminder that a person last had to do with in a conversation."""

    id: int
    at: dt.datetime
    rang: bool
    """It rang since it was last changed."""


_LAST_TOUCH = sa.case((reminder.c.last_due > reminder.c.updated_at, reminder.c.last_due), else_=reminder.c.updated_at)
_TOUCHABLE: list[sa.ColumnElement[str]] = [
    sa.literal_column(f"'{state}'") for state in ("active", "paused", "fired", "done")
]


def _touched(here: sa.ColumnElement[bool]) -> sa.Executable:
    return (
        sa.select(reminder.c.id, _LAST_TOUCH.label("at"), (reminder.c.updated_at != _LAST_TOUCH).label("rang"))
        .where(
            reminder.c.person_id == sa.bindparam("whose"),
            here,
            reminder.c.state.in_(_TOUCHABLE),
            reminder.c.kind != "digest",
            sa.bindparam("since", type_=Moment()) <= _LAST_TOUCH,
        )
        .order_by(_LAST_TOUCH.desc(), reminder.c.id.desc())
        .limit(1)
    )


_TOUCHED = _touched(reminder.c.address_key.in_((sa.bindparam("here"), sa.bindparam("chat"))))
_TOUCHED_IN_CHAT = _touched(
    sa.func.substr(reminder.c.address_key, 1, sa.bindparam("length", type_=sa.Integer())) == sa.bindparam("chat")
)


async def last_touched(
    tx: Tx, person_id: int, address: Address, since: dt.datetime, *, private: bool = False
) -> Touched | None:
    """What "it" can mean: the reminder that was last made, changed or sent here, if that was after `since`; in a private
    chat in any of its threads."""
    chat = address_key_prefix(address)
    if private:
        row = await tx.row(_TOUCHED_IN_CHAT, {"whose": person_id, "chat": chat, "length": len(chat), "since": since})
    else:
        row = await tx.row(_TOUCHED, {"whose": person_id, "here": address.key(), "chat": chat, "since": since})
    return Touched(row.id, row.at, bool(row.rang)) if row else None
