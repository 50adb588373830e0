"""Reminders: set them, see them, change them; Done and Snooze on those that rang. All without any model."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from core.language.phrases import say
from core.language.requests import ReminderRequest, reminder_request
from core.language.spoken import spoken_command
from core.language.wishes import DigestWish, digest_wish, feed_wish, quiet_wish, unmute_wish
from core.messages import Reply
from core.reminders.retiming import is_length, is_time
from core.reminders.schedule import days_meant
from core.skills.base import Command, Outcome, Skill, Turn
from core.skills.reminders import changing, editing, forms, pausing, recipients, rules, schedule, setting, snoozing
from core.skills.reminders.buttons import press
from core.skills.reminders.edited import edited
from core.skills.reminders.setting import NAME, Wish

_JUST_NOW = dt.timedelta(minutes=30)
_AFTER_RINGING = dt.timedelta(hours=2)
_NEVER_MIND = frozenset(
    ["never mind", "nevermind", "forget it", "cancel", "no", "no thanks", "stop", "skip it", "算了", "不用了", "取消", "不了", "不要了"]
)  # fmt: skip

_OTHER_WORDS = re.compile(
    r"(?:please |pls |no,? |actually,? )*(?:change|edit|update|modify) |[^\s]{0,6}(?:改|换)(?:成|为)", re.I
)

_Found: TypeAlias = Wish | ReminderRequest | DigestWish | Literal["unmute"]


def _recognize(turn: Turn) -> _Found | None:
    request = reminder_request(turn.text)
    if request is not None and _is_meant(turn, request):
        return request
    if unmute_wish(turn.text):
        return "unmute"
    return digest_wish(turn.text) or setting.recognize(turn)


def _is_meant(turn: Turn, request: ReminderRequest) -> bool:
    """Whether what stands where a time should be is one, and "it" can be a reminder."""
    zone = turn.zone or ZoneInfo("UTC")
    if request.verb == "schedule":
        return days_meant(request.when, turn.now, zone) is not None
    if request.shift and not is_length(request.when, turn.now, zone):
        return False
    if request.verb in ("snooze", "pause") and request.when and not is_time(request.when, turn.now, zone):
        return False
    if request.named:
        return True
    touched = turn.touched
    if touched is None:
        return False
    if request.verb in ("snooze", "done", "silence"):
        return touched.rang and turn.now - touched.at <= _AFTER_RINGING
    if turn.now - touched.at > (_AFTER_RINGING if touched.rang else _JUST_NOW):
        return False
    return (
        request.verb not in ("move", "edit")
        or bool(request.shift)
        or not request.when
        or is_time(request.when, turn.now, zone)
    )


async def _answer(turn: Turn, found: _Found | Command) -> Outcome:
    match found:
        case Command("/reminders"):
            return changing.requested(turn, ReminderRequest("list"))
        case Command("/cancel", rest):
            return changing.requested(turn, ReminderRequest("cancel", rest, any=not rest))
        case Command("/pause", rest):
            return pausing.requested(turn, _pause_told(rest) or ReminderRequest("pause", when=rest))
        case Command(_, rest):
            return setting.wished(turn, rest, turn.now)
        case "unmute":
            return Outcome(write=lambda tx: recipients.unmute(tx, turn), intent="reminder_unmute")
        case DigestWish():
            return schedule.wished(turn, found)
        case Wish():
            return setting.set_reminder(turn, found)
        case ReminderRequest(verb="schedule", when=when):
            return schedule.asked(turn, when)
        case ReminderRequest(verb="snooze" | "done" | "silence"):
            return snoozing.requested(turn, found)
        case ReminderRequest(verb="move" | "edit" | "rename"):
            return editing.requested(turn, found)
        case ReminderRequest(verb="pause" | "resume"):
            return pausing.requested(turn, found)
        case ReminderRequest(verb="show" | "late" | "share" | "unshare" | "whose"):
            return rules.requested(turn, found)
        case ReminderRequest():
            return changing.requested(turn, found)


async def _resume(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    step = pending.get("step")
    asked = step in ("zone", "what", "when", "move", "snooze")
    if asked and turn.text.strip(" .!。！").lower() in _NEVER_MIND:
        return Outcome(Reply(say(turn.language, "never_mind")), intent="reminder_never_mind")
    if any(wish(turn.text) is not None for wish in (quiet_wish, digest_wish, feed_wish, spoken_command)):
        return None
    request = reminder_request(turn.text)
    if request is not None and _is_answer(turn, request, pending):
        return editing.asked_again(turn, request, int(pending["reminder"]))
    if request is not None and (request.named or request.shift or request.late) and _is_meant(turn, request):
        return None
    match step:
        case "zone":
            return setting.zone_told(turn, pending)
        case "what":
            return setting.wished(turn, turn.text, turn.now)
        case "when":
            return setting.when_told(turn, pending)
        case "move" if "reminder" in pending:
            return editing.asked_to_move(turn, int(pending["reminder"]))
        case "snooze" if "reminder" in pending:
            return snoozing.asked_until(turn, int(pending["reminder"]))
        case "set":
            return editing.corrected(turn, pending)
        case "shown" if pending.get("asked") and (number := _number_told(turn.text)):
            verb, when, shift = pending["asked"]
            return await _answer(turn, ReminderRequest(verb, number, when, shift))
    return None


def _pause_told(rest: str) -> ReminderRequest | None:
    """What stands behind /pause: which one and how long, as far as it is said; all of them where it is not."""
    ways = (
        [f"pause {rest}", f"暂停{rest}"]
        if rest[:1].isdigit()
        else [f"pause all reminders {rest}", f"暂停所有提醒{rest}"]
    )
    return next((told for words in ways if (told := reminder_request(words)) and told.verb == "pause"), None)


def _number_told(text: str) -> str:
    """The number in answer to "which one?"; "" where it is no answer."""
    told = reminder_request(f"cancel {text}") or reminder_request(f"取消{text}")
    return told.which if told is not None and told.verb == "cancel" and told.which.isdecimal() else ""


def _is_answer(turn: Turn, request: ReminderRequest, pending: dict[str, Any]) -> bool:
    """ "An hour later" in answer to "when should it ring instead?" is about the reminder that the question is about; so is
    "change it to call dad" right after something was said of that reminder."""
    if pending.get("step") == "set" and "reminder" in pending and request.verb == "edit" and not request.named:
        return bool(request.when) and _OTHER_WORDS.match(turn.text) is not None
    if pending.get("step") != "move" or "reminder" not in pending or not request.shift or request.which:
        return False
    return is_length(request.when, turn.now, turn.zone or ZoneInfo("UTC"))


SKILL = Skill(
    name=NAME,
    answer=_answer,
    recognize=_recognize,
    while_led=setting.recognize,
    commands={
        "/remind": "help_remind",
        "/reminders": "help_reminders",
        "/cancel": "help_cancel",
        "/pause": "help_pause",
    },
    press=press,
    form=forms.filled,
    resume=_resume,
    edit=edited,
    order=20,
)
