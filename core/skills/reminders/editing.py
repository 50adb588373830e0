"""Another time or another text for a reminder that exists: "move it to 10", "an hour later", "call dad instead"."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.language.phrases import say
from core.language.requests import ReminderRequest
from core.language.times import turned, understand, understand_time
from core.messages import Reply
from core.reminders import creating, wording
from core.reminders.recurrence import Occurrence, Rule
from core.reminders.retiming import Asking, Retimed, is_time, said, shifted
from core.reminders.rules_said import rule_said
from core.skills.base import Outcome, Turn
from core.skills.reminders.changing import GONE, about, changeable, choose, remembered, seen, shown, shown_before
from core.skills.reminders.rules import late_set
from core.skills.reminders.setting import NAME, PREFERENCES, notes
from core.store import Tx, outbox, reminders
from core.store.reminders import Reminder

_LONGEST_ANSWER = 60


def requested(turn: Turn, request: ReminderRequest) -> Outcome:
    """Moves the reminder that is meant, or gives it another text, or both."""
    pending = shown_before(turn)

    async def write(tx: Tx) -> Reply:
        found = await seen(tx, turn)
        meant = _by_words(turn, found, request)
        touched = await _touched(tx, turn) if not meant.which and request.verb != "rename" else None
        chosen = touched or choose(turn, found, meant, pending)
        if isinstance(chosen, Reply):
            return chosen
        pending.update(step="set", reminder=chosen.id)
        if not meant.when:
            pending["step"] = "move"
            return Reply(say(turn.language, "edit_how", when=shown(turn, chosen)["when"]))
        changed = await _changed(tx, turn, chosen, meant)
        if request.late is None:
            return changed
        told = await late_set(tx, turn, await changeable(tx, turn, chosen.id) or chosen, request.late)
        return replace(changed, text=f"{changed.text}\n{told.text}")

    return Outcome(write=write, intent=f"reminder_{request.verb}", pending=pending)


def _by_words(turn: Turn, own: list[Reminder], request: ReminderRequest) -> ReminderRequest:
    """ "Move the reminder to call mum to 6 pm": what is no time in it says which one."""
    if request.which or request.shift or not request.when or request.verb == "rename" or not request.named:
        return request
    understood = understand_time(request.when, turn.now, _zone(turn), None, PREFERENCES)
    words = understood.task.removesuffix(" to").strip()
    if understood.when is None or not words or not any(about(one, words) for one in own):
        return request
    left = request.when
    for cut in (" to ", "到", " at ", " for "):
        head, found, tail = request.when.rpartition(cut)
        if found and is_time(tail, turn.now, _zone(turn)):
            left, words = tail, head
            break
    return replace(request, which=words, when=left)


async def _touched(tx: Tx, turn: Turn) -> Reminder | None:
    """What "it" means here, also one that has rung already."""
    if turn.touched is None:
        return None
    return await changeable(tx, turn, turn.touched.id)


async def _changed(tx: Tx, turn: Turn, reminder: Reminder, request: ReminderRequest) -> Reply:
    asking = Asking(turn.now, _zone(turn, reminder), PREFERENCES, turn.language)
    if request.shift:
        return await retime(
            tx, turn, reminder, shifted(reminder, request.when, earlier=request.shift == "earlier", asking=asking)
        )
    if request.verb == "rename" or not is_time(request.when, turn.now, asking.zone):
        return await _reworded(tx, turn, reminder, request, asking)
    return await moved_to(tx, turn, reminder, request.when)


async def _reworded(tx: Tx, turn: Turn, reminder: Reminder, request: ReminderRequest, asking: Asking) -> Reply:
    """Another text; another time with it, if one is said."""
    understood = understand(request.when, turn.now, asking.zone, None, PREFERENCES)
    if request.verb == "move" and understood.when is None:
        what = wording.to_task(turn.language, reminder.text)
        raise Refused(say(turn.language, "ask_when", what=what))
    text = understood.task if understood.when is not None else request.when
    text = turned(text.strip(" \"“”'"), turn.language)
    if understood.when is not None:
        time = _time_words(request.when, understood.task)
        retimed = said(reminder, time, asking)
        if retimed is not None:
            return await retime(tx, turn, reminder, retimed, text=text)
    return await renamed(tx, turn, reminder, text)


async def renamed(tx: Tx, turn: Turn, reminder: Reminder, text: str) -> Reply:
    """Gives a reminder other words, also where it is planned with the old ones."""
    _check_length(turn, text)
    reminder = replace(await remembered(tx, turn, reminder, "rename"), text=text)
    await reminders.rename(tx, reminder.id, text, turn.now)
    await reminders.reword(tx, reminder.id, wording.ringing(reminder))
    return Reply(
        say(turn.language, "reminder_renamed", **shown(turn, reminder)),
        wording.confirmation_buttons(turn.language, reminder),
    )


def _check_length(turn: Turn, text: str) -> None:
    if len(text) > creating.MAX_TEXT:
        raise Refused(say(turn.language, "reminder_too_long", limit=creating.MAX_TEXT, length=len(text)))


def _time_words(sentence: str, task: str) -> str:
    """What is left of a sentence without its task."""
    return sentence.replace(task, " ").strip() or sentence


def _zone(turn: Turn, reminder: Reminder | None = None) -> ZoneInfo:
    return turn.zone or ZoneInfo(reminder.zone if reminder else "UTC")


async def moved_to(tx: Tx, turn: Turn, reminder: Reminder, when: str, *, text: str = "") -> Reply:
    """Gives a reminder the time that is said, and other words; raises `Refused` with what to say instead."""
    asking = Asking(turn.now, _zone(turn, reminder), PREFERENCES, turn.language)
    retimed = said(reminder, when, asking)
    if retimed is None:
        what = wording.to_task(turn.language, reminder.text)
        raise Refused(say(turn.language, "ask_when", what=what))
    return await retime(tx, turn, reminder, retimed, text=text)


async def retime(tx: Tx, turn: Turn, reminder: Reminder, retimed: Retimed, *, text: str = "") -> Reply:
    """Gives a reminder a time that was worked out, and other words."""
    ring = retimed.ring
    _check_length(turn, text)
    reminder = await remembered(tx, turn, reminder, "move")
    await outbox.cancel_planned(tx, reminder.id, turn.now)
    if text:
        await reminders.rename(tx, reminder.id, text, turn.now)
    zone = _zone(turn, reminder) if reminder.rule is None else ZoneInfo(reminder.zone)
    local = ring.due.astimezone(zone).replace(tzinfo=None) if ring.rule is None else ring.local
    await reminders.reschedule(
        tx,
        reminder.id,
        due=ring.due,
        local=Occurrence(local, ring.due).key,
        starts_local=(local if ring.rule is None else ring.starts_local).isoformat(),
        rule=ring.rule.text() if ring.rule else None,
        zone=zone.key,
        absolute=retimed.absolute,
        now=turn.now,
    )
    moved = await reminders.get_any(tx, reminder.id)
    assert moved is not None, "it was changed just now"
    assert moved.rings is not None, "it was given a time to come"
    told = say(turn.language, "reminder_moved", **shown(turn, moved))
    if moved.rule:
        told += say(turn.language, "reminder_repeats", rule=rule_said(Rule.parse(moved.rule), turn.language))
    told += notes(turn, ring, moved.rings, zone)
    return Reply(told, wording.confirmation_buttons(turn.language, moved))


def asked_to_move(turn: Turn, number: int) -> Outcome | None:
    """The answer to "when should it ring instead?"; None if it names no time."""
    understood = understand_time(turn.text, turn.now, _zone(turn), turn.language, PREFERENCES)
    if understood.asks_reminder or (understood.when is None and understood.problem is None):
        return None
    return _moving(turn, number)


def asked_again(turn: Turn, request: ReminderRequest, number: int) -> Outcome:
    """The answer "an hour later" to that question."""

    async def write(tx: Tx) -> Reply:
        reminder = await changeable(tx, turn, number)
        if reminder is None or reminder.state in GONE:
            return Reply(say(turn.language, "reminder_gone"))
        return await _changed(tx, turn, reminder, request)

    pending = {"skill": NAME, "step": "set", "reminder": number}
    return Outcome(write=write, intent="reminder_move", pending=pending)


def corrected(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    """A bare time right after a reminder was set or moved is another time for it; None for everything else."""
    number = pending.get("reminder")
    words = turn.text
    for opening in ("no,", "no ", "actually", "sorry,", "i meant", "i mean", "不,", "不，", "不是", "我是说", "应该是"):
        if words.lower().startswith(opening):
            words = words[len(opening) :].strip(" ,，")
    if number is None or len(words) > _LONGEST_ANSWER or "?" in words or "？" in words:
        return None
    understood = understand_time(words, turn.now, _zone(turn), turn.language, PREFERENCES)
    if understood.asks_reminder or understood.when is None or understood.task:
        return None
    return _moving(turn, int(number), words)


def _moving(turn: Turn, number: int, words: str = "") -> Outcome:
    async def write(tx: Tx) -> Reply:
        reminder = await changeable(tx, turn, number)
        if reminder is None or reminder.state in GONE:
            return Reply(say(turn.language, "reminder_gone"))
        return await moved_to(tx, turn, reminder, words or turn.text)

    pending = {"skill": NAME, "step": "set", "reminder": number}
    return Outcome(write=write, intent="reminder_move", pending=pending)
