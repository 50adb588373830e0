"""What the pages of reminders share."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.exceptions import HTTPException

from adapters.web.admin.screen import Visit
from core.admin.reminders.desk import ReminderDesk
from core.admin.reminders.finding import FIELDS
from core.reminders.recurrence import Rule, RuleError
from core.reminders.rules_said import rule_said
from core.store.reminders import Reminder


def at(visit: Visit) -> ReminderDesk:
    return ReminderDesk(visit.desk.store, visit.desk.clock, visit.desk.settings, visit.actor)


def number_in(visit: Visit) -> int:
    """The id in the address; a number that no row can have is nothing's."""
    number = int(visit.request.path_params["id"])
    if number >= 1 << 63:
        raise HTTPException(404)
    return number


def fields_of(visit: Visit) -> dict[str, str]:
    """What is asked for, from the address, or from the form that was sent."""
    read = visit.ask if visit.request.method == "GET" else visit.field
    return {name: read(name).replace("\0", "").strip()[:200] for name in FIELDS}


def query(fields: dict[str, str], **more: str) -> str:
    """The same behind a "?", without what is not asked for."""
    return urlencode({name: value for name, value in {**fields, **more}.items() if value})


def rule_in_words(visit: Visit, reminder: Reminder) -> str:
    """How it repeats; "" where it does not, or cannot be read."""
    try:
        return rule_said(Rule.parse(reminder.rule), visit.language) if reminder.rule else ""
    except (RuleError, ValueError):
        return ""
