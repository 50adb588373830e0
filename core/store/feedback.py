"""What people think of the answers they got: the newest word of each person on each turn."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from core.messages import Address
from core.store.database import Tx
from core.store.reminders import address_key_prefix
from core.store.tables import inbox, outbox, turn
from core.store.tables.notes import feedback

_LATELY = 500
"""Messages of a chat among which the rated one is looked for."""


async def rated_turn(tx: Tx, address: Address, inbox_id: int, message_id: str) -> int | None:
    """The turn that answered this message of the inbox (0: whose reply the platform calls `message_id`); None where it was
    not in this chat, or is no answer."""
    here = address_key_prefix(address)
    if not inbox_id:
        sent = sa.and_(outbox.c.address_key.startswith(here, autoescape=True), outbox.c.cause.like("turn:%"))
        newest = sa.select(outbox.c.cause, outbox.c.receipt).where(sent, outbox.c.state == "sent")
        for row in await tx.rows(newest.order_by(outbox.c.id.desc()).limit(_LATELY)):
            if row.receipt and message_id in row.receipt["message_ids"]:
                inbox_id = int(row.cause.removeprefix("turn:"))
                break
    answered = sa.and_(turn.c.inbox_id == inbox_id, inbox.c.address_key.startswith(here, autoescape=True))
    found = await tx.row(sa.select(turn.c.id).join(inbox, inbox.c.id == turn.c.inbox_id).where(answered))
    return int(found.id) if found else None


async def said_by(tx: Tx, turn_id: int, person_id: int) -> str:
    """What this person said in that turn; "" where somebody else did."""
    row = await tx.row(sa.select(turn.c.said).where(turn.c.id == turn_id, turn.c.person_id == person_id))
    return str(row.said) if row else ""


async def rate(tx: Tx, turn_id: int, person_id: int, rating: int, now: dt.datetime) -> None:
    """Keeps the rating, 1 or -1, instead of an earlier one; 0 takes it back."""
    mine = sa.and_(feedback.c.turn_id == turn_id, feedback.c.person_id == person_id)
    await tx.run(sa.delete(feedback).where(mine))
    if rating:
        values = {"turn_id": turn_id, "person_id": person_id, "rating": rating, "rated_at": now}
        await tx.insert(feedback, values)
