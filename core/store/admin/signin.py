"""What was tried at the doors, counted for all processes together, and whose sessions in the browser chat were ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Final

import sqlalchemy as sa

from core.store.database import Tx
from core.store.tables.signin import attempt, web_pass

MOST: Final = 10
WINDOW: Final = dt.timedelta(minutes=15)
"""So many tries may fail within it."""
_ALONE = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 6))")
_OLD = sa.select(attempt.c.id).where(attempt.c.at <= sa.bindparam("since")).with_for_update(skip_locked=True)


async def wait(tx: Tx, keys: Collection[str], now: dt.datetime) -> int:
    """Seconds until all of these may be tried again; 0 at once."""
    longest = 0
    for key in keys:
        c = attempt.c
        recent = sa.select(c.at).where(c.key == key, c.at > now - WINDOW).order_by(c.at.desc())
        if (row := await tx.row(recent.offset(MOST - 1).limit(1))) is not None:
            longest = max(longest, int((row.at + WINDOW - now).total_seconds()) + 1)
    return longest


async def begin(tx: Tx, keys: Collection[str], now: dt.datetime) -> Sequence[int] | int:
    """Counts a try of each before it is made, so that of many at once no more than allowed are made; gives what `passed`
    takes back, or the seconds to wait. What is too old to count is deleted."""
    if tx.skip_locked:
        for key in sorted(keys):
            await tx.row(_ALONE, {"key": key})
    if seconds := await wait(tx, keys, now):
        return seconds
    made = [await tx.insert(attempt, {"key": key, "at": now}) for key in keys]
    await tx.run(sa.delete(attempt).where(attempt.c.id.in_(_OLD)), {"since": now - WINDOW})
    return made


async def passed(tx: Tx, made: Sequence[int]) -> None:
    """These tries did not fail."""
    await tx.run(sa.delete(attempt).where(attempt.c.id.in_(made)))


async def ended(tx: Tx, account: str) -> tuple[int, dt.datetime | None]:
    """How often the sessions of an account in the browser chat were ended, and when last."""
    row = await tx.row(sa.select(web_pass.c.number, web_pass.c.ended_at).where(web_pass.c.account == account))
    return (row.number, row.ended_at) if row is not None else (0, None)


async def end(tx: Tx, account: str, now: dt.datetime) -> None:
    """Cookies and links that were given to it until now are over."""
    c = web_pass.c
    higher = sa.update(web_pass).where(c.account == account).values(number=c.number + 1, ended_at=now)
    first = {"account": account, "number": 1, "ended_at": now}
    if await tx.run(higher) == 0 and await tx.insert_once(web_pass, first, ("account",)) is None:
        await tx.run(higher)  # another process was first meanwhile
