"""What people allowed to be learned from: turns they praised, and conversations of those who agreed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables import session, turn
from core.store.tables.memory import memory_pause
from core.store.tables.notes import feedback

_PAUSED = sa.exists().where(
    memory_pause.c.person_id == turn.c.person_id,
    sa.func.substr(session.c.address_key, 1, sa.func.length(memory_pause.c.address_key)) == memory_pause.c.address_key,
    memory_pause.c.since <= turn.c.started_at,
)


@dataclass(frozen=True, slots=True)
class Learnable:
    """A turn that the model answered. `praised`: its person said that the answer was good."""

    turn_id: int
    session_id: int
    person_id: int
    said: str
    replied: str
    praised: bool


async def learnable(tx: Tx, consented: Collection[int], since: dt.datetime | None = None) -> list[Learnable]:
    """Turns that their own person praised, and every turn of the persons in `consented` but those they found bad; by
    session, oldest first. Only what a model answered: answers of skills are promises made from rows, which no model may
    learn to utter. Nothing that was said while its person wanted nothing remembered."""
    rating = sa.func.coalesce(feedback.c.rating, 0)
    allowed = sa.or_(rating > 0, sa.and_(turn.c.person_id.in_(list(consented)), rating >= 0))
    found = (
        sa.select(turn.c.id, turn.c.session_id, turn.c.person_id, turn.c.said, turn.c.replied, rating.label("rating"))
        .outerjoin(feedback, sa.and_(feedback.c.turn_id == turn.c.id, feedback.c.person_id == turn.c.person_id))
        .join(session, session.c.id == turn.c.session_id)
        .where(allowed, ~_PAUSED, turn.c.model != "", turn.c.said != "", turn.c.replied != "")
        .order_by(turn.c.session_id, turn.c.id)
    )
    if since is not None:
        found = found.where(turn.c.finished_at >= since)
    return [
        Learnable(row.id, row.session_id, row.person_id, row.said, row.replied, row.rating > 0)
        for row in await tx.rows(found)
    ]
