"""Reminders: set them, see them, change them; Done and Snooze on those that rang. All without any model."""

from __future__ import annotations

from typing import Any

from core.language.requests import ReminderRequest, reminder_request
from core.skills.base import Command, Outcome, Skill, Turn
from core.skills.reminders import setting
from core.skills.reminders.buttons import press
from core.skills.reminders.changing import asked_to_move, requested
from core.skills.reminders.setting import NAME, Wish


def _recognize(turn: Turn) -> Wish | ReminderRequest | None:
    return reminder_request(turn.text) or setting.recognize(turn)


async def _answer(turn: Turn, found: Wish | ReminderRequest | Command) -> Outcome:
    match found:
        case Command("/reminders"):
            return requested(turn, ReminderRequest("list"))
        case Command("/cancel", rest):
            return requested(turn, ReminderRequest("cancel", rest))
        case Command(_, rest):
            return setting.wished(turn, rest, turn.now)
        case ReminderRequest():
            return requested(turn, found)
        case Wish():
            return setting.set_reminder(turn, found)


async def _resume(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    match pending.get("step"):
        case "zone":
            return setting.zone_told(turn, pending)
        case "what":
            return setting.wished(turn, turn.text, turn.now)
        case "when":
            return setting.when_told(turn, str(pending["task"]))
        case "move":
            return asked_to_move(turn, int(pending["reminder"]))
    return None


SKILL = Skill(
    name=NAME,
    answer=_answer,
    recognize=_recognize,
    commands={"/remind": "help_remind", "/reminders": "help_reminders", "/cancel": "help_cancel"},
    press=press,
    resume=_resume,
    order=20,
)
