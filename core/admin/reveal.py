"""Reading what people wrote: with a reason, for a while, by one browser, and so that the person sees it in `/privacy`."""

from __future__ import annotations

import datetime as dt

from core.admin.roles import Actor, Denied
from core.store import Tx
from core.store.admin import audit, reveals

LIFE = dt.timedelta(minutes=30)
LONGEST_REASON = 500


def reason_of(text: str) -> str:
    """The reason as it is kept; raises `Denied` where there is none, or too much of one."""
    reason = " ".join(text.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise Denied("reason_needed", limit=LONGEST_REASON)
    return reason


async def noted(tx: Tx, actor: Actor, verb: str, subject: str, person_id: int, reason: str, now: dt.datetime) -> None:
    """Notes that this admin reads words of a person, or takes them along; the permission is the same for both."""
    actor.need("text.reveal")
    told = reason_of(reason)
    await audit.add(tx, now, actor.name, verb, subject, reason=told, client=actor.client, person_id=person_id)


async def reveal(
    tx: Tx, actor: Actor, session_id: int, subject: str, person_id: int, reason: str, now: dt.datetime
) -> None:
    """From now on this session may read `subject` ("conversation:7", "person:3") for `LIFE`."""
    await noted(tx, actor, "text.reveal", subject, person_id, reason, now)
    await show(tx, session_id, subject, now)


async def show(tx: Tx, session_id: int, subject: str, now: dt.datetime) -> None:
    """Opens what was just noted."""
    await reveals.put(tx, session_id, subject, now, now + LIFE)


async def open_until(tx: Tx, actor: Actor, session_id: int, subject: str, now: dt.datetime) -> dt.datetime | None:
    """Until when the session may read it; None: it may not, or the admin may not any more."""
    return await reveals.open_until(tx, session_id, subject, now) if actor.may("text.reveal") else None


async def hide(tx: Tx, session_id: int, subject: str) -> None:
    """The session may not read it any more."""
    await reveals.close(tx, session_id, subject)
