"""What happens to a message, in order: accept it, claim it, answer it, finish it in one transaction, have it delivered.

    adapter.listen -> accept   [T1: inbox row]  -> the platform may be told that we have it
    run -> _claim, _load       [T2: claim; then person, session, history, for each message by itself]
        -> engine.answer       (no transaction; the preview is shown meanwhile)
        -> _finish             [T3: skill writes, turn, outbox row, inbox done: all or nothing]
    Deliverer                  [T4: attempting] -> adapter.send -> [T5: receipt]          (`core/outbox.py`)

A process may die between any two of these; whoever looks next finds a row that says how far the message came.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from functools import partial

from core import metrics
from core.access import Door, without_code
from core.engine import Engine, cleaned
from core.errors import LeaseLost, Refused, StoreUnavailable
from core.intents.checks import same_words
from core.intents.definition import LONGEST_EXAMPLE
from core.language.detect import detect
from core.language.phrases import Language, language_of, say
from core.language.requests import refers_back
from core.messages import Address, Message, Reply
from core.outbox import Deliverer, back_off
from core.ports import Adapter, Clock, served
from core.previews import Preview
from core.reminders import closed, wording
from core.settings import Settings
from core.skills.base import LED, Outcome, Turn
from core.store import Store, Tx, edits, inbox, intents, memory, moved, notes, outbox, people, reminders
from core.store.access import Standing
from core.store.admin import takeovers
from core.store.glance import glance
from core.store.inbox import ClaimedMessage
from core.store.outbox import ClaimedDelivery, Planned
from core.store.people import PastTurn, TurnRecord
from core.trace import Trace

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
_CODES = re.compile(r"\b[A-Z]{0,4}[- ]?\d[A-Z\d-]*|\b(?:ok(?:ay)?|lol|haha)\b", re.IGNORECASE)
"""Numbers of orders and the like, which are of no language."""
_HISTORY_TURNS = 20
_STOP = "stop:"
"""With this in front, the key of an address: when somebody wanted no more of the reply that another process writes there."""
_JUST_NOW = dt.timedelta(minutes=15)
_LATELY = dt.timedelta(hours=12)
"""How long after a reminder was changed or rang a person may still call it "it"."""
_LED_SECONDS = 1.0
"""So often it is looked whether somebody of the team has taken a conversation over while the model writes."""
_FACTS_KEPT = 1_000
_STORE_PATIENCE = 60


@dataclass(frozen=True, slots=True)
class TurnFacts:
    """What a developer wants to see of an answered turn."""

    intent: str
    model: str
    milliseconds: float


class Turns:
    """Takes messages in and sees each through to its outbox row, many conversations at a time."""

    def __init__(
        self,
        store: Store,
        engine: Engine,
        adapters: Mapping[str, Adapter],
        deliverer: Deliverer,
        clock: Clock,
        settings: Settings,
        worker: str,
    ) -> None:
        self._store = store
        self._engine = engine
        self._adapters = adapters
        self._served = served(adapters.values())
        self._deliverer = deliverer
        self._clock = clock
        self._settings = settings
        self._worker = worker
        self._door = Door(settings, [name for name, adapter in adapters.items() if adapter.capabilities.open])
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._stops: dict[str, asyncio.Event] = {}
        self._abandoned: list[ClaimedMessage] = []
        self._draining = False
        self._waiting = 0
        """Messages accepted here and not yet claimed, as far as this process knows: saves empty claims."""
        self._backlog = True
        """Messages of an earlier process may wait."""
        self.facts: OrderedDict[str, TurnFacts] = OrderedDict()
        """By outbox cause, the newest turns only."""

    async def accept(self, message: Message) -> None:
        """Takes a message for good: when this returns, it is committed and will be answered once.

        Some are not answered: a "stop" ends the reply now being written at that address, also by another process; of a
        chat that is closed nothing is asked, but its reminders wait; one that moved takes all that is its own along.
        """
        if message.kind == "stop":
            if not self.stop(message.address):
                await self._tell_to_stop(message.address)
            return
        if not message.direct:
            return
        async with self._store.write(quick=True) as tx:
            if message.kind in ("closed", "moved"):
                await _heed(tx, message, self._clock.now())
                return
            added = await inbox.add(tx, message, self._clock.now())
        if added is not None:
            self._waiting += 1
            self._wake.set()

    def stop(self, address: Address) -> bool:
        """The person wants no more of the reply now being written at this address; False if none is, by this process."""
        if stop := self._stops.get(address.key()):
            stop.set()
        return stop is not None

    async def _tell_to_stop(self, address: Address) -> None:
        now = self._clock.now()
        async with self._store.write() as tx:
            await notes.forget(tx, _STOP, now - _JUST_NOW)
            await notes.put(tx, _STOP + address.key(), now.isoformat(), now)

    async def run(self) -> None:
        """Answers until `drain` is called; after that returns when the current replies are finished."""
        while not self._draining:
            self._wake.clear()
            room = self._settings.parallel_turns - len(self._running)
            if room <= 0:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
            elif not await self._start_turns(room) or not self._waiting:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), 1.0)
        if self._running:
            await asyncio.wait(self._running)

    def drain(self) -> None:
        """Claims nothing more."""
        self._draining = True
        self._wake.set()

    async def hurry(self) -> None:
        """Ends the running replies now; their messages go back to the inbox."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _start_turns(self, room: int) -> bool:
        try:
            claimed = await self._claim(room)
        except StoreUnavailable as error:
            log.error("cannot claim messages", extra={"why": error.what})
            return False
        if not claimed and not self._running:
            self._waiting, self._backlog = 0, False
        self._waiting = max(self._waiting - len(claimed), 0)
        for one in claimed:
            task = asyncio.create_task(self._take_turn(one), name=f"turn-{one.id}")
            self._running.add(task)
            task.add_done_callback(partial(self._ended, one))
        return bool(claimed)

    def _ended(self, claimed: ClaimedMessage, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a turn could not even be set aside", extra={"inbox": claimed.id, "error": type(error).__name__})
            self._abandoned.append(claimed)
        if self._waiting or self._backlog or self._draining:
            self._wake.set()

    async def _claim(self, room: int) -> list[ClaimedMessage]:
        abandoned = list(self._abandoned)
        async with self._store.write() as tx:
            for left in abandoned:
                with suppress(LeaseLost):
                    await inbox.release(tx, left)
            claimed = await inbox.claim(tx, self._worker, self._served, self._clock.now(), room)
        del self._abandoned[: len(abandoned)]
        return claimed

    async def _enter(self, tx: Tx, claimed: ClaimedMessage) -> Standing | None:
        """As what the sender is answered; None: not at all. Then the message is done with, and what there is to say to
        it is queued."""
        now, message = self._clock.now(), claimed.message
        language = self._language(None, without_code(cleaned(message.text)), (), message)
        entered = await self._door.enter(tx, message, language, now, again=claimed.attempts > 1)
        if entered.standing is None:
            log.info("not answered", extra={"inbox": claimed.id, "why": entered.note})
            await inbox.finish(tx, claimed, now, entered.note)
            if entered.reply is not None:
                planned = _planned(claimed, entered.reply, now, None)
                await outbox.add(tx, replace(planned, cause=entered.once or planned.cause), now)
        return entered.standing

    async def _load(self, tx: Tx, claimed: ClaimedMessage, standing: Standing) -> Turn:
        now, message = self._clock.now(), claimed.message
        address = message.address
        adapter = self._adapters.get(address.platform)
        private = replace(address, thread="") if message.private else None
        person = await people.person_of(tx, address.workspace, address.platform, message.sender, now, private)
        since = now - _LATELY
        seen = await glance(tx, person.id, message, now, since)
        if seen.waits:
            may = partial(self._door.may_be_written, tx, address)
            await closed.heard_from(tx, person.id, address, now, private=message.private, may=may)
        silence = dt.timedelta(minutes=self._settings.session_minutes)
        session = await people.session_of(tx, person.id, message, now, silence, _HISTORY_TURNS)
        text, history = cleaned(message.text), session.history
        if not history and message.private and message.message_id and address.thread == message.message_id:
            # It begins a thread of its own, and yet goes on with what was being said a moment ago.
            before = await people.session_before(tx, person.id, address, now - _JUST_NOW)
            if before is not None:
                session = replace(session, pending=before.pending)
                history = tuple(await people.history(tx, before.id, _HISTORY_TURNS))
        touched = None
        other_words = bool(self._engine.in_force().recognizer.names) and not text.startswith("/")
        if seen.touched and (
            other_words or refers_back(text)
        ):  # an intent may refer to it, too; a bare command asks which
            touched = await reminders.last_touched(tx, person.id, address, since, private=message.private)
        return Turn(
            id=claimed.id,
            message=message,
            text=text,
            person=person,
            session=session,
            history=history,
            language=self._language(person.language, text, history, message),
            now=now,
            settings=self._settings,
            commands=self._engine.commands(standing),
            standing=standing,
            again=claimed.attempts > 1,
            edited=await edits.earlier(tx, message, claimed.id, person.id) if message.kind == "edit" else None,
            start_link=adapter.capabilities.start_link if adapter else "",
            catalog=self._engine.in_force(),
            library=self._engine.library,
            touched=touched,
            memory=await memory.known(tx, person.id, message) if seen.memory else memory.NOTHING,
            led=seen.led,
        )

    def _language(self, chosen: str | None, text: str, history: Sequence[PastTurn], message: Message) -> Language:
        """What the person chose, else what they write, else what they wrote before, else what their platform says, else
        the default."""
        if chosen:
            return language_of(chosen)
        for said in (text, *(past.said for past in reversed(history))):
            words = _CODES.sub(" ", said.partition(" ")[2] if said.startswith("/") else said)
            if said.startswith("/start "):
                continue  # what follows is of a link, in no language
            if any(character.isalpha() for character in words):
                return detect(words)
        locale = (message.sender.locale or self._settings.default_language).lower()
        return "zh" if locale.startswith("zh") else "en"

    async def _take_turn(self, claimed: ClaimedMessage) -> None:
        key = claimed.message.address.key()
        wording.note_moments()
        try:
            async with self._store.write(quick=True) as tx:
                standing = await self._enter(tx, claimed)
                turn = await self._load(tx, claimed, standing) if standing is not None else None
            if turn is None:
                self._deliverer.wake()
                return
            self._stops[key] = turn.stop
            comes: bool | None = None
            shown = Preview(self._adapters.get(turn.message.address.platform), turn)
            try:
                outcome = await self._answer(turn, shown)
                comes = True
                comes = await self._finish(claimed, turn, outcome)
            finally:
                shown.end(comes)
        except LeaseLost:
            log.warning("another worker has this message now", extra={"inbox": claimed.id})
        except StoreUnavailable as error:
            log.error("a message waits for the database", extra={"inbox": claimed.id, "why": error.what})
            await self._give_back(claimed, self._clock.now() + back_off(1))
        except asyncio.CancelledError:
            await asyncio.shield(self._give_back(claimed, None))
            raise
        except Exception as error:  # boundary: a turn; one that breaks must not stop the others
            log.exception("turn failed", extra={"inbox": claimed.id, "attempt": claimed.attempts})
            await self._fail(claimed, type(error).__name__)
        finally:
            self._stops.pop(key, None)

    async def _answer(self, turn: Turn, shown: Preview) -> Outcome:
        """Lets the engine answer and the platform show it meanwhile; returns the outcome. Once somebody of the team takes
        the conversation over, or another process heard "stop", it is written no further."""
        outcome: Outcome | None = None
        watching: asyncio.Task[None] | None = None
        try:
            async with aclosing(self._engine.answer(turn)) as events:
                async for event in events:
                    if isinstance(event, Outcome):
                        outcome = event
                        continue
                    watching = watching or asyncio.create_task(self._watch(turn))
                    shown.add(event)
        finally:
            if watching is not None:
                watching.cancel()
        assert outcome is not None, "the engine always ends with an outcome"
        return outcome

    async def _watch(self, turn: Turn) -> None:
        while not turn.led and not turn.stop.is_set():
            await asyncio.sleep(_LED_SECONDS)
            with suppress(StoreUnavailable):
                async with self._store.read() as tx:
                    led = await takeovers.led(tx, turn.person.id, turn.message, self._clock.now())
                    stopped = await notes.get(tx, _STOP + turn.message.address.key())
                if led or stopped > turn.now.isoformat():
                    turn.stop.set()

    async def _finish(self, claimed: ClaimedMessage, turn: Turn, outcome: Outcome) -> bool:
        """T3, again and again while the database cannot take it; the answer is not thrown away for that. Whether a reply
        comes."""
        done: tuple[Reply, ClaimedDelivery | None] | None = None
        for attempt in range(1, _STORE_PATIENCE + 1):
            try:
                done = await self._commit(claimed, turn, outcome)
                break
            except Refused as refused:
                outcome = Outcome(Reply(refused.what, quiet=True), intent=outcome.intent)
            except StoreUnavailable as error:
                log.error("an answer waits for the database", extra={"inbox": claimed.id, "why": error.what})
                if self._draining:
                    break
                await asyncio.sleep(min(0.1 * 2**attempt, 2.0))
        if done is None:
            self._abandoned.append(claimed)
            return True
        reply, delivery = done
        if delivery is None:
            self._deliverer.wake()
        else:
            self._deliverer.take(delivery)
        self._note(claimed, turn, outcome, reply)
        return bool(reply.text)

    async def _commit(
        self, claimed: ClaimedMessage, turn: Turn, outcome: Outcome
    ) -> tuple[Reply, ClaimedDelivery | None]:
        now = self._clock.now()
        async with self._store.write(quick=True) as tx:
            if turn.trace.model and not turn.led:
                who = (turn.session.id, turn.person.id, turn.message)
                if await takeovers.led_meanwhile(tx, *who, now):
                    outcome = Outcome(Reply(""), intent=LED)  # what the model wrote meanwhile is theirs to say
            await inbox.finish(tx, claimed, now, outcome.intent)
            reply = await outcome.write(tx) if outcome.write else outcome.reply
            assert reply is not None, "an outcome has a reply or changes that give one"
            if not reply.text and outcome.intent != LED:
                return reply, None
            reply = replace(reply, moments=wording.noted(reply.text))
            if outcome.quiet:
                reply = replace(reply, quiet=True)
            session = turn.session
            if outcome.fresh_session:
                session = await people.new_session(tx, turn.person.id, turn.message.address.key(), now)
            record = TurnRecord(
                inbox_id=claimed.id,
                session_id=session.id,
                person_id=turn.person.id,
                said=turn.text,
                replied="" if outcome.secret else reply.text,
                intent=outcome.intent,
                model=outcome.model,
                started_at=turn.now,
                trace=_traced(turn.trace, claimed.received_at, turn.now, now),
                via=turn.trace.via,
            )
            await people.save_turn(tx, record, outcome.pending, now, self._prompt(turn))
            if not reply.text:
                return reply, None
            if outcome.unsure and self._settings.intent_inbox and len(turn.text) <= LONGEST_EXAMPLE:
                await self._note_unsure(tx, turn, outcome.unsure)
            planned = replace(_planned(claimed, reply, now, turn.person.id), doubtful=self._begun(claimed))
            return reply, await outbox.add_claimed(tx, planned, self._worker, now)

    def _prompt(self, turn: Turn) -> str:
        kept = self._settings.prompt_days and turn.trace.prompt and turn.memory.mode != "incognito"
        return turn.trace.prompt_as_json() if kept else ""

    async def _note_unsure(self, tx: Tx, turn: Turn, reason: str) -> None:
        """For the admins' inbox; of use only where there are intents that it might have been for, and not of somebody
        who wants nothing to be remembered."""
        key = same_words(turn.text)
        if key and turn.memory.mode == "on" and turn.catalog.recognizer.names:
            said = intents.Unsure(key, turn.text, turn.language, reason)
            await intents.note_unsure(tx, self._settings.bot, turn.person.id, said, turn.now)

    def _begun(self, claimed: ClaimedMessage) -> bool:
        """Whether a preview of an earlier attempt may stand somewhere, on a platform that can be asked."""
        adapter = self._adapters.get(claimed.message.address.platform)
        return claimed.attempts > 1 and adapter is not None and adapter.capabilities.can_look

    def _note(self, claimed: ClaimedMessage, turn: Turn, outcome: Outcome, reply: Reply) -> None:
        milliseconds = (self._clock.now() - claimed.received_at).total_seconds() * 1000
        self.facts[f"turn:{claimed.id}"] = TurnFacts(outcome.intent, outcome.model, round(milliseconds, 1))
        while len(self.facts) > _FACTS_KEPT:
            self.facts.popitem(last=False)
        by = "model" if outcome.model else "skill"
        metrics.TURNS.labels(turn.message.address.platform, by).observe(milliseconds / 1000)
        log.info(
            "answered",
            extra={
                "inbox": claimed.id, "platform": turn.message.address.platform, "intent": outcome.intent,
                "ms": round(milliseconds), "characters": len(reply.text),
            },
        )  # fmt: skip

    async def _fail(self, claimed: ClaimedMessage, why: str) -> None:
        """Tries a broken turn again later; after the last attempt says sorry and sets the message aside."""
        metrics.FAILED_TURNS.labels(why).inc()
        now = self._clock.now()
        if claimed.attempts < MAX_ATTEMPTS:
            await self._give_back(claimed, now + back_off(claimed.attempts))
            return
        language = self._language(None, cleaned(claimed.message.text), (), claimed.message)
        try:
            async with self._store.write(quick=True) as tx:
                await inbox.park(tx, claimed, now, why)
                await outbox.add(tx, _planned(claimed, Reply(say(language, "failed")), now, None), now)
        except LeaseLost:
            return
        except StoreUnavailable:
            self._abandoned.append(claimed)
            return
        self._deliverer.wake()

    async def _give_back(self, claimed: ClaimedMessage, not_before: dt.datetime | None) -> None:
        try:
            async with self._store.write(quick=True) as tx:
                await inbox.release(tx, claimed, not_before)
        except LeaseLost:
            return
        except StoreUnavailable:
            self._abandoned.append(claimed)


def _traced(trace: Trace, came: dt.datetime, began: dt.datetime, now: dt.datetime) -> str:
    for phase, until in (("waiting", began), ("total", now)):
        trace.ms[phase] = round((until - came).total_seconds() * 1000, 1)
    return trace.as_json()


async def _heed(tx: Tx, message: Message, now: dt.datetime) -> None:
    address = message.address
    if message.kind == "closed":
        why = f"{outbox.CLOSED}its people do not want us there"
        await closed.close(tx, address, now, why, by_owner=message.private)
    else:
        await moved.move(tx, address, replace(address, chat=message.moved_to))


def _planned(claimed: ClaimedMessage, reply: Reply, now: dt.datetime, person_id: int | None) -> Planned:
    message = claimed.message
    if message.hidden or (reply.quiet and not message.private):
        reply = replace(reply, quiet=True, only_for=message.sender.account)
    return Planned(
        cause=f"turn:{claimed.id}",
        address=message.address,
        reply=reply,
        due_at=now,
        reply_to=message.message_id,
        person_id=person_id,
    )
