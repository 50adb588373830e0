"""Nag until done: after a reminder was delivered, it comes again every so often, at most so many times."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace

from core.language.phrases import language_of, say
from core.messages import Reply
from core.reminders.quiet import held_until
from core.store import Tx, outbox, planning, reminders
from core.store.outbox import ClaimedDelivery, Planned

_NAG = re.compile(r":nag:(\d+)$")


async def plan(tx: Tx, delivered: Sequence[ClaimedDelivery], now: dt.datetime) -> None:
    """Plans the next nag of those just delivered that are not done, cancelled, paused or snoozed. What rings by itself
    ends the nagging for what rang before it."""
    nags_first = sorted(delivered, key=lambda one: (_NAG.search(one.delivery.cause) is None, one.due_at))
    rang = {one.reminder_id: one for one in nags_first if one.reminder_id is not None}
    if not rang:
        return
    for nag in await planning.nags(tx, list(rang)):
        one = rang[nag.reminder_id]
        found = _NAG.search(one.delivery.cause)
        number = int(found[1]) + 1 if found else 1
        if not found:
            await outbox.cancel_nags(tx, nag.reminder_id, now)
        if number > nag.most or (found and nag.planned):
            continue
        due_at = now + dt.timedelta(minutes=nag.minutes)
        again = Planned(
            cause=f"{_NAG.sub('', one.delivery.cause)}:nag:{number}",
            address=one.delivery.address,
            reply=_again(nag.language, nag.text, one.delivery.reply, number, nag.most),
            due_at=held_until(due_at, nag.quiet, nag.zone) or due_at,
            person_id=one.person_id,
            reminder_id=one.reminder_id,
        )
        await outbox.add(tx, again, now)
        await reminders.keep_open(tx, nag.reminder_id)


def _again(spoken: str, text: str, reply: Reply, number: int, most: int) -> Reply:
    language = language_of(spoken)
    said = say(language, "nag", task=text or say(language, "reminder_untitled"), number=number, most=most)
    return replace(reply, text=said, plain=True)
