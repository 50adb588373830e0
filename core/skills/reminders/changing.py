"""One's reminders in words: see, find, cancel, pause, resume, take back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

from core.language.phrases import counted, say
from core.language.requests import ReminderRequest
from core.messages import Reply
from core.reminders import wording
from core.reminders.recurrence import Occurrence, Rule, next_after
from core.reminders.rules_said import rule_said
from core.skills.base import Outcome, Turn, Write
from core.skills.reminders.setting import NAME
from core.store import Tx, outbox, reminder_changes, reminders
from core.store.reminders import Reminder

LIST_LENGTH = 20
MOST = 10_000
_NUMBERED = 200
_UNDO_WITHIN = dt.timedelta(hours=24)


def requested(turn: Turn, request: ReminderRequest) -> Outcome:
    """See, find, cancel, pause, resume or take back, done."""
    pending = shown_before(turn)
    writes: dict[str, Write] = {
        "list": lambda tx: _list(tx, turn, "", pending),
        "search": lambda tx: _list(tx, turn, request.which, pending),
        "here": lambda tx: _here(tx, turn),
        "cancel": lambda tx: change(tx, turn, request, cancelled, pending),
        "pause": lambda tx: change(tx, turn, request, _pause, pending),
        "resume": lambda tx: change(tx, turn, request, _resume, pending),
        "undo": lambda tx: _undo(tx, turn),
    }
    return Outcome(write=writes[request.verb], intent=f"reminder_{request.verb}", pending=pending)


def shown_before(turn: Turn) -> dict[str, Any]:
    """What numbers in the next messages mean: the list that was last shown here, as long as one speaks of it."""
    open_question = turn.session.pending or {}
    shown = open_question.get("shown", []) if open_question.get("skill") == NAME else []
    return {"skill": NAME, "step": "shown", "shown": shown}


async def mine(tx: Tx, turn: Turn) -> list[Reminder]:
    """The open reminders that this person may see here: in a channel those that were set there."""
    own = await reminders.open_of(tx, turn.person.id, MOST)
    if turn.message.private:
        return own
    here = reminders.address_key_prefix(turn.message.address)
    return [one for one in own if one.address.key().startswith(here)]


async def _list(tx: Tx, turn: Turn, words: str, pending: dict[str, Any]) -> Reply:
    own = await mine(tx, turn)
    if not own:
        return Reply(say(turn.language, "reminder_none"))
    found = [(number, one) for number, one in enumerate(own, 1) if not words or about(one, words)]
    if not found:
        return Reply(say(turn.language, "reminder_none_about", words=wording.task(turn.language, words)))
    pending["shown"] = [one.id for one in own[:_NUMBERED]]
    return Reply(listed(turn, found))


async def _here(tx: Tx, turn: Turn) -> Reply:
    """Everybody in a channel may see what is going to ring there for all."""
    if turn.message.private:
        return await _list(tx, turn, "", {})
    found = await reminders.of_channel(tx, turn.message.address, MOST)
    if not found:
        return Reply(say(turn.language, "reminder_none_here"))
    return Reply(listed(turn, list(enumerate(found, 1)), "reminder_list_here"))


def about(reminder: Reminder, words: str) -> bool:
    """Whether a reminder's text has all of these words in it, or these characters as they stand."""
    text, low = reminder.text.casefold(), words.casefold()
    if low in text:
        return True
    parts = [part for part in low.split() if part not in ("the", "my", "a", "an", "to")]
    return bool(parts) and all(part in text for part in parts)


def listed(turn: Turn, found: list[tuple[int, Reminder]], title: str = "reminder_list") -> str:
    """Numbers are those of the whole list, so that they can be used in what is said next."""
    lines = [say(turn.language, title), ""]
    for number, reminder in found[:LIST_LENGTH]:
        rule = rule_said(Rule.parse(reminder.rule), turn.language) if reminder.rule else ""
        lines.append(wording.line(turn.language, number, reminder, turn.now, rule))
    if len(found) > LIST_LENGTH:
        lines += ["", say(turn.language, "reminder_more", count=len(found) - LIST_LENGTH)]
    return "\n".join(lines)


Change = Callable[[Tx, Turn, Reminder], Awaitable[Reply]]


async def change(
    tx: Tx, turn: Turn, request: ReminderRequest, apply: Change, pending: dict[str, Any] | None = None
) -> Reply:
    """Changes the reminder that is meant, or all; asks which where it is not clear."""
    own = await mine(tx, turn)
    if request.all and own:
        for reminder in own:
            await apply(tx, turn, reminder)
        return Reply(counted(turn.language, f"reminders_all_{request.verb}", len(own)))
    chosen = choose(turn, own, request, pending)
    return chosen if isinstance(chosen, Reply) else await apply(tx, turn, chosen)


def choose(
    turn: Turn, own: list[Reminder], request: ReminderRequest, pending: dict[str, Any] | None = None
) -> Reminder | Reply:
    """The one reminder that is meant, or the question which."""
    which = request.which
    if not own:
        return Reply(say(turn.language, "reminder_none"))
    if which.isdecimal():
        return _numbered(turn, own, int(which))
    if not which:
        touched = next((one for one in own if turn.touched and one.id == turn.touched.id), None)
        if touched is not None or len(own) == 1:
            return touched or own[0]
    matching = [(number, one) for number, one in enumerate(own, 1) if which and about(one, which)]
    if len(matching) == 1:
        return matching[0][1]
    if pending is not None:
        pending["shown"] = [one.id for one in own[:_NUMBERED]]
    return Reply(say(turn.language, "reminder_which", list=listed(turn, matching or list(enumerate(own, 1)))))


def _numbered(turn: Turn, own: list[Reminder], number: int) -> Reminder | Reply:
    """By its number in the list that was shown, else in the list as it is now."""
    shown = shown_before(turn)["shown"]
    if shown and 1 <= number <= len(shown):
        found = next((one for one in own if one.id == shown[number - 1]), None)
        return found or Reply(say(turn.language, "reminder_number_gone", number=number))
    if 1 <= number <= len(own):
        return own[number - 1]
    return Reply(say(turn.language, "reminder_no_such", number=number))


async def cancelled(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """Takes a reminder back, also one that is planned already."""
    await reminder_changes.remember(tx, reminder.id, "cancel", turn.now, reminder.rings)
    await reminders.set_state(tx, reminder.id, "cancelled", turn.now)
    await outbox.cancel_planned(tx, reminder.id, turn.now)
    return Reply(say(turn.language, "reminder_cancelled", **shown(turn, reminder)))


async def _pause(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    if reminder.state == "paused":
        return Reply(say(turn.language, "reminder_paused_already", **shown(turn, reminder)))
    await reminder_changes.remember(tx, reminder.id, "pause", turn.now, reminder.rings)
    await outbox.cancel_planned(tx, reminder.id, turn.now)
    if reminder.rings is not None:
        local = reminder.rings.astimezone(ZoneInfo(reminder.zone)).replace(tzinfo=None)
        await reminders.advance(tx, reminder.id, reminder.rings, local.isoformat())
    await reminders.set_state(tx, reminder.id, "paused", turn.now)
    return Reply(say(turn.language, "reminder_paused", **shown(turn, reminder)))


async def _resume(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """A repeating one goes on with its next occurrence; a single one whose time passed meanwhile asks for another."""
    if reminder.state != "paused":
        return Reply(say(turn.language, "reminder_not_paused", **shown(turn, reminder)))
    due, local = reminder.next_due, reminder.next_local
    if due is not None and due <= turn.now:
        following = _following(reminder, turn.now)
        if following is None:
            return Reply(say(turn.language, "reminder_resume_past", **shown(turn, reminder)))
        due, local = following.utc, following.key
    await reminder_changes.remember(tx, reminder.id, "resume", turn.now)
    await reminders.advance(tx, reminder.id, due, local)
    await reminders.set_state(tx, reminder.id, "active", turn.now)
    resumed = await reminders.get(tx, reminder.id, turn.person.id)
    assert resumed is not None, "it is this person's"
    return Reply(say(turn.language, "reminder_resumed", **shown(turn, resumed)))


async def _undo(tx: Tx, turn: Turn) -> Reply:
    """Takes the last change back: all of it, also where it was about many reminders."""
    changes = await reminder_changes.last(tx, turn.person.id, turn.now - _UNDO_WITHIN)
    if not all([await _visible(tx, turn, made.reminder_id) for made in changes]):
        changes = []
    for made in changes:
        if made.verb == "snooze":
            await outbox.cancel_extra(tx, made.reminder_id, turn.now)
        else:
            await outbox.cancel_planned(tx, made.reminder_id, turn.now)
        await reminder_changes.take_back(tx, made, turn.now)
    if not changes:
        return Reply(say(turn.language, "undo_nothing"))
    if len(changes) > 1:
        for made in changes:
            await _past_is_over(tx, turn, made.reminder_id)
        return Reply(counted(turn.language, "undone_all", len(changes)))
    restored = await reminders.get(tx, changes[0].reminder_id, turn.person.id)
    assert restored is not None, "it is this person's"
    if changes[0].verb == "set":
        return Reply(say(turn.language, "reminder_cancelled", **shown(turn, restored)))
    if await _past_is_over(tx, turn, restored.id):
        return Reply(say(turn.language, "undo_past", **shown(turn, restored)))
    restored = await reminders.get(tx, restored.id, turn.person.id) or restored
    key = "undone" if restored.rings is not None else "undone_over"
    return Reply(say(turn.language, key, **shown(turn, restored)))


async def _visible(tx: Tx, turn: Turn, reminder_id: int) -> bool:
    """Whether this may be spoken of here: in a channel only what rings there."""
    one = await reminders.get(tx, reminder_id, turn.person.id)
    here = reminders.address_key_prefix(turn.message.address)
    return one is not None and (turn.message.private or one.address.key().startswith(here))


async def _past_is_over(tx: Tx, turn: Turn, reminder_id: int) -> bool:
    """A single reminder that was brought back after its time does not ring late for that; whether it was so. A
    repeating one goes on with what is to come."""
    one = await reminders.get(tx, reminder_id, turn.person.id)
    if one is None or one.rings is None or one.rings > turn.now:
        return False
    if (following := _following(one, turn.now)) is not None:
        await reminders.advance(tx, reminder_id, following.utc, following.key)
        return False
    await reminders.advance(tx, reminder_id, None, None)
    if one.state == "active":
        await reminders.set_state(tx, reminder_id, "fired", turn.now)
    return True


def _following(reminder: Reminder, now: dt.datetime) -> Occurrence | None:
    """What is to come of a repeating reminder by its rule; None for a single one, and when the rule is over."""
    if reminder.rule is None:
        return None
    start = dt.datetime.fromisoformat(reminder.starts_local)
    return next_after(Rule.parse(reminder.rule), start, ZoneInfo(reminder.zone), now)


def shown(turn: Turn, reminder: Reminder) -> dict[str, str]:
    """The fields in which phrases speak of a reminder."""
    zone = ZoneInfo(reminder.zone)
    rings = reminder.rings or reminder.last_due
    return {
        "task": wording.task(turn.language, reminder.text),
        "what": wording.to_task(turn.language, "reminder_set_what", reminder.text),
        "when": wording.moment(turn.language, rings, zone, turn.now) if rings else "–",
        "distance": wording.distance(turn.language, rings, turn.now) if rings else "–",
    }
