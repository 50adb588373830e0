"""Whom a reminder is for: oneself, everybody in a channel, or another person, who is asked first."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from core.access import may_be_written
from core.errors import Refused
from core.language.phrases import Language, say
from core.messages import Address, Choice, Reply
from core.reminders import wording
from core.reminders.recurrence import Rule, next_after
from core.reminders.rules_said import rule_said
from core.render import literal, shortened
from core.skills.base import Turn
from core.store import Tx, acquaintances, outbox, people, reminders
from core.store.outbox import Planned
from core.store.people import Person
from core.store.reminders import NewReminder, Reminder

_MOST_PROPOSED = 5
"""Unanswered proposals that one person may have waiting with another."""
_QUOTED = 200
_POINTING = re.compile(
    r"(?:about |of |to )?(?:this|that|it)(?: (?:message|one|again|thread))?|(?:关于)?(?:这|那|此)?(?:个|条|件|则)?(?:事情?|消息|信息|留言|它)?",
    re.IGNORECASE,
)
_EVERYBODY = frozenset({"everyone", "everybody", "all", "channel", "here", "所有人", "大家", "全体成员"})
_MENTION = re.compile(r"<?@(?P<name>[^|>]+)(?:\|[^>]*)?>?")


@dataclass(frozen=True, slots=True)
class Recipient:
    """For whom, as far as the sentence says. `handle`: another person, not looked up yet."""

    address: Address
    everybody: bool = False
    handle: str = ""


def recipient_of(turn: Turn, named: str | None) -> Recipient:
    """Where a reminder for these is posted; raises `Refused` where they cannot be reached from here."""
    message = turn.message
    match named:
        case None:
            return Recipient(message.address)
        case "us" if message.private:
            return Recipient(message.address)
        case "us" | "channel" if not message.private:
            own_thread = named == "channel" and message.address.thread == message.message_id
            return Recipient(replace(message.address, thread="") if own_thread else message.address, everybody=True)
        case _ if named.startswith("#") or named == "channel":
            raise Refused(say(turn.language, "reminder_only_here"))
    mention = _MENTION.fullmatch(named)
    if mention and mention["name"].casefold() in _EVERYBODY:
        return recipient_of(turn, "channel")
    return Recipient(message.address, handle=mention["name"] if mention else named.lstrip("@"))


def about(turn: Turn, task: str) -> tuple[str, str]:
    """The text and the link of a reminder: of "this" in reply to a message, what that message says."""
    message = turn.message
    if not (message.quoted or message.link) or not _POINTING.fullmatch(task):
        return task, message.link if message.quoted else ""
    quoted = shortened(" ".join(message.quoted.split()), _QUOTED)
    return (say(turn.language, "quoted", text=quoted) if quoted else say(turn.language, "quoted_none")), message.link


async def kept_for(tx: Tx, turn: Turn, new: NewReminder, handle: str) -> Reply:
    """Proposes a reminder to another person; nothing rings before they accept."""
    address, language = turn.message.address, turn.language
    who = literal(handle)
    found = await acquaintances.find(tx, address.platform, address.workspace, handle)
    if len(found) != 1:
        raise Refused(say(language, "other_unclear" if found else "other_unknown", who=who))
    other = found[0]
    if other.id == turn.person.id:
        raise Refused(say(language, "other_yourself"))
    where = await acquaintances.private_address(tx, other.id, address.platform, address.workspace)
    if where is None or not (turn.standing == "host" or await may_be_written(tx, turn.settings, other.id, where)):
        raise Refused(say(language, "other_unreachable", who=who))
    if await acquaintances.is_muted(tx, other.id, turn.person.id):
        raise Refused(say(language, "other_muted", who=who))
    if await acquaintances.count_proposed(tx, other.id, turn.person.id) >= _MOST_PROPOSED:
        raise Refused(say(language, "other_enough", who=who, count=_MOST_PROPOSED))
    theirs = _language(other, language)
    proposed = replace(
        new, person_id=other.id, address=where, kind="reminder", state="proposed", asked_by=turn.person.id,
        language=theirs,
    )  # fmt: skip
    kept = await reminders.add(tx, proposed, turn.now)
    await outbox.add(tx, _proposal(turn, kept, other, theirs), turn.now)
    return Reply(say(language, "other_asked", who=who, **_fields(turn, kept, language)))


def _proposal(turn: Turn, kept: Reminder, other: Person, language: Language) -> Planned:
    sender = literal(shortened(turn.person.name or turn.message.sender.name or turn.message.sender.account, 60))
    zone = ZoneInfo(other.zone) if other.zone else None
    text = say(language, "proposal", who=sender, **_fields(turn, kept, language, zone))
    choices = tuple(
        Choice(say(language, f"button_{name}"), f"reminders:{verb}:{kept.id}")
        for name, verb in (("accept", "accept"), ("decline", "decline"), ("mute_sender", "mute"))
    )
    return Planned(
        cause=f"proposal:{kept.id}", address=kept.address, reply=Reply(text, choices), due_at=turn.now,
        person_id=other.id,
    )  # fmt: skip


def _fields(turn: Turn, kept: Reminder, language: Language, zone: ZoneInfo | None = None) -> dict[str, str]:
    zone = zone or ZoneInfo(kept.zone)
    rule = rule_said(Rule.parse(kept.rule), language) if kept.rule else ""
    moment = kept.rings or kept.next_due
    return {
        "task": wording.task(language, kept.text),
        "when": wording.moment(language, moment, zone, turn.now) if moment else "–",
        "rule": say(language, "reminder_line_rule", rule=rule) if rule else "",
    }


def _language(person: Person, otherwise: Language) -> Language:
    return {"en": "en", "zh": "zh"}.get(person.language or "", otherwise)  # type: ignore[return-value]  # two languages


async def accept(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """From now on it is this person's reminder like any other."""
    if reminder.state != "proposed":
        return Reply(say(turn.language, "proposal_answered"))
    due, local = reminder.next_due, reminder.next_local
    if due is not None and due <= turn.now and reminder.rule is not None:
        start = dt.datetime.fromisoformat(reminder.starts_local)
        following = next_after(Rule.parse(reminder.rule), start, ZoneInfo(reminder.zone), turn.now)
        due, local = (following.utc, following.key) if following else (None, None)
    if due is None or due <= turn.now:
        await reminders.set_state(tx, reminder.id, "declined", turn.now)
        return Reply(say(turn.language, "proposal_too_late", **_fields(turn, reminder, turn.language)))
    if await reminders.count_open(tx, turn.person.id) >= turn.settings.max_reminders:
        raise Refused(say(turn.language, "reminder_limit", count=turn.settings.max_reminders))
    await reminders.advance(tx, reminder.id, due, local)
    await reminders.set_state(tx, reminder.id, "active", turn.now)
    await _tell_sender(tx, turn, reminder, "proposal_accepted_told")
    kept = replace(reminder, rings=due)
    return Reply(
        say(turn.language, "proposal_accepted", **_fields(turn, kept, turn.language)),
        wording.confirmation_buttons(turn.language, kept),
    )


async def decline(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    if reminder.state != "proposed":
        return Reply(say(turn.language, "proposal_answered"))
    await reminders.set_state(tx, reminder.id, "declined", turn.now)
    await _tell_sender(tx, turn, reminder, "proposal_declined_told")
    return Reply(say(turn.language, "proposal_declined"))


async def mute_sender(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """Declines, and asks about nothing more from that sender."""
    if reminder.asked_by is None:
        return Reply(say(turn.language, "stale_button"))
    await acquaintances.mute(tx, turn.person.id, reminder.asked_by, turn.now)
    if reminder.state == "proposed":
        await reminders.set_state(tx, reminder.id, "declined", turn.now)
        await _tell_sender(tx, turn, reminder, "proposal_declined_told")
    return Reply(say(turn.language, "proposal_muted"))


async def unmute(tx: Tx, turn: Turn) -> Reply:
    """Everybody may ask this person again."""
    key = "unmuted" if await acquaintances.unmute_all(tx, turn.person.id) else "unmuted_none"
    return Reply(say(turn.language, key))


async def _tell_sender(tx: Tx, turn: Turn, reminder: Reminder, key: str) -> None:
    """Tells who asked what became of it: in private, or where they asked."""
    if reminder.asked_by is None:
        return
    here = turn.message.address
    where = await acquaintances.private_address(tx, reminder.asked_by, here.platform, here.workspace)
    where = where or await acquaintances.asked_from(tx, reminder.cause)
    if where is None:
        return
    language = _language(await people.get(tx, reminder.asked_by), turn.language)
    who = literal(shortened(turn.person.name or turn.message.sender.account, 60))
    told = Planned(
        cause=f"{key}:{reminder.id}", address=where, due_at=turn.now, person_id=reminder.asked_by,
        reply=Reply(say(language, key, who=who, **_fields(turn, reminder, language))),
    )  # fmt: skip
    await outbox.add(tx, told, turn.now)


async def me_too(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """A channel's reminder for the person who pressed, too: in their private chat if it is known, else here."""
    if reminder.kind != "channel" or reminder.address.chat != turn.message.address.chat:
        return Reply(say(turn.language, "not_yours"))
    if reminder.state not in ("active", "paused") or (reminder.next_due is None and reminder.rings is None):
        return Reply(say(turn.language, "me_too_over"))
    cause = f"metoo:{reminder.id}:{turn.person.id}"
    mine = await reminders.by_cause(tx, cause, turn.person.id)
    if mine is not None and mine.state in ("active", "paused"):
        return Reply(say(turn.language, "me_too_already"))
    if await reminders.count_open(tx, turn.person.id) >= turn.settings.max_reminders:
        raise Refused(say(turn.language, "reminder_limit", count=turn.settings.max_reminders))
    moment = reminder.next_due or reminder.rings
    assert moment is not None, "looked at above"
    here = turn.message.address
    where = await acquaintances.private_address(tx, turn.person.id, here.platform, here.workspace)
    new = NewReminder(
        person_id=turn.person.id,
        cause=cause if mine is None else f"{cause}:{turn.id}",
        address=where or here,
        text=reminder.text,
        language=turn.language,
        zone=reminder.zone,
        starts_local=reminder.starts_local,
        next_due=moment,
        next_local=reminder.next_local or moment.astimezone(ZoneInfo(reminder.zone)).replace(tzinfo=None).isoformat(),
        rule=reminder.rule,
        absolute=reminder.absolute,
        link=reminder.link,
    )
    kept = await reminders.add(tx, new, turn.now)
    return Reply(say(turn.language, "me_too", who=literal(turn.person.name), **_fields(turn, kept, turn.language)))
