"""People, their accounts, their sessions and turns: the conversation so far, each person's apart from every other's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from core.messages import Address, Line, Message, Sender
from core.store.codec import address_to_json, reply_from_json
from core.store.database import Tx
from core.store.reminders import address_key_prefix
from core.store.tables import account, inbox, outbox, person, session, turn
from core.store.tables.intents import intent_inbox
from core.store.tables.talks import turn_prompt


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    language: str | None
    zone: str | None
    """IANA name; None until the platform or the person has said it."""
    quiet_from: str | None = None
    """Quiet hours on the wall clock of the zone, "22:00"; None: none."""
    quiet_until: str | None = None


@dataclass(frozen=True, slots=True)
class PastTurn:
    said: str
    replied: str


@dataclass(frozen=True, slots=True)
class Session:
    id: int
    pending: dict[str, Any] | None
    """The question that waits for this person's answer, as the asking skill wrote it."""
    history: tuple[PastTurn, ...] = ()
    """The last turns, oldest first, as far as they were asked for."""


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """What is kept of a finished turn."""

    inbox_id: int
    session_id: int
    person_id: int
    said: str
    replied: str
    intent: str
    model: str
    started_at: dt.datetime
    trace: str = ""
    """How it came out, as JSON."""
    via: str = ""
    """The admins' intent by which a skill was reached."""


_PERSON = (
    person.c.id, person.c.name, person.c.language, person.c.zone, person.c.zone_source, person.c.quiet_from,
    person.c.quiet_until,
)  # fmt: skip


def _person(row: sa.Row[Any]) -> Person:
    return Person(row.id, row.name, row.language, row.zone, row.quiet_from, row.quiet_until)


_FIND_PERSON = (
    sa.select(*_PERSON, account.c.id.label("account_id"), account.c.handle, account.c.private_address)
    .join(account, account.c.person_id == person.c.id)
    .where(
        account.c.platform == sa.bindparam("on_platform"),
        account.c.workspace == sa.bindparam("in_workspace"),
        account.c.account == sa.bindparam("named"),
    )
)
_newest = session.alias("newest")
_RUNNING = (
    sa.select(_newest.c.id)
    .where(
        _newest.c.person_id == sa.bindparam("whose"),
        _newest.c.address_key == sa.bindparam("where"),
        _newest.c.last_at >= sa.bindparam("since"),
    )
    .order_by(_newest.c.last_at.desc())
    .limit(1)
)
_RUNNING_SESSION = (
    sa.select(session.c.id, session.c.pending, turn.c.said, turn.c.replied)
    .select_from(session.outerjoin(turn, turn.c.session_id == session.c.id))
    .where(session.c.id == _RUNNING.scalar_subquery())
    .order_by(turn.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
_NEWEST_TURNS = (
    sa.select(turn.c.said, turn.c.replied)
    .where(turn.c.session_id == sa.bindparam("of_session"))
    .order_by(turn.c.id.desc())
    .limit(sa.bindparam("most", type_=sa.Integer()))
)
_TOUCH_SESSION = (
    sa.update(session)
    .where(session.c.id == sa.bindparam("the_session"))
    .values(last_at=sa.bindparam("now"), pending=sa.bindparam("question", type_=sa.JSON(none_as_null=True)))
)


async def person_of(
    tx: Tx, workspace: str, platform: str, sender: Sender, now: dt.datetime, private: Address | None = None
) -> Person:
    """The person behind an account, made on the first message. A zone given by the platform is kept up to date,
    unless the person has set one themselves; so are the account's handle, and `private`: where they write to us alone."""
    identity = {"on_platform": platform, "in_workspace": workspace, "named": sender.account}
    row = await tx.row(_FIND_PERSON, identity) or await _new_person(tx, identity, sender, now)
    if (private is not None and address_to_json(private) != row.private_address) or (
        sender.handle and sender.handle != row.handle
    ):
        kept = address_to_json(private) if private is not None else row.private_address
        values = {"private_address": kept, "handle": sender.handle or row.handle}
        await tx.run(sa.update(account).where(account.c.id == row.account_id).values(**values))
    found = _person(row)
    if sender.zone and sender.zone != row.zone and row.zone_source != "person":
        await tx.run(sa.update(person).where(person.c.id == row.id).values(zone=sender.zone, zone_source="platform"))
        return replace(found, zone=sender.zone)
    return found


async def _new_person(tx: Tx, identity: dict[str, str], sender: Sender, now: dt.datetime) -> sa.Row[Any]:
    made = await tx.insert(person, {"name": sender.name, "created_at": now})
    values = {
        "platform": identity["on_platform"],
        "workspace": identity["in_workspace"],
        "account": identity["named"],
        "person_id": made,
        "created_at": now,
    }
    if await tx.insert_once(account, values, ("platform", "workspace", "account")) is None:
        await tx.run(sa.delete(person).where(person.c.id == made))
    row = await tx.row(_FIND_PERSON, identity)
    assert row is not None, "the account was inserted or found in this transaction"
    return row


async def find(tx: Tx, workspace: str, platform: str, account_id: str) -> Person | None:
    """The person behind an account, as far as they have ever written to us."""
    row = await tx.row(_FIND_PERSON, {"on_platform": platform, "in_workspace": workspace, "named": account_id})
    return _person(row) if row else None


async def get(tx: Tx, person_id: int) -> Person:
    row = await tx.row(sa.select(*_PERSON).where(person.c.id == person_id))
    if row is None:
        raise LookupError(f"no person {person_id}")
    return _person(row)


async def set_zone(tx: Tx, person_id: int, zone: str) -> None:
    await tx.run(sa.update(person).where(person.c.id == person_id).values(zone=zone, zone_source="person"))


async def set_language(tx: Tx, person_id: int, language: str | None) -> None:
    await tx.run(sa.update(person).where(person.c.id == person_id).values(language=language))


async def session_of(
    tx: Tx, person_id: int, message: Message, now: dt.datetime, silence: dt.timedelta, turns: int = 1
) -> Session:
    """The running session of a person at an address with its last `turns`, or a new one after so much `silence`."""
    wanted = {"whose": person_id, "where": message.address.key(), "since": now - silence, "most": turns}
    rows = await tx.rows(_RUNNING_SESSION, wanted)
    if not rows:
        return await new_session(tx, person_id, message.address.key(), now)
    past = [PastTurn(row.said, row.replied) for row in reversed(rows) if row.said is not None]
    return Session(rows[0].id, rows[0].pending, tuple(past))


async def session_before(tx: Tx, person_id: int, address: Address, since: dt.datetime) -> Session | None:
    """The newest conversation of a person in another thread of this chat, if something was said in it after `since`."""
    chat = address_key_prefix(address)
    there = sa.func.substr(session.c.address_key, 1, len(chat)) == chat
    mine = sa.and_(session.c.person_id == person_id, session.c.last_at >= since, there)
    elsewhere = sa.and_(mine, session.c.address_key != address.key())
    newest = sa.select(session.c.id, session.c.pending).where(elsewhere).order_by(session.c.last_at.desc()).limit(1)
    row = await tx.row(newest)
    return Session(row.id, row.pending) if row else None


async def new_session(tx: Tx, person_id: int, address_key: str, now: dt.datetime) -> Session:
    values = {"person_id": person_id, "address_key": address_key, "started_at": now, "last_at": now}
    return Session(await tx.insert(session, values), None)


async def history(tx: Tx, session_id: int, limit: int) -> list[PastTurn]:
    """The last turns of a session, oldest first."""
    newest = await tx.rows(_NEWEST_TURNS, {"of_session": session_id, "most": limit})
    return [PastTurn(row.said, row.replied) for row in reversed(newest)]


async def save_turn(
    tx: Tx, record: TurnRecord, pending: dict[str, Any] | None, now: dt.datetime, prompt: str = ""
) -> None:
    """Records a finished turn and what its session waits for now; `prompt` is what a model was asked, kept for some days."""
    values = {name: getattr(record, name) for name in TurnRecord.__slots__}
    made = await tx.insert(turn, {**values, "finished_at": now})
    if prompt:
        await tx.insert(turn_prompt, {"turn_id": made, "prompt": prompt, "made_at": now})
    await tx.run(_TOUCH_SESSION, {"the_session": record.session_id, "now": now, "question": pending})


async def forget_conversation(tx: Tx, person_id: int) -> int:
    """Deletes every session and turn of a person, and the copies of their words in both queues and among what waits to be
    labelled; returns the turns."""
    turns = sa.select(turn.c.inbox_id).where(turn.c.person_id == person_id)
    messages = [*await tx.rows(MESSAGES.where(inbox.c.id.in_(turns))), *await _unanswered(tx, person_id)]
    await forget_words(tx, messages)
    known = {str(row.id) for row in messages}
    told = await tx.rows(sa.select(outbox.c.cause).where(outbox.c.cause.like("handover:%")))
    theirs = [row.cause for row in told if row.cause.split(":")[1] in known]
    await tx.run(_ANSWERS.where(outbox.c.cause.in_(theirs)))
    await tx.run(_ANSWERS.where(outbox.c.person_id == person_id))
    await tx.run(sa.delete(intent_inbox).where(intent_inbox.c.person_id == person_id))
    gone = await tx.run(sa.delete(turn).where(turn.c.person_id == person_id))
    await tx.run(sa.delete(session).where(session.c.person_id == person_id))
    return gone


async def forget_words(tx: Tx, messages: Sequence[sa.Row[Any]]) -> None:
    """Deletes what these `MESSAGES` say, and their answers, from both queues."""
    blank = {"text": "", "attachment": "", "quoted": "", "link": "", "fields": {}}
    for row in messages:
        await tx.run(sa.update(inbox).where(inbox.c.id == row.id).values(message={**row.message, **blank}))
        await tx.run(_ANSWERS.where(outbox.c.cause == f"turn:{row.id}"))


MESSAGES = sa.select(inbox.c.id, inbox.c.platform, inbox.c.message)
_ANSWERS = (
    sa.update(outbox)
    .where(
        outbox.c.reminder_id.is_(None),
        sa.or_(
            outbox.c.state == "sent",
            sa.and_(outbox.c.state.in_(("parked", "cancelled", "skipped")), outbox.c.cause.like("turn:%")),
        ),
    )
    .values(reply={"text": ""})
)
"""What waits until its person writes is not an answer, and is still told."""


async def _unanswered(tx: Tx, person_id: int) -> list[sa.Row[Any]]:
    """Messages of a person that were done with or set aside without a turn, where they have talked to us."""
    mine = sa.select(account.c.platform, account.c.workspace, account.c.account).where(account.c.person_id == person_id)
    accounts = {tuple(row) for row in await tx.rows(mine)}
    there = sa.select(session.c.address_key).where(session.c.person_id == person_id)
    over = sa.and_(inbox.c.state.in_(("done", "parked")), ~sa.exists().where(turn.c.inbox_id == inbox.c.id))
    left = MESSAGES.where(inbox.c.address_key.in_(there), over)
    return [row for row in await tx.rows(left) if _sender(row) in accounts]


def _sender(row: sa.Row[Any]) -> tuple[str, ...]:
    told = row.message if isinstance(row.message, dict) else {}
    address, sender = told.get("address") or {}, told.get("sender") or {}
    return row.platform, address.get("workspace", ""), sender.get("account", "")


async def count_turns(tx: Tx, person_id: int) -> int:
    return await tx.count(turn, turn.c.person_id == person_id)


async def transcript(tx: Tx, address_key: str, limit: int) -> list[Line]:
    """What was said and sent at an address, oldest first; reminders that arrived included."""
    said = (
        sa.select(turn.c.started_at, turn.c.said, inbox.c.event_id)
        .join(inbox, inbox.c.id == turn.c.inbox_id)
        .where(inbox.c.address_key == address_key)
        .order_by(turn.c.id.desc())
        .limit(limit)
    )
    sent = (
        sa.select(outbox.c.finished_at, outbox.c.reply, outbox.c.cause)
        .where(outbox.c.address_key == address_key, outbox.c.state == "sent")
        .order_by(outbox.c.id.desc())
        .limit(limit)
    )
    lines = [(row.started_at, Line("user", row.said, key=row.event_id)) for row in await tx.rows(said)]
    for row in await tx.rows(sent):
        reply = reply_from_json(row.reply)
        lines.append((row.finished_at, Line("assistant", reply.text, reply.choices, row.cause, reply.plain)))
    lines.sort(key=lambda line: line[0])
    return [line for _, line in lines if line.text][-limit:]
