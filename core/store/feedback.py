"""What people think of the answers they got: the newest word of each person on each turn."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.messages import Address
from core.store.database import Tx
from core.store.tables import outbox, turn
from core.store.tables_notes import feedback

_LATELY = 500
"""Messages of a chat among which the rated one is looked for."""


async def rated_turn(tx: Tx, address: Address, message_id: str) -> int | None:
    """The turn whose reply the platform calls by this id; None where it was none of ours, or no answer."""
    sent = sa.and_(outbox.c.address_key == address.key(), outbox.c.state == "sent", outbox.c.cause.like("turn:%"))
    newest = sa.select(outbox.c.cause, outbox.c.receipt).where(sent).order_by(outbox.c.id.desc()).limit(_LATELY)
    for row in await tx.rows(newest):
        if row.receipt and message_id in row.receipt["message_ids"]:
            inbox_id = int(row.cause.removeprefix("turn:"))
            found = await tx.row(sa.select(turn.c.id).where(turn.c.inbox_id == inbox_id))
            return int(found.id) if found else None
    return None


async def rate(tx: Tx, turn_id: int, person_id: int, rating: int, now: dt.datetime) -> None:
    """Keeps the rating, 1 or -1, instead of an earlier one; 0 takes it back."""
    mine = sa.and_(feedback.c.turn_id == turn_id, feedback.c.person_id == person_id)
    await tx.run(sa.delete(feedback).where(mine))
    if rating:
        values = {"turn_id": turn_id, "person_id": person_id, "rating": rating, "rated_at": now}
        await tx.insert(feedback, values)
