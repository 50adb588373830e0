"""Chats that are closed to us (blocked, deleted): their reminders are parked, and their owners told elsewhere."""

from __future__ import annotations

import datetime as dt

from core.language.phrases import language_of, say
from core.messages import Address, Reply
from core.store import Tx, addresses, chats, outbox
from core.store.outbox import Planned


async def close(tx: Tx, address: Address, now: dt.datetime, reason: str, *, by_owner: bool = False) -> None:
    """Parks every reminder of a chat and tells each owner: at another private address of theirs, or, where there is
    none, at the next message that comes from them (`heard_from`). `by_owner`: who closed it knows, and is greeted when
    they open it again; it is said elsewhere only."""
    for owner in await chats.park(tx, address, now, reason):
        language = language_of(owner.language)
        text = say(language, "chat_closed", platform=address.platform.capitalize(), count=owner.reminders)
        elsewhere = [where for where in await addresses.private(tx, owner.person_id) if where != address]
        if by_owner and not elsewhere:
            continue
        told = Planned(
            cause=f"closed:{owner.newest}:{now.isoformat()}",
            address=elsewhere[0] if elsewhere else address,
            reply=Reply(text),
            due_at=now,
            person_id=owner.person_id,
        )
        number = await outbox.add(tx, told, now)
        if number is not None and not elsewhere:
            await chats.keep_for_owner(tx, number, now)


async def heard_from(
    tx: Tx, person_id: int, address: Address, now: dt.datetime, *, private: bool = True, may: chats.May | None = None
) -> int:
    """To be called when a person writes: a chat that was closed is open again, so its reminders go on; and what could
    not be told is told here, if nobody else reads it. `may` says whose. Returns how many reminders go on."""
    again = await chats.reopen(tx, address, now, may)
    if private:
        await chats.tell_here(tx, person_id, address, now)
    return again
