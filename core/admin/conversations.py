"""Conversations for admins: how a reply came out, taking over and handing back, labels, copies, deletion. Pages and command line
call the same."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from core.admin import knowledge, reveal
from core.admin.roles import Actor, Denied
from core.intents.checks import same_words
from core.intents.definition import LONGEST_EXAMPLE
from core.language.detect import detect
from core.language.phrases import Language, language_of, say
from core.messages import Address, Reply
from core.ports import Clock
from core.skills.base import LED
from core.store import Store, Tx, intents, outbox
from core.store.admin import audit, conversations, takeovers
from core.store.admin.conversations import Conversation, TurnRow
from core.store.admin.takeovers import Takeover
from core.store.codec import address_from_json
from core.store.outbox import Planned

HOURS = 4
"""After so much silence of whoever took a conversation over, the assistant answers there again."""
LONGEST = 4_000
SWEEP_SECONDS = 30.0


def subject(of: Conversation) -> str:
    """What reveals and the audit log call it."""
    return f"conversation:{of.id}"


def shown(name: str) -> str:
    """The admin's name as people are told it."""
    return name.partition(":")[2] or name


# --- how a reply came out


def explained(row: TurnRow) -> list[tuple[str, str]]:
    """What is known of how a reply came out, as names and values, without anybody's words."""
    trace: Mapping[str, Any] = row.trace
    phases = ", ".join(f"{phase} {value:g} ms" for phase, value in dict(trace.get("ms", {})).items())
    took = dict(trace.get("ms", {})).get("model", 0.0)
    generated = int(trace.get("generated", 0))
    found = {
        "intent": row.intent,
        "zone": f"{trace['zone']} ({trace.get('how', '')})" if trace.get("zone") else "",
        "scores": ", ".join(f"{name} {score:.2f}" for name, score in trace.get("ranking", ())),
        "release": trace.get("release", ""),
        "skill": trace.get("skill", ""),
        "model": " ".join(part for part in (trace.get("model") or row.model, trace.get("version", "")) if part),
        "sampling": ", ".join(
            f"{name} {value}" for name, value in trace.get("sampling", {}).items() if value is not None
        ),
        "prompt_tokens": trace.get("prompt_tokens", ""),
        "facts": ", ".join(map(str, trace.get("facts", ()))),
        "passages": ", ".join(map(str, trace.get("passages", ()))),
        "generated": f"{generated} ({generated / took * 1000:.1f}/s)" if generated and took else generated or "",
        "finish": trace.get("finish", ""),
        "time": phases,
    }
    return [(name, str(value)) for name, value in found.items() if value not in ("", None, 0)]


# --- taking over and handing back


async def take_over(
    tx: Tx, actor: Actor, of: Conversation, reason: str, now: dt.datetime, default: Language
) -> Takeover | None:
    """From now on this admin writes there and the assistant is silent; the person is told. None where somebody holds it."""
    actor.need("conversations.lead")
    told = reveal.reason_of(reason)
    for old in await takeovers.over(tx, now):
        await _end(tx, old, "remora", now)
    language = await _language(tx, of, default)
    until = now + dt.timedelta(hours=HOURS)
    taken = await takeovers.take(tx, of.person_id, of.place, actor.name, actor.admin_id, language, now, until)
    if taken is not None:
        await _noted(tx, actor, "conversation.take_over", of, now, told)
        await _tell(tx, of, say(language, "lead_begins", who=shown(actor.name)), taken, now)
    return taken


def mine(taken: Takeover, actor: Actor) -> bool:
    """Whether it is this admin's: by their account, and by name only where they act without one."""
    return taken.admin_id == actor.admin_id and (actor.admin_id is not None or taken.held_by == actor.name)


async def write(tx: Tx, actor: Actor, of: Conversation, words: str, now: dt.datetime) -> None:
    """Sends what the admin who holds a conversation writes, signed; raises `Denied` where they do not hold it, or for words
    that cannot be sent."""
    taken = await _held(tx, actor, of, now)
    text = words.strip()
    if not text or len(text) > LONGEST:
        raise Denied("lead_words", limit=LONGEST)
    await _tell(tx, of, say(language_of(taken.language), "lead_says", who=shown(actor.name), text=text), taken, now)
    await takeovers.extend(tx, taken.id, now + dt.timedelta(hours=HOURS))
    newest = await conversations.turns(tx, of, words=False, also=taken, limit=1)
    if newest and newest[0].intent == LED:
        await conversations.answered(tx, newest[0].id, text)
    await audit.add(
        tx, now, actor.name, "conversation.write", subject(of), {"characters": len(text)}, client=actor.client,
        person_id=of.person_id,
    )  # fmt: skip


async def hand_back(tx: Tx, actor: Actor, of: Conversation, now: dt.datetime) -> None:
    """The assistant answers there again; the person is told. An owner may end what another holds."""
    actor.need("conversations.lead")
    taken = await takeovers.holder(tx, of.person_id, of.place, now)
    if taken is None:
        raise Denied("lead_nobody")
    if not mine(taken, actor) and not actor.may("admins.edit"):
        raise Denied("lead_other", who=shown(taken.held_by))
    await _end(tx, taken, actor.name, now, actor.client)


async def _held(tx: Tx, actor: Actor, of: Conversation, now: dt.datetime) -> Takeover:
    actor.need("conversations.lead")
    taken = await takeovers.holder(tx, of.person_id, of.place, now)
    if taken is None:
        raise Denied("lead_nobody")
    if not mine(taken, actor):
        raise Denied("lead_other", who=shown(taken.held_by))
    return taken


async def _end(tx: Tx, taken: Takeover, who: str, now: dt.datetime, client: str = "") -> None:
    if not await takeovers.give_back(tx, taken.id):
        return
    of = await conversations.newest_of(tx, taken.person_id, taken.place)
    where = subject(of) if of else f"person:{taken.person_id}"
    detail = {"held_by": taken.held_by}
    await audit.add(tx, now, who, "conversation.hand_back", where, detail, client=client, person_id=taken.person_id)
    if of is not None:
        await _tell(tx, of, say(language_of(taken.language), "lead_ends"), taken, now)


async def _tell(tx: Tx, of: Conversation, text: str, taken: Takeover, now: dt.datetime) -> None:
    cause = f"lead:{taken.id}:{secrets.token_hex(6)}"
    where = await _where(tx, of, taken)
    await outbox.add(tx, Planned(cause, where, Reply(text, plain=True), now, person_id=of.person_id), now)


async def _where(tx: Tx, of: Conversation, taken: Takeover) -> Address:
    """Where the person wrote last: in a private chat each thread is an address of its own."""
    newest = await conversations.turns(tx, of, words=False, also=taken, limit=1)
    message = await conversations.message_of(tx, newest[0].inbox_id) if newest else None
    return address_from_json(message["address"]) if message else of.address


async def _language(tx: Tx, of: Conversation, default: Language) -> Language:
    if of.language:
        return language_of(of.language)
    for row in await conversations.turns(tx, of, words=True, limit=5):
        if row.said and any(character.isalpha() for character in row.said) and not row.said.startswith("/"):
            return detect(row.said)
    return default


async def _noted(
    tx: Tx, actor: Actor, verb: str, of: Conversation, now: dt.datetime, reason: str = "", **detail: object
) -> None:
    await audit.add(
        tx, now, actor.name, verb, subject(of), detail, reason=reason, client=actor.client, person_id=of.person_id
    )


def ending(store: Store, clock: Clock, wake: Callable[[], None]) -> Callable[[], Any]:
    """A tick that hands back what nobody has written in for `HOURS`."""

    async def tick() -> None:
        async with store.read() as tx:
            waiting = await takeovers.over(tx, clock.now())
        if waiting:
            async with store.write() as tx:
                for taken in await takeovers.over(tx, clock.now()):
                    await _end(tx, taken, "remora", clock.now())
            wake()

    return tick


# --- labels, notes, copies, the end


async def to_be_labelled(tx: Tx, actor: Actor, of: Conversation, turn_id: int, bot: str, now: dt.datetime) -> bool:
    """Puts what was said in a turn among what waits to be labelled; False where it cannot be an example."""
    actor.need("conversations.lead")
    row = await conversations.turn_of(tx, turn_id, words=True, of=of)
    said = row.said or "" if row is not None else ""
    key = same_words(said)
    if not key or len(said) > LONGEST_EXAMPLE or said.startswith("/"):
        return False
    await intents.note_unsure(tx, bot, of.person_id, intents.Unsure(key, said, detect(said), "flagged"), now)
    await _noted(tx, actor, "conversation.label", of, now, turn=turn_id)
    return True


async def note(tx: Tx, actor: Actor, of: Conversation, turn_id: int | None, text: str, now: dt.datetime) -> None:
    """Keeps what an admin notes beside a conversation."""
    actor.need("conversations.lead")
    if not text.strip() or len(text) > LONGEST:
        raise Denied("lead_words", limit=LONGEST)
    await conversations.note(tx, of.id, turn_id, actor.name, text.strip(), now)
    await _noted(tx, actor, "conversation.note", of, now, turn=turn_id)


async def drop_note(tx: Tx, actor: Actor, of: Conversation, note_id: int, now: dt.datetime) -> None:
    actor.need("conversations.lead")
    if await conversations.drop_note(tx, of.id, note_id):
        await _noted(tx, actor, "conversation.note_delete", of, now, note=note_id)


async def delete(tx: Tx, actor: Actor, of: Conversation, now: dt.datetime) -> int:
    """Deletes a conversation for good; returns how many turns."""
    actor.need("conversations.lead")
    turns = await conversations.delete(tx, of)
    await _noted(tx, actor, "conversation.delete", of, now, turns=turns)
    return turns


async def prompt(tx: Tx, actor: Actor, of: Conversation, turn_id: int) -> list[tuple[str, str]] | None:
    """What the model was asked; None where that is not kept, or there stands what the actor may not read: a document that is
    quoted somewhere in the conversation."""
    closed = await knowledge.closed_to(tx, actor)
    before = await conversations.turns(tx, of, words=False, limit=5_000) if closed else []
    return (
        None if any(knowledge.quotes(row.trace, closed) for row in before) else await conversations.prompt(tx, turn_id)
    )


async def export(
    tx: Tx, actor: Actor, of: Conversation, reason: str, now: dt.datetime, language: Language = "en"
) -> str:
    """A conversation as JSON, its newest 5,000 turns; noted with the reason as a reveal is."""
    await reveal.noted(tx, actor, "text.export", subject(of), of.person_id, reason, now)
    rows = await conversations.turns(tx, of, words=True, limit=5_000)
    rows = knowledge.without(rows, await knowledge.closed_to(tx, actor), language)
    data = {
        "conversation": of.id, "person": of.name, "platform": of.address.platform, "chat": of.address.chat,
        "started_at": of.started_at.isoformat(), "last_at": of.last_at.isoformat(),
        "turns": [
            {"id": row.id, "at": row.started_at.isoformat(), "said": row.said, "replied": row.replied,
             "intent": row.intent, "ratings": list(row.ratings), "trace": row.trace}
            for row in reversed(rows)
        ],
    }  # fmt: skip
    return json.dumps(data, ensure_ascii=False, indent=1)
