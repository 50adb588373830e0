"""A message that set a reminder and was edited since: whether to change the reminder is asked, never guessed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from core.language.phrases import say
from core.messages import Choice, Reply
from core.reminders import wording
from core.skills.base import Outcome, Turn
from core.skills.reminders.changing import cancelled, shown
from core.skills.reminders.setting import NAME, recognize, set_reminder
from core.store import Tx
from core.store.edits import Edited
from core.store.reminders import Reminder


async def edited(turn: Turn, earlier: Edited) -> Outcome | None:
    """Offers to put what is asked for now in the place of what was set; None where nothing was, or it has rung."""
    reminder = earlier.reminder
    if reminder is None:
        return None
    wish = recognize(turn)
    if wish is None or wish.understood.when is None:
        said = say(turn.language, "edited_kept", **shown(turn, reminder))
        buttons = wording.confirmation_buttons(turn.language, reminder)
        return Outcome(Reply(said, buttons, quiet=True), intent="edited")
    choices = tuple(
        Choice(say(turn.language, f"button_{verb}"), f"{NAME}:{verb}:{reminder.id}") for verb in ("replace", "keep")
    )
    asked = {"skill": NAME, "step": "replace", "reminder": reminder.id, "text": turn.text, "now": turn.now.isoformat()}
    asked["begun"] = turn.id
    text = say(turn.language, "edited_reminder", **shown(turn, reminder))
    return Outcome(Reply(text, choices, quiet=True), intent="edited", pending=asked)


async def kept(_tx: Tx, turn: Turn, _reminder: Reminder) -> Reply:
    """It stays as it was set."""
    return Reply(say(turn.language, "never_mind"), quiet=True)


async def replaced(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """Sets what the edited message asks for, and cancels what its first form set, if that can be done."""
    asked = turn.session.pending or {}
    if asked.get("step") != "replace" or asked.get("reminder") != reminder.id:
        return Reply(say(turn.language, "stale_button"), quiet=True)
    wish = recognize(replace(turn, text=str(asked["text"]), now=dt.datetime.fromisoformat(asked["now"])))
    outcome = (
        set_reminder(turn, replace(wish, begun=asked.get("begun", 0)))
        if wish
        else Outcome(Reply(say(turn.language, "stale_button")))
    )
    if outcome.write is None:
        assert outcome.reply is not None, "an outcome without changes has a reply"
        return outcome.reply
    await cancelled(tx, turn, reminder)
    return await outcome.write(tx)
