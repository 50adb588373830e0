"""The same done to all reminders of a filter: counted and shown first, then person by person, each told once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

from core.admin.reminders.desk import ReminderDesk
from core.admin.reminders.editing import readable
from core.admin.reminders.telling import noted, spoken, tell, turn_of
from core.errors import Refused
from core.language.phrases import Language, counted, say
from core.messages import Reply
from core.reminders import retiming, wording
from core.reminders.planning import UNREADABLE
from core.skills.base import Turn
from core.skills.reminders import changing, editing, pausing, setting
from core.store import Tx, people, reminders
from core.store.admin import reminders as looking
from core.store.admin.reminders import Filter, Listed
from core.store.reminders import Reminder

Verb: TypeAlias = Literal["pause", "resume", "cancel", "move"]
VERBS: tuple[Verb, ...] = ("pause", "resume", "cancel", "move")
FURTHEST = 7 * 24 * 60
"""Minutes by which many reminders are moved at once, at most."""
STEP = 200
"""Reminders that one request deals with, about."""
_SAMPLE, _NAMED = 8, 5
_RETRIED = 500
_STATES: dict[Verb, tuple[str, ...]] = {
    "pause": ("active",), "resume": ("paused",), "cancel": ("active", "paused", "parked", "proposed"), "move": ("active",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """`minutes` of "move": later, or where it is negative, earlier. `token`: made with the page that shows what will be
    done; what is done for it is done once."""

    filter: Filter
    verb: Verb
    minutes: int = 0
    token: str = ""

    @property
    def fitting(self) -> Filter:
        """Those of the filter to which it can be done."""
        return replace(self.filter, states=_STATES[self.verb])


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would be done: to how many of those that match, of how many people; and some of them, each with when it would
    ring (None: not at all, or it stays because it cannot be moved)."""

    matching: int
    fitting: int
    people: int
    sample: Sequence[tuple[Listed, dt.datetime | None]]


@dataclass(frozen=True, slots=True)
class Done:
    """How far it is. `after`: the person up to whom it is done; None: all are."""

    changed: int
    left: int
    people: int
    after: int | None


async def outlook(desk: ReminderDesk, asked: Asked, language: Language) -> Outlook:
    async with desk.store.read() as tx:
        some = await looking.page(tx, asked.fitting, limit=_SAMPLE)
        shown: list[tuple[Listed, dt.datetime | None]] = []
        for one in some[:_SAMPLE]:
            person = await people.get(tx, one.reminder.person_id)
            turn = turn_of(person, one.reminder.address, "", language, desk.clock.now(), desk.settings)
            shown.append((one, _then(turn, one.reminder, asked)))
        return Outlook(
            await looking.count(tx, asked.filter), await looking.count(tx, asked.fitting),
            await looking.count_people(tx, asked.fitting), shown,
        )  # fmt: skip


def _then(turn: Turn, one: Reminder, asked: Asked) -> dt.datetime | None:
    match asked.verb:
        case "move":
            try:
                return _moved(turn, one, asked.minutes).ring.due
            except (Refused, *UNREADABLE):
                return None
        case "resume":
            return one.rings
    return None


def _moved(turn: Turn, one: Reminder, minutes: int) -> retiming.Retimed:
    asking = retiming.Asking(turn.now, turn.zone or ZoneInfo(one.zone), setting.PREFERENCES, turn.language)
    return retiming.shifted(one, f"{abs(minutes)} minutes", earlier=minutes < 0, asking=asking)


class _Again(Exception):
    """It was done for this person by the same request, sent twice."""


async def begin(desk: ReminderDesk, asked: Asked) -> None:
    """Notes once what is going to be done, and to how many."""
    desk.actor.need("reminders.edit")
    async with desk.store.read() as tx:
        count = await looking.count(tx, asked.fitting)
    detail: dict[str, Any] = {
        "status": asked.filter.status, "people": list(asked.filter.people or ())[:20], "platform": asked.filter.platform,
        "chat": asked.filter.chat, "by_text": bool(asked.filter.text), "count": count, "minutes": asked.minutes,
    }  # fmt: skip
    async with desk.store.write() as tx:
        now = desk.clock.now()
        await noted(tx, desk.actor, now, f"reminder.bulk.{asked.verb}", f"bulk:{asked.token}", detail)


async def step(desk: ReminderDesk, asked: Asked, after: int = 0) -> Done:
    """Does it to the next people's reminders: a transaction a person, with one message to them."""
    desk.actor.need("reminders.edit")
    changed = left = told = 0
    while changed + left < STEP:
        async with desk.store.read() as tx:
            found = await looking.whose(tx, asked.fitting, after, STEP)
        for person_id, ids in found:
            try:
                async with desk.store.write() as tx:
                    done = await _of_person(tx, desk, asked, person_id, ids)
            except _Again:
                continue
            changed, left, told = changed + done, left + len(ids) - done, told + (done > 0)
        if not found:
            return Done(changed, left, told, None)
        after = found[-1][0]
    return Done(changed, left, told, after)


async def _of_person(tx: Tx, desk: ReminderDesk, asked: Asked, person_id: int, ids: Sequence[int]) -> int:
    now, person = desk.clock.now(), await people.get(tx, person_id)
    cause = f"admin:bulk:{asked.token}:{person_id}"
    tasks: list[str] = []
    for number in ids:
        try:
            one = await readable(tx, number, "en")
        except Refused:
            continue
        if one.state not in _STATES[asked.verb]:
            continue
        turn = turn_of(person, one.address, "", spoken(person, one), now, desk.settings)
        if await _apply(tx, turn, one, asked):
            tasks.append(wording.task(turn.language, one.text))
            at, language = one.address, turn.language
    if not tasks:
        return 0
    reply = _summary(language, asked, tasks)
    if not await tell(tx, desk.actor, person, reply, cause, now, at=at, language=language):
        raise _Again
    detail = {"count": len(tasks)}
    await noted(tx, desk.actor, now, f"reminder.{asked.verb}", f"bulk:{asked.token}", detail, person_id)
    return len(tasks)


async def _apply(tx: Tx, turn: Turn, one: Reminder, asked: Asked) -> bool:
    match asked.verb:
        case "pause":
            await pausing.paused(tx, turn, one)
        case "cancel":
            await changing.cancelled(tx, turn, one)
        case "resume":
            await pausing.resumed(tx, turn, one)
        case "move":
            try:
                await editing.retime(tx, turn, one, _moved(turn, one, asked.minutes))
            except Refused:
                return False
    return await reminders.get_any(tx, one.id) != one


def _summary(language: Language, asked: Asked, tasks: Sequence[str]) -> Reply:
    """One message for all of a person's."""
    verb, fields = str(asked.verb), {}
    if asked.verb == "move":
        verb = "later" if asked.minutes > 0 else "earlier"
        fields["length"] = wording.minutes(language, abs(asked.minutes))
    lines = [counted(language, f"admin_bulk_{verb}", len(tasks), **fields), *(f"- {task}" for task in tasks[:_NAMED])]
    if len(tasks) > _NAMED:
        lines.append(say(language, "reminder_more", count=len(tasks) - _NAMED))
    return Reply("\n".join([*lines, say(language, "admin_undo")]))


# --- deliveries that failed


async def retry(desk: ReminderDesk, delivery_id: int) -> bool:
    """Tries a failed delivery anew, however late it is; False where it is none any more."""
    desk.actor.need("reminders.edit")
    async with desk.store.write() as tx:
        if not await looking.retry(tx, [delivery_id], desk.clock.now()):
            return False
        await noted(tx, desk.actor, desk.clock.now(), "delivery.retry", f"delivery:{delivery_id}")
    return True


async def retry_all(desk: ReminderDesk, platform: str) -> int:
    """The same for all that have failed, of a platform or of all; returns how many."""
    desk.actor.need("reminders.edit")
    count = last = 0
    while True:
        async with desk.store.write() as tx:
            ids = await looking.failed(tx, platform, last, _RETRIED)
            if ids:
                count, last = count + await looking.retry(tx, ids, desk.clock.now()), ids[-1]
            if len(ids) < _RETRIED or count >= looking.COUNTED:
                detail = {"platform": platform, "count": count}
                await noted(
                    tx, desk.actor, desk.clock.now(), "delivery.retry_all", f"platform:{platform or '*'}", detail
                )
                return count
