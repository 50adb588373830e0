"""The personal schedule in words, and the morning's one that can be switched on and off. Shown in private only."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

from core.errors import Refused
from core.language.phrases import say
from core.language.times import understand_time
from core.language.values import Instant, Recurrence
from core.language.wishes import DigestWish
from core.messages import Reply
from core.reminders import creating, wording
from core.reminders import schedule as days
from core.reminders.rules_said import rule_said
from core.skills.base import Outcome, Turn
from core.skills.reminders.changing import cancelled
from core.skills.reminders.recipients import check_limit
from core.skills.reminders.setting import PREFERENCES
from core.store import Tx, reminders
from core.store.reminders import NewReminder

_HOUR = 8
_INTENT = "reminder_schedule"


def asked(turn: Turn, words: str) -> Outcome:
    """What rings on the days that are named."""
    zone = turn.zone
    if zone is None:
        return Outcome(Reply(say(turn.language, "ask_zone")), intent=_INTENT, pending={"skill": "profile"})
    if not turn.message.private:
        return Outcome(Reply(say(turn.language, "only_in_private"), quiet=True), intent=_INTENT)
    meant = days.days_meant(words, turn.now, zone) or days.days_meant("", turn.now, zone)
    assert meant is not None, "without words it is today"

    async def write(tx: Tx) -> Reply:
        shown = await days.shown(tx, turn.person.id, meant, zone, turn.now, turn.language, empty="schedule_free")
        return Reply(shown)

    return Outcome(write=write, intent=_INTENT)


def wished(turn: Turn, wish: DigestWish) -> Outcome:
    """Switches the morning's schedule on, to another time, or off."""
    if not turn.message.private:
        return Outcome(Reply(say(turn.language, "only_in_private"), quiet=True), intent="digest")
    if wish.on and turn.zone is None:
        return Outcome(Reply(say(turn.language, "ask_zone")), intent="digest", pending={"skill": "profile"})
    return Outcome(write=(lambda tx: _on(tx, turn, wish)) if wish.on else (lambda tx: _off(tx, turn)), intent="digest")


async def _off(tx: Tx, turn: Turn) -> Reply:
    running = await reminders.digest_of(tx, turn.person.id)
    if running is None:
        return Reply(say(turn.language, "digest_was_off"))
    await cancelled(tx, turn, running)
    return Reply(say(turn.language, "digest_off"))


async def _on(tx: Tx, turn: Turn, wish: DigestWish) -> Reply:
    zone = turn.zone or ZoneInfo("UTC")
    ring = creating.first_ring(_rule(turn, wish.when, zone), turn.now, zone, PREFERENCES, turn.language)
    assert ring.rule is not None, "a recurrence has a rule"
    running = await reminders.digest_of(tx, turn.person.id)
    if running is not None:
        await cancelled(tx, turn, running)
    else:
        await check_limit(tx, turn)
    new = NewReminder(
        person_id=turn.person.id,
        cause=f"turn:{turn.id}",
        address=turn.message.address,
        text=say(turn.language, "digest_title"),
        language=turn.language,
        zone=zone.key,
        starts_local=ring.starts_local.isoformat(),
        next_due=ring.due,
        next_local=ring.key,
        rule=ring.rule.text(),
        kind="digest",
    )
    kept = await reminders.add(tx, new, turn.now)
    assert kept.rings is not None, "a new reminder is going to ring"
    when = wording.moment(turn.language, kept.rings, zone, turn.now)
    rule = rule_said(ring.rule, turn.language)
    return Reply(say(turn.language, "digest_on", when=when, rule=rule))


def _rule(turn: Turn, words: str, zone: ZoneInfo) -> Recurrence:
    """Every day, or how often is said; at eight, or when is said; in the morning, where that is open."""
    usual = Recurrence("DAILY", times=(dt.time(_HOUR),))
    if not words:
        return usual
    for text in (words, f"every {words}", f"every day {words}"):
        when = understand_time(text, turn.now, zone, None, PREFERENCES).when
        if isinstance(when, Recurrence) and when.frequency not in ("HOURLY", "MINUTELY"):
            times = when.times or usual.times
            if when.ambiguous:
                times = tuple(sorted(time.replace(hour=time.hour % 12) for time in times))
            return replace(when, times=times[:1])
        if isinstance(when, Instant) and when.grain in ("minute", "hour"):
            clock = when.local.time()
            return replace(usual, times=(clock.replace(hour=clock.hour % 12) if when.ambiguous else clock,))
    raise Refused(say(turn.language, "reminder_unclear"))
