"""Reminders and deliveries of everybody, as an admin looks for them: filtered, a page at a time, counted up to a bound."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Literal, TypeAlias, cast

import sqlalchemy as sa

from core.messages import Address
from core.store.chats import WAITS_FOR_OWNER
from core.store.codec import address_from_json, message_from_json
from core.store.database import Tx
from core.store.outbox import OPEN, PUNCTUAL
from core.store.planning import QuietHours
from core.store.reminder_changes import Change
from core.store.reminders import PLANNED, Reminder, from_row
from core.store.tables import Moment, account, inbox, outbox, person, reminder, reminder_change, session

PAGE = 50
COUNTED = 10_000
"""Further than this nothing is counted."""
SEARCHED = 10_000
"""Reminders whose text is looked through where neither a person nor a channel is asked for."""
Status: TypeAlias = Literal[
    "", "active", "paused", "failed", "parked", "proposed", "fired", "done", "cancelled", "declined"
]
"""A reminder's state; "failed": a delivery of it has failed; "": any."""
_MOST_PEOPLE = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """Which reminders; what is empty is not asked for. `people`: these alone."""

    status: Status = ""
    people: Sequence[int] | None = None
    platform: str = ""
    chat: str = ""
    text: str = ""
    states: Sequence[str] = ()
    """Of these states only, besides."""


@dataclass(frozen=True, slots=True)
class Listed:
    reminder: Reminder
    person: str
    failed: bool
    """A delivery of it has failed."""
    quiet: QuietHours


def _state(name: str) -> sa.ColumnElement[bool]:
    """As a literal: SQLite uses a partial index only where it sees its very condition."""
    return reminder.c.state == sa.literal_column(f"'{name}'")


_PARKED = outbox.c.state == sa.literal_column("'parked'")
_FAILED = sa.select(outbox.c.reminder_id).where(_PARKED)
_LISTED = sa.select(
    reminder, PLANNED, person.c.name.label("whose"), person.c.zone.label("person_zone"), person.c.quiet_from,
    person.c.quiet_until, sa.exists().where(outbox.c.reminder_id == reminder.c.id, _PARKED).label("failed"),
).join(person, person.c.id == reminder.c.person_id)  # fmt: skip


def _listed(row: sa.Row[Any]) -> Listed:
    """Also of a row whose address cannot be read."""
    try:
        address_from_json(row.address)
    except (KeyError, TypeError, ValueError, AttributeError):
        lost = {"platform": row.platform, "workspace": "", "chat": "?"}
        row = cast("sa.Row[Any]", SimpleNamespace(**{**row._mapping, "address": lost}))
    return Listed(from_row(row), row.whose, row.failed, QuietHours(row.quiet_from, row.quiet_until, row.person_zone))


def _wanted(asked: Filter) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if asked.status == "failed":
        where.append(reminder.c.id.in_(_FAILED))
    elif asked.status:
        where.append(_state(asked.status))
    if asked.states:
        where.append(reminder.c.state.in_(asked.states))
    if asked.people is not None:
        where.append(reminder.c.person_id.in_(list(asked.people)))
    if asked.platform:
        where.append(reminder.c.platform == asked.platform)
    if asked.chat:
        part = Address("", "", asked.chat).key().split("|")[2]
        where.append(reminder.c.address_key.contains(f"|{part}|", autoescape=True))
    if asked.text:
        where.append(reminder.c.text.icontains(asked.text, autoescape=True))
        if searches_newest(asked):
            newest = sa.select(sa.func.max(reminder.c.id)).scalar_subquery()
            where.append(reminder.c.id > newest - SEARCHED)
    return where


def searches_newest(asked: Filter) -> bool:
    """Whether the words are looked for among the newest `SEARCHED` alone: nothing else says whose they are."""
    return bool(asked.text) and asked.people is None and not asked.chat


def by_time(asked: Filter) -> bool:
    """Active ones come in the order in which they ring, all others the newest first; so do those with some words, which
    are looked for as the rows lie."""
    return asked.status == "active" and not asked.text


def key_of(one: Listed, asked: Filter) -> str:
    """Where the next page begins: behind this one."""
    if not by_time(asked):
        return str(one.reminder.id)
    due = one.reminder.next_due
    return f"{due.isoformat() if due else ''}~{one.reminder.id}"


async def page(tx: Tx, asked: Filter, after: str = "", limit: int = PAGE) -> list[Listed]:
    """At most `limit` of them, and one more where there are more. Of the active ones those that have nothing to plan (a
    snooze, a last try) come behind the others."""
    wanted = _LISTED.where(*_wanted(asked)).limit(limit + 1)
    if not by_time(asked):
        wanted = wanted.order_by(reminder.c.id.desc())
        if after.isdecimal():
            wanted = wanted.where(reminder.c.id < int(after))
        return [_listed(row) for row in await tx.rows(wanted)]
    due, number = _moment_and_id(after)
    found: list[Listed] = []
    if due is not None or not number:
        timed = wanted.where(reminder.c.next_due.is_not(None)).order_by(reminder.c.next_due, reminder.c.id)
        if due is not None:
            timed = timed.where(
                sa.tuple_(reminder.c.next_due, reminder.c.id) > sa.tuple_(sa.literal(due, Moment()), number)
            )
        found = [_listed(row) for row in await tx.rows(timed)]
        number = 0
    if len(found) <= limit:
        waiting = wanted.where(reminder.c.next_due.is_(None), reminder.c.id > number).order_by(reminder.c.id)
        found += [_listed(row) for row in await tx.rows(waiting.limit(limit + 1 - len(found)))]
    return found


def _moment_and_id(key: str) -> tuple[dt.datetime | None, int]:
    moment, _, number = key.partition("~")
    try:
        due = dt.datetime.fromisoformat(moment) if moment else None
    except ValueError:
        return None, 0
    known = due is None or due.tzinfo is not None
    return (due, int(number)) if known and number.isdecimal() and len(number) < 19 else (None, 0)


async def _counted(tx: Tx, wanted: sa.Select[Any], what: str = "") -> int:
    """How many rows, or different ones of a column, up to `COUNTED` + 1."""
    some = wanted.limit(COUNTED + 1).subquery()
    row = await tx.row(sa.select(sa.func.count(sa.distinct(some.c[what]) if what else sa.text("*"))).select_from(some))
    return int(row[0]) if row else 0


async def count(tx: Tx, asked: Filter) -> int:
    return await _counted(tx, sa.select(reminder.c.id).where(*_wanted(asked)))


async def count_people(tx: Tx, asked: Filter) -> int:
    """Whose they are: how many people, of as many reminders as are counted."""
    return await _counted(tx, sa.select(reminder.c.person_id).where(*_wanted(asked)), "person_id")


async def whose(tx: Tx, asked: Filter, after: int, limit: int) -> list[tuple[int, list[int]]]:
    """People, in the order of their ids, each with the ids of those of their reminders that are meant; of as many
    people as have about `limit` of them together."""
    wanted = (
        sa.select(reminder.c.person_id, reminder.c.id)
        .where(*_wanted(asked), reminder.c.person_id > after)
        .order_by(reminder.c.person_id, reminder.c.id)
    )
    rows = list(await tx.rows(wanted.limit(limit)))
    if len(rows) == limit:
        last = rows[-1].person_id
        rows = [row for row in rows if row.person_id != last]
        if not rows:
            rows = list(await tx.rows(wanted.where(reminder.c.person_id == last)))
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row.person_id, []).append(row.id)
    return list(found.items())


async def listed(tx: Tx, reminder_id: int) -> Listed | None:
    row = await tx.row(_LISTED.where(reminder.c.id == reminder_id))
    return _listed(row) if row else None


async def locked(tx: Tx, ids: Collection[int]) -> None:
    """Of two who change a reminder at once the second waits, and then sees what the first did."""
    if tx.skip_locked:
        await tx.rows(
            sa.select(reminder.c.id).where(reminder.c.id.in_(list(ids))).order_by(reminder.c.id).with_for_update()
        )


async def ahead(tx: Tx, asked: Filter, until: dt.datetime, most: int) -> list[Listed]:
    """Active reminders that may ring before a moment, the next first; at most `most`, and one more where there are."""
    active = _LISTED.where(*_wanted(asked), _state("active"))
    due = active.where(reminder.c.next_due.is_not(None), reminder.c.next_due < until)
    found = [_listed(row) for row in await tx.rows(due.order_by(reminder.c.next_due, reminder.c.id).limit(most + 1))]
    waiting = active.where(reminder.c.next_due.is_(None)).order_by(reminder.c.id)
    return found + [_listed(row) for row in await tx.rows(waiting.limit(max(1, most + 1 - len(found))))]


async def called(tx: Tx, words: str) -> list[int]:
    """People in whose name, handle or account these words stand: "#12" by number, "slack:U123" by account."""
    number, (platform, colon, name) = words.removeprefix("#"), words.partition(":")
    if words.startswith("#"):
        return [int(number)] if number.isdecimal() and len(number) < 19 else []
    if colon:
        there = sa.and_(account.c.platform == platform, account.c.account == name)
    else:
        there = sa.or_(
            account.c.handle.icontains(words, autoescape=True), account.c.account == words,
        )  # fmt: skip
    by_account = sa.select(account.c.person_id).where(there)
    statement = by_account if colon else by_account.union(
        sa.select(person.c.id).where(person.c.name.icontains(words, autoescape=True))
    )  # fmt: skip
    return [row[0] for row in await tx.rows(statement.limit(_MOST_PEOPLE))]


async def last_change(tx: Tx, reminder_id: int, since: dt.datetime) -> list[Change]:
    """What was done to a reminder last and has not been taken back."""
    its = sa.and_(reminder_change.c.reminder_id == reminder_id, reminder_change.c.changed_at >= since)
    newest = sa.select(sa.func.max(reminder_change.c.changed_at)).where(its, reminder_change.c.undone.is_(False))
    wanted = sa.select(reminder_change).where(its, reminder_change.c.undone.is_(False))
    wanted = wanted.where(reminder_change.c.changed_at == newest.scalar_subquery())
    rows = await tx.rows(wanted.order_by(reminder_change.c.id.desc()))
    return [Change(row.id, row.reminder_id, row.verb) for row in rows]


async def channel(tx: Tx, platform: str, chat: str) -> Address | None:
    """A chat of several people in which somebody wrote to us, by its platform and its id there."""
    part = Address("", "", chat).key().split("|")[2]
    written = sa.select(session.c.address_key).where(
        session.c.address_key.startswith(f"{platform}|", autoescape=True),
        session.c.address_key.contains(f"|{part}|", autoescape=True),
    )
    last = await tx.row(written.order_by(session.c.id.desc()).limit(1))
    if last is None:
        return None
    at = sa.select(inbox.c.message).where(inbox.c.address_key == last.address_key)
    row = await tx.row(at.order_by(inbox.c.id.desc()).limit(1))
    message = message_from_json(row.message) if row else None
    if message is None or message.private:
        return None
    there = message.address
    return Address(there.platform, there.workspace, there.chat)


# --- deliveries

Trouble: TypeAlias = Literal["failed", "late", "skipped"]


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message on its way or at its end: when, how often it was tried, and what became of it."""

    id: int
    cause: str
    platform: str
    state: str
    person_id: int | None
    person: str | None
    reminder_id: int | None
    due_at: dt.datetime
    next_try_at: dt.datetime
    finished_at: dt.datetime | None
    attempts: int
    reason: str
    doubtful: bool
    zone: str | None

    @property
    def kind(self) -> str:
        """What it is: "reminder", "snooze", "nag", "proposal", "turn" (an answer), or another notice."""
        first, _, rest = self.cause.partition(":")
        extra = rest.split(":")[1:-1]
        return next((one for one in ("snooze", "nag") if one in extra), first) if first == "reminder" else first


_SAME = (
    "id", "cause", "platform", "state", "person_id", "reminder_id", "due_at", "next_try_at", "finished_at", "attempts",
    "reason", "doubtful",
)  # fmt: skip
_OWNERS = outbox.outerjoin(person, person.c.id == outbox.c.person_id)
_NAMED = (person.c.name.label("person"), sa.func.coalesce(person.c.zone, reminder.c.zone).label("zone"))
_DELIVERED = sa.select(*(outbox.c[name] for name in _SAME), *_NAMED).select_from(
    _OWNERS.outerjoin(reminder, reminder.c.id == outbox.c.reminder_id)
)


async def _delivered(tx: Tx, wanted: sa.Executable) -> list[Delivered]:
    return [Delivered(**row._mapping) for row in await tx.rows(wanted)]


async def deliveries_of(tx: Tx, reminder_id: int, limit: int = PAGE) -> list[Delivered]:
    """A reminder's messages, the newest first."""
    wanted = _DELIVERED.where(outbox.c.reminder_id == reminder_id).order_by(outbox.c.id.desc()).limit(limit)
    return await _delivered(tx, wanted)


def _troubled(trouble: Trouble, platform: str, now: dt.datetime) -> list[sa.ColumnElement[bool]]:
    late = sa.and_(outbox.c.state.in_(OPEN), outbox.c.due_at < now - PUNCTUAL)
    where = {"failed": _PARKED, "late": late, "skipped": outbox.c.state == sa.literal_column("'skipped'")}[trouble]
    return [where, outbox.c.platform == platform] if platform else [where]


async def troubled(
    tx: Tx, trouble: Trouble, platform: str, now: dt.datetime, before: int | None, limit: int = PAGE
) -> list[Delivered]:
    """Messages of everybody that failed, are late, or were left out: the newest first, one more than `limit` where there
    are more."""
    newest = outbox.c.id + 0 if trouble == "late" else outbox.c.id  # else PostgreSQL reads all that was ever sent
    wanted = _DELIVERED.where(*_troubled(trouble, platform, now)).order_by(newest.desc()).limit(limit + 1)
    if before is not None:
        wanted = wanted.where(outbox.c.id < before)
    return await _delivered(tx, wanted)


async def count_troubled(tx: Tx, trouble: Trouble, platform: str, now: dt.datetime) -> int:
    return await _counted(tx, sa.select(outbox.c.id).where(*_troubled(trouble, platform, now)))


_RETRIED = sa.and_(_PARKED, outbox.c.reason != WAITS_FOR_OWNER)
"""What waits for its owner to write is told then, and there."""


async def failed(tx: Tx, platform: str, after: int, limit: int) -> list[int]:
    """Ids of failed messages that can be tried again, the oldest first."""
    wanted = sa.select(outbox.c.id).where(_RETRIED, outbox.c.id > after)
    if platform:
        wanted = wanted.where(outbox.c.platform == platform)
    return [row.id for row in await tx.rows(wanted.order_by(outbox.c.id).limit(limit))]


async def retry(tx: Tx, ids: Collection[int], now: dt.datetime) -> int:
    """Failed messages are tried anew from now on, however late they are; returns how many. What had no further turn
    goes on for it."""
    these = sa.and_(outbox.c.id.in_(list(ids)), _RETRIED)
    again = {
        "state": "planned", "next_try_at": now, "finished_at": None, "attempts": 0, "judged": True, "expires_at": None,
        "claimed_by": None,
    }  # fmt: skip
    theirs = sa.select(outbox.c.reminder_id).where(these, outbox.c.reminder_id.is_not(None))
    left = sa.and_(reminder.c.id.in_(theirs), reminder.c.state == "parked", reminder.c.next_due.is_(None))
    await tx.run(sa.update(reminder).where(left).values(state="active", updated_at=now))
    return await tx.run(sa.update(outbox).where(these).values(**again))
