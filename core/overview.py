"""All that is kept of one person, for the page or tab on which their platform shows it to them alone."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from core.errors import ConfigurationError, Refused
from core.language.detect import detect
from core.language.phrases import Language, language_of, say
from core.language.times import turned, understand_time
from core.language.values import Preferences
from core.reminders import creating, wording
from core.reminders.quiet import zone_here
from core.reminders.recurrence import Rule
from core.reminders.rules_said import rule_said
from core.store import Store, access, memory, people, reminders
from core.store.access import Place
from core.store.people import Person
from core.store.reminders import Reminder

_MOST = 500


@dataclass(frozen=True, slots=True)
class Overview:
    """As it was at `now`."""

    person: Person
    language: Language
    now: dt.datetime
    zone: ZoneInfo
    reminders: tuple[Reminder, ...]
    """What is to come, the next one first; the morning's schedule apart."""
    digest: Reminder | None
    turns: int
    """Messages of theirs that are kept with their answers."""
    about: Reminder | None = None
    """The one that was asked for, also if it has rung; None where it is not theirs, or gone."""
    facts: tuple[str, ...] = ()
    """What is remembered of the person, as it is said to them, the oldest first."""

    def moment(self, when: dt.datetime) -> str:
        return wording.moment(self.language, when, self.zone, self.now)

    def rule(self, reminder: Reminder) -> str:
        """How it repeats, in words; "" if it does not."""
        return rule_said(Rule.parse(reminder.rule), self.language) if reminder.rule else ""


async def of_account(
    store: Store, platform: str, workspace: str, account: str, language: Language, now: dt.datetime, about: int = 0
) -> Overview | None:
    """Of the person with that account; None if they never wrote to us, or may no longer. `language` is theirs where they chose none."""
    async with store.read() as tx:
        person = await people.find(tx, workspace, platform, account)
        if person is None or await access.role(tx, Place(platform, workspace, account)) == "removed":
            return None
        own = await reminders.open_of(tx, person.id, _MOST)
        turns = await people.count_turns(tx, person.id)
        asked = await reminders.get(tx, about, person.id) if about else None
        facts: list[str] = []
        with suppress(ConfigurationError):  # sealed with a key that is lost: nothing is known
            facts = [one.text.strip(" .。") for one in await memory.active(tx, person.id)]
    if person.language in ("en", "zh"):
        language = language_of(person.language)
    digest = next((one for one in own if one.kind == "digest"), None)
    rest = tuple(one for one in own if one.kind != "digest")
    there = asked if asked is not None and asked.state in ("active", "paused", "fired", "parked") else None
    return Overview(
        person,
        language,
        now,
        zone_here(person.zone or "UTC"),
        rest,
        digest,
        turns,
        there,
        tuple(turned(one, detect(one)) for one in dict.fromkeys(facts)),
    )


def stranger(name: str, zone: str | None, language: Language, now: dt.datetime) -> Overview:
    """Of somebody who has never written to us: what their platform says of them, and nothing else."""
    return Overview(Person(0, name, None, zone), language, now, zone_here(zone or "UTC"), (), None, 0)


def unclear(words: str, language: Language, zone: ZoneInfo, now: dt.datetime) -> str:
    """Why these words name no time at which a reminder could ring; "" if they do."""
    understood = understand_time(words, now, zone, language)
    if understood.problem is not None:
        return creating.problem_said(understood.problem, language)
    if understood.when is None:
        return say(language, "form_no_time")
    try:
        creating.first_ring(understood.when, now, zone, Preferences(), language)
    except Refused as refused:
        return refused.what
    return ""
