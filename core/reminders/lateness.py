"""What becomes of a reminder that is late: sent and said why, gathered into a digest, or skipped and for what reason."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from core.language.phrases import Language, language_of, say
from core.messages import Address, Reply
from core.reminders import wording
from core.reminders.quiet import held_until, zone_here
from core.store import Tx, addresses, outbox, planning, workers
from core.store.outbox import PUNCTUAL, ClaimedDelivery, Planned
from core.store.planning import Due, Late
from core.store.workers import Downtime

LatePolicy: TypeAlias = Literal["send", "limit", "skip", "next"]

MOST_SINGLE = 3
"""A person with more late reminders than this gets a digest."""
_DIGEST_LINES = 40
_DIGEST_TEXT = 200
_A_DAY = dt.timedelta(hours=22, minutes=30)
"""The shortest distance of two daily occurrences: a day with a clock change is shorter."""
_LONGEST_GRACE = dt.timedelta(minutes=10)
_PAGE = 500


def default_policy(one_off: bool, gap: dt.timedelta | None) -> LatePolicy:
    """What a reminder does by its kind. `gap`: from this occurrence to the next, None where it is the last.

    What was asked for once is sent however late. What comes every day or less often is sent until it comes again.
    What comes more often waits for its next turn.
    """
    if one_off:
        return "send"
    return "next" if gap is not None and gap < _A_DAY else "limit"


def expiry(due: Due, due_at: dt.datetime, following: dt.datetime | None) -> dt.datetime | None:
    """Until when an occurrence is worth sending, by the reminder's rule; None: for ever."""
    gap = None if following is None else following - due_at
    policy = due.late_policy or default_policy(due.reminder.rule is None, gap)
    match policy:
        case "limit" if due.late_minutes:
            return due_at + max(dt.timedelta(minutes=due.late_minutes), PUNCTUAL)
        case "limit":
            return following
        case "skip":
            return due_at + PUNCTUAL
        case "next" if gap is not None:
            return due_at + max(min(gap / 2, _LONGEST_GRACE), PUNCTUAL)
    return None


async def judge(tx: Tx, now: dt.datetime) -> int:
    """Decides about everything late that is not decided yet, a page at a time; returns how many were decided.

    After a gap in which nobody ran, first the heartbeat has to note it: it is why things are late.
    """
    late = await planning.late(tx, now, _PAGE)
    alive = await workers.last_alive(tx) if late else None
    if not late or (alive is not None and now - alive > PUNCTUAL):
        return 0
    gaps = await workers.downtimes(tx, min(one.due_at for one in late))
    expired = [one for one in late if one.expires_at is not None and one.expires_at <= now]
    gone = {one.id for one in expired}
    to_send = [one for one in late if one.id not in gone]
    await planning.skip(tx, [(one, _why_expired(one, now)) for one in expired], now)
    for one in expired:
        if one.late_policy == "skip":
            await outbox.add(tx, _told(one, gaps, now), now)
    await planning.judge(tx, await _without_digests(tx, to_send, gaps, now))
    return len(late)


def _why_expired(one: Late, now: dt.datetime) -> str:
    late = wording.span("en", now - one.due_at)
    return f"{late} late, and not worth sending after {one.expires_at:%Y-%m-%d %H:%M} UTC"


def _told(one: Late, gaps: Sequence[Downtime], now: dt.datetime) -> Planned:
    """The short word instead of a reminder that is skipped."""
    language = language_of(one.language)
    zone = zone_here(one.zone)
    word = why_late(language, zone, one.due_at, now, gaps, one.reason)
    when = wording.moment(language, one.due_at, zone, now)
    text = say(language, "late_skipped", task=one.text or say(language, "reminder_untitled"), when=when, why=word)
    again = held_until(now, one.quiet, one.zone) or now
    return Planned(f"{one.cause}:told", one.address, Reply(text, plain=True), again, person_id=one.person_id)


async def _without_digests(
    tx: Tx, late: Iterable[Late], gaps: Sequence[Downtime], now: dt.datetime
) -> dict[int, dt.datetime]:
    """Makes the digests; returns what is sent by itself, and when."""
    alone: dict[int, dt.datetime] = {}
    by_person: dict[int, list[Late]] = defaultdict(list)
    for one in late:
        by_person[one.person_id].append(one)
    for person_id, theirs in by_person.items():
        groups = together(theirs)
        if len(theirs) > MOST_SINGLE and len(groups) > 1:
            private = set(await addresses.private(tx, person_id))
            groups.sort(key=lambda there: there[0].address not in private)
        for there in groups:
            if len(there) > 1:
                await _gather(tx, there[0].address, there, gaps, now)
            else:
                alone[there[0].id] = held_until(now, there[0].quiet, there[0].zone) or now
    return alone


def together(theirs: Sequence[Late]) -> list[list[Late]]:
    """What of a person's late reminders becomes one message each: at an address, if there are more of them than
    `MOST_SINGLE`."""
    if len(theirs) <= MOST_SINGLE:
        return [[one] for one in theirs]
    by_address: dict[Address, list[Late]] = defaultdict(list)
    for one in theirs:
        by_address[one.address].append(one)
    return list(by_address.values())


async def _gather(tx: Tx, address: Address, late: list[Late], gaps: Sequence[Downtime], now: dt.datetime) -> None:
    """One message instead of many; more only where their lines do not fit into one."""
    late.sort(key=lambda one: (one.due_at, one.id))
    for start in range(0, len(late), _DIGEST_LINES):
        page = late[start : start + _DIGEST_LINES]
        first = page[0]
        cause = f"digest:{first.cause}"
        again = held_until(now, first.quiet, first.zone) or now
        planned = Planned(cause, address, digest(page, gaps, now), again, person_id=first.person_id)
        await outbox.add(tx, planned, now)
        await planning.skip(tx, [(one, f"in {cause}") for one in page], now)


def digest(late: Sequence[Late], gaps: Sequence[Downtime], now: dt.datetime) -> Reply:
    """Late reminders with their times, in one message."""
    language, zone = language_of(late[0].language), zone_here(late[0].zone)
    gap = _gap_over(late[0].due_at, now, gaps)
    if gap is None or gap.kind == "clock":
        head = say(language, "digest_head", count=len(late))
    else:
        head = say(language, "digest_head_down", count=len(late), span=_between(language, zone, gap))
    lines = [
        say(language, "digest_line", when=_short(language, one.due_at, zone_here(one.zone)), task=_cut(language, one))
        for one in late
    ]
    return Reply("\n".join([head, *lines]), plain=True)


def _cut(language: Language, one: Late) -> str:
    text = " ".join(one.text.split()) or say(language, "reminder_untitled")
    return text if len(text) <= _DIGEST_TEXT else f"{text[: _DIGEST_TEXT - 1]}…"


def _short(language: Language, when: dt.datetime, zone: ZoneInfo) -> str:
    return wording.moment(language, when, zone, when).removesuffix(zone.key).strip()


async def with_words(tx: Tx, claimed: list[ClaimedDelivery], now: dt.datetime) -> list[ClaimedDelivery]:
    """The same deliveries; those of reminders that are late say how late, and why."""
    late = [one for one in claimed if one.reminder_id is not None and now - one.due_at >= PUNCTUAL]
    if not late:
        return claimed
    voices = await planning.voices(tx, [one.reminder_id for one in late if one.reminder_id is not None])
    gaps = await workers.downtimes(tx, min(one.due_at for one in late))
    said: dict[int, ClaimedDelivery] = {}
    for one in late:
        if one.reminder_id in voices:
            spoken, zone = voices[one.reminder_id]
            word = why_late(language_of(spoken), zone_here(zone), one.due_at, now, gaps, one.reason)
            text = f"{one.delivery.reply.text}\n{word}"
            reply = replace(one.delivery.reply, text=text)
            said[one.delivery.id] = replace(one, delivery=replace(one.delivery, reply=reply))
    return [said.get(one.delivery.id, one) for one in claimed]


def why_late(
    language: Language, zone: ZoneInfo, due_at: dt.datetime, now: dt.datetime, gaps: Sequence[Downtime], reason: str
) -> str:
    """ "(2 h 14 min late: I was down 08:12–10:31.)" """
    late = wording.span(language, now - due_at)
    gap = _gap_over(due_at, now, gaps)
    if gap is not None:
        return say(language, f"late_{gap.kind}", late=late, span=_between(language, zone, gap))
    return say(language, "late_platform" if reason else "late_busy", late=late)


def _gap_over(due_at: dt.datetime, now: dt.datetime, gaps: Sequence[Downtime]) -> Downtime | None:
    """The longest gap that lies between a moment and now, or over it."""
    over = [gap for gap in gaps if gap.ended_at > due_at and gap.began_at < now]
    return max(over, key=lambda gap: gap.ended_at - gap.began_at, default=None)


def _between(language: Language, zone: ZoneInfo, gap: Downtime) -> str:
    began, ended = gap.began_at.astimezone(zone), gap.ended_at.astimezone(zone)
    if began.date() == ended.date():
        return f"{began:%H:%M}–{ended:%H:%M}"
    return f"{_short(language, gap.began_at, zone)} – {_short(language, gap.ended_at, zone)}"
