"""The ledger's writing side: reminders that come due, their messages, and the late ones that wait to be judged."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from core.messages import Address, Reply
from core.store.codec import address_from_json, address_to_json, reply_to_json
from core.store.database import Tx
from core.store.outbox import OPEN, PUNCTUAL, set_aside
from core.store.reminders import Reminder, from_row
from core.store.tables import Moment, outbox, person, reminder

log = logging.getLogger(__name__)

_PLANNERS = 0x504C414E
"""The advisory lock that planners of several processes share."""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A person's quiet hours as they are kept; without a start there are none."""

    start: str | None
    end: str | None
    zone: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """A reminder whose next occurrence is to be planned."""

    reminder: Reminder
    late_policy: str
    late_minutes: int
    quiet: QuietHours


@dataclass(frozen=True, slots=True)
class Occasion:
    """One occurrence as a row of the outbox: to be sent, or skipped with a reason."""

    cause: str
    reminder: Reminder
    reply: Reply
    due_at: dt.datetime
    expires_at: dt.datetime | None = None
    state: Literal["planned", "skipped", "parked"] = "planned"
    reason: str = ""


async def alone(tx: Tx) -> bool:
    """Whether this transaction may plan: one planner at a time, so that all that is late of a person is seen at once."""
    if not tx.skip_locked:
        return True
    row = await tx.row(sa.text("SELECT pg_try_advisory_xact_lock(:key) AS mine"), {"key": _PLANNERS})
    return row is not None and bool(row.mine)


_QUIET = (person.c.quiet_from, person.c.quiet_until, person.c.zone.label("person_zone"))
_COMES_DUE = (
    reminder.c.state == "active",
    reminder.c.next_due.is_not(None),
    reminder.c.next_due <= sa.bindparam("moment", type_=Moment()),
)
_IS_UNJUDGED = (
    outbox.c.state == "planned",
    outbox.c.reminder_id.is_not(None),
    sa.text("NOT outbox.judged"),
    outbox.c.due_at < sa.bindparam("fresh", type_=Moment()),
)
_HAS_EXPIRED = (
    outbox.c.state == "planned",
    outbox.c.expires_at.is_not(None),
    outbox.c.expires_at <= sa.bindparam("now", type_=Moment()),
)
_DUE = (
    sa.select(reminder, sa.null().label("planned"), *_QUIET)
    .join(person, person.c.id == reminder.c.person_id)
    .where(*_COMES_DUE)
    .order_by(reminder.c.next_due)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
_DUE_LOCKED = _DUE.with_for_update(skip_locked=True, of=reminder)


async def due(tx: Tx, moment: dt.datetime, limit: int) -> tuple[list[Due], list[int]]:
    """Active reminders with an occurrence up to `moment`, the earliest first, locked against others; and the ids of
    those that cannot be read."""
    found: list[Due] = []
    broken: list[int] = []
    for row in await tx.rows(_DUE_LOCKED if tx.skip_locked else _DUE, {"moment": moment, "most": limit}):
        quiet = QuietHours(row.quiet_from, row.quiet_until, row.person_zone)
        try:
            found.append(Due(from_row(row), row.late_policy, row.late_minutes, quiet))
        except (KeyError, TypeError, ValueError, AttributeError):
            broken.append(row.id)
    return found, broken


async def put(tx: Tx, occasions: Sequence[Occasion], now: dt.datetime) -> None:
    """Adds occurrences to the outbox, each cause once; one that was taken back before is planned anew."""
    await tx.many(_put_anew("postgresql" if tx.skip_locked else "sqlite"), [_row(one, now) for one in occasions])


@cache
def _put_anew(dialect: str) -> sa.Executable:
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(outbox)
    kept = ("state", "reply", "due_at", "expires_at", "next_try_at", "reason", "finished_at")
    changes: dict[str, Any] = {name: insert.excluded[name] for name in kept}
    return insert.on_conflict_do_update(
        index_elements=["cause"],
        set_={**changes, "attempts": 0, "judged": sa.false()},
        where=outbox.c.state == "cancelled",
    )


def _row(one: Occasion, now: dt.datetime) -> dict[str, Any]:
    address = one.reminder.address
    return {
        "cause": one.cause,
        "platform": address.platform,
        "address_key": address.key(),
        "address": address_to_json(address),
        "reply": reply_to_json(one.reply),
        "reply_to": "",
        "person_id": one.reminder.person_id,
        "reminder_id": one.reminder.id,
        "state": one.state,
        "due_at": one.due_at,
        "expires_at": one.expires_at,
        "next_try_at": one.due_at,
        "reason": one.reason,
        "created_at": now,
        "finished_at": None if one.state == "planned" else now,
    }


async def park(tx: Tx, reminder_ids: Collection[int], now: dt.datetime) -> None:
    """Sets aside reminders that cannot be planned, so that they do not hold up the others; they have no next moment."""
    log.error("reminders cannot be planned and are parked", extra={"reminders": list(reminder_ids)})
    broken = sa.update(reminder).where(reminder.c.id.in_(list(reminder_ids)))
    await tx.run(broken.values(state="parked", next_due=None, updated_at=now))


@dataclass(frozen=True, slots=True)
class Late:
    """A reminder's message that was not sent in time."""

    id: int
    cause: str
    address: Address
    due_at: dt.datetime
    expires_at: dt.datetime | None
    reminder_id: int
    person_id: int
    text: str
    language: str
    zone: str
    late_policy: str
    quiet: QuietHours
    reason: str


_TOLD_POLICY = sa.case((reminder.c.state.in_(("active", "fired")), reminder.c.late_policy), else_="").label(
    "late_policy"
)
"""What was cancelled while it was on its way is not told of."""
_LATE = (
    sa.select(
        outbox.c.id, outbox.c.cause, outbox.c.address, outbox.c.due_at, outbox.c.expires_at, outbox.c.reminder_id,
        outbox.c.person_id, outbox.c.reason, reminder.c.text, reminder.c.language, reminder.c.zone, _TOLD_POLICY,
        *_QUIET,
    )
    .join(reminder, reminder.c.id == outbox.c.reminder_id)
    .join(person, person.c.id == reminder.c.person_id)
    .order_by(outbox.c.person_id, outbox.c.due_at, outbox.c.id)
    .limit(sa.bindparam("most", type_=sa.Integer()))
)  # fmt: skip
_UNJUDGED, _EXPIRED = _LATE.where(*_IS_UNJUDGED), _LATE.where(*_HAS_EXPIRED)


async def late(tx: Tx, now: dt.datetime, limit: int) -> list[Late]:
    """What is late and not judged yet, or has expired: all of a person together, of as many persons as fit."""
    found: dict[int, Late] = {}
    for statement, moment in ((_UNJUDGED, {"fresh": now - PUNCTUAL}), (_EXPIRED, {"now": now})):
        rows = list(await tx.rows(statement, {**moment, "most": limit}))
        if len(rows) == limit and rows[0].person_id != rows[-1].person_id:
            rows = [row for row in rows if row.person_id != rows[-1].person_id]
        for row in rows:
            try:
                found[row.id] = _late(row)
            except (KeyError, TypeError, ValueError, AttributeError):
                await set_aside(tx, row.id, now)
    return list(found.values())


def _late(row: sa.Row[Any]) -> Late:
    return Late(
        row.id, row.cause, address_from_json(row.address), row.due_at, row.expires_at, row.reminder_id, row.person_id,
        row.text, row.language, row.zone, row.late_policy, QuietHours(row.quiet_from, row.quiet_until, row.person_zone), row.reason,
    )  # fmt: skip


_JUDGED = (
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("the_id"), outbox.c.state == "planned")
    .values(
        judged=sa.true(),
        next_try_at=sa.case(
            (outbox.c.next_try_at < sa.bindparam("again", type_=Moment()), sa.bindparam("again", type_=Moment())),
            else_=outbox.c.next_try_at,
        ),
    )
)
_SKIPPED = (
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("the_id"), outbox.c.state == "planned")
    .values(state="skipped", reason=sa.bindparam("why"), finished_at=sa.bindparam("now", type_=Moment()))
)
_WITHOUT_MORE = (
    sa.update(reminder)
    .where(
        reminder.c.id == sa.bindparam("the_reminder"),
        reminder.c.state == "active",
        reminder.c.next_due.is_(None),
        ~sa.exists().where(outbox.c.reminder_id == reminder.c.id, outbox.c.state.in_(OPEN)),
    )
    .values(state="fired", last_due=sa.bindparam("due", type_=Moment()))
)


async def judge(tx: Tx, to_send: Mapping[int, dt.datetime]) -> None:
    """These are sent although late, not before their moment."""
    await tx.many(_JUDGED, [{"the_id": one, "again": again} for one, again in to_send.items()])


async def skip(tx: Tx, skipped: Sequence[tuple[Late, str]], now: dt.datetime) -> None:
    """These are not sent, each for its reason."""
    await tx.many(_SKIPPED, [{"the_id": one.id, "why": why, "now": now} for one, why in skipped])
    await finish(tx, [(one.reminder_id, one.due_at) for one, _ in skipped])


async def finish(tx: Tx, skipped: Sequence[tuple[int, dt.datetime]]) -> None:
    """Reminders of which something was skipped that was due then: those of which nothing is left have fired."""
    await tx.many(_WITHOUT_MORE, [{"the_reminder": one, "due": due_at} for one, due_at in skipped])


async def voices(tx: Tx, reminder_ids: Collection[int]) -> dict[int, tuple[str, str]]:
    """The language and the zone of reminders."""
    statement = sa.select(reminder.c.id, reminder.c.language, reminder.c.zone)
    rows = await tx.rows(statement.where(reminder.c.id.in_(list(reminder_ids))))
    return {row.id: (row.language, row.zone) for row in rows}


@dataclass(frozen=True, slots=True)
class Nag:
    """A reminder that comes again until it is done."""

    reminder_id: int
    text: str
    language: str
    zone: str
    minutes: int
    most: int
    planned: bool
    """The next time is in the outbox already."""
    quiet: QuietHours


_WAITS = sa.exists().where(outbox.c.reminder_id == reminder.c.id, outbox.c.state.in_(OPEN))
_NAGS = (
    sa.select(
        reminder.c.id, reminder.c.text, reminder.c.language, reminder.c.zone, reminder.c.nag_minutes,
        reminder.c.nag_most, _WAITS.where(outbox.c.cause.like("reminder:%:nag:%")).label("nag_planned"), *_QUIET,
    )
    .join(person, person.c.id == reminder.c.person_id)
    .where(
        reminder.c.id.in_(sa.bindparam("ids", expanding=True)),
        reminder.c.nag_minutes > 0,
        reminder.c.state.in_(("active", "fired")),
        ~_WAITS.where(outbox.c.cause.like("reminder:%:snooze:%")),
    )
)  # fmt: skip


async def nags(tx: Tx, reminder_ids: Collection[int]) -> list[Nag]:
    """Those of the reminders that want to come again: not done, cancelled, paused or snoozed."""
    rows = await tx.rows(_NAGS, {"ids": list(reminder_ids)})
    return [
        Nag(
            row.id, row.text, row.language, row.zone, row.nag_minutes, row.nag_most, row.nag_planned,
            QuietHours(row.quiet_from, row.quiet_until, row.person_zone),
        )
        for row in rows
    ]  # fmt: skip


_ANYTHING = sa.select(
    sa.exists().where(*_COMES_DUE).label("due"),
    sa.exists().where(*_IS_UNJUDGED).label("late"),
    sa.exists().where(*_HAS_EXPIRED).label("expired"),
)


async def waits(tx: Tx, moment: dt.datetime, now: dt.datetime) -> bool:
    """Whether anything is to be planned up to `moment`, or to be judged now."""
    row = await tx.row(_ANYTHING, {"moment": moment, "now": now, "fresh": now - PUNCTUAL})
    return row is not None and bool(row.due or row.late or row.expired)
