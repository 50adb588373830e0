"""Facts that people told of themselves: what, from which sentence, since when, told where, used where. Each person's apart.

What was told in private is read in private alone; what was told in a chat, in that chat and in private.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa

from core.errors import ConfigurationError
from core.messages import Message
from core.store import people
from core.store.database import Tx
from core.store.reminders import address_key_prefix
from core.store.tables import inbox, person, turn
from core.store.tables.intents import intent_inbox
from core.store.tables.memory import fact, fact_use, memory_pause
from core.store.tables.talks import turn_prompt

log = logging.getLogger(__name__)

MOST = 500
"""Facts of one person."""
LONGEST = 1_000
"""Characters of one fact."""
Mode: TypeAlias = Literal["on", "off", "incognito"]
How: TypeAlias = Literal["prompt", "answer"]


@dataclass(frozen=True, slots=True)
class Statement:
    """What a sentence says of its writer. The newest statement of a `key` holds; "" is a note, one of many.

    `value` "" takes back what was said under that key: the value `text`, or whichever there is."""

    key: str
    value: str
    text: str
    """In the writer's own words."""
    said: str = ""
    """The sentence."""


@dataclass(frozen=True, slots=True)
class Fact:
    id: int
    person_id: int
    key: str
    value: str
    text: str
    said: str
    language: str
    platform: str
    address_key: str
    """The chat where it was told; "" in private."""
    link: str
    inbox_id: int | None
    asked: bool
    """The person asked to have it remembered."""
    pinned: bool
    told_at: dt.datetime
    edited_at: dt.datetime | None
    replaced_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Known:
    """What may be used of a person where they just wrote, and whether anything may."""

    facts: tuple[Fact, ...] = ()
    """The oldest first; of what was told in several places, one."""
    mode: Mode = "on"

    @property
    def usable(self) -> tuple[Fact, ...]:
        return self.facts if self.mode == "on" else ()


NOTHING = Known()


@dataclass(frozen=True, slots=True)
class Use:
    """That a fact went into the answer to a message."""

    fact_id: int
    inbox_id: int
    address_key: str
    how: str
    used_at: dt.datetime


def place(message: Message) -> str:
    """Where what a message tells may be used again."""
    return "" if message.private else chat(message)


def chat(message: Message) -> str:
    """The chat of a message, in private too: where a person may be incognito."""
    return address_key_prefix(message.address)


_ALL = sa.select(fact).where(fact.c.person_id == sa.bindparam("whose")).order_by(fact.c.id)
_ACTIVE = _ALL.where(fact.c.replaced_at.is_(None))
_ACTIVE_HERE = _ACTIVE.where(fact.c.address_key == sa.bindparam("here"))
_PAUSES = sa.select(memory_pause.c.address_key, memory_pause.c.since).where(
    memory_pause.c.person_id == sa.bindparam("whose")
)


def _fact(row: sa.Row[Any]) -> Fact:
    number, whose, platform, where, language, about, text, said, link, inbox_id, *rest = tuple(row)
    asked, pinned, told, edited, replaced = rest
    key, value = json.loads(about)
    return Fact(
        number, whose, key, value, text, said, language, platform, where, link, inbox_id, bool(asked), bool(pinned), told,
        edited, replaced,
    )  # fmt: skip


async def known(tx: Tx, person_id: int, message: Message) -> Known:
    """What may be used in answer to this message."""
    here = place(message)
    try:
        facts = await (told_in(tx, person_id, here) if here else active(tx, person_id))
    except ConfigurationError as error:  # sealed with a key that is lost: everything else still works
        log.error("what is remembered cannot be read", extra={"why": error.what})
        return Known(mode="off")
    once = {(one.key, one.value, one.text): one for one in reversed(facts)}
    return Known(tuple(sorted(once.values(), key=lambda one: one.id)), await mode(tx, person_id, message))


async def told_in(tx: Tx, person_id: int, where: str) -> list[Fact]:
    """All that holds of a person and was told in a chat."""
    return [_fact(row) for row in await tx.rows(_ACTIVE_HERE, {"whose": person_id, "here": where})]


async def active(tx: Tx, person_id: int) -> list[Fact]:
    """All that holds of a person, wherever it was told, the oldest first."""
    return [_fact(row) for row in await tx.rows(_ACTIVE, {"whose": person_id})]


async def everything(tx: Tx, person_id: int) -> list[Fact]:
    """The same, with what was replaced since."""
    return [_fact(row) for row in await tx.rows(_ALL, {"whose": person_id})]


async def get(tx: Tx, fact_id: int, person_id: int) -> Fact | None:
    """One that holds; None where it is gone, or another person's."""
    row = await tx.row(_ACTIVE.where(fact.c.id == fact_id), {"whose": person_id})
    return _fact(row) if row else None


async def add(
    tx: Tx, person_id: int, told: Sequence[Statement], message: Message, now: dt.datetime, **more: Any
) -> int:
    """Keeps what was told, instead of what was said before under the same keys; returns how many facts are new or gone.
    What is known here already, or would be one too many, changes nothing. `more`: other columns of the facts."""
    await tx.row(sa.select(person.c.id).where(person.c.id == person_id).with_for_update())
    have, where, changed = await active(tx, person_id), place(message), 0
    for one in told:
        rivals = [old for old in have if one.key and old.key == one.key and _gives_way(old, one)]
        await retire(tx, [old.id for old in rivals], now)
        have = [old for old in have if old not in rivals]
        same = [
            old for old in have if (old.value.lower() == one.value.lower() if one.key and one.key == old.key else old.text == one.text)
        ]  # fmt: skip
        changed += len(rivals) if not one.value else 0
        if not one.value or any(old.address_key == where for old in same) or len(have) >= MOST:
            continue
        values = {
            "person_id": person_id, "platform": message.address.platform, "address_key": where, "text": one.text,
            "about": json.dumps([one.key, one.value], ensure_ascii=False), "said": one.said, "link": message.link,
            "told_at": now, "pinned": any(old.pinned for old in rivals), **more,
        }  # fmt: skip
        made = await tx.insert(fact, values)
        changed += 1
        new = await get(tx, made, person_id)
        assert new is not None, "it was just inserted"
        have.append(new)
    return changed


def _gives_way(old: Fact, new: Statement) -> bool:
    if not new.value:
        return new.text.lower() in ("", old.value.lower())
    return old.value.lower() != new.value.lower()


async def retire(tx: Tx, ids: Collection[int], now: dt.datetime) -> None:
    """These hold no longer; they are kept as history."""
    if ids:
        await tx.run(sa.update(fact).where(fact.c.id.in_(ids)).values(replaced_at=now))


async def edit(tx: Tx, one: Fact, told: Statement, now: dt.datetime) -> Fact | None:
    """Puts other words in the place of a fact's; returns it as it is now, or None where it was gone by then."""
    about = json.dumps([told.key, told.value], ensure_ascii=False)
    there = sa.and_(fact.c.id == one.id, fact.c.person_id == one.person_id, fact.c.replaced_at.is_(None))
    new = sa.update(fact).where(there).values(text=told.text, about=about, edited_at=now)
    changed = replace(one, text=told.text, key=told.key, value=told.value, edited_at=now)
    return changed if await tx.run(new) else None


async def pin(tx: Tx, fact_id: int, person_id: int, pinned: bool) -> bool:
    """A pinned fact goes into every prompt. False where it is gone, or another person's."""
    mine = sa.and_(fact.c.id == fact_id, fact.c.person_id == person_id, fact.c.replaced_at.is_(None))
    return bool(await tx.run(sa.update(fact).where(mine).values(pinned=pinned)))


async def forget(tx: Tx, person_id: int, ids: Collection[int] | None = None) -> int:
    """Deletes facts of a person for good, with all that was ever said under the same keys, and the messages that told
    them with their answers; None: all facts. Returns how many held until then."""
    all_of_them = await everything(tx, person_id)
    keys = {one.key for one in all_of_them if ids is None or one.id in ids} - {""}
    gone = [one for one in all_of_them if ids is None or one.id in ids or one.key in keys]
    await tx.run(sa.delete(fact).where(fact.c.person_id == person_id, fact.c.id.in_([one.id for one in gone])))
    await _forget_sources(tx, person_id, {one.inbox_id for one in gone if one.inbox_id is not None})
    own = sa.select(turn.c.id).where(turn.c.person_id == person_id)
    await tx.run(sa.delete(turn_prompt).where(turn_prompt.c.turn_id.in_(own)))  # any of them may have held it
    return sum(1 for one in gone if one.replaced_at is None)


async def _forget_sources(tx: Tx, person_id: int, messages: Collection[int]) -> None:
    mine = sa.and_(turn.c.person_id == person_id, turn.c.inbox_id.in_(messages))
    rows = await tx.rows(sa.select(turn.c.inbox_id, turn.c.said).where(mine)) if messages else ()
    waiting = sa.and_(intent_inbox.c.person_id == person_id, intent_inbox.c.text.in_([row.said for row in rows]))
    await tx.run(sa.delete(intent_inbox).where(waiting))
    ids = [row.inbox_id for row in rows]
    await people.forget_words(tx, await tx.rows(people.MESSAGES.where(inbox.c.id.in_(ids))))
    await tx.run(sa.delete(turn).where(mine))


async def note_used(tx: Tx, person_id: int, ids: Sequence[int], message_id: int, where: str, how: How, now: dt.datetime) -> None:  # fmt: skip
    """These facts of the person went into the answer to a message of the inbox. Those that are gone by now are left out."""
    mine = sa.select(fact.c.id).where(fact.c.person_id == person_id, fact.c.id.in_(ids))
    for row in await tx.rows(mine) if ids else ():
        values = {"fact_id": row.id, "inbox_id": message_id, "address_key": where, "how": how, "used_at": now}
        await tx.insert_once(fact_use, values, ("fact_id", "inbox_id"))


async def uses(tx: Tx, fact_id: int, person_id: int, limit: int = 20) -> list[Use]:
    """Where and when a fact was used, the newest first."""
    mine = sa.select(fact_use).join(fact).where(fact_use.c.fact_id == fact_id, fact.c.person_id == person_id)
    rows = await tx.rows(mine.order_by(fact_use.c.id.desc()).limit(limit))
    return [Use(row.fact_id, row.inbox_id, row.address_key, row.how, row.used_at) for row in rows]


async def used_for(tx: Tx, inbox_id: int, person_id: int) -> list[Fact]:
    """The facts that went into the answer to a message of this person."""
    ids = sa.select(fact_use.c.fact_id).where(fact_use.c.inbox_id == inbox_id)
    return [_fact(row) for row in await tx.rows(_ALL.where(fact.c.id.in_(ids)), {"whose": person_id})]


async def mode(tx: Tx, person_id: int, message: Message) -> Mode:
    pauses = {row.address_key for row in await tx.rows(_PAUSES, {"whose": person_id})}
    if chat(message) in pauses:
        return "incognito"
    return "off" if "" in pauses else "on"


async def pause(tx: Tx, person_id: int, where: str, now: dt.datetime) -> None:
    """From now on nothing is remembered of a person in a chat (the key of its address), or anywhere ("")."""
    mine = sa.and_(memory_pause.c.person_id == person_id, memory_pause.c.address_key == where)
    if not await tx.count(memory_pause, mine):
        await tx.insert(memory_pause, {"person_id": person_id, "address_key": where, "since": now})


async def resume(tx: Tx, person_id: int, where: str) -> dt.datetime | None:
    """It is remembered again; since when it was not, None where it was."""
    mine = sa.and_(memory_pause.c.person_id == person_id, memory_pause.c.address_key == where)
    row = await tx.row(sa.select(memory_pause.c.since).where(mine).order_by(memory_pause.c.since))
    await tx.run(sa.delete(memory_pause).where(mine))
    return row.since if row else None
