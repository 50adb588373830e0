"""One's reminders in words: see, find, cancel, pause, resume, move, take back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.language.phrases import say
from core.language.requests import ReminderRequest
from core.language.times import understand_time
from core.language.values import Delta
from core.messages import Reply
from core.reminders import creating, wording
from core.reminders.recurrence import Rule, next_after
from core.reminders.rules_said import rule_said
from core.skills.base import Outcome, Turn, Write
from core.skills.reminders.setting import NAME, PREFERENCES
from core.store import Tx, outbox, reminder_changes, reminders
from core.store.reminders import Reminder

_LIST_LENGTH = 20
_MOST = 10_000
_UNDO_WITHIN = dt.timedelta(hours=24)


def requested(turn: Turn, request: ReminderRequest) -> Outcome:
    """What somebody wants of their reminders, done."""
    writes: dict[str, Write] = {
        "list": lambda tx: _list(tx, turn, ""),
        "search": lambda tx: _list(tx, turn, request.which),
        "cancel": lambda tx: _change(tx, turn, request, cancelled),
        "pause": lambda tx: _change(tx, turn, request, _pause),
        "resume": lambda tx: _change(tx, turn, request, _resume),
        "move": lambda tx: _move(tx, turn, request),
        "undo": lambda tx: _undo(tx, turn),
    }
    return Outcome(write=writes[request.verb], intent=f"reminder_{request.verb}")


async def _list(tx: Tx, turn: Turn, words: str) -> Reply:
    mine = await reminders.open_of(tx, turn.person.id, _MOST)
    if not mine:
        return Reply(say(turn.language, "reminder_none"))
    found = [(number, one) for number, one in enumerate(mine, 1) if words.casefold() in one.text.casefold()]
    if not found:
        return Reply(say(turn.language, "reminder_none_about", words=wording.task(turn.language, words)))
    return Reply(_listed(turn, found))


def _listed(turn: Turn, found: list[tuple[int, Reminder]]) -> str:
    """Numbers are those of the whole list, so that they can be used in what is said next."""
    lines = [say(turn.language, "reminder_list"), ""]
    for number, reminder in found[:_LIST_LENGTH]:
        rule = rule_said(Rule.parse(reminder.rule), turn.language) if reminder.rule else ""
        lines.append(wording.line(turn.language, number, reminder, turn.now, rule))
    if len(found) > _LIST_LENGTH:
        lines += ["", say(turn.language, "reminder_more", count=len(found) - _LIST_LENGTH)]
    return "\n".join(lines)


async def _change(
    tx: Tx, turn: Turn, request: ReminderRequest, change: Callable[[Tx, Turn, Reminder], Awaitable[Reply]]
) -> Reply:
    mine = await reminders.open_of(tx, turn.person.id, _MOST)
    if request.all and mine:
        for reminder in mine:
            await change(tx, turn, reminder)
        return Reply(say(turn.language, f"reminders_all_{request.verb}", count=len(mine)))
    chosen = _chosen(turn, mine, request)
    return chosen if isinstance(chosen, Reply) else await change(tx, turn, chosen)


def _chosen(turn: Turn, mine: list[Reminder], request: ReminderRequest) -> Reminder | Reply:
    """The one reminder that is meant, or the question which."""
    which = request.which
    if not mine:
        return Reply(say(turn.language, "reminder_none"))
    if which.isdecimal():
        if 1 <= int(which) <= len(mine):
            return mine[int(which) - 1]
        return Reply(say(turn.language, "reminder_no_such", number=which))
    if not which and len(mine) == 1:
        return mine[0]
    if not which and request.verb in ("move", "cancel", "pause", "resume"):
        latest = max(mine, key=lambda reminder: reminder.updated_at)
        if turn.now - latest.updated_at < _UNDO_WITHIN and request.verb == "move":
            return latest
    matching = [
        (number, one) for number, one in enumerate(mine, 1) if which and which.casefold() in one.text.casefold()
    ]
    if len(matching) == 1:
        return matching[0][1]
    listed = _listed(turn, matching or list(enumerate(mine, 1)))
    return Reply(say(turn.language, "reminder_which", list=listed))


async def cancelled(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """Takes a reminder back, also one that is planned already."""
    await reminder_changes.remember(tx, reminder.id, "cancel", turn.now, reminder.rings)
    await reminders.set_state(tx, reminder.id, "cancelled", turn.now)
    await outbox.cancel_planned(tx, reminder.id, turn.now)
    return Reply(say(turn.language, "reminder_cancelled", **_shown(turn, reminder)))


async def _pause(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    if reminder.state == "paused":
        return Reply(say(turn.language, "reminder_paused_already", **_shown(turn, reminder)))
    await reminder_changes.remember(tx, reminder.id, "pause", turn.now, reminder.rings)
    await outbox.cancel_planned(tx, reminder.id, turn.now)
    if reminder.rings is not None:
        local = reminder.rings.astimezone(ZoneInfo(reminder.zone)).replace(tzinfo=None)
        await reminders.advance(tx, reminder.id, reminder.rings, local.isoformat())
    await reminders.set_state(tx, reminder.id, "paused", turn.now)
    return Reply(say(turn.language, "reminder_paused", **_shown(turn, reminder)))


async def _resume(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """A repeating one goes on with its next occurrence; a single one whose time passed meanwhile asks for another."""
    if reminder.state != "paused":
        return Reply(say(turn.language, "reminder_not_paused", **_shown(turn, reminder)))
    due, local = reminder.next_due, reminder.next_local
    if due is not None and due <= turn.now:
        if reminder.rule is None:
            return Reply(say(turn.language, "reminder_resume_past", **_shown(turn, reminder)))
        start = dt.datetime.fromisoformat(reminder.starts_local)
        following = next_after(Rule.parse(reminder.rule), start, ZoneInfo(reminder.zone), turn.now)
        due, local = (following.utc, following.key) if following else (None, None)
    await reminder_changes.remember(tx, reminder.id, "resume", turn.now)
    await reminders.advance(tx, reminder.id, due, local)
    await reminders.set_state(tx, reminder.id, "active", turn.now)
    resumed = await reminders.get(tx, reminder.id, turn.person.id)
    assert resumed is not None, "it is this person's"
    return Reply(say(turn.language, "reminder_resumed", **_shown(turn, resumed)))


async def _move(tx: Tx, turn: Turn, request: ReminderRequest) -> Reply:
    mine = await reminders.open_of(tx, turn.person.id, _MOST)
    chosen = _chosen(turn, mine, request)
    return chosen if isinstance(chosen, Reply) else await moved_to(tx, turn, chosen, request.when)


async def moved_to(tx: Tx, turn: Turn, reminder: Reminder, when: str) -> Reply:
    """Gives a reminder the time that is said; raises `Refused` with what to say instead."""
    zone = turn.zone or ZoneInfo(reminder.zone)
    understood = understand_time(when, turn.now, zone, None, PREFERENCES)
    if understood.problem is not None:
        raise Refused(creating.problem_said(understood.problem, turn.language))
    if understood.when is None:
        what = wording.to_task(turn.language, "ask_when_what", reminder.text)
        raise Refused(say(turn.language, "ask_when", what=what))
    ring = creating.first_ring(understood.when, turn.now, zone, PREFERENCES, turn.language)
    await reminder_changes.remember(tx, reminder.id, "move", turn.now, reminder.rings)
    await outbox.cancel_planned(tx, reminder.id, turn.now)
    await reminders.reschedule(
        tx,
        reminder.id,
        due=ring.due,
        local=ring.local.isoformat(),
        starts_local=ring.starts_local.isoformat(),
        rule=ring.rule.text() if ring.rule else None,
        zone=zone.key,
        absolute=isinstance(understood.when, Delta),
        now=turn.now,
    )
    moved = await reminders.get(tx, reminder.id, turn.person.id)
    assert moved is not None, "it is this person's"
    text = say(turn.language, "reminder_moved", **_shown(turn, moved))
    if moved.rule:
        text += say(turn.language, "reminder_repeats", rule=rule_said(Rule.parse(moved.rule), turn.language))
    return Reply(text, wording.confirmation_buttons(turn.language, reminder.id))


async def _undo(tx: Tx, turn: Turn) -> Reply:
    change = await reminder_changes.last(tx, turn.person.id, turn.now - _UNDO_WITHIN)
    if change is None:
        return Reply(say(turn.language, "undo_nothing"))
    await outbox.cancel_planned(tx, change.reminder_id, turn.now)
    await reminder_changes.take_back(tx, change, turn.now)
    restored = await reminders.get(tx, change.reminder_id, turn.person.id)
    assert restored is not None, "it is this person's"
    if restored.rings is not None and restored.rings <= turn.now and restored.rule is None:
        await reminders.advance(tx, restored.id, None, None)
        await reminders.set_state(tx, restored.id, "fired", turn.now)
        return Reply(say(turn.language, "undo_past", **_shown(turn, restored)))
    return Reply(say(turn.language, "undone", **_shown(turn, restored)))


def _shown(turn: Turn, reminder: Reminder) -> dict[str, str]:
    """The fields in which phrases speak of a reminder."""
    zone = ZoneInfo(reminder.zone)
    rings = reminder.rings or reminder.last_due
    return {
        "task": wording.task(turn.language, reminder.text),
        "what": wording.to_task(turn.language, "reminder_set_what", reminder.text),
        "when": wording.moment(turn.language, rings, zone, turn.now) if rings else "–",
        "distance": wording.distance(turn.language, rings, turn.now) if rings else "–",
    }


def asked_to_move(turn: Turn, number: int) -> Outcome | None:
    """The answer to "when should it ring instead?"; None if it names no time."""
    understood = understand_time(turn.text, turn.now, turn.zone or ZoneInfo("UTC"), turn.language, PREFERENCES)
    if understood.asks_reminder or (understood.when is None and understood.problem is None):
        return None

    async def write(tx: Tx) -> Reply:
        reminder = await reminders.get(tx, number, turn.person.id)
        if reminder is None or reminder.state in ("cancelled", "declined"):
            return Reply(say(turn.language, "reminder_gone"))
        return await moved_to(tx, turn, reminder, turn.text)

    return Outcome(write=write, intent="reminder_move", pending={"skill": NAME, "step": "move", "reminder": number})
