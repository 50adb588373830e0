"""Setting a reminder: from a sentence to a kept promise, asking for what is missing."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.language import in_earnest, late_rule, until_done
from core.language.detect import detect
from core.language.late_rule import LateRule
from core.language.phrases import Language, say
from core.language.times import turned, understand, understand_time
from core.language.until_done import UntilDone
from core.language.values import Delta, Instant, Preferences, Problem, Recurrence, Understood, When
from core.language.zones import find_zone
from core.messages import Choice, Reply
from core.reminders import creating, late_rules, moving, wording
from core.reminders.quiet import held_for
from core.reminders.recurrence import Rule
from core.reminders.rules_said import rule_said
from core.skills.base import Outcome, Turn
from core.skills.reminders.recipients import (
    Recipient,
    about,
    called_here,
    check_limit,
    kept_for,
    named_in,
    names_before,
    points_at_nothing,
    recipient_of,
)
from core.store import Tx, reminder_changes, reminders
from core.store.reminders import NewReminder, Reminder

PREFERENCES = Preferences()
NAME = "reminders"
_HOW_NOT_WHAT = frozenset(["提前", "提早", "早点", "尽快", "直接", "in advance", "in time"])
"""What is left of "提前告诉我": that asks to be told, not to be reminded of anything."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A reminder asked for, as far as it is known."""

    understood: Understood
    text: str
    now: dt.datetime
    nag: UntilDone | None = None
    about: tuple[str, str] | None = None
    """The text and the link as they are kept, where they were settled with an earlier message."""
    late: LateRule | None = None
    names: tuple[str, ...] = ()
    """Beginnings of the task that may be the name of who is to be reminded."""
    begun: int = 0
    """The turn that asked for it, where something had to be asked back; 0: this one."""


def recognize(turn: Turn) -> Wish | None:
    """A sentence that asks to be reminded."""
    wish = _wish(turn.text, turn.now, turn.zone or ZoneInfo("UTC"), turn.language)
    if wish.understood.when is None and wish.understood.task in _HOW_NOT_WHAT:
        return None
    if not wish.understood.asks_reminder:
        return None

    def asks(text: str) -> bool:
        return _wish(text, turn.now, turn.zone or ZoneInfo("UTC"), turn.language).understood.asks_reminder

    return wish if in_earnest.meant(turn.text, timed=wish.understood.when is not None, asks=asks) else None


def _wish(text: str, now: dt.datetime, zone: ZoneInfo, language: Language | None) -> Wish:
    """What a sentence asks for; "every 10 minutes until I do it" is no rule of its own but how to insist."""
    rest, late = late_rule.split(text)
    rest, nag = until_done.split(rest)
    understood = named_in(understand(rest, now, zone, language, PREFERENCES))
    if nag is not None and nag.said and nag.minutes == 0:
        understood = replace(understood, when=None, problem=Problem("too_fine", shown=""))
    elif nag is not None and nag.said and understood.when is None and understood.problem is None:
        understood = replace(understood, when=Delta(nag.minutes * 60))
    if isinstance(understood.when, Recurrence) and understood.when.frequency in ("HOURLY", "MINUTELY"):
        nag = None
    names = names_before(rest, understood.task) if understood.recipient is None else ()
    return Wish(understood, text, now, nag, late=late, names=names)


_ADDRESSED = re.compile(r"(?:me|us|@|<@|the (?:channel|team|group))\b|[@<]", re.IGNORECASE)
""" "/remind me …", "/remind @ann …": whom is said."""


def wished(turn: Turn, text: str, now: dt.datetime) -> Outcome:
    """As if the text had been said after "remind me".

    It may be what an intent's slot holds of the message; where the slot cut the time in two, the whole message counts.
    """
    if not text:
        return _ask(turn, "ask_what", {"step": "what"})
    zone = turn.zone or ZoneInfo("UTC")
    wish = _wish(text, now, zone, turn.language)
    if not wish.understood.asks_reminder:
        wish = _after_remind_me(turn, text, now, zone) or wish
    if text not in turn.text or turn.text.startswith("/"):
        return set_reminder(turn, wish)
    whole = _after_remind_me(turn, turn.text, now, zone)
    cut = whole is not None and whole.understood.when not in (None, wish.understood.when)
    return set_reminder(turn, whole if cut and whole else wish)


def _after_remind_me(turn: Turn, text: str, now: dt.datetime, zone: ZoneInfo) -> Wish | None:
    asking = "提醒我" if detect(text) == "zh" else "remind " if _ADDRESSED.match(text) else "remind me "
    asked = _wish(asking + text, now, zone, turn.language)
    return replace(asked, text=text) if asked.understood.asks_reminder else None


def _ask(turn: Turn, key: str, pending: dict[str, Any], choices: tuple[Choice, ...] = (), **fields: object) -> Outcome:
    locate = say(turn.language, "button_locate") if key.startswith("ask_zone") else ""
    asked = Reply(say(turn.language, key, **fields), choices, locate=locate)
    return Outcome(asked, intent="reminder_set", pending={"skill": NAME, **pending})


def set_reminder(turn: Turn, wish: Wish) -> Outcome:
    """Keeps the reminder, or asks for what is missing, or says why it cannot be."""
    wish = replace(_settled(turn, wish), begun=wish.begun or turn.id)
    understood, language = wish.understood, turn.language
    if len(understood.task) > creating.MAX_TEXT:
        said = say(language, "reminder_too_long", limit=creating.MAX_TEXT, length=len(understood.task))
        return Outcome(Reply(said), intent="reminder_set")
    try:
        recipient = recipient_of(turn, understood.recipient)
    except Refused as refused:
        return Outcome(Reply(refused.what), intent="reminder_set")
    if understood.problem:
        said = creating.problem_said(understood.problem, language)
        return Outcome(Reply(said), intent="reminder_set", pending=_pending("when", wish))
    if understood.when is None and points_at_nothing(turn, understood.task):
        return _ask(turn, "ask_what", {"step": "what"})
    if understood.when is None:
        what = wording.to_task(language, wish.about[0] if wish.about else understood.task)
        pending = {**_pending("when", wish), "asked": turn.id}
        choices = tuple(Choice(say(language, f"button_when_{one}"), f"{NAME}:when:{turn.id}:{one}") for one in _WHEN)
        return _ask(turn, "ask_when", pending, choices, what=what)
    if turn.zone is None and not isinstance(understood.when, Delta):
        return _ask(turn, "ask_zone", {**_pending("zone", wish), "text": wish.text, "now": wish.now.isoformat()})
    return _setting(turn, wish, recipient, turn.zone)


def _pending(step: str, wish: Wish) -> dict[str, Any]:
    nag = [wish.nag.minutes, wish.nag.most] if wish.nag else None
    late = [wish.late.policy, wish.late.minutes] if wish.late else None
    asked = {
        "task": wish.understood.task, "nag": nag, "who": wish.understood.recipient, "about": wish.about, "late": late,
        "names": wish.names, "begun": wish.begun,
    }  # fmt: skip
    return {"skill": NAME, "step": step, **asked}


def _settled(turn: Turn, wish: Wish) -> Wish:
    """The same; what "this" is about is settled with the message that it replies to, whatever is asked afterwards."""
    if wish.about is not None:
        return wish
    task, who = wish.understood.task, wish.understood.recipient
    to_another = who is not None and who not in ("us", "channel")
    return replace(wish, about=about(turn, task if to_another else turned(task, turn.language)))


def _nag_of(pending: dict[str, Any]) -> UntilDone | None:
    return UntilDone(*pending["nag"]) if pending.get("nag") else None


def _late_of(pending: dict[str, Any]) -> LateRule | None:
    return LateRule(*pending["late"]) if pending.get("late") else None


def _about_of(pending: dict[str, Any]) -> tuple[str, str] | None:
    kept = pending.get("about")
    return (str(kept[0]), str(kept[1])) if kept else None


def _setting(turn: Turn, wish: Wish, recipient: Recipient, zone: ZoneInfo | None, *, new_zone: bool = False) -> Outcome:
    """The outcome that keeps a reminder, or one for each of several times that were said. Without a known zone (only for "in 20 minutes") it is asked for afterwards."""
    language, understood = turn.language, wish.understood
    assert understood.when is not None, "asked for before"
    known = zone or ZoneInfo("UTC")
    try:
        rings = [
            (part, creating.first_ring(when, wish.now, known, PREFERENCES, language))
            for part in _parts(turn, wish, known)
            for when in (part.understood.when, *part.understood.also)
            if when is not None
        ]
        late_rules.check(wish.late, language, once=any(ring.rule is None for _, ring in rings))
    except Refused as refused:
        return Outcome(Reply(refused.what), intent="reminder_set", pending=_pending("when", wish))
    pending: dict[str, Any] = {"skill": "profile"} if zone is None else {"skill": NAME, "step": "set"}

    async def write(tx: Tx) -> Reply:
        if new_zone:
            await moving.set_zone(tx, turn.person.id, known, turn.now)
        replies: list[Reply] = []
        names = recipient.names or wish.names
        name, those = await called_here(tx, turn, names, at=recipient.at) if names else ("", [])
        shared = recipient.everybody and await reminders.shared_here(tx, recipient.address)
        for number, (part, ring) in enumerate(rings):
            new = replace(new_of(turn, part, ring, recipient, known, number), shared=shared)
            if recipient.names or those:
                task = new.text if recipient.names else new.text.removeprefix(name).strip()
                replies.append(await kept_for(tx, turn, replace(new, text=task), name, those))
                continue
            await check_limit(tx, turn)
            kept = await reminders.add(tx, new, turn.now)
            await reminder_changes.remember(tx, kept.id, "set", turn.now)
            pending["reminder"] = kept.id
            replies.append(confirmation(turn, kept, ring, ask_zone=zone is None and number == len(rings) - 1))
        choices = replies[0].choices if len(replies) == 1 else ()
        return Reply("\n\n".join(reply.text for reply in replies), choices, locate=replies[-1].locate)

    return Outcome(write=write, intent="reminder_set", pending=pending)


_NEXT = re.compile(
    r"[,;]? (?:and )?(?:then )?(?=(?:at|in|on|to|today|tonight|tomorrow|remind me) )"
    r"|(?:[，；,;、] ?(?:然后|再|还有)?|然后|还有)(?=[^，；,;、]{0,10}[点时分钟天晚早午周\d])",
    re.IGNORECASE,
)
_MOST_CUTS = 8
"""Places that are tried: each costs a look at the grammar of times."""
_NAMES_TODAY = re.compile(r"\b(?:today|tonight|this)\b|今|本", re.IGNORECASE)


def _parts(turn: Turn, wish: Wish, zone: ZoneInfo) -> list[Wish]:
    """Two where what follows "and" is a reminder of its own, with its time before it or "to" in front: "in 5 minutes to turn
    the oven off and at 8 to call Ann". A time of a bare day there belongs to the task."""
    task = wish.understood.task
    for cut in islice(_NEXT.finditer(task), _MOST_CUTS) if wish.about is None or not wish.about[1] else ():
        left, right = task[: cut.start()].strip(), task[cut.end() :].strip()
        own = understand_time(right, wish.now, zone, turn.language, PREFERENCES)
        first = right.rstrip(" .!。！").endswith(own.task) or right.startswith(("to ", "remind "))
        when = _as_the_first(wish.understood.when, own.when, right) if own.task and not own.problem else None
        if left and first and when:
            own = replace(own, when=when, task=own.task.removeprefix("to "), recipient=wish.understood.recipient)
            both = (replace(wish.understood, task=left), own)
            return [_settled(turn, replace(wish, understood=one, about=None)) for one in both]
    return [wish]


def _as_the_first(first: When | None, when: When | None, said: str) -> When | None:
    """When the second of two rings: on the day of the first or by its rule, where it says no day; None where it says no
    exact time."""
    if isinstance(when, Delta) and not isinstance(first, Recurrence):
        return when
    if not isinstance(when, Instant) or when.grain != "minute":
        return None
    match first:
        case Recurrence(times=(_, *_)):
            return replace(first, times=(when.local.time(),), ambiguous=when.ambiguous)
        case Recurrence():
            return None
        case Instant() if when.local.date() < first.local.date() and not _NAMES_TODAY.search(said):
            return replace(when, local=dt.datetime.combine(first.local.date(), when.local.time()))
    return when


def new_of(
    turn: Turn, wish: Wish, ring: creating.FirstRing, recipient: Recipient, zone: ZoneInfo, number: int
) -> NewReminder:
    """The row of one ring of a wish."""
    text, link = wish.about or (wish.understood.task, "")
    cause = f"turn:{turn.id}" if wish.begun in (0, turn.id) else reminders.cause_later(wish.begun, turn.id)
    return NewReminder(
        person_id=turn.person.id,
        cause=f"{cause}:{number}" if number else cause,
        address=recipient.address,
        text=text,
        language=turn.language,
        zone=zone.key,
        starts_local=ring.starts_local.isoformat(),
        next_due=ring.due,
        next_local=ring.key,
        rule=ring.rule.text() if ring.rule else None,
        absolute=isinstance(wish.understood.when, Delta),
        kind="channel" if recipient.everybody else "reminder",
        link=link,
        nag_minutes=wish.nag.minutes if wish.nag else 0,
        nag_most=wish.nag.most if wish.nag else 0,
        late_policy=wish.late.policy if wish.late else "",
        late_minutes=wish.late.minutes if wish.late else 0,
    )


def confirmation(turn: Turn, kept: Reminder, ring: creating.FirstRing, *, ask_zone: bool) -> Reply:
    """The promise, said from the row that keeps it."""
    language = turn.language
    assert kept.rings is not None, "a new reminder is going to ring"
    zone = ZoneInfo(kept.zone)
    text = say(
        language,
        "reminder_set_channel" if kept.kind == "channel" else "reminder_set",
        what=wording.to_task(language, kept.text),
        when=wording.moment(language, kept.rings, zone, turn.now),
        distance=wording.distance(language, kept.rings, turn.now),
    )
    if kept.rule:
        text += say(language, "reminder_repeats", rule=rule_said(Rule.parse(kept.rule), language))
    if kept.nag_minutes:
        text += say(language, "reminder_nags", minutes=wording.minutes(language, kept.nag_minutes), most=kept.nag_most)
    if kept.late_policy:
        text += say(language, "reminder_late", rule=late_rules.late_said(language, kept))
    if kept.shared:
        text += say(language, "reminder_shared")
    text += notes(turn, ring, kept.rings, zone)
    if ask_zone:
        text += "\n\n" + say(language, "ask_zone")
    buttons = wording.confirmation_buttons(language, kept, share=turn.message.private and bool(turn.start_link))
    return Reply(text, buttons, locate=say(language, "button_locate") if ask_zone else "")


def notes(turn: Turn, ring: creating.FirstRing, rings: dt.datetime, zone: ZoneInfo) -> str:
    """What the person should know of the time that was taken: the other reading, a clock change, quiet hours."""
    language, text = turn.language, ""
    if ring.ambiguous:
        other = (ring.local + dt.timedelta(hours=12)).strftime("%H:%M")
        text += say(language, "reminder_assumed", time=ring.local.strftime("%H:%M"), other=other)
    if ring.other_day:
        taken, other = ring.local.date().isoformat(), ring.other_day.isoformat()
        text += say(language, "reminder_assumed_date", taken=taken, other=other)
    if ring.note == "gap":
        text += say(language, "reminder_gap", time=rings.astimezone(zone).strftime("%H:%M"))
    if ring.note == "fold":
        text += say(language, "reminder_fold")
    if until := held_for(turn.person, rings, zone.key):
        text += say(language, "reminder_held", time=until.astimezone(zone).strftime("%H:%M"))
    return text


def zone_told(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    """The answer to the question for one's city."""
    name = find_zone(turn.text)
    if name is None:
        said = turn.text.strip()
        if recognize(turn) is not None or not in_earnest.may_be_place(said):
            return None
        return _ask(turn, "ask_zone_again", pending)
    zone, now = ZoneInfo(name), dt.datetime.fromisoformat(pending["now"])
    wish = _wish(str(pending["text"]), now, zone, None)
    wish = replace(wish, nag=wish.nag or _nag_of(pending), late=wish.late or _late_of(pending))
    wish = _settled(turn, replace(wish, about=_about_of(pending), begun=pending.get("begun", 0)))
    recipient = recipient_of(turn, wish.understood.recipient or pending.get("who"))
    return _setting(turn, wish, recipient, zone, new_zone=True)


_WHEN = ("60", "180", "tomorrow", "monday")
"""The answers to "when?" that are one press away; the words on the buttons are understood as if they were typed."""


def when_pressed(turn: Turn, asked: int, answer: str) -> Outcome | None:
    """One of them was pressed; None where that question is no longer open."""
    pending = turn.session.pending or {}
    if pending.get("step") != "when" or pending.get("asked") != asked or answer not in _WHEN:
        return None
    outcome = when_told(replace(turn, text=say(turn.language, f"button_when_{answer}")), pending)
    write = outcome.write if outcome else None
    if outcome is None or write is None:
        return outcome

    async def settled(tx: Tx) -> Reply:
        return replace(await write(tx), settles=True)

    return replace(outcome, write=settled)


def when_told(turn: Turn, pending: dict[str, Any]) -> Outcome | None:
    """The answer to "when?"; None if it names no time, nor what "remind me" alone left open."""
    words, late = late_rule.split(turn.text)
    zone, task = turn.zone or ZoneInfo("UTC"), str(pending["task"])
    understood = understand_time(words, turn.now, zone, turn.language, PREFERENCES)
    if understood.when is None and understood.problem is None:
        open_ = not task and in_earnest.may_be_task(words) and recognize(turn) is None
        told = _after_remind_me(turn, words, turn.now, zone) if open_ else None
        return set_reminder(turn, told) if told and told.understood.recipient is None else None
    if understood.task and (understood.asks_reminder or in_earnest.is_question(words)):
        return None
    task = task or understood.task
    whole = replace(understood, task=task, recipient=pending.get("who"), asks_reminder=True)
    wish = Wish(
        whole, f"{words} {task}", turn.now, _nag_of(pending), _about_of(pending) if pending["task"] else None,
        late or _late_of(pending), tuple(pending.get("names", ())), pending.get("begun", 0),
    )  # fmt: skip
    return set_reminder(turn, wish)
