"""One reminder in full, and the rules on it: what becomes of it when it is late, and who may change it."""

from __future__ import annotations

from core.language.late_rule import LateRule
from core.language.phrases import say
from core.language.requests import ReminderRequest
from core.messages import Reply
from core.reminders import late_rules, wording
from core.reminders.quiet import zone_here
from core.reminders.recurrence import Rule
from core.reminders.rules_said import rule_said
from core.skills.base import Outcome, Turn
from core.skills.reminders.changing import choose, not_yours, remembered, seen, shown, shown_before
from core.skills.reminders.setting import NAME
from core.store import Tx, reminders
from core.store.reminders import Reminder


def requested(turn: Turn, request: ReminderRequest) -> Outcome:
    """Shows a reminder, or sets what is said of it being late or of who may change it."""
    pending = shown_before(turn)

    async def write(tx: Tx) -> Reply:
        if request.all and request.verb != "show":
            return await _of_channel(tx, turn, request.verb)
        found, only_see = await seen(tx, turn), request.verb in ("show", "whose")
        touched = await reminders.get(tx, turn.touched.id, turn.person.id) if turn.touched else None
        chosen = touched if touched and not request.which else choose(turn, found, request, pending, only_see=only_see)
        if isinstance(chosen, Reply):
            return chosen
        pending.update({"skill": NAME, "step": "set", "reminder": chosen.id})
        match request.verb:
            case "late" if request.late is not None:
                return await late_set(tx, turn, chosen, request.late)
            case "share" | "unshare":
                return await _shared(tx, turn, chosen, shared=request.verb == "share")
        return Reply(in_full(turn, chosen), wording.confirmation_buttons(turn.language, chosen), quiet=True)

    return Outcome(write=write, intent=f"reminder_{request.verb}", pending=pending)


async def late_set(tx: Tx, turn: Turn, reminder: Reminder, late: LateRule) -> Reply:
    """Gives a reminder another rule for being late; raises `Refused` where it has no next turn to wait for."""
    late_rules.check(late, turn.language, once=reminder.rule is None)
    reminder = await remembered(tx, turn, reminder, "late")
    await reminders.amend(tx, reminder.id, turn.now, late_policy=late.policy, late_minutes=late.minutes)
    changed = await reminders.get_any(tx, reminder.id) or reminder
    return Reply(
        say(turn.language, "late_set", rule=late_rules.late_said(turn.language, changed), **shown(turn, changed))
    )


def in_full(turn: Turn, reminder: Reminder) -> str:
    """Everything that is kept of a reminder and that its person can change."""
    language, zone = turn.language, zone_here(reminder.zone)
    lines = [say(language, "detail_when" if reminder.rings else "detail_rang", **shown(turn, reminder))]
    if reminder.rule:
        lines.append(say(language, "detail_repeats", rule=rule_said(Rule.parse(reminder.rule), language)))
    if until := reminder.rests_until(turn.now):
        lines.append(say(language, "detail_paused_until", until=wording.moment(language, until, zone, turn.now)))
    elif reminder.state == "paused":
        lines.append(say(language, "detail_paused"))
    lines.append(say(language, "detail_late", rule=late_rules.late_said(language, reminder)))
    if reminder.nag_minutes:
        every = wording.minutes(language, reminder.nag_minutes)
        lines.append(say(language, "detail_nags", minutes=every, most=reminder.nag_most))
    if reminder.kind == "channel":
        lines.append(say(language, "detail_shared" if reminder.shared else "detail_own"))
    if reminder.link:
        lines.append(say(language, "detail_link", link=reminder.link))
    return "\n".join(lines)


async def _shared(tx: Tx, turn: Turn, reminder: Reminder, *, shared: bool) -> Reply:
    """Who set a channel's reminder says who may change it."""
    if reminder.person_id != turn.person.id:
        return Reply(not_yours(turn, reminder))
    if reminder.kind != "channel":
        return Reply(say(turn.language, "share_own_only"))
    await remembered(tx, turn, reminder, "share")
    await reminders.amend(tx, reminder.id, turn.now, shared=shared)
    key = "share_one" if shared else "unshare_one"
    return Reply(say(turn.language, key, **shown(turn, reminder)))


async def _of_channel(tx: Tx, turn: Turn, verb: str) -> Reply:
    """What the channel agrees on holds for what is set from now on, and for what its speaker has set there."""
    here = turn.message.address
    if turn.message.private:
        return Reply(say(turn.language, "share_in_channel"))
    if verb == "whose":
        shared = await reminders.shared_here(tx, here)
    else:
        shared = verb == "share"
        await reminders.share_here(tx, here, shared, turn.person.id, turn.now)
        for one in await reminders.of_channel(tx, here, 1_000):
            if one.person_id == turn.person.id and one.shared != shared:
                await remembered(tx, turn, one, "share")
                await reminders.amend(tx, one.id, turn.now, shared=shared)
    return Reply(say(turn.language, "channel_shared" if shared else "channel_own"))
