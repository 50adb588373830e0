"""Answering one message: which skill it is for, or else the language model. No transaction is open here, no platform known."""

from __future__ import annotations

import asyncio
import difflib
import logging
import re
import unicodedata
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import TypeVar

from core import metrics, promises, prompt
from core.catalog import Bot
from core.errors import ModelUnavailable
from core.intents.definition import SAY, Answer, AskModel, RunSkill
from core.intents.live import NOTHING, Catalog
from core.knowledge.answers import grounded
from core.knowledge.library import Library
from core.language.phrases import phrases, say, say_as
from core.language.spoken import spoken_command
from core.manners import Manner, of_settings
from core.memory import keeping
from core.messages import Address, Reply, ReplyEvent, Status, TextDelta, Utterance
from core.ports import LanguageModel
from core.settings import Settings
from core.skills import catalog
from core.skills.base import LED, Command, Outcome, Recall, Skill, Turn, asks, lasting, nothing_recalled
from core.store.access import Standing
from core.store.edits import Edited

log = logging.getLogger(__name__)

_COMMAND = re.compile(r"/([a-z][a-z0-9_]{0,31})(?:@\w+)?(?=\s|$)\s*", re.IGNORECASE)
_T = TypeVar("_T")
_LEAVES_NOTHING = frozenset(
    [
        "chat", "unknown_command", "empty", "too_long", "attachment", "help", "hello", "edited", "joined", "stale_button",
        "timezone", "language", "reminder_set", "reminder_list", "reminder_search", "reminder_here", "reminder_schedule",
    ]
)  # fmt: skip
"""Intents after which nothing but the answer is there, or (a reminder that was set) what is there is looked at first."""
_RECALLED = 8
_TALK = ("", "knowledge")
"""Skills that answer what people just say: in such words they may tell something of themselves."""
_SLOW_SECONDS = 0.8
"""A skill that takes longer than that is said to be at work."""


def cleaned(text: str) -> str:
    """The text without control, bidirectional-override and unassigned characters, and without surrounding space."""
    kept = (
        c for c in text if c in "\n\t" or (unicodedata.category(c) not in ("Cc", "Cs", "Cn") and c not in _OVERRIDES)
    )
    return "".join(kept).strip()


_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@dataclass(frozen=True, slots=True)
class Engine:
    """The same for every platform and person; holds no state of a conversation."""

    bot: Bot
    skills: Sequence[Skill]
    model: LanguageModel
    settings: Settings
    in_force: Callable[[], Catalog] = lambda: NOTHING
    """The admins' intents that a turn which begins now is answered by."""
    library: Library | None = None
    recall: Recall = nothing_recalled
    model_of: Callable[[int], LanguageModel] | None = None
    """Which version of the model answers a person; None: the same for everybody."""

    manners: Callable[[Address], Manner] | None = None
    """How the bot speaks at an address; None: as its folder and the settings have it."""

    def manner(self, address: Address) -> Manner:
        return self.manners(address) if self.manners else of_settings(self.bot, self.settings)

    def commands(self, standing: Standing) -> Mapping[str, str]:
        """What such a person may command, with the phrase key of its help, in the order in which help shows it."""
        shown = (skill for skill in self.skills if standing != "member" or not skill.for_owners)
        return {name: key for skill in shown for name, key in skill.commands.items()}

    async def answer(self, turn: Turn) -> AsyncGenerator[ReplyEvent | Outcome]:
        """Yields what can be shown meanwhile, and the outcome last."""
        turn = replace(turn, recall=self.recall)
        ruling = asyncio.create_task(self._ruling(turn))
        try:
            if not (await asyncio.wait({ruling}, timeout=_SLOW_SECONDS))[0]:
                yield Status(say(turn.language, "status_working"), task=True)
            act = await ruling
        finally:
            ruling.cancel()
        if isinstance(act.what, Outcome):
            told = replace(act.what, unsure=act.unsure)
            talk = turn.trace.skill in _TALK and not turn.led
            yield keeping.kept(turn, told) if talk else told
            return
        instruction = act.what.instruction if isinstance(act.what, AskModel) else ""
        async for event in self._by_model(turn, instruction):
            if isinstance(event, Outcome):
                told = replace(
                    event,
                    intent=act.intent or event.intent,
                    pending=act.follow or lasting(turn.session.pending),
                    unsure=act.unsure,
                )
                yield keeping.kept(turn, told)
            else:
                yield event

    async def _ruling(self, turn: Turn) -> catalog.Act:
        trace = turn.trace
        with trace.timed("recognition"):
            act = await (self._while_led(turn) if turn.led else self._ruled(turn))
            if isinstance(act.what, Outcome) and act.what.phrase and self.settings.knowledge_phrasing:
                act = replace(act, what=await self._phrased(turn, act.what))
        trace.ms["recognition"] = round(trace.ms["recognition"] - trace.ms.get("model", 0.0), 1)
        return act

    async def _while_led(self, turn: Turn) -> catalog.Act:
        """One of the team talks to the person: only what is meant for us is answered, the rest is left to them."""
        outcome: Outcome | None = None
        waiting = [skill for skill in self.skills if skill.while_led(turn) is not None]
        if turn.message.kind in ("choice", "form") or _COMMAND.match(turn.text):
            outcome = await self._by_rule(turn)
        elif waiting:
            turn.trace.skill = waiting[0].name
            outcome = await waiting[0].answer(turn, waiting[0].while_led(turn))
        elif asks(turn.session.pending):
            outcome = await self._resumed(turn)
        return catalog.Act(outcome or Outcome(Reply(""), intent=LED), outcome.intent if outcome else LED)

    async def _ruled(self, turn: Turn) -> catalog.Act:
        """By rule as far as there is one: built-in skills first, then the admins' intents; what is left is for the model."""
        act = await self._by_catalog(turn) if self._asked_by_catalog(turn) else None
        if act is None:
            outcome = await self._by_rule(turn)
            act = catalog.Act(outcome, outcome.intent) if outcome is not None else await catalog.decide(turn)
            guessed = act.intent == "did_you_mean"
            if (act.what is None or guessed) and (outcome := await self._offered(turn)) is not None:
                act = act if guessed and outcome.intent == "knowledge_unknown" else catalog.Act(outcome, outcome.intent)
        if isinstance(act.what, RunSkill):
            outcome = await self._run(turn, act.what)
            if outcome is None:
                return catalog.Act(AskModel(""), act.intent)
            turn.trace.via = act.intent
            follow = act.follow if outcome.pending is None else outcome.pending
            return catalog.Act(replace(outcome, pending=follow), act.intent, follow)
        return act

    async def _run(self, turn: Turn, action: RunSkill) -> Outcome | None:
        """What an admin's intent lets a skill do; None where no skill understands what is to be taken for said."""
        rest = action.rest or ""
        if action.command != SAY:
            return await self._commanded(turn, action.command, rest)
        for way in rest.split("\n"):
            if (outcome := await self._built_in(replace(turn, text=way))) is not None:
                return outcome
        return None

    def _asked_by_catalog(self, turn: Turn) -> bool:
        """A question of an admin's intent is open, or a button of one was pressed."""
        if turn.message.kind == "choice":
            return turn.message.choice.partition(":")[0] == catalog.NAME
        asked = (turn.session.pending or {}).get("skill") == catalog.NAME and turn.message.kind == "text"
        return (
            asked
            and bool(turn.text)
            and len(turn.text) <= self.settings.max_message_length
            and not _COMMAND.match(turn.text)
        )

    async def _by_catalog(self, turn: Turn) -> catalog.Act | None:
        if turn.message.kind == "choice":
            return await catalog.press(turn, turn.message.choice.partition(":")[2])
        return await catalog.resume(turn, turn.session.pending or {}, self._built_in)

    async def _built_in(self, turn: Turn) -> Outcome | None:
        if spoken := spoken_command(turn.text):
            return await self._commanded(turn, *spoken)
        return await self._recognized(turn)

    async def _by_rule(self, turn: Turn) -> Outcome | None:
        language, message = turn.language, turn.message
        if message.kind in ("choice", "form"):
            return await self._pressed(turn)
        if message.kind == "joined":
            key = "welcome_back" if message.private else "hello_group"
            return Outcome(Reply(say(language, key)), intent="joined", pending=turn.session.pending)
        if turn.edited is not None and (outcome := await self._edited(turn, turn.edited)) is not None:
            return outcome
        if message.kind == "attachment":
            return await self._attached(turn)
        return await self._by_words(turn)

    async def _edited(self, turn: Turn, earlier: Edited) -> Outcome | None:
        """None where the new words may simply be answered: what the earlier ones asked for has left nothing behind."""
        if earlier.said == turn.text:
            return Outcome(Reply(""), intent="edited")
        for skill in self.skills:
            if (outcome := await skill.edit(turn, earlier)) is not None:
                return outcome
        made = turn.catalog.recognizer.intents.get(earlier.intent)
        if earlier.intent in _LEAVES_NOTHING or (made is not None and isinstance(made.action, Answer | AskModel)):
            return None
        return Outcome(Reply(say(turn.language, "edited"), quiet=True), intent="edited", pending=turn.session.pending)

    async def _attached(self, turn: Turn) -> Outcome:
        """Where somebody is says their time zone; a caption may say all that is needed."""
        zone, open_question = turn.message.zone, turn.session.pending or {}
        asked = open_question.get("step") == "zone" or open_question.get("skill") == "profile"
        if zone and turn.person.zone and not asked:
            return Outcome(Reply(say(turn.language, "zone_there", zone=zone)), intent="timezone")
        if zone:
            told = replace(turn, text=zone)
            return await self._resumed(told) or await self._commanded(told, "/timezone", zone)
        if turn.text and (outcome := await self._by_words(turn)) is not None:
            return outcome
        said = Reply(say(turn.language, "attachment", kind=_kind(turn)))
        return Outcome(said, intent="attachment", pending=turn.session.pending)

    async def _by_words(self, turn: Turn) -> Outcome | None:
        language = turn.language
        if not turn.text:
            return Outcome(Reply(say(language, "empty"), quiet=True), intent="empty")
        limit = self.settings.max_message_length
        if len(turn.text) > limit:
            return Outcome(
                Reply(say(language, "too_long", length=len(turn.text), limit=limit), quiet=True), intent="too_long"
            )
        if command := _COMMAND.match(turn.text):
            return await self._commanded(turn, f"/{command[1].lower()}", turn.text[command.end() :].strip())
        if (resumed := await self._resumed(turn)) is not None:
            return resumed
        return await self._built_in(turn)

    async def _pressed(self, turn: Turn) -> Outcome:
        name, _, data = turn.message.choice.partition(":")
        length, limit = sum(map(len, turn.message.fields.values())), self.settings.max_message_length
        if length > limit:
            return Outcome(Reply(say(turn.language, "too_long", length=length, limit=limit)), intent="too_long")
        for skill in self.skills:
            answer = skill.press if turn.message.kind == "choice" else skill.form
            if skill.name == name and (outcome := await answer(turn, data)) is not None:
                turn.trace.skill = name
                return outcome
        return Outcome(Reply(say(turn.language, "stale_button"), quiet=True), intent="stale_button")

    async def _commanded(self, turn: Turn, name: str, rest: str) -> Outcome:
        for skill in self.skills:
            if name in skill.commands:
                turn.trace.skill = skill.name
                return await skill.answer(turn, Command(name, rest))
        near = difflib.get_close_matches(name, list(turn.commands), n=1, cutoff=0.6)
        key = "unknown_command_near" if near else "unknown_command"
        text = say(turn.language, key, command=f"`{name}`", near=near[0] if near else "")
        return Outcome(Reply(text, quiet=True), intent="unknown_command")

    async def _resumed(self, turn: Turn) -> Outcome | None:
        pending = turn.session.pending
        if not pending:
            return None
        asker = next((skill for skill in self.skills if skill.name == pending.get("skill")), None)
        outcome = await asker.resume(turn, pending) if asker else None
        turn.trace.skill = asker.name if asker and outcome else turn.trace.skill
        return outcome

    async def _recognized(self, turn: Turn) -> Outcome | None:
        for skill in self.skills:
            found = skill.recognize(turn)
            if found is not None:
                turn.trace.skill = skill.name
                return await skill.answer(turn, found)
        return None

    async def _offered(self, turn: Turn) -> Outcome | None:
        for skill in self.skills:
            if (outcome := await skill.offer(turn)) is not None:
                turn.trace.skill = skill.name
                return outcome
        return None

    async def _phrased(self, turn: Turn, outcome: Outcome) -> Outcome:
        """With the model's words before what the reply shows, if they say nothing else."""
        async for event in self._by_model(turn, outcome.phrase):
            if isinstance(event, Outcome) and event.reply and event.model and outcome.reply:
                said = event.reply.text
                if grounded(said, f"{outcome.phrase}\n{turn.text}"):
                    shown = replace(outcome.reply, text=f"{said}\n\n{outcome.reply.text}")
                    outcome = replace(outcome, reply=shown, model=event.model, used=event.used)
        return outcome

    async def _by_model(self, turn: Turn, instruction: str = "") -> AsyncGenerator[ReplyEvent | Outcome]:
        said, note, finish = "", "", "stop"
        model = self.model_of(turn.person.id) if self.model_of else self.model
        yield Status(say(turn.language, "status_thinking"))
        manner = self.manner(turn.message.address)
        persona = prompt.persona_for(manner.personas[turn.language], turn.now, turn.zone)
        persona = "\n".join(part for part in (persona, instruction) if part)
        past = await turn.recall(turn, turn.text, _RECALLED) if keeping.wants_past(turn) else ()
        drawn = keeping.drawn(turn, past)
        persona, number = prompt.knowing(persona, say(turn.language, "memory_prompt"), drawn.lines, model)
        try:
            lines = prompt.build(
                persona,
                turn.history,
                turn.text,
                model,
                history_tokens=self.settings.history_tokens,
                reply_tokens=manner.sampling.max_tokens,
            )
            sampling, trace = manner.sampling, turn.trace
            trace.asked(model.info, sampling, lines, model.count_tokens(lines))
            metrics.TOKENS.labels("prompt").inc(trace.prompt_tokens)
            trace.given(facts=drawn.facts[:number])
            pieces = model.generate(lines, sampling)
            with trace.timed("model"):
                async with aclosing(pieces), asyncio.timeout(self.settings.reply_seconds):
                    async for piece in until(turn.stop, pieces):
                        said += piece
                        yield TextDelta(piece)
        except ModelUnavailable as error:
            log.warning("the model cannot answer", extra={"why": error.what})
            note = say_as(turn.settings.bot, turn.language, "reply_cut" if said.strip() else "model_off")
            finish = "unavailable"
        except TimeoutError:
            note, finish = say(turn.language, "reply_cut"), "timeout"
        if turn.stop.is_set():
            note, finish = say(turn.language, "stopped"), "stopped"
        turn.trace.answered(_tokens(model, said) - _tokens(model, ""), finish)
        metrics.TOKENS.labels("reply").inc(max(0, turn.trace.generated))
        text = promises.guarded(said.strip(), turn.language) if said.strip() else ""
        text = "\n\n".join(part for part in (text, note) if part) or say(turn.language, "model_silent")
        name = model.info.name if said else ""
        yield Outcome(
            Reply(text, rated=bool(said)), intent="chat", model=name, used=drawn.facts[:number] if said else ()
        )


def _tokens(model: LanguageModel, text: str) -> int:
    return model.count_tokens([Utterance("user", text)])


async def until(stop: asyncio.Event, items: AsyncIterator[_T]) -> AsyncGenerator[_T]:
    """The items as they come, ended by `stop` also while the next one is awaited. The caller closes `items`."""
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            following = asyncio.ensure_future(anext(items))
            try:
                await asyncio.wait({following, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not following.done():
                    following.cancel()
                    with suppress(asyncio.CancelledError, StopAsyncIteration):
                        await following
            if following.cancelled():
                return
            try:
                yield following.result()
            except StopAsyncIteration:
                return
    finally:
        stopping.cancel()


def _kind(turn: Turn) -> str:
    key = f"attachment_{turn.message.attachment}"
    return say(turn.language, key if key in phrases(turn.language) else "attachment_other")
