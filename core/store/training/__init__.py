"""What people allowed to be learned from: turns they praised or an admin corrected, sentences that were labelled, and whole
conversations; and whose data must be taken out of data sets again."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables import person, session, turn
from core.store.tables.intents import intent_inbox
from core.store.tables.learning import consent, correction, unlearned
from core.store.tables.memory import memory_pause
from core.store.tables.notes import feedback

Source: TypeAlias = Literal["said", "praised", "corrected", "labelled"]

_PAUSED = sa.exists().where(
    memory_pause.c.person_id == turn.c.person_id,
    sa.func.substr(session.c.address_key, 1, sa.func.length(memory_pause.c.address_key)) == memory_pause.c.address_key,
    memory_pause.c.since <= turn.c.started_at,
)


@dataclass(frozen=True, slots=True)
class Learnable:
    """A turn of somebody who agreed. `whose`: their `pseudonym`; `source`: why it is worth learning."""

    turn_id: int
    session_id: int
    whose: int
    said: str
    replied: str
    source: Source


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence of somebody who agreed, with the intent that an admin gave it."""

    id: int
    whose: int
    said: str
    language: str
    intent: str


def pseudonym(person_id: int, created_at: dt.datetime) -> int:
    """Whose a row is, for whoever has the database; never the same for a later person who gets the number again."""
    moment = created_at.astimezone(dt.UTC).isoformat()
    return int.from_bytes(hashlib.sha256(f"{person_id} {moment}".encode()).digest()[:6])


async def consented(tx: Tx, person_id: int) -> bool:
    return await tx.count(consent, consent.c.person_id == person_id) > 0


async def agree(tx: Tx, person_id: int, now: dt.datetime) -> None:
    """From now on their conversations may be learned from."""
    await tx.insert_once(consent, {"person_id": person_id, "since": now}, ("person_id",))


async def disagree(tx: Tx, person_id: int, now: dt.datetime) -> None:
    """Nothing of theirs is learned from any more, and data sets lose it."""
    await tx.run(sa.delete(consent).where(consent.c.person_id == person_id))
    await unlearn(tx, person_id, now)


async def unlearn(tx: Tx, person_id: int, now: dt.datetime) -> int:
    """Every data set made until now must lose this person's rows; returns the pseudonym that they stand under there."""
    row = await tx.row(sa.select(person.c.created_at).where(person.c.id == person_id))
    whose = pseudonym(person_id, row.created_at) if row else 0
    if row and await tx.insert_once(unlearned, {"whose": whose, "at": now}, ("whose",)) is None:
        await tx.run(sa.update(unlearned).where(unlearned.c.whose == whose).values(at=now))
    return whose


async def to_unlearn(tx: Tx) -> dict[int, dt.datetime]:
    """By pseudonym: data sets made before that moment must lose these rows."""
    return {row.whose: row.at for row in await tx.rows(sa.select(unlearned))}


async def behind(tx: Tx) -> dict[int, int]:
    """By pseudonym: who agreed."""
    rows = await tx.rows(sa.select(person.c.id, person.c.created_at).join(consent, consent.c.person_id == person.c.id))
    return {pseudonym(row.id, row.created_at): row.id for row in rows}


async def correct(tx: Tx, turn_id: int, person_id: int, text: str, author: str, now: dt.datetime) -> None:
    """Keeps what should have been replied in this person's turn, instead of an earlier correction; "" takes it back."""
    await tx.run(sa.delete(correction).where(correction.c.turn_id == turn_id))
    if text:
        values = {"turn_id": turn_id, "person_id": person_id, "text": text, "author": author, "corrected_at": now}
        await tx.insert(correction, values)


async def corrected(tx: Tx, turn_id: int) -> str:
    """What an admin would have had replied; "" where nobody said."""
    row = await tx.row(sa.select(correction.c.text).where(correction.c.turn_id == turn_id))
    return str(row.text) if row else ""


async def learnable(tx: Tx) -> list[Learnable]:
    """Turns of those who agreed, since they did; by session, oldest first. Only what a model answered, or an admin would have
    replied: answers of skills are promises made from rows, which no model may learn to utter. Nothing that its person found
    bad, nor what was said while they wanted nothing remembered."""
    rating = sa.func.coalesce(feedback.c.rating, 0).label("rating")
    named = (turn.c.id, turn.c.session_id, turn.c.person_id, person.c.created_at, turn.c.said, turn.c.replied)
    found = (
        sa.select(*named, rating, correction.c.text)
        .join(consent, consent.c.person_id == turn.c.person_id)
        .join(person, person.c.id == turn.c.person_id)
        .join(session, session.c.id == turn.c.session_id)
        .outerjoin(feedback, sa.and_(feedback.c.turn_id == turn.c.id, feedback.c.person_id == turn.c.person_id))
        .outerjoin(correction, correction.c.turn_id == turn.c.id)
        .where(turn.c.started_at >= consent.c.since, ~_PAUSED, turn.c.said != "")
        .where(sa.or_(correction.c.id.is_not(None), sa.and_(turn.c.model != "", turn.c.replied != "", rating >= 0)))
        .order_by(turn.c.session_id, turn.c.id)
    )
    return [_learnable(row) for row in await tx.rows(found)]


def _learnable(row: sa.Row[Any]) -> Learnable:
    source: Source = "corrected" if row.text else "praised" if row.rating > 0 else "said"
    whose = pseudonym(row.person_id, row.created_at)
    return Learnable(row.id, row.session_id, whose, row.said, row.text or row.replied, source)


async def labelled(tx: Tx, bot: str) -> list[Labelled]:
    """Labelled sentences of those who agreed, written since they did."""
    c = intent_inbox.c
    found = (
        sa.select(c.id, c.person_id, person.c.created_at, c.text, c.language, c.label)
        .join(consent, consent.c.person_id == c.person_id)
        .join(person, person.c.id == c.person_id)
        .where(c.bot == bot, c.last_at >= consent.c.since, c.label.not_in(("", "-", "?")))
        .order_by(c.id)
    )
    return [
        Labelled(row.id, pseudonym(row.person_id, row.created_at), row.text, row.language, row.label)
        for row in await tx.rows(found)
    ]
