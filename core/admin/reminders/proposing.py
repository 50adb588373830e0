"""A new reminder from an admin: asked of a person, who accepts it or not, or set for a channel."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.admin.reminders.desk import ReminderDesk
from core.admin.reminders.editing import asked_ring, zone_for
from core.admin.reminders.telling import called, noted, turn_of
from core.errors import Refused
from core.language import late_rule
from core.language.late_rule import LateRule
from core.language.phrases import Language, say
from core.reminders import creating, late_rules
from core.render import literal
from core.skills.base import Turn
from core.skills.reminders import forms, recipients, setting
from core.skills.reminders.recipients import Recipient
from core.store import Tx, acquaintances, outbox, people, reminder_changes, reminders
from core.store.acquaintances import Known
from core.store.admin import reminders as looking
from core.store.outbox import Planned
from core.store.people import Person


@dataclass(frozen=True, slots=True)
class New:
    """A reminder that an admin wants: for a person (`whose`, as `acquaintances.called` finds them), who is asked first, or
    for everybody in a channel ("slack:C123"). `token` is new with each form: sent twice it makes one."""

    whose: str
    channel: str
    text: str
    when: str
    lateness: str
    token: str


async def propose(desk: ReminderDesk, new: New, admin_person: int | None, language: Language) -> int:
    """Proposes it to the person, or sets it for the channel in the name of the admin's own person, and says so there.
    Returns the reminder's id."""
    desk.actor.need("reminders.edit")
    late = late_rule.named(new.lateness) if new.lateness else None
    if new.lateness and late is None:
        raise Refused(say(language, "form_lateness"))
    if not new.text.strip():
        raise Refused(say(language, "form_what"))
    async with desk.store.write() as tx:
        if new.channel.strip():
            return await _for_channel(tx, desk, new, late, admin_person, language)
        found = await acquaintances.called(tx, new.whose.strip())
        who = literal(new.whose)
        if len(found) != 1:
            raise Refused(
                say(
                    language,
                    "other_which" if found else "other_unknown",
                    who=who,
                    list=", ".join(one.name for one in found),
                )
            )
        other = await people.get(tx, found[0].id)
        where = await acquaintances.any_private_address(tx, other.id)
        if where is None:
            raise Refused(say(language, "admin_unreachable", who=who))
        asker = Person(admin_person or 0, called(desk.actor), None, other.zone)
        turn = turn_of(asker, where, "", language, desk.clock.now(), desk.settings)
        row = _row(desk, turn, new, late, Recipient(where))
        await recipients.kept_for(tx, turn, row, other.name, [Known(other, "")])
        return await _made(tx, desk, row.cause, other.id, "reminder.propose")


async def _for_channel(
    tx: Tx, desk: ReminderDesk, new: New, late: LateRule | None, admin_person: int | None, language: Language
) -> int:
    if admin_person is None:
        raise Refused(say(language, "admin_no_person"))
    platform, _, chat = new.channel.strip().partition(":")
    where = await looking.channel(tx, platform, chat) if chat else None
    if where is None:
        raise Refused(say(language, "admin_no_channel"))
    person = await people.get(tx, admin_person)
    turn = turn_of(person, where, "", language, desk.clock.now(), desk.settings)
    row = _row(desk, turn, new, late, Recipient(where, everybody=True))
    known = await reminders.by_cause(tx, row.cause, person.id)
    if known is None:
        await recipients.check_limit(tx, turn)
        kept = await reminders.add(tx, row, turn.now)
        await reminder_changes.remember(tx, kept.id, "set", turn.now)
        ring = asked_ring(turn, None, new.when, zone_for(None, person, desk))
        told = setting.confirmation(turn, kept, ring, ask_zone=False)
        text = say(language, "admin_did", who=called(desk.actor), what=told.text)
        await outbox.add(tx, Planned(f"admin:{row.cause}", where, replace(told, text=text), turn.now), turn.now)
    return await _made(tx, desk, row.cause, person.id, "reminder.channel")


def _row(
    desk: ReminderDesk, turn: Turn, new: New, late: LateRule | None, recipient: Recipient
) -> reminders.NewReminder:
    if len(new.text.strip()) > creating.MAX_TEXT:
        raise Refused(say(turn.language, "reminder_too_long", limit=creating.MAX_TEXT, length=len(new.text.strip())))
    zone = zone_for(None, turn.person, desk)
    ring = asked_ring(turn, None, new.when, zone)
    late_rules.check(late, turn.language, once=ring.rule is None)
    wish = forms.wish_of(turn, new.text.strip(), new.when, late)
    row = setting.new_of(turn, replace(wish, about=(new.text.strip(), "")), ring, recipient, zone, 0)
    return replace(row, cause=f"admin:new:{new.token[:64]}")


async def _made(tx: Tx, desk: ReminderDesk, cause: str, person_id: int, verb: str) -> int:
    kept = await reminders.by_cause(tx, cause, person_id)
    if kept is None:
        raise Refused("this form was used already", "open a new one")
    await noted(tx, desk.actor, desk.clock.now(), verb, f"reminder:{kept.id}", person_id=person_id)
    return kept.id
