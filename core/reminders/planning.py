"""Putting what is about to ring into the outbox: its words, its moment, and the reminder moved on, in one transaction."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.language.phrases import language_of, say
from core.messages import Reply
from core.ports import Clock
from core.reminders import lateness, schedule, wording
from core.reminders.quiet import held_until, zone_here
from core.reminders.recurrence import Occurrence, Rule, RuleError, last_at, next_after, occurrences
from core.store import Store, Tx, planning, reminders
from core.store.planning import Due, Occasion
from core.store.reminders import Reminder

log = logging.getLogger(__name__)

HORIZON = dt.timedelta(seconds=60)
BATCH = 100
_BREATH = 25
"""Reminders worked out before others get a turn on the event loop."""
UNREADABLE = (RuleError, ZoneInfoNotFoundError, ValueError, KeyError, OverflowError, TypeError, AttributeError)
"""What a row can cause that was damaged, or written by another version."""
_SKIPS_KEPT = 10
"""Rows kept of the occurrences that one reminder missed in a downtime."""


class Planner:
    """Plans a minute ahead, in chunks, and has what is late judged once everything that is due is planned."""

    def __init__(self, store: Store, clock: Clock, wake: Callable[[], None]) -> None:
        """`wake` is called when there is something new in the outbox."""
        self._store = store
        self._clock = clock
        self._wake = wake

    async def tick(self) -> None:
        """Called about once a second."""
        while await self._chunk():
            self._wake()
            await asyncio.sleep(0)

    async def _chunk(self) -> int:
        async with self._store.read() as tx:
            if not await planning.waits(tx, self._clock.now() + HORIZON, self._clock.now()):
                return 0
        async with self._store.write() as tx:
            return await plan_due(tx, self._clock.now())


async def plan_due(tx: Tx, now: dt.datetime) -> int:
    """Plans what rings within the horizon, at most `BATCH` at once, and when there is no more, judges what is late;
    returns how many reminders and late messages it dealt with: call it again until there are none.

    After a downtime a repeating reminder rings once for all the occurrences it missed: the latest of them.
    """
    if not await planning.alone(tx):
        return 0
    due, broken = await planning.due(tx, now + HORIZON, BATCH)
    occasions: list[Occasion] = []
    moves: list[tuple[int, dt.datetime | None, str | None]] = []
    for number, one in enumerate(due, 1):
        try:
            made, move = planned(one, now)
        except UNREADABLE as error:
            log.error("a reminder cannot be planned", extra={"reminder": one.reminder.id, "error": str(error)})
            broken.append(one.reminder.id)
            continue
        occasions += made
        moves.append(move)
        if number % _BREATH == 0:
            await asyncio.sleep(0)
    await planning.put(tx, [await _worded(tx, one) for one in occasions], now)
    await reminders.advance_all(tx, moves)
    await planning.finish(tx, [(one.reminder.id, one.due_at) for one in occasions if one.state == "skipped"])
    if broken:
        await planning.park(tx, broken, now)
    if len(due) + len(broken) >= BATCH:
        return len(due)
    return len(due) + len(broken) + await lateness.judge(tx, now)


def planned(due: Due, now: dt.datetime) -> tuple[list[Occasion], tuple[int, dt.datetime | None, str | None]]:
    """The rows of a reminder's next occurrence, and where the reminder goes from there."""
    reminder = due.reminder
    missed, this, following = _occurrences(reminder, now)
    reply = wording.ringing(reminder)
    skipped = [replace(_occasion(reminder, one, reply), state="skipped", reason=why) for one, why in missed]
    expires_at = lateness.expiry(due, this.utc, following.utc if following else None)
    occasion = replace(_occasion(reminder, this, reply), expires_at=expires_at)
    if this.utc > now - HORIZON and (until := held_until(this.utc, due.quiet, reminder.zone)):
        occasion = _held(occasion, reminder, until, now)
    return [*skipped, occasion], (
        reminder.id, following.utc if following else None, following.key if following else None,
    )  # fmt: skip


def _occasion(reminder: Reminder, occurrence: Occurrence, reply: Reply) -> Occasion:
    return Occasion(f"reminder:{reminder.id}:{occurrence.key}", reminder, reply, occurrence.utc)


async def _worded(tx: Tx, occasion: Occasion) -> Occasion:
    """The same; the morning's schedule gets its lines only now, since it lists what else rings that day."""
    if occasion.reminder.kind != "digest" or occasion.state != "planned":
        return occasion
    try:
        return replace(occasion, reply=await schedule.morning(tx, occasion.reminder, occasion.due_at))
    except UNREADABLE as error:
        log.error("a schedule cannot be read", extra={"reminder": occasion.reminder.id, "error": type(error).__name__})
        return occasion


def _held(occasion: Occasion, reminder: Reminder, until: dt.datetime, now: dt.datetime) -> Occasion:
    """The same at the end of the quiet hours, or skipped where it is not worth sending by then."""
    if occasion.expires_at is not None and occasion.expires_at <= until:
        return replace(occasion, state="skipped", reason="in quiet hours, and not worth sending after them")
    language = language_of(reminder.language)
    when = wording.moment(language, occasion.due_at, zone_here(reminder.zone), now)
    text = f"{occasion.reply.text}\n{say(language, 'held_quiet', when=when)}"
    reply = Reply(text, occasion.reply.choices, occasion.reply.plain)
    return replace(occasion, reply=reply, due_at=until)


def _occurrences(
    reminder: Reminder, now: dt.datetime
) -> tuple[list[tuple[Occurrence, str]], Occurrence, Occurrence | None]:
    """What was missed with its reason, what rings now or next, and what comes after it."""
    assert reminder.next_due is not None, "only reminders with a next moment are due"
    this = Occurrence(_nominal(reminder.next_local or ""), reminder.next_due)
    if reminder.rule is None:
        return [], this, None
    rule, zone = Rule.parse(reminder.rule), ZoneInfo(reminder.zone)
    start = dt.datetime.fromisoformat(reminder.starts_local)
    following = next_after(rule, start, zone, this.utc)
    if following is None or following.utc > now:
        return [], this, following
    latest = last_at(rule, start, zone, now) or this
    return _missed(rule, start, zone, this, latest), latest, next_after(rule, start, zone, latest.utc)


def _missed(
    rule: Rule, start: dt.datetime, zone: ZoneInfo, first: Occurrence, latest: Occurrence
) -> list[tuple[Occurrence, str]]:
    """The occurrences before the latest one; of many the first ones, the last of them standing for the rest."""
    reason = f"missed; {latest.utc:%Y-%m-%d %H:%M} UTC rings for it"
    found = [(first, reason)]
    for one in islice(occurrences(rule, start, zone, first.utc), _SKIPS_KEPT + 1):
        if first.utc < one.utc < latest.utc:
            found.append((one, reason))
    if len(found) >= _SKIPS_KEPT:
        found[-1] = (found[-1][0], f"missed, with all up to the one of {latest.utc:%Y-%m-%d %H:%M} UTC, which rings")
    return found


def _nominal(key: str) -> dt.datetime:
    """The wall-clock time that `Occurrence.key` was made of."""
    local, _, second_pass = key.partition("/")
    return dt.datetime.fromisoformat(local).replace(fold=1 if second_pass else 0)
