"""Time that passes when it is told to; whatever is due on the way is done."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable
from contextlib import suppress

from bots._app import App
from core.reminders.planning import plan_due
from core.store import reminders

NEVER = 1e7
"""Seconds, as a lease: nobody else is here to take over from, and a jump of the clock is no downtime."""
_SETTLES = 20.0
_MOST_STOPS = 500


async def settle(app: App) -> None:
    """Everything that is due is said."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_SETTLES):
            while True:
                async with app.store.write() as tx:
                    if not await plan_due(tx, app.clock.now()):
                        break
            app.deliverer.wake()
            await app.settled()


async def forward(app: App, length: dt.timedelta | None, jump_to: Callable[[dt.datetime], None]) -> None:
    """Time passes, and stops wherever something rings; without `length` at the next reminder."""
    end = None if length is None else app.clock.now() + length
    for _ in range(_MOST_STOPS):
        await settle(app)
        async with app.store.read() as tx:
            found = await reminders.open_everywhere(tx, "", "", _MOST_STOPS)
        now = app.clock.now()
        following = min((when for one in found if (when := one.rings) is not None and when > now), default=None)
        if following is None or (end is not None and following > end):
            break
        jump_to(following)
        await settle(app)
        if end is None:
            return
    jump_to(end or app.clock.now())
    await settle(app)
