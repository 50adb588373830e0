"""Reminders that rest: until they are resumed, or until a moment; then they go on by themselves."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.language.phrases import say
from core.language.requests import ReminderRequest
from core.language.times import resolve, understand_time
from core.language.values import Delta, Instant, Recurrence, Window
from core.messages import Reply
from core.reminders import creating, wording
from core.reminders.creating import on_wall
from core.reminders.moving import following_after
from core.reminders.quiet import zone_here
from core.reminders.recurrence import Occurrence
from core.skills.base import Outcome, Turn
from core.skills.reminders.changing import change, remembered, shown, shown_before
from core.skills.reminders.setting import PREFERENCES
from core.store import Tx, outbox, reminder_changes, reminders
from core.store.reminders import Reminder

_WHOLE_DAYS = ("day", "week", "month", "quarter", "year")
_MOMENT = dt.timedelta(seconds=1)


def requested(turn: Turn, request: ReminderRequest) -> Outcome:
    """Pauses or resumes the reminder that is meant, or all."""
    pending = shown_before(turn)

    async def write(tx: Tx) -> Reply:
        if request.verb == "resume":
            return await change(tx, turn, request, resumed, pending)
        if not request.when:
            return await change(tx, turn, request, paused, pending)
        until = end_of(turn, request.when)

        async def rested(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
            return await paused_until(tx, turn, reminder, until)

        said = wording.moment(turn.language, until, turn.zone or ZoneInfo("UTC"), turn.now)
        return await change(tx, turn, request, rested, pending, until=said)

    return Outcome(write=write, intent=f"reminder_{request.verb}", pending=pending)


def end_of(turn: Turn, words: str) -> dt.datetime:
    """When a pause of such words ends: at the moment, at the beginning of the day that they name, or where that has
    begun, at its end. Raises `Refused` where they name none to come."""
    zone = turn.zone or ZoneInfo("UTC")
    understood = understand_time(words, turn.now, zone, None, PREFERENCES)
    when = understood.when
    if understood.problem is not None:
        raise Refused(creating.problem_said(understood.problem, turn.language))
    if when is None or isinstance(when, Recurrence) or understood.task:
        raise Refused(say(turn.language, "pause_until_when"))
    sides: list[dt.datetime | None] = []
    if isinstance(when, Window):
        sides = [when.start, when.end]
    elif isinstance(when, Instant) and when.grain in _WHOLE_DAYS:
        sides = [when.local, when.window[1] if when.window else when.local + dt.timedelta(days=1)]
    moments = [on_wall(side, zone) for side in sides if side is not None]
    if not moments and isinstance(when, Instant | Delta) and (later := resolve(when, turn.now, zone, PREFERENCES)):
        moments = [later.at]
    end = next((moment for moment in moments if moment > turn.now), None)
    if end is None or end.year > creating.LATEST_YEAR:
        raise Refused(say(turn.language, "pause_until_when"))
    return end


async def paused(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """Until it is resumed. Its snoozes rest with it."""
    if reminder.state == "paused":
        return Reply(say(turn.language, "reminder_paused_already", **shown(turn, reminder)))
    fields = shown(turn, reminder)
    own = await _at_rest(tx, turn, reminder)
    values = {"state": "paused", "paused_until": None, "next_due": own.next_due, "next_local": own.next_local}
    await reminders.amend(tx, own.id, turn.now, **values)
    return Reply(say(turn.language, "reminder_paused", **fields))


async def _at_rest(tx: Tx, turn: Turn, reminder: Reminder) -> Reminder:
    """Keeps it as it stands and takes back what is planned of it; returns it with its own moments, whatever pause it was
    in before."""
    own = None
    if reminder.state == "paused" or reminder.rests_until(turn.now):
        own = await _own_moments(tx, turn, reminder)
    kept = await remembered(tx, turn, reminder, "pause")
    await outbox.cancel_planned(tx, reminder.id, turn.now)
    return replace(kept, next_due=own[0], next_local=own[1]) if own else kept


async def paused_until(tx: Tx, turn: Turn, reminder: Reminder, until: dt.datetime) -> Reply:
    """It goes on by itself: its next moment is the first that does not lie in the pause. A single one whose time does
    rings when the pause ends; so does its snooze."""
    zone, own = zone_here(reminder.zone), await _at_rest(tx, turn, reminder)
    following = following_after(own, until - _MOMENT)
    if own.rule is not None and following is None:
        await reminders.amend(tx, own.id, turn.now, state="paused", paused_until=None)
        return Reply(say(turn.language, "reminder_paused", **shown(turn, reminder)))
    snoozed = await reminders.revive(tx, own.id, turn.now, until - _MOMENT)
    moment = own.next_due if own.next_due is not None and own.next_due >= until else until
    if own.rule is None and reminder.rings is not None and (own.next_due is not None or not snoozed):
        following = Occurrence(moment.astimezone(zone).replace(tzinfo=None), moment)
    due, local = (following.utc, following.key) if following else (None, None)
    await reminders.amend(tx, own.id, turn.now, state="active", paused_until=until, next_due=due, next_local=local)
    resting = await reminders.get_any(tx, own.id) or own
    said = wording.moment(turn.language, until, zone, turn.now)
    return Reply(say(turn.language, "reminder_paused_until", until=said, **shown(turn, resting)))


async def resumed(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """A repeating one goes on with its next occurrence; a single one whose time passed meanwhile asks for another."""
    if reminder.state != "paused" and reminder.rests_until(turn.now) is None:
        return Reply(say(turn.language, "reminder_not_paused", **shown(turn, reminder)))
    due, local, snoozed = await _own_moments(tx, turn, reminder)
    if due is None and not snoozed:
        return Reply(say(turn.language, "reminder_resume_past", **shown(turn, reminder)))
    await reminder_changes.remember(tx, reminder.id, "resume", turn.now, turn.person.id)
    await reminders.amend(tx, reminder.id, turn.now, state="active", paused_until=None, next_due=due, next_local=local)
    going = await reminders.get_any(tx, reminder.id) or reminder
    return Reply(say(turn.language, "reminder_resumed", **shown(turn, going)))


async def _own_moments(tx: Tx, turn: Turn, reminder: Reminder) -> tuple[dt.datetime | None, str | None, int]:
    """When a reminder that rests would ring without its pause; its snoozes are planned again, so many."""
    since = await reminder_changes.paused_at(tx, reminder.id)
    snoozed = await reminders.revive(tx, reminder.id, since, turn.now) if since else 0
    due, local, early = reminder.next_due, reminder.next_local, reminder.rests_until(turn.now) is not None
    if early and reminder.rule is None:
        wall = dt.datetime.fromisoformat(reminder.starts_local)
        own = on_wall(wall, zone_here(reminder.zone))
        if own > turn.now or snoozed:
            due, local = (own, wall.isoformat()) if own > turn.now else (None, None)
    elif early or (due is not None and due <= turn.now):
        following = following_after(reminder, turn.now)
        due, local = (following.utc, following.key) if following else (None, None)
    return due, local, snoozed
