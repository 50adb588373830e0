"""Conversations as the admin side lists and reads them. What people wrote is read only where the caller asks for words."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa

from core.messages import Address
from core.store.admin.takeovers import TAKEN, Takeover, at, place_of
from core.store.codec import address_from_json
from core.store.database import Tx
from core.store.people import MESSAGES, forget_words
from core.store.reminders import address_key_prefix
from core.store.tables import account, inbox, outbox, person, session, turn
from core.store.tables.intents import intent_inbox
from core.store.tables.notes import feedback
from core.store.tables.talks import conversation_note, takeover, turn_prompt

PAGE = 50
WINDOW = 20_000
"""Conversations that are looked through for one page where a filter leaves most of them out."""
FEW = 1_000
"""Turns whose conversations are named one by one."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which conversations are wanted; what is left empty does not matter."""

    platform: str = ""
    chat: str = ""
    """The platform's id of a chat."""
    person_ids: Collection[int] | None = None
    intent: str = ""
    rating: int = 0
    """1: with an answer that somebody liked; -1: disliked."""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    led: bool = False
    """Those in which one of the team writes now."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A session: one person at one address. `place` is what a take-over of it covers."""

    id: int
    person_id: int
    name: str
    zone: str | None
    language: str | None
    address: Address
    private: bool
    started_at: dt.datetime
    last_at: dt.datetime
    turns: int = 0
    intent: str = ""
    """Of the newest turn."""
    liked: int = 0
    disliked: int = 0
    held_by: str = ""

    @property
    def place(self) -> str:
        return place_of(self.address, private=self.private)


@dataclass(frozen=True, slots=True)
class Listed:
    rows: Sequence[Conversation]
    further: str = ""
    """Where to go on, a value for `before`; "" where there is no more."""


@dataclass(frozen=True, slots=True)
class TurnRow:
    """`said` and `replied` are None where words were not asked for."""

    id: int
    inbox_id: int
    session_id: int
    person_id: int
    said: str | None
    replied: str | None
    intent: str
    model: str
    started_at: dt.datetime
    finished_at: dt.datetime
    trace: dict[str, Any]
    via: str
    ratings: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    id: int
    turn_id: int | None
    who: str
    text: str
    noted_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """A message that got no answer, or whose answer did not arrive."""

    id: int
    at: dt.datetime
    address: Address
    why: str
    person_id: int | None
    name: str


# --- lists

_PARKED: sa.ColumnElement[str] = sa.literal_column("'parked'")
"""As a literal: SQLite uses a partial index only where it sees its very condition."""

_TURNS = sa.select(sa.func.count()).where(turn.c.session_id == session.c.id).scalar_subquery()
_INTENT = (
    sa.select(turn.c.intent)
    .where(turn.c.session_id == session.c.id)
    .order_by(turn.c.id.desc())
    .limit(1)
    .scalar_subquery()
)


def _rated(rating: int) -> Any:
    there = sa.select(sa.func.count()).select_from(turn.join(feedback, feedback.c.turn_id == turn.c.id))
    return there.where(turn.c.session_id == session.c.id, feedback.c.rating == rating).scalar_subquery()


_COLUMNS = (
    session.c.id, session.c.person_id, person.c.name, person.c.zone, person.c.language, session.c.address_key,
    session.c.started_at, session.c.last_at, _TURNS.label("turns"), _INTENT.label("intent"),
    _rated(1).label("liked"), _rated(-1).label("disliked"),
)  # fmt: skip


async def listed(tx: Tx, wanted: Filter, before: str = "") -> Listed:
    """The newest activity first, a page of them; `before` is what the page before named as `further`."""
    within, narrow, end = await _within(tx, wanted, before), _narrow(wanted), None
    order = (session.c.last_at.desc(), session.c.id.desc())
    some = sa.select(session.c.id, session.c.last_at).where(*within).order_by(*order)
    if narrow:  # what most fail is asked of so many alone
        end = await tx.row(some.offset(WINDOW - 1).limit(1))
        last = [session.c.last_at >= end.last_at] if end else []
        some = some.where(*narrow, *last)
    found = await tx.rows(some.limit(PAGE + 1))
    rows = await read(tx, [row.id for row in found[:PAGE]])
    if len(found) > PAGE:
        return Listed(rows, _mark(found[PAGE - 1].last_at, found[PAGE - 1].id))
    return Listed(rows, _mark(end.last_at, end.id) if end else "")


def _narrow(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    """What no index finds."""
    narrow: list[sa.ColumnElement[bool]] = []
    if wanted.platform or wanted.chat:
        key = f"{_escaped(wanted.platform) or '%'}|%|{_escaped(wanted.chat) or '%'}|%"
        narrow.append(session.c.address_key.like(key, escape="/"))
    if wanted.intent:
        narrow.append(sa.exists().where(turn.c.intent == wanted.intent, turn.c.session_id == session.c.id))
    if wanted.rating:
        narrow.append(_rated(wanted.rating) > 0)  # an "exists" makes PostgreSQL join everything
    return narrow


async def _within(tx: Tx, wanted: Filter, before: str) -> list[sa.ColumnElement[bool]]:
    """What an index finds. Where an intent or a rating is rare, its conversations are named one by one."""
    within: list[sa.ColumnElement[bool]] = []
    if wanted.person_ids is not None:
        within.append(session.c.person_id.in_(wanted.person_ids))
    if wanted.since is not None:
        within.append(session.c.last_at >= wanted.since)
    if wanted.until is not None:
        within.append(session.c.last_at < wanted.until)
    if wanted.led:
        now_led = sa.and_(takeover.c.person_id == session.c.person_id, takeover.c.began_at <= session.c.last_at)
        within.append(session.c.person_id.in_(sa.select(takeover.c.person_id)))
        here = sa.or_(_starts(session.c.address_key, takeover.c.place), session.c.address_key + "#" == takeover.c.place)
        within.append(sa.exists().where(now_led, here))
    if wanted.intent:
        within += await _few(tx, sa.select(turn.c.session_id).where(turn.c.intent == wanted.intent))
    if wanted.rating:
        rated = sa.select(turn.c.session_id).join(feedback, feedback.c.turn_id == turn.c.id)
        within += await _few(tx, rated.where(feedback.c.rating == wanted.rating))
    if (mark := _unmarked(before)) is not None:
        at, number = mark
        within.append(sa.or_(session.c.last_at < at, sa.and_(session.c.last_at == at, session.c.id < number)))
        within.append(session.c.last_at <= at)
    return within


async def _few(tx: Tx, ids: sa.Select[tuple[int]]) -> list[sa.ColumnElement[bool]]:
    found = [row[0] for row in await tx.rows(ids.limit(FEW + 1))]
    return [session.c.id.in_(set(found))] if len(found) <= FEW else []


def _starts(text: sa.ColumnElement[str], with_: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    return sa.func.substr(text, 1, sa.func.length(with_)) == with_


def _escaped(text: str) -> str:
    part = text.replace("%", "%25").replace("|", "%7C")
    return part.replace("/", "//").replace("%", "/%").replace("_", "/_")


def _mark(at: dt.datetime, number: int) -> str:
    return f"{int(at.timestamp() * 1_000_000)}-{number}"


def _unmarked(text: str) -> tuple[dt.datetime, int] | None:
    at, _, number = text.partition("-")
    if not (text.isascii() and at.isdecimal() and number.isdecimal() and len(at) < 17 and len(number) < 19):
        return None
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=int(at)), int(number)


async def read(tx: Tx, ids: Sequence[int]) -> list[Conversation]:
    """These conversations, in this order."""
    if not ids:
        return []
    rows = await tx.rows(
        sa.select(*_COLUMNS).join(person, person.c.id == session.c.person_id).where(session.c.id.in_(ids))
    )
    whose = {row.person_id for row in rows}
    homes = sa.select(account.c.person_id, account.c.private_address).where(
        account.c.person_id.in_(whose), account.c.private_address.is_not(None)
    )
    private = {
        (row.person_id, address_key_prefix(address_from_json(row.private_address))) for row in await tx.rows(homes)
    }
    held = {
        (row.person_id, row.place): row.held_by for row in await tx.rows(TAKEN.where(takeover.c.person_id.in_(whose)))
    }
    found = {row.id: _conversation(row, private, held) for row in rows}
    return [found[number] for number in ids if number in found]


def _conversation(
    row: sa.Row[Any], private: Collection[tuple[int, str]], held: dict[tuple[int, str], str]
) -> Conversation:
    values = dict(row._mapping)
    address = address_of_key(values.pop("address_key"))
    alone = (row.person_id, address_key_prefix(address)) in private
    place = place_of(address, private=alone)
    return Conversation(**values, address=address, private=alone, held_by=held.get((row.person_id, place), ""))


def address_of_key(key: str) -> Address:
    """What `Address.key` was made of."""
    platform, workspace, chat, thread = (*map(unquote, key.split("|")), "", "", "")[:4]
    return Address(platform, workspace, chat, thread)


async def get(tx: Tx, number: int) -> Conversation | None:
    return next(iter(await read(tx, [number])), None)


async def newest_of(tx: Tx, person_id: int, place: str) -> Conversation | None:
    """The newest conversation of this person at this place."""
    there = sa.and_(session.c.person_id == person_id, at(place))
    newest = sa.select(session.c.id).where(there).order_by(session.c.last_at.desc(), session.c.id.desc()).limit(1)
    row = await tx.row(newest)
    return await get(tx, row.id) if row else None


async def problems(tx: Tx, before: int | None, limit: int = PAGE + 1) -> list[Problem]:
    """Messages that failed, the newest first."""
    failed = sa.select(inbox.c.id, inbox.c.received_at, inbox.c.address_key, inbox.c.note, inbox.c.message["sender"]["account"].as_string().label("account")).where(
        inbox.c.state == _PARKED
    )  # fmt: skip
    if before is not None:
        failed = failed.where(inbox.c.id < before)
    rows = await tx.rows(failed.order_by(inbox.c.id.desc()).limit(limit))
    who = sa.select(account.c.platform, account.c.workspace, account.c.account, person.c.id, person.c.name)
    who = who.join(person, person.c.id == account.c.person_id)
    known = await tx.rows(who.where(account.c.account.in_({row.account for row in rows if row.account})))
    people = {(one.platform, one.workspace, one.account): one for one in known}
    found = []
    for row in rows:
        address = address_of_key(row.address_key)
        one = people.get((address.platform, address.workspace, row.account))
        found.append(
            Problem(row.id, row.received_at, address, row.note, one.id if one else None, one.name if one else "")
        )
    return found


async def undelivered(tx: Tx, limit: int = PAGE) -> list[Problem]:
    """Answers that did not arrive and are not tried again, the newest first; why is the platform's word."""
    c = outbox.c
    lost = sa.select(c.id, c.created_at, c.address_key, c.reason, c.person_id, person.c.name)
    lost = lost.outerjoin(person, person.c.id == c.person_id).where(c.state == _PARKED, c.reminder_id.is_(None))
    rows = await tx.rows(lost.order_by(c.id.desc()).limit(limit))
    return [
        Problem(row.id, row.created_at, address_of_key(row.address_key), row.reason, row.person_id, row.name or "")
        for row in rows
    ]


async def intents(tx: Tx) -> list[str]:
    """Names that turns were given lately, for choosing among."""
    lately = sa.select(turn.c.intent).order_by(turn.c.id.desc()).limit(2_000).subquery()
    return sorted(row.intent for row in await tx.rows(sa.select(lately.c.intent).distinct()) if row.intent)


# --- one conversation


async def turns(
    tx: Tx,
    of: Conversation,
    *,
    words: bool,
    before: int | None = None,
    also: Takeover | None = None,
    limit: int = PAGE + 1,
) -> list[TurnRow]:
    """Its turns, the newest first; while one of the team writes there (`also`), with those of newer sessions at the place."""
    mine = _mine(of, also)
    if before is not None:
        mine = sa.and_(mine, turn.c.id < before)
    return await _turns(tx, mine, words=words, limit=limit)


def _mine(of: Conversation, also: Takeover | None) -> sa.ColumnElement[bool]:
    mine = turn.c.session_id == of.id
    if also is None:
        return mine
    since = sa.and_(session.c.person_id == also.person_id, at(also.place), session.c.last_at >= also.began_at)
    return sa.or_(mine, turn.c.session_id.in_(sa.select(session.c.id).where(since)))


async def turn_of(
    tx: Tx, number: int, *, words: bool, of: Conversation | None = None, also: Takeover | None = None
) -> TurnRow | None:  # fmt: skip
    """A turn by its number; with `of` None where it is not among its `turns`."""
    this = turn.c.id == number
    this = this if of is None else sa.and_(this, _mine(of, also))
    return next(iter(await _turns(tx, this, words=words, limit=1)), None)


async def _turns(tx: Tx, which: sa.ColumnElement[bool], *, words: bool, limit: int) -> list[TurnRow]:
    hidden = [column for column in turn.c if words or column.name not in ("said", "replied")]
    rows = await tx.rows(sa.select(*hidden).where(which).order_by(turn.c.id.desc()).limit(limit))
    rated = sa.select(feedback.c.turn_id, feedback.c.rating).where(feedback.c.turn_id.in_([row.id for row in rows]))
    ratings = [(row.turn_id, row.rating) for row in await tx.rows(rated)] if rows else []
    found = []
    for row in rows:
        values = dict(row._mapping)
        trace = values.pop("trace")
        mine = tuple(rating for number, rating in ratings if number == row.id)
        blank: dict[str, Any] = {} if words else {"said": None, "replied": None}
        found.append(TurnRow(**values, **blank, trace=json.loads(trace) if trace else {}, ratings=mine))
    return found


async def newest_turn(tx: Tx) -> int | None:
    row = await tx.row(sa.select(turn.c.id).order_by(turn.c.id.desc()).limit(1))
    return int(row.id) if row else None


async def prompt(tx: Tx, turn_id: int) -> list[tuple[str, str]] | None:
    """What the model was asked, role by role; None where none was, or it is no longer kept."""
    row = await tx.row(sa.select(turn_prompt.c.prompt).where(turn_prompt.c.turn_id == turn_id))
    return [(role, text) for role, text in json.loads(row.prompt)] if row else None


async def message_of(tx: Tx, inbox_id: int) -> dict[str, Any] | None:
    """The message of a turn as it is stored."""
    row = await tx.row(sa.select(inbox.c.message).where(inbox.c.id == inbox_id))
    return dict(row.message) if row else None


async def spoken(tx: Tx, of: Conversation, limit: int = PAGE) -> list[tuple[dt.datetime, str, str]]:
    """What the team wrote there: when, what became of it, the words. The newest first."""
    keys = sa.select(session.c.address_key).where(session.c.person_id == of.person_id, at(of.place))
    said = sa.select(outbox.c.created_at, outbox.c.state, outbox.c.reply).where(
        outbox.c.address_key.in_(keys), outbox.c.person_id == of.person_id, outbox.c.cause.like("lead:%")
    )
    rows = await tx.rows(said.order_by(outbox.c.id.desc()).limit(limit))
    return [(row.created_at, row.state, str(row.reply.get("text", ""))) for row in rows]


_ADD_WORDS = sa.update(turn).where(turn.c.id == sa.bindparam("number"))


async def answered(tx: Tx, turn_id: int, words: str) -> None:
    """Adds what one of the team wrote to the turn that it answers: the assistant knows of it later."""
    text = sa.case((turn.c.replied == "", words), else_=turn.c.replied + "\n" + words)
    await tx.run(_ADD_WORDS.values(replied=text), {"number": turn_id})


# --- notes, and the end


async def note(tx: Tx, session_id: int, turn_id: int | None, who: str, text: str, now: dt.datetime) -> None:
    values = {"session_id": session_id, "turn_id": turn_id, "who": who, "text": text, "noted_at": now}
    await tx.insert(conversation_note, values)


async def drop_note(tx: Tx, session_id: int, note_id: int) -> bool:
    mine = sa.and_(conversation_note.c.id == note_id, conversation_note.c.session_id == session_id)
    return await tx.run(sa.delete(conversation_note).where(mine)) > 0


async def notes(tx: Tx, session_id: int, turn_id: int | None = None) -> list[Note]:
    """The oldest first, at most a hundred; of one turn where it is named."""
    c = conversation_note.c
    wanted = sa.select(c.id, c.turn_id, c.who, c.text, c.noted_at).where(c.session_id == session_id)
    if turn_id is not None:
        wanted = wanted.where(c.turn_id == turn_id)
    return [Note(**row._mapping) for row in await tx.rows(wanted.order_by(c.id).limit(100))]


async def delete(tx: Tx, of: Conversation) -> int:
    """Deletes a conversation with the copies of its words in both queues and among what waits to be labelled; returns how
    many turns."""
    mine = await tx.rows(sa.select(turn.c.inbox_id, turn.c.said).where(turn.c.session_id == of.id))
    for start in range(0, len(mine), 500):
        part = mine[start : start + 500]
        await forget_words(tx, await tx.rows(MESSAGES.where(inbox.c.id.in_([row.inbox_id for row in part]))))
        same = sa.and_(intent_inbox.c.person_id == of.person_id, intent_inbox.c.text.in_([row.said for row in part]))
        await tx.run(sa.delete(intent_inbox).where(same))
    during = sa.and_(outbox.c.created_at >= of.started_at, outbox.c.created_at <= of.last_at + dt.timedelta(hours=12))
    led_there = sa.and_(outbox.c.address_key == of.address.key(), outbox.c.cause.like("lead:%"), during)
    await tx.run(sa.update(outbox).where(led_there, outbox.c.state == "sent").values(reply={"text": ""}))
    await tx.run(sa.delete(session).where(session.c.id == of.id))
    return len(mine)
