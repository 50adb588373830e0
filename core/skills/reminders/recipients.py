"""Whom a reminder is for: oneself, everybody in a channel, or another person, who is asked first."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from core.access import may_be_written
from core.errors import Refused
from core.language.phrases import Language, say
from core.language.values import Understood
from core.messages import Address, Choice, Reply
from core.reminders import wording
from core.reminders.moving import following_after
from core.reminders.recurrence import Rule
from core.reminders.rules_said import rule_said
from core.render import literal, shortened
from core.skills.base import Turn
from core.store import Tx, acquaintances, outbox, people, reminders
from core.store.acquaintances import Known
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
    """For whom, as far as the sentence says. Another person is not looked up yet: `names` are those that they may be
    called by, the longest first; `at`: it is an @name."""

    address: Address
    everybody: bool = False
    names: tuple[str, ...] = ()
    at: bool = False


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
    if mention or named.startswith("@"):
        return Recipient(message.address, names=(mention["name"] if mention else named.lstrip("@"),), at=True)
    if named.lower() in _PRONOUNS or _TWO.search(named):
        raise Refused(say(turn.language, "other_whom"))
    return Recipient(message.address, names=(named,))


_PRONOUNS = frozenset(["him", "her", "them"])
_NO_NAME = re.compile(
    r"me|us|you|it|myself|yourself|the|an?|my|our|your|his|their|its|this|that|these|those|all|both|each|every|no|any|some"
    r"|(?:every|any|some)(?:one|body)|people|folks"
)
_TWO = re.compile(r"(?: and |,|&)", re.IGNORECASE)
_WORD = r"[^\W\d_][\w.-]*"
_REMIND = re.compile(
    rf"(?:(?:please|pls|hey|hi|ok|and|(?:can|could|would|will) you|i want you to|i'd like you to)[, ]+){{0,3}}"
    rf"remind (?P<name>{_WORD}(?:,? {_WORD}){{0,3}}?)(?: (?:to|that|about|of) (?P<task>.+))?[?!.]?",
    re.IGNORECASE | re.DOTALL,
)
_ZH_NAME = re.compile(r"[^\W\d_][\w·]{1,7}")
_LATIN = re.compile(r"[A-Za-z]{2}")


def named_in(understood: Understood) -> Understood:
    """The same, where it asks to remind somebody by name ("remind Ann to call"); not of "Ann's dog"."""
    found = _REMIND.fullmatch(understood.task) if not understood.asks_reminder else None
    first = found["name"].split()[0].lower().rstrip(",") if found else ""
    if found is None or _NO_NAME.fullmatch(first) or (first in _PRONOUNS and first != found["name"].lower()):
        return understood
    if not found["task"] and understood.when is None and understood.problem is None:
        return understood
    return replace(understood, asks_reminder=True, recipient=found["name"], task=(found["task"] or "").rstrip("?!. "))


def names_before(text: str, task: str) -> tuple[str, ...]:
    """What somebody may be called who is to be reminded, where Chinese writes the name before the task: "提醒张三开会".
    All beginnings of the task that could be a name, the longest first."""
    found = _ZH_NAME.match(task)
    if found is None or f"提醒{task[:2]}" not in text.replace(" ", ""):
        return ()
    ends = [end for end in range(len(found[0]), 1, -1) if not _LATIN.fullmatch(task[end - 1 : end + 1])]
    return tuple(task[:end] for end in ends)


def about(turn: Turn, task: str) -> tuple[str, str]:
    """The text and the link of a reminder: of "this" in reply to a message, what that message says."""
    message = turn.message
    if not (message.quoted or message.link) or not _POINTING.fullmatch(task):
        return task, message.link if message.quoted else ""
    quoted = shortened(" ".join(message.quoted.split()), _QUOTED)
    return (say(turn.language, "quoted", text=quoted) if quoted else say(turn.language, "quoted_none")), message.link


def points_at_nothing(turn: Turn, task: str) -> bool:
    """ "Remind me about this", and nothing is shown with it."""
    return bool(task) and not (turn.message.quoted or turn.message.link) and _POINTING.fullmatch(task) is not None


async def called_here(tx: Tx, turn: Turn, names: tuple[str, ...], *, at: bool = False) -> tuple[str, list[Known]]:
    """The longest of these names that somebody has whom this person knows here, and who has it."""
    here = turn.message.address
    known = await acquaintances.known(tx, turn.person.id, here.platform, here.workspace, names, at=at)
    for name in names:
        if those := [one for one in known if at or one.is_called(name)]:
            return name, those
    return names[0], []


async def kept_for(tx: Tx, turn: Turn, new: NewReminder, name: str, known: list[Known]) -> Reply:
    """Proposes a reminder to another person, one of those who have that name; nothing rings before they accept. An admin
    who is nobody in the chats asks as the person 0."""
    address, language = turn.message.address, turn.language
    who = literal(name)
    if len(known) != 1:
        theirs = [f"@{one.handle} ({one.person.name})" if one.handle else one.person.name for one in known]
        key = "other_which" if known else "other_unknown"
        raise Refused(say(language, key, who=who, list=", ".join(map(literal, theirs))))
    other = known[0].person
    if other.id == turn.person.id:
        raise Refused(say(language, "other_yourself"))
    where = await acquaintances.private_address(tx, other.id, address.platform, address.workspace)
    if where is None or not (turn.standing == "host" or await may_be_written(tx, turn.settings, other.id, where)):
        raise Refused(say(language, "other_unreachable", who=who))
    if await acquaintances.is_muted(tx, other.id, turn.person.id):
        raise Refused(say(language, "other_muted", who=who))
    if await acquaintances.count_proposed(tx, other.id, turn.person.id) >= _MOST_PROPOSED:
        raise Refused(say(language, "other_enough", who=who, count=_MOST_PROPOSED))
    spoken = _language(other, language)
    proposed = replace(
        new, person_id=other.id, address=where, kind="reminder", state="proposed", asked_by=turn.person.id or None,
        language=spoken,
    )  # fmt: skip
    kept = await reminders.add(tx, proposed, turn.now)
    await outbox.add(tx, _proposal(turn, kept, other, spoken), turn.now)
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
    return {
        "task": wording.task(language, kept.text),
        "when": wording.moment(language, kept.rings, zone, turn.now) if kept.rings else "–",
        "rule": say(language, "reminder_line_rule", rule=rule) if rule else "",
    }


def _language(person: Person, otherwise: Language) -> Language:
    return {"en": "en", "zh": "zh"}.get(person.language or "", otherwise)  # type: ignore[return-value]  # two languages


async def check_limit(tx: Tx, turn: Turn) -> None:
    """Refuses one reminder too many."""
    count = await reminders.count_open(tx, turn.person.id)
    if count >= turn.settings.max_reminders:
        raise Refused(say(turn.language, "reminder_limit", count=count))


async def accept(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """From now on it is this person's reminder like any other."""
    if reminder.state != "proposed":
        return Reply(say(turn.language, "proposal_answered"))
    due, local = reminder.next_due, reminder.next_local
    if due is not None and due <= turn.now:
        following = following_after(reminder, turn.now)
        due, local = (following.utc, following.key) if following else (None, None)
    if due is None or due <= turn.now:
        await reminders.set_state(tx, reminder.id, "declined", turn.now)
        return Reply(say(turn.language, "proposal_too_late", **_fields(turn, reminder, turn.language)))
    await check_limit(tx, turn)
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
    here, there = turn.message.address, reminder.address
    if reminder.kind != "channel" or replace(here, thread="") != replace(there, thread=""):
        return Reply(say(turn.language, "not_yours"))
    return await copied(tx, turn, reminder)


async def copied(tx: Tx, turn: Turn, reminder: Reminder) -> Reply:
    """The same reminder for this person, in their private chat if it is known, else here."""
    if reminder.state not in ("active", "paused") or reminder.rings is None:
        return Reply(say(turn.language, "me_too_over"))
    cause = f"metoo:{reminder.id}:{turn.person.id}"
    mine = await reminders.by_cause(tx, cause, turn.person.id)
    if mine is not None and mine.state in ("active", "paused"):
        return Reply(say(turn.language, "me_too_already"))
    await check_limit(tx, turn)
    moment = reminder.next_due or reminder.rings
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
