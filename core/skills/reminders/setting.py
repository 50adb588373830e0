"""Setting a reminder: from a sentence to a kept promise, asking for what is missing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.language.phrases import say
from core.language.times import turned, understand, understand_time
from core.language.values import Delta, Preferences, Understood
from core.language.zones import find_zone
from core.messages import Reply
from core.reminders import creating, moving, wording
from core.reminders.recurrence import Rule
from core.reminders.rules_said import rule_said
from core.skills.base import Outcome, Turn
from core.store import Tx, reminders
from core.store.reminders import NewReminder, Reminder

PREFERENCES = Preferences()
NAME = "reminders"
_LONGEST_PLACE = 60


@dataclass(frozen=True, slots=True)
class Wish:
    """A reminder asked for, as far as it is known."""

    understood: Understood
    text: str
    now: dt.datetime


def recognize(turn: Turn) -> Wish | None:
    """A sentence that asks to be reminded."""
    understood = understand(turn.text, turn.now, turn.zone or ZoneInfo("UTC"), turn.language, PREFERENCES)
    return Wish(understood, turn.text, turn.now) if understood.asks_reminder else None


def wished(turn: Turn, text: str, now: dt.datetime) -> Outcome:
    """As if the text had been said after "remind me"."""
    if not text:
        return _ask(turn, "ask_what", {"step": "what"})
    zone = turn.zone or ZoneInfo("UTC")
    return set_reminder(turn, Wish(understand(text, now, zone, turn.language, PREFERENCES), text, now))


def _ask(turn: Turn, key: str, pending: dict[str, Any], **fields: object) -> Outcome:
    asked = Reply(say(turn.language, key, **fields))
    return Outcome(asked, intent="reminder_set", pending={"skill": NAME, **pending})


def set_reminder(turn: Turn, wish: Wish) -> Outcome:
    understood, language = wish.understood, turn.language
    if understood.recipient:
        who = wording.task(language, understood.recipient)
        return Outcome(Reply(say(language, "reminder_not_for_others", who=who)), intent="reminder_set")
    if len(understood.task) > creating.MAX_TEXT:
        said = say(language, "reminder_too_long", limit=creating.MAX_TEXT, length=len(understood.task))
        return Outcome(Reply(said), intent="reminder_set")
    if understood.problem:
        said = creating.problem_said(understood.problem, language)
        return Outcome(Reply(said), intent="reminder_set", pending=_pending("when", understood.task))
    if understood.when is None:
        what = wording.to_task(language, "ask_when_what", turned(understood.task, language))
        return _ask(turn, "ask_when", _pending("when", understood.task), what=what)
    if turn.zone is None and not isinstance(understood.when, Delta):
        return _ask(turn, "ask_zone", {"step": "zone", "text": wish.text, "now": wish.now.isoformat()})
    return _setting(turn, wish, turn.zone)


def _pending(step: str, task: str) -> dict[str, Any]:
    return {"skill": NAME, "step": step, "task": task}


def _setting(turn: Turn, wish: Wish, zone: ZoneInfo | None, *, new_zone: bool = False) -> Outcome:
    """The outcome that keeps a reminder. Without a known zone (only for "in 20 minutes") it is asked for afterwards."""
    language, understood = turn.language, wish.understood
    assert understood.when is not None, "asked for before"
    known = zone or ZoneInfo("UTC")
    try:
        ring = creating.first_ring(understood.when, wish.now, known, PREFERENCES, language)
    except Refused as refused:
        return Outcome(Reply(refused.what), intent="reminder_set", pending=_pending("when", understood.task))

    async def write(tx: Tx) -> Reply:
        if new_zone:
            await moving.set_zone(tx, turn.person.id, known, turn.now)
        count = await reminders.count_open(tx, turn.person.id)
        if count >= turn.settings.max_reminders:
            raise Refused(say(language, "reminder_limit", count=count))
        new = NewReminder(
            person_id=turn.person.id,
            cause=f"turn:{turn.id}",
            address=turn.message.address,
            text=turned(understood.task, language),
            language=language,
            zone=known.key,
            starts_local=ring.starts_local.isoformat(),
            next_due=ring.due,
            next_local=ring.local.isoformat(),
            rule=ring.rule.text() if ring.rule else None,
            absolute=isinstance(understood.when, Delta),
        )
        kept = await reminders.add(tx, new, turn.now)
        return _confirmation(turn, kept, ring, ask_zone=zone is None)

    pending = {"skill": "profile"} if zone is None else None
    return Outcome(write=write, intent="reminder_set", pending=pending)


def _confirmation(turn: Turn, kept: Reminder, ring: creating.FirstRing, *, ask_zone: bool) -> Reply:
    """The promise, said from the row that keeps it."""
    language = turn.language
    assert kept.rings is not None, "a new reminder is going to ring"
    zone = ZoneInfo(kept.zone)
    text = say(
        language,
        "reminder_set",
        what=wording.to_task(language, "reminder_set_what", kept.text),
        when=wording.moment(language, kept.rings, zone, turn.now),
        distance=wording.distance(language, kept.rings, turn.now),
    )
    if kept.rule:
        text += say(language, "reminder_repeats", rule=rule_said(Rule.parse(kept.rule), language))
    if ring.ambiguous:
        other = (ring.local + dt.timedelta(hours=12)).strftime("%H:%M")
        text += say(language, "reminder_assumed", time=ring.local.strftime("%H:%M"), other=other)
    if ring.note == "gap":
        text += say(language, "reminder_gap", time=kept.rings.astimezone(zone).strftime("%H:%M"))
    if ring.note == "fold":
        text += say(language, "reminder_fold")
    if ask_zone:
        text += "\n\n" + say(language, "ask_zone")
    return Reply(text, wording.confirmation_buttons(language, kept.id))


def zone_told(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    name = find_zone(turn.text)
    if name is None:
        if recognize(turn) is not None or len(turn.text) > _LONGEST_PLACE:
            return None
        return _ask(turn, "ask_zone_again", {key: pending[key] for key in ("step", "text", "now")})
    zone, now = ZoneInfo(name), dt.datetime.fromisoformat(pending["now"])
    understood = understand(str(pending["text"]), now, zone, None, PREFERENCES)
    return _setting(turn, Wish(understood, str(pending["text"]), now), zone, new_zone=True)


def when_told(turn: Turn, task: str) -> Outcome | None:
    understood = understand_time(turn.text, turn.now, turn.zone or ZoneInfo("UTC"), turn.language, PREFERENCES)
    if understood.asks_reminder or (understood.when is None and understood.problem is None):
        return None
    whole = Understood(understood.when, task, recurring=understood.recurring, problem=understood.problem)
    return set_reminder(turn, Wish(whole, f"{turn.text} {task}", turn.now))
