"""Reminders from the command line: the same skill that answers people, with the owner speaking in their place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from core.admin.reminders.telling import noted, tell, turn_of
from core.admin.roles import Actor
from core.errors import RemoraError
from core.language.detect import detect
from core.language.phrases import Language, language_of
from core.messages import Address
from core.ports import Clock
from core.reminders import feed, ical_import
from core.reminders.ical_import import Found, Left
from core.settings import Settings
from core.skills.base import Command, Outcome, Turn
from core.skills.reminders import SKILL
from core.store import Store, Tx, acquaintances, people, reminder_changes, reminders
from core.store.people import Person
from core.store.reminders import NewReminder, Reminder

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class ReminderDesk:
    """What is done is done by `actor`: noted, and told to its person."""

    store: Store
    clock: Clock
    settings: Settings
    actor: Actor

    async def say(self, whose: str, words: str) -> str:
        """The answer to words said in a person's name; what they ask for is done."""
        async with self.store.write() as tx:
            turn = await self._turn(tx, whose, words)
            found = SKILL.recognize(turn)
            if found is None:
                raise RemoraError("that is no request about reminders", "see remora reminders --help")
            return await self._answered(tx, turn, await SKILL.answer(turn, found))

    async def remind(self, whose: str, words: str) -> str:
        """Sets a reminder for a person, as /remind does."""
        async with self.store.write() as tx:
            turn = await self._turn(tx, whose, words)
            return await self._answered(tx, turn, await SKILL.answer(turn, Command("/remind", words)))

    async def fill(self, whose: str, number: int, fields: dict[str, str]) -> str:
        """Sends the form that edits number N of a person's list; raises `RemoraError` where it is not taken."""
        async with self.store.write() as tx:
            turn = await self._turn(tx, whose, "")
            own = await reminders.open_of(tx, turn.person.id, _MOST)
            if not 1 <= number <= len(own):
                raise RemoraError(f"{whose} has no reminder {number}", "see remora reminders list --person")
            message = replace(turn.message, kind="form", fields=fields)
            outcome = await SKILL.form(replace(turn, message=message), f"edit:{own[number - 1].id}")
            assert outcome is not None, "an edit of a number is a form of ours"
            if outcome.write is None and outcome.reply is not None:
                raise RemoraError(outcome.reply.text, "see remora reminders edit --help")
            return await self._answered(tx, turn, outcome)

    async def listed(self, whose: str | None, channel: str | None) -> list[dict[str, Any]]:
        """Open reminders as rows: of a person, of a channel ("slack:C123"), or of everybody."""
        async with self.store.read() as tx:
            if whose is not None:
                found = await reminders.open_of(tx, (await self._person(tx, whose)).id, _MOST)
            else:
                platform, _, chat = (channel or "").partition(":")
                found = await reminders.open_everywhere(tx, platform, chat, _MOST)
            names = {one.person_id: (await people.get(tx, one.person_id)).name for one in found}
        return [_row(number, one, names[one.person_id]) for number, one in enumerate(found, 1)]

    async def exported(self, whose: str) -> str:
        async with self.store.read() as tx:
            return await feed.of_person(tx, (await self._person(tx, whose)).id, self.clock.now())

    async def imported(self, whose: str, data: bytes) -> tuple[int, int, Sequence[Left]]:
        """Takes an iCalendar file over: how many events became reminders, how many were known, and what was left."""
        now = self.clock.now()
        async with self.store.write() as tx:
            person = await self._person(tx, whose)
            address = await self._address(tx, person, whose)
            zone = person.zone or self.settings.default_timezone or "UTC"
            found, left = ical_import.read(data, now, ZoneInfo(zone), _language(person, "", self.settings))
            taken = known = 0
            room = self.settings.max_reminders - await reminders.count_open(tx, person.id)
            for one in found:
                cause = f"ical:{person.id}:{one.cause}"
                if await reminders.by_cause(tx, cause, person.id) is not None:
                    known += 1
                    continue
                if taken >= room:
                    left.append(Left(one.text, f"more than {self.settings.max_reminders} reminders of one person"))
                    continue
                await reminders.add(tx, _new(one, cause, person, address, self.settings), now)
                taken += 1
        return taken, known, left

    async def _answered(self, tx: Tx, turn: Turn, outcome: Outcome) -> str:
        """The answer; where a reminder was changed for it, its person is told so."""
        before = await reminder_changes.newest(tx, turn.person.id)
        reply = await outcome.write(tx) if outcome.write else outcome.reply
        assert reply is not None, "an outcome has a reply or changes that give one"
        newest = await reminder_changes.newest(tx, turn.person.id)
        if newest != before:
            who, verb = self.actor, outcome.intent.replace("_", ".", 1)
            await noted(tx, who, turn.now, verb, f"person:{turn.person.id}", person_id=turn.person.id)
            here, cause = turn.message.address, f"admin:change:{newest}"
            await tell(tx, who, turn.person, reply, cause, turn.now, at=here, language=turn.language)
        return reply.text

    async def _turn(self, tx: Tx, whose: str, words: str) -> Turn:
        person = await self._person(tx, whose)
        address = await self._address(tx, person, whose)
        language = _language(person, words, self.settings)
        return turn_of(person, address, words, language, self.clock.now(), self.settings)

    async def _person(self, tx: Tx, whose: str) -> Person:
        found = await acquaintances.called(tx, whose)
        if len(found) == 1:
            return found[0]
        what = f"several people are called {whose}" if found else f"nobody is called {whose}"
        raise RemoraError(what, "name the account: --person PLATFORM:ACCOUNT, such as telegram:12345")

    async def _address(self, tx: Tx, person: Person, whose: str) -> Address:
        address = await acquaintances.any_private_address(tx, person.id)
        if address is None:
            raise RemoraError(
                f"{whose} has never written in private, so there is nowhere to send to", "let them write once"
            )
        return address


def _language(person: Person, words: str, settings: Settings) -> Language:
    if person.language in ("en", "zh"):
        return language_of(person.language)
    return detect(words) if words else settings.default_language


def _new(one: Found, cause: str, person: Person, address: Address, settings: Settings) -> NewReminder:
    return NewReminder(
        person_id=person.id, cause=cause, address=address, text=one.text, language=_language(person, one.text, settings),
        zone=one.zone, starts_local=one.starts_local, next_due=one.due, next_local=one.local, rule=one.rule,
        link=one.link,
    )  # fmt: skip


def _row(number: int, one: Reminder, name: str) -> dict[str, Any]:
    return {
        "number": number, "id": one.id, "person": name, "text": one.text, "state": one.state, "kind": one.kind,
        "rings": _local(one.rings, one.zone), "paused_until": _local(one.paused_until, one.zone),
        "lateness": f"{one.late_policy}:{one.late_minutes}" if one.late_minutes else one.late_policy or "usual",
        "zone": one.zone, "rule": one.rule, "platform": one.address.platform,
        "chat": one.address.chat,
    }  # fmt: skip


def _local(moment: dt.datetime | None, zone: str) -> str | None:
    return None if moment is None else moment.astimezone(ZoneInfo(zone)).isoformat()
