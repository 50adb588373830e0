"""One's reminders in words: see, find, cancel, take back; and which of them a person may change."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from core.language.phrases import counted, say
from core.language.requests import ReminderRequest
from core.messages import Reply
from core.reminders import moving, wording
from core.reminders.moving import following_after
from core.reminders.quiet import zone_here
from core.reminders.recurrence import Rule
from core.reminders.rules_said import rule_said
from core.skills.base import Outcome, Turn, Write
from core.skills.reminders.setting import NAME
from core.store import Tx, outbox, reminder_changes, reminders
from core.store.reminders import Reminder

GONE = ("cancelled", "declined", "proposed")
"""States in which a reminder can no longer, or not yet, be changed."""
LIST_LENGTH = 20
MOST = 10_000
_NUMBERED = 200
UNDO_WITHIN = dt.timedelta(hours=24)


def requested(turn: Turn, request: ReminderRequest) -> Outcome:
    """See, find, cancel or take back, done."""
    pending = shown_before(turn)
    writes: dict[str, Write] = {
        "list": lambda tx: _list(tx, turn, "", pending),
        "search": lambda tx: _list(tx, turn, request.which, pending),
        "here": lambda tx: _here(tx, turn, pending),
        "cancel": lambda tx: change(tx, turn, request, cancelled, pending),
        "undo": lambda tx: _undo(tx, turn),
    }
    own = request.verb in ("list", "search")
    return Outcome(write=writes[request.verb], intent=f"reminder_{request.verb}", pending=pending, quiet=own)


def shown_before(turn: Turn) -> dict[str, Any]:
    """What numbers in the next messages mean: the list that was last shown here, as long as one speaks of it."""
    open_question = turn.session.pending or {}
    shown = open_question.get("shown", []) if open_question.get("skill") == NAME else []
    return {"skill": NAME, "step": "shown", "shown": shown}


def is_here(turn: Turn, reminder: Reminder) -> bool:
    """Whether it rings in the chat in which the person writes, in any of its threads."""
    here, there = turn.message.address, reminder.address
    return (here.platform, here.workspace, here.chat) == (there.platform, there.workspace, there.chat)


def may_change(turn: Turn, reminder: Reminder) -> bool:
    """One's own; and one for everybody in a channel, said there, where its author lets them."""
    if reminder.person_id == turn.person.id:
        return True
    return reminder.kind == "channel" and reminder.shared and not turn.message.private and is_here(turn, reminder)


def not_yours(turn: Turn, reminder: Reminder | None) -> str:
    """Why a person may not change a reminder."""
    theirs = reminder is not None and reminder.kind == "channel" and is_here(turn, reminder)
    return say(turn.language, "channel_author_only" if theirs and not turn.message.private else "not_yours")


async def changeable(tx: Tx, turn: Turn, reminder_id: int) -> Reminder | None:
    """The reminder, if this person may change it here."""
    found = await reminders.get_any(tx, reminder_id)
    return found if found is not None and may_change(turn, found) else None


async def mine(tx: Tx, turn: Turn) -> list[Reminder]:
    """A person's own open reminders; in a channel those that were set there."""
    own = await reminders.open_of(tx, turn.person.id, MOST)
    return own if turn.message.private else [one for one in own if is_here(turn, one)]


async def seen(tx: Tx, turn: Turn) -> list[Reminder]:
    """The open reminders that can be spoken of here: one's own, and behind them what rings for everybody here."""
    own = await mine(tx, turn)
    if turn.message.private:
        return own
    ours = await reminders.of_channel(tx, turn.message.address, MOST)
    return own + [one for one in ours if one.person_id != turn.person.id]


async def _list(tx: Tx, turn: Turn, words: str, pending: dict[str, Any]) -> Reply:
    own = await mine(tx, turn)
    if not own:
        return Reply(say(turn.language, "reminder_none"))
    found = [(number, one) for number, one in enumerate(own, 1) if not words or about(one, words)]
    if not found:
        return Reply(say(turn.language, "reminder_none_about", words=wording.task(turn.language, words)))
    pending["shown"] = [one.id for one in own[:_NUMBERED]]
    return Reply(listed(turn, found))


async def _here(tx: Tx, turn: Turn, pending: dict[str, Any]) -> Reply:
    """Everybody in a channel may see what is going to ring there for all."""
    if turn.message.private:
        return await _list(tx, turn, "", pending)
    found = await reminders.of_channel(tx, turn.message.address, MOST)
    if not found:
        return Reply(say(turn.language, "reminder_none_here"))
    pending["shown"] = [one.id for one in found[:_NUMBERED]]
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
    tx: Tx, turn: Turn, request: ReminderRequest, apply: Change, pending: dict[str, Any] | None = None, **fields: object
) -> Reply:
    """Changes the reminder that is meant, or all of one's own; asks which where it is not clear. `fields` are those of
    the phrase that says it of all."""
    found = await seen(tx, turn)
    own = [one for one in found if one.person_id == turn.person.id]
    if request.all and own:
        for reminder in own:
            await apply(tx, turn, reminder)
        key = f"reminders_all_{request.verb}{'_until' if fields else ''}"
        return Reply(counted(turn.language, key, len(own), **fields))
    chosen = choose(turn, found, request, pending)
    return chosen if isinstance(chosen, Reply) else await apply(tx, turn, chosen)


def choose(
    turn: Turn,
    found: list[Reminder],
    request: ReminderRequest,
    pending: dict[str, Any] | None = None,
    *,
    only_see: bool = False,
) -> Reminder | Reply:
    """The one reminder that is meant, if the person may change it (or only see it); else the question which."""
    which, own = request.which, [one for one in found if only_see or may_change(turn, one)]
    if not own and not (found and which):
        return Reply(say(turn.language, "reminder_none"))
    if which.isdecimal():
        return _allowed(turn, _numbered(turn, own, found, int(which)), own)
    if not which:
        touched = next((one for one in own if turn.touched and one.id == turn.touched.id and not request.any), None)
        if touched is not None or len(own) == 1:
            return touched or own[0]
    for among in (own, found):
        matching = [(number, one) for number, one in enumerate(among, 1) if which and about(one, which)]
        if len(matching) == 1:
            return _allowed(turn, matching[0][1], own)
        if matching:
            break
    if pending is not None:
        pending["shown"] = [one.id for one in own[:_NUMBERED]]
        if request.late is None:
            pending["asked"] = [request.verb, request.when, request.shift]
    return Reply(say(turn.language, "reminder_which", list=listed(turn, matching or list(enumerate(own, 1)))))


def _allowed(turn: Turn, chosen: Reminder | Reply, own: list[Reminder]) -> Reminder | Reply:
    if isinstance(chosen, Reply) or any(one.id == chosen.id for one in own):
        return chosen
    return Reply(not_yours(turn, chosen), quiet=True)


def _numbered(turn: Turn, own: list[Reminder], found: list[Reminder], number: int) -> Reminder | Reply:
    """By its number in the list that was shown, else in the list as it is now."""
    shown = shown_before(turn)["shown"]
    if shown and 1 <= number <= len(shown):
        there = next((one for one in found if one.id == shown[number - 1]), None)
        return there or Reply(say(turn.language, "reminder_number_gone", number=number))
    if 1 <= number <= len(own):
        return own[number - 1]
    return Reply(say(turn.language, "reminder_no_such", number=number))


async def remembered(tx: Tx, turn: Turn, reminder: Reminder, verb: str) -> Reminder:
    """Keeps a reminder as it stands before a change, with what is planned of it taken back, so that undo brings all of
    it back; returns it as it stands."""
    reminder = await moving.unplanned(tx, reminder, turn.now)
    await reminder_changes.remember(tx, reminder.id, verb, turn.now, turn.person.id)
    return reminder


async def cancelled(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """Takes a reminder back, also one that is planned already."""
    fields = shown(turn, reminder)
    await remembered(tx, turn, reminder, "cancel")
    await reminders.set_state(tx, reminder.id, "cancelled", turn.now)
    await outbox.cancel_planned(tx, reminder.id, turn.now)
    return Reply(say(turn.language, "reminder_cancelled", **fields))


async def _undo(tx: Tx, turn: Turn) -> Reply:
    """Takes the last change back: all of it, also where it was about many reminders."""
    changes = await reminder_changes.last(tx, turn.person.id, turn.now - UNDO_WITHIN)
    if not all([await _visible(tx, turn, made.reminder_id) for made in changes]):
        changes = []
    return await taken_back(tx, turn, changes)


async def taken_back(tx: Tx, turn: Turn, changes: Sequence[reminder_changes.Change]) -> Reply:
    """Takes these changes back, the newest first."""
    for made in changes:
        if made.verb == "snooze":
            await outbox.cancel_extra(tx, made.reminder_id, turn.now)
        else:
            await outbox.cancel_planned(tx, made.reminder_id, turn.now)
        await reminder_changes.take_back(tx, made, turn.now)
    if not changes:
        return Reply(say(turn.language, "undo_nothing"))
    about_these = {made.reminder_id for made in changes}
    over = [await _past_is_over(tx, turn, one) for one in about_these if changes[-1].verb != "set"]
    if len(about_these) > 1:
        return Reply(counted(turn.language, "undone_all", len(about_these)))
    restored = await reminders.get_any(tx, changes[0].reminder_id)
    assert restored is not None, "it was seen above"
    if changes[-1].verb == "set":
        return Reply(say(turn.language, "reminder_cancelled", **shown(turn, restored)))
    if any(over):
        return Reply(say(turn.language, "undo_past", **shown(turn, restored)))
    key = "undone" if restored.rings is not None else "undone_over"
    return Reply(say(turn.language, key, **shown(turn, restored)))


async def _visible(tx: Tx, turn: Turn, reminder_id: int) -> bool:
    """Whether this may be spoken of here: in a channel only what rings there."""
    one = await changeable(tx, turn, reminder_id)
    return one is not None and (turn.message.private or is_here(turn, one))


async def _past_is_over(tx: Tx, turn: Turn, reminder_id: int) -> bool:
    """A single reminder that was brought back after its time does not ring late for that; whether it was so. A
    repeating one goes on with what is to come."""
    one = await reminders.get_any(tx, reminder_id)
    if one is None or one.next_due is None or one.next_due > turn.now:
        return False
    if (following := following_after(one, turn.now)) is not None:
        await reminders.advance(tx, reminder_id, following.utc, following.key)
        return False
    await reminders.advance(tx, reminder_id, None, None)
    left = await reminders.get_any(tx, reminder_id)
    if left is None or left.rings is not None:
        return False
    if one.state == "active":
        await reminders.set_state(tx, reminder_id, "fired", turn.now)
    return True


def shown(turn: Turn, reminder: Reminder) -> dict[str, str]:
    """The fields in which phrases speak of a reminder."""
    zone = zone_here(reminder.zone)
    rings = reminder.rings or reminder.last_due
    return {
        "task": wording.task(turn.language, reminder.text),
        "what": wording.to_task(turn.language, reminder.text),
        "when": wording.moment(turn.language, rings, zone, turn.now) if rings else "–",
        "distance": wording.distance(turn.language, rings, turn.now) if rings else "–",
    }
