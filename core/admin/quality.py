"""Catalogs measured against each other: two releases, or a release and the drafts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from core.admin.intents import Comparison, compared, stamp
from core.admin.roles import Actor
from core.intents.definition import Intent
from core.intents.problems import faults

if TYPE_CHECKING:
    from core.admin.desk import Desk

DRAFTS = "drafts"


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
    found = await compared(desk.settings, desk.editing, days, before, after, step)
    async with desk.store.write() as tx:
        figures = {
            "f1": round(found.f1, 4), "tests": found.tests, "failed": len(faults(found.failed)),
            "intents": len(found.measured), "changed": len(found.changes), "against": one,
        }  # fmt: skip
        await actor.note(tx, desk.clock.now(), "intent.test", f"release:{other}", figures)
    return found
