"""Which reminders an admin asks for, from what stands in a form, and a page of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from core.admin.reminders.desk import ReminderDesk
from core.skills.reminders.changing import UNDO_WITHIN
from core.store import acquaintances, people
from core.store.admin import reminders as looking
from core.store.admin.reminders import Delivered, Filter, Listed, Status
from core.store.people import Person

STATUSES: tuple[Status, ...] = get_args(Status)
FIELDS = ("status", "person", "platform", "channel", "text")


@dataclass(frozen=True, slots=True)
class Page:
    """`after`: where the next page begins, "" on the last; `count`: of all that match, up to a bound."""

    listed: Sequence[Listed]
    after: str
    count: int


async def filter_of(desk: ReminderDesk, fields: Mapping[str, str]) -> Filter:
    """What is asked for; what is unknown is not asked. The text of reminders is searched by those who may read it."""
    status, channel = fields.get("status", ""), fields.get("channel", "").strip()
    platform, colon, chat = channel.partition(":")
    people_called: Sequence[int] | None = None
    if person := fields.get("person", "").strip():
        async with desk.store.read() as tx:
            people_called = await looking.called(tx, person)
    return Filter(
        status=next((one for one in STATUSES if one == status), ""),
        people=people_called,
        platform=platform if colon else fields.get("platform", ""),
        chat=chat if colon else channel,
        text=fields.get("text", "").strip() if desk.actor.may("reminders.edit") else "",
    )


async def page(desk: ReminderDesk, asked: Filter, after: str) -> Page:
    async with desk.store.read() as tx:
        found = await looking.page(tx, asked, after)
        whole = not after and len(found) <= looking.PAGE
        count = len(found) if whole else await looking.count(tx, asked)
    shown = found[: looking.PAGE]
    return Page(shown, looking.key_of(shown[-1], asked) if len(found) > looking.PAGE else "", count)


async def whole(
    desk: ReminderDesk, reminder_id: int
) -> tuple[Listed, Person, Sequence[Delivered], bool] | None:  # fmt: skip
    """A reminder with its person, its newest deliveries, and whether its last change can be taken back."""
    async with desk.store.read() as tx:
        found = await looking.listed(tx, reminder_id)
        if found is None:
            return None
        person = await people.get(tx, found.reminder.person_id)
        changes = await looking.last_change(tx, reminder_id, desk.clock.now() - UNDO_WITHIN)
        return found, person, await looking.deliveries_of(tx, reminder_id), bool(changes)


async def person_called(desk: ReminderDesk, words: str) -> Person | None:
    """The one person whom words mean; None where nobody or several are called so."""
    async with desk.store.read() as tx:
        found = await acquaintances.called(tx, words.strip()) if words.strip() else []
        return await people.get(tx, found[0].id) if len(found) == 1 else None


NOBODY = Person(0, "", None, None)
"""Stands for a person who is not known yet."""
