"""What an admin does to a person's reminder is noted in the audit log and told to that person, in the same transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.admin.roles import Actor
from core.language.phrases import Language, language_of, say
from core.messages import Address, Message, Reply, Sender
from core.reminders.quiet import held_for
from core.render import literal
from core.settings import Settings
from core.skills.base import Turn
from core.store import Tx, addresses, outbox
from core.store.admin import audit
from core.store.outbox import Planned
from core.store.people import Person, Session
from core.store.reminders import Reminder


def turn_of(
    person: Person, address: Address, words: str, language: Language, now: dt.datetime, settings: Settings
) -> Turn:
    """A turn in which somebody else speaks in a person's place: the same skill answers."""
    message = Message(f"desk:{now.isoformat()}", address, Sender(str(person.id), person.name), words, now)
    return Turn(
        id=-int(now.timestamp() * 1_000_000), message=message, text=words.strip(), person=person,
        session=Session(0, None), history=(), language=language, now=now, settings=settings, commands={},
    )  # fmt: skip


def spoken(person: Person, reminder: Reminder) -> Language:
    """The language in which its person is told of a reminder."""
    return language_of(person.language if person.language in ("en", "zh") else reminder.language)


def called(actor: Actor) -> str:
    """The admin's name, as people are told it."""
    return literal(actor.name.partition(":")[2] or actor.name)


async def tell(
    tx: Tx, actor: Actor, person: Person, reply: Reply, cause: str, now: dt.datetime, *, at: Address, language: Language
) -> bool:
    """Tells a person what an admin did: in private where that is known, else at an address; after their quiet hours.
    Whether it was not told before."""
    private = await addresses.private(tx, person.id)
    on_platform = [one for one in private if (one.platform, one.workspace) == (at.platform, at.workspace)]
    where = (on_platform or private or [at])[-1]
    text = say(language, "admin_did", who=called(actor), what=reply.text)
    due_at = held_for(person, now, person.zone or "UTC") or now
    told = Planned(cause, where, replace(reply, text=text), due_at, person_id=person.id)
    return await outbox.add(tx, told, now) is not None


async def noted(
    tx: Tx, actor: Actor, now: dt.datetime, verb: str, subject: str, detail: Mapping[str, Any] | None = None,
    person_id: int | None = None,
) -> None:  # fmt: skip
    await audit.add(tx, now, actor.name, verb, subject, detail, client=actor.client, person_id=person_id)
