"""What people wrote, as rows: turns, and sentences of the inbox."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import count

from core.intents.checks import same_words
from core.store import Store, intents
from core.store.tables import account, inbox, person, session, turn

_numbers = count(1)


async def somebody(store: Store, now: dt.datetime, platform: str = "telegram") -> int:
    """A person with an account on that platform."""
    async with store.write() as tx:
        made = await tx.insert(person, {"name": "Ann", "created_at": now})
        known = {"platform": platform, "workspace": "", "account": f"a{next(_numbers)}", "person_id": made}
        await tx.insert(account, {**known, "created_at": now})
    return made


async def said_in_turns(store: Store, now: dt.datetime, *texts: str, intent: str = "chat", who: int = 0) -> int:
    """A conversation of these messages, just now; whose it is."""
    who = who or await somebody(store, now)
    async with store.write() as tx:
        talk = {"person_id": who, "address_key": "k", "started_at": now, "last_at": now}
        place = await tx.insert(session, talk)
        for text in texts:
            number = next(_numbers)
            received = {"platform": "telegram", "event_id": f"e{number}", "address_key": "k", "received_at": now}
            message = await tx.insert(inbox, {**received, "message": {}, "state": "done"})
            row = {"inbox_id": message, "session_id": place, "person_id": who, "said": text, "replied": f"re: {text}"}
            await tx.insert(turn, {**row, "intent": intent, "started_at": now, "finished_at": now})
    return who


async def unsure(
    store: Store, now: dt.datetime, bot: str, who: int, texts: Sequence[str], reason: str = "unmatched"
) -> None:
    """These sentences wait to be labelled."""
    async with store.write() as tx:
        for text in texts:
            language = "en" if text.isascii() else "zh"
            await intents.note_unsure(tx, bot, who, intents.Unsure(same_words(text), text, language, reason), now)
