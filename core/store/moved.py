"""A chat got another address: everything that belongs to it follows, in whichever table it stands."""

from __future__ import annotations

import sqlalchemy as sa

from core.messages import Address
from core.store.codec import address_to_json
from core.store.database import Tx
from core.store.tables import metadata

_UNIQUE = ("key", "chat")
"""Columns by which a chat may have one row only: what the new address has already stays."""


async def move(tx: Tx, old: Address, new: Address) -> None:
    """From now on what stood at the one address stands at the other. Doing it twice changes nothing more."""
    for table in metadata.sorted_tables:
        for name, before, after in (
            ("address_key", old.key(), new.key()), ("key", old.key(), new.key()), ("chat", old.chat, new.chat),
        ):  # fmt: skip
            if name not in table.c:
                continue
            here = [table.c.platform == old.platform, table.c.workspace == old.workspace] if name == "chat" else []
            taken = sa.select(table.c[name]).where(table.c[name] == after, *here).limit(1)
            if name in _UNIQUE and await tx.row(taken) is not None:
                continue
            values = {name: after} | ({"address": address_to_json(new)} if "address" in table.c else {})
            await tx.run(sa.update(table).where(table.c[name] == before, *here).values(**values))
