"""A link by which others get a reminder too. Who has it may have the reminder and learns its words, as its owner wished."""

from __future__ import annotations

import secrets

from core.language.phrases import say
from core.messages import Reply
from core.skills.base import Outcome, Turn
from core.skills.reminders import recipients
from core.skills.reminders.changing import shown
from core.store import Tx, notes, reminders
from core.store.reminders import Reminder

PAYLOAD = "reminder_"
"""What follows "/start" where a shared link was opened begins so."""
_BYTES = 12


async def shared(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """Tells the owner the link."""
    if not turn.start_link:
        return Reply(say(turn.language, "stale_button"))
    token = secrets.token_urlsafe(_BYTES)
    await notes.put(tx, f"shared:{token}", str(reminder.id), turn.now)
    url = f"{turn.start_link}{PAYLOAD}{token}"
    return Reply(say(turn.language, "share_link", url=url, **shown(turn, reminder)))


def opened(turn: Turn, token: str) -> Outcome:
    """Gives the reminder to who opened the link, too."""

    async def write(tx: Tx) -> Reply:
        number = await notes.get(tx, f"shared:{token}")
        reminder = await reminders.get_any(tx, int(number)) if number else None
        if reminder is None:
            return Reply(say(turn.language, "start_unknown"))
        if reminder.person_id == turn.person.id:
            return Reply(say(turn.language, "share_own", **shown(turn, reminder)))
        return await recipients.copied(tx, turn, reminder)

    return Outcome(write=write, intent="reminder_shared")
