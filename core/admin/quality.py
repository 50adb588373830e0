"""Catalogs measured against each other: two releases, or a release and the drafts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from core.admin import reveal
from core.admin.intents import Comparison, compared, stamp
from core.admin.roles import Actor
from core.intents.definition import Intent
from core.intents.problems import faults
from core.store import intents

if TYPE_CHECKING:
    from core.admin.desk import Desk

DRAFTS = "drafts"
SHOWN, MOST_PEOPLE = 200, 500
"""Sentences that are listed, and people whose words are revealed at once."""


async def side(desk: Desk, which: str) -> tuple[Intent, ...]:
    """The intents of a release by its number ("0": none yet), or the drafts."""
    if which == DRAFTS:
        return await desk.editing.edited()
    return await desk.editing.live(int(which)) if int(which) else ()


async def said_by(desk: Desk, which: str) -> str:
    """What tells a state of the drafts from another; releases never change."""
    return stamp(await desk.editing.drafts()) if which == DRAFTS else which


async def compared_sides(
    desk: Desk, one: str, other: str, days: int, step: Callable[[], None], actor: Actor
) -> Comparison:  # fmt: skip
    """Measures and tests the second side, and replays the last days on both. The run is noted with its figures, so that
    runs can be looked at over time."""
    before, after = await side(desk, one), await side(desk, other)
    since = desk.clock.now() - dt.timedelta(days=days)
    found = replace(await compared(desk.settings, desk.editing, days, before, after, step), since=since)
    async with desk.store.write() as tx:
        figures = {
            "f1": round(found.f1, 4), "tests": found.tests, "failed": len(faults(found.failed)),
            "intents": len(found.measured), "changed": len(found.changes), "against": one,
        }  # fmt: skip
        await actor.note(tx, desk.clock.now(), "intent.test", f"release:{other}", figures)
    return found


async def revealed(desk: Desk, actor: Actor, found: Comparison, reason: str) -> frozenset[str]:
    """Which of the sentences that are understood otherwise may be shown: those that are kept still, of at most `MOST_PEOPLE`.
    Each of these people gets to see that they were read, and why. Raises `Denied` without a reason."""
    now, whose = desk.clock.now(), defaultdict[str, set[int]](set)
    texts = [one.text for one in found.changes[:SHOWN]]
    people, shown = set[int](), set[str]()
    async with desk.store.write() as tx:
        for text, person in await intents.who_said(tx, texts, found.since or now):
            whose[text].add(person)
        for text in filter(whose.__contains__, texts):
            if len(people | whose[text]) <= MOST_PEOPLE:
                people |= whose[text]
                shown.add(text)
        reason = reveal.reason_of(reason)
        for person in sorted(people):
            await reveal.noted(tx, actor, "text.reveal", "intents:replay", person, reason, now)
    return frozenset(shown)
