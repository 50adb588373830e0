"""What became of a message that was edited since."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from core.messages import Message
from core.store import reminders
from core.store.database import Tx
from core.store.reminders import Reminder
from core.store.tables import inbox, turn

_MOST = 10


@dataclass(frozen=True, slots=True)
class Edited:
    """The answer that an earlier form of the message got."""

    said: str
    intent: str
    reminder: Reminder | None
    """The reminder that it set, if that one is still to ring."""


async def earlier(tx: Tx, message: Message, inbox_id: int, person_id: int) -> Edited | None:
    """Of the newest earlier form; None if this person got no answer to any."""
    same = sa.and_(
        inbox.c.address_key == message.address.key(), inbox.c.id < inbox_id, turn.c.person_id == person_id,
        inbox.c.message["message_id"].as_string() == message.message_id,
    )  # fmt: skip
    forms = sa.select(inbox.c.id, turn.c.said, turn.c.intent).join(turn, turn.c.inbox_id == inbox.c.id).where(same)
    rows = await tx.rows(forms.order_by(inbox.c.id.desc()).limit(_MOST))
    for row in rows:
        made = await reminders.of_turn(tx, row.id, person_id)
        if made is not None and made.state in ("active", "paused"):
            return Edited(rows[0].said, rows[0].intent, made)
    return Edited(rows[0].said, rows[0].intent, None) if rows else None
