"""How moments, distances and rules are said: "Fri 27 Nov 09:00 Europe/Paris, in 3 d 10 h"."""

from __future__ import annotations

import datetime as dt
import re
from contextvars import ContextVar
from zoneinfo import ZoneInfo

from core.language.phrases import Language, language_of, say
from core.messages import Choice, Moment, Reply
from core.reminders.quiet import zone_here
from core.render import literal
from core.store.reminders import Reminder

_THING = re.compile(r"(?:the|an?|my|your|our|his|her|their|this|these|those)\s", re.IGNORECASE)
_noted: ContextVar[list[Moment] | None] = ContextVar("noted_moments", default=None)


def note_moments() -> None:
    """From here on the moments that this task puts into words are noted, so that a platform can show them in each
    reader's own zone."""
    _noted.set([])


def noted(text: str) -> tuple[Moment, ...]:
    """The moments noted in this task that stand in the text."""
    return tuple(dict.fromkeys(one for one in _noted.get() or () if one.text in text))


def moment(language: Language, when: dt.datetime, zone: ZoneInfo, now: dt.datetime) -> str:
    """Weekday, date, time and zone; the year too when it is not this one."""
    local = when.astimezone(zone)
    clock = local.strftime("%H:%M:%S" if local.second else "%H:%M")
    said = say(
        language,
        "moment" if local.year == now.astimezone(zone).year else "moment_year",
        weekday=say(language, "weekdays").split()[local.weekday()],
        day=local.day,
        month=say(language, "months").split()[local.month - 1],
        year=local.year,
        time=clock,
        zone=zone.key,
    )
    if (noted := _noted.get()) is not None:
        noted.append(Moment(said, when))
    return said


def span(language: Language, length: dt.timedelta) -> str:
    """A length of time in its two largest units, rounded to the smaller one."""
    seconds = round(abs(length.total_seconds()))
    if seconds >= 86_400:
        hours = round(seconds / 3600)
        parts = [("unit_days", hours // 24), ("unit_hours", hours % 24)]
    elif seconds >= 3600:
        minutes = round(seconds / 60)
        parts = [("unit_hours", minutes // 60), ("unit_minutes", minutes % 60)]
    elif seconds >= 600:
        parts = [("unit_minutes", round(seconds / 60))]
    else:
        parts = [("unit_minutes", seconds // 60), ("unit_seconds", seconds % 60)]
    shown = [say(language, unit, n=n) for unit, n in parts if n]
    return " ".join(shown) or say(language, "unit_seconds", n=0)


def distance(language: Language, when: dt.datetime, now: dt.datetime) -> str:
    """How far a moment is from now: "in 3 d 10 h", "2 min ago"."""
    if abs((when - now).total_seconds()) < 0.5:
        return say(language, "distance_now")
    return say(language, "distance_in" if when > now else "distance_ago", parts=span(language, when - now))


def line(language: Language, number: int, reminder: Reminder, now: dt.datetime, rule: str) -> str:
    """A reminder as one line of a list."""
    rings = reminder.rings or reminder.last_due
    resting = say(language, "paused_mark") if reminder.state == "paused" else ""
    if end := reminder.rests_until(now):
        resting = say(language, "paused_until_mark", until=moment(language, end, zone_here(reminder.zone), now))
    return say(
        language,
        "reminder_line",
        number=number,
        when=moment(language, rings, zone_here(reminder.zone), now) if rings else "–",
        distance=distance(language, rings, now) if rings else "–",
        task=task(language, reminder.text),
        rule=(say(language, "reminder_line_rule", rule=rule) if rule else "") + resting,
    )


def task(language: Language, text: str) -> str:
    """What it is about, quoted; or that nothing was said."""
    return literal(text) if text else say(language, "reminder_untitled")


def to_task(language: Language, text: str) -> str:
    """The " to call mum" of a sentence, or the " about the milk" of a thing and of a quoted message; or nothing."""
    thing = text.startswith("“") or (language == "en" and _THING.match(text))
    key = "reminder_set_what_about" if thing else "reminder_set_what"
    return say(language, key, task=literal(text)) if text else ""


def ringing(reminder: Reminder) -> Reply:
    """The reminder as it is delivered, with its buttons; a person's words in it are shown as they are."""
    language = language_of(reminder.language)
    key = "reminder_rings" if reminder.text else "reminder_rings_bare"
    text = say(language, key, task=reminder.text)
    return Reply(f"{text}\n{reminder.link}" if reminder.link else text, buttons(language, reminder), plain=True)


def buttons(language: Language, reminder: Reminder) -> tuple[Choice, ...]:
    """What can be done with a reminder that has just rung."""
    verbs = ["done", "snooze_10", "snooze_60", "snooze_tomorrow", "snooze_pick", "edit", "stop"]
    if reminder.nag_minutes:
        verbs.insert(1, "silence")
    if reminder.kind == "channel" and reminder.rule:
        verbs.append("metoo")
    return tuple(_button(language, verb, reminder.id) for verb in verbs)


def confirmation_buttons(language: Language, reminder: Reminder, *, share: bool = False) -> tuple[Choice, ...]:
    """What can be done with a reminder that was just set. `share`: a link to it can be made."""
    verbs = ["edit", "cancel"] + (["metoo"] if reminder.kind == "channel" else ["share"] if share else [])
    return tuple(_button(language, verb, reminder.id) for verb in verbs)


def _button(language: Language, verb: str, reminder_id: int) -> Choice:
    name, _, argument = verb.partition("_")
    data = f"reminders:{name}:{reminder_id}" + (f":{argument}" if argument else "")
    return Choice(say(language, f"button_{verb}"), data)


def minutes(language: Language, number: int) -> str:
    """A length in minutes: "10 min", "1 h 30 min"."""
    return span(language, dt.timedelta(minutes=number))
