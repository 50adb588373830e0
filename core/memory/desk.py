"""A person's memory in the hands of an admin: seen with a reason, corrected, pinned, forgotten; each in the log that the person
can read. Also everything of a person: exported, erased."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from core.admin.roles import Actor
from core.errors import RemoraError
from core.memory.statements import corrected
from core.retrieval.terms import terms
from core.store import Tx, acquaintances, memory, training
from core.store.memory import Fact, Use, privacy
from core.store.people import Person


async def person_called(tx: Tx, whose: str) -> Person:
    """The one that a name, a handle or "telegram:12345" means; raises `RemoraError` where it is nobody or several."""
    found = await acquaintances.called(tx, whose)
    if len(found) == 1:
        return found[0]
    what = f"several people are called {whose}" if found else f"nobody is called {whose}"
    raise RemoraError(what, "name the account: --person PLATFORM:ACCOUNT, such as telegram:12345")


async def seen(tx: Tx, actor: Actor, person_id: int, reason: str, now: dt.datetime) -> list[Fact]:
    """The facts that hold of a person, the oldest first. They see who looked, and why."""
    actor.need("text.reveal")
    await _note(tx, actor, "memory.see", person_id, now, reason=reason)
    return await memory.active(tx, person_id)


def about(facts: Sequence[Fact], words: str) -> list[Fact]:
    """Those that share a word with these, the likeliest first."""
    asked = {term: weight for term, _, weight in terms(words)}
    scored = [(sum(asked.get(term, 0.0) for term, _, _ in terms(f"{one.key} {one.text}")), one) for one in facts]
    return [one for score, one in sorted(scored, key=lambda pair: -pair[0]) if score >= min(0.3, *asked.values(), 1.0)]


async def uses(tx: Tx, actor: Actor, fact: Fact) -> list[Use]:
    """Where and when a fact was used, the newest first."""
    actor.need("people.edit")
    return await memory.uses(tx, fact.id, fact.person_id)


async def correct(tx: Tx, actor: Actor, person_id: int, fact_id: int, text: str, now: dt.datetime) -> Fact:
    """Other words for a fact. Raises `RemoraError` where it is gone, or the words are none or too many."""
    actor.need("people.edit")
    fact = await _get(tx, person_id, fact_id)
    if not text.strip() or len(text) > memory.LONGEST:
        raise RemoraError(f"a fact has 1 to {memory.LONGEST} characters", f"these are {len(text.strip())}")
    new = await memory.edit(tx, fact, corrected(fact, text.strip()), now)
    await _note(tx, actor, "memory.correct", person_id, now, {"fact": fact_id})
    return new or fact


async def pin(tx: Tx, actor: Actor, person_id: int, fact_id: int, pinned: bool, now: dt.datetime) -> None:
    """A pinned fact goes into every prompt of its person. Raises `RemoraError` where it is gone."""
    actor.need("people.edit")
    await _get(tx, person_id, fact_id)
    await memory.pin(tx, fact_id, person_id, pinned)
    await _note(tx, actor, "memory.pin" if pinned else "memory.unpin", person_id, now, {"fact": fact_id})


async def forget(tx: Tx, actor: Actor, person_id: int, fact_id: int | None, now: dt.datetime) -> int:
    """Deletes a fact for good, or all of them (None); returns how many. Raises `RemoraError` where it is gone."""
    actor.need("people.edit")
    if fact_id is not None:
        await _get(tx, person_id, fact_id)
    gone = await memory.forget(tx, person_id, None if fact_id is None else [fact_id])
    await _note(tx, actor, "memory.forget", person_id, now, {"facts": gone})
    return gone


async def export(tx: Tx, actor: Actor, person_id: int, reason: str, now: dt.datetime) -> dict[str, Any]:
    """All that is kept of a person, by table."""
    actor.need("text.reveal")
    await _note(tx, actor, "privacy.export", person_id, now, reason=reason)
    return await privacy.export(tx, person_id)


async def erase(tx: Tx, actor: Actor, person_id: int, now: dt.datetime) -> dict[str, Any]:
    """Deletes all that is kept of a person; returns the receipt: when, who, how many rows of each table, and `learned_as`: for
    `core.admin.learning.unlearned`, once this is committed."""
    actor.need("people.edit")
    await actor.note(tx, now, "privacy.erase", f"person:{person_id}")
    whose = await training.unlearn(tx, person_id, now)
    receipt = await privacy.erase(tx, person_id)
    return {"person": person_id, "erased_at": now.isoformat(), "by": actor.name, "rows": receipt, "learned_as": whose}


async def _get(tx: Tx, person_id: int, fact_id: int) -> Fact:
    fact = await memory.get(tx, fact_id, person_id)
    if fact is None:
        raise RemoraError(f"this person has no fact {fact_id}", "see: remora memory list --person")
    return fact


async def _note(
    tx: Tx, actor: Actor, verb: str, person_id: int, now: dt.datetime, detail: dict[str, Any] | None = None, *,
    reason: str = "",
) -> None:  # fmt: skip
    await actor.note(tx, now, verb, f"person:{person_id}", detail, reason=reason, person_id=person_id)
