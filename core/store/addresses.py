"""Where a person can be reached in private, as their own messages showed."""

from __future__ import annotations

import sqlalchemy as sa

from core.messages import Address
from core.store.codec import address_from_json
from core.store.database import Tx
from core.store.tables import account

_PRIVATE = (
    sa.select(account.c.private_address)
    .where(account.c.person_id == sa.bindparam("whose"), account.c.private_address.is_not(None))
    .order_by(account.c.id)
)


async def private(tx: Tx, person_id: int) -> list[Address]:
    """The private chats of a person, one for each of their accounts that has written to us alone."""
    rows = await tx.rows(_PRIVATE, {"whose": person_id})
    return [address_from_json(row.private_address) for row in rows]
