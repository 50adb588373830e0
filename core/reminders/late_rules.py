"""The rule on a reminder for being late: whether it fits its kind, and how it is said."""

from __future__ import annotations

from core.errors import Refused
from core.language.late_rule import LateRule
from core.language.phrases import Language, say
from core.reminders import lateness, wording
from core.reminders.moving import following_after
from core.store.reminders import Reminder


def check(late: LateRule | None, language: Language, *, once: bool) -> None:
    """Raises `Refused` for a rule that means nothing to a reminder of its kind."""
    if late is not None and late.policy == "next" and once:
        raise Refused(say(language, "late_next_once"))


def late_said(language: Language, reminder: Reminder) -> str:
    """What becomes of it when it is late, by its own rule or the usual one of its kind."""
    policy, minutes = reminder.late_policy, reminder.late_minutes
    if not policy:
        first = following_after(reminder, reminder.updated_at)
        second = following_after(reminder, first.utc) if first else None
        gap = second.utc - first.utc if first and second else None
        policy = lateness.default_policy(reminder.rule is None, gap)
    key = f"late_rule_{policy}" + ("_turn" if policy == "limit" and not minutes else "")
    return say(language, key, length=wording.minutes(language, minutes))
