"""What is kept of a person as a whole: not kept at all, learned from or not, told, and taken along."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

from core.language.phrases import counted, phrases, say
from core.messages import Choice, Reply
from core.reminders import wording
from core.render import literal, shortened
from core.skills.base import Outcome, Turn
from core.store import Tx, memory, training
from core.store.admin.audit import Entry
from core.store.memory import privacy, turns

LEARN = "memory:learn:"
"""What a button says, before "on" or "off"."""
_LONGEST_EXPORT = 12_000


def switch(turn: Turn, *, on: bool) -> Outcome:
    async def write(tx: Tx) -> Reply:
        if on:
            await memory.resume(tx, turn.person.id, "")
        else:
            await memory.pause(tx, turn.person.id, "", turn.now)
        return Reply(say(turn.language, "memory_on" if on else "memory_is_off"))

    return Outcome(write=write, intent="memory_switch", quiet=True)


def incognito(turn: Turn, *, on: bool) -> Outcome:
    """While it is on, nothing that is said here is remembered or found again; when it ends, it is deleted."""
    here = memory.chat(turn.message)

    async def write(tx: Tx) -> Reply:
        if on:
            await memory.pause(tx, turn.person.id, here, turn.now)
            return Reply(say(turn.language, "memory_is_incognito"))
        since = await memory.resume(tx, turn.person.id, here)
        if since is None:
            return Reply(say(turn.language, "incognito_was_off"))
        count = await turns.forget_since(tx, turn.person.id, here, since)
        return Reply(counted(turn.language, "incognito_off", count))

    return Outcome(write=write, intent="incognito", fresh_session=True, quiet=True)


def learn(turn: Turn, *, on: bool) -> Outcome:
    """Whether models may learn from what this person says: only they can say so."""

    async def write(tx: Tx) -> Reply:
        await (training.agree if on else training.disagree)(tx, turn.person.id, turn.now)
        return Reply(say(turn.language, "learn_on" if on else "learn_off"))

    return Outcome(write=write, intent="privacy", quiet=True)


async def overview(tx: Tx, turn: Turn) -> Reply:
    numbers = await privacy.counts(tx, turn.person.id)
    days = turn.settings.retention_days
    text = say(
        turn.language, "privacy",
        turns=numbers.get("turn", 0), facts=len(turn.memory.facts), reminders=numbers.get("reminder", 0),
        accounts=numbers.get("account", 0), kept=counted(turn.language, "privacy_days" if days else "privacy_for_ever", days),
    )  # fmt: skip
    looked = await privacy.looked(tx, turn.person.id, 10)
    lines = [f"- {_looked(turn, one)}" for one in looked]
    seen = "\n".join([say(turn.language, "privacy_looked"), *lines]) if lines else say(turn.language, "privacy_unseen")
    agreed = await training.consented(tx, turn.person.id)
    learned = say(turn.language, "learn_is_on" if agreed else "learn_is_off")
    verb = "off" if agreed else "on"
    other = Choice(say(turn.language, f"button_learn_{verb}"), LEARN + verb)
    return Reply(f"{text}\n\n{learned}\n\n{seen}\n\n{say(turn.language, 'privacy_how')}", (other,))


def _looked(turn: Turn, one: Entry) -> str:
    """When, who, what and why, in words."""
    when = wording.moment(turn.language, one.at, turn.zone or ZoneInfo("UTC"), turn.now)
    key = f"did_{one.verb.replace('.', '_')}"
    what = say(turn.language, key if key in phrases(turn.language) else "did_something", verb=literal(one.verb))
    said = f"{when}: **{literal(one.who.partition(':')[2] or one.who)}** {what}"
    return say(turn.language, "did_why", did=said, why=literal(one.reason)) if one.reason else said


async def export(tx: Tx, turn: Turn) -> Reply:
    """As much as messages hold: all but the deliveries, else the conversations left out, too."""
    left = ""
    data = await privacy.export(tx, turn.person.id)
    for some in (("outbox",), ("outbox", "turn")):
        text = json.dumps({name: rows for name, rows in data.items() if rows and name not in some}, ensure_ascii=False)
        if len(text) <= _LONGEST_EXPORT:
            break
        left = say(turn.language, "export_rest") + "\n\n"
    return Reply(left + shortened(text, _LONGEST_EXPORT), plain=True)
