"""What a person has wished of how they are served: quiet hours, and the address of their calendar."""

from __future__ import annotations

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables import person


async def set_quiet(tx: Tx, person_id: int, start: str | None, end: str | None) -> None:
    """Quiet hours as wall-clock times "22:00"; None for both: none."""
    await tx.run(sa.update(person).where(person.c.id == person_id).values(quiet_from=start, quiet_until=end))


async def feed_key(tx: Tx, person_id: int) -> str | None:
    """The hash of the secret in the address of a person's calendar; None: it has none."""
    row = await tx.row(sa.select(person.c.feed_key).where(person.c.id == person_id))
    return row[0] if row else None


async def set_feed_key(tx: Tx, person_id: int, key: str | None) -> None:
    """The address with the secret before it no longer leads anywhere."""
    await tx.run(sa.update(person).where(person.c.id == person_id).values(feed_key=key))


async def person_of_feed(tx: Tx, key: str) -> int | None:
    """Whose calendar it is; None: nobody's."""
    row = await tx.row(sa.select(person.c.id).where(person.c.feed_key == key))
    return int(row[0]) if row else None
